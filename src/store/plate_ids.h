/* Plates as files name them: [[gondola, shelf, plate], ...]. */
#pragma once

#include "base/json_reader.h"
#include "base/json_writer.h"

/* Of int[3]. At most MAX_COUNT. */
GArray *plate_ids_read(JsonReader *json, guint max_count);
void plate_ids_write(JsonWriter *json, const char *name, const int (*plates)[3], guint count);

/* How batches, photos, SKUs and uploads look in the API. schema_table.c describes the same. */
#pragma once

#include "base/json_writer.h"
#include "batches/batches.h"
#include "batches/photos.h"
#include "batches/uploads.h"

/* NAME: of the member; NULL in an array. */
void json_batch(JsonWriter *writer, const char *name, const BatchInfo *batch);
void json_photo(JsonWriter *writer, const char *name, const PhotoInfo *photo); /* NULL: null */
void json_sku(JsonWriter *writer, const SkuInfo *sku, bool with_slots);
void json_upload(JsonWriter *writer, const UploadInfo *upload);
void json_event(JsonWriter *writer, const BatchEvent *event);

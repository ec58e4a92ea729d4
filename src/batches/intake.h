/* Inside the room only: a file that has come in whole becomes part of its batch. */
#pragma once

#include "base/digest.h"
#include "batches/change.h"

/* Enough to recognise a picture by (image/image.h). */
enum { INTAKE_HEAD_BYTES = 64 };

typedef struct {
    const char *name;
    gint64 size;
    Id object; /* its bytes; adopted already */
    Digest digest;
    guint8 head[INTAKE_HEAD_BYTES];
    gsize head_size;
    Timestamp uploaded_at;
} IntakeFile;

/* A photo to be matched and cleaned. One that is there already, by name and bytes, adds nothing and
 * its object goes. TOO_LARGE when the batch is full: nothing is changed then. */
bool intake_photo_add(BatchChange *change, const IntakeFile *file, GError **error);

/* The batch's sheet from now on, to be read. */
bool intake_sheet_set(BatchChange *change, const IntakeFile *file, GError **error);

/* Inside the room only: a batch's sheet, opened from its sealed object. */
#pragma once

#include "batches/batch_row.h"
#include "listing/layout.h"

typedef struct {
    int fd; /* memory: it has no name and no disk behind it */
    Sheet *sheet;
    Layout *layout;
    GPtrArray *skus; /* of ListedSku */
} SheetFile;

void sheet_file_free(SheetFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SheetFile, sheet_file_free)

/* INVALID, UNSUPPORTED, CONFLICT, TOO_LARGE: the sheet cannot be used, for the reason in ERROR.
 * NOT_FOUND: there is none, or none any more. */
SheetFile *sheet_file_open(Batches *batches, const BatchRow *batch, GError **error);

/* What a seller takes home (LST-07, LST-26). */
#pragma once

#include "batches/batches.h"

typedef struct {
    char *name; /* of the file: the sheet's own, "bulk-upload.zip", "report.csv" */
    char *content_type;
    gint64 size;
    int fd; /* at its start, readable, of no name on any disk; closed by batch_export_free */
} BatchExport;

void batch_export_free(BatchExport *export);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchExport, batch_export_free)

/* The seller's own sheet with the published URLs in it and everything else as it was. CONFLICT
 * where there is no sheet that can be used, NOT_FOUND where its time is over. */
BatchExport *exports_sheet(Batches *batches, const Id *account, const Id *batch, GError **error);

/* The matched pictures, named for the bulk uploader, written piece by piece: WRITE returns false
 * when the client is gone. Nothing is held but one picture. */
typedef bool (*ExportWriteFunc)(const void *data, gsize size, gpointer user_data, GError **error);
bool exports_pictures_zip(Batches *batches, const Id *account, const Id *batch,
                          ExportWriteFunc write, gpointer user_data, GError **error);

/* A line a photo, as the command's report.csv. */
bool exports_report_csv(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                        gpointer user_data, GError **error);

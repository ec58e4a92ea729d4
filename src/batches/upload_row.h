/* Inside the room only: a row of `upload`, its parts, and what they are read as. */
#pragma once

#include "batches/change.h"
#include "batches/uploads.h"

#define UPLOAD_COLUMNS                                                                             \
    "upload.id, upload.batch_id, upload.account_id, upload.kind, upload.name, upload.size, "       \
    "upload.offset_bytes, upload.metadata, upload.state, upload.failure, upload.uploaded_at, "     \
    "upload.expires_at"

UploadInfo *upload_info_read(DbRows *rows);
/* NOT_FOUND, also for what expired. ACCOUNT NULL: whoever's (jobs). */
UploadInfo *upload_info_load(Batches *batches, DbTx *tx, const Id *account, const Id *upload,
                             GError **error);
/* The same, in a transaction of its own. */
UploadInfo *upload_info_find(Batches *batches, const Id *account, const Id *upload, GError **error);

typedef struct {
    Id object;
    gint64 offset, size;
} UploadPart;

/* In order; free with g_array_unref. */
GArray *upload_parts_load(DbTx *tx, const Id *upload, GError **error);

/* The parts as one file; reads from several threads take turns. */
typedef struct UploadReader UploadReader;
UploadReader *upload_reader_new(Batches *batches, GArray *parts);
void upload_reader_free(UploadReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UploadReader, upload_reader_free)
guint64 upload_reader_size(const UploadReader *reader);
/* A ZipReadFunc; USER_DATA is the reader. */
bool upload_reader_read(guint64 offset, void *buffer, gsize size, gpointer user_data,
                        GError **error);

/* Removes the parts of the upload, objects included. */
bool upload_parts_remove(DbTx *tx, const Id *upload, GError **error);

bool upload_set_state(DbTx *tx, const Id *upload, UploadState state, const char *failure,
                      Timestamp now, GError **error);
/* Nothing can be made of it: REASON is for people; its bytes go. */
bool upload_fail(BatchChange *change, const UploadInfo *upload, const char *reason, GError **error);

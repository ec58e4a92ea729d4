#include "batches/upload_row.h"

#include "base/error.h"

#include <string.h>

G_STATIC_ASSERT(UPLOAD_PHOTO == 1 && UPLOAD_SHEET == 2 && UPLOAD_ZIP == 3);
G_STATIC_ASSERT(UPLOAD_OPEN == 1 && UPLOAD_DONE == 2 && UPLOAD_FAILED == 3);

const char *
upload_kind_to_string(UploadKind kind)
{
    switch (kind) {
    case UPLOAD_AUTO:
        return "auto";
    case UPLOAD_PHOTO:
        return "photo";
    case UPLOAD_SHEET:
        return "sheet";
    case UPLOAD_ZIP:
        return "zip";
    }
    g_assert_not_reached();
}

bool
upload_kind_from_string(const char *text, UploadKind *ret_kind)
{
    for (int kind = UPLOAD_AUTO; kind <= UPLOAD_ZIP; kind++) {
        if (strcmp(text, upload_kind_to_string((UploadKind)kind)) == 0) {
            *ret_kind = (UploadKind)kind;
            return true;
        }
    }
    return false;
}

const char *
upload_state_to_string(UploadState state)
{
    switch (state) {
    case UPLOAD_OPEN:
        return "open";
    case UPLOAD_DONE:
        return "done";
    case UPLOAD_FAILED:
        return "failed";
    }
    g_assert_not_reached();
}

void
upload_info_free(UploadInfo *upload)
{
    if (upload != NULL) {
        g_free(upload->name);
        g_free(upload->metadata);
        g_free(upload->failure);
        g_free(upload);
    }
}

UploadInfo *
upload_info_read(DbRows *rows)
{
    UploadInfo *upload = g_new0(UploadInfo, 1);
    (void)row_id(rows, "id", &upload->id);
    (void)row_id(rows, "batch_id", &upload->batch);
    const char *failure = db_text(rows, "failure");
    upload->kind = (UploadKind)db_int(rows, "kind");
    upload->name = g_strdup(db_text(rows, "name"));
    upload->size = db_int(rows, "size");
    upload->offset = db_int(rows, "offset_bytes");
    upload->metadata = g_strdup(db_text(rows, "metadata"));
    upload->state = (UploadState)db_int(rows, "state");
    upload->failure = failure[0] == '\0' ? NULL : g_strdup(failure);
    upload->created_at = db_int(rows, "uploaded_at");
    upload->expires_at = db_int(rows, "expires_at");
    return upload;
}

UploadInfo *
upload_info_load(Batches *batches, DbTx *tx, const Id *account, const Id *upload, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT " UPLOAD_COLUMNS " FROM upload JOIN batch"
                                      " ON batch.id = upload.batch_id"
                                      " WHERE upload.id = $1 AND batch.state <> $2",
                                      "ti", upload->text, (gint64)BATCH_DELETED);
    if (rows == NULL) {
        return NULL;
    }
    if (!db_next(rows) ||
        (account != NULL && strcmp(db_text(rows, "account_id"), account->text) != 0)) {
        return fail_no_such(error, "upload");
    }
    g_autoptr(UploadInfo) info = upload_info_read(rows);
    bool is_expired = info->offset < info->size && info->expires_at <= clock_now(batches->clock);
    return is_expired ? fail_no_such(error, "upload") : g_steal_pointer(&info);
}

UploadInfo *
upload_info_find(Batches *batches, const Id *account, const Id *upload, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    return tx == NULL ? NULL : upload_info_load(batches, tx, account, upload, error);
}

GArray *
upload_parts_load(DbTx *tx, const Id *upload, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT object_id, offset_bytes, size FROM upload_part"
                                      " WHERE upload_id = $1 ORDER BY offset_bytes",
                                      "t", upload->text);
    if (rows == NULL) {
        return NULL;
    }
    GArray *parts = g_array_new(FALSE, TRUE, sizeof(UploadPart));
    while (db_next(rows)) {
        UploadPart part = { .offset = db_int(rows, "offset_bytes"), .size = db_int(rows, "size") };
        (void)row_id(rows, "object_id", &part.object);
        g_array_append_val(parts, part);
    }
    return parts;
}

bool
upload_parts_remove(DbTx *tx, const Id *upload, GError **error)
{
    g_autoptr(GArray) parts = upload_parts_load(tx, upload, error);
    if (parts == NULL) {
        return false;
    }
    for (guint i = 0; i < parts->len; i++) {
        if (!vault_mark_removed(tx, &g_array_index(parts, UploadPart, i).object, error)) {
            return false;
        }
    }
    return db_exec(tx, error, NULL, "DELETE FROM upload_part WHERE upload_id = $1", "t",
                   upload->text);
}

struct UploadReader {
    Vault *vault;
    GArray *parts; /* of UploadPart */
    GMutex mutex;
    guint open_part;     /* which one READER reads */
    VaultReader *reader; /* NULL: none yet */
};

UploadReader *
upload_reader_new(Batches *batches, GArray *parts)
{
    UploadReader *reader = g_new0(UploadReader, 1);
    reader->vault = batches->vault;
    reader->parts = g_array_ref(parts);
    g_mutex_init(&reader->mutex);
    return reader;
}

void
upload_reader_free(UploadReader *reader)
{
    if (reader != NULL) {
        vault_reader_free(reader->reader);
        g_array_unref(reader->parts);
        g_mutex_clear(&reader->mutex);
        g_free(reader);
    }
}

guint64
upload_reader_size(const UploadReader *reader)
{
    guint64 size = 0;
    for (guint i = 0; i < reader->parts->len; i++) {
        size += (guint64)g_array_index(reader->parts, UploadPart, i).size;
    }
    return size;
}

/* The part that holds OFFSET; the last one when none does. */
static guint
part_at(const UploadReader *reader, guint64 offset)
{
    guint low = 0, high = reader->parts->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if ((guint64)g_array_index(reader->parts, UploadPart, middle).offset <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool
read_locked(UploadReader *reader, guint64 offset, guint8 *buffer, gsize size, GError **error)
{
    while (size > 0) {
        guint index = part_at(reader, offset);
        const UploadPart *part = &g_array_index(reader->parts, UploadPart, index);
        guint64 within = offset - (guint64)part->offset;
        if (within >= (guint64)part->size) {
            return fail(error, APP_ERROR_INVALID, "the upload is shorter than that");
        }
        if (reader->reader == NULL || reader->open_part != index) {
            g_clear_pointer(&reader->reader, vault_reader_free);
            reader->reader = vault_open(reader->vault, &part->object, error);
            reader->open_part = index;
            if (reader->reader == NULL) {
                return false;
            }
        }
        gsize piece = (gsize)MIN((guint64)size, (guint64)part->size - within);
        if (!vault_read(reader->reader, within, buffer, piece, error)) {
            return false;
        }
        buffer += piece;
        offset += piece;
        size -= piece;
    }
    return true;
}

bool
upload_reader_read(guint64 offset, void *buffer, gsize size, gpointer user_data, GError **error)
{
    UploadReader *reader = user_data;
    if (reader->parts->len == 0) {
        return size == 0 || fail(error, APP_ERROR_INVALID, "the upload is empty");
    }
    g_mutex_lock(&reader->mutex);
    bool done = read_locked(reader, offset, buffer, size, error);
    g_mutex_unlock(&reader->mutex);
    return done;
}

bool
upload_set_state(DbTx *tx, const Id *upload, UploadState state, const char *failure, Timestamp now,
                 GError **error)
{
    return db_exec(tx, error, NULL,
                   "UPDATE upload SET state = $2, failure = $3, finished_at = $4 WHERE id = $1",
                   "titi", upload->text, (gint64)state, failure, now);
}

bool
upload_fail(BatchChange *change, const UploadInfo *upload, const char *reason, GError **error)
{
    g_autofree char *details = g_strdup_printf("%s: %s", upload->name, reason);
    return upload_parts_remove(change->tx, &upload->id, error) &&
           upload_set_state(change->tx, &upload->id, UPLOAD_FAILED, reason, change->now, error) &&
           change_add_event(change, NULL, upload->created_at, DECIDED_BY_SYSTEM, "upload failed",
                            details, error);
}

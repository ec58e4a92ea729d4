#include "batches/uploads.h"

#include "base/error.h"
#include "batches/appends.h"
#include "batches/page.h"
#include "batches/quota.h"
#include "batches/upload_row.h"

#include <string.h>

enum { MAX_NAME_BYTES = 1024, MAX_METADATA_BYTES = 8192 };

static bool
check_name(const char *name, GError **error)
{
    gsize length = strlen(name);
    if (length == 0 || length > MAX_NAME_BYTES) {
        return fail(error, APP_ERROR_INVALID, "name: has 1 to %d bytes", MAX_NAME_BYTES);
    }
    if (!g_utf8_validate(name, -1, NULL)) {
        return fail(error, APP_ERROR_INVALID, "name: not UTF-8");
    }
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p))) {
            return fail(error, APP_ERROR_INVALID, "name: holds a control character");
        }
    }
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (char **part = parts; *part != NULL; part++) {
        if ((*part)[0] == '\0' || strcmp(*part, "..") == 0) {
            return fail(error, APP_ERROR_INVALID, "name: \"%s\" is no path below a folder", name);
        }
    }
    return true;
}

static bool
has_ending(const char *name, const char *const *endings)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    for (; *endings != NULL; endings++) {
        if (g_str_has_suffix(lower, *endings)) {
            return true;
        }
    }
    return false;
}

static UploadKind
kind_of(const UploadRequest *request)
{
    static const char *const sheets[] = { ".xlsx", ".xlsm", ".csv", ".tsv", ".txt", NULL };
    static const char *const zips[] = { ".zip", NULL };
    if (request->kind != UPLOAD_AUTO) {
        return request->kind;
    }
    return has_ending(request->name, sheets) ? UPLOAD_SHEET
           : has_ending(request->name, zips) ? UPLOAD_ZIP
                                             : UPLOAD_PHOTO;
}

static bool
check_size(UploadKind kind, gint64 size, const AccountLimits *limits, GError **error)
{
    gint64 max_bytes = kind == UPLOAD_SHEET ? limits->max_sheet_bytes
                       : kind == UPLOAD_ZIP ? limits->max_zip_bytes
                                            : limits->max_photo_bytes;
    if (size > max_bytes) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "has %" G_GINT64_FORMAT " bytes; a %s may have up to %" G_GINT64_FORMAT, size,
                    upload_kind_to_string(kind), max_bytes);
    }
    if (size > limits->quota_bytes - limits->used_bytes) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "the account is full: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                    " bytes are used (quota.account-bytes)",
                    limits->used_bytes, limits->quota_bytes);
    }
    return true;
}

static bool
check_limits(BatchChange *change, UploadKind kind, gint64 size, GError **error)
{
    AccountLimits limits;
    gint64 num_uploading;
    const Id *account = &change->batch->account;
    if (!quota_take(change->tx, account, error) ||
        !limits_load(change->batches, change->tx, account, &limits, error) ||
        !check_size(kind, size, &limits, error) ||
        !batch_count_uploading(change->tx, &change->batch->info->id, &num_uploading, error) ||
        !quota_check(change->batches, change->tx, account, QUOTA_UPLOADS, 1, error) ||
        !quota_check(change->batches, change->tx, account, QUOTA_EVENTS, 1, error) ||
        (kind == UPLOAD_PHOTO && !quota_check(change->batches, change->tx, account, QUOTA_PHOTOS,
                                              num_uploading + 1, error))) {
        return false;
    }
    bool is_full =
        change->batch->counters[COUNTER_PHOTOS] + num_uploading >= limits.max_batch_photos;
    return kind != UPLOAD_PHOTO || !is_full ||
           fail(error, APP_ERROR_TOO_LARGE,
                "a batch has up to %" G_GINT64_FORMAT " photos (quota.batch-photos)",
                limits.max_batch_photos);
}

static bool
insert_upload(BatchChange *change, const UploadRequest *request, UploadKind kind, const Id *id,
              GError **error)
{
    bool is_empty = request->size == 0;
    change_count(change, COUNTER_UPLOADS, 1);
    Timestamp expires_at =
        change->now + SECONDS(change->batches->settings->upload_expiry_hours * 3600);
    return db_exec(change->tx, error, NULL,
                   "INSERT INTO upload (id, account_id, batch_id, kind, name, size, offset_bytes,"
                   " metadata, state, failure, uploaded_at, expires_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11)",
                   "tttitititii", id->text, change->batch->account.text,
                   change->batch->info->id.text, (gint64)kind, request->name, request->size,
                   request->metadata == NULL ? "" : request->metadata,
                   (gint64)(is_empty ? UPLOAD_FAILED : UPLOAD_OPEN), is_empty ? "is empty" : "",
                   change->now, expires_at) &&
           change_uploaded_at(change, change->now, error);
}

UploadInfo *
uploads_create(Batches *batches, const Id *account, const UploadRequest *request, GError **error)
{
    if (!check_name(request->name, error)) {
        return NULL;
    }
    if (request->size < 0) {
        return fail_null(error, APP_ERROR_INVALID, "size: below zero");
    }
    if (request->metadata != NULL && (strlen(request->metadata) > MAX_METADATA_BYTES ||
                                      !g_utf8_validate(request->metadata, -1, NULL))) {
        return fail_null(error, APP_ERROR_INVALID, "metadata: up to %d bytes of text",
                         MAX_METADATA_BYTES);
    }
    UploadKind kind = kind_of(request);
    Id id = id_new(batches->clock);
    g_auto(BatchChange) change = { 0 };
    if (!(request->bytes_follow
              ? change_begin_quickly(&change, batches, account, &request->batch, error)
              : change_begin(&change, batches, account, &request->batch, error)) ||
        !check_limits(&change, kind, request->size, error) ||
        !insert_upload(&change, request, kind, &id, error)) {
        return NULL;
    }
    g_autoptr(UploadInfo) info = upload_info_load(batches, change.tx, account, &id, error);
    return info != NULL && change_commit(&change, error) ? g_steal_pointer(&info) : NULL;
}

UploadInfo *
uploads_get(Batches *batches, const Id *account, const Id *upload, GError **error)
{
    g_autoptr(UploadInfo) before = upload_info_find(batches, account, upload, error);
    if (before == NULL) {
        return NULL;
    }
    (void)appends_stop(batches, upload); /* after the wait its offset is as good as it gets */
    return upload_info_find(batches, account, upload, error);
}

bool
uploads_terminate(Batches *batches, const Id *account, const Id *upload, GError **error)
{
    g_autoptr(UploadInfo) info = uploads_get(batches, account, upload, error);
    if (info == NULL) {
        return false;
    }
    g_auto(BatchChange) change = { 0 };
    gint64 num_changed;
    if (!change_begin(&change, batches, account, &info->batch, error)) {
        return false;
    }
    /* What is full already is being made into photos. */
    if (!db_exec(change.tx, error, &num_changed,
                 "UPDATE upload SET state = $2 WHERE id = $1 AND (state = $3 OR"
                 " (state = $4 AND offset_bytes < size))",
                 "tiii", upload->text, (gint64)UPLOAD_FAILED, (gint64)UPLOAD_FAILED,
                 (gint64)UPLOAD_OPEN)) {
        return false;
    }
    if (num_changed == 0) {
        return fail(error, APP_ERROR_CONFLICT, "the upload is complete");
    }
    return upload_parts_remove(change.tx, upload, error) &&
           db_exec(change.tx, error, NULL, "DELETE FROM upload WHERE id = $1", "t", upload->text) &&
           change_commit(&change, error);
}

GPtrArray *
uploads_list(Batches *batches, const Id *account, const Id *batch, UploadState state,
             const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    Page page;
    if (!page_begin(cursor, limit, false, &page, error)) {
        return NULL;
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(BatchRow) row = tx == NULL ? NULL : batch_row_load(tx, account, batch, error);
    if (row == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows = db_query(
        tx, error,
        "SELECT " UPLOAD_COLUMNS " FROM upload"
        " WHERE batch_id = $1 AND state >= $2 AND state <= $3 AND id > $4 ORDER BY id LIMIT $5",
        "tiiti", batch->text, (gint64)(state == 0 ? UPLOAD_OPEN : state),
        (gint64)(state == 0 ? UPLOAD_FAILED : state), page.after, (gint64)page.limit + 1);
    if (rows == NULL) {
        return NULL;
    }
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)upload_info_free);
    while (db_next(rows)) {
        g_ptr_array_add(items, upload_info_read(rows));
    }
    page_end(&page, items, ret_cursor);
    return items;
}

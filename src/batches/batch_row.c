#include "batches/batch_row.h"

#include "batches/service.h"
#include "batches/uploads.h"

static char *
none_if_empty(const char *text)
{
    return text[0] == '\0' ? NULL : g_strdup(text);
}

static void
sheet_free(BatchSheet *sheet)
{
    if (sheet != NULL) {
        g_free(sheet->name);
        g_free(sheet->description);
        g_free(sheet->marketplace);
        g_free(sheet->worksheet);
        g_free(sheet->notes);
        g_free(sheet->problem);
        g_free(sheet);
    }
}

void
batch_info_free(BatchInfo *batch)
{
    if (batch != NULL) {
        g_free(batch->name);
        g_free(batch->marketplace);
        g_free(batch->publish_error);
        sheet_free(batch->sheet);
        g_free(batch);
    }
}

void
batch_row_free(BatchRow *row)
{
    if (row != NULL) {
        batch_info_free(row->info);
        g_free(row);
    }
}

const Marketplace *
marketplace_of(const char *chosen, const char *found)
{
    const Marketplace *marketplace = marketplace_by_name(chosen[0] != '\0' ? chosen : found);
    return marketplace != NULL ? marketplace : marketplace_by_id(MARKETPLACE_PLAIN);
}

static BatchSheet *
read_sheet(DbRows *rows)
{
    if (db_is_null(rows, "sheet_object")) {
        return NULL;
    }
    BatchSheet *sheet = g_new0(BatchSheet, 1);
    sheet->name = g_strdup(db_text(rows, "sheet_name"));
    sheet->is_read = db_bool(rows, "sheet_is_read");
    sheet->description = g_strdup(db_text(rows, "sheet_description"));
    sheet->marketplace = g_strdup(db_text(rows, "sheet_marketplace"));
    sheet->worksheet = g_strdup(db_text(rows, "sheet_worksheet"));
    sheet->notes = none_if_empty(db_text(rows, "sheet_notes"));
    sheet->problem = none_if_empty(db_text(rows, "sheet_problem"));
    return sheet;
}

static void
read_counters(DbRows *rows, BatchRow *row)
{
#define X(id, column) row->counters[COUNTER_##id] = db_int(rows, #column);
    BATCH_COUNTERS(X)
#undef X
    BatchInfo *info = row->info;
    BatchCounts *counts = &info->counts;
    counts->photos = row->counters[COUNTER_PHOTOS];
    counts->waiting = row->counters[COUNTER_WAITING];
    counts->done = row->counters[COUNTER_DONE];
    counts->failed = row->counters[COUNTER_FAILED];
    counts->matched = row->counters[COUNTER_MATCHED];
    counts->unmatched = row->counters[COUNTER_UNMATCHED];
    counts->ambiguous = row->counters[COUNTER_AMBIGUOUS];
    counts->duplicate = row->counters[COUNTER_DUPLICATE];
    counts->rejected = row->counters[COUNTER_REJECTED];
    counts->left_out = row->counters[COUNTER_LEFT_OUT];
    counts->attention = row->counters[COUNTER_ATTENTION];
    counts->skus = row->counters[COUNTER_SKUS];
    counts->skus_without_main = row->counters[COUNTER_SKUS_WITHOUT_MAIN];
    counts->skus_complete = counts->skus - row->counters[COUNTER_SKUS_ATTENTION];
    info->bytes_in = row->counters[COUNTER_BYTES_IN];
    info->bytes_out = row->counters[COUNTER_BYTES_OUT];
}

BatchRow *
batch_row_read(DbRows *rows)
{
    BatchRow *row = g_new0(BatchRow, 1);
    BatchInfo *info = row->info = g_new0(BatchInfo, 1);
    (void)row_id(rows, "id", &info->id);
    (void)row_id(rows, "account_id", &row->account);
    (void)row_id(rows, "sheet_object", &row->sheet_object);
    info->name = g_strdup(db_text(rows, "name"));
    info->state = (BatchState)db_int(rows, "state");
    info->revision = db_int(rows, "revision");
    info->created_at = db_int(rows, "created_at");
    info->changed_at = db_int(rows, "changed_at");
    info->published_at = db_int(rows, "published_at");
    info->publish_error = none_if_empty(db_text(rows, "publish_error"));
    info->marketplace = g_strdup(db_text(rows, "marketplace"));
    info->longest_side = (guint32)db_int(rows, "longest_side");
    info->quality = (gint32)db_int(rows, "quality");
    info->sheet = read_sheet(rows);
    info->rules = marketplace_of(info->marketplace, db_text(rows, "sheet_marketplace"));
    row->sheet_uploaded_at = db_int(rows, "sheet_uploaded_at");
    row->match_wanted = db_int(rows, "match_wanted");
    row->match_done = db_int(rows, "match_done");
    row->match_run = db_int(rows, "match_run");
    row->first_photo_at = db_int(rows, "first_photo_at");
    row->last_photo_at = db_int(rows, "last_photo_at");
    info->first_expires_at = row->first_photo_at == 0 ? 0 : service_expiry(row->first_photo_at);
    info->last_expires_at = row->last_photo_at == 0 ? 0 : service_expiry(row->last_photo_at);
    read_counters(rows, row);
    return row;
}

BatchRow *
batch_row_load(DbTx *tx, const Id *account, const Id *batch, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT " BATCH_COLUMNS " FROM batch"
                                      " WHERE id = $1 AND state <> $2",
                                      "ti", batch->text, (gint64)BATCH_DELETED);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(BatchRow) row = db_next(rows) ? batch_row_read(rows) : NULL;
    if (row == NULL || (account != NULL && !id_equal(account, &row->account))) {
        return fail_no_such(error, "batch");
    }
    return g_steal_pointer(&row);
}

static bool
take_count(DbRows *rows, gint64 *ret_count)
{
    if (rows == NULL) {
        return false;
    }
    *ret_count = db_next(rows) ? db_int(rows, "n") : 0;
    return true;
}

bool
batch_count_uploading(DbTx *tx, const Id *batch, gint64 *ret_count, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT COUNT(*) AS n FROM upload"
                                      " WHERE batch_id = $1 AND state = $2",
                                      "ti", batch->text, (gint64)UPLOAD_OPEN);
    return take_count(rows, ret_count);
}

bool
batch_count_unpacking(DbTx *tx, const Id *batch, gint64 *ret_count, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT COUNT(*) AS n FROM upload"
                                      " WHERE batch_id = $1 AND state = $2"
                                      " AND offset_bytes = size",
                                      "ti", batch->text, (gint64)UPLOAD_OPEN);
    return take_count(rows, ret_count);
}

BatchInfo *
batch_info_load(DbTx *tx, const Id *account, const Id *batch, GError **error)
{
    g_autoptr(BatchRow) row = batch_row_load(tx, account, batch, error);
    if (row == NULL || !batch_count_uploading(tx, batch, &row->info->counts.uploading, error)) {
        return NULL;
    }
    return g_steal_pointer(&row->info);
}

#include "batches/batches.h"

#include "base/error.h"
#include "batches/change.h"
#include "batches/jobs.h"
#include "batches/page.h"
#include "batches/photos.h"
#include "batches/publishable.h"
#include "batches/quota.h"
#include "batches/remake.h"

#include <string.h>

static const glong max_name_chars = 200;

static bool
check_name(const char *name, GError **error)
{
    if (!g_utf8_validate(name, -1, NULL)) {
        return fail(error, APP_ERROR_INVALID, "name: not UTF-8");
    }
    if (name[0] == '\0' || g_utf8_strlen(name, -1) > max_name_chars) {
        return fail(error, APP_ERROR_INVALID, "name: has 1 to %ld characters", max_name_chars);
    }
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p))) {
            return fail(error, APP_ERROR_INVALID, "name: holds a control character");
        }
    }
    return true;
}

static bool
check_settings(const BatchSettings *settings, GError **error)
{
    if (settings->name != NULL && !check_name(settings->name, error)) {
        return false;
    }
    if (settings->marketplace != NULL && settings->marketplace[0] != '\0' &&
        marketplace_by_name(settings->marketplace) == NULL) {
        return fail(error, APP_ERROR_INVALID, "marketplace: \"%s\" is not known",
                    settings->marketplace);
    }
    if (settings->longest_side != -1 && settings->longest_side != 0 &&
        (settings->longest_side < 100 || settings->longest_side > 10000)) {
        return fail(error, APP_ERROR_INVALID, "longest_side: 0, or 100 to 10000");
    }
    if (settings->quality != -1 && settings->quality != IMAGE_QUALITY_AUTO &&
        (settings->quality < 40 || settings->quality > 100)) {
        return fail(error, APP_ERROR_INVALID, "quality: 0 (automatic), or 40 to 100");
    }
    return true;
}

static bool
insert_batch(DbTx *tx, const Id *id, const Id *account, const BatchSettings *settings,
             Timestamp now, GError **error)
{
    g_autofree char *at = timestamp_to_string(now);
    g_autofree char *day = g_strndup(at, strlen("2026-11-22"));
    g_autofree char *usual_name = g_strconcat("Batch of ", day, NULL);
    return db_exec(tx, error, NULL,
                   "INSERT INTO batch (id, account_id, name, state, marketplace, longest_side,"
                   " quality, sheet_name, sheet_is_read, sheet_description, sheet_marketplace,"
                   " sheet_worksheet, sheet_notes, sheet_problem, revision, match_wanted,"
                   " match_done, match_run, created_at, changed_at, publish_error, uploaded_at,"
                   " num_photos, num_waiting, num_done, num_failed, num_matched, num_unmatched,"
                   " num_ambiguous, num_duplicate, num_rejected, num_left_out, num_attention,"
                   " num_skus, num_skus_without_main, num_skus_attention, bytes_in, bytes_out)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, '', '', '', '', '', 1, 0, 0, 0,"
                   " $8, $8, '', $8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
                   "tttitiii", id->text, account->text,
                   settings->name != NULL ? settings->name : usual_name, (gint64)BATCH_OPEN,
                   settings->marketplace != NULL ? settings->marketplace : "",
                   MAX(settings->longest_side, 0), MAX(settings->quality, 0), now);
}

BatchInfo *
batches_create(Batches *batches, const Id *account, const BatchSettings *settings,
               BatchMadeFunc with, gpointer data, GError **error)
{
    if (!check_settings(settings, error)) {
        return NULL;
    }
    Id id = id_new(batches->clock);
    Timestamp now = clock_now(batches->clock);
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    if (tx == NULL || !quota_take(tx, account, error) ||
        !quota_check(batches, tx, account, QUOTA_BATCHES, 1, error) ||
        !insert_batch(tx, &id, account, settings, now, error)) {
        return NULL;
    }
    g_autoptr(BatchInfo) info = batch_info_load(tx, account, &id, error);
    return info != NULL && (with == NULL || with(tx, info, data, error)) &&
                   db_commit(g_steal_pointer(&tx), error)
               ? g_steal_pointer(&info)
               : NULL;
}

BatchInfo *
batches_get(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    return tx == NULL ? NULL : batch_info_load(tx, account, batch, error);
}

GPtrArray *
batches_list(Batches *batches, const Id *account, const char *cursor, guint limit,
             char **ret_cursor, GError **error)
{
    Page page;
    if (!page_begin(cursor, limit, true, &page, error)) {
        return NULL;
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    if (tx == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT " BATCH_COLUMNS " FROM batch"
                 " WHERE account_id = $1 AND id < $2 AND state <> $3 ORDER BY id DESC LIMIT $4",
                 "ttii", account->text, page.after, (gint64)BATCH_DELETED, (gint64)page.limit + 1);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)batch_info_free);
    while (db_next(rows)) {
        g_autoptr(BatchRow) row = batch_row_read(rows);
        g_ptr_array_add(items, g_steal_pointer(&row->info));
    }
    page_end(&page, items, ret_cursor);
    for (guint i = 0; i < items->len; i++) {
        BatchInfo *info = items->pdata[i];
        if (!batch_count_uploading(tx, &info->id, &info->counts.uploading, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&items);
}

static bool
write_settings(BatchChange *change, const BatchSettings *settings, GError **error)
{
    const BatchInfo *info = change->batch->info;
    const char *name = settings->name != NULL ? settings->name : info->name;
    const char *marketplace =
        settings->marketplace != NULL ? settings->marketplace : info->marketplace;
    gint64 longest_side =
        settings->longest_side != -1 ? settings->longest_side : (gint64)info->longest_side;
    gint64 quality = settings->quality != -1 ? settings->quality : info->quality;
    bool other_marketplace = strcmp(marketplace, info->marketplace) != 0;
    bool other_pictures =
        other_marketplace || longest_side != (gint64)info->longest_side || quality != info->quality;
    g_autofree char *details = g_strdup_printf(
        "name \"%s\", marketplace %s, longest side %" G_GINT64_FORMAT ", quality %" G_GINT64_FORMAT,
        name, marketplace[0] == '\0' ? "as recognised" : marketplace, longest_side, quality);
    if (!db_exec(change->tx, error, NULL,
                 "UPDATE batch SET name = $2, marketplace = $3, longest_side = $4, quality = $5"
                 " WHERE id = $1",
                 "tttii", info->id.text, name, marketplace, longest_side, quality) ||
        !change_add_event(change, NULL, change_latest(change), DECIDED_BY_PERSON, "edited", details,
                          error)) {
        return false;
    }
    /* Another grammar may find other columns in the same sheet. */
    if (other_marketplace && info->sheet != NULL &&
        (!db_exec(change->tx, error, NULL, "UPDATE batch SET sheet_is_read = 0 WHERE id = $1", "t",
                  info->id.text) ||
         !change_add_job(change, SHEET_READ_JOB, info->id.text, change->now, error))) {
        return false;
    }
    return !other_pictures || batch_make_anew(change, error);
}

BatchInfo *
batches_edit(Batches *batches, const Id *account, const Id *batch, const BatchSettings *settings,
             GError **error)
{
    g_auto(BatchChange) change = { 0 };
    if (!check_settings(settings, error) ||
        !change_begin(&change, batches, account, batch, error) ||
        !quota_check(batches, change.tx, account, QUOTA_EVENTS, 1, error) ||
        !write_settings(&change, settings, error) || !change_commit(&change, error)) {
        return NULL;
    }
    return batches_get(batches, account, batch, error);
}

bool
batches_delete(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    g_auto(BatchChange) change = { 0 };
    return change_begin(&change, batches, account, batch, error) &&
           change_state(&change, BATCH_DELETE, error) &&
           db_exec(change.tx, error, NULL, "DELETE FROM publication WHERE batch_id = $1", "t",
                   batch->text) &&
           change_add_job(&change, BATCH_DELETE_JOB, batch->text, change.now, error) &&
           change_commit(&change, error);
}

/* Whether a person decided something that whoever saw REVISION did not see. */
static bool
check_decisions(BatchChange *change, gint64 revision, GError **error)
{
    if (revision == 0) {
        return true;
    }
    g_autoptr(DbRows) rows =
        db_query(change->tx, error,
                 "SELECT id FROM photo WHERE batch_id = $1 AND revision > $2"
                 " AND decided_revision > $2 AND decided_by = $3 LIMIT 1",
                 "tii", change->batch->info->id.text, revision, (gint64)DECIDED_BY_PERSON);
    if (rows == NULL) {
        return false;
    }
    return !db_next(rows) ||
           fail(error, APP_ERROR_CONFLICT, "somebody changed the batch meanwhile: look again");
}

BatchInfo *
batches_publish(Batches *batches, const Id *account, const Id *batch, gint64 revision,
                GError **error)
{
    g_auto(BatchChange) change = { 0 };
    bool is_settled; /* the job waits for it */
    if (!change_begin(&change, batches, account, batch, error) ||
        !check_decisions(&change, revision, error) ||
        !batch_check_publishable(&change, &is_settled, error) ||
        !change_state(&change, BATCH_PUBLISH, error) ||
        !db_exec(change.tx, error, NULL, "UPDATE batch SET publish_error = '' WHERE id = $1", "t",
                 batch->text) ||
        !change_add_event(&change, NULL, change_latest(&change), DECIDED_BY_PERSON, "publishing",
                          "", error) ||
        !change_add_job(&change, BATCH_PUBLISH_JOB, batch->text, change.now, error) ||
        !change_commit(&change, error)) {
        return NULL;
    }
    return batches_get(batches, account, batch, error);
}

BatchInfo *
batches_reopen(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, batches, account, batch, error) ||
        !quota_check(batches, change.tx, account, QUOTA_EVENTS, 1, error) ||
        !change_state(&change, BATCH_REOPEN, error) || !change_commit(&change, error)) {
        return NULL;
    }
    return batches_get(batches, account, batch, error);
}

bool
batches_limits(Batches *batches, const Id *account, AccountLimits *ret_limits, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    AccountLimits limits = { 0 };
    if (tx == NULL || !limits_load(batches, tx, account, &limits, error)) {
        return false;
    }
    *ret_limits = limits;
    return true;
}

/* Jobs that come again by themselves, and the long ones that clear away. */
#include "batches/jobs.h"

#include "base/error.h"
#include "batches/change.h"
#include "batches/job_end.h"
#include "batches/upload_row.h"

#include <string.h>

static const Timestamp expiry_pause = SECONDS(10 * 60);
static const Timestamp recount_pause = SECONDS(10 * 60);
static const Timestamp removal_pause = SECONDS(20);

/* Recurring jobs are about nothing in particular, but a job must be about something. */
static const char no_subject[] = "all";

enum { CHUNK = 500 };

bool
batches_plan_housekeeping(Batches *batches, GError **error)
{
    static const char *const kinds[] = { UPLOADS_EXPIRE_JOB, BATCHES_RECOUNT_JOB,
                                         OBJECTS_REMOVE_JOB };
    Timestamp now = clock_now(batches->clock);
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!job_add(tx, batches->clock, kinds[i], no_subject, NULL, now, error)) {
            return false;
        }
    }
    return db_commit(g_steal_pointer(&tx), error);
}

/* Ids that SQL finds for TIME and STATE. */
static GArray *
find_ids(Batches *batches, const char *sql, Timestamp time, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL : db_query(tx, error, sql, "ii", time, (gint64)CHUNK);
    if (rows == NULL) {
        return NULL;
    }
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(Id));
    while (db_next(rows)) {
        Id id;
        (void)row_id(rows, "id", &id);
        g_array_append_val(ids, id);
    }
    return ids;
}

/* An upload that nobody went on with, or one that was done with long ago. One that is full and
 * still open is being unpacked. */
#define UPLOAD_IS_EXPIRED "expires_at <= $1 AND (state <> 1 OR offset_bytes < size)"

static bool
expire_upload(Batches *batches, const Id *id, Timestamp now, GError **error)
{
    gint64 num_expired;
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    /* Somebody who began in time may have gone on with it since it was found: what he was told is
     * stored stays. */
    if (tx == NULL || !db_exec(tx, error, &num_expired,
                               "UPDATE upload SET state = $3 WHERE id = $2 AND " UPLOAD_IS_EXPIRED,
                               "iti", now, id->text, (gint64)UPLOAD_FAILED)) {
        return false;
    }
    return num_expired == 0 ||
           (upload_parts_remove(tx, id, error) &&
            db_exec(tx, error, NULL, "DELETE FROM upload WHERE id = $1", "t", id->text) &&
            db_commit(g_steal_pointer(&tx), error));
}

JobOutcome
uploads_expire_run(const Job *job, gpointer context, GError **error)
{
    Batches *batches = context;
    Timestamp now = clock_now(batches->clock);
    g_autoptr(GArray) ids =
        find_ids(batches, "SELECT id FROM upload WHERE " UPLOAD_IS_EXPIRED " LIMIT $2", now, error);
    if (ids == NULL) {
        return JOB_RETRY;
    }
    for (guint i = 0; i < ids->len; i++) {
        if (!expire_upload(batches, &g_array_index(ids, Id, i), now, error)) {
            return JOB_RETRY;
        }
    }
    return job_end_until(batches, job, ids->len == CHUNK ? now : now + expiry_pause, error);
}

static bool
recount_skus(BatchChange *change, GError **error)
{
    const char *batch = change->batch->info->id.text;
    return db_exec(change->tx, error, NULL,
                   "UPDATE sku SET has_main = (SELECT COUNT(*) FROM photo"
                   " WHERE photo.batch_id = sku.batch_id AND photo.sku_row = sku.row"
                   " AND photo.slot = 'MAIN' AND photo.verdict = 1) WHERE batch_id = $1",
                   "t", batch) &&
           db_exec(change->tx, error, NULL,
                   "UPDATE sku SET needs_attention = CASE WHEN problem <> '' THEN 1"
                   " WHEN is_parent = 1 OR has_main = 1 OR sheet_slots LIKE 'MAIN%' THEN 0"
                   " ELSE 1 END WHERE batch_id = $1",
                   "t", batch) &&
           db_exec(change->tx, error, NULL,
                   "UPDATE batch SET (num_skus, num_skus_without_main, num_skus_attention) ="
                   " (SELECT COUNT(*), COUNT(CASE WHEN is_parent = 0 AND has_main = 0"
                   " AND sheet_slots NOT LIKE 'MAIN%' THEN 1 END),"
                   " COUNT(CASE WHEN needs_attention = 1 THEN 1 END)"
                   " FROM sku WHERE sku.batch_id = batch.id) WHERE id = $1",
                   "t", batch);
}

/* LST-17: the reasons that a photo has where it is may name photos and SKUs that are gone. The
 * verdict stays; a matching that runs again finds reasons among what is there. */
static bool
forget_reasons(BatchChange *change, GError **error)
{
    const char *batch = change->batch->info->id.text;
    return db_exec(change->tx, error, NULL,
                   "UPDATE photo SET notes = '' WHERE batch_id = $1 AND notes <> ''", "t", batch) &&
           db_exec(change->tx, error, NULL, "UPDATE batch SET publish_error = '' WHERE id = $1",
                   "t", batch);
}

static bool
recount_rows(BatchChange *change, GError **error)
{
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET"
                   " num_uploads = (SELECT COUNT(*) FROM upload WHERE upload.batch_id = batch.id),"
                   " num_events ="
                   " (SELECT COUNT(*) FROM batch_event WHERE batch_event.batch_id = batch.id)"
                   " WHERE id = $1",
                   "t", change->batch->info->id.text);
}

static bool
recount_photos(BatchChange *change, GError **error)
{
    return db_exec(
        change->tx, error, NULL,
        "UPDATE batch SET (num_photos, first_photo_at, last_photo_at, num_waiting, num_done,"
        " num_failed, num_matched, num_unmatched, num_ambiguous, num_duplicate, num_rejected,"
        " num_left_out, num_attention, bytes_in, bytes_out) ="
        " (SELECT COUNT(*), MIN(uploaded_at), MAX(uploaded_at),"
        " COUNT(CASE WHEN photo.state = 1 THEN 1 END),"
        " COUNT(CASE WHEN photo.state = 2 THEN 1 END),"
        " COUNT(CASE WHEN photo.state = 3 THEN 1 END),"
        " COUNT(CASE WHEN verdict = 1 THEN 1 END), COUNT(CASE WHEN verdict = 2 THEN 1 END),"
        " COUNT(CASE WHEN verdict = 3 THEN 1 END), COUNT(CASE WHEN verdict = 4 THEN 1 END),"
        " COUNT(CASE WHEN verdict = 5 THEN 1 END), COUNT(CASE WHEN verdict = 6 THEN 1 END),"
        " COUNT(CASE WHEN needs_attention = 1 THEN 1 END),"
        " CAST(COALESCE(SUM(size), 0) AS {i64}), CAST(COALESCE(SUM(picture_bytes), 0) AS {i64})"
        " FROM photo WHERE photo.batch_id = batch.id) WHERE id = $1",
        "t", change->batch->info->id.text);
}

/* The sweep deletes rows without asking anybody (LST-17): what the batch counts, and what it refers
 * to, is put right afterwards. */
static bool
recount(Batches *batches, const Id *batch, Timestamp oldest, GError **error)
{
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, batches, NULL, batch, error)) {
        return false;
    }
    g_autoptr(DbRows) rows = db_query(
        change.tx, error, "SELECT id FROM photo WHERE batch_id = $1 LIMIT 1", "t", batch->text);
    return rows != NULL && recount_photos(&change, error) && recount_skus(&change, error) &&
           recount_rows(&change, error) && forget_reasons(&change, error) &&
           db_exec(change.tx, error, NULL,
                   "UPDATE batch SET sheet_object = NULL, sheet_name = '',"
                   " sheet_uploaded_at = NULL, sheet_is_read = 0, sheet_description = '',"
                   " sheet_worksheet = '', sheet_notes = '', sheet_problem = ''"
                   " WHERE id = $1 AND sheet_uploaded_at <= $2",
                   "ti", batch->text, oldest) &&
           (db_next(rows) || change_state(&change, BATCH_RUN_OUT, error)) &&
           change_commit(&change, error);
}

JobOutcome
batches_recount_run(const Job *job, gpointer context, GError **error)
{
    Batches *batches = context;
    Timestamp now = clock_now(batches->clock);
    /* The sweep is up to an hour early. */
    Timestamp oldest = now - (service_expiry(now) - now) + SECONDS(3600);
    g_autoptr(GArray) ids =
        find_ids(batches,
                 "SELECT id FROM batch WHERE state <> 5 AND (first_photo_at <= $1"
                 " OR sheet_uploaded_at <= $1) LIMIT $2",
                 oldest, error);
    if (ids == NULL) {
        return JOB_RETRY;
    }
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) recount_error = NULL;
        if (!recount(batches, &g_array_index(ids, Id, i), oldest, &recount_error) &&
            !g_error_matches(recount_error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&recount_error));
            return JOB_RETRY;
        }
    }
    /* What was forgotten is in the log of SQLite still. Where somebody reads an older state it
     * stays until the next time, which comes before its last moment. */
    (void)db_scrub(batches->db, NULL);
    return job_end_until(batches, job, now + recount_pause, error);
}

JobOutcome
objects_remove_run(const Job *job, gpointer context, GError **error)
{
    Batches *batches = context;
    Timestamp now = clock_now(batches->clock);
    guint num_removed = 0;
    if (!vault_remove_marked(batches->vault, CHUNK, &num_removed, error) ||
        !vault_remove_abandoned(batches->vault, error)) {
        return JOB_RETRY;
    }
    return job_end_until(batches, job, num_removed >= CHUNK ? now : now + removal_pause, error);
}

static bool
mark_if_any(DbTx *tx, DbRows *rows, const char *column, GError **error)
{
    const char *text = db_text(rows, column);
    Id object;
    return text == NULL || !id_parse(text, &object) || vault_mark_removed(tx, &object, error);
}

/* Up to a chunk of photos with all that hangs on them. */
static bool
delete_photos(DbTx *tx, const char *batch, bool *ret_is_over, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT id, original_object, picture_object, thumbnail_object"
                                      " FROM photo WHERE batch_id = $1 ORDER BY id LIMIT $2",
                                      "ti", batch, (gint64)CHUNK);
    if (rows == NULL) {
        return false;
    }
    guint count = 0;
    for (; db_next(rows); count++) {
        const char *photo = db_text(rows, "id");
        if (!mark_if_any(tx, rows, "original_object", error) ||
            !mark_if_any(tx, rows, "picture_object", error) ||
            !mark_if_any(tx, rows, "thumbnail_object", error) ||
            !db_exec(tx, error, NULL, "DELETE FROM publication WHERE photo_id = $1", "t", photo) ||
            !db_exec(tx, error, NULL, "DELETE FROM batch_event WHERE photo_id = $1", "t", photo) ||
            !db_exec(tx, error, NULL, "DELETE FROM photo WHERE id = $1", "t", photo)) {
            return false;
        }
    }
    *ret_is_over = count < CHUNK;
    return true;
}

static bool
delete_uploads(DbTx *tx, const char *batch, bool *ret_is_over, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT id FROM upload WHERE batch_id = $1 LIMIT $2", "ti", batch,
                 (gint64)CHUNK);
    if (rows == NULL) {
        return false;
    }
    guint count = 0;
    for (; db_next(rows); count++) {
        Id upload;
        if (!id_parse(db_text(rows, "id"), &upload) || !upload_parts_remove(tx, &upload, error) ||
            !db_exec(tx, error, NULL, "DELETE FROM upload WHERE id = $1", "t", upload.text)) {
            return false;
        }
    }
    *ret_is_over = count < CHUNK;
    return true;
}

/* The rest of a batch whose photos and uploads are gone, and with it the job. */
static bool
delete_rest(DbTx *tx, const Job *job, GError **error)
{
    const char *batch = job->subject;
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT sheet_object FROM batch WHERE id = $1", "t", batch);
    return rows != NULL && (!db_next(rows) || mark_if_any(tx, rows, "sheet_object", error)) &&
           db_exec(tx, error, NULL, "DELETE FROM batch_event WHERE batch_id = $1", "t", batch) &&
           db_exec(tx, error, NULL, "DELETE FROM sku WHERE batch_id = $1", "t", batch) &&
           db_exec(tx, error, NULL, "DELETE FROM batch WHERE id = $1", "t", batch) &&
           job_finish(job, tx, error);
}

JobOutcome
batch_delete_run(const Job *job, gpointer context, GError **error)
{
    Batches *batches = context;
    for (bool photos_are_over = false, uploads_are_over = false;;) {
        g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
        bool may_end = photos_are_over && uploads_are_over;
        if (tx == NULL || !delete_photos(tx, job->subject, &photos_are_over, error) ||
            !delete_uploads(tx, job->subject, &uploads_are_over, error) ||
            (may_end && !delete_rest(tx, job, error)) || !db_commit(g_steal_pointer(&tx), error)) {
            return JOB_RETRY;
        }
        if (may_end) {
            return JOB_DONE;
        }
    }
}

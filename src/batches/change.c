#include "batches/change.h"

#include "batches/jobs.h"

#include <string.h>

/* Photos come in by the thousand: matching waits so long for the next one, and longer where a run
 * takes longer. */
static const Timestamp match_pause_us = G_USEC_PER_SEC / 4;
static const Timestamp match_pause_per_photo_us = 100;

static DbRows *
take_batch(DbTx *tx, const Id *account, const Id *batch, Timestamp now, GError **error)
{
    if (account == NULL) {
        return db_query(tx, error,
                        "UPDATE batch SET revision = revision + 1, changed_at = $2"
                        " WHERE id = $1 AND state <> $3 RETURNING " BATCH_COLUMNS,
                        "tii", batch->text, now, (gint64)BATCH_DELETED);
    }
    return db_query(tx, error,
                    "UPDATE batch SET revision = revision + 1, changed_at = $2"
                    " WHERE id = $1 AND state <> $3 AND account_id = $4 RETURNING " BATCH_COLUMNS,
                    "tiit", batch->text, now, (gint64)BATCH_DELETED, account->text);
}

static bool
begin(BatchChange *ret_change, Batches *batches, DbMode mode, const Id *account, const Id *batch,
      GError **error)
{
    g_auto(BatchChange) change = { .batches = batches, .now = clock_now(batches->clock) };
    change.tx = db_begin(batches->db, mode, error);
    if (change.tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows = take_batch(change.tx, account, batch, change.now, error);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        (void)fail_no_such(error, "batch");
        return false;
    }
    change.batch = batch_row_read(rows);
    change.revision = change.batch->info->revision;
    change.mains = g_hash_table_new(NULL, NULL);
    *ret_change = change;
    change = (BatchChange){ 0 };
    return true;
}

bool
change_begin(BatchChange *ret_change, Batches *batches, const Id *account, const Id *batch,
             GError **error)
{
    return begin(ret_change, batches, DB_WRITE, account, batch, error);
}

bool
change_begin_quickly(BatchChange *ret_change, Batches *batches, const Id *account, const Id *batch,
                     GError **error)
{
    return begin(ret_change, batches, DB_WRITE_QUICKLY, account, batch, error);
}

void
change_clear(BatchChange *change)
{
    g_clear_pointer(&change->tx, db_rollback);
    g_clear_pointer(&change->batch, batch_row_free);
    g_clear_pointer(&change->mains, g_hash_table_unref);
}

void
change_count(BatchChange *change, BatchCounter counter, gint64 delta)
{
    change->deltas[counter] += delta;
}

/* Whether a SKU has a main picture decides whether somebody must look at it. */
static bool
settle_mains(BatchChange *change, GError **error)
{
    GHashTableIter iter;
    gpointer row, has_main;
    g_hash_table_iter_init(&iter, change->mains);
    while (g_hash_table_iter_next(&iter, &row, &has_main)) {
        bool is_set = GPOINTER_TO_INT(has_main) != 0;
        g_autoptr(DbRows) rows = db_query(
            change->tx, error,
            "UPDATE sku SET has_main = $3,"
            " needs_attention = CASE WHEN problem <> '' THEN 1"
            " WHEN is_parent = 1 OR $3 = 1 OR sheet_slots LIKE 'MAIN%' THEN 0 ELSE 1 END"
            " WHERE batch_id = $1 AND row = $2 AND has_main <> $3"
            " RETURNING CASE WHEN is_parent = 1 OR sheet_slots LIKE 'MAIN%' THEN 0 ELSE 1 END"
            " AS counts, CASE WHEN problem <> '' THEN 1 ELSE 0 END AS has_problem",
            "tii", change->batch->info->id.text, (gint64)GPOINTER_TO_UINT(row), (gint64)is_set);
        if (rows == NULL) {
            return false;
        }
        if (db_next(rows) && db_int(rows, "counts") == 1) {
            gint64 delta = is_set ? -1 : 1;
            change_count(change, COUNTER_SKUS_WITHOUT_MAIN, delta);
            change_count(change, COUNTER_SKUS_ATTENTION,
                         db_int(rows, "has_problem") == 1 ? 0 : delta);
        }
    }
    return true;
}

static bool
write_counters(BatchChange *change, GError **error)
{
    const gint64 *d = change->deltas;
    bool is_changed = false;
    for (guint i = 0; i < NUM_COUNTERS; i++) {
        is_changed = is_changed || d[i] != 0;
    }
    return !is_changed ||
           db_exec(change->tx, error, NULL,
                   "UPDATE batch SET num_photos = num_photos + $2, num_waiting = num_waiting + $3,"
                   " num_done = num_done + $4, num_failed = num_failed + $5,"
                   " num_matched = num_matched + $6, num_unmatched = num_unmatched + $7,"
                   " num_ambiguous = num_ambiguous + $8, num_duplicate = num_duplicate + $9,"
                   " num_rejected = num_rejected + $10, num_left_out = num_left_out + $11,"
                   " num_attention = num_attention + $12, num_skus = num_skus + $13,"
                   " num_skus_without_main = num_skus_without_main + $14,"
                   " num_skus_attention = num_skus_attention + $15, bytes_in = bytes_in + $16,"
                   " bytes_out = bytes_out + $17, num_uploads = num_uploads + $18,"
                   " num_events = num_events + $19 WHERE id = $1",
                   "tiiiiiiiiiiiiiiiiii", change->batch->info->id.text, d[COUNTER_PHOTOS],
                   d[COUNTER_WAITING], d[COUNTER_DONE], d[COUNTER_FAILED], d[COUNTER_MATCHED],
                   d[COUNTER_UNMATCHED], d[COUNTER_AMBIGUOUS], d[COUNTER_DUPLICATE],
                   d[COUNTER_REJECTED], d[COUNTER_LEFT_OUT], d[COUNTER_ATTENTION], d[COUNTER_SKUS],
                   d[COUNTER_SKUS_WITHOUT_MAIN], d[COUNTER_SKUS_ATTENTION], d[COUNTER_BYTES_IN],
                   d[COUNTER_BYTES_OUT], d[COUNTER_UPLOADS], d[COUNTER_EVENTS]);
}

bool
change_commit(BatchChange *change, GError **error)
{
    if (!settle_mains(change, error) || !write_counters(change, error) ||
        !db_commit(g_steal_pointer(&change->tx), error)) {
        return false;
    }
    service_notify(change->batches, &change->batch->info->id);
    if (change->adds_jobs) {
        service_wake(change->batches);
    }
    return true;
}

bool
change_state(BatchChange *change, BatchStateEvent event, GError **error)
{
    BatchState state;
    if (!batch_state_after(change->batch->info->state, event, &state, error)) {
        return false;
    }
    if (state == change->batch->info->state) {
        return true;
    }
    change->batch->info->state = state;
    return db_exec(change->tx, error, NULL, "UPDATE batch SET state = $2 WHERE id = $1", "ti",
                   change->batch->info->id.text, (gint64)state);
}

bool
change_add_job(BatchChange *change, const char *kind, const char *subject, Timestamp run_at,
               GError **error)
{
    change->adds_jobs = true;
    return job_add(change->tx, change->batches->clock, kind, subject, change->batch->account.text,
                   run_at, error);
}

bool
change_wants_matching(BatchChange *change, bool stops, GError **error)
{
    const BatchRow *batch = change->batch;
    Timestamp pause =
        stops ? 0 : match_pause_us + match_pause_per_photo_us * batch->counters[COUNTER_PHOTOS];
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET match_wanted = match_wanted + 1, match_run = match_run + $2"
                   " WHERE id = $1",
                   "ti", batch->info->id.text, (gint64)(stops ? 1 : 0)) &&
           change_add_job(change, BATCH_MATCH_JOB, batch->info->id.text, change->now + pause,
                          error);
}

bool
change_resume_publishing(BatchChange *change, GError **error)
{
    return change->batch->info->state != BATCH_PUBLISHING ||
           change_add_job(change, BATCH_PUBLISH_JOB, change->batch->info->id.text, change->now,
                          error);
}

Timestamp
change_oldest(const BatchChange *change, Timestamp uploaded_at)
{
    const BatchRow *batch = change->batch;
    Timestamp oldest = uploaded_at;
    if (batch->first_photo_at != 0) {
        oldest = MIN(oldest, batch->first_photo_at);
    }
    if (batch->info->sheet != NULL) {
        oldest = MIN(oldest, batch->sheet_uploaded_at);
    }
    return oldest;
}

Timestamp
change_latest(const BatchChange *change)
{
    const BatchRow *batch = change->batch;
    Timestamp latest = MAX(batch->info->created_at, batch->last_photo_at);
    return batch->info->sheet == NULL ? latest : MAX(latest, batch->sheet_uploaded_at);
}

bool
change_add_event(BatchChange *change, const Id *photo, Timestamp uploaded_at, DecidedBy decided_by,
                 const char *what, const char *details, GError **error)
{
    Id id = id_new(change->batches->clock);
    change_count(change, COUNTER_EVENTS, 1);
    return db_exec(change->tx, error, NULL,
                   "INSERT INTO batch_event (id, account_id, batch_id, photo_id, at, what,"
                   " decided_by, details, uploaded_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   "ttttititi", id.text, change->batch->account.text, change->batch->info->id.text,
                   photo == NULL ? NULL : photo->text, change->now, what, (gint64)decided_by,
                   details, uploaded_at);
}

bool
change_uploaded_at(BatchChange *change, Timestamp uploaded_at, GError **error)
{
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET uploaded_at = $2 WHERE id = $1 AND uploaded_at < $2", "ti",
                   change->batch->info->id.text, uploaded_at);
}

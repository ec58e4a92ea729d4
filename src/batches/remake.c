#include "batches/remake.h"

#include "base/error.h"
#include "batches/job_end.h"
#include "batches/jobs.h"
#include "batches/photos.h"
#include "listing/outputs.h"

bool
picture_outputs_equal(const ImageOutputSpec *a, const ImageOutputSpec *b)
{
    return a->longest_side == b->longest_side && a->quality == b->quality &&
           a->max_bytes == b->max_bytes && a->allow_carry_over == b->allow_carry_over &&
           a->carry_over_side == b->carry_over_side;
}

bool
batch_make_anew(BatchChange *change, GError **error)
{
    const Id *batch = &change->batch->info->id;
    g_autoptr(DbRows) rows =
        db_query(change->tx, error,
                 "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(CASE WHEN state = $2 THEN 1 ELSE 0 END),"
                 " 0) AS {i64}) AS done FROM photo WHERE batch_id = $1 AND state IN ($2, $3)",
                 "tii", batch->text, (gint64)PHOTO_DONE, (gint64)PHOTO_WAITING);
    if (rows == NULL || !db_next(rows)) {
        return false;
    }
    if (db_int(rows, "n") == 0) {
        return true;
    }
    change_count(change, COUNTER_DONE, -db_int(rows, "done"));
    change_count(change, COUNTER_WAITING, db_int(rows, "done"));
    return db_exec(change->tx, error, NULL,
                   "UPDATE photo SET state = $2, version = version + 1, revision = $3"
                   " WHERE batch_id = $1 AND state IN ($2, $4)",
                   "tiii", batch->text, (gint64)PHOTO_WAITING, change->revision,
                   (gint64)PHOTO_DONE) &&
           db_exec(change->tx, error, NULL, "DELETE FROM publication WHERE batch_id = $1", "t",
                   batch->text) &&
           change_state(change, BATCH_CHANGE, error) &&
           change_add_job(change, BATCH_CLEAN_JOB, batch->text, change->now, error);
}

/* Adds the jobs of up to a thousand photos from AFTER on; sets it to the last one, or to "". */
static bool
add_jobs(Batches *batches, const Job *job, Id *after, bool *ret_is_over, GError **error)
{
    enum { CHUNK = 1000 };
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT id, account_id FROM photo WHERE batch_id = $1"
                 " AND id > $2 AND state = $3 ORDER BY id LIMIT $4",
                 "ttii", job->subject, after->text, (gint64)PHOTO_WAITING, (gint64)CHUNK);
    if (rows == NULL) {
        return false;
    }
    gsize count = 0;
    for (; db_next(rows); count++) {
        if (!job_add(tx, batches->clock, PHOTO_CLEAN_JOB, db_text(rows, "id"),
                     db_text(rows, "account_id"), clock_now(batches->clock), error)) {
            return false;
        }
        (void)row_id(rows, "id", after);
    }
    *ret_is_over = count < CHUNK;
    if (*ret_is_over && !job_finish(job, tx, error)) {
        return false;
    }
    return db_commit(g_steal_pointer(&tx), error);
}

JobOutcome
batch_clean_run(const Job *job, gpointer context, GError **error)
{
    Id after = { "" };
    for (bool is_over = false; !is_over;) {
        if (!add_jobs(context, job, &after, &is_over, error)) {
            return job_end_with(context, job, error);
        }
        service_wake(context);
    }
    return JOB_DONE;
}

#include "privacy/privacy_jobs.h"

#include "base/error.h"
#include "base/log.h"
#include "privacy/erasure.h"

#define SWEEP_JOB "privacy.sweep"
#define SWEEP_SUBJECT "everything"

static bool
add_sweep(const Privacy *privacy, DbTx *tx, Timestamp run_at, GError **error)
{
    return job_add(tx, privacy->clock, SWEEP_JOB, SWEEP_SUBJECT, NULL, run_at, error);
}

bool
privacy_start(const Privacy *privacy, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
    return tx != NULL && add_sweep(privacy, tx, clock_now(privacy->clock), error) &&
           db_commit(g_steal_pointer(&tx), error);
}

/* A person should know: of what was deleted too late, and of a sweep that did not take place. */
static void
report(const SweepCounts *counts, const GError *problem)
{
    if (problem != NULL) {
        log_line(LOG_ERROR_LEVEL, "sweep-refused", LOG_CODE,
                 app_error_code_to_string((AppErrorCode)problem->code), LOG_REASON,
                 problem->message, LOG_END);
    } else if (counts->num_late > 0) {
        g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, counts->num_late);
        log_line(LOG_ERROR_LEVEL, "sweep-late", LOG_COUNT, count, LOG_END);
    } else if (counts->num_rows + counts->num_objects > 0) {
        g_autofree char *count =
            g_strdup_printf("%" G_GUINT64_FORMAT, counts->num_rows + counts->num_objects);
        log_line(LOG_INFO_LEVEL, "sweep", LOG_COUNT, count, LOG_END);
    }
}

/* LST-27: whatever became of the job of an erasure, it goes on until it is done. */
static bool
add_open_erasures(const Privacy *privacy, DbTx *tx, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT account_id FROM erasure WHERE done_at IS NULL AND account_id IS NOT NULL"
                 " AND NOT EXISTS (SELECT 1 FROM job WHERE job.kind = $1"
                 "                 AND job.subject = erasure.account_id AND job.state <= 2)"
                 " LIMIT 100",
                 "t", ERASURE_JOB);
    if (rows == NULL) {
        return false;
    }
    while (db_next(rows)) {
        const char *account = db_text(rows, "account_id");
        if (!job_add(tx, privacy->clock, ERASURE_JOB, account, account, clock_now(privacy->clock),
                     error)) {
            return false;
        }
    }
    return true;
}

/* However this sweep went, another follows: there is no giving up. */
static JobOutcome
run_sweep(const Job *job, gpointer context, GError **error)
{
    const Privacy *privacy = context;
    SweepCounts counts = { 0 };
    g_autoptr(GError) problem = NULL;
    (void)privacy_sweep(privacy, &counts, &problem);
    report(&counts, problem);
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
    if (tx == NULL || !job_finish(job, tx, error) || !add_open_erasures(privacy, tx, error) ||
        !add_sweep(privacy, tx, clock_now(privacy->clock) + SWEEP_INTERVAL, error) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return JOB_RETRY;
    }
    return JOB_DONE;
}

static JobOutcome
run_erasure(const Job *job, gpointer context, GError **error)
{
    return erasure_run(context, job, error) ? JOB_DONE : JOB_RETRY;
}

void
privacy_job_kinds(const Privacy *privacy, JobKind ret_kinds[PRIVACY_NUM_JOB_KINDS])
{
    ret_kinds[0] = (JobKind){
        .kind = SWEEP_JOB,
        .lane = JOBS_HOUSEKEEPING,
        .max_attempts = G_MAXUINT,
        .lease_seconds = 300,
        .run = run_sweep,
        .context = (gpointer)privacy,
    };
    ret_kinds[1] = (JobKind){
        .kind = ERASURE_JOB,
        .lane = JOBS_HOUSEKEEPING,
        .max_attempts = G_MAXUINT,
        .lease_seconds = 300,
        .run = run_erasure,
        .context = (gpointer)privacy,
    };
}

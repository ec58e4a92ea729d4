#include "batches/job_end.h"

#include "base/error.h"

JobOutcome
job_end(Batches *batches, const Job *job, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    return tx != NULL && job_finish(job, tx, error) && db_commit(g_steal_pointer(&tx), error)
               ? JOB_DONE
               : JOB_RETRY;
}

JobOutcome
job_end_with(Batches *batches, const Job *job, GError **error)
{
    /* A batch that was deleted, an account that was erased. */
    if (g_error_matches(*error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_clear_error(error);
        return job_end(batches, job, error);
    }
    return JOB_RETRY;
}

JobOutcome
job_end_until(Batches *batches, const Job *job, Timestamp run_at, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_WRITE, error);
    return tx != NULL && job_finish(job, tx, error) &&
                   job_add(tx, batches->clock, job->kind, job->subject, job->account, run_at,
                           error) &&
                   db_commit(g_steal_pointer(&tx), error)
               ? JOB_DONE
               : JOB_RETRY;
}

Id
job_subject(const Job *job)
{
    Id id;
    g_assert(id_parse(job->subject, &id));
    return id;
}

/* The states, literal in the statements because the indexes are partial: 0 later (run_at has not
 * come), 1 due, 2 leased, 3 failed for good. A lease is the pair of id and attempt: every lease
 * raises attempt, so who lost his finds no row.
 *
 * Fairness: a job's turn is one after its account's last waiting job, and not before the turn that
 * is being served, which is the lowest of the due ones. Served in the order of turns, accounts take
 * turns, whatever each of them has waiting (start-time fair queueing: Goyal, Vin and Cheng, 1996,
 * with equal weights and lengths). */
#include "jobs/queue.h"

#include "base/error.h"

#include <string.h>

bool
queue_register(Db *db, const JobKind *kinds, gsize num_kinds, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    for (gsize i = 0; i < num_kinds; i++) {
        g_assert(kinds[i].lane < JOBS_NUM_LANES && kinds[i].lease_seconds > 0);
        if (!db_exec(tx, error, NULL,
                     "INSERT INTO job_kind (kind, lane, lease) VALUES ($1, $2, $3)"
                     " ON CONFLICT (kind) DO UPDATE SET lane = $2, lease = $3"
                     "  WHERE (job_kind.lane, job_kind.lease) <> ($2, $3)",
                     "tii", kinds[i].kind, (gint64)kinds[i].lane,
                     SECONDS(kinds[i].lease_seconds)) ||
            /* Added before any program knew its kind, or by one that had it in another lane. */
            !db_exec(tx, error, NULL,
                     "UPDATE job SET lane = $2 WHERE kind = $1 AND lane <> $2 AND state <= 1", "ti",
                     kinds[i].kind, (gint64)kinds[i].lane)) {
            return false;
        }
    }
    return db_commit(g_steal_pointer(&tx), error);
}

bool
job_add(DbTx *tx, const Clock *clock, const char *kind, const char *subject, const char *account,
        Timestamp run_at, GError **error)
{
    Id id = id_new(clock);
    Timestamp now = clock_now(clock);
    return db_exec(tx, error, NULL,
                   "WITH place AS ("
                   "  SELECT COALESCE((SELECT lane FROM job_kind WHERE kind = $2), -1) AS lane"
                   "), turns AS ("
                   "  SELECT lane,"
                   "         COALESCE((SELECT MIN(turn) FROM job"
                   "                    WHERE job.lane = place.lane AND state = 1), 0) AS served,"
                   "         COALESCE((SELECT MAX(turn) + 1 FROM job"
                   "                    WHERE job.lane = place.lane AND account_id = $4"
                   "                      AND state <= 1), 0) AS own"
                   "    FROM place"
                   ") INSERT INTO job (id, kind, subject, account_id, lane, state, turn, attempt,"
                   "                   run_at, last_error, created_at)"
                   "  SELECT $1, $2, $3, $4, lane, CASE WHEN $5 <= $6 THEN 1 ELSE 0 END,"
                   "         CASE WHEN own > served THEN own ELSE served END, 0, $5, '', $6"
                   "    FROM turns WHERE TRUE"
                   "  ON CONFLICT (kind, subject) WHERE state <= 1 DO UPDATE"
                   "     SET run_at = CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at"
                   "                       ELSE job.run_at END,"
                   "         state = CASE WHEN excluded.state > job.state THEN excluded.state"
                   "                      ELSE job.state END",
                   "ttttii", id.text, kind, subject, account, run_at, now);
}

bool
job_finish(const Job *job, DbTx *tx, GError **error)
{
    gint64 num_ended = 0;
    if (!db_exec(tx, error, &num_ended,
                 "DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 2", "ti", job->id.text,
                 (gint64)job->attempt)) {
        return false;
    }
    if (num_ended != 1) {
        return fail(error, APP_ERROR_CONFLICT, "job %s: the lease has run out", job->id.text);
    }
    return true;
}

void
leased_job_free(LeasedJob *leased)
{
    if (leased == NULL) {
        return;
    }
    g_free(leased->kind);
    g_free(leased->subject);
    g_free(leased->account);
    g_free(leased);
}

/* The one reader of a row of job. */
static LeasedJob *
read_job(DbRows *rows)
{
    LeasedJob *leased = g_new0(LeasedJob, 1);
    leased->kind = g_strdup(db_text(rows, "kind"));
    leased->subject = g_strdup(db_text(rows, "subject"));
    leased->account = g_strdup(db_text(rows, "account_id"));
    leased->job = (Job){
        .kind = leased->kind,
        .subject = leased->subject,
        .account = leased->account,
        .attempt = (guint)db_int(rows, "attempt"),
    };
    bool is_id = id_parse(db_text(rows, "id"), &leased->job.id);
    g_assert(is_id);
    return leased;
}

/* Leases are written quickly: one that a power cut takes away was held by a process that the power
 * cut took, too. */
bool
queue_claim(Db *db, const Clock *clock, guint lane, LeasedJob **ret_job, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE_QUICKLY, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error,
                              "UPDATE job"
                              "   SET state = 2, attempt = attempt + 1,"
                              "       leased_until = $2 + (SELECT lease FROM job_kind"
                              "                             WHERE job_kind.kind = job.kind)"
                              " WHERE id = (SELECT id FROM job AS next"
                              "              WHERE lane = $1 AND state = 1 AND NOT EXISTS ("
                              "                SELECT 1 FROM job AS running"
                              "                 WHERE running.kind = next.kind"
                              "                   AND running.subject = next.subject"
                              "                   AND running.state = 2)"
                              "              ORDER BY turn, id LIMIT 1 {skip_locked})"
                              " RETURNING id, kind, subject, account_id, attempt",
                              "ii", (gint64)lane, clock_now(clock));
    if (rows == NULL) {
        return false;
    }
    g_autoptr(LeasedJob) leased = db_next(rows) ? read_job(rows) : NULL;
    if (!db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    *ret_job = g_steal_pointer(&leased);
    return true;
}

typedef struct {
    guint lanes;
    bool has_changes;
} Outlook;

/* Reads only: the queue is idle mostly, and a look must not cost a write. */
static bool
look(Db *db, Timestamp now, Outlook *ret_outlook, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error,
                       "SELECT CASE WHEN EXISTS (SELECT 1 FROM job WHERE lane = 0 AND state = 1)"
                       "            THEN 1 ELSE 0 END"
                       "     + CASE WHEN EXISTS (SELECT 1 FROM job WHERE lane = 1 AND state = 1)"
                       "            THEN 2 ELSE 0 END"
                       "     + CASE WHEN EXISTS (SELECT 1 FROM job WHERE lane = 2 AND state = 1)"
                       "            THEN 4 ELSE 0 END AS lanes,"
                       "       EXISTS (SELECT 1 FROM job WHERE state = 0 AND run_at <= $1)"
                       "    OR EXISTS (SELECT 1 FROM job WHERE state = 2 AND leased_until <= $1)"
                       "    AS has_changes",
                       "i", now);
    G_STATIC_ASSERT(JOBS_NUM_LANES == 3);
    if (rows == NULL) {
        return false;
    }
    bool has_row = db_next(rows);
    g_assert(has_row);
    *ret_outlook = (Outlook){ (guint)db_int(rows, "lanes"), db_bool(rows, "has_changes") };
    return true;
}

static bool
make_due(Db *db, Timestamp now, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE_QUICKLY, error);
    return tx != NULL &&
           db_exec(tx, error, NULL, "UPDATE job SET state = 1 WHERE state = 0 AND run_at <= $1",
                   "i", now) &&
           /* One that was added while this one ran stands for both. */
           db_exec(tx, error, NULL,
                   "DELETE FROM job WHERE state = 2 AND leased_until <= $1 AND EXISTS ("
                   "  SELECT 1 FROM job AS other WHERE other.kind = job.kind"
                   "     AND other.subject = job.subject AND other.state <= 1)",
                   "i", now) &&
           db_exec(tx, error, NULL,
                   "UPDATE job SET state = 1, leased_until = NULL,"
                   "               last_error = 'whoever ran it has gone'"
                   " WHERE state = 2 AND leased_until <= $1",
                   "i", now) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
queue_tend(Db *db, const Clock *clock, guint *ret_lanes, GError **error)
{
    Timestamp now = clock_now(clock);
    Outlook outlook;
    if (!look(db, now, &outlook, error)) {
        return false;
    }
    if (outlook.has_changes && (!make_due(db, now, error) || !look(db, now, &outlook, error))) {
        return false;
    }
    *ret_lanes = outlook.lanes;
    return true;
}

bool
queue_extend(Db *db, const Id *id, guint attempt, Timestamp until, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE_QUICKLY, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "UPDATE job SET leased_until = $3 WHERE id = $1 AND attempt = $2 AND state = 2",
                   "tii", id->text, (gint64)attempt, until) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
queue_put_back(Db *db, const Job *job, Timestamp run_at, const char *reason, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE_QUICKLY, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "DELETE FROM job WHERE id = $1 AND attempt = $2 AND state = 2 AND EXISTS ("
                   "  SELECT 1 FROM job AS other WHERE other.kind = job.kind"
                   "     AND other.subject = job.subject AND other.state <= 1)",
                   "ti", job->id.text, (gint64)job->attempt) &&
           db_exec(tx, error, NULL,
                   "UPDATE job SET state = 0, run_at = $3, leased_until = NULL, last_error = $4"
                   " WHERE id = $1 AND attempt = $2 AND state = 2",
                   "tiit", job->id.text, (gint64)job->attempt, run_at, reason) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
queue_mark_failed(Db *db, const Job *job, const char *reason, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "UPDATE job SET state = 3, leased_until = NULL, last_error = $3"
                   " WHERE id = $1 AND attempt = $2 AND state = 2",
                   "tit", job->id.text, (gint64)job->attempt, reason) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
queue_is_leased(Db *db, const Job *job, bool *ret_is_leased, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error, "SELECT id FROM job WHERE id = $1 AND attempt = $2 AND state = 2",
                       "ti", job->id.text, (gint64)job->attempt);
    if (rows == NULL) {
        return false;
    }
    *ret_is_leased = db_next(rows);
    return true;
}

bool
jobs_count(Db *db, const Clock *clock, JobCounts *ret_counts, GError **error)
{
    Timestamp now = clock_now(clock);
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error,
                       "SELECT COUNT(*) FILTER (WHERE state <= 1 AND run_at <= $1) AS waiting,"
                       "       COUNT(*) FILTER (WHERE state = 2) AS running,"
                       "       COUNT(*) FILTER (WHERE state = 3) AS failed,"
                       "       MIN(run_at) FILTER (WHERE state <= 1) AS oldest"
                       "  FROM job",
                       "i", now);
    if (rows == NULL) {
        return false;
    }
    bool has_row = db_next(rows);
    g_assert(has_row);
    Timestamp oldest = db_is_null(rows, "oldest") ? now : MIN(db_int(rows, "oldest"), now);
    *ret_counts = (JobCounts){
        .num_waiting = db_int(rows, "waiting"),
        .num_running = db_int(rows, "running"),
        .num_failed = db_int(rows, "failed"),
        .oldest_seconds = (now - oldest) / SECONDS(1),
    };
    return true;
}

/* A durable queue in table `job`. A job is leased, done once to any visible effect (its effect and
 * its end are one transaction), tried again with growing pauses, and survives the death of any
 * process: its lease runs out and another takes it.
 *
 * Accounts take turns: a batch of thousands of photos does not keep the next account waiting. */
#pragma once

#include "base/id.h"
#include "db/db.h"

typedef struct {
    Id id;
    const char *kind;    /* "photo.clean" */
    const char *subject; /* the id the job is about; payload enough for all of ours */
    const char *account; /* or NULL */
    guint attempt;       /* from 1 */
} Job;

typedef struct Jobs Jobs;

typedef enum { JOB_DONE, JOB_RETRY, JOB_FAILED } JobOutcome;

enum {
    JOBS_QUICK,        /* matching, publishing */
    JOBS_HEAVY,        /* photos */
    JOBS_HOUSEKEEPING, /* sweeps */
    JOBS_NUM_LANES,
};

/* One kind of job. RUN does the work outside a transaction and then calls job_finish(job, tx)
 * inside the transaction that makes the effect visible; it returns JOB_DONE after that commit.
 * JOB_RETRY: back later (ERROR tells why); after the last attempt the same as JOB_FAILED: never
 * again. GIVE_UP, if any, makes the failure visible to people; it may be called again if the
 * process dies in it. */
typedef struct {
    const char *kind;
    guint lane; /* jobs of a lane share its threads */
    guint max_attempts;
    guint lease_seconds; /* extended by the runner while RUN runs */
    JobOutcome (*run)(const Job *job, gpointer context, GError **error);
    void (*give_up)(const Job *job, const char *reason, gpointer context);
    gpointer context; /* what RUN and GIVE_UP get: the room whose kind it is */
} JobKind;

/* Takes a copy of KINDS; DB and CLOCK stay the caller's and must outlive it. */
Jobs *jobs_new(Db *db, const Clock *clock, const JobKind *kinds, gsize num_kinds);
/* Starts NUM_THREADS[lane] threads, and one that looks about once a second for what other processes
 * have added, what has become due, and whose lease has run out. */
void jobs_start(Jobs *jobs, const guint num_threads[JOBS_NUM_LANES]);
/* Somebody added a job: call it after the commit. */
void jobs_wake(Jobs *jobs);
/* Starts no further job and waits for those that run, at most about 20 s. False when some still run
 * then: their leases are given back, so that they take no effect here, and the process had better
 * end without freeing anything they use. */
bool jobs_stop(Jobs *jobs);
/* After jobs_stop, or when never started. NULL is fine. */
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)
/* One due job of any lane in the calling thread, for tests: RET_RAN is false when none is due.
 * False when the database is not there. */
bool jobs_run_one(Jobs *jobs, bool *ret_ran, GError **error);

/* Adds in the caller's transaction. A job of this KIND and SUBJECT that is waiting already (not yet
 * leased) stands for this one too, at the earlier of the two times; one that is running does not:
 * it may have looked already. RUN_AT: not before. */
bool job_add(DbTx *tx, const Clock *clock, const char *kind, const char *subject,
             const char *account, Timestamp run_at, GError **error);
/* The job is done with this transaction. CONFLICT when the lease was lost meanwhile: roll back and
 * return JOB_RETRY. */
bool job_finish(const Job *job, DbTx *tx, GError **error);

/* For metrics. */
typedef struct {
    gint64 num_waiting; /* due */
    gint64 num_running;
    gint64 num_failed;
    gint64 oldest_seconds; /* how long the oldest of the waiting has been due */
} JobCounts;
bool jobs_count(Db *db, const Clock *clock, JobCounts *ret_counts, GError **error);

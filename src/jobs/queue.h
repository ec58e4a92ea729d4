/* The statements on the queue's tables; jobs.c has the threads. Private to this room. */
#pragma once

#include "jobs/jobs.h"

/* Tells the database the lanes of KINDS, so that whoever adds a job need not know them. */
bool queue_register(Db *db, const JobKind *kinds, gsize num_kinds, GError **error);

/* A job that this process leased. */
typedef struct {
    Job job;
    char *kind, *subject, *account; /* what JOB's members point to */
} LeasedJob;
void leased_job_free(LeasedJob *leased);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LeasedJob, leased_job_free)

/* Leases the next due job of LANE; NULL in *RET_JOB when there is none. */
bool queue_claim(Db *db, const Clock *clock, guint lane, LeasedJob **ret_job, GError **error);

/* What makes jobs due: times that have come and leases that have run out. RET_LANES: a bit for each
 * lane that has due jobs. */
bool queue_tend(Db *db, const Clock *clock, guint *ret_lanes, GError **error);

/* The end of a lease. All are without effect when it was lost meanwhile. */
bool queue_extend(Db *db, const Id *id, guint attempt, Timestamp until, GError **error);
bool queue_put_back(Db *db, const Job *job, Timestamp run_at, const char *reason, GError **error);
bool queue_mark_failed(Db *db, const Job *job, const char *reason, GError **error);

/* Whether JOB's lease still stands. */
bool queue_is_leased(Db *db, const Job *job, bool *ret_is_leased, GError **error);

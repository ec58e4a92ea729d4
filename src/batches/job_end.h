/* Inside the room only: how a job ends without an effect. */
#pragma once

#include "batches/service.h"

/* What RUN returns for ERROR: what the job is about is gone (then JOB ends here), or back later. */
JobOutcome job_end_with(Batches *batches, const Job *job, GError **error);

/* There is nothing to do (any more). */
JobOutcome job_end(Batches *batches, const Job *job, GError **error);

/* The job is done, and the next of its kind and subject is due at RUN_AT. */
JobOutcome job_end_until(Batches *batches, const Job *job, Timestamp run_at, GError **error);

/* The subject of JOB as an id; a job of ours has one. */
Id job_subject(const Job *job);

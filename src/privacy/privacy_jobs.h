/* What of privacy runs by itself: the sweep, every few minutes for ever, and erasures. */
#pragma once

#include "jobs/jobs.h"
#include "privacy/sweep.h"

#define PRIVACY_NUM_JOB_KINDS 2

/* PRIVACY must outlive the Jobs. */
void privacy_job_kinds(const Privacy *privacy, JobKind ret_kinds[PRIVACY_NUM_JOB_KINDS]);

/* Makes sure that a sweep is waiting; from then on each adds the next. Call it at every start. */
bool privacy_start(const Privacy *privacy, GError **error);

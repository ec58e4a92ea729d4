#include "jobs/jobs.h"

#include "base/error.h"
#include "base/log.h"
#include "base/secret.h"
#include "jobs/queue.h"

#include <string.h>

/* How long running jobs are waited for at the end. */
static const gint64 max_stop_wait = 20 * G_USEC_PER_SEC;
static const gint64 look_pause = G_USEC_PER_SEC;

/* Pauses before another attempt: the first, doubled each time, up to the last; each is shortened by
 * up to a half at random, so that what failed together does not come back together. */
static const Timestamp first_pause = SECONDS(2);
static const Timestamp last_pause = SECONDS(600);

/* A job of a kind that only a newer program knows waits for one. */
static const Timestamp unknown_pause = SECONDS(60);

typedef struct {
    Jobs *jobs;
    guint index;
    bool may_have_due; /* one is due, as far as is known */
    guint num_wakes;
    GCond wake_cond;
} Lane;

/* A job that runs in a thread of this process. */
typedef struct {
    const Job *job;
    const JobKind *kind;
    gint64 extend_at; /* monotonic */
} Running;

/* What is left of a Running outside the lock. */
typedef struct {
    Id id;
    guint attempt;
    guint seconds;
} Lease;

struct Jobs {
    Db *db;
    const Clock *clock;
    JobKind *kinds;
    gsize num_kinds;
    bool is_registered;

    GMutex lock; /* of all below */
    Lane lanes[JOBS_NUM_LANES];
    GPtrArray *running;
    GPtrArray *threads;
    guint num_working; /* threads that have not ended */
    bool is_stopping;
    bool has_left_some; /* jobs_stop did not wait for the end of all */
    GCond keeper_cond;
    GCond ended_cond;
    GThread *keeper;
};

static const JobKind *
find_kind(const Jobs *jobs, const char *name)
{
    for (gsize i = 0; i < jobs->num_kinds; i++) {
        if (strcmp(jobs->kinds[i].kind, name) == 0) {
            return &jobs->kinds[i];
        }
    }
    return NULL;
}

static Timestamp
pause_before(guint next_attempt)
{
    guint num_doublings = MIN(next_attempt - 2, 16);
    Timestamp pause = MIN(first_pause << num_doublings, last_pause);
    guint32 random;
    secret_random(&random, sizeof random);
    return pause - (Timestamp)((guint64)random * (guint64)(pause / 2) >> 32);
}

/* All that is kept of an error: its text may name somebody's file, and the row may outlive that. */
static const char *
code_of(const GError *problem)
{
    return problem == NULL || problem->domain != APP_ERROR
               ? NULL
               : app_error_code_to_string((AppErrorCode)problem->code);
}

/* What the machine says of itself, and never of a file, is for the log. */
static const char *
text_of_machine(const GError *problem)
{
    bool is_machines = g_error_matches(problem, APP_ERROR, APP_ERROR_UNAVAILABLE) ||
                       g_error_matches(problem, APP_ERROR, APP_ERROR_NO_SPACE);
    return is_machines ? problem->message : NULL;
}

static void
log_job(LogLevel level, const char *event, const Job *job, const GError *problem)
{
    g_autofree char *attempt = g_strdup_printf("%u", job->attempt);
    log_line(level, event, LOG_JOB, job->id.text, LOG_KIND, job->kind, LOG_ATTEMPT, attempt,
             LOG_CODE, code_of(problem), LOG_REASON, text_of_machine(problem), LOG_END);
}

/* Ends JOB for good and lets people know. */
static bool
give_up(Jobs *jobs, const JobKind *kind, const Job *job, const char *reason, const char *code,
        GError **error)
{
    if (kind->give_up != NULL) {
        kind->give_up(job, reason, kind->context);
    }
    return queue_mark_failed(jobs->db, job, code, error);
}

/* Early enough for two more tries. */
static gint64
extend_after(const JobKind *kind)
{
    return (gint64)kind->lease_seconds * G_USEC_PER_SEC / 3;
}

static Running *
start_running(Jobs *jobs, const JobKind *kind, const Job *job)
{
    Running *running = g_new(Running, 1);
    *running = (Running){ job, kind, g_get_monotonic_time() + extend_after(kind) };
    g_mutex_lock(&jobs->lock);
    g_ptr_array_add(jobs->running, running);
    g_mutex_unlock(&jobs->lock);
    return running;
}

static void
end_running(Jobs *jobs, Running *running)
{
    g_mutex_lock(&jobs->lock);
    g_ptr_array_remove_fast(jobs->running, running);
    g_mutex_unlock(&jobs->lock);
    g_free(running);
}

/* What RUN returned, or RETRY where it says done and has not finished: the job would else be done
 * again, silently, when its lease runs out. */
static bool
settle(Jobs *jobs, const JobKind *kind, const Job *job, JobOutcome outcome, GError *problem,
       GError **error)
{
    if (outcome == JOB_DONE) {
        bool is_leased = false;
        if (!queue_is_leased(jobs->db, job, &is_leased, error)) {
            return false;
        }
        if (!is_leased) {
            return true;
        }
        log_job(LOG_ERROR_LEVEL, "job-not-finished", job, NULL);
        outcome = JOB_RETRY;
    }
    const char *reason = problem == NULL ? "no reason given" : problem->message;
    const char *code = code_of(problem) == NULL ? "no reason given" : code_of(problem);
    if (outcome == JOB_FAILED || job->attempt >= kind->max_attempts) {
        log_job(LOG_WARNING_LEVEL, "job-failed", job, problem);
        return give_up(jobs, kind, job, reason, code, error);
    }
    log_job(LOG_INFO_LEVEL, "job-again", job, problem);
    Timestamp run_at = clock_now(jobs->clock) + pause_before(job->attempt + 1);
    return queue_put_back(jobs->db, job, run_at, code, error);
}

static bool
run_leased(Jobs *jobs, const Job *job, GError **error)
{
    const JobKind *kind = find_kind(jobs, job->kind);
    if (kind == NULL) {
        return queue_put_back(jobs->db, job, clock_now(jobs->clock) + unknown_pause,
                              "no such kind here", error);
    }
    if (job->attempt > kind->max_attempts) {
        /* Every one who had it died: so that it does not kill the next one, too. */
        log_job(LOG_ERROR_LEVEL, "job-failed", job, NULL);
        return give_up(jobs, kind, job, "whoever ran it has gone, each time",
                       "whoever ran it has gone, each time", error);
    }
    Running *running = start_running(jobs, kind, job);
    g_autoptr(GError) problem = NULL;
    JobOutcome outcome = kind->run(job, kind->context, &problem);
    bool settled = settle(jobs, kind, job, outcome, problem, error);
    end_running(jobs, running);
    return settled;
}

static bool
run_next(Jobs *jobs, guint lane, bool *ret_ran, GError **error)
{
    g_autoptr(LeasedJob) leased = NULL;
    if (!queue_claim(jobs->db, jobs->clock, lane, &leased, error)) {
        return false;
    }
    *ret_ran = leased != NULL;
    return leased == NULL || run_leased(jobs, &leased->job, error);
}

static bool
ensure_registered(Jobs *jobs, GError **error)
{
    if (!jobs->is_registered) {
        jobs->is_registered = queue_register(jobs->db, jobs->kinds, jobs->num_kinds, error);
    }
    return jobs->is_registered;
}

bool
jobs_run_one(Jobs *jobs, bool *ret_ran, GError **error)
{
    guint lanes = 0;
    if (!ensure_registered(jobs, error) || !queue_tend(jobs->db, jobs->clock, &lanes, error)) {
        return false;
    }
    bool ran = false;
    for (guint lane = 0; lane < JOBS_NUM_LANES && !ran; lane++) {
        if ((lanes & 1U << lane) != 0 && !run_next(jobs, lane, &ran, error)) {
            return false;
        }
    }
    *ret_ran = ran;
    return true;
}

/* Called with the lock. */
static void
wake_lane(Lane *lane)
{
    lane->may_have_due = true;
    lane->num_wakes++;
    g_cond_signal(&lane->wake_cond);
}

void
jobs_wake(Jobs *jobs)
{
    g_mutex_lock(&jobs->lock);
    for (guint i = 0; i < JOBS_NUM_LANES; i++) {
        wake_lane(&jobs->lanes[i]);
    }
    g_mutex_unlock(&jobs->lock);
}

/* Sleeps until a job of LANE may be due. False: stop. */
static bool
wait_for_work(Lane *lane, guint *ret_num_wakes)
{
    Jobs *jobs = lane->jobs;
    g_mutex_lock(&jobs->lock);
    while (!jobs->is_stopping && !lane->may_have_due) {
        g_cond_wait(&lane->wake_cond, &jobs->lock);
    }
    bool goes_on = !jobs->is_stopping;
    *ret_num_wakes = lane->num_wakes;
    /* Where one is due there may be more: the next thread looks for itself. */
    g_cond_signal(&lane->wake_cond);
    g_mutex_unlock(&jobs->lock);
    return goes_on;
}

static gpointer
work(gpointer data)
{
    Lane *lane = data;
    Jobs *jobs = lane->jobs;
    guint num_wakes;
    while (wait_for_work(lane, &num_wakes)) {
        bool ran = false;
        /* The keeper tells of a database that is gone; until it is back there is nothing to do. */
        bool is_there = run_next(jobs, lane->index, &ran, NULL);
        g_mutex_lock(&jobs->lock);
        if ((!ran || !is_there) && num_wakes == lane->num_wakes) {
            lane->may_have_due = false;
        }
        g_mutex_unlock(&jobs->lock);
    }
    g_mutex_lock(&jobs->lock);
    jobs->num_working--;
    g_cond_signal(&jobs->ended_cond);
    g_mutex_unlock(&jobs->lock);
    return NULL;
}

/* Extends the leases that need it; a failure shows when the job ends. */
static void
extend_leases(Jobs *jobs)
{
    g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(Lease));
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&jobs->lock);
    for (guint i = 0; i < jobs->running->len; i++) {
        Running *running = jobs->running->pdata[i];
        if (running->extend_at <= now) {
            Lease lease = { running->job->id, running->job->attempt, running->kind->lease_seconds };
            running->extend_at = now + extend_after(running->kind);
            g_array_append_val(due, lease);
        }
    }
    g_mutex_unlock(&jobs->lock);
    for (guint i = 0; i < due->len; i++) {
        const Lease *lease = &g_array_index(due, Lease, i);
        (void)queue_extend(jobs->db, &lease->id, lease->attempt,
                           clock_now(jobs->clock) + SECONDS(lease->seconds), NULL);
    }
}

/* Looks for work that nobody told this process of. */
static void
look_around(Jobs *jobs, bool *is_there)
{
    g_autoptr(GError) error = NULL;
    guint lanes = 0;
    bool was_there = *is_there;
    *is_there =
        ensure_registered(jobs, &error) && queue_tend(jobs->db, jobs->clock, &lanes, &error);
    if (was_there != *is_there) {
        log_line(*is_there ? LOG_INFO_LEVEL : LOG_ERROR_LEVEL,
                 *is_there ? "jobs-go-on" : "jobs-cannot-look", LOG_REASON,
                 error == NULL ? NULL : error->message, LOG_END);
    }
    g_mutex_lock(&jobs->lock);
    for (guint i = 0; i < JOBS_NUM_LANES; i++) {
        if ((lanes & 1U << i) != 0) {
            wake_lane(&jobs->lanes[i]);
        }
    }
    g_mutex_unlock(&jobs->lock);
}

/* The thread that keeps leases and looks around, until no other thread is left. */
static gpointer
keep(gpointer data)
{
    Jobs *jobs = data;
    bool is_there = true;
    for (;;) {
        extend_leases(jobs);
        g_mutex_lock(&jobs->lock);
        bool is_stopping = jobs->is_stopping;
        bool is_over = is_stopping && (jobs->num_working == 0 || jobs->has_left_some);
        g_mutex_unlock(&jobs->lock);
        if (is_over) {
            return NULL;
        }
        if (!is_stopping) {
            look_around(jobs, &is_there);
        }
        gint64 until = g_get_monotonic_time() + look_pause;
        g_mutex_lock(&jobs->lock);
        if (!jobs->is_stopping || jobs->num_working > 0) {
            (void)g_cond_wait_until(&jobs->keeper_cond, &jobs->lock, until);
        }
        g_mutex_unlock(&jobs->lock);
    }
}

Jobs *
jobs_new(Db *db, const Clock *clock, const JobKind *kinds, gsize num_kinds)
{
    Jobs *jobs = g_new0(Jobs, 1);
    jobs->db = db;
    jobs->clock = clock;
    jobs->kinds = g_memdup2(kinds, num_kinds * sizeof *kinds);
    jobs->num_kinds = num_kinds;
    jobs->running = g_ptr_array_new();
    jobs->threads = g_ptr_array_new();
    g_mutex_init(&jobs->lock);
    for (guint i = 0; i < JOBS_NUM_LANES; i++) {
        jobs->lanes[i] = (Lane){ .jobs = jobs, .index = i };
        g_cond_init(&jobs->lanes[i].wake_cond);
    }
    g_cond_init(&jobs->keeper_cond);
    g_cond_init(&jobs->ended_cond);
    return jobs;
}

void
jobs_start(Jobs *jobs, const guint num_threads[JOBS_NUM_LANES])
{
    g_assert(jobs->keeper == NULL && !jobs->has_left_some);
    g_mutex_lock(&jobs->lock);
    jobs->is_stopping = false;
    for (guint lane = 0; lane < JOBS_NUM_LANES; lane++) {
        for (guint i = 0; i < num_threads[lane]; i++) {
            g_ptr_array_add(jobs->threads, g_thread_new("job", work, &jobs->lanes[lane]));
            jobs->num_working++;
        }
    }
    g_mutex_unlock(&jobs->lock);
    jobs->keeper = g_thread_new("job-keeper", keep, jobs);
}

/* Another process may take what still runs here; here it can have no effect any more. */
static void
give_back_leases(Jobs *jobs)
{
    for (guint i = 0; i < jobs->running->len; i++) {
        const Running *running = jobs->running->pdata[i];
        (void)queue_put_back(jobs->db, running->job, clock_now(jobs->clock),
                             "the program was stopped", NULL);
    }
}

bool
jobs_stop(Jobs *jobs)
{
    if (jobs->keeper == NULL) {
        return true;
    }
    gint64 deadline = g_get_monotonic_time() + max_stop_wait;
    g_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    for (guint i = 0; i < JOBS_NUM_LANES; i++) {
        g_cond_broadcast(&jobs->lanes[i].wake_cond);
    }
    while (jobs->num_working > 0 && g_cond_wait_until(&jobs->ended_cond, &jobs->lock, deadline)) {
    }
    jobs->has_left_some = jobs->num_working > 0;
    if (jobs->has_left_some) {
        give_back_leases(jobs);
    }
    g_cond_signal(&jobs->keeper_cond);
    g_mutex_unlock(&jobs->lock);
    g_thread_join(g_steal_pointer(&jobs->keeper));
    if (jobs->has_left_some) {
        return false;
    }
    for (guint i = 0; i < jobs->threads->len; i++) {
        g_thread_join(jobs->threads->pdata[i]);
    }
    g_ptr_array_set_size(jobs->threads, 0);
    return true;
}

void
jobs_free(Jobs *jobs)
{
    if (jobs == NULL || jobs->has_left_some) {
        return; /* threads still use it; the process is about to end */
    }
    g_assert(jobs->keeper == NULL);
    g_free(jobs->kinds);
    g_ptr_array_unref(jobs->running);
    g_ptr_array_unref(jobs->threads);
    for (guint i = 0; i < JOBS_NUM_LANES; i++) {
        g_cond_clear(&jobs->lanes[i].wake_cond);
    }
    g_cond_clear(&jobs->keeper_cond);
    g_cond_clear(&jobs->ended_cond);
    g_mutex_clear(&jobs->lock);
    g_free(jobs);
}

#include "jobs/jobs.h"

#include "base/error.h"
#include "db/test_database.h"

#include <string.h>

/* A world for each test: a database, a clock that is moved by hand, and jobs that do what `outcome`
 * says. */
typedef struct {
    Db *db;
    Timestamp time;
    Clock clock;
    Jobs *jobs;
    JobOutcome outcome;
    bool forgets_to_finish;
    GPtrArray *ran;      /* "kind subject attempt" */
    GPtrArray *given_up; /* "subject: reason" */
} World;

static JobOutcome
run_job(const Job *job, gpointer context, GError **error)
{
    World *world = context;
    g_ptr_array_add(world->ran, g_strdup_printf("%s %s %u", job->kind, job->subject, job->attempt));
    if (world->outcome != JOB_DONE) {
        fail(error, world->outcome == JOB_FAILED ? APP_ERROR_INVALID : APP_ERROR_UNAVAILABLE,
             "no luck");
        return world->outcome;
    }
    if (world->forgets_to_finish) {
        return JOB_DONE;
    }
    g_autoptr(DbTx) tx = db_begin(world->db, DB_WRITE, error);
    if (tx == NULL || !job_finish(job, tx, error) || !db_commit(g_steal_pointer(&tx), error)) {
        return JOB_RETRY;
    }
    return JOB_DONE;
}

static void
note_giving_up(const Job *job, const char *reason, gpointer context)
{
    World *world = context;
    g_ptr_array_add(world->given_up, g_strdup_printf("%s: %s", job->subject, reason));
}

static World *
world_new(TestDatabase *database)
{
    World *world = g_new0(World, 1);
    world->db = database->db;
    world->time = SECONDS(1795331579);
    world->clock = clock_showing(&world->time);
    const JobKind kinds[] = {
        { "quick", JOBS_QUICK, 3, 60, run_job, note_giving_up, world },
        { "heavy", JOBS_HEAVY, 3, 60, run_job, NULL, world },
        { "sweep", JOBS_HOUSEKEEPING, 3, 60, run_job, NULL, world },
    };
    world->jobs = jobs_new(world->db, &world->clock, kinds, G_N_ELEMENTS(kinds));
    world->ran = g_ptr_array_new_with_free_func(g_free);
    world->given_up = g_ptr_array_new_with_free_func(g_free);
    bool ran = true;
    g_assert_true(jobs_run_one(world->jobs, &ran, NULL)); /* makes the kinds known */
    g_assert_false(ran);
    return world;
}

static void
world_free(World *world)
{
    jobs_free(world->jobs);
    g_ptr_array_unref(world->ran);
    g_ptr_array_unref(world->given_up);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static void
add_at(World *world, const char *kind, const char *subject, const char *account, Timestamp run_at)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(world->db, DB_WRITE, &error);
    g_assert_no_error(error);
    job_add(tx, &world->clock, kind, subject, account, run_at, &error);
    g_assert_no_error(error);
    db_commit(tx, &error);
    g_assert_no_error(error);
}

static void
add(World *world, const char *kind, const char *subject, const char *account)
{
    add_at(world, kind, subject, account, world->time);
}

/* Runs what is due, one at a time; how many that were. */
static guint
run_all(World *world)
{
    for (guint count = 0;; count++) {
        g_autoptr(GError) error = NULL;
        bool ran = false;
        jobs_run_one(world->jobs, &ran, &error);
        g_assert_no_error(error);
        if (!ran) {
            return count;
        }
    }
}

static JobCounts
count_jobs(World *world)
{
    g_autoptr(GError) error = NULL;
    JobCounts counts = { 0 };
    jobs_count(world->db, &world->clock, &counts, &error);
    g_assert_no_error(error);
    return counts;
}

static void
assert_ran(World *world, guint index, const char *what)
{
    g_assert_cmpuint(world->ran->len, >, index);
    g_assert_cmpstr(world->ran->pdata[index], ==, what);
}

/* Leases the job that is due as a process would that then dies. */
static void
lease_and_die(World *world)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(world->db, DB_WRITE, &error);
    gint64 num_leased = 0;
    db_exec(tx, &error, &num_leased,
            "UPDATE job SET state = 2, attempt = attempt + 1, leased_until = $1 WHERE state <= 1",
            "i", world->time + SECONDS(60));
    g_assert_no_error(error);
    g_assert_cmpint(num_leased, ==, 1);
    db_commit(tx, &error);
    g_assert_no_error(error);
}

static void
make_waiting(World *world)
{
    DbTx *tx = db_begin(world->db, DB_WRITE, NULL);
    g_assert_true(db_exec(tx, NULL, NULL, "UPDATE job SET state = 1", ""));
    g_assert_true(db_commit(tx, NULL));
}

static void
test_a_job_runs_once(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "quick", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1);
    assert_ran(world, 0, "quick s1 1");
    g_assert_cmpint(count_jobs(world).num_waiting, ==, 0);
}

static void
test_a_job_of_a_transaction_undone_is_none(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    DbTx *tx = db_begin(world->db, DB_WRITE, NULL);
    g_assert_true(job_add(tx, &world->clock, "quick", "s1", NULL, world->time, NULL));
    db_rollback(tx);
    g_assert_cmpuint(run_all(world), ==, 0);
}

static void
test_not_before_its_time(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add_at(world, "sweep", "s1", NULL, world->time + SECONDS(10));
    g_assert_cmpuint(run_all(world), ==, 0);
    g_assert_cmpint(count_jobs(world).num_waiting, ==, 0);
    world->time += SECONDS(10);
    g_assert_cmpint(count_jobs(world).num_waiting, ==, 1);
    g_assert_cmpuint(run_all(world), ==, 1);
}

static void
test_one_that_waits_stands_for_the_next(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "quick", "s1", "a1");
    add(world, "quick", "s1", "a1");
    add(world, "quick", "s2", "a1");
    g_assert_cmpuint(run_all(world), ==, 2);
}

static void
test_the_earlier_of_two_times_counts(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add_at(world, "quick", "later-first", NULL, world->time + SECONDS(100));
    add(world, "quick", "later-first", NULL);
    add(world, "quick", "now-first", NULL);
    add_at(world, "quick", "now-first", NULL, world->time + SECONDS(100));
    g_assert_cmpuint(run_all(world), ==, 2);
}

static void
test_one_that_runs_does_not_stand_for_the_next(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "quick", "s1", "a1");
    lease_and_die(world);
    add(world, "quick", "s1", "a1");
    /* Nor do two of the same run at the same time. */
    g_assert_cmpuint(run_all(world), ==, 0);
    world->time += SECONDS(61);
    g_assert_cmpuint(run_all(world), ==, 1);
}

static void
test_a_lease_runs_out(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "heavy", "s1", "a1");
    lease_and_die(world);
    world->time += SECONDS(59);
    g_assert_cmpuint(run_all(world), ==, 0);
    g_assert_cmpint(count_jobs(world).num_running, ==, 1);
    world->time += SECONDS(2);
    g_assert_cmpuint(run_all(world), ==, 1);
    assert_ran(world, 0, "heavy s1 2");
}

static void
test_who_lost_the_lease_has_no_effect(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "heavy", "s1", "a1");
    lease_and_die(world);
    DbTx *read = db_begin(world->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(read, NULL, "SELECT id FROM job", "");
    g_assert_true(db_next(rows));
    Job late = { .kind = "heavy", .subject = "s1", .attempt = 1 };
    g_assert_true(id_parse(db_text(rows, "id"), &late.id));
    db_rollback(read);

    world->outcome = JOB_RETRY; /* the second attempt is under way or back in the queue */
    world->time += SECONDS(61);
    g_assert_cmpuint(run_all(world), ==, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(world->db, DB_WRITE, NULL);
    g_assert_false(job_finish(&late, tx, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_what_fails_is_tried_again_later_and_then_given_up(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    world->outcome = JOB_RETRY;
    add(world, "quick", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1);
    g_assert_cmpuint(run_all(world), ==, 0);
    world->time += SECONDS(2);
    g_assert_cmpuint(run_all(world), ==, 1);
    world->time += SECONDS(1);
    g_assert_cmpuint(run_all(world), ==, 0); /* the pause has grown */
    world->time += SECONDS(3);
    g_assert_cmpuint(world->given_up->len, ==, 0);
    g_assert_cmpuint(run_all(world), ==, 1);
    assert_ran(world, 2, "quick s1 3");
    g_assert_cmpuint(world->given_up->len, ==, 1);
    g_assert_cmpstr(world->given_up->pdata[0], ==, "s1: no luck");
    world->time += DAYS(1);
    g_assert_cmpuint(run_all(world), ==, 0);
    g_assert_cmpint(count_jobs(world).num_failed, ==, 1);
}

static void
test_what_cannot_work_is_given_up_at_once(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    world->outcome = JOB_FAILED;
    add(world, "quick", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1);
    g_assert_cmpuint(world->given_up->len, ==, 1);
    g_assert_cmpint(count_jobs(world).num_failed, ==, 1);
}

/* LST-17: the row may outlive the file that it is about. */
static void
test_the_row_keeps_no_text_of_an_error(TestDatabase *database)
{
    static const char *const expected[] = { "unavailable", "invalid" };
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(World) world = world_new(database);
        g_autoptr(GError) error = NULL;
        world->outcome = i == 0 ? JOB_RETRY : JOB_FAILED;
        add(world, "quick", expected[i], NULL);
        (void)run_all(world);
        g_autoptr(DbTx) tx = db_begin(world->db, DB_READ, &error);
        g_autoptr(DbRows) rows =
            db_query(tx, &error, "SELECT last_error FROM job WHERE subject = $1", "t", expected[i]);
        g_assert_no_error(error);
        g_assert_true(db_next(rows));
        g_assert_cmpstr(db_text(rows, "last_error"), ==, expected[i]);
    }
}

static void
test_a_failed_job_can_be_added_again(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    world->outcome = JOB_FAILED;
    add(world, "quick", "s1", "a1");
    run_all(world);
    world->outcome = JOB_DONE;
    add(world, "quick", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1);
}

static void
test_what_kills_its_process_is_not_run_for_ever(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "quick", "poison", "a1");
    for (int i = 0; i < 3; i++) {
        lease_and_die(world);
        make_waiting(world); /* as when the lease has run out */
    }
    g_assert_cmpuint(run_all(world), ==, 1);
    g_assert_cmpuint(world->ran->len, ==, 0);
    g_assert_cmpuint(world->given_up->len, ==, 1);
    g_assert_cmpint(count_jobs(world).num_failed, ==, 1);
}

static void
test_done_without_finish_is_not_believed(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    world->forgets_to_finish = true;
    add(world, "heavy", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1);
    world->forgets_to_finish = false;
    world->time += SECONDS(2);
    g_assert_cmpuint(run_all(world), ==, 1);
    assert_ran(world, 1, "heavy s1 2");
}

static void
test_a_large_batch_does_not_keep_others_waiting(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    for (int i = 0; i < 300; i++) {
        g_autofree char *subject = g_strdup_printf("large-%03d", i);
        add(world, "heavy", subject, "large");
    }
    bool ran = false;
    for (int i = 0; i < 100; i++) {
        g_assert_true(jobs_run_one(world->jobs, &ran, NULL));
    }
    add(world, "heavy", "small-1", "small");
    add(world, "heavy", "small-2", "small");
    for (int i = 0; i < 4; i++) {
        g_assert_true(jobs_run_one(world->jobs, &ran, NULL));
    }
    guint num_small = 0;
    for (guint i = 100; i < world->ran->len; i++) {
        num_small += g_str_has_prefix(world->ran->pdata[i], "heavy small");
    }
    g_assert_cmpuint(num_small, ==, 2);
}

static void
test_jobs_of_one_account_keep_their_order(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "heavy", "s1", "a");
    add(world, "heavy", "s2", "a");
    add(world, "heavy", "s3", "a");
    run_all(world);
    assert_ran(world, 0, "heavy s1 1");
    assert_ran(world, 1, "heavy s2 1");
    assert_ran(world, 2, "heavy s3 1");
}

static void
test_a_job_added_before_its_kind_is_known_waits_for_it(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "new-kind", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 0);
    const JobKind newer = { "new-kind", JOBS_HEAVY, 3, 60, run_job, NULL, world };
    g_autoptr(Jobs) jobs = jobs_new(world->db, &world->clock, &newer, 1);
    bool ran = false;
    g_assert_true(jobs_run_one(jobs, &ran, NULL));
    g_assert_true(ran);
}

static void
test_an_older_program_leaves_what_it_does_not_know(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    const JobKind newer = { "new-kind", JOBS_HEAVY, 3, 60, run_job, NULL, world };
    g_autoptr(Jobs) jobs = jobs_new(world->db, &world->clock, &newer, 1);
    bool ran = false;
    g_assert_true(jobs_run_one(jobs, &ran, NULL));
    add(world, "new-kind", "s1", "a1");
    g_assert_cmpuint(run_all(world), ==, 1); /* looked at and put back */
    g_assert_cmpuint(world->ran->len, ==, 0);
    world->time += SECONDS(60);
    g_assert_true(jobs_run_one(jobs, &ran, NULL));
    g_assert_true(ran);
    g_assert_cmpuint(world->ran->len, ==, 1);
}

static void
test_counts(TestDatabase *database)
{
    g_autoptr(World) world = world_new(database);
    add(world, "quick", "s1", "a1");
    world->time += SECONDS(7);
    add(world, "heavy", "s2", "a1");
    add_at(world, "sweep", "s3", NULL, world->time + SECONDS(100));
    JobCounts counts = count_jobs(world);
    g_assert_cmpint(counts.num_waiting, ==, 2);
    g_assert_cmpint(counts.num_running, ==, 0);
    g_assert_cmpint(counts.oldest_seconds, ==, 7);
    run_all(world);
    counts = count_jobs(world);
    g_assert_cmpint(counts.num_waiting, ==, 0);
    g_assert_cmpint(counts.oldest_seconds, ==, 0);
}

/* Threads: jobs count themselves in a table, in the transaction that ends them. */

static JobOutcome
count_myself(const Job *job, gpointer db, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, NULL,
                 "INSERT INTO tally (subject, n) VALUES ($1, 1)"
                 " ON CONFLICT (subject) DO UPDATE SET n = tally.n + 1",
                 "t", job->subject) ||
        !job_finish(job, tx, error) || !db_commit(g_steal_pointer(&tx), error)) {
        return JOB_RETRY;
    }
    return JOB_DONE;
}

static Jobs *
start_counting(Db *db)
{
    const JobKind kind = { "count", JOBS_HEAVY, 5, 30, count_myself, NULL, db };
    Jobs *jobs = jobs_new(db, &system_clock, &kind, 1);
    jobs_start(jobs, (const guint[]){ 1, 3, 1 });
    return jobs;
}

static void
test_threads_of_two_programs_run_each_job_once(TestDatabase *database)
{
    enum { num_jobs = 200 };
    g_autoptr(GError) error = NULL;
    Db *db = database->db;
    DbTx *tx = db_begin(db, DB_WRITE, &error);
    db_exec(tx, &error, NULL, "CREATE TABLE tally (subject {text} PRIMARY KEY, n {i64}) {strict}",
            "");
    g_assert_no_error(error);
    for (int i = 0; i < num_jobs; i++) {
        g_autofree char *subject = g_strdup_printf("s%d", i);
        job_add(tx, &system_clock, "count", subject, i % 2 == 0 ? "a" : "b", 0, &error);
        g_assert_no_error(error);
    }
    db_commit(tx, &error);
    g_assert_no_error(error);

    g_autoptr(Db) other_db = db_open(database->url, 4, &error);
    g_assert_no_error(error);
    Jobs *programs[] = { start_counting(db), start_counting(other_db) };
    JobCounts counts;
    do {
        g_usleep(10000);
        g_assert_true(jobs_count(db, &system_clock, &counts, NULL));
    } while (counts.num_waiting > 0 || counts.num_running > 0);
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_assert_true(jobs_stop(programs[i]));
        jobs_free(programs[i]);
    }
    g_autoptr(DbTx) read = db_begin(db, DB_READ, &error);
    g_autoptr(DbRows) rows =
        db_query(read, &error,
                 "SELECT COUNT(*) AS subjects, MIN(n) AS least, MAX(n) AS most FROM tally", "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "subjects"), ==, num_jobs);
    g_assert_cmpint(db_int(rows, "least"), ==, 1);
    g_assert_cmpint(db_int(rows, "most"), ==, 1);
}

/* A job that runs until it is let go. */
typedef struct {
    Db *db;
    gint has_started;
    gint may_end;
} Gate;

static JobOutcome
wait_at_gate(const Job *job, gpointer context, GError **error)
{
    Gate *gate = context;
    g_atomic_int_set(&gate->has_started, 1);
    while (!g_atomic_int_get(&gate->may_end)) {
        g_usleep(5000);
    }
    g_autoptr(DbTx) tx = db_begin(gate->db, DB_WRITE, error);
    bool ended = tx != NULL && job_finish(job, tx, error) && db_commit(g_steal_pointer(&tx), error);
    return ended ? JOB_DONE : JOB_RETRY;
}

static gpointer
let_go_after_leases(gpointer gate)
{
    g_usleep(2500000);
    g_atomic_int_set(&((Gate *)gate)->may_end, 1);
    return NULL;
}

static void
test_stop_waits_and_leases_are_extended_meanwhile(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    Gate gate = { .db = database->db };
    DbTx *tx = db_begin(gate.db, DB_WRITE, NULL);
    g_assert_true(job_add(tx, &system_clock, "gate", "s1", NULL, 0, &error));
    g_assert_true(db_commit(tx, &error));
    const JobKind kind = { "gate", JOBS_HEAVY, 1, 1, wait_at_gate, NULL, &gate }; /* 1 s */
    Jobs *jobs = jobs_new(gate.db, &system_clock, &kind, 1);
    jobs_start(jobs, (const guint[]){ 0, 2, 0 });
    while (!g_atomic_int_get(&gate.has_started)) {
        g_usleep(1000);
    }
    GThread *opener = g_thread_new("opener", let_go_after_leases, &gate);
    g_assert_true(jobs_stop(jobs));
    g_thread_join(opener);
    jobs_free(jobs);
    JobCounts counts;
    g_assert_true(jobs_count(gate.db, &system_clock, &counts, NULL));
    g_assert_cmpint(counts.num_running + counts.num_waiting + counts.num_failed, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/jobs/once", test_a_job_runs_once);
    test_each_database("/jobs/undone", test_a_job_of_a_transaction_undone_is_none);
    test_each_database("/jobs/not-before", test_not_before_its_time);
    test_each_database("/jobs/waiting-stands", test_one_that_waits_stands_for_the_next);
    test_each_database("/jobs/earlier-time", test_the_earlier_of_two_times_counts);
    test_each_database("/jobs/running-does-not", test_one_that_runs_does_not_stand_for_the_next);
    test_each_database("/jobs/lease-runs-out", test_a_lease_runs_out);
    test_each_database("/jobs/lost-lease", test_who_lost_the_lease_has_no_effect);
    test_each_database("/jobs/again-later", test_what_fails_is_tried_again_later_and_then_given_up);
    test_each_database("/jobs/given-up-at-once", test_what_cannot_work_is_given_up_at_once);
    test_each_database("/jobs/LST-17/error", test_the_row_keeps_no_text_of_an_error);
    test_each_database("/jobs/failed-again", test_a_failed_job_can_be_added_again);
    test_each_database("/jobs/poison", test_what_kills_its_process_is_not_run_for_ever);
    test_each_database("/jobs/not-finished", test_done_without_finish_is_not_believed);
    test_each_database("/jobs/fair", test_a_large_batch_does_not_keep_others_waiting);
    test_each_database("/jobs/order", test_jobs_of_one_account_keep_their_order);
    test_each_database("/jobs/early", test_a_job_added_before_its_kind_is_known_waits_for_it);
    test_each_database("/jobs/unknown", test_an_older_program_leaves_what_it_does_not_know);
    test_each_database("/jobs/counts", test_counts);
    test_each_database("/jobs/two-programs", test_threads_of_two_programs_run_each_job_once);
    test_each_database("/jobs/stop", test_stop_waits_and_leases_are_extended_meanwhile);
    return g_test_run();
}

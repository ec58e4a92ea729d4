/* Processes that run jobs are killed, over and over: each job takes effect once. The processes are
 * this program again, with --work. */
#include "db/test_database.h"
#include "jobs/jobs.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { num_jobs = 200, num_kills = 10, num_workers = 2 };

static JobOutcome
count_myself(const Job *job, gpointer db, GError **error)
{
    g_usleep((gulong)g_random_int_range(0, 20000));
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

/* --work URL: until it is killed. */
static void G_GNUC_NORETURN
work_for_ever(const char *url)
{
    g_autoptr(Db) db = db_open(url, 4, NULL);
    const JobKind kind = { "count", JOBS_HEAVY, 100, 1, count_myself, NULL, db };
    Jobs *jobs = jobs_new(db, &system_clock, &kind, 1);
    jobs_start(jobs, (const guint[]){ 0, 4, 0 });
    for (;;) {
        g_usleep(G_USEC_PER_SEC);
    }
}

static GPid
start_worker(const char *url)
{
    const char *argv[] = { "/proc/self/exe", "--work", url, NULL };
    g_autoptr(GError) error = NULL;
    GPid pid = 0;
    g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                  NULL, NULL, &pid, &error);
    g_assert_no_error(error);
    return pid;
}

static void
kill_worker(GPid pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
add_jobs(Db *db)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(db, DB_WRITE, &error);
    db_exec(tx, &error, NULL, "CREATE TABLE tally (subject {text} PRIMARY KEY, n {i64}) {strict}",
            "");
    g_assert_no_error(error);
    for (int i = 0; i < num_jobs; i++) {
        g_autofree char *subject = g_strdup_printf("s%d", i);
        job_add(tx, &system_clock, "count", subject, "a", 0, &error);
        g_assert_no_error(error);
    }
    db_commit(tx, &error);
    g_assert_no_error(error);
}

static gint64
count_left(Db *db)
{
    JobCounts counts;
    g_autoptr(GError) error = NULL;
    jobs_count(db, &system_clock, &counts, &error);
    g_assert_no_error(error);
    g_assert_cmpint(counts.num_failed, ==, 0);
    return counts.num_waiting + counts.num_running;
}

static void
test_each_job_takes_effect_once(TestDatabase *database)
{
    add_jobs(database->db);
    GPid workers[num_workers];
    for (guint i = 0; i < num_workers; i++) {
        workers[i] = start_worker(database->url);
    }
    for (guint i = 0; i < num_kills && count_left(database->db) > 0; i++) {
        g_usleep((gulong)g_test_rand_int_range(50000, 200000));
        kill_worker(workers[i % num_workers]);
        workers[i % num_workers] = start_worker(database->url);
    }
    while (count_left(database->db) > 0) {
        g_usleep(20000);
    }
    for (guint i = 0; i < num_workers; i++) {
        kill_worker(workers[i]);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(database->db, DB_READ, &error);
    g_autoptr(DbRows) rows = db_query(
        tx, &error, "SELECT COUNT(*) AS subjects, MIN(n) AS least, MAX(n) AS most FROM tally", "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "subjects"), ==, num_jobs);
    g_assert_cmpint(db_int(rows, "least"), ==, 1);
    g_assert_cmpint(db_int(rows, "most"), ==, 1);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--work") == 0) {
        work_for_ever(argv[2]);
    }
    g_test_init(&argc, &argv, NULL);
    test_each_database("/jobs/crash/once", test_each_job_takes_effect_once);
    return g_test_run();
}

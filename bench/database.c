/* database-bench SQLITE-URL POSTGRESQL-URL [SECONDS [ROUNDS]]: transactions and jobs a second on
 * both databases, interleaved. README.md says how to read it. */
#include "db/schema_table.h"
#include "jobs/jobs.h"

#include <stdio.h>
#include <stdlib.h>

enum { num_kept_rows = 10000, max_rounds = 9 };

typedef struct {
    Db *db;
    Jobs *jobs;
} Side;

/* One unit of work in its own transaction; the number tells them apart. */
typedef void (*Unit)(Side *side, guint64 number);

static void
must(bool done, const GError *error)
{
    if (!done) {
        g_printerr("%s\n", error->message);
        exit(1);
    }
}

static DbTx *
begin(Side *side, DbMode mode)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(side->db, mode, &error);
    must(tx != NULL, error);
    return tx;
}

static void
commit(DbTx *tx)
{
    g_autoptr(GError) error = NULL;
    must(db_commit(tx, &error), error);
}

static void
write_row(Side *side, guint64 number)
{
    g_autoptr(GError) error = NULL;
    Id id = id_new(&system_clock);
    DbTx *tx = begin(side, DB_WRITE);
    must(db_exec(tx, &error, NULL,
                 "INSERT INTO kept (id, name, at) VALUES ($1, 'a name of some length', $2)", "ti",
                 id.text, (gint64)number),
         error);
    commit(tx);
}

static void
read_row(Side *side, guint64 number)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = begin(side, DB_READ);
    g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, number * 7919 % num_kept_rows);
    g_autoptr(DbRows) rows =
        db_query(tx, &error, "SELECT name, at FROM kept WHERE id = $1", "t", id);
    must(rows != NULL, error);
    g_assert_true(db_next(rows));
}

static JobOutcome
finish_at_once(const Job *job, gpointer context, GError **error)
{
    Side *side = context;
    DbTx *tx = begin(side, DB_WRITE);
    must(job_finish(job, tx, NULL), NULL);
    commit(tx);
    return JOB_DONE;
}

static void
add_jobs(Side *side, guint count)
{
    DbTx *tx = begin(side, DB_WRITE);
    for (guint i = 0; i < count; i++) {
        Id subject = id_new(&system_clock);
        must(job_add(tx, &system_clock, "finish", subject.text, "a", 0, NULL), NULL);
    }
    commit(tx);
}

typedef struct {
    Side *side;
    Unit unit;
    gint64 deadline;
    guint64 num_done;
} Worker;

static gpointer
work(gpointer data)
{
    Worker *worker = data;
    while (g_get_monotonic_time() < worker->deadline) {
        worker->unit(worker->side, worker->num_done++);
    }
    return NULL;
}

static double
units_per_second(Side *side, Unit unit, guint num_threads, double seconds)
{
    g_autofree Worker *workers = g_new0(Worker, num_threads);
    g_autofree GThread **threads = g_new0(GThread *, num_threads);
    gint64 start = g_get_monotonic_time();
    for (guint i = 0; i < num_threads; i++) {
        workers[i] = (Worker){ side, unit, start + (gint64)(seconds * G_USEC_PER_SEC), 0 };
        threads[i] = g_thread_new("bench", work, &workers[i]);
    }
    guint64 num_done = 0;
    for (guint i = 0; i < num_threads; i++) {
        g_thread_join(threads[i]);
        num_done += workers[i].num_done;
    }
    return (double)num_done * G_USEC_PER_SEC / (double)(g_get_monotonic_time() - start);
}

static double
jobs_per_second(Side *side, guint num_threads)
{
    enum { num_jobs = 400 };
    add_jobs(side, num_jobs);
    gint64 start = g_get_monotonic_time();
    jobs_start(side->jobs, (const guint[]){ num_threads, 0, 0 });
    JobCounts counts;
    do {
        g_usleep(2000);
        must(jobs_count(side->db, &system_clock, &counts, NULL), NULL);
    } while (counts.num_waiting + counts.num_running > 0);
    double rate = (double)num_jobs * G_USEC_PER_SEC / (double)(g_get_monotonic_time() - start);
    must(jobs_stop(side->jobs), NULL);
    return rate;
}

static void
open_side(Side *side, const char *url, const JobKind *kind)
{
    g_autoptr(GError) error = NULL;
    side->db = db_open(url, 8, &error);
    must(side->db != NULL, error);
    must(db_migrate(side->db, schema_migrations, num_schema_migrations, &system_clock, &error),
         error);
    DbTx *tx = begin(side, DB_WRITE);
    must(db_exec(tx, &error, NULL,
                 "CREATE TABLE kept (id {text} PRIMARY KEY, name {text}, at {i64}) {strict}", ""),
         error);
    for (guint i = 0; i < num_kept_rows; i++) {
        g_autofree char *id = g_strdup_printf("%u", i);
        must(db_exec(tx, &error, NULL,
                     "INSERT INTO kept (id, name, at) VALUES ($1, 'a name of some length', 0)", "t",
                     id),
             error);
    }
    commit(tx);
    JobKind own = *kind;
    own.context = side;
    side->jobs = jobs_new(side->db, &system_clock, &own, 1);
    bool ran;
    must(jobs_run_one(side->jobs, &ran, &error), error); /* makes the kind known */
}

static int
compare_doubles(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static double
median(double *values, guint count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

static void
compare(const char *what, Side sides[2], Unit unit, guint num_threads, double seconds, guint rounds)
{
    double rates[2][max_rounds];
    for (guint round = 0; round < rounds; round++) {
        for (guint i = 0; i < 2; i++) {
            rates[i][round] = unit == NULL
                                  ? jobs_per_second(&sides[i], num_threads)
                                  : units_per_second(&sides[i], unit, num_threads, seconds);
        }
    }
    double sqlite = median(rates[0], rounds);
    double postgresql = median(rates[1], rounds);
    printf("%-32s %8u %12.0f %12.0f %10.2f\n", what, num_threads, sqlite, postgresql,
           sqlite / postgresql);
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        g_printerr("usage: %s SQLITE-URL POSTGRESQL-URL [SECONDS [ROUNDS]]\n", argv[0]);
        return 2;
    }
    double seconds = argc > 3 ? g_ascii_strtod(argv[3], NULL) : 1;
    guint rounds = argc > 4 ? (guint)CLAMP(atoi(argv[4]), 1, max_rounds) : 3;
    const JobKind kind = { "finish", JOBS_QUICK, 3, 60, finish_at_once, NULL, NULL };
    Side sides[2];
    for (guint i = 0; i < 2; i++) {
        open_side(&sides[i], argv[1 + i], &kind);
    }
    printf("%-32s %8s %12s %12s %10s\n", "a second", "threads", "SQLite", "PostgreSQL", "ratio");
    compare("commits of one row", sides, write_row, 1, seconds, rounds);
    compare("commits of one row", sides, write_row, 4, seconds, rounds);
    compare("reads of one row", sides, read_row, 1, seconds, rounds);
    compare("reads of one row", sides, read_row, 4, seconds, rounds);
    compare("jobs claimed and finished", sides, NULL, 1, seconds, rounds);
    compare("jobs claimed and finished", sides, NULL, 4, seconds, rounds);
    for (guint i = 0; i < 2; i++) {
        jobs_free(sides[i].jobs);
        db_close(sides[i].db);
    }
    return 0;
}

/* What is left when a process or the server dies: everything that was acknowledged, and nothing by
 * halves. The processes that die are this program again, with --commit or --migrate. */
#include "base/error.h"
#include "db/test_database.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { num_migrations = 40, num_kills = 8 };

static void
must_run(Db *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, sql, "");
    g_assert_no_error(error);
    db_commit(tx, &error);
    g_assert_no_error(error);
}

static gint64
must_read(Db *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, &error);
    g_assert_no_error(error);
    g_autoptr(DbRows) rows = db_query(tx, &error, sql, "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "n");
}

/* --commit URL FIRST: rows FIRST, FIRST + 1, ... each committed and then named on standard output.
 */
static int
commit_for_ever(const char *url, gint64 first)
{
    g_autoptr(Db) db = db_open(url, 1, NULL);
    for (gint64 n = first;; n++) {
        g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, NULL);
        if (tx == NULL ||
            !db_exec(tx, NULL, NULL, "INSERT INTO done (n, half) VALUES ($1, 0)", "i", n) ||
            !db_exec(tx, NULL, NULL, "UPDATE done SET half = 1 WHERE n = $1", "i", n) ||
            !db_commit(g_steal_pointer(&tx), NULL)) {
            return 1;
        }
        printf("%" G_GINT64_FORMAT "\n", n);
        fflush(stdout);
    }
}

static const DbMigration *
make_migrations(void)
{
    static DbMigration migrations[num_migrations];
    for (guint i = 0; i < num_migrations && migrations[i].name == NULL; i++) {
        const char *create =
            "CREATE TABLE counter (n {i64}) {strict}; INSERT INTO counter (n) VALUES (0);";
        migrations[i] = (DbMigration){
            .name = g_strdup_printf("%04u", i),
            .sql = g_strdup_printf("%s CREATE TABLE t%u (a {i64} PRIMARY KEY) {strict};"
                                   "UPDATE counter SET n = n + 1;",
                                   i == 0 ? create : "", i),
        };
    }
    return migrations;
}

/* --migrate URL */
static int
migrate(const char *url)
{
    g_autoptr(Db) db = db_open(url, 1, NULL);
    return db_migrate(db, make_migrations(), num_migrations, &system_clock, NULL) ? 0 : 1;
}

static GPid
start_child(const char *mode, const char *url, const char *argument, int *ret_output)
{
    const char *argv[] = { "/proc/self/exe", mode, url, argument, NULL };
    g_autoptr(GError) error = NULL;
    GPid pid = 0;
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                             NULL, ret_output, NULL, &error);
    g_assert_no_error(error);
    return pid;
}

static void
kill_child(GPid pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* The last number on a pipe that nobody writes to any more; PREVIOUS where there is none. */
static gint64
read_last_number(int fd, gint64 previous)
{
    FILE *stream = fdopen(fd, "r");
    long long number = previous;
    while (fscanf(stream, "%lld\n", &number) == 1) {
    }
    fclose(stream);
    return number;
}

static void
test_acknowledged_rows_outlive_kill(TestDatabase *database)
{
    must_run(database->db, "CREATE TABLE done (n {i64} PRIMARY KEY, half {i64}) {strict}");
    gint64 last = -1;
    for (int i = 0; i < num_kills; i++) {
        g_autofree char *first = g_strdup_printf("%" G_GINT64_FORMAT, last + 1);
        int output;
        GPid pid = start_child("--commit", database->url, first, &output);
        g_usleep((gulong)g_test_rand_int_range(20000, 120000));
        kill_child(pid);
        gint64 acknowledged = read_last_number(output, last);
        /* PostgreSQL may still be ending the dead one's transaction: its row comes whole or not. */
        gint64 count = must_read(database->db, "SELECT COUNT(*) AS n FROM done");
        g_assert_cmpint(count, >=, acknowledged + 1);
        g_assert_cmpint(must_read(database->db, "SELECT COUNT(*) AS n FROM done WHERE half = 0"),
                        ==, 0);
        must_run(database->db, "UPDATE done SET half = 1"); /* waits for what is still ending */
        last = must_read(database->db, "SELECT COALESCE(MAX(n), -1) AS n FROM done");
        g_assert_cmpint(last, >=, acknowledged);
        g_assert_cmpint(last, <=, acknowledged + 1);
    }
    g_assert_cmpint(last, >=, 0);
}

static void
test_migrations_go_on_after_kill(TestDatabase *database)
{
    for (int i = 0; i < num_kills; i++) {
        int output;
        GPid pid = start_child("--migrate", database->url, NULL, &output);
        g_usleep((gulong)g_test_rand_int_range(5000, 40000));
        kill_child(pid);
        close(output);
    }
    g_autoptr(GError) error = NULL;
    db_migrate(database->db, make_migrations(), num_migrations, &system_clock, &error);
    g_assert_no_error(error);
    g_assert_cmpint(must_read(database->db, "SELECT n FROM counter"), ==, num_migrations);
}

typedef struct {
    Db *db;
    gint is_over;
    gint num_acknowledged;
    gint num_unknown; /* the commit failed: it may have happened or not */
    gint num_failed;
} Load;

static gpointer
add_until_over(gpointer data)
{
    Load *load = data;
    while (!g_atomic_int_get(&load->is_over)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DbTx) tx = db_begin(load->db, DB_WRITE, &error);
        if (tx != NULL &&
            db_exec(tx, &error, NULL, "INSERT INTO done (n, half) VALUES (0, 1)", "")) {
            bool committed = db_commit(g_steal_pointer(&tx), &error);
            g_atomic_int_inc(committed ? &load->num_acknowledged : &load->num_unknown);
        } else {
            g_atomic_int_inc(&load->num_failed);
        }
        if (error != NULL) {
            g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
        }
    }
    return NULL;
}

static void
wait_for_more(const Load *load)
{
    gint before = g_atomic_int_get(&load->num_acknowledged);
    while (g_atomic_int_get(&load->num_acknowledged) < before + 50) {
        g_usleep(1000);
    }
}

static void
test_the_server_crashes_under_load(void)
{
    TestPostgresql *server = test_postgresql_start();
    if (server == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(test_postgresql_url(server), 3, &error);
    g_assert_no_error(error);
    must_run(db, "CREATE TABLE done (n {i64}, half {i64}) {strict}");
    Load load = { .db = db };
    GThread *threads[6]; /* more than connections */
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("load", add_until_over, &load);
    }
    for (int i = 0; i < 3; i++) {
        wait_for_more(&load);
        test_postgresql_restart(server);
    }
    wait_for_more(&load);
    g_atomic_int_set(&load.is_over, 1);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    gint64 count = must_read(db, "SELECT COUNT(*) AS n FROM done");
    g_assert_cmpint(count, >=, load.num_acknowledged);
    g_assert_cmpint(count, <=, load.num_acknowledged + load.num_unknown);
    g_test_message("%d acknowledged, %d unknown, %d failed", load.num_acknowledged,
                   load.num_unknown, load.num_failed);
    db_close(g_steal_pointer(&db));
    test_postgresql_stop(server);
}

static void
test_a_transaction_does_not_survive_its_server(void)
{
    TestPostgresql *server = test_postgresql_start();
    if (server == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(test_postgresql_url(server), 2, &error);
    must_run(db, "CREATE TABLE done (n {i64}, half {i64}) {strict}");
    DbTx *tx = db_begin(db, DB_WRITE, &error);
    db_exec(tx, &error, NULL, "INSERT INTO done (n, half) VALUES (0, 1)", "");
    g_assert_no_error(error);
    test_postgresql_restart(server);
    g_assert_false(db_exec(tx, &error, NULL, "INSERT INTO done (n, half) VALUES (1, 1)", ""));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    db_rollback(tx);
    g_assert_cmpint(must_read(db, "SELECT COUNT(*) AS n FROM done"), ==, 0);
    db_close(g_steal_pointer(&db));
    test_postgresql_stop(server);
}

/* As if the disk were full: no file grows beyond SIZE bytes. */
static void
limit_files(rlim_t size)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = size;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_the_disk_is_full(void)
{
    signal(SIGXFSZ, SIG_IGN);
    char *url = test_database_create(DB_SQLITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(url, 2, &error);
    must_run(db, "CREATE TABLE done (n {i64} PRIMARY KEY, half {i64}) {strict}");
    gint64 num_acknowledged = 0;
    limit_files(256 * 1024);
    while (error == NULL) {
        g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, &error);
        if (tx != NULL &&
            db_exec(tx, &error, NULL, "INSERT INTO done (n, half) VALUES ($1, 1)", "i",
                    num_acknowledged) &&
            db_commit(g_steal_pointer(&tx), &error)) {
            num_acknowledged++;
        }
    }
    limit_files(RLIM_INFINITY);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_cmpint(num_acknowledged, >, 0);
    g_assert_cmpint(must_read(db, "SELECT COUNT(*) AS n FROM done"), ==, num_acknowledged);
    must_run(db, "INSERT INTO done (n, half) VALUES (-1, 1)"); /* there is space again */
    db_close(g_steal_pointer(&db));
    test_database_destroy(url);
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--commit") == 0) {
        return commit_for_ever(argv[2], g_ascii_strtoll(argv[3], NULL, 10));
    }
    if (argc == 3 && strcmp(argv[1], "--migrate") == 0) {
        return migrate(argv[2]);
    }
    g_test_init(&argc, &argv, NULL);
    test_each_empty_database("/db/crash/acknowledged", test_acknowledged_rows_outlive_kill);
    test_each_empty_database("/db/crash/migrations", test_migrations_go_on_after_kill);
    g_test_add_func("/db/crash/disk-full", test_the_disk_is_full);
    g_test_add_func("/db/crash/server-under-load", test_the_server_crashes_under_load);
    g_test_add_func("/db/crash/server-in-transaction",
                    test_a_transaction_does_not_survive_its_server);
    return g_test_run();
}

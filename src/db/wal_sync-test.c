#include "db/wal_sync.h"

#include "base/error.h"
#include "db/test_database.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* In the place of the C library's: counts, and does what the test says. */
static gint num_syncs;
static gint pause_ms;
static gint errnum;

int
fdatasync(int fd)
{
    g_atomic_int_inc(&num_syncs);
    g_usleep((gulong)g_atomic_int_get(&pause_ms) * 1000);
    errno = g_atomic_int_get(&errnum);
    return errno == 0 ? 0 : -1;
}

static bool
insert(Db *db, DbMode mode, GError **error)
{
    DbTx *tx = db_begin(db, mode, error);
    g_assert_nonnull(tx);
    g_assert_true(db_exec(tx, error, NULL, "INSERT INTO thing (x) VALUES (1)", ""));
    return db_commit(tx, error);
}

static Db *
open_database(char **ret_url)
{
    g_autoptr(GError) error = NULL;
    *ret_url = test_database_create(DB_SQLITE);
    Db *db = db_open(*ret_url, 2, &error);
    g_assert_no_error(error);
    DbTx *tx = db_begin(db, DB_WRITE, &error);
    g_assert_true(db_exec(tx, &error, NULL, "CREATE TABLE thing (x {i64}) {strict}", ""));
    g_assert_true(db_commit(tx, &error));
    g_atomic_int_set(&num_syncs, 0);
    return db;
}

static void
close_database(Db *db, char *url)
{
    db_close(db);
    test_database_destroy(url);
}

static void
test_a_commit_waits_for_its_sync(void)
{
    char *url;
    Db *db = open_database(&url);
    g_assert_true(insert(db, DB_WRITE, NULL));
    g_assert_cmpint(g_atomic_int_get(&num_syncs), ==, 1);
    g_assert_true(insert(db, DB_WRITE, NULL));
    g_assert_cmpint(g_atomic_int_get(&num_syncs), ==, 2);
    close_database(db, url);
}

static void
test_a_quick_commit_does_not(void)
{
    char *url;
    Db *db = open_database(&url);
    g_assert_true(insert(db, DB_WRITE_QUICKLY, NULL));
    g_assert_cmpint(g_atomic_int_get(&num_syncs), ==, 0);
    close_database(db, url);
}

static gpointer
insert_one(gpointer db)
{
    g_assert_true(insert(db, DB_WRITE, NULL));
    return NULL;
}

static void
test_commits_at_the_same_time_share_a_sync(void)
{
    char *url;
    Db *db = open_database(&url);
    g_atomic_int_set(&pause_ms, 200);
    GThread *threads[10];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("insert", insert_one, db);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_atomic_int_set(&pause_ms, 0);
    g_assert_cmpint(g_atomic_int_get(&num_syncs), >=, 1);
    g_assert_cmpint(g_atomic_int_get(&num_syncs), <, (gint)G_N_ELEMENTS(threads));
    close_database(db, url);
}

static void
test_a_failing_disk_is_told_and_not_forgotten(void)
{
    char *url;
    Db *db = open_database(&url);
    g_autoptr(GError) error = NULL;
    g_atomic_int_set(&errnum, EIO);
    g_assert_false(insert(db, DB_WRITE, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error(&error);
    g_atomic_int_set(&errnum, 0);
    g_assert_false(insert(db, DB_WRITE, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    close_database(db, url);
}

static void
test_a_log_that_is_gone_is_safe(void)
{
    WalSync *sync = wal_sync_new("/nowhere/at/all.db");
    g_assert_true(wal_sync_wait(sync, NULL));
    wal_sync_free(sync);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wal-sync/waits", test_a_commit_waits_for_its_sync);
    g_test_add_func("/wal-sync/quick", test_a_quick_commit_does_not);
    g_test_add_func("/wal-sync/shared", test_commits_at_the_same_time_share_a_sync);
    g_test_add_func("/wal-sync/failing", test_a_failing_disk_is_told_and_not_forgotten);
    g_test_add_func("/wal-sync/gone", test_a_log_that_is_gone_is_safe);
    return g_test_run();
}

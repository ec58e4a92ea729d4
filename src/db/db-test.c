#include "db/db.h"

#include "base/error.h"
#include "db/test_database.h"

#include <string.h>
#include <sys/stat.h>

/* Runs SQL without parameters in a transaction of its own. */
static void
must_exec(Db *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, sql, "");
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

static gint64
count_rows(Db *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, &error);
    g_assert_no_error(error);
    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT COUNT(*) AS n FROM thing", "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "n");
}

static void
make_things(Db *db)
{
    must_exec(db, "CREATE TABLE thing (id {i64} PRIMARY KEY, name {text} UNIQUE, data {blob},"
                  " weight {real}, flag {bool} CHECK (flag IN (0, 1))) {strict}");
}

static DbTx *
must_begin(Db *db, DbMode mode)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(db, mode, &error);
    g_assert_no_error(error);
    return tx;
}

static void
must_commit(DbTx *tx)
{
    g_autoptr(GError) error = NULL;
    db_commit(tx, &error);
    g_assert_no_error(error);
}

static void
add_thing(DbTx *tx, gint64 id, const char *name)
{
    g_autoptr(GError) error = NULL;
    db_exec(tx, &error, NULL, "INSERT INTO thing (id, name) VALUES ($1, $2)", "it", id, name);
    g_assert_no_error(error);
}

static void
test_values_come_back(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    DbTx *tx = must_begin(database->db, DB_WRITE);
    db_exec(tx, &error, NULL,
            "INSERT INTO thing (id, name, data, weight, flag) VALUES ($1, $2, $3, $4, $5)", "itbdi",
            G_MININT64, "Gr\303\266\303\237e '; -- \xf0\x9f\x93\xb7", "a\0b\xff", (gsize)4, -0.1,
            (gint64)1);
    g_assert_no_error(error);
    must_commit(tx);

    g_autoptr(DbTx) read = must_begin(database->db, DB_READ);
    g_autoptr(DbRows) rows =
        db_query(read, &error, "SELECT weight, id, flag, data, name FROM thing", "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "id"), ==, G_MININT64);
    g_assert_cmpstr(db_text(rows, "name"), ==, "Gr\303\266\303\237e '; -- \xf0\x9f\x93\xb7");
    gsize size;
    const void *data = db_blob(rows, "data", &size);
    g_assert_cmpmem(data, size, "a\0b\xff", 4);
    g_assert_cmpfloat(db_real(rows, "weight"), ==, -0.1);
    g_assert_true(db_bool(rows, "flag"));
    g_assert_false(db_next(rows));
}

static void
test_nulls_and_empties_differ(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    DbTx *tx = must_begin(database->db, DB_WRITE);
    static const char insert[] = "INSERT INTO thing (id, name, data, flag) VALUES ($1, $2, $3, $4)";
    db_exec(tx, &error, NULL, insert, "itbN", (gint64)1, NULL, NULL, (gsize)0);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, insert, "itbi", (gint64)2, "", "", (gsize)0, (gint64)0);
    g_assert_no_error(error);

    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT * FROM thing ORDER BY id", "");
    g_assert_no_error(error);
    gsize size = 99;
    g_assert_true(db_next(rows));
    g_assert_null(db_text(rows, "name"));
    g_assert_null(db_blob(rows, "data", &size));
    g_assert_cmpuint(size, ==, 0);
    g_assert_true(db_is_null(rows, "flag"));
    g_assert_cmpint(db_int(rows, "flag"), ==, 0);
    g_assert_true(db_next(rows));
    g_assert_cmpstr(db_text(rows, "name"), ==, "");
    g_assert_nonnull(db_blob(rows, "data", &size));
    g_assert_cmpuint(size, ==, 0);
    g_assert_false(db_is_null(rows, "flag"));
    db_rollback(tx);
}

static void
test_parameters_are_found_by_number(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_READ);
    g_autoptr(DbRows) rows =
        db_query(tx, &error, "SELECT $2 AS b, $1 AS a, $2 AS c", "ti", "one", (gint64)2);
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpstr(db_text(rows, "a"), ==, "one");
    g_assert_cmpint(db_int(rows, "b"), ==, 2);
    g_assert_cmpint(db_int(rows, "c"), ==, 2);
}

static void
test_sums_and_comparisons_read_alike(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    make_things(database->db);
    g_autoptr(DbTx) tx = must_begin(database->db, DB_WRITE);
    add_thing(tx, 4000000000, "a");
    add_thing(tx, 5000000000, "b");
    g_autoptr(DbRows) rows =
        db_query(tx, &error,
                 "SELECT SUM(id) AS sum, AVG(id) AS average, COUNT(*) AS count,"
                 "       MAX(id) > MIN(id) AS differ, SUM(weight) AS unweighed FROM thing",
                 "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "sum"), ==, 9000000000);
    g_assert_cmpfloat(db_real(rows, "average"), ==, 4500000000.0);
    g_assert_cmpfloat(db_real(rows, "sum"), ==, 9000000000.0);
    g_assert_cmpint(db_int(rows, "count"), ==, 2);
    g_assert_true(db_bool(rows, "differ"));
    g_assert_true(db_is_null(rows, "unweighed"));
}

static void
test_text_sorts_by_bytes(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_WRITE);
    static const char *const sorted[] = { "B", "Z-1", "Z1", "a", "z", "\303\244" };
    for (guint i = G_N_ELEMENTS(sorted); i-- > 0;) {
        add_thing(tx, i, sorted[i]);
    }
    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT name FROM thing ORDER BY name", "");
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(sorted); i++) {
        g_assert_true(db_next(rows));
        g_assert_cmpstr(db_text(rows, "name"), ==, sorted[i]);
    }
}

static void
test_changed_rows_are_counted(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_WRITE);
    for (gint64 i = 0; i < 5; i++) {
        add_thing(tx, i, NULL);
    }
    gint64 num_changed = -1;
    db_exec(tx, &error, &num_changed, "UPDATE thing SET weight = 1 WHERE id >= $1", "i", (gint64)2);
    g_assert_no_error(error);
    g_assert_cmpint(num_changed, ==, 3);
    db_exec(tx, &error, &num_changed, "DELETE FROM thing WHERE id = $1", "i", (gint64)77);
    g_assert_no_error(error);
    g_assert_cmpint(num_changed, ==, 0);
}

static void
test_returning_gives_rows(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_WRITE);
    static const char upsert[] = "INSERT INTO thing (id, name) VALUES ($1, $2)"
                                 " ON CONFLICT (id) DO UPDATE SET name = excluded.name"
                                 " RETURNING name";
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "first" : "second";
        g_autoptr(DbRows) rows = db_query(tx, &error, upsert, "it", (gint64)1, name);
        g_assert_no_error(error);
        g_assert_true(db_next(rows));
        g_assert_cmpstr(db_text(rows, "name"), ==, name);
    }
}

static void
test_rows_outlive_the_transaction(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    DbTx *tx = must_begin(database->db, DB_WRITE);
    add_thing(tx, 1, "one");
    add_thing(tx, 2, "two");
    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT name FROM thing ORDER BY id", "");
    g_assert_true(db_next(rows));
    db_exec(tx, &error, NULL, "DELETE FROM thing", "");
    g_assert_no_error(error);
    must_commit(tx);
    g_assert_cmpstr(db_text(rows, "name"), ==, "one");
    g_assert_true(db_next(rows));
    g_assert_cmpstr(db_text(rows, "name"), ==, "two");
    g_assert_false(db_next(rows));
}

static void
test_rollback_undoes(TestDatabase *database)
{
    make_things(database->db);
    DbTx *tx = must_begin(database->db, DB_WRITE);
    add_thing(tx, 1, "one");
    db_rollback(tx);
    g_assert_cmpint(count_rows(database->db), ==, 0);
}

/* CONFLICT, and then nothing but a rollback. */
static void
assert_conflict(TestDatabase *database, const char *sql)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = must_begin(database->db, DB_WRITE);
    g_assert_false(db_exec(tx, &error, NULL, sql, ""));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_null(strstr(error->message, "secret value"));
    g_clear_error(&error);
    g_assert_null(db_query(tx, &error, "SELECT 1 AS one", ""));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_clear_error(&error);
    g_assert_false(db_commit(tx, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
}

static void
test_broken_rules_are_conflicts(TestDatabase *database)
{
    make_things(database->db);
    must_exec(database->db,
              "CREATE TABLE part (thing {i64} NOT NULL REFERENCES thing (id)) {strict}");
    must_exec(database->db, "INSERT INTO thing (id, name) VALUES (1, 'secret value')");
    assert_conflict(database, "INSERT INTO thing (id, name) VALUES (2, 'secret value')");
    assert_conflict(database, "INSERT INTO thing (id, flag) VALUES (2, 7)");
    assert_conflict(database, "INSERT INTO part (thing) VALUES (99)");
    assert_conflict(database, "INSERT INTO part (thing) VALUES (NULL)");
    g_assert_cmpint(count_rows(database->db), ==, 1);
}

static void
test_text_must_be_utf_8(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_WRITE);
    g_assert_false(
        db_exec(tx, &error, NULL, "INSERT INTO thing (id, name) VALUES (1, $1)", "t", "\xff\xfe"));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_a_result_without_limit_is_refused(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_READ);
    g_autoptr(DbRows) rows = db_query(
        tx, &error,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000)"
        " SELECT i FROM n",
        "");
    g_assert_null(rows);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_a_reader_sees_one_state(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) reader = must_begin(database->db, DB_READ);
    for (int i = 0; i < 2; i++) {
        g_autoptr(DbRows) rows = db_query(reader, &error, "SELECT id FROM thing", "");
        g_assert_no_error(error);
        g_assert_false(db_next(rows));
        DbTx *writer = must_begin(database->db, DB_WRITE);
        add_thing(writer, i, NULL);
        must_commit(writer);
    }
    g_assert_cmpint(count_rows(database->db), ==, 2);
}

static void
test_a_reader_cannot_write(TestDatabase *database)
{
    make_things(database->db);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_READ);
    g_assert_false(db_exec(tx, &error, NULL, "INSERT INTO thing (id) VALUES (1)", ""));
    g_assert_nonnull(error);
}

static gpointer
add_ten(gpointer db)
{
    for (int i = 0; i < 10; i++) {
        g_autoptr(GError) error = NULL;
        DbTx *tx = must_begin(db, DB_WRITE);
        db_exec(tx, &error, NULL, "UPDATE thing SET id = id + 1", "");
        g_assert_no_error(error);
        must_commit(tx);
    }
    return NULL;
}

static void
test_writers_in_parallel_lose_nothing(TestDatabase *database)
{
    make_things(database->db);
    must_exec(database->db, "INSERT INTO thing (id) VALUES (0)");
    GThread *threads[16]; /* more than the pool has connections */
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("writer", add_ten, database->db);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = must_begin(database->db, DB_READ);
    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT id FROM thing", "");
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "id"), ==, 160);
}

static void
test_what_is_committed_is_there_for_the_next_program(TestDatabase *database)
{
    make_things(database->db);
    must_exec(database->db, "INSERT INTO thing (id) VALUES (1)");
    db_close(g_steal_pointer(&database->db));
    g_autoptr(GError) error = NULL;
    database->db = db_open(database->url, 2, &error);
    g_assert_no_error(error);
    g_assert_cmpint(count_rows(database->db), ==, 1);
}

static void
test_more_statements_than_are_kept_prepared(TestDatabase *database)
{
    g_autoptr(DbTx) tx = must_begin(database->db, DB_READ);
    for (int i = 0; i < 700; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = g_strdup_printf("SELECT %d AS n", i);
        g_autoptr(DbRows) rows = db_query(tx, &error, sql, "");
        g_assert_no_error(error);
        g_assert_true(db_next(rows));
        g_assert_cmpint(db_int(rows, "n"), ==, i);
    }
}

static void
test_server_time_is_about_now(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    Timestamp time = 0;
    db_server_time(database->db, &time, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ABS(time - g_get_real_time()), <, SECONDS(60));
}

static void
test_unknown_column_stops_the_program(void)
{
    if (g_test_subprocess()) {
        char *url = test_database_create(DB_SQLITE);
        g_autoptr(Db) db = db_open(url, 1, NULL);
        g_autoptr(DbTx) tx = must_begin(db, DB_READ);
        test_database_destroy(url);
        g_autoptr(DbRows) rows = db_query(tx, NULL, "SELECT 1 AS one", "");
        db_next(rows);
        db_int(rows, "two");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*no column two in: SELECT 1 AS one*");
}

static void
test_second_writer_in_a_thread_stops_the_program(void)
{
    if (g_test_subprocess()) {
        char *url = test_database_create(DB_SQLITE);
        g_autoptr(Db) db = db_open(url, 1, NULL);
        g_autoptr(DbTx) one = must_begin(db, DB_WRITE);
        test_database_destroy(url);
        g_autoptr(DbTx) other = must_begin(db, DB_WRITE);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*a thread that has a writing transaction begins another*");
}

static void
test_urls_that_are_none(void)
{
    static const char *const wrong[] = { "", "sqlite:", "mysql://x", "/tmp/x.db" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(db_open(wrong[i], 1, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_a_file_in_no_folder(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(db_open("sqlite:/nowhere/at/all.db", 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

static void
test_the_file_is_its_owner_s_alone(void)
{
    char *url = test_database_create(DB_SQLITE);
    g_autoptr(Db) db = db_open(url, 1, NULL);
    make_things(db);
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(url + strlen("sqlite:"), suffixes[i], NULL);
        struct stat status;
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
    }
    db_close(g_steal_pointer(&db));
    test_database_destroy(url);
}

/* Whether the bytes of TEXT stand anywhere in the database's files. */
static bool
is_on_disk(const char *url, const char *text)
{
    static const char *const suffixes[] = { "", "-wal" };
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(url + strlen("sqlite:"), suffixes[i], NULL);
        g_autofree char *data = NULL;
        gsize size = 0;
        if (g_file_get_contents(path, &data, &size, NULL) &&
            memmem(data, size, text, strlen(text)) != NULL) {
            return true;
        }
    }
    return false;
}

/* LST-17, LST-24: gone is gone from the files, too. */
static void
test_scrub_leaves_no_trace(void)
{
    char *url = test_database_create(DB_SQLITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(url, 1, &error);
    make_things(db);
    must_exec(db, "INSERT INTO thing (id, name) VALUES (1, 'Katharina Beispiel')");
    must_exec(db, "DELETE FROM thing");
    g_assert_true(is_on_disk(url, "Katharina Beispiel"));
    db_scrub(db, &error);
    g_assert_no_error(error);
    g_assert_false(is_on_disk(url, "Katharina Beispiel"));
    db_close(g_steal_pointer(&db));
    test_database_destroy(url);
}

static void
test_statements_put_together(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(database->db, DB_WRITE, &error);
    g_assert_no_error(error);
    const DbValue values[] = { { .type = 't', .data = "sweep" }, { .type = 'i', .integer = 7 } };
    gint64 num_changed = 0;
    db_exec_values(tx, &error, &num_changed, "INSERT INTO sweep_state (name, at) VALUES ($1, $2)",
                   values, G_N_ELEMENTS(values));
    g_assert_no_error(error);
    g_assert_cmpint(num_changed, ==, 1);
    g_autoptr(DbRows) rows =
        db_query_values(tx, &error, "SELECT at FROM sweep_state WHERE name = $1", values, 1);
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "at"), ==, 7);
    const DbValue wrong[] = { { .type = 't', .data = "\xff" } };
    g_assert_null(
        db_query_values(tx, &error, "SELECT at FROM sweep_state WHERE name = $1", wrong, 1));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_scrub_does_not_wait_for_a_reader(void)
{
    char *url = test_database_create(DB_SQLITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(url, 2, &error);
    make_things(db);
    DbTx *reader = must_begin(db, DB_READ);
    g_autoptr(DbRows) rows = db_query(reader, &error, "SELECT id FROM thing", "");
    must_exec(db, "INSERT INTO thing (id) VALUES (1)");
    g_assert_false(db_scrub(db, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_clear_error(&error);
    must_exec(db, "INSERT INTO thing (id) VALUES (2)"); /* nobody is held up */
    db_rollback(reader);
    db_scrub(db, &error);
    g_assert_no_error(error);
    db_close(g_steal_pointer(&db));
    test_database_destroy(url);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_empty_database("/db/values-come-back", test_values_come_back);
    test_each_empty_database("/db/nulls-and-empties", test_nulls_and_empties_differ);
    test_each_empty_database("/db/parameters-by-number", test_parameters_are_found_by_number);
    test_each_empty_database("/db/sums", test_sums_and_comparisons_read_alike);
    test_each_empty_database("/db/text-sorts-by-bytes", test_text_sorts_by_bytes);
    test_each_empty_database("/db/changed-rows", test_changed_rows_are_counted);
    test_each_empty_database("/db/returning", test_returning_gives_rows);
    test_each_empty_database("/db/rows-outlive-tx", test_rows_outlive_the_transaction);
    test_each_empty_database("/db/rollback", test_rollback_undoes);
    test_each_empty_database("/db/conflicts", test_broken_rules_are_conflicts);
    test_each_empty_database("/db/utf-8", test_text_must_be_utf_8);
    test_each_empty_database("/db/too-large", test_a_result_without_limit_is_refused);
    test_each_empty_database("/db/reader-sees-one-state", test_a_reader_sees_one_state);
    test_each_empty_database("/db/reader-cannot-write", test_a_reader_cannot_write);
    test_each_empty_database("/db/writers-in-parallel", test_writers_in_parallel_lose_nothing);
    test_each_empty_database("/db/reopen", test_what_is_committed_is_there_for_the_next_program);
    test_each_empty_database("/db/many-statements", test_more_statements_than_are_kept_prepared);
    test_each_empty_database("/db/server-time", test_server_time_is_about_now);
    g_test_add_func("/db/unknown-column", test_unknown_column_stops_the_program);
    g_test_add_func("/db/second-writer", test_second_writer_in_a_thread_stops_the_program);
    g_test_add_func("/db/wrong-urls", test_urls_that_are_none);
    g_test_add_func("/db/no-folder", test_a_file_in_no_folder);
    g_test_add_func("/db/file-mode", test_the_file_is_its_owner_s_alone);
    g_test_add_func("/db/scrub", test_scrub_leaves_no_trace);
    g_test_add_func("/db/scrub-with-reader", test_scrub_does_not_wait_for_a_reader);
    test_each_database("/db/put-together", test_statements_put_together);
    return g_test_run();
}

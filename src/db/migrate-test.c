#include "db/db.h"

#include "base/error.h"
#include "db/test_database.h"

static const DbMigration first = { "0001 a", "CREATE TABLE a (x {i64}) {strict};"
                                             "INSERT INTO a (x) VALUES (1);" };
static const DbMigration second = { "0002 b", "CREATE TABLE b (x {i64}) {strict};"
                                              "CREATE INDEX b_x ON b (x);"
                                              "UPDATE a SET x = x + 1;" };

static bool
has_column(Db *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) columns = db_list_columns(db, &error);
    g_assert_no_error(error);
    return g_ptr_array_find_with_equal_func(columns, name, g_str_equal, NULL);
}

static gint64
value_of_a(Db *db)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(tx, NULL, "SELECT SUM(x) AS x FROM a", "");
    g_assert_true(db_next(rows));
    return db_int(rows, "x");
}

static void
must_migrate(Db *db, const DbMigration *migrations, gsize num_migrations)
{
    g_autoptr(GError) error = NULL;
    db_migrate(db, migrations, num_migrations, &system_clock, &error);
    g_assert_no_error(error);
}

static void
test_each_is_run_once(TestDatabase *database)
{
    const DbMigration all[] = { first, second };
    must_migrate(database->db, all, 1);
    g_assert_true(has_column(database->db, "a.x"));
    g_assert_false(has_column(database->db, "b.x"));
    must_migrate(database->db, all, 2);
    must_migrate(database->db, all, 2);
    g_assert_true(has_column(database->db, "b.x"));
    g_assert_cmpint(value_of_a(database->db), ==, 2);
}

static void
test_edited_text_is_refused(TestDatabase *database)
{
    must_migrate(database->db, &first, 1);
    const DbMigration edited = { first.name, "CREATE TABLE a (x {i64}, y {i64}) {strict};" };
    g_autoptr(GError) error = NULL;
    g_assert_false(db_migrate(database->db, &edited, 1, &system_clock, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_cmpstr(error->message, ==, "the database was made with another text of \"0001 a\"");
}

static void
test_a_newer_program_s_database_is_refused(TestDatabase *database)
{
    const DbMigration all[] = { first, second };
    must_migrate(database->db, all, 2);
    g_autoptr(GError) error = NULL;
    g_assert_false(db_migrate(database->db, all, 1, &system_clock, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_cmpstr(error->message, ==,
                    "the database was made by a newer program: it has \"0002 b\"");
}

static void
test_another_program_s_database_is_refused(TestDatabase *database)
{
    must_migrate(database->db, &first, 1);
    const DbMigration other = { "0001 other", first.sql };
    g_autoptr(GError) error = NULL;
    g_assert_false(db_migrate(database->db, &other, 1, &system_clock, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_a_failing_one_leaves_nothing(TestDatabase *database)
{
    const DbMigration all[] = { first,
                                { "0002 wrong", "CREATE TABLE c (x {i64}) {strict};"
                                                "INSERT INTO nowhere (x) VALUES (1);" } };
    g_autoptr(GError) error = NULL;
    g_assert_false(db_migrate(database->db, all, 2, &system_clock, &error));
    g_assert_nonnull(error);
    g_assert_true(g_str_has_prefix(error->message, "migration \"0002 wrong\": "));
    g_assert_false(has_column(database->db, "c.x"));
    const DbMigration corrected[] = { first, second };
    must_migrate(database->db, corrected, 2);
    g_assert_true(has_column(database->db, "b.x"));
}

static gpointer
migrate_in_thread(gpointer url)
{
    const DbMigration all[] = { first, second };
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(url, 1, &error);
    g_assert_no_error(error);
    must_migrate(db, all, 2);
    return NULL;
}

static void
test_of_several_at_once_one_runs_it(TestDatabase *database)
{
    GThread *threads[4];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("migrate", migrate_in_thread, database->url);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    g_assert_cmpint(value_of_a(database->db), ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_empty_database("/migrate/once", test_each_is_run_once);
    test_each_empty_database("/migrate/edited", test_edited_text_is_refused);
    test_each_empty_database("/migrate/newer", test_a_newer_program_s_database_is_refused);
    test_each_empty_database("/migrate/other", test_another_program_s_database_is_refused);
    test_each_empty_database("/migrate/failing", test_a_failing_one_leaves_nothing);
    test_each_empty_database("/migrate/at-once", test_of_several_at_once_one_runs_it);
    return g_test_run();
}

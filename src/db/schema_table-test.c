#include "db/schema_table.h"

#include "db/test_database.h"

#include <string.h>

static void
test_the_tables_are_made(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) columns = db_list_columns(database->db, &error);
    g_assert_no_error(error);
    static const char *const expected[] = { "account.region", "job.leased_until",
                                            "photo.uploaded_at", "publication.path", "sku.row" };
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_true(g_ptr_array_find_with_equal_func(columns, expected[i], g_str_equal, NULL));
    }
    for (guint i = 1; i < columns->len; i++) {
        g_assert_cmpstr(columns->pdata[i - 1], <, columns->pdata[i]);
    }
}

static GPtrArray *
columns_of(DbKind kind)
{
    char *url = test_database_create(kind);
    if (url == NULL) {
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = db_open(url, 1, &error);
    g_assert_no_error(error);
    db_migrate(db, schema_migrations, num_schema_migrations, &system_clock, &error);
    g_assert_no_error(error);
    GPtrArray *columns = db_list_columns(db, &error);
    g_assert_no_error(error);
    db_close(g_steal_pointer(&db));
    test_database_destroy(url);
    return columns;
}

/* LST-14 */
static void
test_both_databases_have_the_same_columns(void)
{
    g_autoptr(GPtrArray) sqlite = columns_of(DB_SQLITE);
    g_autoptr(GPtrArray) postgresql = columns_of(DB_POSTGRESQL);
    if (postgresql == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    g_assert_cmpuint(sqlite->len, ==, postgresql->len);
    for (guint i = 0; i < sqlite->len; i++) {
        g_assert_cmpstr(sqlite->pdata[i], ==, postgresql->pdata[i]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/schema/tables-are-made", test_the_tables_are_made);
    g_test_add_func("/schema/same-columns", test_both_databases_have_the_same_columns);
    return g_test_run();
}

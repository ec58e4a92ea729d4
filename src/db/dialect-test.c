#include "db/backend.h"

static void
assert_translated(DbKind kind, const char *sql, const char *expected)
{
    g_autofree char *translated = dialect_translate(kind, sql);
    g_assert_cmpstr(translated, ==, expected);
}

static void
test_column_types(void)
{
    static const char sql[] = "CREATE TABLE t (a {i64}, b {text}, c {bool}, d {blob}, e {real})";
    assert_translated(DB_SQLITE, sql,
                      "CREATE TABLE t (a INTEGER, b TEXT, c INTEGER, d BLOB, e REAL)");
    assert_translated(DB_POSTGRESQL, sql,
                      "CREATE TABLE t (a BIGINT, b TEXT COLLATE \"C\", c SMALLINT, d BYTEA,"
                      " e DOUBLE PRECISION)");
}

static void
test_skip_locked_is_postgresql_s(void)
{
    static const char sql[] = "SELECT id FROM job LIMIT 1 {skip_locked}";
    assert_translated(DB_SQLITE, sql, "SELECT id FROM job LIMIT 1 ");
    assert_translated(DB_POSTGRESQL, sql, "SELECT id FROM job LIMIT 1 FOR UPDATE SKIP LOCKED");
}

static void
test_for_update_is_postgresql_s(void)
{
    static const char sql[] = "SELECT id FROM account WHERE id = $1 {for_update}";
    assert_translated(DB_SQLITE, sql, "SELECT id FROM account WHERE id = $1 ");
    assert_translated(DB_POSTGRESQL, sql, "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE");
}

static void
test_quotes_and_comments_stay(void)
{
    static const char sql[] = "SELECT '{i64}', 'it''s {x}', \"{y}\" -- {z}\n FROM t WHERE a = '";
    assert_translated(DB_SQLITE, sql, sql);
}

static void
test_unknown_token_stops_the_program(void)
{
    if (g_test_subprocess()) {
        g_autofree char *never = dialect_translate(DB_SQLITE, "SELECT {i65}");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*no such token: {i65}*");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dialect/column-types", test_column_types);
    g_test_add_func("/dialect/for-update", test_for_update_is_postgresql_s);
    g_test_add_func("/dialect/skip-locked", test_skip_locked_is_postgresql_s);
    g_test_add_func("/dialect/verbatim", test_quotes_and_comments_stay);
    g_test_add_func("/dialect/unknown-token", test_unknown_token_stops_the_program);
    return g_test_run();
}

#include "web/technical_log.h"

#include "db/test_database.h"

static void
add_account(Db *db, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, &error);
    db_exec(tx, &error, NULL,
            "INSERT INTO account (id, region, display_name, created_at) VALUES ($1, 'eu', 'A', 1)",
            "t", id);
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
}

static DbRows *
read_lines(Db *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, &error);
    DbRows *rows = db_query(tx, &error,
                            "SELECT account_id, at, route, status, milliseconds, address, browser"
                            " FROM technical_log",
                            "");
    g_assert_no_error(error);
    return rows;
}

static void
flush(TechnicalLog *log)
{
    g_autoptr(GError) error = NULL;
    technical_log_flush(log, &error);
    g_assert_no_error(error);
}

/* LST-08: what is kept is a network and a kind of browser, not an address or a version. */
static void
test_line_is_coarse(TestDatabase *database)
{
    Timestamp now = SECONDS(1000);
    Clock clock = clock_showing(&now);
    Id account = id_new(&clock);
    add_account(database->db, account.text);
    TechnicalLog *log = technical_log_new(database->db, &clock);
    technical_log_add(log, &account, "GET /api/v1/batches", 200, 12345, "192.0.2.77",
                      "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    flush(log);
    g_autoptr(DbRows) rows = read_lines(database->db);
    g_assert_true(db_next(rows));
    g_assert_cmpstr(db_text(rows, "account_id"), ==, account.text);
    g_assert_cmpint(db_int(rows, "at"), ==, SECONDS(1000));
    g_assert_cmpstr(db_text(rows, "route"), ==, "GET /api/v1/batches");
    g_assert_cmpint(db_int(rows, "status"), ==, 200);
    g_assert_cmpint(db_int(rows, "milliseconds"), ==, 12);
    g_assert_cmpstr(db_text(rows, "address"), ==, "192.0.2.0/24");
    g_assert_cmpstr(db_text(rows, "browser"), ==, "Firefox on Linux");
    g_assert_false(db_next(rows));
    technical_log_free(log);
}

/* LST-24: a line that was still in memory when its account was deleted is not written. */
static void
test_deleted_account_leaves_no_line(TestDatabase *database)
{
    Id account = id_new(&system_clock);
    TechnicalLog *log = technical_log_new(database->db, &system_clock);
    technical_log_add(log, &account, "GET /a", 200, 1, "192.0.2.77", NULL);
    technical_log_add(log, NULL, "GET /b", 200, 1, "192.0.2.77", NULL);
    flush(log);
    g_autoptr(DbRows) rows = read_lines(database->db);
    g_assert_true(db_next(rows));
    g_assert_cmpstr(db_text(rows, "route"), ==, "GET /b");
    g_assert_false(db_next(rows));
    technical_log_free(log);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/technical-log/LST-08", test_line_is_coarse);
    test_each_database("/technical-log/LST-24", test_deleted_account_leaves_no_line);
    return g_test_run();
}

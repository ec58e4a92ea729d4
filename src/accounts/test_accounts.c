#include "accounts/test_accounts.h"

#include <string.h>

static Timestamp
read_clock(void *data)
{
    return ((TestAccounts *)data)->now;
}

void
test_accounts_init(TestAccounts *test, TestDatabase *database, const AccountsProvider *providers,
                   gsize num_providers)
{
    g_autoptr(GError) error = NULL;
    *test = (TestAccounts){ .now = TEST_START, .clock = { read_clock, test } };
    test->net = num_providers == 0 ? NULL : net_new();
    AccountsOptions options = { .db = database->db,
                                .net = test->net,
                                .clock = &test->clock,
                                .site_origin = "https://cloudpick.example",
                                .pictures_domain = "pictures.example",
                                .session_idle = DAYS(14),
                                .session_lifetime = DAYS(60),
                                .providers = providers,
                                .num_providers = num_providers,
                                .test_mode = true };
    memset(options.token_key, 7, sizeof options.token_key);
    test->accounts = accounts_new(&options, &error);
    g_assert_no_error(error);
}

void
test_accounts_clear(TestAccounts *test)
{
    g_clear_pointer(&test->accounts, accounts_free);
    g_clear_pointer(&test->net, net_free);
}

SignInDone
test_accounts_enter(TestAccounts *test, const char *email)
{
    g_autoptr(GError) error = NULL;
    SignInDone done = { 0 };
    sign_in_test(test->accounts, "Ada", email, "eu", NULL, &done, &error);
    g_assert_no_error(error);
    return done;
}

gint64
test_accounts_number(TestDatabase *database, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(database->db, DB_READ, &error);
    g_assert_no_error(error);
    g_autoptr(DbRows) rows = db_query(tx, &error, sql, "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "number");
}

#include "accounts/session.h"

#include "accounts/test_accounts.h"
#include "base/error.h"

#include <string.h>

static void
assert_signed_in(TestAccounts *test, const char *token)
{
    g_autoptr(GError) error = NULL;
    session_find(test->accounts, token, NULL, NULL, &error);
    g_assert_no_error(error);
}

static void
assert_signed_out(TestAccounts *test, const char *token)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(session_find(test->accounts, token, NULL, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_a_token_finds_its_account(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = { 0 };
    g_autoptr(GError) error = NULL;
    sign_in_test(test.accounts, "Ada", "ada@example.com", "us",
                 "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", &done,
                 &error);
    g_assert_no_error(error);
    g_auto(Session) session = { 0 };
    g_auto(Account) account = { 0 };
    session_find(test.accounts, done.session_token, &session, &account, &error);
    g_assert_no_error(error);
    g_assert_true(id_equal(&account.id, &done.account.id));
    g_assert_true(id_equal(&session.account, &account.id));
    g_assert_cmpstr(account.name, ==, "Ada");
    g_assert_cmpstr(account.email, ==, "ada@example.com");
    g_assert_cmpstr(account.region, ==, "us");
    g_assert_cmpstr(session.browser, ==, "Firefox on Linux");
    g_assert_cmpint(session.created_at, ==, TEST_START);
    g_assert_cmpint(session.expires_at, ==, done.session_expires_at);
}

static void
test_what_is_no_token_finds_nobody(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    g_autofree char *cut = g_strndup(done.session_token, 42);
    g_autofree char *longer = g_strconcat(done.session_token, "A", NULL);
    g_autofree char *other = g_strdup(done.session_token);
    other[10] = other[10] == 'x' ? 'y' : 'x';
    assert_signed_out(&test, "");
    assert_signed_out(&test, cut);
    assert_signed_out(&test, longer);
    assert_signed_out(&test, other);
    assert_signed_in(&test, done.session_token);
}

static void
test_the_database_does_not_hold_the_token(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    g_autoptr(DbTx) tx = db_begin(database->db, DB_READ, NULL);
    g_autoptr(DbRows) rows =
        db_query(tx, NULL, "SELECT token_hash FROM session WHERE token_hash = $1", "b",
                 done.session_token, strlen(done.session_token));
    g_assert_nonnull(rows);
    g_assert_false(db_next(rows));
}

static void
test_an_unused_session_ends(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    test.now += DAYS(14) - 1;
    assert_signed_in(&test, done.session_token);
    test.now += DAYS(14) - 1;
    assert_signed_in(&test, done.session_token);
    test.now += DAYS(14);
    assert_signed_out(&test, done.session_token);
}

static void
test_no_session_outlives_its_lifetime(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    for (guint day = 1; day < 60; day++) {
        test.now = TEST_START + DAYS(day);
        assert_signed_in(&test, done.session_token);
    }
    test.now = TEST_START + DAYS(60);
    assert_signed_out(&test, done.session_token);
}

static void
test_use_is_noted_every_few_minutes(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    static const char sql[] = "SELECT last_seen_at AS number FROM session";
    test.now = TEST_START + SESSION_SEEN_STEP - 1;
    assert_signed_in(&test, done.session_token);
    g_assert_cmpint(test_accounts_number(database, sql), ==, TEST_START);
    test.now = TEST_START + SESSION_SEEN_STEP;
    assert_signed_in(&test, done.session_token);
    g_assert_cmpint(test_accounts_number(database, sql), ==, test.now);
}

static void
test_a_session_is_ended_by_its_own_account_only(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) ada = test_accounts_enter(&test, "ada@example.com");
    g_auto(SignInDone) bob = test_accounts_enter(&test, "bob@example.com");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions = session_list(test.accounts, &ada.account.id, NULL);
    g_assert_cmpuint(sessions->len, ==, 1);
    const Session *session = sessions->pdata[0];
    g_assert_false(session_end(test.accounts, &bob.account.id, &session->id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    assert_signed_in(&test, ada.session_token);
    g_assert_true(session_end(test.accounts, &ada.account.id, &session->id, NULL));
    assert_signed_out(&test, ada.session_token);
    assert_signed_in(&test, bob.session_token);
}

/* Closed while somebody was signing in: the session was not there yet to be ended. */
static void
test_a_session_of_a_closed_account_counts_nothing(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    g_autoptr(DbTx) tx = db_begin(database->db, DB_WRITE, NULL);
    g_assert_true(db_exec(tx, NULL, NULL, "UPDATE account SET closed_at = $1", "i", TEST_START));
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    assert_signed_out(&test, done.session_token);
}

static void
test_the_session_used_last_is_listed_first(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) first = test_accounts_enter(&test, "ada@example.com");
    test.now += DAYS(1);
    g_auto(SignInDone) second = test_accounts_enter(&test, "ada@example.com");
    test.now += DAYS(1);
    g_auto(Session) used = { 0 };
    g_assert_true(session_find(test.accounts, first.session_token, &used, NULL, NULL));
    g_autoptr(GPtrArray) sessions = session_list(test.accounts, &first.account.id, NULL);
    g_assert_cmpuint(sessions->len, ==, 2);
    g_assert_true(id_equal(&((const Session *)sessions->pdata[0])->id, &used.id));
    test.now += DAYS(13);
    g_autoptr(GPtrArray) later = session_list(test.accounts, &first.account.id, NULL);
    g_assert_cmpuint(later->len, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/session/finds-account", test_a_token_finds_its_account);
    test_each_database("/session/no-token", test_what_is_no_token_finds_nobody);
    test_each_database("/session/hashed", test_the_database_does_not_hold_the_token);
    test_each_database("/session/idle", test_an_unused_session_ends);
    test_each_database("/session/lifetime", test_no_session_outlives_its_lifetime);
    test_each_database("/session/seen", test_use_is_noted_every_few_minutes);
    test_each_database("/session/end", test_a_session_is_ended_by_its_own_account_only);
    test_each_database("/session/closed", test_a_session_of_a_closed_account_counts_nothing);
    test_each_database("/session/list", test_the_session_used_last_is_listed_first);
    return g_test_run();
}

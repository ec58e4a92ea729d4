#include "accounts/account.h"

#include "accounts/account_row.h"
#include "accounts/api_token.h"
#include "accounts/session.h"
#include "accounts/test_accounts.h"
#include "base/error.h"

#include <string.h>

/* LST-01: an account is a name, an address and who signed in. */
static void
test_the_same_person_gets_the_same_account(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) first = test_accounts_enter(&test, "ada@example.com");
    g_auto(SignInDone) again = test_accounts_enter(&test, "Ada@Example.com");
    g_auto(SignInDone) other = test_accounts_enter(&test, "bob@example.com");
    g_assert_true(first.is_new);
    g_assert_false(again.is_new);
    g_assert_true(id_equal(&first.account.id, &again.account.id));
    g_assert_true(other.is_new);
    g_assert_false(id_equal(&first.account.id, &other.account.id));
    g_assert_cmpstr(first.session_token, !=, again.session_token);
}

/* LST-28 */
static void
test_the_region_is_chosen_once(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) first = { 0 };
    g_auto(SignInDone) again = { 0 };
    g_auto(SignInDone) none = { 0 };
    g_assert_true(sign_in_test(test.accounts, "Ada", "ada@x.example", "us", NULL, &first, NULL));
    g_assert_true(sign_in_test(test.accounts, "Ada", "ada@x.example", "eu", NULL, &again, NULL));
    g_assert_true(sign_in_test(test.accounts, "Ada", "ada@x.example", NULL, NULL, &none, NULL));
    g_assert_cmpstr(first.account.region, ==, "us");
    g_assert_cmpstr(again.account.region, ==, "us");
    g_assert_cmpstr(none.account.region, ==, "us");
}

static void
test_a_region_that_does_not_exist_is_refused(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(sign_in_test(test.accounts, "Ada", "ada@x.example", "cn", NULL, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM account"), ==,
                    0);
}

static void
test_without_a_region_no_account_is_made(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(sign_in_test(test.accounts, "Ada", "ada@x.example", NULL, NULL, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM account"), ==,
                    0);
}

static void
test_nobody_signs_in_by_saying_so_outside_test_mode(TestDatabase *database)
{
    AccountsOptions options = { .db = database->db,
                                .clock = &system_clock,
                                .site_origin = "https://cloudpick.example",
                                .pictures_domain = "pictures.example",
                                .session_idle = DAYS(14),
                                .session_lifetime = DAYS(60) };
    g_autoptr(GError) error = NULL;
    g_autoptr(Accounts) accounts = accounts_new(&options, NULL);
    g_auto(SignInDone) done = { 0 };
    g_assert_false(sign_in_test(accounts, "Ada", "ada@x.example", "us", NULL, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_FORBIDDEN);
}

static void
test_names_are_made_fit_to_be_shown(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_autofree char *long_name = g_strnfill(500, 'n');
    g_autofree char *cut_name = g_strnfill(100, 'n');
    const struct {
        const char *name, *shown;
    } cases[] = {
        { "  Ada\tLove\nlace ", "AdaLovelace" },
        { "\xe2\x80\xae"
          "adA",
          "adA" }, /* U+202E turns the writing direction */
        { "", "2@x.example" },
        { long_name, cut_name },
        { "\xe5\xbc\xa0\xe4\xbc\x9f", "\xe5\xbc\xa0\xe4\xbc\x9f" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        g_autofree char *email = g_strdup_printf("%u@x.example", i);
        sign_in_test(test.accounts, cases[i].name, email, "eu", NULL, &done, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(done.account.name, ==, cases[i].shown);
    }
}

/* LST-19: nothing of the account is in the name, and no two are alike. */
static void
test_each_account_has_a_picture_host_of_its_own(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) ada = test_accounts_enter(&test, "ada@example.com");
    g_auto(SignInDone) bob = test_accounts_enter(&test, "bob@example.com");
    g_autofree char *host = account_picture_host(test.accounts, &ada.account.id, NULL);
    g_autofree char *again = account_picture_host(test.accounts, &ada.account.id, NULL);
    g_autofree char *other = account_picture_host(test.accounts, &bob.account.id, NULL);
    g_assert_cmpstr(host, ==, again);
    g_assert_cmpstr(host, !=, other);
    g_assert_true(g_regex_match_simple("^[a-z2-7]{16}\\.pictures\\.example$", host, 0, 0));
}

static void
close_account(TestAccounts *test, TestDatabase *database, const Id *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(database->db, DB_WRITE, &error);
    account_close(tx, test->accounts, id, &error);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

/* LST-24: nothing that opened the account opens it after it is closed. */
static void
test_a_closed_account_lets_nobody_in(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) ada = test_accounts_enter(&test, "ada@example.com");
    g_auto(SignInDone) bob = test_accounts_enter(&test, "bob@example.com");
    g_auto(SignInDone) again = { 0 };
    g_auto(ApiToken) token = { 0 };
    g_auto(Account) account = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        api_token_create(test.accounts, &ada.account.id, "till", 0, &token, NULL);
    Timestamp expires_at;
    g_autofree char *jwt = api_token_exchange(test.accounts, text, &expires_at, NULL);
    g_assert_true(api_token_check(test.accounts, jwt, &account, NULL, NULL));
    account_clear(&account);

    close_account(&test, database, &ada.account.id);

    g_assert_false(session_find(test.accounts, ada.session_token, NULL, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    g_clear_error(&error);
    g_assert_false(api_token_check(test.accounts, jwt, &account, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    g_clear_error(&error);
    g_assert_null(api_token_exchange(test.accounts, text, &expires_at, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    g_clear_error(&error);
    g_assert_false(
        sign_in_test(test.accounts, "Ada", "ada@example.com", "eu", NULL, &again, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_clear_error(&error);
    g_assert_null(account_picture_host(test.accounts, &ada.account.id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_true(session_find(test.accounts, bob.session_token, NULL, NULL, NULL));
}

static void
test_closing_twice_keeps_the_first_moment(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    g_auto(SignInDone) ada = test_accounts_enter(&test, "ada@example.com");
    close_account(&test, database, &ada.account.id);
    test.now += DAYS(3);
    close_account(&test, database, &ada.account.id);
    g_autoptr(DbTx) tx = db_begin(database->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(tx, NULL, "SELECT closed_at FROM account", "");
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "closed_at"), ==, TEST_START);
}

typedef struct {
    TestAccounts *test;
    SignInDone done;
} Window;

static gpointer
sign_up(gpointer data)
{
    Window *window = data;
    window->done = test_accounts_enter(window->test, "ada@example.com");
    return NULL;
}

static void
test_windows_that_sign_up_at_once_share_an_account(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    test_accounts_init(&test, database, NULL, 0);
    Window windows[6] = { 0 };
    GThread *threads[G_N_ELEMENTS(windows)];
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
        windows[i].test = &test;
        threads[i] = g_thread_new("window", sign_up, &windows[i]);
    }
    guint num_new = 0;
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
        g_thread_join(threads[i]);
        num_new += windows[i].done.is_new;
        g_assert_true(id_equal(&windows[i].done.account.id, &windows[0].done.account.id));
    }
    g_assert_cmpuint(num_new, ==, 1);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM account"), ==,
                    1);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM host"), ==, 1);
    for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
        sign_in_done_clear(&windows[i].done);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/account/same-person", test_the_same_person_gets_the_same_account);
    test_each_database("/account/region", test_the_region_is_chosen_once);
    test_each_database("/account/unknown-region", test_a_region_that_does_not_exist_is_refused);
    test_each_database("/account/no-region", test_without_a_region_no_account_is_made);
    test_each_database("/account/no-test-mode",
                       test_nobody_signs_in_by_saying_so_outside_test_mode);
    test_each_database("/account/names", test_names_are_made_fit_to_be_shown);
    test_each_database("/account/picture-host", test_each_account_has_a_picture_host_of_its_own);
    test_each_database("/account/closed", test_a_closed_account_lets_nobody_in);
    test_each_database("/account/closed-twice", test_closing_twice_keeps_the_first_moment);
    test_each_database("/account/at-once", test_windows_that_sign_up_at_once_share_an_account);
    return g_test_run();
}

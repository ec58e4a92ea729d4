/* Signing in with a certified OpenID provider (npm oidc-provider), first as it is, then with a
 * proxy before it that lies (tests/node/sign-in-provider.mjs). Our side takes it for Google:
 * discovery, keys, code and token are its own. */
#include "accounts/provider.h"
#include "accounts/session.h"
#include "accounts/sign_in.h"
#include "accounts/test_accounts.h"
#include "accounts/test_provider.h"
#include "base/error.h"
#include "tests/node_program.h"

#include <string.h>

static NodeProgram *provider_program;

static void
site_init(TestAccounts *test, TestDatabase *database)
{
    AccountsProvider provider = { .id = "google",
                                  .client_id = "our-client",
                                  .client_secret = "our secret & more",
                                  .base_url = node_program_line(provider_program) };
    test_accounts_init(test, database, &provider, 1);
    /* The provider lives by the real clock. */
    test->now = g_get_real_time();
}

static char *
control(TestAccounts *test, const char *path, const char *name, const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *form = provider_form(name, value, NULL);
    g_autofree char *url = g_strconcat(node_program_line(provider_program), path, "?", form, NULL);
    NetRequest request = { .purpose = NET_SIGN_IN,
                           .method = "GET",
                           .url = url,
                           .max_response = 1 << 16,
                           .timeout_seconds = 30 };
    g_auto(NetResponse) response = { 0 };
    net_send(test->net, &request, &response, &error);
    g_assert_no_error(error);
    char *text = g_strndup(g_bytes_get_data(response.body, NULL), g_bytes_get_size(response.body));
    if (response.status != 200) {
        g_error("%s: %s", path, text);
    }
    return text;
}

static void
lie(TestAccounts *test, const char *kind)
{
    g_autofree char *answer = control(test, "/control/lie", "kind", kind);
}

static SignInBegun
begin(TestAccounts *test)
{
    g_autoptr(GError) error = NULL;
    SignInBegun begun = { 0 };
    sign_in_begin(test->accounts, "google", "us", "/batches", &begun, &error);
    g_assert_no_error(error);
    return begun;
}

/* The query with which the browser comes back from the provider. */
static char *
visit(TestAccounts *test, const SignInBegun *begun)
{
    g_autofree char *end = control(test, "/control/drive", "url", begun->url);
    g_assert_true(g_str_has_prefix(end, "https://cloudpick.example/sign-in/google/callback?"));
    return g_strdup(strchr(end, '?') + 1);
}

static bool
whole_sign_in(TestAccounts *test, SignInDone *done, GError **error)
{
    g_auto(SignInBegun) begun = { 0 };
    if (!sign_in_begin(test->accounts, "google", "us", "/batches", &begun, error)) {
        return false;
    }
    g_autofree char *query = visit(test, &begun);
    return sign_in_finish(test->accounts, "google", query, begun.browser, NULL, done, error);
}

/* LST-01 */
static void
test_a_certified_provider_signs_somebody_in(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_auto(SignInDone) again = { 0 };
    whole_sign_in(&test, &done, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(done.account.name, ==, "Ada Lovelace");
    g_assert_cmpstr(done.account.email, ==, "ada@example.com");
    g_assert_cmpstr(done.account.region, ==, "us");
    g_assert_true(session_find(test.accounts, done.session_token, NULL, NULL, NULL));
    g_assert_true(whole_sign_in(&test, &again, NULL));
    g_assert_true(id_equal(&done.account.id, &again.account.id));
    g_assert_cmpint(test_accounts_number(database,
                                         "SELECT COUNT(*) AS number FROM identity"
                                         " WHERE provider = 'google' AND subject = 'ada'"),
                    ==, 1);
}

static void
assert_lie_is_noticed(TestAccounts *test, const char *kind, AppErrorCode code, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    lie(test, kind);
    bool is_in = whole_sign_in(test, &done, &error);
    lie(test, "none");
    g_assert_false(is_in);
    g_assert_error(error, APP_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, reason));
}

static void
test_lies_about_the_token_are_noticed(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    static const struct {
        const char *kind, *reason;
    } lies[] = {
        { "wrong-issuer", "another issuer" },
        { "wrong-audience", "somebody else" },
        { "more-audiences", "somebody else" },
        { "wrong-nonce", "another question" },
        { "no-nonce", "another question" },
        { "no-expiry", "expired" },
        { "expired", "expired" },
        { "not-yet", "from the future" },
        { "nobody", "names nobody" },
        { "other-kind", "another kind" },
        { "critical", "not understood" },
        { "other-kid", "unknown key" },
        { "other-key", "signature does not hold" },
        { "tampered", "signature does not hold" },
        { "none-algorithm", "not accepted" },
        { "public-key-as-secret", "not accepted" },
        { "redirect", "token answer" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(lies); i++) {
        assert_lie_is_noticed(&test, lies[i].kind, APP_ERROR_UNAUTHENTICATED, lies[i].reason);
    }
    assert_lie_is_noticed(&test, "huge", APP_ERROR_UNAVAILABLE, "larger than");
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM session"), ==,
                    0);
    /* And the proxy alone is no lie. */
    lie(&test, "signed-anew");
    bool is_in = whole_sign_in(&test, &done, &error);
    lie(&test, "none");
    g_assert_no_error(error);
    g_assert_true(is_in);
}

/* LST-20: what a false discovery document names is never asked, nor is anybody sent there. */
static void
test_lies_about_the_provider_are_noticed(TestDatabase *database)
{
    static const char *const lies[] = { "discovery-issuer", "discovery-authorization",
                                        "discovery-token", "discovery-keys" };
    for (guint i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_auto(TestAccounts) test; /* which has not asked yet */
        site_init(&test, database);
        assert_lie_is_noticed(&test, lies[i], APP_ERROR_UNAVAILABLE, "somebody else's");
    }
    g_auto(TestAccounts) test;
    site_init(&test, database);
    assert_lie_is_noticed(&test, "no-keys", APP_ERROR_UNAUTHENTICATED, "unknown key");
}

/* A stolen code, put into a sign-in of one's own: PKCE binds it to the one it was given for. */
static void
test_the_code_of_another_sign_in_is_refused(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    g_auto(SignInBegun) of_victim = begin(&test);
    g_auto(SignInBegun) own = begin(&test);
    g_autofree char *victims = visit(&test, &of_victim);
    g_autofree char *as_url = g_strconcat("?", victims, NULL);
    g_autofree char *code = test_query_value(as_url, "code");
    g_autofree char *iss = test_query_value(as_url, "iss");
    g_autofree char *state = test_query_value(own.url, "state");
    g_autofree char *mixed = provider_form("code", code, "state", state, "iss", iss, NULL);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(
        sign_in_finish(test.accounts, "google", mixed, own.browser, NULL, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_a_replayed_answer_is_refused(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_auto(SignInDone) again = { 0 };
    g_auto(SignInBegun) begun = begin(&test);
    g_autofree char *query = visit(&test, &begun);
    g_assert_true(sign_in_finish(test.accounts, "google", query, begun.browser, NULL, &done, NULL));
    g_assert_false(
        sign_in_finish(test.accounts, "google", query, begun.browser, NULL, &again, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_an_answer_in_another_browser_is_refused(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_auto(SignInBegun) begun = begin(&test);
    g_auto(SignInBegun) other = begin(&test);
    g_autofree char *query = visit(&test, &begun);
    g_assert_false(
        sign_in_finish(test.accounts, "google", query, other.browser, NULL, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

/* RFC 9207: this provider names itself in every answer, and says in discovery that it does. */
static void
test_an_answer_of_another_issuer_is_refused(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    site_init(&test, database);
    static const char *const issuers[] = { "https://evil.example", "", NULL };
    for (guint i = 0; i < G_N_ELEMENTS(issuers); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        g_auto(SignInBegun) begun = begin(&test);
        g_autofree char *query = visit(&test, &begun);
        g_autofree char *as_url = g_strconcat("?", query, NULL);
        g_autofree char *code = test_query_value(as_url, "code");
        g_autofree char *state = test_query_value(as_url, "state");
        g_autofree char *mixed =
            issuers[i] == NULL
                ? provider_form("code", code, "state", state, NULL)
                : provider_form("code", code, "state", state, "iss", issuers[i], NULL);
        g_assert_false(
            sign_in_finish(test.accounts, "google", mixed, begun.browser, NULL, &done, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        DatabaseTest test;
    } tests[] = {
        { "certified-LST-01", test_a_certified_provider_signs_somebody_in },
        { "token-lies", test_lies_about_the_token_are_noticed },
        { "provider-lies-LST-20", test_lies_about_the_provider_are_noticed },
        { "code-of-another", test_the_code_of_another_sign_in_is_refused },
        { "replay", test_a_replayed_answer_is_refused },
        { "other-browser", test_an_answer_in_another_browser_is_refused },
        { "other-issuer", test_an_answer_of_another_issuer_is_refused },
    };
    provider_program = node_program_start("sign-in-provider.mjs", NULL);
    if (provider_program == NULL) {
        g_print("1..0 # SKIP %s\n", NODE_PROGRAM_MISSING);
        return 0;
    }
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/certified-sign-in/", tests[i].path, NULL);
        test_each_database(path, tests[i].test);
    }
    int status = g_test_run();
    node_program_stop(provider_program);
    return status;
}

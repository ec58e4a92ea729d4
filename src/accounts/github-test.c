/* Signing in with GitHub. There is no GitHub to test with, and nobody offers a stand-in: the server
 * here answers as GitHub documents (docs.github.com, "Authorizing OAuth apps" and "Users"), no
 * more. */
#include "accounts/github_json.h"

#include "accounts/provider.h"
#include "accounts/session.h"
#include "accounts/test_accounts.h"
#include "accounts/test_provider.h"
#include "base/error.h"

#include <string.h>

static const char right_token[] = "{\"access_token\":\"gho_16C7e42F292c6912E7710c838347Ae178B4a\","
                                  "\"scope\":\"read:user,user:email\","
                                  "\"token_type\":\"bearer\"}";
static const char right_user[] = "{\"login\":\"octocat\",\"id\":583231,\"type\":\"User\",\"name\":"
                                 "\"The Octocat\",\"email\":null}";
static const char right_emails[] =
    "[{\"email\":\"old@example.com\",\"primary\":false,\"verified\":true,\"visibility\":null},"
    "{\"email\":\"octocat@github.com\",\"primary\":true,\"verified\":true,\"visibility\":"
    "\"public\"}]";

typedef struct {
    TestServer *server;
    TestAccounts test;
    const char *token, *user, *emails; /* what is answered */
    guint token_status, user_status;
    char *token_request, *user_request; /* the last ones, heads and bodies */
    char *challenge;
    int num_tokens;
} Site;

static GBytes *
answer(const char *head, GBytes *body, gpointer data)
{
    Site *site = data;
    g_autofree char *text = g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
    if (g_str_has_prefix(head, "POST /login/oauth/access_token ")) {
        g_free(site->token_request);
        site->token_request = g_strconcat(head, "?", text, NULL);
        site->num_tokens++;
        return test_server_text(site->token_status, site->token);
    }
    if (g_str_has_prefix(head, "GET /user/emails ")) {
        return test_server_text(200, site->emails);
    }
    if (g_str_has_prefix(head, "GET /user ")) {
        g_free(site->user_request);
        site->user_request = g_strdup(head);
        return test_server_text(site->user_status, site->user);
    }
    return test_server_text(404, "{}");
}

static void
site_init(Site *site, TestDatabase *database)
{
    *site = (Site){ .token = right_token,
                    .user = right_user,
                    .emails = right_emails,
                    .token_status = 200,
                    .user_status = 200 };
    site->server = test_server_new(answer, site);
    AccountsProvider provider = { .id = "github",
                                  .client_id = "our-client",
                                  .client_secret = "our-secret",
                                  .base_url = test_server_origin(site->server) };
    test_accounts_init(&site->test, database, &provider, 1);
}

static void
site_clear(Site *site)
{
    test_accounts_clear(&site->test);
    test_server_free(site->server);
    g_free(site->token_request);
    g_free(site->user_request);
    g_free(site->challenge);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Site, site_clear)

static bool
sign_in(Site *site, SignInDone *done, GError **error)
{
    g_auto(SignInBegun) begun = { 0 };
    g_autoptr(GError) problem = NULL;
    sign_in_begin(site->test.accounts, "github", "us", "/", &begun, &problem);
    g_assert_no_error(problem);
    g_free(site->challenge);
    site->challenge = test_query_value(begun.url, "code_challenge");
    g_autofree char *state = test_query_value(begun.url, "state");
    g_autofree char *query = g_strconcat("code=the-code&state=", state, NULL);
    return sign_in_finish(site->test.accounts, "github", query, begun.browser, NULL, done, error);
}

/* LST-01 */
static void
test_the_number_is_the_person(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) first = { 0 };
    g_auto(SignInDone) renamed = { 0 };
    g_auto(SignInDone) other = { 0 };
    sign_in(&site, &first, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(first.account.name, ==, "The Octocat");
    g_assert_cmpstr(first.account.email, ==, "octocat@github.com");
    site.user = "{\"login\":\"renamed\",\"id\":583231,\"name\":null}";
    g_assert_true(sign_in(&site, &renamed, NULL));
    g_assert_true(id_equal(&first.account.id, &renamed.account.id));
    /* Somebody else took the name that was given up. */
    site.user = "{\"login\":\"octocat\",\"id\":999,\"name\":null}";
    g_assert_true(sign_in(&site, &other, NULL));
    g_assert_true(other.is_new);
    g_assert_cmpstr(other.account.name, ==, "octocat");
}

static void
test_the_requests_are_as_github_wants_them(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInDone) done = { 0 };
    g_assert_true(sign_in(&site, &done, NULL));
    g_assert_nonnull(strstr(site.token_request, "\r\nAccept: application/json\r\n"));
    g_autofree char *verifier =
        test_query_value(strstr(site.token_request, "\r\n\r\n"), "code_verifier");
    g_autofree char *challenge = provider_challenge(verifier);
    g_assert_cmpstr(challenge, ==, site.challenge);
    g_autofree char *redirect =
        test_query_value(strstr(site.token_request, "\r\n\r\n"), "redirect_uri");
    g_assert_cmpstr(redirect, ==, "https://cloudpick.example/sign-in/github/callback");
    g_assert_nonnull(strstr(site.user_request,
                            "\r\nAuthorization: Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a"));
    g_assert_nonnull(strstr(site.user_request, "\r\nUser-Agent: cloudpick\r\n"));
}

static void
test_errors_that_come_with_status_200(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const struct {
        const char *answer;
        AppErrorCode code;
    } cases[] = {
        { "{\"error\":\"bad_verification_code\",\"error_description\":\"expired\"}",
          APP_ERROR_UNAUTHENTICATED },
        { "{\"error\":\"unverified_user_email\"}", APP_ERROR_UNAUTHENTICATED },
        { "{\"error\":\"incorrect_client_credentials\"}", APP_ERROR_UNAVAILABLE },
        { "{\"error\":\"redirect_uri_mismatch\"}", APP_ERROR_UNAVAILABLE },
        { "{\"error\":\"bad_verification_code\",\"access_token\":\"gho_x\"}",
          APP_ERROR_UNAUTHENTICATED },
        { "{\"access_token\":null}", APP_ERROR_UNAUTHENTICATED },
        { "{\"access_token\":\"\"}", APP_ERROR_UNAUTHENTICATED },
        { "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", APP_ERROR_UNAUTHENTICATED },
        { "{}", APP_ERROR_UNAUTHENTICATED },
        { "access_token=gho_x&token_type=bearer", APP_ERROR_UNAUTHENTICATED },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        site.token = cases[i].answer;
        g_assert_false(sign_in(&site, &done, &error));
        g_assert_error(error, APP_ERROR, (int)cases[i].code);
    }
    g_assert_null(site.user_request);
}

static void
test_a_user_that_cannot_be_read_is_nobody(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const char *const users[] = {
        "{}",
        "{\"login\":\"octocat\"}",
        "{\"id\":\"583231\"}",
        "{\"id\":0}",
        "{\"id\":-1}",
        "{\"id\":1.5}",
        "{\"id\":1e300}",
        "{\"id\":1,\"id\":2}",
        "[]",
        "",
    };
    for (guint i = 0; i < G_N_ELEMENTS(users); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        site.user = users[i];
        g_assert_false(sign_in(&site, &done, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    }
    site.user = right_user;
    site.user_status = 401;
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(sign_in(&site, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM account"), ==,
                    0);
}

static void
test_only_the_verified_primary_address_counts(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const char *const lists[] = {
        "[]",
        "[{\"email\":\"a@x.example\",\"primary\":true,\"verified\":false}]",
        "[{\"email\":\"a@x.example\",\"primary\":false,\"verified\":true}]",
        "[{\"email\":null,\"primary\":true,\"verified\":true}]",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        site.emails = lists[i];
        sign_in(&site, &done, &error);
        g_assert_no_error(error);
        g_assert_null(done.account.email);
    }
}

static void
test_a_client_id_that_github_does_not_know(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    site.token_status = 404;
    site.token = "{\"error\":\"Not Found\"}";
    g_assert_false(sign_in(&site, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

/* LST-01: what GitHub hands out is used and forgotten. */
static void
test_no_token_of_github_is_stored(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInDone) done = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_true(sign_in(&site, &done, NULL));
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("looks into SQLite's files");
        return;
    }
    const char *path = strchr(database->url, ':') + 1;
    static const char *const endings[] = { "", "-wal" };
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(path, endings[i], NULL);
        g_autofree char *bytes = NULL;
        gsize size;
        g_file_get_contents(file, &bytes, &size, &error);
        g_assert_no_error(error);
        g_assert_null(memmem(bytes, size, "gho_16C7", 8));
        g_assert_null(memmem(bytes, size, done.session_token, strlen(done.session_token)));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/github/person-LST-01", test_the_number_is_the_person);
    test_each_database("/github/requests", test_the_requests_are_as_github_wants_them);
    test_each_database("/github/errors", test_errors_that_come_with_status_200);
    test_each_database("/github/client-id", test_a_client_id_that_github_does_not_know);
    test_each_database("/github/no-user", test_a_user_that_cannot_be_read_is_nobody);
    test_each_database("/github/address", test_only_the_verified_primary_address_counts);
    test_each_database("/github/no-token-LST-01", test_no_token_of_github_is_stored);
    return g_test_run();
}

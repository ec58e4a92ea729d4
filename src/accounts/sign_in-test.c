/* Signing in with a provider that tells the truth, and what is noticed when it, the browser or
 * somebody between does not. */
#include "accounts/sign_in.h"

#include "accounts/jws.h"
#include "accounts/session.h"
#include "accounts/test_accounts.h"
#include "accounts/test_provider.h"
#include "base/error.h"
#include "base/secret.h"

#include <openssl/x509.h>
#include <string.h>

/* A site at which one can sign in with a provider, "google" by its rules, and with a second,
 * "github". */
typedef struct {
    TestProvider provider;
    TestAccounts test;
} Site;

static void
site_init_with(Site *site, TestDatabase *database, const char *id)
{
    test_provider_init(&site->provider);
    const char *origin = test_server_origin(site->provider.server);
    AccountsProvider providers[] = {
        { .id = id, .client_id = "our-client", .client_secret = "our secret&", .base_url = origin },
        { .id = "github", .client_id = "x", .client_secret = "y", .base_url = origin },
    };
    test_accounts_init(&site->test, database, providers, G_N_ELEMENTS(providers));
}

static void
site_init(Site *site, TestDatabase *database)
{
    site_init_with(site, database, "google");
}

static void
site_clear(Site *site)
{
    test_accounts_clear(&site->test);
    test_provider_clear(&site->provider);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Site, site_clear)

/* The browser is sent to the provider, and the person agrees. */
static SignInBegun
begin(Site *site, const char *provider)
{
    g_autoptr(GError) error = NULL;
    SignInBegun begun = { 0 };
    sign_in_begin(site->test.accounts, provider, "eu", "/batches", &begun, &error);
    g_assert_no_error(error);
    if (strcmp(provider, "github") != 0) {
        test_provider_visit(&site->provider, begun.url);
    }
    return begun;
}

/* The query with which the provider sends the browser back. */
static char *
come_back(const SignInBegun *begun, const char *more)
{
    g_autofree char *state = test_query_value(begun->url, "state");
    return g_strdup_printf("code=the-code&state=%s%s", state, more);
}

static bool
finish(Site *site, const char *provider, const char *query, const char *browser, SignInDone *done,
       GError **error)
{
    return sign_in_finish(site->test.accounts, provider, query, browser, "curl/8", done, error);
}

static void
assert_refused(Site *site, const char *provider, const char *query, const char *browser,
               AppErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(finish(site, provider, query, browser, &done, &error));
    g_assert_error(error, APP_ERROR, (int)code);
}

/* From the first click to the session, with PROVIDER. */
static bool
whole_sign_in(Site *site, const char *provider, SignInDone *done, GError **error)
{
    g_auto(SignInBegun) begun = begin(site, provider);
    g_autofree char *query = come_back(&begun, "");
    return finish(site, provider, query, begun.browser, done, error);
}

static void
assert_lie_is_noticed(Site *site, const char *provider)
{
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    g_assert_false(whole_sign_in(site, provider, &done, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
assert_truth_is_believed(Site *site, const char *provider)
{
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    whole_sign_in(site, provider, &done, &error);
    g_assert_no_error(error);
}

/* LST-01 */
static void
test_the_browser_is_sent_to_the_provider(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInBegun) begun = begin(&site, "google");
    static const struct {
        const char *name, *value;
    } expected[] = {
        { "response_type", "code" },
        { "client_id", "our-client" },
        { "redirect_uri", "https://cloudpick.example/sign-in/google/callback" },
        { "scope", "openid email profile" },
        { "code_challenge_method", "S256" },
    };
    g_autofree char *endpoint =
        g_strconcat(test_server_origin(site.provider.server), "/auth?", NULL);
    g_assert_true(g_str_has_prefix(begun.url, endpoint));
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *value = test_query_value(begun.url, expected[i].name);
        g_assert_cmpstr(value, ==, expected[i].value);
    }
    g_autofree char *state = test_query_value(begun.url, "state");
    g_autofree char *nonce = test_query_value(begun.url, "nonce");
    g_assert_cmpuint(strlen(state), ==, 43);
    g_assert_cmpuint(strlen(nonce), ==, 43);
    g_assert_cmpuint(strlen(begun.browser), ==, 43);
    g_assert_null(strstr(begun.url, begun.browser));
}

/* LST-01, LST-28 */
static void
test_who_comes_back_is_signed_in(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    site.provider.more_claims =
        "\"name\":\"Ada\",\"email\":\"ada@example.com\",\"email_verified\":true";
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) done = { 0 };
    whole_sign_in(&site, "google", &done, &error);
    g_assert_no_error(error);
    g_assert_true(done.is_new);
    g_assert_cmpstr(done.account.name, ==, "Ada");
    g_assert_cmpstr(done.account.email, ==, "ada@example.com");
    g_assert_cmpstr(done.account.region, ==, "eu");
    g_assert_cmpstr(done.return_to, ==, "/batches");
    g_assert_true(session_find(site.test.accounts, done.session_token, NULL, NULL, NULL));
    g_auto(SignInDone) again = { 0 };
    g_assert_true(whole_sign_in(&site, "google", &again, NULL));
    g_assert_false(again.is_new);
    g_assert_true(id_equal(&again.account.id, &done.account.id));
}

static void
test_the_code_is_traded_with_secret_and_verifier(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    assert_truth_is_believed(&site, "google");
    g_autofree char *form = g_strconcat("?", site.provider.last_form, NULL);
    static const struct {
        const char *name, *value;
    } expected[] = {
        { "grant_type", "authorization_code" },
        { "code", "the-code" },
        { "client_id", "our-client" },
        { "client_secret", "our secret&" },
        { "redirect_uri", "https://cloudpick.example/sign-in/google/callback" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *value = test_query_value(form, expected[i].name);
        g_assert_cmpstr(value, ==, expected[i].value);
    }
}

/* The key is who the provider says it is, whatever the address. */
static void
test_an_address_is_no_key(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    site.provider.more_claims = "\"email\":\"ada@example.com\",\"email_verified\":true";
    g_auto(SignInDone) first = { 0 };
    g_auto(SignInDone) second = { 0 };
    site.provider.subject = "1";
    g_assert_true(whole_sign_in(&site, "google", &first, NULL));
    site.provider.subject = "2";
    g_assert_true(whole_sign_in(&site, "google", &second, NULL));
    g_assert_false(id_equal(&first.account.id, &second.account.id));
}

static void
test_an_address_that_is_not_verified_is_not_kept(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const char *const claims[] = {
        "\"email\":\"ada@example.com\"",
        "\"email\":\"ada@example.com\",\"email_verified\":false",
        "\"email\":\"ada@example.com\",\"email_verified\":\"false\"",
    };
    for (guint i = 0; i < G_N_ELEMENTS(claims); i++) {
        g_auto(SignInDone) done = { 0 };
        site.provider.more_claims = claims[i];
        g_assert_true(whole_sign_in(&site, "google", &done, NULL));
        g_assert_null(done.account.email);
    }
}

static void
test_an_answer_counts_once(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInBegun) begun = begin(&site, "google");
    g_autofree char *query = come_back(&begun, "");
    g_auto(SignInDone) done = { 0 };
    g_assert_true(finish(&site, "google", query, begun.browser, &done, NULL));
    assert_refused(&site, "google", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(site.provider.num_tokens, ==, 1);
}

/* Signing somebody in as oneself (RFC 6819, 4.4.1.8): the answer was meant for another browser. */
static void
test_an_answer_counts_in_its_own_browser(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInBegun) begun = begin(&site, "google");
    g_auto(SignInBegun) of_victim = begin(&site, "google");
    g_autofree char *query = come_back(&begun, "");
    assert_refused(&site, "google", query, of_victim.browser, APP_ERROR_UNAUTHENTICATED);
    assert_refused(&site, "google", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    g_auto(SignInBegun) third = begin(&site, "google");
    g_autofree char *third_query = come_back(&third, "");
    assert_refused(&site, "google", third_query, NULL, APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(site.provider.num_tokens, ==, 0);
}

static void
test_an_answer_counts_in_its_time(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInBegun) begun = begin(&site, "google");
    g_autofree char *query = come_back(&begun, "");
    site.test.now += SIGN_IN_LIFETIME;
    assert_refused(&site, "google", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(site.provider.num_tokens, ==, 0);
}

/* RFC 9700, 4.4 */
static void
test_an_answer_counts_at_the_address_of_its_provider(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_auto(SignInBegun) begun = begin(&site, "google");
    g_autofree char *query = come_back(&begun, "");
    assert_refused(&site, "github", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    g_auto(SignInBegun) other = begin(&site, "github");
    g_autofree char *other_query = come_back(&other, "");
    assert_refused(&site, "google", other_query, other.browser, APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(site.provider.num_tokens, ==, 0);
}

static void
test_answers_that_cannot_be_read(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autofree char *long_query = g_strnfill(9000, 'a');
    static const char *const endings[] = { "&code=other", "&state=other", "&iss=a&iss=b",
                                           "&error=a&error=b", "&x=%zz" };
    for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_auto(SignInBegun) begun = begin(&site, "google");
        g_autofree char *query = come_back(&begun, endings[i]);
        assert_refused(&site, "google", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    }
    static const char *const queries[] = { "", "code=x", "state=", "state=x&code=y", "&&&", "=" };
    for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
        assert_refused(&site, "google", queries[i], "x", APP_ERROR_UNAUTHENTICATED);
    }
    assert_refused(&site, "google", long_query, "x", APP_ERROR_UNAUTHENTICATED);
    g_assert_cmpint(site.provider.num_tokens, ==, 0);
}

static void
test_refusals_of_the_provider_are_told_apart(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const struct {
        const char *ending;
        AppErrorCode code;
    } cases[] = {
        { "&error=access_denied", APP_ERROR_CANCELLED },
        { "&error=server_error", APP_ERROR_UNAUTHENTICATED },
        { "&error=unauthorized_client", APP_ERROR_UNAVAILABLE },
        { "&error=%3Cscript%3E", APP_ERROR_UNAUTHENTICATED },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInDone) done = { 0 };
        g_auto(SignInBegun) begun = begin(&site, "google");
        g_autofree char *query = come_back(&begun, cases[i].ending);
        g_assert_false(finish(&site, "google", query, begun.browser, &done, &error));
        g_assert_error(error, APP_ERROR, (int)cases[i].code);
        g_assert_null(strchr(error->message, '<'));
    }
}

static void
test_a_provider_that_is_not_configured(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autoptr(GError) error = NULL;
    g_auto(SignInBegun) begun = { 0 };
    g_assert_false(sign_in_begin(site.test.accounts, "microsoft", "eu", "/", &begun, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    assert_refused(&site, "microsoft", "code=a&state=b", "x", APP_ERROR_NOT_FOUND);
}

/* No way to lead a browser from here to somewhere else (RFC 9700, 4.11). */
static void
test_the_way_back_is_a_path_of_this_site(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const struct {
        const char *asked, *given;
    } cases[] = {
        { "/batches/1?x=y#z", "/batches/1?x=y#z" },
        { NULL, "/" },
        { "", "/" },
        { "https://evil.example/", "/" },
        { "//evil.example/", "/" },
        { "/\\evil.example/", "/" },
        { "/a\\b", "/" },
        { "/\t/evil.example", "/" },
        { "/a\r\nSet-Cookie: x", "/" },
        { "javascript:alert(1)", "/" },
        { "batches", "/" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SignInBegun) begun = { 0 };
        g_auto(SignInDone) done = { 0 };
        g_assert_true(
            sign_in_begin(site.test.accounts, "google", "eu", cases[i].asked, &begun, NULL));
        test_provider_visit(&site.provider, begun.url);
        g_autofree char *query = come_back(&begun, "");
        g_assert_true(finish(&site, "google", query, begun.browser, &done, NULL));
        g_assert_cmpstr(done.return_to, ==, cases[i].given);
    }
}

static void
test_without_a_region_only_a_known_person_is_let_in(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SignInBegun) begun = { 0 };
        g_auto(SignInDone) done = { 0 };
        g_assert_true(sign_in_begin(site.test.accounts, "google", NULL, "/", &begun, NULL));
        test_provider_visit(&site.provider, begun.url);
        g_autofree char *query = come_back(&begun, "");
        if (i == 0) {
            g_assert_false(finish(&site, "google", query, begun.browser, &done, &error));
            g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
            assert_truth_is_believed(&site, "google");
        } else {
            g_assert_true(finish(&site, "google", query, begun.browser, &done, NULL));
        }
    }
}

static char *
tamper(const char *token)
{
    char *tampered = g_strdup(token);
    char *signature = strrchr(tampered, '.') + 10;
    *signature = *signature == 'A' ? 'B' : 'A';
    return tampered;
}

static char *
without_signature(const char *token)
{
    g_autofree char *header = base64url_encode("{\"alg\":\"none\"}", 14);
    const char *payload = strchr(token, '.') + 1;
    return g_strdup_printf("%s.%.*s.", header, (int)(strchr(payload, '.') - payload), payload);
}

static void
test_tokens_that_lie_are_noticed(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    const gint64 now = TEST_START / G_USEC_PER_SEC;
    g_autoptr(TestKey) other_key = test_key_new("RS256", "key");
    g_autoptr(TestKey) other_alg = test_key_new("ES256", "key");
    const struct {
        const char *issuer, *audience, *nonce, *subject, *header, *more_claims;
        const TestKey *key;
        char *(*spoil)(const char *token);
        gint64 issued_at, expires_at;
    } lies[] = {
        { .issuer = "https://evil.example" },
        { .issuer = "" },
        { .audience = "\"another-client\"" },
        { .audience = "[\"our-client\",\"another-client\"]" },
        { .audience = "[]" },
        { .audience = "" },
        { .more_claims = "\"azp\":\"another-client\"" },
        { .more_claims = "\"iss\":\"https://evil.example\"" }, /* said twice */
        { .nonce = "another-nonce" },
        { .nonce = "" },
        { .subject = "" },
        { .expires_at = now - 61 },
        { .expires_at = now - 60 },
        { .issued_at = now + 61 },
        { .more_claims = "\"nbf\":99999999999" },
        { .more_claims = "\"nbf\":1e300" },
        { .header = "{\"alg\":\"RS256\",\"kid\":\"key\",\"typ\":\"at+jwt\"}" },
        { .header = "{\"alg\":\"RS256\",\"kid\":\"another\"}" },
        { .key = other_key },
        { .key = other_alg },
        { .spoil = tamper },
        { .spoil = without_signature },
    };
    for (guint i = 0; i < G_N_ELEMENTS(lies); i++) {
        TestProvider *provider = &site.provider;
        provider->token_issuer = lies[i].issuer;
        provider->audience = lies[i].audience;
        provider->nonce = lies[i].nonce;
        provider->subject = lies[i].subject;
        provider->header = lies[i].header;
        provider->more_claims = lies[i].more_claims;
        provider->signing_key = lies[i].key;
        provider->spoil = lies[i].spoil;
        provider->issued_at = lies[i].issued_at == 0 ? now : lies[i].issued_at;
        provider->expires_at = lies[i].expires_at == 0 ? now + 300 : lies[i].expires_at;
        g_test_message("lie %u", i);
        assert_lie_is_noticed(&site, "google");
    }
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM account"), ==,
                    0);
    g_assert_cmpint(test_accounts_number(database, "SELECT COUNT(*) AS number FROM session"), ==,
                    0);
}

static void
test_spellings_that_are_true(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    TestProvider *provider = &site.provider;
    assert_truth_is_believed(&site, "google");
    provider->audience = "[\"our-client\"]";
    assert_truth_is_believed(&site, "google");
    provider->more_claims = "\"azp\":\"our-client\"";
    assert_truth_is_believed(&site, "google");
    provider->header = "{\"alg\":\"RS256\",\"kid\":\"key\",\"typ\":\"JWT\"}";
    assert_truth_is_believed(&site, "google");
    /* Google's older tokens. */
    provider->token_issuer = strstr(test_server_origin(provider->server), "127");
    assert_truth_is_believed(&site, "google");
}

/* The public key of the provider as a shared secret. */
static void
test_key_confusion_is_noticed(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autofree char *nonce = NULL;
    g_auto(SignInBegun) begun = begin(&site, "google");
    g_autofree char *query = come_back(&begun, "");
    guint8 *der = NULL;
    int size = i2d_PUBKEY(site.provider.key->key, &der);
    g_autofree char *payload = g_strdup_printf(
        "{\"iss\":\"%s\",\"sub\":\"1\",\"aud\":\"our-client\",\"exp\":1800000300,\"nonce\":\"%s\"}",
        test_server_origin(site.provider.server), site.provider.expected_nonce);
    g_autofree char *token = jws_sign_own(der, (gsize)size, "JWT", payload);
    g_autofree char *answer = g_strdup_printf("{\"id_token\":\"%s\"}", token);
    site.provider.answer = answer;
    assert_refused(&site, "google", query, begun.browser, APP_ERROR_UNAUTHENTICATED);
    OPENSSL_free(der);
}

/* RFC 9207 */
static void
test_the_issuer_of_an_answer_is_compared(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    g_autofree char *right = g_strconcat("&iss=", test_server_origin(site.provider.server), NULL);
    const struct {
        bool sends_iss;
        const char *ending;
        bool is_right;
    } cases[] = {
        { true, right, true },
        { true, "", false },
        { true, "&iss=https://evil.example", false },
        { false, "", true },
        { false, right, true },
        { false, "&iss=https://evil.example", false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        site.provider.sends_iss = cases[i].sends_iss;
        site.test.now += SECONDS(3600); /* so that discovery is asked again */
        site.provider.expires_at = site.test.now / G_USEC_PER_SEC + 300;
        g_auto(SignInBegun) begun = begin(&site, "google");
        g_autofree char *query = come_back(&begun, cases[i].ending);
        g_auto(SignInDone) done = { 0 };
        int num_tokens = site.provider.num_tokens;
        g_assert_true(finish(&site, "google", query, begun.browser, &done, NULL) ==
                      cases[i].is_right);
        /* The code of a mixed-up answer is not given away. */
        g_assert_cmpint(site.provider.num_tokens - num_tokens, ==, cases[i].is_right);
    }
}

static void
assert_no_beginning(Site *site)
{
    g_autoptr(GError) error = NULL;
    g_auto(SignInBegun) begun = { 0 };
    g_assert_false(sign_in_begin(site->test.accounts, "google", "eu", "/", &begun, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

/* LST-20: what discovery names at other places is not believed. */
static void
test_discovery_documents_that_are_refused(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    site.provider.issuer = "https://evil.example";
    assert_no_beginning(&site);
    site.provider.issuer = NULL;
    site.provider.keys_at = "http://127.0.0.1:9";
    assert_no_beginning(&site);
    g_autofree char *longer_port = g_strconcat(test_server_origin(site.provider.server), "0", NULL);
    site.provider.keys_at = longer_port;
    assert_no_beginning(&site);
    site.provider.keys_at = NULL;
    const char *own = test_server_origin(site.provider.server);
    g_autofree char *two_headers =
        g_strdup_printf("{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\\r\\nSet-Cookie: b\","
                        "\"token_endpoint\":\"%s/token\",\"jwks_uri\":\"%s/keys\"}",
                        own, own, own, own);
    site.provider.discovery = two_headers;
    assert_no_beginning(&site);
    static const char *const documents[] = { "", "{}", "[]", "{\"issuer\":1}", "not json" };
    for (guint i = 0; i < G_N_ELEMENTS(documents); i++) {
        site.provider.discovery = documents[i];
        assert_no_beginning(&site);
    }
    site.provider.discovery = NULL;
    site.provider.status = 500;
    assert_no_beginning(&site);
    site.provider.status = 404;
    assert_no_beginning(&site);
    site.provider.status = 0;
    assert_truth_is_believed(&site, "google");
}

static void
test_what_a_provider_says_is_asked_once_an_hour(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    assert_truth_is_believed(&site, "google");
    assert_truth_is_believed(&site, "google");
    g_assert_cmpint(site.provider.num_discoveries, ==, 1);
    g_assert_cmpint(site.provider.num_key_sets, ==, 1);
    site.test.now += SECONDS(3600);
    site.provider.expires_at += 3600;
    assert_truth_is_believed(&site, "google");
    g_assert_cmpint(site.provider.num_discoveries, ==, 2);
    g_assert_cmpint(site.provider.num_key_sets, ==, 2);
}

static void
test_new_keys_are_fetched_when_a_token_names_them(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    assert_truth_is_believed(&site, "google");
    g_autoptr(TestKey) next = test_key_new("RS256", "next");
    g_autofree char *jwk = test_key_to_jwk(next, NULL);
    g_free(site.provider.keys);
    site.provider.keys = test_key_set(jwk, NULL);
    site.provider.signing_key = next;
    assert_truth_is_believed(&site, "google");
    g_assert_cmpint(site.provider.num_key_sets, ==, 2);
}

/* Anybody can send tokens that name keys which do not exist. */
static void
test_keys_are_fetched_again_once_a_minute_at_most(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    assert_truth_is_believed(&site, "google");
    site.provider.header = "{\"alg\":\"RS256\",\"kid\":\"no such key\"}";
    for (guint i = 0; i < 5; i++) {
        assert_lie_is_noticed(&site, "google");
    }
    g_assert_cmpint(site.provider.num_key_sets, ==, 2);
    site.test.now += SECONDS(60);
    site.provider.expires_at += 60;
    assert_lie_is_noticed(&site, "google");
    g_assert_cmpint(site.provider.num_key_sets, ==, 3);
}

static void
test_answers_to_the_code_that_are_no_token(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    static const struct {
        guint status;
        const char *answer;
        AppErrorCode code;
    } cases[] = {
        { 400, "{\"error\":\"invalid_grant\"}", APP_ERROR_UNAUTHENTICATED },
        { 401, "{\"error\":\"invalid_client\"}", APP_ERROR_UNAVAILABLE },
        { 200, "{\"error\":\"invalid_grant\"}", APP_ERROR_UNAUTHENTICATED },
        { 200, "{}", APP_ERROR_UNAUTHENTICATED },
        { 200, "{\"id_token\":null}", APP_ERROR_UNAUTHENTICATED },
        { 200, "{\"id_token\":\"a.b.c\"}", APP_ERROR_UNAUTHENTICATED },
        { 200, "<html>", APP_ERROR_UNAUTHENTICATED },
        { 503, "", APP_ERROR_UNAVAILABLE },
        { 429, "{}", APP_ERROR_UNAVAILABLE },
    };
    assert_truth_is_believed(&site, "google");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SignInBegun) begun = begin(&site, "google");
        g_autofree char *query = come_back(&begun, "");
        site.provider.status = cases[i].status;
        site.provider.answer = cases[i].answer;
        assert_refused(&site, "google", query, begun.browser, cases[i].code);
    }
}

static const char tenant[] = "72f988bf-86f1-41af-91ab-2d7cd011db47";
static const char other_tenant[] = "11111111-2222-3333-4444-555555555555";

/* The issuer of Microsoft's tokens at this provider. */
static char *
tenant_issuer(const Site *site, const char *tid)
{
    return g_strdup_printf("%s/%s/v2.0", test_server_origin(site->provider.server), tid);
}

static void
test_microsoft_issuers_name_their_tenant(TestDatabase *database)
{
    g_auto(Site) site;
    site_init_with(&site, database, "microsoft");
    g_autofree char *template = tenant_issuer(&site, "{tenantid}");
    g_autofree char *right = tenant_issuer(&site, tenant);
    g_autofree char *other = tenant_issuer(&site, other_tenant);
    g_autofree char *own_key = g_strdup_printf("\"issuer\":\"%s\"", other);
    site.provider.discovery_path = "/common/v2.0/.well-known/openid-configuration";
    site.provider.issuer = template;
    site.provider.more_claims = "\"tid\":\"72f988bf-86f1-41af-91ab-2d7cd011db47\"";
    site.provider.token_issuer = right;
    assert_truth_is_believed(&site, "microsoft");
    site.provider.token_issuer = other;
    assert_lie_is_noticed(&site, "microsoft");
    site.provider.token_issuer = template;
    assert_lie_is_noticed(&site, "microsoft");
    site.provider.token_issuer = right;
    site.provider.more_claims = NULL;
    assert_lie_is_noticed(&site, "microsoft");
    site.provider.token_issuer = template;
    site.provider.more_claims = "\"tid\":\"{tenantid}\"";
    assert_lie_is_noticed(&site, "microsoft");
    /* A key that signs for one tenant only. */
    g_autofree char *jwk = test_key_to_jwk(site.provider.key, own_key);
    g_free(site.provider.keys);
    site.provider.keys = test_key_set(jwk, NULL);
    site.provider.token_issuer = right;
    site.provider.more_claims = "\"tid\":\"72f988bf-86f1-41af-91ab-2d7cd011db47\"";
    assert_truth_is_believed(&site, "microsoft");
    site.test.now += SECONDS(3600);
    site.provider.expires_at += 3600;
    assert_lie_is_noticed(&site, "microsoft");
}

static void
test_tenants_of_microsoft_do_not_speak_for_each_other(TestDatabase *database)
{
    g_auto(Site) site;
    site_init_with(&site, database, "microsoft");
    g_autofree char *template = tenant_issuer(&site, "{tenantid}");
    site.provider.discovery_path = "/common/v2.0/.well-known/openid-configuration";
    site.provider.issuer = template;
    site.provider.subject = "same";
    static const struct {
        const char *tid, *more;
        bool has_email;
    } cases[] = {
        { tenant, "", false },
        { other_tenant, ",\"email_verified\":true", false },
        { "22222222-2222-3333-4444-555555555555", ",\"xms_edov\":1", true },
        { "9188040d-6c67-4c5b-b112-36a304b66dad", "", true }, /* private customers */
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *issuer = tenant_issuer(&site, cases[i].tid);
        g_autofree char *claims = g_strdup_printf("\"tid\":\"%s\",\"email\":\"ada@example.com\"%s",
                                                  cases[i].tid, cases[i].more);
        g_auto(SignInDone) done = { 0 };
        site.provider.token_issuer = issuer;
        site.provider.more_claims = claims;
        g_assert_true(whole_sign_in(&site, "microsoft", &done, NULL));
        g_assert_true(done.is_new);
        g_assert_true((done.account.email != NULL) == cases[i].has_email);
    }
}

static void
test_a_provider_that_is_down_is_believed_for_a_day(TestDatabase *database)
{
    g_auto(Site) site;
    site_init(&site, database);
    assert_truth_is_believed(&site, "google");
    g_auto(SignInBegun) begun = { 0 };
    site.provider.status = 503;
    site.test.now += DAYS(1) - 1;
    g_assert_true(sign_in_begin(site.test.accounts, "google", "eu", "/", &begun, NULL));
    site.test.now += 1;
    assert_no_beginning(&site);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *path;
        DatabaseTest test;
    } tests[] = {
        { "sent-LST-01", test_the_browser_is_sent_to_the_provider },
        { "comes-back-LST-01", test_who_comes_back_is_signed_in },
        { "code-is-traded", test_the_code_is_traded_with_secret_and_verifier },
        { "address-is-no-key", test_an_address_is_no_key },
        { "address-not-verified", test_an_address_that_is_not_verified_is_not_kept },
        { "once", test_an_answer_counts_once },
        { "own-browser", test_an_answer_counts_in_its_own_browser },
        { "in-time", test_an_answer_counts_in_its_time },
        { "mix-up", test_an_answer_counts_at_the_address_of_its_provider },
        { "unreadable", test_answers_that_cannot_be_read },
        { "refusals", test_refusals_of_the_provider_are_told_apart },
        { "not-configured", test_a_provider_that_is_not_configured },
        { "way-back", test_the_way_back_is_a_path_of_this_site },
        { "no-region", test_without_a_region_only_a_known_person_is_let_in },
        { "lies", test_tokens_that_lie_are_noticed },
        { "truths", test_spellings_that_are_true },
        { "key-confusion", test_key_confusion_is_noticed },
        { "iss", test_the_issuer_of_an_answer_is_compared },
        { "discovery-LST-20", test_discovery_documents_that_are_refused },
        { "hourly", test_what_a_provider_says_is_asked_once_an_hour },
        { "new-keys", test_new_keys_are_fetched_when_a_token_names_them },
        { "unknown-keys", test_keys_are_fetched_again_once_a_minute_at_most },
        { "no-token", test_answers_to_the_code_that_are_no_token },
        { "microsoft-issuer", test_microsoft_issuers_name_their_tenant },
        { "microsoft-tenants", test_tenants_of_microsoft_do_not_speak_for_each_other },
        { "down", test_a_provider_that_is_down_is_believed_for_a_day },
    };
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strconcat("/sign-in/", tests[i].path, NULL);
        test_each_database(path, tests[i].test);
    }
    return g_test_run();
}

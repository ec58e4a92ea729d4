#include "accounts/test_provider.h"

#include "accounts/provider.h"
#include "accounts/test_accounts.h"

#include <string.h>

static const char *
or_default(const char *said, const char *right)
{
    return said != NULL ? said : right;
}

static char *
make_discovery(const TestProvider *provider)
{
    if (provider->discovery != NULL) {
        return g_strdup(provider->discovery);
    }
    const char *origin = test_server_origin(provider->server);
    return g_strdup_printf("{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\","
                           "\"token_endpoint\":\"%s/token\",\"jwks_uri\":\"%s/keys\","
                           "\"response_types_supported\":[\"code\"],"
                           "\"authorization_response_iss_parameter_supported\":%s}",
                           or_default(provider->issuer, origin), origin, origin,
                           or_default(provider->keys_at, origin),
                           provider->sends_iss ? "true" : "false");
}

static char *
make_token(const TestProvider *provider)
{
    g_autoptr(GString) payload = g_string_new("{");
    g_string_append_printf(
        payload,
        "\"iss\":\"%s\",\"sub\":\"%s\",\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT,
        or_default(provider->token_issuer, test_server_origin(provider->server)),
        or_default(provider->subject, "1234567890"), provider->issued_at, provider->expires_at);
    const char *audience = or_default(provider->audience, "\"our-client\"");
    const char *nonce = or_default(provider->nonce, provider->expected_nonce);
    if (audience[0] != '\0') {
        g_string_append_printf(payload, ",\"aud\":%s", audience);
    }
    if (nonce != NULL && nonce[0] != '\0') {
        g_string_append_printf(payload, ",\"nonce\":\"%s\"", nonce);
    }
    if (provider->more_claims != NULL) {
        g_string_append_printf(payload, ",%s", provider->more_claims);
    }
    g_string_append_c(payload, '}');
    const TestKey *key = provider->signing_key != NULL ? provider->signing_key : provider->key;
    char *token = provider->header == NULL
                      ? test_token(key, payload->str)
                      : test_token_with_header(key, provider->header, payload->str);
    if (provider->spoil != NULL) {
        g_autofree char *signed_token = token;
        token = provider->spoil(signed_token);
    }
    return token;
}

static GBytes *
answer_token(TestProvider *provider, GBytes *body)
{
    provider->num_tokens++;
    g_free(provider->last_form);
    provider->last_form = g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
    if (provider->answer != NULL) {
        return test_server_text(provider->status == 0 ? 200 : provider->status, provider->answer);
    }
    g_autofree char *as_query = g_strconcat("?", provider->last_form, NULL);
    g_autofree char *verifier = test_query_value(as_query, "code_verifier");
    g_autofree char *challenge = provider_challenge(verifier);
    if (g_strcmp0(challenge, provider->expected_challenge) != 0) {
        return test_server_text(400, "{\"error\":\"invalid_grant\"}");
    }
    g_autofree char *token = make_token(provider);
    g_autofree char *json = g_strdup_printf(
        "{\"access_token\":\"unused\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}", token);
    return test_server_text(200, json);
}

static GBytes *
answer(const char *head, GBytes *body, gpointer data)
{
    TestProvider *provider = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&provider->lock);
    g_auto(GStrv) words = g_strsplit(head, " ", 3);
    if (provider->status != 0 && provider->answer == NULL) {
        return test_server_text(provider->status, "{}");
    }
    if (strcmp(words[1], provider->discovery_path) == 0) {
        provider->num_discoveries++;
        g_autofree char *json = make_discovery(provider);
        return test_server_text(200, json);
    }
    if (strcmp(words[1], "/keys") == 0) {
        provider->num_key_sets++;
        return test_server_text(200, provider->keys);
    }
    return strcmp(words[1], "/token") == 0 ? answer_token(provider, body)
                                           : test_server_text(404, "{}");
}

/* One for all tests of a program: making an RSA key takes longer than a test. */
static const TestKey *
provider_key(void)
{
    static TestKey *key;
    if (key == NULL) {
        key = test_key_new("RS256", "key");
    }
    return key;
}

void
test_provider_init(TestProvider *provider)
{
    *provider = (TestProvider){ .discovery_path = "/.well-known/openid-configuration",
                                .issued_at = TEST_START / G_USEC_PER_SEC,
                                .expires_at = TEST_START / G_USEC_PER_SEC + 300 };
    provider->key = provider_key();
    g_autofree char *jwk = test_key_to_jwk(provider->key, NULL);
    provider->keys = test_key_set(jwk, NULL);
    g_mutex_init(&provider->lock);
    provider->server = test_server_new(answer, provider);
}

void
test_provider_clear(TestProvider *provider)
{
    test_server_free(provider->server);
    g_free(provider->keys);
    g_free(provider->expected_nonce);
    g_free(provider->expected_challenge);
    g_free(provider->last_form);
    g_mutex_clear(&provider->lock);
}

char *
test_query_value(const char *url, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) values =
        g_uri_parse_params(strchr(url, '?') + 1, -1, "&", G_URI_PARAMS_WWW_FORM, &error);
    g_assert_no_error(error);
    const char *value = g_hash_table_lookup(values, name);
    if (value == NULL) {
        g_error("%s has no %s", url, name);
    }
    return g_strdup(value);
}

void
test_provider_visit(TestProvider *provider, const char *url)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&provider->lock);
    g_free(provider->expected_nonce);
    g_free(provider->expected_challenge);
    provider->expected_nonce = test_query_value(url, "nonce");
    provider->expected_challenge = test_query_value(url, "code_challenge");
}

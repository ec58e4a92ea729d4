#include "accounts/provider.h"

#include "accounts/oidc_cache.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

/* Key sets and discovery documents are below 20 KB, id tokens below 8 KB. */
enum { MAX_ANSWER_BYTES = 256 * 1024, TIMEOUT_SECONDS = 10 };

void
sign_in_secrets_clear(SignInSecrets *secrets)
{
    g_clear_pointer(&secrets->state, g_free);
    g_clear_pointer(&secrets->nonce, g_free);
    g_clear_pointer(&secrets->verifier, g_free);
    g_clear_pointer(&secrets->redirect_uri, g_free);
}

static const ProviderRow *
find_row(const char *id)
{
    for (gsize i = 0; i < provider_table_size; i++) {
        if (strcmp(provider_table[i].id, id) == 0) {
            return &provider_table[i];
        }
    }
    return NULL;
}

static bool
register_origins(const Provider *provider, const char *base_url, GError **error)
{
    if (base_url != NULL) {
        return net_allow(provider->net, NET_SIGN_IN, base_url, NET_PRIVATE, error);
    }
    if (!net_allow(provider->net, NET_SIGN_IN, provider->row->origin, NET_PUBLIC, error)) {
        return false;
    }
    const char *const *more = provider->row->more_origins;
    for (guint i = 0; i < G_N_ELEMENTS(provider->row->more_origins) && more[i] != NULL; i++) {
        if (!net_allow(provider->net, NET_SIGN_IN, more[i], NET_PUBLIC, error)) {
            return false;
        }
    }
    return true;
}

Provider *
provider_new(const AccountsProvider *options, Net *net, const Clock *clock, GError **error)
{
    const ProviderRow *row = find_row(options->id);
    if (row == NULL) {
        return fail_null(error, APP_ERROR_INVALID, "there is no sign-in provider \"%s\"",
                         options->id);
    }
    if (options->client_id == NULL || options->client_id[0] == '\0' ||
        options->client_secret == NULL || options->client_secret[0] == '\0') {
        return fail_null(error, APP_ERROR_INVALID,
                         "signing in with %s needs a client id and a client secret", row->name);
    }
    Provider *provider = g_new0(Provider, 1);
    const char *base_url =
        options->base_url != NULL && options->base_url[0] != '\0' ? options->base_url : NULL;
    provider->row = row;
    provider->clock = clock;
    provider->net = net;
    provider->client_id = g_strdup(options->client_id);
    provider->client_secret = g_strdup(options->client_secret);
    provider->origin = g_strdup(base_url == NULL ? row->origin : base_url);
    provider->api_origin = g_strdup(base_url == NULL ? row->api_origin : base_url);
    provider->is_elsewhere = base_url != NULL;
    g_mutex_init(&provider->lock);
    if (!register_origins(provider, base_url, error)) {
        provider_free(provider);
        return NULL;
    }
    return provider;
}

void
provider_free(Provider *provider)
{
    if (provider == NULL) {
        return;
    }
    g_free(provider->client_id);
    secret_clear(provider->client_secret, strlen(provider->client_secret));
    g_free(provider->client_secret);
    g_free(provider->origin);
    g_free(provider->api_origin);
    oidc_cache_free(provider->cache);
    g_mutex_clear(&provider->lock);
    g_free(provider);
}

/* It becomes part of a header that browsers get, and of a request's first line. */
static bool
is_graphic(const char *url)
{
    while (g_ascii_isgraph(*url)) {
        url++;
    }
    return *url == '\0';
}

static bool
is_behind(const char *url, const char *origin)
{
    return g_str_has_prefix(url, origin) && url[strlen(origin)] == '/';
}

bool
provider_is_own_address(const Provider *provider, const char *url)
{
    if (!is_graphic(url)) {
        return false;
    }
    if (is_behind(url, provider->origin)) {
        return true;
    }
    const char *const *more = provider->row->more_origins;
    guint num_more = provider->is_elsewhere ? 0 : G_N_ELEMENTS(provider->row->more_origins);
    for (guint i = 0; i < num_more && more[i] != NULL; i++) {
        if (is_behind(url, more[i])) {
            return true;
        }
    }
    return false;
}

bool
provider_send(Provider *provider, const NetRequest *request, guint *ret_status, GBytes **ret_json,
              GError **error)
{
    NetRequest bounded = *request;
    bounded.purpose = NET_SIGN_IN;
    bounded.max_response = MAX_ANSWER_BYTES;
    bounded.timeout_seconds = TIMEOUT_SECONDS;
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) problem = NULL;
    if (!net_send(provider->net, &bounded, &response, &problem)) {
        bool is_timeout = g_error_matches(problem, APP_ERROR, APP_ERROR_TIMEOUT);
        return fail(error, is_timeout ? APP_ERROR_TIMEOUT : APP_ERROR_UNAVAILABLE,
                    "%s cannot be asked: %s", provider->row->name, problem->message);
    }
    if (response.status >= 500 || response.status == 429) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s has a problem (status %u): try again later",
                    provider->row->name, response.status);
    }
    *ret_status = response.status;
    *ret_json = g_steal_pointer(&response.body);
    return true;
}

char *
provider_form(const char *name, ...)
{
    g_autoptr(GString) form = g_string_new(NULL);
    va_list arguments;
    va_start(arguments, name);
    for (; name != NULL; name = va_arg(arguments, const char *)) {
        g_autofree char *value = g_uri_escape_string(va_arg(arguments, const char *), NULL, FALSE);
        g_string_append_printf(form, "%s%s=%s", form->len == 0 ? "" : "&", name, value);
    }
    va_end(arguments);
    return g_strdup(form->str);
}

char *
provider_challenge(const char *verifier)
{
    Digest digest = digest_of(verifier, strlen(verifier));
    return base64url_encode(digest.bytes, DIGEST_SIZE);
}

bool
provider_refuse(const Provider *provider, const char *error_code, GError **error)
{
    /* The code comes from outside: a word, or it is not repeated. */
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    gsize length = strnlen(error_code, 65);
    const char *shown = length <= 64 && strspn(error_code, letters) == length ? error_code : "?";
    if (strcmp(error_code, "access_denied") == 0) {
        return fail(error, APP_ERROR_CANCELLED, "the sign-in was cancelled at %s",
                    provider->row->name);
    }
    bool is_ours = strcmp(error_code, "invalid_client") == 0 ||
                   strcmp(error_code, "incorrect_client_credentials") == 0 ||
                   strcmp(error_code, "unauthorized_client") == 0 ||
                   strcmp(error_code, "redirect_uri_mismatch") == 0;
    return fail(error, is_ours ? APP_ERROR_UNAVAILABLE : APP_ERROR_UNAUTHENTICATED,
                is_ours ? "%s does not accept this site's registration (%s)"
                        : "%s did not accept the sign-in (%s)",
                provider->row->name, shown);
}

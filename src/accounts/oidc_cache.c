#include "accounts/oidc_cache.h"

#include "base/error.h"
#include "base/json_reader.h"

#include <string.h>

#define FRESH_FOR SECONDS(3600)
#define BELIEVED_FOR DAYS(1)
#define MIN_REFETCH_STEP SECONDS(60)

struct OidcCache {
    OidcMetadata *metadata; /* NULL: never fetched */
    JwkSet *keys;           /* NULL: never fetched */
    Timestamp metadata_at, keys_at;
    Timestamp newer_keys_tried_at;
};

static void
clear_metadata(gpointer data)
{
    OidcMetadata *metadata = data;
    g_free(metadata->issuer);
    g_free(metadata->authorization_endpoint);
    g_free(metadata->token_endpoint);
    g_free(metadata->jwks_uri);
}

void
oidc_metadata_unref(OidcMetadata *metadata)
{
    if (metadata != NULL) {
        g_atomic_rc_box_release_full(metadata, clear_metadata);
    }
}

void
oidc_cache_free(OidcCache *cache)
{
    if (cache != NULL) {
        oidc_metadata_unref(cache->metadata);
        jwk_set_unref(cache->keys);
        g_free(cache);
    }
}

OidcMetadata *
oidc_metadata_parse(GBytes *json, GError **error)
{
    static const char *const keys[] = { "issuer", "authorization_endpoint", "token_endpoint",
                                        "jwks_uri",
                                        "authorization_response_iss_parameter_supported" };
    g_autoptr(OidcMetadata) metadata = g_atomic_rc_box_new0(OidcMetadata);
    char **texts[] = { &metadata->issuer, &metadata->authorization_endpoint,
                       &metadata->token_endpoint, &metadata->jwks_uri };
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key < (int)G_N_ELEMENTS(texts)) {
            *texts[key] = g_strdup(json_read_string(reader));
        } else {
            metadata->sends_iss = json_read_bool(reader);
        }
    }
    json_read_require(reader, keys, seen, 0xf);
    return json_reader_finish(reader, "discovery document", 1, error) ? g_steal_pointer(&metadata)
                                                                      : NULL;
}

static GBytes *
fetch(Provider *provider, const char *url, GError **error)
{
    const char *const headers[] = { "Accept: application/json", NULL };
    NetRequest request = { .method = "GET", .url = url, .headers = headers };
    g_autoptr(GBytes) json = NULL;
    guint status;
    if (!provider_send(provider, &request, &status, &json, error)) {
        return NULL;
    }
    if (status != 200) {
        return fail_null(error, APP_ERROR_UNAVAILABLE, "%s answers with status %u",
                         provider->row->name, status);
    }
    return g_steal_pointer(&json);
}

static OidcMetadata *
fetch_metadata(Provider *provider, GError **error)
{
    g_autofree char *url = g_strconcat(provider->origin, provider->row->discovery_path, NULL);
    g_autofree char *issuer = g_strconcat(provider->origin, provider->row->issuer_path, NULL);
    g_autoptr(GBytes) json = fetch(provider, url, error);
    g_autoptr(GError) problem = NULL;
    if (json == NULL) {
        return NULL;
    }
    g_autoptr(OidcMetadata) metadata = oidc_metadata_parse(json, &problem);
    if (metadata == NULL) {
        return fail_null(error, APP_ERROR_UNAVAILABLE, "%s: %s", provider->row->name,
                         problem->message);
    }
    /* OpenID Connect Discovery, 4.3; and LST-20: nobody is sent, nothing is told, elsewhere. */
    if (strcmp(metadata->issuer, issuer) != 0 ||
        !provider_is_own_address(provider, metadata->authorization_endpoint) ||
        !provider_is_own_address(provider, metadata->token_endpoint) ||
        !provider_is_own_address(provider, metadata->jwks_uri)) {
        return fail_null(error, APP_ERROR_UNAVAILABLE,
                         "%s: the discovery document is somebody else's", provider->row->name);
    }
    return g_steal_pointer(&metadata);
}

static OidcCache *
locked_cache(Provider *provider)
{
    g_mutex_lock(&provider->lock);
    if (provider->cache == NULL) {
        provider->cache = g_new0(OidcCache, 1);
    }
    return provider->cache;
}

/* A newer one cannot be had: whether the known one will do. If not, PROBLEM is the error. */
static bool
is_still_believed(bool is_known, Timestamp age, GError **problem, GError **error)
{
    if (!is_known || age >= BELIEVED_FOR) {
        g_propagate_error(error, g_steal_pointer(problem));
        return false;
    }
    return true;
}

OidcMetadata *
oidc_metadata_get(Provider *provider, GError **error)
{
    Timestamp now = clock_now(provider->clock);
    OidcCache *cache = locked_cache(provider);
    Timestamp age = now - cache->metadata_at;
    g_autoptr(OidcMetadata) known =
        cache->metadata == NULL ? NULL : g_atomic_rc_box_acquire(cache->metadata);
    g_mutex_unlock(&provider->lock);
    if (known != NULL && age < FRESH_FOR) {
        return g_steal_pointer(&known);
    }
    g_autoptr(GError) problem = NULL;
    g_autoptr(OidcMetadata) fetched = fetch_metadata(provider, &problem);
    if (fetched == NULL) {
        return is_still_believed(known != NULL, age, &problem, error) ? g_steal_pointer(&known)
                                                                      : NULL;
    }
    cache = locked_cache(provider);
    oidc_metadata_unref(cache->metadata);
    cache->metadata = g_atomic_rc_box_acquire(fetched);
    cache->metadata_at = now;
    g_mutex_unlock(&provider->lock);
    return g_steal_pointer(&fetched);
}

static JwkSet *
fetch_keys(Provider *provider, const OidcMetadata *metadata, GError **error)
{
    g_autoptr(GBytes) json = fetch(provider, metadata->jwks_uri, error);
    g_autoptr(GError) problem = NULL;
    if (json == NULL) {
        return NULL;
    }
    gsize size;
    const char *text = g_bytes_get_data(json, &size);
    JwkSet *keys = jwk_set_parse(text == NULL ? "" : text, size, &problem);
    return keys != NULL ? keys
                        : fail_null(error, APP_ERROR_UNAVAILABLE, "%s: %s", provider->row->name,
                                    problem->message);
}

JwkSet *
oidc_keys_get(Provider *provider, const OidcMetadata *metadata, bool wants_newer, GError **error)
{
    Timestamp now = clock_now(provider->clock);
    OidcCache *cache = locked_cache(provider);
    Timestamp age = now - cache->keys_at;
    g_autoptr(JwkSet) known = cache->keys == NULL ? NULL : jwk_set_ref(cache->keys);
    bool may_try = now - cache->newer_keys_tried_at >= MIN_REFETCH_STEP;
    if (wants_newer && may_try) {
        cache->newer_keys_tried_at = now;
    }
    g_mutex_unlock(&provider->lock);
    if (known != NULL && age < FRESH_FOR && !(wants_newer && may_try)) {
        return g_steal_pointer(&known);
    }
    g_autoptr(GError) problem = NULL;
    g_autoptr(JwkSet) fetched = fetch_keys(provider, metadata, &problem);
    if (fetched == NULL) {
        return is_still_believed(known != NULL, age, &problem, error) ? g_steal_pointer(&known)
                                                                      : NULL;
    }
    cache = locked_cache(provider);
    jwk_set_unref(cache->keys);
    cache->keys = jwk_set_ref(fetched);
    cache->keys_at = now;
    g_mutex_unlock(&provider->lock);
    return g_steal_pointer(&fetched);
}

/* OpenID Connect 1.0, code flow with PKCE. Section numbers are those of OpenID Connect Core. */
#include "accounts/claims.h"
#include "accounts/jws.h"
#include "accounts/oidc_cache.h"
#include "base/error.h"
#include "base/json_reader.h"
#include "base/secret.h"

#include <string.h>

static const char tenant_mark[] = "{tenantid}";
enum { MAX_SUBJECT_LENGTH = 255 }; /* section 2 */

/* The tenant of Microsoft's private customers, whose addresses Microsoft has checked. */
static const char consumer_tenant[] = "9188040d-6c67-4c5b-b112-36a304b66dad";

static char *
authorize_url(Provider *provider, const SignInSecrets *secrets, GError **error)
{
    g_autoptr(OidcMetadata) metadata = oidc_metadata_get(provider, error);
    if (metadata == NULL) {
        return NULL;
    }
    g_autofree char *challenge = provider_challenge(secrets->verifier);
    g_autofree char *query =
        provider_form("response_type", "code", "client_id", provider->client_id, "redirect_uri",
                      secrets->redirect_uri, "scope", provider->row->scope, "state", secrets->state,
                      "nonce", secrets->nonce, "code_challenge", challenge, "code_challenge_method",
                      "S256", "prompt", provider->row->prompt, NULL);
    const char *endpoint = metadata->authorization_endpoint;
    return g_strconcat(endpoint, strchr(endpoint, '?') == NULL ? "?" : "&", query, NULL);
}

/* Whether ISSUER is what TEMPLATE says, TENANT standing for the mark in it. */
static bool
issuer_fits(const char *template, const char *tenant, const char *issuer)
{
    const char *mark = strstr(template, tenant_mark);
    if (mark == NULL) {
        return strcmp(template, issuer) == 0;
    }
    if (tenant == NULL || !g_uuid_string_is_valid(tenant)) {
        return false;
    }
    g_autofree char *before = g_strndup(template, (gsize)(mark - template));
    g_autofree char *expected = g_strconcat(before, tenant, mark + strlen(tenant_mark), NULL);
    return strcmp(expected, issuer) == 0;
}

static bool
check_answer_issuer(const Provider *provider, const OidcMetadata *metadata, const char *iss,
                    GError **error)
{
    /* RFC 9207, 2.4: who promises to say it must say it, and nobody may say another. Where the
     * issuer is a template there is no tenant yet to fill in: the id token decides. */
    bool is_template = strstr(metadata->issuer, tenant_mark) != NULL;
    if ((iss == NULL && metadata->sends_iss) ||
        (iss != NULL && !is_template && strcmp(iss, metadata->issuer) != 0)) {
        return fail(error, APP_ERROR_UNAUTHENTICATED, "the answer does not come from %s",
                    provider->row->name);
    }
    return true;
}

/* RET_ERROR_CODE: what OAuth calls the problem; NULL: none was named. */
static bool
parse_token_answer(GBytes *json, char **ret_id_token, char **ret_error_code, GError **error)
{
    static const char *const keys[] = { "id_token", "error" };
    g_autofree char *id_token = NULL, *error_code = NULL;
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            id_token = g_strdup(json_read_string(reader));
        } else {
            error_code = g_strdup(json_read_string(reader));
        }
    }
    if (!json_reader_finish(reader, "token answer", 1, error)) {
        return false;
    }
    *ret_id_token = g_steal_pointer(&id_token);
    *ret_error_code = g_steal_pointer(&error_code);
    return true;
}

static char *
trade_code(Provider *provider, const OidcMetadata *metadata, const SignInSecrets *secrets,
           const char *code, GError **error)
{
    g_autofree char *form =
        provider_form("grant_type", "authorization_code", "code", code, "redirect_uri",
                      secrets->redirect_uri, "client_id", provider->client_id, "client_secret",
                      provider->client_secret, "code_verifier", secrets->verifier, NULL);
    const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                    "Accept: application/json", NULL };
    g_autoptr(GBytes) body = g_bytes_new(form, strlen(form));
    NetRequest request = {
        .method = "POST", .url = metadata->token_endpoint, .headers = headers, .body = body
    };
    g_autoptr(GBytes) json = NULL;
    g_autoptr(GError) problem = NULL;
    g_autofree char *id_token = NULL, *error_code = NULL;
    guint status;
    if (!provider_send(provider, &request, &status, &json, error)) {
        return NULL;
    }
    if (!parse_token_answer(json, &id_token, &error_code, &problem)) {
        return fail_null(error, APP_ERROR_UNAUTHENTICATED, "%s: %s", provider->row->name,
                         problem->message);
    }
    if (status != 200 || id_token == NULL) {
        provider_refuse(provider, error_code == NULL ? "no_token" : error_code, error);
        return NULL;
    }
    return g_steal_pointer(&id_token);
}

/* With the keys that are known; with newer ones when it names a key that is not among them. */
static bool
verify_signature(Provider *provider, const OidcMetadata *metadata, const Jws *jws,
                 JwkSet **ret_keys, const Jwk **ret_key, GError **error)
{
    guint allowed = provider->row->algorithms;
    g_autoptr(GError) problem = NULL;
    g_autoptr(JwkSet) keys = oidc_keys_get(provider, metadata, false, error);
    if (keys == NULL) {
        return false;
    }
    bool holds = jws_verify(jws, keys, allowed, ret_key, &problem);
    if (!holds && g_error_matches(problem, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        jwk_set_unref(keys);
        keys = oidc_keys_get(provider, metadata, true, error);
        if (keys == NULL) {
            return false;
        }
        holds = jws_verify(jws, keys, allowed, ret_key, &problem);
    }
    if (!holds) {
        return fail(error, APP_ERROR_INVALID, "%s", problem->message);
    }
    *ret_keys = g_steal_pointer(&keys);
    return true;
}

static bool
check_claims(const Provider *provider, const OidcMetadata *metadata, const Jwk *key,
             const SignInSecrets *secrets, const Claims *claims, GError **error)
{
    const char *iss = claims->iss == NULL ? "" : claims->iss;
    bool is_bare = provider->row->issuer_may_lack_scheme &&
                   strcmp(iss, strstr(metadata->issuer, "://") + 3) == 0;
    if (!is_bare && !issuer_fits(metadata->issuer, claims->tid, iss)) {
        return fail(error, APP_ERROR_INVALID, "the token has another issuer");
    }
    /* Microsoft's key set serves all tenants, and some keys one of them alone. */
    if (key->issuer != NULL && !issuer_fits(key->issuer, claims->tid, iss)) {
        return fail(error, APP_ERROR_INVALID, "the token is signed with another issuer's key");
    }
    if (!claims_check(claims, provider->client_id, clock_now(provider->clock), error)) {
        return false;
    }
    gsize length = strlen(secrets->nonce);
    if (claims->nonce == NULL || strlen(claims->nonce) != length ||
        !secret_equal(claims->nonce, secrets->nonce, length)) {
        return fail(error, APP_ERROR_INVALID, "the token answers another question");
    }
    if (claims->sub == NULL || claims->sub[0] == '\0' || strlen(claims->sub) > MAX_SUBJECT_LENGTH) {
        return fail(error, APP_ERROR_INVALID, "the token names nobody");
    }
    return true;
}

static Identity
to_identity(const Provider *provider, const OidcMetadata *metadata, const Claims *claims)
{
    bool has_tenants = strstr(metadata->issuer, tenant_mark) != NULL;
    bool email_is_checked = claims->email_verified;
    Identity identity = { .provider = provider->row->id };
    if (has_tenants) {
        /* Anybody may own a tenant, and write into it what addresses he likes: nothing of one
         * tenant may speak for another, and an address counts only when Microsoft itself vouches
         * for it. */
        identity.subject = g_strconcat(claims->tid, "/", claims->sub, NULL);
        email_is_checked =
            claims->email_domain_owner_verified || strcmp(claims->tid, consumer_tenant) == 0;
    } else {
        identity.subject = g_strdup(claims->sub);
    }
    identity.name = g_strdup(claims->name);
    identity.email = email_is_checked ? g_strdup(claims->email) : NULL;
    return identity;
}

static bool
read_id_token(Provider *provider, const OidcMetadata *metadata, const SignInSecrets *secrets,
              const char *id_token, Identity *ret_identity, GError **error)
{
    g_auto(Jws) jws = { 0 };
    g_auto(Claims) claims = { 0 };
    g_autoptr(JwkSet) keys = NULL;
    const Jwk *key;
    if (!jws_parse(id_token, &jws, error) ||
        !verify_signature(provider, metadata, &jws, &keys, &key, error)) {
        return false;
    }
    if (jws.typ != NULL && g_ascii_strcasecmp(jws.typ, "JWT") != 0) {
        return fail(error, APP_ERROR_INVALID, "the token is of another kind");
    }
    if (!claims_parse(jws.payload, &claims, error) ||
        !check_claims(provider, metadata, key, secrets, &claims, error)) {
        return false;
    }
    *ret_identity = to_identity(provider, metadata, &claims);
    return true;
}

static bool
identify(Provider *provider, const SignInSecrets *secrets, const char *code, const char *iss,
         Identity *ret_identity, GError **error)
{
    g_autoptr(OidcMetadata) metadata = oidc_metadata_get(provider, error);
    if (metadata == NULL || !check_answer_issuer(provider, metadata, iss, error)) {
        return false;
    }
    g_autofree char *id_token = trade_code(provider, metadata, secrets, code, error);
    g_autoptr(GError) problem = NULL;
    if (id_token == NULL) {
        return false;
    }
    if (read_id_token(provider, metadata, secrets, id_token, ret_identity, &problem)) {
        return true;
    }
    if (!g_error_matches(problem, APP_ERROR, APP_ERROR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return fail(error, APP_ERROR_UNAUTHENTICATED, "the answer of %s does not hold: %s",
                provider->row->name, problem->message);
}

const ProviderKind oidc_kind = { authorize_url, identify };

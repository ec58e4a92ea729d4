/* GitHub: OAuth 2.0 (RFC 6749) with PKCE. There is no id token: who it is must be asked of the API
 * with the access token, each time anew. What binds the answer to the question is the code, the
 * state and an address of its own to come back to. */
#include "accounts/github_json.h"
#include "accounts/provider.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

static char *
authorize_url(Provider *provider, const SignInSecrets *secrets, GError **error)
{
    g_autofree char *challenge = provider_challenge(secrets->verifier);
    g_autofree char *query =
        provider_form("client_id", provider->client_id, "redirect_uri", secrets->redirect_uri,
                      "scope", provider->row->scope, "state", secrets->state, "code_challenge",
                      challenge, "code_challenge_method", "S256", NULL);
    return g_strconcat(provider->origin, "/login/oauth/authorize?", query, NULL);
}

/* An answer that cannot be read means that nobody is signed in. */
static bool
not_understood(const Provider *provider, const GError *problem, GError **error)
{
    return fail(error, APP_ERROR_UNAUTHENTICATED, "%s: %s", provider->row->name, problem->message);
}

static char *
trade_code(Provider *provider, const SignInSecrets *secrets, const char *code, GError **error)
{
    g_autofree char *form = provider_form(
        "client_id", provider->client_id, "client_secret", provider->client_secret, "code", code,
        "redirect_uri", secrets->redirect_uri, "code_verifier", secrets->verifier, NULL);
    g_autofree char *url = g_strconcat(provider->origin, "/login/oauth/access_token", NULL);
    /* Without Accept the answer would be a form. */
    const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
                                    "Accept: application/json", NULL };
    g_autoptr(GBytes) body = g_bytes_new(form, strlen(form));
    NetRequest request = { .method = "POST", .url = url, .headers = headers, .body = body };
    g_autoptr(GBytes) json = NULL;
    g_autoptr(GError) problem = NULL;
    g_autofree char *token = NULL;
    g_autofree char *error_code = NULL;
    guint status;
    if (!provider_send(provider, &request, &status, &json, error)) {
        return NULL;
    }
    if (status == 404) {
        return fail_null(error, APP_ERROR_UNAVAILABLE, "%s does not know this site's client id",
                         provider->row->name);
    }
    if (!github_parse_token(json, &token, &error_code, &problem)) {
        not_understood(provider, problem, error);
        return NULL;
    }
    if (status != 200 || error_code != NULL || token == NULL || token[0] == '\0') {
        provider_refuse(provider, error_code == NULL ? "no_token" : error_code, error);
        return NULL;
    }
    /* It becomes part of a header line. */
    for (const char *p = token; *p != '\0'; p++) {
        if (!g_ascii_isgraph(*p)) {
            return fail_null(error, APP_ERROR_UNAUTHENTICATED, "%s sent no usable token",
                             provider->row->name);
        }
    }
    return g_steal_pointer(&token);
}

static GBytes *
ask_api(Provider *provider, const char *token, const char *path, GError **error)
{
    g_autofree char *url = g_strconcat(provider->api_origin, path, NULL);
    g_autofree char *authorization = g_strconcat("Authorization: Bearer ", token, NULL);
    /* GitHub refuses requests without a User-Agent. */
    const char *const headers[] = { authorization, "Accept: application/vnd.github+json",
                                    "X-GitHub-Api-Version: 2022-11-28", "User-Agent: cloudpick",
                                    NULL };
    NetRequest request = { .method = "GET", .url = url, .headers = headers };
    g_autoptr(GBytes) json = NULL;
    guint status;
    bool was_sent = provider_send(provider, &request, &status, &json, error);
    secret_clear(authorization, strlen(authorization));
    if (!was_sent) {
        return NULL;
    }
    if (status != 200) {
        return fail_null(error, APP_ERROR_UNAUTHENTICATED, "%s does not say who it is (status %u)",
                         provider->row->name, status);
    }
    return g_steal_pointer(&json);
}

static bool
ask_who(Provider *provider, const char *token, Identity *ret_identity, GError **error)
{
    g_auto(Identity) identity = { .provider = provider->row->id };
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) user = ask_api(provider, token, "/user", error);
    if (user == NULL) {
        return false;
    }
    g_autoptr(GBytes) emails = ask_api(provider, token, "/user/emails", error);
    if (emails == NULL) {
        return false;
    }
    /* The number stays with the account; a login can be given up and taken by somebody else. */
    if (!github_parse_user(user, &identity.subject, &identity.name, &problem) ||
        !github_parse_emails(emails, &identity.email, &problem)) {
        return not_understood(provider, problem, error);
    }
    *ret_identity = identity;
    identity = (Identity){ 0 };
    return true;
}

static bool
identify(Provider *provider, const SignInSecrets *secrets, const char *code, const char *iss,
         Identity *ret_identity, GError **error)
{
    g_autofree char *token = trade_code(provider, secrets, code, error);
    if (token == NULL) {
        return false;
    }
    bool is_known = ask_who(provider, token, ret_identity, error);
    secret_clear(token, strlen(token));
    return is_known;
}

const ProviderKind github_kind = { authorize_url, identify };

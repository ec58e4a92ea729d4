/* Providers of sign-in: who they are (provider_table.c), and the two ways of asking them. */
#pragma once

#include "accounts/identity.h"
#include "accounts/jwk.h"
#include "net/net.h"

typedef struct Provider Provider;

/* What one sign-in is told apart by. Random, except for the address. */
typedef struct {
    char *state;
    char *nonce;
    char *verifier;     /* PKCE (RFC 7636) */
    char *redirect_uri; /* one per provider, compared exactly by it */
} SignInSecrets;
void sign_in_secrets_clear(SignInSecrets *secrets);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SignInSecrets, sign_in_secrets_clear)

/* A protocol. */
typedef struct {
    /* Where to send the browser; NULL: cannot be told now. */
    char *(*authorize_url)(Provider *provider, const SignInSecrets *secrets, GError **error);
    /* Who it is that CODE was given to. ISS: the issuer that the answer names, or NULL.
     * UNAUTHENTICATED when the provider's answer does not hold. */
    bool (*identify)(Provider *provider, const SignInSecrets *secrets, const char *code,
                     const char *iss, Identity *ret_identity, GError **error);
} ProviderKind;

extern const ProviderKind oidc_kind;
extern const ProviderKind github_kind;

/* Paths are behind the origin. */
typedef struct {
    const char *id;
    const char *name;
    const ProviderKind *kind;
    const char *origin;
    const char *more_origins[3]; /* that it needs besides; nothing else is ever asked (LST-20) */
    const char *scope;
    const char *prompt; /* NULL: left to the provider */

    /* oidc_kind */
    const char *issuer_path;     /* the issuer is the origin and this; "{tenantid}" stands for the
                                    token's tid */
    bool issuer_may_lack_scheme; /* tokens may name it without "https://" */
    const char *discovery_path;
    guint algorithms; /* of JwsAlgorithm */

    /* github_kind */
    const char *api_origin;
} ProviderRow;

extern const ProviderRow provider_table[];
extern const gsize provider_table_size;

typedef struct OidcCache OidcCache; /* oidc_cache.h */

struct Provider {
    const ProviderRow *row;
    const Clock *clock;
    Net *net;
    char *client_id, *client_secret;
    char *origin, *api_origin; /* those of the row, or the operator's */
    bool is_elsewhere;         /* at the operator's base_url, and nowhere besides */
    OidcCache *cache;          /* of oidc_kind; NULL before it is first needed */
    GMutex lock;               /* guards CACHE and what is in it */
};

/* Registers what it needs with NET. INVALID for an unknown id or missing values. */
Provider *provider_new(const AccountsProvider *options, Net *net, const Clock *clock,
                       GError **error);
void provider_free(Provider *provider);

/* Whether URL is at an origin that the provider's row names (or at the operator's base_url). */
bool provider_is_own_address(const Provider *provider, const char *url);

/* Sends REQUEST with bounds of its own on time and size. UNAVAILABLE also when the provider has a
 * problem of its own; else RET_STATUS is any status. The error names the provider. */
bool provider_send(Provider *provider, const NetRequest *request, guint *ret_status,
                   GBytes **ret_json, GError **error);

/* "name=value&name=value" of pairs; values are escaped. */
char *provider_form(const char *name, ...) G_GNUC_NULL_TERMINATED;

/* What the OAuth error ERROR_CODE comes to: CANCELLED, UNAVAILABLE (this site is registered
 * wrongly) or UNAUTHENTICATED. Always false. */
bool provider_refuse(const Provider *provider, const char *error_code, GError **error);

/* The S256 challenge of VERIFIER (RFC 7636, 4.2). */
char *provider_challenge(const char *verifier);

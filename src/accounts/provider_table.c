/* The providers that can be signed in with (LST-01), and what is particular about each. */
#include "accounts/provider.h"

const ProviderRow provider_table[] = {
    /* Discovery is at accounts.google.com, tokens and keys are elsewhere. Older id tokens name the
     * issuer without its scheme (developers.google.com/identity/openid-connect/reference). */
    {
        .id = "google",
        .name = "Google",
        .kind = &oidc_kind,
        .origin = "https://accounts.google.com",
        .more_origins = { "https://oauth2.googleapis.com", "https://www.googleapis.com" },
        .scope = "openid email profile",
        .prompt = "select_account",
        .issuer_path = "",
        .issuer_may_lack_scheme = true,
        .discovery_path = "/.well-known/openid-configuration",
        .algorithms = JWS_RS256,
    },
    /* `common` serves every tenant: its issuer is a template that each token fills in with its own
       tenant. */
    {
        .id = "microsoft",
        .name = "Microsoft",
        .kind = &oidc_kind,
        .origin = "https://login.microsoftonline.com",
        .scope = "openid email profile",
        .prompt = "select_account",
        .issuer_path = "/{tenantid}/v2.0",
        .discovery_path = "/common/v2.0/.well-known/openid-configuration",
        .algorithms = JWS_RS256,
    },
    /* OAuth 2.0 alone: no id token, no nonce, no issuer. Without a scope GitHub grants again
     * whatever it granted before, so ours is always said. */
    {
        .id = "github",
        .name = "GitHub",
        .kind = &github_kind,
        .origin = "https://github.com",
        .more_origins = { "https://api.github.com" },
        .scope = "read:user user:email",
        .api_origin = "https://api.github.com",
    },
};
const gsize provider_table_size = G_N_ELEMENTS(provider_table);

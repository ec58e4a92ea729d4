/* What an OpenID provider says about itself: its discovery document and its keys, fetched when
 * first needed and kept for an hour. A provider that cannot be reached is believed for a day. */
#pragma once

#include "accounts/provider.h"

/* OpenID Connect Discovery 1.0, 3. */
typedef struct {
    char *issuer; /* may hold "{tenantid}" */
    char *authorization_endpoint, *token_endpoint, *jwks_uri;
    bool sends_iss; /* every answer to the browser names the issuer (RFC 9207, 3) */
} OidcMetadata;
void oidc_metadata_unref(OidcMetadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OidcMetadata, oidc_metadata_unref)

/* INVALID when a member is missing or of another type. Nothing is checked against the provider. */
OidcMetadata *oidc_metadata_parse(GBytes *json, GError **error);

/* UNAVAILABLE also when the document is not of this provider. */
OidcMetadata *oidc_metadata_get(Provider *provider, GError **error);

/* WANTS_NEWER: a token names a key that is not in the set. The set is then fetched again, at most
 * once a minute, for anybody can name keys that do not exist. */
JwkSet *oidc_keys_get(Provider *provider, const OidcMetadata *metadata, bool wants_newer,
                      GError **error);

void oidc_cache_free(OidcCache *cache);

/* Everything that a sign-in provider, or somebody who pretends to be one, gets to say: tokens,
 * claims, key sets, discovery documents, GitHub's answers. The first byte chooses. */
#include "accounts/claims.h"
#include "accounts/github_json.h"
#include "accounts/jws.h"
#include "accounts/oidc_cache.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of RFC 7515, A.3. */
static const char known_keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                                 "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                 "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static void
read_token(const char *text)
{
    static const guint8 key[32];
    g_auto(Jws) jws = { 0 };
    g_auto(Claims) claims = { 0 };
    g_autoptr(JwkSet) set = jwk_set_parse(known_keys, sizeof known_keys - 1, NULL);
    if (!jws_parse(text, &jws, NULL)) {
        return;
    }
    g_assert_false(jws_verify_own(&jws, key, sizeof key, "at+jwt", NULL));
    (void)jws_verify(&jws, set, JWS_RS256 | JWS_PS256 | JWS_ES256 | JWS_EDDSA, NULL, NULL);
    if (claims_parse(jws.payload, &claims, NULL)) {
        (void)claims_check(&claims, "joe", G_GINT64_CONSTANT(1300819380000000), NULL);
    }
}

static void
read_keys(const char *text, gsize size)
{
    g_autoptr(JwkSet) set = jwk_set_parse(text, size, NULL);
    for (guint i = 0; set != NULL && i < jwk_set_size(set); i++) {
        g_assert_nonnull(jwk_set_get(set, i)->key);
        g_assert_cmpuint(jwk_set_get(set, i)->algorithms, !=, 0);
    }
}

static void
read_github(GBytes *json)
{
    g_autofree char *token = NULL;
    g_autofree char *error_code = NULL;
    g_autofree char *id = NULL;
    g_autofree char *name = NULL;
    g_autofree char *email = NULL;
    (void)github_parse_token(json, &token, &error_code, NULL);
    (void)github_parse_user(json, &id, &name, NULL);
    (void)github_parse_emails(json, &email, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    g_autoptr(GBytes) bytes = g_bytes_new(data + 1, size - 1);
    g_auto(Claims) claims = { 0 };
    g_autoptr(OidcMetadata) metadata = NULL;
    switch (data[0]) {
    case 't':
        read_token(text);
        break;
    case 'k':
        read_keys((const char *)data + 1, size - 1);
        break;
    case 'd':
        metadata = oidc_metadata_parse(bytes, NULL);
        break;
    case 'g':
        read_github(bytes);
        break;
    default:
        (void)claims_parse(bytes, &claims, NULL);
    }
    return 0;
}

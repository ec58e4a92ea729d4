/* Signed tokens: JSON Web Signature in its compact form (RFC 7515), as RFC 8725 wants it handled.
 *
 * Strict on purpose: base64url must be canonical, the header's members may come once, anything
 * marked critical is refused, and keys or addresses of keys inside a token (jwk, jku, x5u) are
 * never looked at. */
#pragma once

#include "accounts/jwk.h"

#define JWS_MAX_SIZE (16 * 1024)

typedef struct {
    GBytes *payload; /* what was signed; worth nothing before it is verified */
    char *kid;       /* NULL: none is named */
    char *typ;       /* NULL: not said */
    char *alg;
    const char *token; /* borrowed */
    gsize signed_size; /* of TOKEN: header and payload */
    GBytes *signature;
} Jws;
void jws_clear(Jws *jws);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Jws, jws_clear)

/* Takes TOKEN apart; verifies nothing. TOKEN must stay. INVALID. */
bool jws_parse(const char *token, Jws *ret_jws, GError **error);

/* That a key of SET signed it with an algorithm that is in ALLOWED and that fits the key. RET_KEY
 * (owned by SET) may be NULL. NOT_FOUND when SET has no key of that name: a newer set may. INVALID
 * else. */
bool jws_verify(const Jws *jws, const JwkSet *set, guint allowed, const Jwk **ret_key,
                GError **error);

/* With a secret of our own (HS256), for tokens that we alone make and read. */
char *jws_sign_own(const guint8 *key, gsize key_size, const char *typ, const char *payload);
bool jws_verify_own(const Jws *jws, const guint8 *key, gsize key_size, const char *typ,
                    GError **error);

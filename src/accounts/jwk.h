/* Public keys of a sign-in provider: JSON Web Key Sets (RFC 7517, RFC 7518, RFC 8037). Read from
 * outside: bounded, and a key that we could not use, or that looks wrong, is left out rather than
 * bent. */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <stdbool.h>

/* Signature algorithms, as bits for allow-lists. There is none for "none", nor for anything with a
 * shared secret: what is not here cannot be asked for (RFC 8725, 3.1). */
typedef enum {
    JWS_RS256 = 1 << 0,
    JWS_PS256 = 1 << 1,
    JWS_ES256 = 1 << 2,
    JWS_EDDSA = 1 << 3,
} JwsAlgorithm;

/* False for any name that is not one of these four. */
bool jws_algorithm_from_name(const char *name, JwsAlgorithm *ret_algorithm);

typedef struct {
    EVP_PKEY *key;
    char *kid;        /* NULL: it has none */
    char *issuer;     /* Microsoft's member "issuer": whose tokens it signs; NULL: not said */
    guint algorithms; /* of JwsAlgorithm: what it may be used for */
} Jwk;

typedef struct JwkSet JwkSet;

/* INVALID when JSON is no key set. A set in which no key is usable is a set without keys. */
JwkSet *jwk_set_parse(const char *json, gsize size, GError **error);
JwkSet *jwk_set_ref(JwkSet *set);
void jwk_set_unref(JwkSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JwkSet, jwk_set_unref)

guint jwk_set_size(const JwkSet *set);
const Jwk *jwk_set_get(const JwkSet *set, guint index);

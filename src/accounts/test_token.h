/* For tests: keys, and tokens signed with them, right or wrong. */
#pragma once

#include "accounts/jwk.h"

typedef struct {
    EVP_PKEY *key;
    char *kid;
    const char *alg; /* "RS256", "PS256", "ES256" or "EdDSA" */
} TestKey;

/* RSA has 2,048 bits. */
TestKey *test_key_new(const char *alg, const char *kid);
void test_key_free(TestKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestKey, test_key_free)

/* The public key as a JWK; EXTRA ("\"use\":\"enc\"") is added when it is not NULL. */
char *test_key_to_jwk(const TestKey *key, const char *extra);
/* {"keys":[JWK, ...]} */
char *test_key_set(const char *jwk, ...) G_GNUC_NULL_TERMINATED;

/* PAYLOAD signed with KEY under a header {"alg":ALG of the key,"kid":...}. */
char *test_token(const TestKey *key, const char *payload);
/* The same under any HEADER; the signature is always KEY's. */
char *test_token_with_header(const TestKey *key, const char *header, const char *payload);

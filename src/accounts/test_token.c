#include "accounts/test_token.h"

#include "base/secret.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

enum { RSA_BITS = 2048, MAX_SIGNATURE_SIZE = 512 };

TestKey *
test_key_new(const char *alg, const char *kid)
{
    TestKey *key = g_new0(TestKey, 1);
    key->alg = alg;
    key->kid = g_strdup(kid);
    if (strcmp(alg, "ES256") == 0) {
        key->key = EVP_EC_gen("P-256");
    } else if (strcmp(alg, "EdDSA") == 0) {
        key->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        key->key = EVP_RSA_gen(RSA_BITS);
    }
    g_assert_nonnull(key->key);
    return key;
}

void
test_key_free(TestKey *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->key);
        g_free(key->kid);
        g_free(key);
    }
}

/* A number of the key, big-endian, in SIZE bytes (0: as many as it needs). */
static char *
encoded_number(const TestKey *key, const char *name, int size)
{
    BIGNUM *number = NULL;
    guint8 bytes[MAX_SIGNATURE_SIZE];
    g_assert_cmpint(EVP_PKEY_get_bn_param(key->key, name, &number), ==, 1);
    int count = BN_bn2binpad(number, bytes, size == 0 ? BN_num_bytes(number) : size);
    BN_free(number);
    return base64url_encode(bytes, (gsize)count);
}

char *
test_key_to_jwk(const TestKey *key, const char *extra)
{
    g_autofree char *more = extra == NULL ? g_strdup("") : g_strconcat(",", extra, NULL);
    if (strcmp(key->alg, "ES256") == 0) {
        g_autofree char *x = encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
        g_autofree char *y = encoded_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        return g_strdup_printf(
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"%s}",
            key->kid, x, y, more);
    }
    if (strcmp(key->alg, "EdDSA") == 0) {
        guint8 bytes[32];
        gsize size = sizeof bytes;
        g_assert_cmpint(EVP_PKEY_get_raw_public_key(key->key, bytes, &size), ==, 1);
        g_autofree char *x = base64url_encode(bytes, size);
        return g_strdup_printf(
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"%s\"%s}", key->kid, x,
            more);
    }
    g_autofree char *n = encoded_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
    g_autofree char *e = encoded_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
    return g_strdup_printf("{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"%s}", key->kid,
                           n, e, more);
}

char *
test_key_set(const char *jwk, ...)
{
    g_autoptr(GString) set = g_string_new("{\"keys\":[");
    va_list arguments;
    va_start(arguments, jwk);
    for (const char *next = jwk; next != NULL; next = va_arg(arguments, const char *)) {
        g_string_append_printf(set, "%s%s", next == jwk ? "" : ",", next);
    }
    va_end(arguments);
    g_string_append(set, "]}");
    return g_strdup(set->str);
}

/* r and s side by side, as JOSE has them. */
static gsize
der_to_pair(guint8 *signature, gsize size)
{
    const guint8 *p = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)size);
    g_assert_nonnull(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
    return 64;
}

char *
test_token_with_header(const TestKey *key, const char *header, const char *payload)
{
    g_autofree char *header_part = base64url_encode(header, strlen(header));
    g_autofree char *payload_part = base64url_encode(payload, strlen(payload));
    g_autofree char *signed_part = g_strconcat(header_part, ".", payload_part, NULL);
    guint8 signature[MAX_SIGNATURE_SIZE];
    gsize size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    const EVP_MD *digest = strcmp(key->alg, "EdDSA") == 0 ? NULL : EVP_sha256();
    g_assert_cmpint(EVP_DigestSignInit(context, &key_context, digest, NULL, key->key), ==, 1);
    if (strcmp(key->alg, "PS256") == 0) {
        EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
    }
    g_assert_cmpint(
        EVP_DigestSign(context, signature, &size, (const guint8 *)signed_part, strlen(signed_part)),
        ==, 1);
    EVP_MD_CTX_free(context);
    if (strcmp(key->alg, "ES256") == 0) {
        size = der_to_pair(signature, size);
    }
    g_autofree char *signature_part = base64url_encode(signature, size);
    return g_strconcat(signed_part, ".", signature_part, NULL);
}

char *
test_token(const TestKey *key, const char *payload)
{
    g_autofree char *header =
        g_strdup_printf("{\"alg\":\"%s\",\"kid\":\"%s\"}", key->alg, key->kid);
    return test_token_with_header(key, header, payload);
}

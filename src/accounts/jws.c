#include "accounts/jws.h"

#include "base/error.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/secret.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <string.h>

enum { ES256_SIGNATURE_SIZE = 64, HS256_SIGNATURE_SIZE = 32 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)

void
jws_clear(Jws *jws)
{
    g_clear_pointer(&jws->payload, g_bytes_unref);
    g_clear_pointer(&jws->kid, g_free);
    g_clear_pointer(&jws->typ, g_free);
    g_clear_pointer(&jws->alg, g_free);
    g_clear_pointer(&jws->signature, g_bytes_unref);
}

static bool
parse_header(GBytes *header, Jws *jws, GError **error)
{
    /* "crit" and "b64" change what a token means, "enc" and "zip" what its payload is. We
     * understand none of them, and so must refuse (RFC 7515, 4.1.11; RFC 7797). */
    enum { ALG, KID, TYP, CRIT, B64, ENC, ZIP };
    static const char *const keys[] = { "alg", "kid", "typ", "crit", "b64", "enc", "zip" };
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, header);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ALG:
            jws->alg = g_strdup(json_read_string(reader));
            break;
        case KID:
            jws->kid = g_strdup(json_read_string(reader));
            break;
        case TYP:
            jws->typ = g_strdup(json_read_string(reader));
            break;
        default:
            json_read_wrong(reader, "\"%s\" is not understood", keys[key]);
        }
    }
    json_read_require(reader, keys, seen, 1 << ALG);
    return json_reader_finish(reader, "token header", 1, error);
}

bool
jws_parse(const char *token, Jws *ret_jws, GError **error)
{
    gsize size = strnlen(token, JWS_MAX_SIZE + 1);
    if (size > JWS_MAX_SIZE) {
        return fail(error, APP_ERROR_INVALID, "the token is longer than %d bytes", JWS_MAX_SIZE);
    }
    const char *first = memchr(token, '.', size);
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');
    if (second == NULL || strchr(second + 1, '.') != NULL) {
        return fail(error, APP_ERROR_INVALID, "the token does not have three parts");
    }
    g_auto(Jws) jws = { .token = token, .signed_size = (gsize)(second - token) };
    g_autoptr(GBytes) header = base64url_decode(token, first - token);
    jws.payload = base64url_decode(first + 1, second - first - 1);
    jws.signature = base64url_decode(second + 1, -1);
    if (header == NULL || jws.payload == NULL || jws.signature == NULL) {
        return fail(error, APP_ERROR_INVALID, "a part of the token is not base64url");
    }
    if (!parse_header(header, &jws, error)) {
        return false;
    }
    *ret_jws = jws;
    jws = (Jws){ 0 };
    return true;
}

/* JOSE writes an ECDSA signature as r and s side by side, OpenSSL reads it as DER. */
static GBytes *
ecdsa_to_der(GBytes *signature)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(signature, &size);
    if (size != ES256_SIGNATURE_SIZE) {
        return NULL;
    }
    g_autoptr(ECDSA_SIG) pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(data, 32, NULL), BN_bin2bn(data + 32, 32, NULL));
    guint8 *der = NULL;
    int der_size = i2d_ECDSA_SIG(pair, &der);
    GBytes *bytes = der_size <= 0 ? NULL : g_bytes_new(der, (gsize)der_size);
    OPENSSL_free(der);
    return bytes;
}

static bool
signature_holds(const Jws *jws, EVP_PKEY *key, JwsAlgorithm algorithm)
{
    g_autoptr(GBytes) signature =
        algorithm == JWS_ES256 ? ecdsa_to_der(jws->signature) : g_bytes_ref(jws->signature);
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL; /* owned by CONTEXT */
    const EVP_MD *digest = algorithm == JWS_EDDSA ? NULL : EVP_sha256();
    if (signature == NULL || EVP_DigestVerifyInit(context, &key_context, digest, NULL, key) != 1) {
        return false;
    }
    if (algorithm == JWS_PS256 &&
        (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
         EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1)) {
        return false;
    }
    gsize size;
    const guint8 *data = g_bytes_get_data(signature, &size);
    return EVP_DigestVerify(context, data, size, (const guint8 *)jws->token, jws->signed_size) == 1;
}

/* The keys that may have made it: those of its name, or, when it names none, the only one there is.
 */
static bool
is_candidate(const Jws *jws, const Jwk *key, JwsAlgorithm algorithm)
{
    return (key->algorithms & algorithm) != 0 &&
           (jws->kid == NULL || (key->kid != NULL && strcmp(key->kid, jws->kid) == 0));
}

bool
jws_verify(const Jws *jws, const JwkSet *set, guint allowed, const Jwk **ret_key, GError **error)
{
    JwsAlgorithm algorithm;
    if (!jws_algorithm_from_name(jws->alg, &algorithm) || (algorithm & allowed) == 0) {
        return fail(error, APP_ERROR_INVALID, "the token is signed in a way that is not accepted");
    }
    guint num_candidates = 0;
    const Jwk *signer = NULL;
    for (guint i = 0; i < jwk_set_size(set) && signer == NULL; i++) {
        const Jwk *key = jwk_set_get(set, i);
        if (is_candidate(jws, key, algorithm)) {
            num_candidates++;
            signer = signature_holds(jws, key->key, algorithm) ? key : NULL;
        }
    }
    if (num_candidates == 0) {
        return fail(error, APP_ERROR_NOT_FOUND, "the token is signed with an unknown key");
    }
    /* OpenID Connect Core, 10.1: with several keys a token must name its own. */
    if (signer == NULL || (jws->kid == NULL && jwk_set_size(set) > 1)) {
        return fail(error, APP_ERROR_INVALID, "the token's signature does not hold");
    }
    if (ret_key != NULL) {
        *ret_key = signer;
    }
    return true;
}

char *
jws_sign_own(const guint8 *key, gsize key_size, const char *typ, const char *payload)
{
    g_autoptr(JsonWriter) header = json_writer_new(false);
    json_begin_object(header, NULL);
    json_string(header, "alg", "HS256");
    json_string(header, "typ", typ);
    json_end_object(header);
    const GString *header_text = json_writer_text(header);
    g_autofree char *header_part = base64url_encode(header_text->str, header_text->len);
    g_autofree char *payload_part = base64url_encode(payload, strlen(payload));
    g_autofree char *signed_part = g_strconcat(header_part, ".", payload_part, NULL);
    guint8 mac[HS256_SIGNATURE_SIZE];
    hmac_sha256(key, key_size, signed_part, strlen(signed_part), mac);
    g_autofree char *signature = base64url_encode(mac, sizeof mac);
    return g_strconcat(signed_part, ".", signature, NULL);
}

bool
jws_verify_own(const Jws *jws, const guint8 *key, gsize key_size, const char *typ, GError **error)
{
    guint8 mac[HS256_SIGNATURE_SIZE];
    gsize size;
    const guint8 *signature = g_bytes_get_data(jws->signature, &size);
    hmac_sha256(key, key_size, jws->token, jws->signed_size, mac);
    if (strcmp(jws->alg, "HS256") != 0 || jws->typ == NULL || strcmp(jws->typ, typ) != 0 ||
        size != sizeof mac || !secret_equal(signature, mac, sizeof mac)) {
        return fail(error, APP_ERROR_INVALID, "the token's signature does not hold");
    }
    return true;
}

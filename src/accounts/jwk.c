#include "accounts/jwk.h"

#include "base/error.h"
#include "base/json_reader.h"
#include "base/secret.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <string.h>

/* Google publishes two or three keys, Microsoft about ten. */
static const guint max_keys = 64;

/* Below 2,048 bits a key can be broken; far above, each verification costs us what the sender
 * likes. */
enum { MIN_RSA_BITS = 2048, MAX_RSA_BITS = 8192, P256_COORDINATE_SIZE = 32, ED25519_SIZE = 32 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)

struct JwkSet {
    GArray *keys; /* of Jwk */
    gatomicrefcount num_users;
};

/* The members of one key as text; NULL where absent. */
typedef struct {
    char *kty, *kid, *use, *alg, *crv, *n, *e, *x, *y, *issuer;
    bool may_verify;  /* key_ops is absent or has "verify" */
    bool has_private; /* who publishes a private key has lost it */
} JwkMembers;

static void
jwk_members_clear(JwkMembers *members)
{
    char **texts[] = {
        &members->kty, &members->kid, &members->use, &members->alg, &members->crv,
        &members->n,   &members->e,   &members->x,   &members->y,   &members->issuer
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_clear_pointer(texts[i], g_free);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JwkMembers, jwk_members_clear)

bool
jws_algorithm_from_name(const char *name, JwsAlgorithm *ret_algorithm)
{
    static const struct {
        const char *name;
        JwsAlgorithm algorithm;
    } known[] = {
        { "RS256", JWS_RS256 },
        { "PS256", JWS_PS256 },
        { "ES256", JWS_ES256 },
        { "EdDSA", JWS_EDDSA },
    };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i].name, name) == 0) {
            *ret_algorithm = known[i].algorithm;
            return true;
        }
    }
    return false;
}

static EVP_PKEY *
key_from_params(const char *type, OSSL_PARAM_BLD *builder)
{
    g_autoptr(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(builder);
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0) {
        return NULL;
    }
    return key;
}

static BIGNUM *
read_number(const char *base64url)
{
    g_autoptr(GBytes) bytes = base64url == NULL ? NULL : base64url_decode(base64url, -1);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return size == 0 || size > MAX_RSA_BITS / 8 ? NULL : BN_bin2bn(data, (int)size, NULL);
}

static EVP_PKEY *
read_rsa_key(const JwkMembers *members)
{
    g_autoptr(BIGNUM) modulus = read_number(members->n);
    g_autoptr(BIGNUM) exponent = read_number(members->e);
    /* An exponent of 1 would verify anything; a long one makes every verification slow. */
    if (modulus == NULL || exponent == NULL || BN_num_bits(modulus) < MIN_RSA_BITS ||
        !BN_is_odd(modulus) || !BN_is_odd(exponent) || BN_is_one(exponent) ||
        BN_num_bits(exponent) > 32) {
        return NULL;
    }
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
    return key_from_params("RSA", builder);
}

static bool
append_exactly(GByteArray *array, const char *base64url, gsize size)
{
    g_autoptr(GBytes) bytes = base64url == NULL ? NULL : base64url_decode(base64url, -1);
    if (bytes == NULL || g_bytes_get_size(bytes) != size) {
        return false;
    }
    g_byte_array_append(array, g_bytes_get_data(bytes, NULL), (guint)size);
    return true;
}

static EVP_PKEY *
read_p256_key(const JwkMembers *members)
{
    static const guint8 uncompressed = 4;
    g_autoptr(GByteArray) point = g_byte_array_new();
    g_byte_array_append(point, &uncompressed, 1);
    if (!append_exactly(point, members->x, P256_COORDINATE_SIZE) ||
        !append_exactly(point, members->y, P256_COORDINATE_SIZE)) {
        return NULL;
    }
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point->data, point->len);
    /* OpenSSL refuses a point beside the curve. */
    return key_from_params("EC", builder);
}

static EVP_PKEY *
read_ed25519_key(const JwkMembers *members)
{
    g_autoptr(GByteArray) point = g_byte_array_new();
    if (!append_exactly(point, members->x, ED25519_SIZE)) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point->data, point->len);
}

/* What the key is by its type; "alg" may narrow it to one. */
static EVP_PKEY *
read_key(const JwkMembers *members, guint *ret_algorithms)
{
    const char *kty = members->kty, *crv = members->crv == NULL ? "" : members->crv;
    guint algorithms = 0;
    EVP_PKEY *(*read)(const JwkMembers *) = NULL;
    if (strcmp(kty, "RSA") == 0) {
        algorithms = JWS_RS256 | JWS_PS256;
        read = read_rsa_key;
    } else if (strcmp(kty, "EC") == 0 && strcmp(crv, "P-256") == 0) {
        algorithms = JWS_ES256;
        read = read_p256_key;
    } else if (strcmp(kty, "OKP") == 0 && strcmp(crv, "Ed25519") == 0) {
        algorithms = JWS_EDDSA;
        read = read_ed25519_key;
    }
    JwsAlgorithm only;
    if (members->alg != NULL) {
        algorithms &= jws_algorithm_from_name(members->alg, &only) ? (guint)only : 0;
    }
    bool is_for_signatures = members->use == NULL || strcmp(members->use, "sig") == 0;
    if (algorithms == 0 || !is_for_signatures || !members->may_verify || members->has_private) {
        return NULL;
    }
    *ret_algorithms = algorithms;
    return read(members);
}

static bool
read_key_operations(JsonReader *reader)
{
    bool may_verify = false;
    json_read_array(reader);
    while (json_read_element(reader)) {
        may_verify |= strcmp(json_read_string(reader), "verify") == 0;
    }
    return may_verify;
}

static void
read_members(JsonReader *reader, JwkMembers *members)
{
    static const char *const keys[] = { "kty", "kid", "use",    "alg",     "crv", "n", "e",
                                        "x",   "y",   "issuer", "key_ops", "d",   "k" };
    char **texts[] = {
        &members->kty, &members->kid, &members->use, &members->alg, &members->crv,
        &members->n,   &members->e,   &members->x,   &members->y,   &members->issuer
    };
    members->may_verify = true;
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key < (int)G_N_ELEMENTS(texts)) {
            *texts[key] = g_strdup(json_read_string(reader));
        } else if (key == (int)G_N_ELEMENTS(texts)) {
            members->may_verify = read_key_operations(reader);
        } else {
            members->has_private = true;
            json_read_skip(reader);
        }
    }
    json_read_require(reader, keys, seen, 1 << 0);
}

static void
clear_key(gpointer key)
{
    Jwk *jwk = key;
    EVP_PKEY_free(jwk->key);
    g_free(jwk->kid);
    g_free(jwk->issuer);
}

static void
read_keys(JsonReader *reader, JwkSet *set)
{
    guint num_read = 0;
    json_read_array(reader);
    while (json_read_element(reader)) {
        g_auto(JwkMembers) members = { 0 };
        if (++num_read > max_keys) {
            json_read_wrong(reader, "more than %u keys", max_keys);
            return;
        }
        read_members(reader, &members);
        Jwk jwk = { 0 };
        if (!json_reader_is_wrong(reader) &&
            (jwk.key = read_key(&members, &jwk.algorithms)) != NULL) {
            jwk.kid = g_steal_pointer(&members.kid);
            jwk.issuer = g_steal_pointer(&members.issuer);
            g_array_append_val(set->keys, jwk);
        }
    }
}

JwkSet *
jwk_set_parse(const char *json, gsize size, GError **error)
{
    static const char *const keys[] = { "keys" };
    g_autoptr(JwkSet) set = g_new0(JwkSet, 1);
    set->keys = g_array_new(FALSE, FALSE, sizeof(Jwk));
    g_array_set_clear_func(set->keys, clear_key);
    g_atomic_ref_count_init(&set->num_users);
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start(reader, json, size);
    guint64 seen = json_read_object(reader);
    while (json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        read_keys(reader, set);
    }
    json_read_require(reader, keys, seen, 1 << 0);
    return json_reader_finish(reader, "key set", 1, error) ? g_steal_pointer(&set) : NULL;
}

JwkSet *
jwk_set_ref(JwkSet *set)
{
    g_atomic_ref_count_inc(&set->num_users);
    return set;
}

void
jwk_set_unref(JwkSet *set)
{
    if (set != NULL && g_atomic_ref_count_dec(&set->num_users)) {
        g_array_unref(set->keys);
        g_free(set);
    }
}

guint
jwk_set_size(const JwkSet *set)
{
    return set->keys->len;
}

const Jwk *
jwk_set_get(const JwkSet *set, guint index)
{
    return &g_array_index(set->keys, Jwk, index);
}

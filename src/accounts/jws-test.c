#include "accounts/jws.h"

#include "accounts/test_token.h"
#include "base/error.h"
#include "base/secret.h"

#include <openssl/x509.h>
#include <string.h>

static const guint any_algorithm = JWS_RS256 | JWS_PS256 | JWS_ES256 | JWS_EDDSA;
static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };

static JwkSet *
key_set(const char *json)
{
    g_autoptr(GError) error = NULL;
    JwkSet *set = jwk_set_parse(json, strlen(json), &error);
    g_assert_no_error(error);
    return set;
}

static JwkSet *
key_set_of(const TestKey *key, const char *extra)
{
    g_autofree char *jwk = test_key_to_jwk(key, extra);
    g_autofree char *json = test_key_set(jwk, NULL);
    return key_set(json);
}

static void
assert_verifies(const char *token, const JwkSet *set, const char *payload)
{
    g_autoptr(GError) error = NULL;
    g_auto(Jws) jws = { 0 };
    jws_parse(token, &jws, &error);
    g_assert_no_error(error);
    jws_verify(&jws, set, any_algorithm, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(g_bytes_get_data(jws.payload, NULL), g_bytes_get_size(jws.payload), payload,
                    strlen(payload));
}

/* Neither parsed nor verified, with this CODE. */
static void
assert_refused(const char *token, const JwkSet *set, guint allowed, AppErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_auto(Jws) jws = { 0 };
    g_assert_false(jws_parse(token, &jws, &error) && jws_verify(&jws, set, allowed, NULL, &error));
    g_assert_error(error, APP_ERROR, (int)code);
}

static const char rfc7515_payload[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

/* RFC 7515, A.2. */
static void
test_rs256_of_rfc_7515(void)
{
    g_autoptr(JwkSet) set = key_set("{\"keys\":[{\"kty\":\"RSA\",\"n\":"
                                    "\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPdd"
                                    "xHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
                                    "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wG"
                                    "zjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
                                    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv"
                                    "b3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
                                    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWy"
                                    "uXpoQ\",\"e\":\"AQAB\"}]}");
    assert_verifies(
        "eyJhbGciOiJSUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
        "bS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__"
        "dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm"
        "4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
        "nZLgrnbyTyWzO75vRK5h6x"
        "BArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
        "eOkHWEsqtFZESc6BfI7noOPqvhJ"
        "1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        set, rfc7515_payload);
}

/* RFC 7515, A.3. */
static void
test_es256_of_rfc_7515(void)
{
    g_autoptr(JwkSet) set = key_set("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                                    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}");
    assert_verifies("eyJhbGciOiJFUzI1NiJ9."
                    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
                    "bS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"
                    "F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
                    "KTUJqPP3-Kg6NU1Q",
                    set, rfc7515_payload);
}

/* RFC 8037, A.4. */
static void
test_eddsa_of_rfc_8037(void)
{
    g_autoptr(JwkSet) set = key_set("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                                    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
    assert_verifies(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPO"
        "t7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        set, "Example of Ed25519 signing");
}

static void
test_every_algorithm_verifies(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autoptr(TestKey) key = test_key_new(algorithms[i], "k");
        g_autoptr(JwkSet) set = key_set_of(key, NULL);
        g_autofree char *token = test_token(key, "{\"sub\":\"x\"}");
        assert_verifies(token, set, "{\"sub\":\"x\"}");
    }
}

static void
test_a_changed_character_is_noticed(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autoptr(TestKey) key = test_key_new(algorithms[i], "k");
        g_autoptr(JwkSet) set = key_set_of(key, NULL);
        g_autofree char *token = test_token(key, "{\"sub\":\"x\",\"n\":1}");
        for (char *p = strchr(token, '.') + 1; *p != '\0'; p += 7) {
            char right = *p;
            *p = right == 'A' ? 'B' : 'A';
            assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
            *p = right;
            if (strlen(p) < 7) {
                break;
            }
        }
    }
}

static void
test_another_key_of_the_same_name_is_noticed(void)
{
    g_autoptr(TestKey) right = test_key_new("ES256", "k");
    g_autoptr(TestKey) wrong = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(right, NULL);
    g_autofree char *token = test_token(wrong, "{}");
    assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
}

static void
test_an_unknown_key_asks_for_a_newer_set(void)
{
    g_autoptr(TestKey) old = test_key_new("ES256", "old");
    g_autoptr(TestKey) new = test_key_new("ES256", "new");
    g_autoptr(JwkSet) set = key_set_of(old, NULL);
    g_autofree char *token = test_token(new, "{}");
    assert_refused(token, set, any_algorithm, APP_ERROR_NOT_FOUND);
}

static void
test_without_a_name_only_a_single_key_is_tried(void)
{
    g_autoptr(TestKey) one = test_key_new("ES256", "one");
    g_autoptr(TestKey) two = test_key_new("ES256", "two");
    g_autofree char *first = test_key_to_jwk(one, NULL);
    g_autofree char *second = test_key_to_jwk(two, NULL);
    g_autofree char *json = test_key_set(first, second, NULL);
    g_autoptr(JwkSet) single = key_set_of(one, NULL);
    g_autoptr(JwkSet) both = key_set(json);
    g_autofree char *token = test_token_with_header(one, "{\"alg\":\"ES256\"}", "{}");
    assert_verifies(token, single, "{}");
    assert_refused(token, both, any_algorithm, APP_ERROR_INVALID);
}

static void
test_none_is_no_algorithm(void)
{
    g_autoptr(TestKey) key = test_key_new("RS256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    static const char *const names[] = { "none", "None", "NONE", "nOnE", "" };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *header = g_strdup_printf("{\"alg\":\"%s\",\"kid\":\"k\"}", names[i]);
        g_autofree char *token = test_token_with_header(key, header, "{}");
        assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
        *(strrchr(token, '.') + 1) = '\0';
        assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
    }
}

/* The public key, which everybody knows, taken for a shared secret. */
static void
test_a_public_key_is_no_secret(void)
{
    g_autoptr(TestKey) key = test_key_new("RS256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    guint8 *der = NULL;
    int size = i2d_PUBKEY(key->key, &der);
    g_autofree char *token = jws_sign_own(der, (gsize)size, "JWT", "{}");
    assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
    OPENSSL_free(der);
}

static void
test_only_allowed_algorithms_count(void)
{
    g_autoptr(TestKey) key = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    g_autofree char *token = test_token(key, "{}");
    assert_refused(token, set, JWS_RS256, APP_ERROR_INVALID);
}

static void
test_a_key_serves_its_own_algorithm_only(void)
{
    g_autoptr(TestKey) key = test_key_new("PS256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, "\"alg\":\"RS256\"");
    g_autofree char *token = test_token(key, "{}");
    assert_refused(token, set, any_algorithm, APP_ERROR_NOT_FOUND);
}

/* An RSA signature under the name of another algorithm, and the other way round. */
static void
test_the_algorithm_must_fit_the_key(void)
{
    g_autoptr(TestKey) key = test_key_new("RS256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    static const char *const headers[] = { "{\"alg\":\"ES256\",\"kid\":\"k\"}",
                                           "{\"alg\":\"EdDSA\",\"kid\":\"k\"}" };
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *token = test_token_with_header(key, headers[i], "{}");
        assert_refused(token, set, any_algorithm, APP_ERROR_NOT_FOUND);
    }
    g_autofree char *pss = test_token_with_header(key, "{\"alg\":\"PS256\",\"kid\":\"k\"}", "{}");
    assert_refused(pss, set, any_algorithm, APP_ERROR_INVALID);
}

static void
test_a_zero_signature_does_not_hold(void)
{
    g_autoptr(TestKey) key = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    g_autofree char *token = test_token(key, "{}");
    static const guint8 zeros[64];
    g_autofree char *signature = base64url_encode(zeros, sizeof zeros);
    strcpy(strrchr(token, '.') + 1, signature);
    assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
}

/* What OpenSSL writes itself is DER, which JOSE does not have. */
static void
test_a_der_signature_does_not_hold(void)
{
    g_autoptr(TestKey) key = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    g_autofree char *token = test_token(key, "{}");
    guint8 der[80];
    gsize size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *strrchr(token, '.') = '\0';
    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->key);
    g_assert_cmpint(EVP_DigestSign(context, der, &size, (const guint8 *)token, strlen(token)), ==,
                    1);
    EVP_MD_CTX_free(context);
    g_autofree char *signature = base64url_encode(der, size);
    g_autofree char *with_der = g_strconcat(token, ".", signature, NULL);
    assert_refused(with_der, set, any_algorithm, APP_ERROR_INVALID);
}

static void
test_headers_that_are_refused(void)
{
    static const char *const headers[] = {
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"zip\":\"DEF\"}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k\"}",
        "{\"kid\":\"k\",\"alg\":\"ES256\",\"kid\":\"k\"}",
        "{\"kid\":\"k\"}",
        "{\"alg\":1,\"kid\":\"k\"}",
        "{\"alg\":\"ES256\",\"kid\":\"k\"}{}",
        "[]",
        "",
    };
    g_autoptr(TestKey) key = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        g_autofree char *token = test_token_with_header(key, headers[i], "{}");
        assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
    }
}

/* A token may carry, or point to, the key that it wants to be verified with. */
static void
test_keys_inside_a_token_are_not_looked_at(void)
{
    g_autoptr(TestKey) right = test_key_new("ES256", "k");
    g_autoptr(TestKey) wrong = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(right, NULL);
    g_autofree char *jwk = test_key_to_jwk(wrong, NULL);
    g_autofree char *header = g_strdup_printf(
        "{\"alg\":\"ES256\",\"kid\":\"k\",\"jwk\":%s,\"jku\":\"http://127.0.0.1:1/\"}", jwk);
    g_autofree char *token = test_token_with_header(wrong, header, "{}");
    assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
}

static void
test_forms_that_are_refused(void)
{
    g_autoptr(TestKey) key = test_key_new("ES256", "k");
    g_autoptr(JwkSet) set = key_set_of(key, NULL);
    g_autofree char *token = test_token(key, "{\"sub\":\"xy\"}");
    g_autofree char *padded = g_strconcat(token, "==", NULL);
    g_autofree char *four_parts = g_strconcat(token, ".x", NULL);
    g_autofree char *spaced = g_strconcat(" ", token, NULL);
    g_autofree char *newline = g_strconcat(token, "\n", NULL);
    g_autofree char *long_one = g_strnfill(JWS_MAX_SIZE + 1, 'a');
    const char *const forms[] = { "",         ".",    "..",    "a.b",   padded,
                                  four_parts, spaced, newline, long_one };
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        assert_refused(forms[i], set, any_algorithm, APP_ERROR_INVALID);
    }
    assert_verifies(token, set, "{\"sub\":\"xy\"}");
    /* Two characters hold 12 bits for one byte: the last four must be zero. */
    char *last = token + strlen(token) - 1;
    *last = *last == 'B' ? 'C' : 'B';
    assert_refused(token, set, any_algorithm, APP_ERROR_INVALID);
}

static void
test_own_tokens(void)
{
    static const guint8 key[32] = { 1 }, other_key[32] = { 2 };
    g_autoptr(GError) error = NULL;
    g_autofree char *token = jws_sign_own(key, sizeof key, "at+jwt", "{\"a\":1}");
    g_auto(Jws) jws = { 0 };
    g_assert_true(jws_parse(token, &jws, NULL));
    g_assert_true(jws_verify_own(&jws, key, sizeof key, "at+jwt", &error));
    g_assert_no_error(error);
    g_assert_false(jws_verify_own(&jws, other_key, sizeof other_key, "at+jwt", NULL));
    g_assert_false(jws_verify_own(&jws, key, sizeof key, "JWT", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_own_tokens_have_one_algorithm(void)
{
    static const guint8 key[32] = { 1 };
    static const char *const headers[] = { "{\"alg\":\"HS256\",\"typ\":\"t\"}",
                                           "{\"alg\":\"HS512\",\"typ\":\"t\"}",
                                           "{\"alg\":\"none\",\"typ\":\"t\"}" };
    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        guint8 mac[HMAC_SHA256_SIZE];
        g_autofree char *header = base64url_encode(headers[i], strlen(headers[i]));
        g_autofree char *signed_part = g_strconcat(header, ".e30", NULL);
        hmac_sha256(key, sizeof key, signed_part, strlen(signed_part), mac);
        g_autofree char *signature = base64url_encode(mac, sizeof mac);
        g_autofree char *token = g_strconcat(signed_part, ".", signature, NULL);
        g_auto(Jws) jws = { 0 };
        g_assert_true(jws_parse(token, &jws, NULL));
        g_assert_true(jws_verify_own(&jws, key, sizeof key, "t", NULL) == (i == 0));
    }
}

/* RFC 7515, A.1: its header has "typ" before "alg". */
static void
test_hs256_of_rfc_7515(void)
{
    g_autoptr(GBytes) key = base64url_decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        -1);
    const char *token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0d"
        "HA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    g_auto(Jws) jws = { 0 };
    gsize size;
    const guint8 *bytes = g_bytes_get_data(key, &size);
    g_assert_true(jws_parse(token, &jws, NULL));
    g_assert_true(jws_verify_own(&jws, bytes, size, "JWT", NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jws/rfc-7515-rs256", test_rs256_of_rfc_7515);
    g_test_add_func("/jws/rfc-7515-es256", test_es256_of_rfc_7515);
    g_test_add_func("/jws/rfc-7515-hs256", test_hs256_of_rfc_7515);
    g_test_add_func("/jws/rfc-8037-eddsa", test_eddsa_of_rfc_8037);
    g_test_add_func("/jws/every-algorithm", test_every_algorithm_verifies);
    g_test_add_func("/jws/changed", test_a_changed_character_is_noticed);
    g_test_add_func("/jws/other-key", test_another_key_of_the_same_name_is_noticed);
    g_test_add_func("/jws/unknown-key", test_an_unknown_key_asks_for_a_newer_set);
    g_test_add_func("/jws/no-kid", test_without_a_name_only_a_single_key_is_tried);
    g_test_add_func("/jws/none", test_none_is_no_algorithm);
    g_test_add_func("/jws/key-confusion", test_a_public_key_is_no_secret);
    g_test_add_func("/jws/allow-list", test_only_allowed_algorithms_count);
    g_test_add_func("/jws/key-alg", test_a_key_serves_its_own_algorithm_only);
    g_test_add_func("/jws/alg-fits-key", test_the_algorithm_must_fit_the_key);
    g_test_add_func("/jws/zero-signature", test_a_zero_signature_does_not_hold);
    g_test_add_func("/jws/der-signature", test_a_der_signature_does_not_hold);
    g_test_add_func("/jws/headers", test_headers_that_are_refused);
    g_test_add_func("/jws/embedded-keys", test_keys_inside_a_token_are_not_looked_at);
    g_test_add_func("/jws/forms", test_forms_that_are_refused);
    g_test_add_func("/jws/own", test_own_tokens);
    g_test_add_func("/jws/own-algorithm", test_own_tokens_have_one_algorithm);
    return g_test_run();
}

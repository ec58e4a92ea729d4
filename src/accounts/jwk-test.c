#include "accounts/jwk.h"

#include "accounts/test_token.h"
#include "base/error.h"

#include <string.h>

/* RFC 7515, A.2 and A.3; RFC 8037, A.2. */
#define RSA_N                                                                                      \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"                        \
    "4qPCJrcS2mJPMEzP1Pt0Bm4d"                                                                     \
    "4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"                      \
    "bSf63kpaSHSXndS5z5rexM"                                                                       \
    "dbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"                 \
    "I5IhlJH7aGhyxXFvU"                                                                            \
    "K-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define RSA "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""

static JwkSet *
parse(const char *json)
{
    g_autoptr(GError) error = NULL;
    JwkSet *set = jwk_set_parse(json, strlen(json), &error);
    g_assert_no_error(error);
    return set;
}

/* What the only key of a set may be used for; 0: it was left out. */
static guint
algorithms_of(const char *members)
{
    g_autofree char *jwk = g_strdup_printf("{%s}", members);
    g_autofree char *json = test_key_set(jwk, NULL);
    g_autoptr(JwkSet) set = parse(json);
    return jwk_set_size(set) == 0 ? 0 : jwk_set_get(set, 0)->algorithms;
}

static void
test_what_a_key_may_be_used_for(void)
{
    g_assert_cmpuint(algorithms_of(RSA), ==, JWS_RS256 | JWS_PS256);
    g_assert_cmpuint(algorithms_of(EC), ==, JWS_ES256);
    g_assert_cmpuint(algorithms_of(ED), ==, JWS_EDDSA);
    g_assert_cmpuint(algorithms_of(RSA ",\"alg\":\"RS256\",\"use\":\"sig\""), ==, JWS_RS256);
    g_assert_cmpuint(algorithms_of(EC ",\"key_ops\":[\"verify\"]"), ==, JWS_ES256);
}

static void
test_keys_that_are_left_out(void)
{
    static const char *const keys[] = {
        RSA ",\"use\":\"enc\"",
        RSA ",\"alg\":\"HS256\"",
        RSA ",\"alg\":\"none\"",
        RSA ",\"alg\":\"ES256\"",
        RSA ",\"key_ops\":[\"encrypt\"]",
        RSA ",\"key_ops\":[]",
        RSA ",\"d\":\"AQAB\"", /* a private key that was published */
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "\"",
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"",         /* 1 */
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Ag\"",         /* 2 */
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAAAAAAAQ\"", /* 2^48 + 1 */
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "=\",\"e\":\"AQAB\"",
        "\"kty\":\"RSA\",\"n\":\"sXch\",\"e\":\"AQAB\"", /* short */
        "\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"",
        "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"",
        "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X
        "\"", /* off the curve */
        "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"" EC_Y "\"",
        "\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
        "\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"",
        "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"",
        "\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"",
        "\"kty\":\"new\"",
    };
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_test_message("%s", keys[i]);
        g_assert_cmpuint(algorithms_of(keys[i]), ==, 0);
    }
}

static void
test_one_odd_key_does_not_spoil_the_set(void)
{
    g_autofree char *json = test_key_set("{\"kty\":\"new\"}", "{" RSA ",\"kid\":\"a\"}",
                                         "{" EC ",\"kid\":\"b\",\"x5c\":[\"...\"]}", NULL);
    g_autoptr(JwkSet) set = parse(json);
    g_assert_cmpuint(jwk_set_size(set), ==, 2);
    g_assert_cmpstr(jwk_set_get(set, 0)->kid, ==, "a");
    g_assert_cmpstr(jwk_set_get(set, 1)->kid, ==, "b");
}

static void
test_what_is_no_key_set(void)
{
    g_autoptr(GString) many = g_string_new("{\"keys\":[{\"kty\":\"new\"}");
    for (guint i = 0; i < 64; i++) {
        g_string_append(many, ",{\"kty\":\"new\"}");
    }
    g_string_append(many, "]}");
    const char *const texts[] = { "",
                                  "{}",
                                  "[]",
                                  "{\"keys\":{}}",
                                  "{\"keys\":[1]}",
                                  "{\"keys\":[{}]}",
                                  "{\"keys\":[{\"kty\":1}]}",
                                  "{\"keys\":[{\"kty\":\"RSA\",\"kty\":\"RSA\"}]}",
                                  "{\"keys\":[],\"keys\":[]}",
                                  many->str };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JwkSet) set = jwk_set_parse(texts[i], strlen(texts[i]), &error);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jwk/uses", test_what_a_key_may_be_used_for);
    g_test_add_func("/jwk/left-out", test_keys_that_are_left_out);
    g_test_add_func("/jwk/odd-key", test_one_odd_key_does_not_spoil_the_set);
    g_test_add_func("/jwk/no-set", test_what_is_no_key_set);
    return g_test_run();
}

/* Our tokens and npm jose's: each side reads what the other writes. */
#include "accounts/api_token.h"
#include "accounts/jws.h"
#include "accounts/test_accounts.h"
#include "accounts/test_token.h"
#include "base/secret.h"
#include "tests/node_program.h"

#include <string.h>

static NodeProgram *jose;

static const char *const algorithms[] = { "RS256", "PS256", "ES256", "EdDSA" };
static const char payload[] = "{\"sub\":\"ada\",\"n\":12345}";

static char *
ask(const char *command, ...)
{
    g_autoptr(GString) line = g_string_new(command);
    va_list arguments;
    va_start(arguments, command);
    for (const char *word; (word = va_arg(arguments, const char *)) != NULL;) {
        g_string_append_printf(line, " %s", word);
    }
    va_end(arguments);
    return node_program_ask(jose, line->str);
}

static void
test_tokens_of_jose_verify(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *answer = ask("sign", algorithms[i], payload, NULL);
        g_auto(GStrv) words = g_strsplit(answer, " ", 2);
        g_autoptr(JwkSet) set = jwk_set_parse(words[0], strlen(words[0]), &error);
        g_assert_no_error(error);
        g_assert_cmpuint(jwk_set_size(set), ==, 1);
        g_auto(Jws) jws = { 0 };
        JwsAlgorithm algorithm;
        g_assert_true(jws_algorithm_from_name(algorithms[i], &algorithm));
        jws_parse(words[1], &jws, &error);
        g_assert_no_error(error);
        jws_verify(&jws, set, algorithm, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(jws.payload, NULL), g_bytes_get_size(jws.payload), payload,
                        strlen(payload));
    }
}

/* What the other tests sign with is right, so that what they call wrong is wrong for the reason
 * they give. */
static void
test_tokens_of_the_tests_verify_in_jose(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        g_autoptr(TestKey) key = test_key_new(algorithms[i], "k");
        g_autofree char *jwk = test_key_to_jwk(key, NULL);
        g_autofree char *set = test_key_set(jwk, NULL);
        g_autofree char *token = test_token(key, payload);
        g_autofree char *answer = ask("verify-with", set, token, NULL);
        g_assert_cmpstr(answer, ==, payload);
        char *last = strrchr(token, '.') + 3;
        *last = *last == 'A' ? 'B' : 'A';
        g_autofree char *refusal = ask("verify-with", set, token, NULL);
        g_assert_cmpstr(refusal, ==, "refused");
    }
}

static void
test_access_tokens_verify_in_jose(TestDatabase *database)
{
    g_auto(TestAccounts) test;
    g_auto(ApiToken) token = { 0 };
    g_autoptr(GError) error = NULL;
    guint8 key[ACCOUNTS_TOKEN_KEY_SIZE];
    Timestamp expires_at;
    test_accounts_init(&test, database, NULL, 0);
    memset(key, 7, sizeof key); /* as test_accounts_init has it */
    g_auto(SignInDone) done = test_accounts_enter(&test, "ada@example.com");
    g_autofree char *text =
        api_token_create(test.accounts, &done.account.id, "till", 0, &token, &error);
    g_assert_no_error(error);
    g_autofree char *jwt = api_token_exchange(test.accounts, text, &expires_at, &error);
    g_assert_no_error(error);
    g_autofree char *secret = base64url_encode(key, sizeof key);
    g_autofree char *claims = ask("verify", secret, "at+jwt", jwt, NULL);
    g_autofree char *expected = g_strdup_printf(
        "{\"iss\":\"https://cloudpick.example\",\"aud\":\"https://cloudpick.example\","
        "\"sub\":\"%s\",\"jti\":\"%s\",\"iat\":1800000000,\"exp\":1800000900}",
        done.account.id.text, token.id.text);
    g_assert_cmpstr(claims, ==, expected);
    key[0] ^= 1;
    g_autofree char *other_secret = base64url_encode(key, sizeof key);
    g_autofree char *refusal = ask("verify", other_secret, "at+jwt", jwt, NULL);
    g_assert_cmpstr(refusal, ==, "refused");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    jose = node_program_start("tokens.mjs", NULL);
    if (jose == NULL) {
        g_print("1..0 # SKIP %s\n", NODE_PROGRAM_MISSING);
        return 0;
    }
    g_test_add_func("/tokens/of-jose", test_tokens_of_jose_verify);
    g_test_add_func("/tokens/of-tests", test_tokens_of_the_tests_verify_in_jose);
    test_each_database("/tokens/access", test_access_tokens_verify_in_jose);
    int status = g_test_run();
    node_program_stop(jose);
    return status;
}

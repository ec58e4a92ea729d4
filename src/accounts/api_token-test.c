#include "accounts/api_token.h"

#include "accounts/jws.h"
#include "accounts/test_accounts.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

/* An account that has a token and a JWT made with it. */
typedef struct {
    TestAccounts test;
    SignInDone done;
    ApiToken token;
    char *text, *jwt;
    Timestamp expires_at;
} Program;

static void
program_init(Program *program, TestDatabase *database, Timestamp token_expires_at)
{
    g_autoptr(GError) error = NULL;
    *program = (Program){ 0 };
    test_accounts_init(&program->test, database, NULL, 0);
    program->done = test_accounts_enter(&program->test, "ada@example.com");
    program->text = api_token_create(program->test.accounts, &program->done.account.id,
                                     "nightly upload", token_expires_at, &program->token, &error);
    g_assert_no_error(error);
    program->jwt =
        api_token_exchange(program->test.accounts, program->text, &program->expires_at, &error);
    g_assert_no_error(error);
}

static void
program_clear(Program *program)
{
    g_free(program->text);
    g_free(program->jwt);
    api_token_clear(&program->token);
    sign_in_done_clear(&program->done);
    test_accounts_clear(&program->test);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Program, program_clear)

static void
assert_let_in(Program *program, const char *jwt)
{
    g_autoptr(GError) error = NULL;
    g_auto(Account) account = { 0 };
    Id token;
    api_token_check(program->test.accounts, jwt, &account, &token, &error);
    g_assert_no_error(error);
    g_assert_true(id_equal(&account.id, &program->done.account.id));
    g_assert_true(id_equal(&token, &program->token.id));
}

static void
assert_kept_out(Program *program, const char *jwt)
{
    g_autoptr(GError) error = NULL;
    g_auto(Account) account = { 0 };
    g_assert_false(api_token_check(program->test.accounts, jwt, &account, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_a_jwt_lasts_fifteen_minutes(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_assert_true(g_str_has_prefix(program.text, "cpk_"));
    g_assert_cmpint(program.expires_at, ==, TEST_START + SECONDS(900));
    assert_let_in(&program, program.jwt);
    program.test.now = program.expires_at - 1;
    assert_let_in(&program, program.jwt);
    program.test.now = program.expires_at + SECONDS(60);
    assert_kept_out(&program, program.jwt);
}

static void
test_revoking_a_token_ends_its_jwts_at_once(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autoptr(GError) error = NULL;
    Timestamp expires_at;
    g_assert_true(
        api_token_revoke(program.test.accounts, &program.done.account.id, &program.token.id, NULL));
    assert_kept_out(&program, program.jwt);
    g_assert_null(api_token_exchange(program.test.accounts, program.text, &expires_at, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_nobody_revokes_the_token_of_another(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autoptr(GError) error = NULL;
    g_auto(SignInDone) bob = test_accounts_enter(&program.test, "bob@example.com");
    g_assert_false(
        api_token_revoke(program.test.accounts, &bob.account.id, &program.token.id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    assert_let_in(&program, program.jwt);
}

static void
test_an_expired_token_ends_its_jwts(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, TEST_START + SECONDS(60));
    g_autoptr(GError) error = NULL;
    Timestamp expires_at;
    assert_let_in(&program, program.jwt);
    program.test.now = TEST_START + SECONDS(60);
    assert_kept_out(&program, program.jwt);
    g_assert_null(api_token_exchange(program.test.accounts, program.text, &expires_at, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
}

static void
test_texts_that_are_no_token(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autofree char *other = g_strdup(program.text);
    other[20] = other[20] == 'x' ? 'y' : 'x';
    const char *const texts[] = { "", "cpk_", program.text + 4, program.jwt, other };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        Timestamp expires_at;
        g_assert_null(api_token_exchange(program.test.accounts, texts[i], &expires_at, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED);
    }
}

/* Tokens with our own signature that say something else than api_token_exchange would. */
static void
test_a_jwt_that_is_not_ours_is_kept_out(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_auto(SignInDone) bob = test_accounts_enter(&program.test, "bob@example.com");
    guint8 key[ACCOUNTS_TOKEN_KEY_SIZE], other_key[ACCOUNTS_TOKEN_KEY_SIZE] = { 0 };
    memset(key, 7, sizeof key);
    const char *account = program.done.account.id.text, *token = program.token.id.text;
    const char *site = "https://cloudpick.example", *elsewhere = "https://other.example";
    const struct {
        const guint8 *key;
        const char *typ, *iss, *aud, *sub, *jti;
        bool is_right;
    } cases[] = {
        { key, "at+jwt", site, site, account, token, true },
        { other_key, "at+jwt", site, site, account, token, false },
        { key, "JWT", site, site, account, token, false },
        { key, "at+jwt", elsewhere, site, account, token, false },
        { key, "at+jwt", site, elsewhere, account, token, false },
        { key, "at+jwt", site, site, bob.account.id.text, token, false },
        { key, "at+jwt", site, site, account, account, false },
        { key, "at+jwt", site, site, account, "", false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *payload = g_strdup_printf(
            "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"jti\":\"%s\",\"exp\":1800000900}",
            cases[i].iss, cases[i].aud, cases[i].sub, cases[i].jti);
        g_autofree char *jwt =
            jws_sign_own(cases[i].key, ACCOUNTS_TOKEN_KEY_SIZE, cases[i].typ, payload);
        if (cases[i].is_right) {
            assert_let_in(&program, jwt);
        } else {
            assert_kept_out(&program, jwt);
        }
    }
}

static void
test_a_jwt_that_nobody_signed_is_kept_out(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autofree char *header = base64url_encode("{\"alg\":\"none\",\"typ\":\"at+jwt\"}", 30);
    char *payload = strchr(program.jwt, '.');
    *strrchr(program.jwt, '.') = '\0';
    g_autofree char *unsigned_jwt = g_strconcat(header, payload, ".", NULL);
    assert_kept_out(&program, unsigned_jwt);
    assert_kept_out(&program, "");
    assert_kept_out(&program, "a.b.c");
}

static void
test_tokens_are_listed_with_their_last_use(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autoptr(GError) error = NULL;
    g_auto(ApiToken) second = { 0 };
    program.test.now += SECONDS(1);
    g_autofree char *text = api_token_create(program.test.accounts, &program.done.account.id,
                                             "second", program.test.now + DAYS(1), &second, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) tokens =
        api_token_list(program.test.accounts, &program.done.account.id, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tokens->len, ==, 2);
    const ApiToken *newest = tokens->pdata[0], *oldest = tokens->pdata[1];
    g_assert_cmpstr(newest->name, ==, "second");
    g_assert_cmpint(newest->last_used_at, ==, 0);
    g_assert_cmpint(newest->expires_at, ==, program.test.now + DAYS(1));
    g_assert_cmpstr(oldest->name, ==, "nightly upload");
    g_assert_cmpint(oldest->last_used_at, ==, TEST_START);
    g_assert_cmpint(oldest->expires_at, ==, 0);
}

static void
test_a_token_needs_a_name(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autofree char *long_name = g_strnfill(101, 'n');
    const char *const names[] = { "", " ", "a\nb", long_name };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ApiToken) token = { 0 };
        g_assert_null(api_token_create(program.test.accounts, &program.done.account.id, names[i], 0,
                                       &token, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_the_number_of_tokens_is_bounded(TestDatabase *database)
{
    g_auto(Program) program;
    program_init(&program, database, 0);
    g_autoptr(GError) error = NULL;
    for (guint i = 1; i < API_TOKEN_MAX_PER_ACCOUNT; i++) {
        g_auto(ApiToken) token = { 0 };
        g_autofree char *text = api_token_create(program.test.accounts, &program.done.account.id,
                                                 "another", 0, &token, &error);
        g_assert_no_error(error);
    }
    g_auto(ApiToken) token = { 0 };
    g_assert_null(api_token_create(program.test.accounts, &program.done.account.id, "one more", 0,
                                   &token, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/api-token/lifetime", test_a_jwt_lasts_fifteen_minutes);
    test_each_database("/api-token/revoked", test_revoking_a_token_ends_its_jwts_at_once);
    test_each_database("/api-token/of-another", test_nobody_revokes_the_token_of_another);
    test_each_database("/api-token/expired", test_an_expired_token_ends_its_jwts);
    test_each_database("/api-token/no-token", test_texts_that_are_no_token);
    test_each_database("/api-token/not-ours", test_a_jwt_that_is_not_ours_is_kept_out);
    test_each_database("/api-token/unsigned", test_a_jwt_that_nobody_signed_is_kept_out);
    test_each_database("/api-token/list", test_tokens_are_listed_with_their_last_use);
    test_each_database("/api-token/name", test_a_token_needs_a_name);
    test_each_database("/api-token/number", test_the_number_of_tokens_is_bounded);
    return g_test_run();
}

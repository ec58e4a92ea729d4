#include "accounts/sign_in.h"

#include "accounts/context.h"
#include "accounts/identity.h"
#include "accounts/provider.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

static const char test_provider[] = "test";

enum { MAX_QUERY_LENGTH = 8192, MAX_RETURN_LENGTH = 512, MAX_ADDRESS_LENGTH = 254 };

void
sign_in_begun_clear(SignInBegun *begun)
{
    g_clear_pointer(&begun->url, g_free);
    g_clear_pointer(&begun->browser, g_free);
}

void
sign_in_done_clear(SignInDone *done)
{
    account_clear(&done->account);
    g_clear_pointer(&done->session_token, g_free);
    g_clear_pointer(&done->return_to, g_free);
}

const SignInChoice *
sign_in_choices(const Accounts *accounts)
{
    return (const SignInChoice *)(gpointer)accounts->choices->data;
}

bool
sign_in_is_test_mode(const Accounts *accounts)
{
    return accounts->test_mode;
}

static bool
is_region(const char *region)
{
    return g_strv_contains(account_regions, region);
}

/* A path of this site and nothing that a browser could take for another: neither "//host" nor
 * "/\host", and no control characters, which browsers drop. */
static char *
safe_return(const char *return_to)
{
    bool is_path = return_to != NULL && return_to[0] == '/' && return_to[1] != '/' &&
                   strnlen(return_to, MAX_RETURN_LENGTH + 1) <= MAX_RETURN_LENGTH &&
                   g_utf8_validate(return_to, -1, NULL);
    for (const char *p = return_to; is_path && *p != '\0'; p++) {
        is_path = *p != '\\' && (guchar)*p > 0x20 && *p != 0x7f;
    }
    return g_strdup(is_path ? return_to : "/");
}

static Provider *
find_provider(const Accounts *accounts, const char *id, GError **error)
{
    for (guint i = 0; i < accounts->providers->len; i++) {
        Provider *provider = accounts->providers->pdata[i];
        if (strcmp(provider->row->id, id) == 0) {
            return provider;
        }
    }
    return fail_null(error, APP_ERROR_NOT_FOUND, "signing in with \"%s\" is not offered here", id);
}

static char *
redirect_uri(const Accounts *accounts, const Provider *provider)
{
    return g_strconcat(accounts->site_origin, "/sign-in/", provider->row->id, "/callback", NULL);
}

static bool
remember(Accounts *accounts, const Provider *provider, const char *region, const char *return_to,
         const SignInSecrets *secrets, const char *browser, GError **error)
{
    Digest state_hash = digest_of(secrets->state, strlen(secrets->state));
    Digest browser_hash = digest_of(browser, strlen(browser));
    g_autofree char *path = safe_return(return_to);
    Timestamp now = clock_now(accounts->clock);
    /* Whoever was on a provider's page during a power cut begins again. */
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE_QUICKLY, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "INSERT INTO sign_in (state_hash, provider, region, nonce, verifier,"
                   " browser_hash, return_to, created_at, expires_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   "bttttbtii", state_hash.bytes, (gsize)DIGEST_SIZE, provider->row->id,
                   region == NULL ? "" : region, secrets->nonce, secrets->verifier,
                   browser_hash.bytes, (gsize)DIGEST_SIZE, path, now, now + SIGN_IN_LIFETIME) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
sign_in_begin(Accounts *accounts, const char *provider_id, const char *region,
              const char *return_to, SignInBegun *ret_begun, GError **error)
{
    Provider *provider = find_provider(accounts, provider_id, error);
    if (provider == NULL) {
        return false;
    }
    if (region != NULL && !is_region(region)) {
        return fail(error, APP_ERROR_INVALID, "choose a region: us or eu");
    }
    g_auto(SignInSecrets) secrets = { .state = secret_token(),
                                      .nonce = secret_token(),
                                      .verifier = secret_token(),
                                      .redirect_uri = redirect_uri(accounts, provider) };
    g_auto(SignInBegun) begun = { .browser = secret_token() };
    begun.url = provider->row->kind->authorize_url(provider, &secrets, error);
    if (begun.url == NULL ||
        !remember(accounts, provider, region, return_to, &secrets, begun.browser, error)) {
        return false;
    }
    *ret_begun = begun;
    begun = (SignInBegun){ 0 };
    return true;
}

/* What the browser brings back; NULL where absent. */
typedef struct {
    char *code, *state, *iss, *error_code;
} Answer;

static void
answer_clear(Answer *answer)
{
    g_clear_pointer(&answer->code, g_free);
    g_clear_pointer(&answer->state, g_free);
    g_clear_pointer(&answer->iss, g_free);
    g_clear_pointer(&answer->error_code, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static bool
parse_answer(const char *query, Answer *ret_answer, GError **error)
{
    g_auto(Answer) answer = { 0 };
    const struct {
        const char *name;
        char **value;
    } known[] = { { "code", &answer.code },
                  { "state", &answer.state },
                  { "iss", &answer.iss },
                  { "error", &answer.error_code } };
    GUriParamsIter iter;
    char *name, *value;
    g_autoptr(GError) problem = NULL;
    bool is_repeated = strnlen(query, MAX_QUERY_LENGTH + 1) > MAX_QUERY_LENGTH;
    g_uri_params_iter_init(&iter, is_repeated ? "" : query, -1, "&", G_URI_PARAMS_WWW_FORM);
    while (g_uri_params_iter_next(&iter, &name, &value, &problem)) {
        for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
            if (strcmp(known[i].name, name) == 0) {
                /* RFC 6749, 3.1: once, or who reads which is anybody's guess. */
                is_repeated = is_repeated || *known[i].value != NULL;
                g_free(*known[i].value);
                *known[i].value = g_strdup(value);
            }
        }
        g_free(name);
        g_free(value);
    }
    if (problem != NULL || is_repeated || answer.state == NULL) {
        return fail(error, APP_ERROR_UNAUTHENTICATED, "the provider's answer cannot be read");
    }
    *ret_answer = answer;
    answer = (Answer){ 0 };
    return true;
}

/* A sign-in that was begun. */
typedef struct {
    SignInSecrets secrets;
    char *provider;
    char *region; /* NULL: make no account */
    char *return_to;
    Digest browser_hash;
    Timestamp expires_at;
} Begun;

static void
begun_clear(Begun *begun)
{
    sign_in_secrets_clear(&begun->secrets);
    g_clear_pointer(&begun->provider, g_free);
    g_clear_pointer(&begun->region, g_free);
    g_clear_pointer(&begun->return_to, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Begun, begun_clear)

static bool
begun_from_row(DbRows *rows, Begun *ret_begun, GError **error)
{
    gsize size;
    const void *hash = db_blob(rows, "browser_hash", &size);
    if (size != DIGEST_SIZE) {
        return fail(error, APP_ERROR_INTERNAL, "a sign-in's row cannot be read");
    }
    const char *region = db_text(rows, "region"); /* empty: make no account */
    Begun begun = { .provider = g_strdup(db_text(rows, "provider")),
                    .region = region[0] == '\0' ? NULL : g_strdup(region),
                    .return_to = g_strdup(db_text(rows, "return_to")),
                    .expires_at = db_int(rows, "expires_at") };
    begun.secrets.nonce = g_strdup(db_text(rows, "nonce"));
    begun.secrets.verifier = g_strdup(db_text(rows, "verifier"));
    memcpy(begun.browser_hash.bytes, hash, DIGEST_SIZE);
    *ret_begun = begun;
    return true;
}

/* The row goes, for good, before anything is checked: whatever this answer is, there is no second
 * one. */
static bool
take(Accounts *accounts, const char *state, Begun *ret_begun, GError **error)
{
    Digest hash = digest_of(state, strlen(state));
    g_auto(Begun) begun = { 0 };
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "DELETE FROM sign_in WHERE state_hash = $1"
                                      " RETURNING provider, region, nonce, verifier,"
                                      " browser_hash, return_to, expires_at",
                                      "b", hash.bytes, (gsize)DIGEST_SIZE);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) &&
               fail(error, APP_ERROR_UNAUTHENTICATED,
                    "this sign-in was not begun here, or it was finished already");
    }
    if (!begun_from_row(rows, &begun, error) || !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    *ret_begun = begun;
    begun = (Begun){ 0 };
    return true;
}

static bool
check_begun(const Accounts *accounts, const Begun *begun, const char *provider, const char *browser,
            GError **error)
{
    Digest browser_hash =
        digest_of(browser == NULL ? "" : browser, browser == NULL ? 0 : strlen(browser));
    if (!secret_equal(browser_hash.bytes, begun->browser_hash.bytes, DIGEST_SIZE)) {
        return fail(error, APP_ERROR_UNAUTHENTICATED,
                    "this sign-in was begun in another browser, or its cookie was lost");
    }
    /* Mix-up (RFC 9700, 4.4): the answer of one provider at the address of another. */
    if (strcmp(begun->provider, provider) != 0) {
        return fail(error, APP_ERROR_UNAUTHENTICATED,
                    "this sign-in was begun with another provider");
    }
    if (begun->expires_at <= clock_now(accounts->clock)) {
        return fail(error, APP_ERROR_UNAUTHENTICATED, "this sign-in took too long: begin again");
    }
    return true;
}

bool
sign_in_finish(Accounts *accounts, const char *provider_id, const char *query, const char *browser,
               const char *user_agent, SignInDone *ret_done, GError **error)
{
    g_auto(Answer) answer = { 0 };
    g_auto(Begun) begun = { 0 };
    g_auto(Identity) identity = { 0 };
    Provider *provider = find_provider(accounts, provider_id, error);
    if (provider == NULL || !parse_answer(query, &answer, error) ||
        !take(accounts, answer.state, &begun, error) ||
        !check_begun(accounts, &begun, provider_id, browser, error)) {
        return false;
    }
    if (answer.error_code != NULL) {
        return provider_refuse(provider, answer.error_code, error);
    }
    if (answer.code == NULL || answer.code[0] == '\0') {
        return provider_refuse(provider, "no_code", error);
    }
    begun.secrets.redirect_uri = redirect_uri(accounts, provider);
    if (!provider->row->kind->identify(provider, &begun.secrets, answer.code, answer.iss, &identity,
                                       error) ||
        !identity_enter(accounts, &identity, begun.region, user_agent, ret_done, error)) {
        return false;
    }
    ret_done->return_to = g_steal_pointer(&begun.return_to);
    return true;
}

bool
sign_in_test(Accounts *accounts, const char *name, const char *email, const char *region,
             const char *user_agent, SignInDone *ret_done, GError **error)
{
    if (!accounts->test_mode) {
        return fail(error, APP_ERROR_FORBIDDEN, "test mode is off");
    }
    gsize length = strlen(email);
    if (length == 0 || length > MAX_ADDRESS_LENGTH || strchr(email, '@') == NULL ||
        !g_utf8_validate(email, -1, NULL)) {
        return fail(error, APP_ERROR_INVALID, "\"email\" is no address");
    }
    /* In test mode an address is all that tells people apart, so here it is the subject. */
    g_auto(Identity) identity = { .provider = test_provider,
                                  .subject = g_utf8_casefold(email, -1),
                                  .name = g_strdup(name),
                                  .email = g_strdup(email) };
    if (!identity_enter(accounts, &identity, region, user_agent, ret_done, error)) {
        return false;
    }
    ret_done->return_to = g_strdup("/");
    return true;
}

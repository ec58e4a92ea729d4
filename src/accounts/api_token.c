#include "accounts/api_token.h"

#include "accounts/account_row.h"
#include "accounts/claims.h"
#include "accounts/context.h"
#include "accounts/jws.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "base/secret.h"

#include <string.h>

/* Lets a scanner of leaked secrets, and a person, recognise one. */
static const char token_prefix[] = "cpk_";
enum { TOKEN_LENGTH = sizeof token_prefix - 1 + 43, MAX_NAME_CHARS = 100 };

/* RFC 9068, 2.1: so that no other JWT passes for an access token. */
static const char jwt_type[] = "at+jwt";

#define API_TOKEN_COLUMNS                                                                          \
    "api_token.id AS token_id, api_token.name AS token_name,"                                      \
    " api_token.created_at AS token_created_at, api_token.last_used_at AS token_last_used_at,"     \
    " api_token.expires_at AS token_expires_at"

void
api_token_clear(ApiToken *token)
{
    g_clear_pointer(&token->name, g_free);
}

void
api_token_free(ApiToken *token)
{
    if (token != NULL) {
        api_token_clear(token);
        g_free(token);
    }
}

static bool
api_token_from_row(DbRows *rows, ApiToken *ret_token, GError **error)
{
    ApiToken token = { 0 };
    if (!id_parse(db_text(rows, "token_id"), &token.id)) {
        return fail(error, APP_ERROR_INTERNAL, "an API token's row cannot be read");
    }
    token.name = g_strdup(db_text(rows, "token_name"));
    token.created_at = db_int(rows, "token_created_at");
    token.last_used_at = db_int(rows, "token_last_used_at");
    token.expires_at = db_int(rows, "token_expires_at");
    *ret_token = token;
    return true;
}

static bool
check_number(DbTx *tx, const Id *account, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT COUNT(*) AS number FROM api_token WHERE account_id = $1", "t",
                 account->text);
    if (rows == NULL || !db_next(rows)) {
        return false;
    }
    return db_int(rows, "number") < API_TOKEN_MAX_PER_ACCOUNT ||
           fail(error, APP_ERROR_TOO_LARGE, "an account has at most %d API tokens: revoke one",
                API_TOKEN_MAX_PER_ACCOUNT);
}

static bool
insert(DbTx *tx, const Id *account, const ApiToken *token, const char *text, GError **error)
{
    Digest hash = digest_of(text, strlen(text));
    const char *sql =
        "INSERT INTO api_token (id, token_hash, account_id, name, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)";
    if (token->expires_at == 0) {
        return db_exec(tx, error, NULL, sql, "tbttiN", token->id.text, hash.bytes,
                       (gsize)DIGEST_SIZE, account->text, token->name, token->created_at);
    }
    return db_exec(tx, error, NULL, sql, "tbttii", token->id.text, hash.bytes, (gsize)DIGEST_SIZE,
                   account->text, token->name, token->created_at, token->expires_at);
}

char *
api_token_create(Accounts *accounts, const Id *account, const char *name, Timestamp expires_at,
                 ApiToken *ret_token, GError **error)
{
    g_autofree char *clean_name = account_clean_text(name, MAX_NAME_CHARS);
    if (clean_name == NULL || strcmp(clean_name, name) != 0) {
        return fail_null(error, APP_ERROR_INVALID, "a token needs a name of at most %d characters",
                         MAX_NAME_CHARS);
    }
    g_auto(ApiToken) token = { .id = id_new(accounts->clock),
                               .name = g_steal_pointer(&clean_name),
                               .created_at = clock_now(accounts->clock),
                               .expires_at = expires_at };
    g_autofree char *secret = secret_token();
    g_autofree char *text = g_strconcat(token_prefix, secret, NULL);
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE, error);
    if (tx == NULL || !check_number(tx, account, error) ||
        !insert(tx, account, &token, text, error) || !db_commit(g_steal_pointer(&tx), error)) {
        return NULL;
    }
    *ret_token = token;
    token = (ApiToken){ 0 };
    return g_steal_pointer(&text);
}

GPtrArray *
api_token_list(Accounts *accounts, const Id *account, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_READ, error);
    if (tx == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT " API_TOKEN_COLUMNS
                                      " FROM api_token WHERE account_id = $1 ORDER BY id DESC",
                                      "t", account->text);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) tokens = g_ptr_array_new_with_free_func((GDestroyNotify)api_token_free);
    while (db_next(rows)) {
        ApiToken token;
        if (!api_token_from_row(rows, &token, error)) {
            return NULL;
        }
        g_ptr_array_add(tokens, g_memdup2(&token, sizeof token));
    }
    return db_rows_finish(rows, error) ? g_steal_pointer(&tokens) : NULL;
}

bool
api_token_revoke(Accounts *accounts, const Id *account, const Id *token, GError **error)
{
    gint64 num_revoked;
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, &num_revoked, "DELETE FROM api_token WHERE account_id = $1 AND id = $2",
                 "tt", account->text, token->text)) {
        return false;
    }
    if (num_revoked == 0) {
        return fail(error, APP_ERROR_NOT_FOUND, "there is no API token %s", token->text);
    }
    return db_commit(g_steal_pointer(&tx), error);
}

static bool
use_token(DbTx *tx, const Digest *hash, Timestamp now, Id *ret_token, Id *ret_account,
          GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "UPDATE api_token SET last_used_at = $2"
                 " WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)"
                 " AND account_id IN (SELECT id FROM account WHERE closed_at IS NULL)"
                 " RETURNING id, account_id",
                 "bi", hash->bytes, (gsize)DIGEST_SIZE, now);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) && fail(error, APP_ERROR_UNAUTHENTICATED,
                                                   "the API token is unknown, revoked or expired");
    }
    return (id_parse(db_text(rows, "id"), ret_token) &&
            id_parse(db_text(rows, "account_id"), ret_account)) ||
           fail(error, APP_ERROR_INTERNAL, "an API token's row cannot be read");
}

static char *
make_jwt(const Accounts *accounts, const Id *token, const Id *account, Timestamp now)
{
    g_autoptr(JsonWriter) payload = json_writer_new(false);
    json_begin_object(payload, NULL);
    json_string(payload, "iss", accounts->site_origin);
    json_string(payload, "aud", accounts->site_origin);
    json_string(payload, "sub", account->text);
    json_string(payload, "jti", token->text);
    json_int(payload, "iat", now / G_USEC_PER_SEC);
    json_int(payload, "exp", (now + API_TOKEN_JWT_LIFETIME) / G_USEC_PER_SEC);
    json_end_object(payload);
    return jws_sign_own(accounts->token_key, sizeof accounts->token_key, jwt_type,
                        json_writer_text(payload)->str);
}

char *
api_token_exchange(Accounts *accounts, const char *text, Timestamp *ret_expires_at, GError **error)
{
    if (strlen(text) != TOKEN_LENGTH || !g_str_has_prefix(text, token_prefix)) {
        return fail_null(error, APP_ERROR_UNAUTHENTICATED,
                         "the API token is unknown, revoked or expired");
    }
    Digest hash = digest_of(text, TOKEN_LENGTH);
    Timestamp now = clock_now(accounts->clock);
    Id token, account;
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE_QUICKLY, error);
    if (tx == NULL || !use_token(tx, &hash, now, &token, &account, error) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return NULL;
    }
    *ret_expires_at = now + API_TOKEN_JWT_LIFETIME;
    return make_jwt(accounts, &token, &account, now);
}

/* The token that a JWT names, if the JWT is ours, for us and in its time. */
static bool
read_jwt(const Accounts *accounts, const char *text, Timestamp now, Id *ret_token, Id *ret_account,
         GError **error)
{
    g_auto(Jws) jws = { 0 };
    g_auto(Claims) claims = { 0 };
    return jws_parse(text, &jws, error) &&
           jws_verify_own(&jws, accounts->token_key, sizeof accounts->token_key, jwt_type, error) &&
           claims_parse(jws.payload, &claims, error) &&
           claims_check(&claims, accounts->site_origin, now, error) &&
           ((g_strcmp0(claims.iss, accounts->site_origin) == 0 && id_parse(claims.jti, ret_token) &&
             id_parse(claims.sub, ret_account)) ||
            fail(error, APP_ERROR_INVALID, "the token is not from here"));
}

bool
api_token_check(Accounts *accounts, const char *jwt, Account *ret_account, Id *ret_token,
                GError **error)
{
    Timestamp now = clock_now(accounts->clock);
    Id token, account;
    if (!read_jwt(accounts, jwt, now, &token, &account, NULL)) {
        /* Which check failed is nothing that the sender of a forged token should learn. */
        return fail(error, APP_ERROR_UNAUTHENTICATED, "the access token does not hold");
    }
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT " ACCOUNT_COLUMNS " FROM api_token"
                 " JOIN account ON account.id = api_token.account_id"
                 " WHERE api_token.id = $1 AND account.id = $2 AND closed_at IS NULL"
                 " AND (expires_at IS NULL OR expires_at > $3)",
                 "tti", token.text, account.text, now);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) &&
               fail(error, APP_ERROR_UNAUTHENTICATED, "the API token was revoked or has expired");
    }
    if (!account_from_row(rows, ret_account, error)) {
        return false;
    }
    if (ret_token != NULL) {
        *ret_token = token;
    }
    return true;
}

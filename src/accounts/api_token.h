/* Access for programs. A person makes an API token, which is shown once and kept as its SHA-256; a
 * program trades it for a JWT of 15 minutes, which it sends with each request. A JWT names its
 * token and is worth nothing once that is revoked. */
#pragma once

#include "accounts/account.h"

#define API_TOKEN_JWT_LIFETIME SECONDS(900)
#define API_TOKEN_MAX_PER_ACCOUNT 50

typedef struct {
    Id id;
    char *name;
    Timestamp created_at;
    Timestamp last_used_at; /* 0: never */
    Timestamp expires_at;   /* 0: never */
} ApiToken;

void api_token_clear(ApiToken *token);
void api_token_free(ApiToken *token);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApiToken, api_token_clear)

/* The token's text ("cpk_..."), told this once. EXPIRES_AT 0: never. INVALID for a name that is
 * empty, longer than 100 characters or not text; TOO_LARGE for one token more than an account may
 * have. */
char *api_token_create(Accounts *accounts, const Id *account, const char *name,
                       Timestamp expires_at, ApiToken *ret_token, GError **error);

/* Of ApiToken, the newest first. */
GPtrArray *api_token_list(Accounts *accounts, const Id *account, GError **error);

/* From now on neither the token nor a JWT made with it works. NOT_FOUND. */
bool api_token_revoke(Accounts *accounts, const Id *account, const Id *token, GError **error);

/* A JWT for TEXT. UNAUTHENTICATED when TEXT is no token, revoked or expired, or its account closed.
 */
char *api_token_exchange(Accounts *accounts, const char *text, Timestamp *ret_expires_at,
                         GError **error);

/* Whose JWT this is; UNAUTHENTICATED. RET_TOKEN may be NULL. */
bool api_token_check(Accounts *accounts, const char *jwt, Account *ret_account, Id *ret_token,
                     GError **error);

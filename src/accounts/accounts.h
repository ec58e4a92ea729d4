/* People: who they are, how they prove it, and what they then hold that proves it again.
 *
 * This room knows no HTTP. The web room carries three secrets to and fro: the value of the
 * browser's cookie during a sign-in (sign_in.h), the session token (session.h) and the JWT of an
 * API client (api_token.h). Everything here may be called from any thread and runs its own
 * transactions unless it takes a DbTx. */
#pragma once

#include "base/clock.h"
#include "db/db.h"
#include "net/net.h"

typedef struct Accounts Accounts;

#define ACCOUNTS_TOKEN_KEY_SIZE 32

/* What the operator registered at a provider. */
typedef struct {
    const char *id; /* "google", "microsoft" or "github" */
    const char *client_id;
    const char *client_secret;
    /* NULL or empty: the provider itself. Else an origin that speaks as it does:
     * "http://127.0.0.1:9400". */
    const char *base_url;
} AccountsProvider;

typedef struct {
    Db *db;   /* borrowed, like all of these three */
    Net *net; /* the providers' origins are registered with it for NET_SIGN_IN; may be NULL
                 when there is no provider */
    const Clock *clock;
    const char *site_origin; /* "https://cloudpick.example": redirect addresses begin with it */
    const char
        *pictures_domain; /* "pictures.localhost": an account's pictures are at LABEL.DOMAIN */
    guint8 token_key[ACCOUNTS_TOKEN_KEY_SIZE]; /* signs JWTs; the same in every process */
    Timestamp session_idle,
        session_lifetime; /* a session ends when unused so long, and at the latest */
    const AccountsProvider *providers;
    gsize num_providers;
    bool test_mode; /* anybody may sign in as anybody: only where nobody else can reach it */
} AccountsOptions;

/* INVALID for a provider that is not known or not complete. */
Accounts *accounts_new(const AccountsOptions *options, GError **error);
void accounts_free(Accounts *accounts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Accounts, accounts_free)

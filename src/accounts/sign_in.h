/* Signing in (LST-01): to a provider's page and back (OpenID Connect, or OAuth 2.0 with GitHub),
 * or, in test mode, by simply saying who one is. What a provider hands out is used once, to learn
 * who is there, and forgotten: no token of a provider is stored.
 *
 * RFC 9700 is followed: code flow with PKCE for all, state used once and bound to the browser,
 * nonce, one redirect address per provider (the mix-up defence where a provider sends no `iss`) and
 * `iss` compared where one does (RFC 9207), no redirect to anywhere but a path of this site. */
#pragma once

#include "accounts/account.h"

/* How long somebody may stay on the provider's page. */
#define SIGN_IN_LIFETIME SECONDS(600)

/* What to offer, in this order: {"google", "Google"}, ...; ends with an id of NULL. Owned by
 * ACCOUNTS. */
typedef struct {
    const char *id;
    const char *name;
} SignInChoice;
const SignInChoice *sign_in_choices(const Accounts *accounts);
bool sign_in_is_test_mode(const Accounts *accounts);

typedef struct {
    char *url;     /* send the browser there */
    char *browser; /* the value of a cookie to set: HttpOnly, Secure, SameSite=Lax, for
                      SIGN_IN_LIFETIME */
} SignInBegun;
void sign_in_begun_clear(SignInBegun *begun);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SignInBegun, sign_in_begun_clear)

/* REGION is for a new account; an account that exists keeps its own. NULL: sign in only, make no
 * account. RETURN_TO: a path of this site, anything else counts as "/". NOT_FOUND for a provider
 * that is not configured, UNAVAILABLE or TIMEOUT when it cannot be asked. */
bool sign_in_begin(Accounts *accounts, const char *provider, const char *region,
                   const char *return_to, SignInBegun *ret_begun, GError **error);

typedef struct {
    Account account;
    char *session_token; /* 43 characters: the value of the session cookie */
    Timestamp session_expires_at;
    char *return_to; /* a path of this site */
    bool is_new;     /* the account was made by this sign-in */
} SignInDone;
void sign_in_done_clear(SignInDone *done);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SignInDone, sign_in_done_clear)

/* The browser came back to /sign-in/PROVIDER/callback with QUERY (all after '?', not decoded) and
 * the cookie's value BROWSER (NULL: none). Whatever comes of it, this sign-in cannot be finished
 * again.
 *
 * CANCELLED: refused on the provider's page. UNAUTHENTICATED: not begun here, by this browser, in
 * time, or the provider's answer does not hold. NOT_FOUND: a sign-in without region, and no account
 * yet. FORBIDDEN: the account is closed. UNAVAILABLE, TIMEOUT: the provider cannot be asked. */
bool sign_in_finish(Accounts *accounts, const char *provider, const char *query,
                    const char *browser, const char *user_agent, SignInDone *ret_done,
                    GError **error);

/* Test mode only (FORBIDDEN else): signs in as EMAIL, making the account if there is none. */
bool sign_in_test(Accounts *accounts, const char *name, const char *email, const char *region,
                  const char *user_agent, SignInDone *ret_done, GError **error);

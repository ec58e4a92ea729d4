/* Sessions of browsers. What the browser holds is a random token; the database holds its SHA-256,
 * so that a copy of the database signs nobody in. */
#pragma once

#include "accounts/account.h"

typedef struct {
    Id id; /* names the session in lists; proves nothing */
    Id account;
    Timestamp created_at;
    Timestamp last_seen_at; /* exact to SESSION_SEEN_STEP */
    Timestamp expires_at;   /* unless it is used before */
    char *browser;          /* "Firefox on Linux" */
} Session;

#define SESSION_SEEN_STEP SECONDS(300)

void session_clear(Session *session);
void session_free(Session *session);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

/* Whose session TOKEN is, and that it was used now. UNAUTHENTICATED for a token that is unknown,
 * too old, ended, or of a closed account. Either result may be NULL. */
bool session_find(Accounts *accounts, const char *token, Session *ret_session, Account *ret_account,
                  GError **error);

/* Of Session, the one used last first. */
GPtrArray *session_list(Accounts *accounts, const Id *account, GError **error);

/* NOT_FOUND when ACCOUNT has no such session. */
bool session_end(Accounts *accounts, const Id *account, const Id *session, GError **error);

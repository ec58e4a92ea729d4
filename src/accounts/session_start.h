/* Starting a session: for who has just proved who they are. */
#pragma once

#include "accounts/session.h"

/* The token, which is told only here. */
char *session_start(DbTx *tx, Accounts *accounts, const Id *account, const char *user_agent,
                    Timestamp *ret_expires_at, GError **error);

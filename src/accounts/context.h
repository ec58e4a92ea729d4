/* What the functions of this room share; private to it. */
#pragma once

#include "accounts/accounts.h"
#include "accounts/sign_in.h"

struct Accounts {
    Db *db;
    Net *net;
    const Clock *clock;
    char *site_origin;
    char *pictures_domain;
    guint8 token_key[ACCOUNTS_TOKEN_KEY_SIZE];
    Timestamp session_idle, session_lifetime;
    bool test_mode;
    GPtrArray *providers; /* of Provider (provider.h), owned */
    GArray *choices;      /* of SignInChoice, ended by zeros */
};

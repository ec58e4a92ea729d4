/* Who signs in: a provider's word for a person, and the account that goes with it. */
#pragma once

#include "accounts/sign_in.h"

/* The key is PROVIDER and SUBJECT, what the provider never gives to anybody else. An address is no
 * key: it changes hands, and a provider may not have checked it. */
typedef struct {
    const char *provider; /* borrowed */
    char *subject;
    char *name;  /* NULL: not said */
    char *email; /* NULL: not said, or not confirmed by the provider */
} Identity;
void identity_clear(Identity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)

/* Starts a session for IDENTITY, making an account in REGION (NULL: none is made, NOT_FOUND) when
 * it has none. FORBIDDEN when the account is closed. Sets all of RET_DONE but return_to. */
bool identity_enter(Accounts *accounts, const Identity *identity, const char *region,
                    const char *user_agent, SignInDone *ret_done, GError **error);

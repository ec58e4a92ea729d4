/* An account: a name, perhaps an address, and the region in which everything of it lies. Accounts
 * are found by who signs in (provider and subject, identity.h), never by an address. */
#pragma once

#include "accounts/accounts.h"
#include "base/id.h"

typedef struct {
    Id id;
    char *name;
    char
        *email; /* NULL: the provider confirms none. For the eye only: nothing is looked up by it */
    const char *region; /* one of account_regions */
    Timestamp created_at;
    Timestamp closed_at; /* 0: open */
} Account;

void account_clear(Account *account);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Account, account_clear)

/* "us", "eu", NULL. Chosen at sign-up and never changed (LST-28). */
extern const char *const account_regions[];

/* Closes the account at once: every session and API token ends, its picture host is retired, nobody
 * can sign in to it any more. In the caller's transaction, so that the erasure can be ordered in
 * the same. Doing it twice changes nothing. */
bool account_close(DbTx *tx, Accounts *accounts, const Id *id, GError **error);

/* "k7f3q2m5t6y4w2ab.pictures.localhost": the host of the account's pictures. Its label is random:
 * nothing leads from it to the account or to another host (LST-19). */
char *account_picture_host(Accounts *accounts, const Id *id, GError **error);

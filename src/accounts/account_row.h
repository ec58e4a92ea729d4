/* The row of an account, for the queries of this room. */
#pragma once

#include "accounts/account.h"

/* An address has at most 254 (RFC 5321, with erratum 1690). */
#define ACCOUNT_MAX_EMAIL_CHARS 254

/* All that account_from_row reads; for any query over the table `account`, alone or joined. */
#define ACCOUNT_COLUMNS                                                                            \
    "account.id AS account_id, account.region AS account_region,"                                  \
    " account.display_name AS account_name, account.email AS account_email,"                       \
    " account.created_at AS account_created_at, account.closed_at AS account_closed_at"

/* The account of the current row; INTERNAL when the row is none of ours. */
bool account_from_row(DbRows *rows, Account *ret_account, GError **error);

/* A new account with its picture host. NAME and EMAIL (NULL: none) come from outside: they are
 * trimmed to what may be shown. INVALID for an unknown region. */
bool account_create(DbTx *tx, Accounts *accounts, const char *region, const char *name,
                    const char *email, Account *ret_account, GError **error);

/* TEXT without control characters and without those that turn the writing direction, cut to
 * MAX_CHARS; NULL when nothing is left. */
char *account_clean_text(const char *text, glong max_chars);

#include "accounts/identity.h"

#include "accounts/account_row.h"
#include "accounts/context.h"
#include "accounts/session_start.h"
#include "base/error.h"

void
identity_clear(Identity *identity)
{
    g_clear_pointer(&identity->subject, g_free);
    g_clear_pointer(&identity->name, g_free);
    g_clear_pointer(&identity->email, g_free);
}

static bool
find_account(DbTx *tx, const Identity *identity, Account *ret_account, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT " ACCOUNT_COLUMNS " FROM identity"
                                      " JOIN account ON account.id = identity.account_id"
                                      " WHERE provider = $1 AND subject = $2",
                                      "tt", identity->provider, identity->subject);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) &&
               fail(error, APP_ERROR_NOT_FOUND,
                    "there is no account for this sign-in yet: choose a region to make one");
    }
    return account_from_row(rows, ret_account, error);
}

static bool
make_account(DbTx *tx, Accounts *accounts, const Identity *identity, const char *region,
             Account *ret_account, GError **error)
{
    g_auto(Account) account = { 0 };
    gint64 num_made;
    if (!account_create(tx, accounts, region, identity->name, identity->email, &account, error) ||
        !db_exec(tx, error, &num_made,
                 "INSERT INTO identity"
                 " (provider, subject, account_id, email, created_at, last_used_at)"
                 " VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (provider, subject) DO NOTHING",
                 "tttti", identity->provider, identity->subject, account.id.text, account.email,
                 account.created_at)) {
        return false;
    }
    if (num_made == 0) {
        return fail(error, APP_ERROR_CONFLICT, "the account is being made in another window");
    }
    *ret_account = account;
    account = (Account){ 0 };
    return true;
}

/* What the provider says today counts; the name is the person's own and stays. */
static bool
note_use(DbTx *tx, Accounts *accounts, const Identity *identity, Account *account, GError **error)
{
    g_autofree char *email = account_clean_text(identity->email, ACCOUNT_MAX_EMAIL_CHARS);
    if (!db_exec(tx, error, NULL,
                 "UPDATE identity SET email = $3, last_used_at = $4"
                 " WHERE provider = $1 AND subject = $2",
                 "ttti", identity->provider, identity->subject, email,
                 clock_now(accounts->clock)) ||
        !db_exec(tx, error, NULL, "UPDATE account SET email = $2 WHERE id = $1", "tt",
                 account->id.text, email)) {
        return false;
    }
    g_free(account->email);
    account->email = g_steal_pointer(&email);
    return true;
}

static bool
enter_once(Accounts *accounts, const Identity *identity, const char *region, const char *user_agent,
           SignInDone *ret_done, GError **error)
{
    g_auto(SignInDone) done = { 0 };
    g_autoptr(GError) problem = NULL;
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    if (!find_account(tx, identity, &done.account, &problem)) {
        done.is_new = region != NULL && g_error_matches(problem, APP_ERROR, APP_ERROR_NOT_FOUND);
        if (!done.is_new) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!make_account(tx, accounts, identity, region, &done.account, error)) {
            return false;
        }
    } else if (done.account.closed_at != 0) {
        return fail(error, APP_ERROR_FORBIDDEN, "this account is closed and is being deleted");
    } else if (!note_use(tx, accounts, identity, &done.account, error)) {
        return false;
    }
    done.session_token =
        session_start(tx, accounts, &done.account.id, user_agent, &done.session_expires_at, error);
    if (done.session_token == NULL || !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    *ret_done = done;
    done = (SignInDone){ 0 };
    return true;
}

bool
identity_enter(Accounts *accounts, const Identity *identity, const char *region,
               const char *user_agent, SignInDone *ret_done, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (enter_once(accounts, identity, region, user_agent, ret_done, &problem)) {
        return true;
    }
    /* Two windows signed up at once: the second finds what the first has made. */
    if (g_error_matches(problem, APP_ERROR, APP_ERROR_CONFLICT)) {
        return enter_once(accounts, identity, region, user_agent, ret_done, error);
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

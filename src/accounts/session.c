#include "accounts/session.h"

#include "accounts/account_row.h"
#include "accounts/browser.h"
#include "accounts/context.h"
#include "accounts/session_start.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

/* 256 bits in base64url. */
enum { TOKEN_LENGTH = 43 };

#define SESSION_COLUMNS                                                                            \
    "session.id AS session_id, session.account_id AS session_account_id,"                          \
    " session.created_at AS session_created_at, session.last_seen_at AS session_last_seen_at,"     \
    " session.expires_at AS session_expires_at, session.browser AS session_browser"

void
session_clear(Session *session)
{
    g_clear_pointer(&session->browser, g_free);
}

void
session_free(Session *session)
{
    if (session != NULL) {
        session_clear(session);
        g_free(session);
    }
}

static bool
session_from_row(DbRows *rows, Session *ret_session, GError **error)
{
    Session session = { 0 };
    if (!id_parse(db_text(rows, "session_id"), &session.id) ||
        !id_parse(db_text(rows, "session_account_id"), &session.account)) {
        return fail(error, APP_ERROR_INTERNAL, "a session's row cannot be read");
    }
    session.created_at = db_int(rows, "session_created_at");
    session.last_seen_at = db_int(rows, "session_last_seen_at");
    session.expires_at = db_int(rows, "session_expires_at");
    session.browser = g_strdup(db_text(rows, "session_browser"));
    *ret_session = session;
    return true;
}

/* One column says when a session is over, whichever limit comes first, so that one sweep finds it.
 */
static Timestamp
expiry(const Accounts *accounts, Timestamp created_at, Timestamp seen_at)
{
    return MIN(created_at + accounts->session_lifetime, seen_at + accounts->session_idle);
}

char *
session_start(DbTx *tx, Accounts *accounts, const Id *account, const char *user_agent,
              Timestamp *ret_expires_at, GError **error)
{
    g_autofree char *token = secret_token();
    g_autofree char *browser = browser_describe(user_agent);
    Digest hash = digest_of(token, strlen(token));
    Id id = id_new(accounts->clock);
    Timestamp now = clock_now(accounts->clock);
    Timestamp expires_at = expiry(accounts, now, now);
    if (!db_exec(tx, error, NULL,
                 "INSERT INTO session"
                 " (token_hash, id, account_id, created_at, last_seen_at, expires_at, browser)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                 "bttiiit", hash.bytes, (gsize)DIGEST_SIZE, id.text, account->text, now, now,
                 expires_at, browser)) {
        return NULL;
    }
    *ret_expires_at = expires_at;
    return g_steal_pointer(&token);
}

static bool
find_open(Accounts *accounts, const Digest *hash, Timestamp now, Session *ret_session,
          Account *ret_account, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT " SESSION_COLUMNS ", " ACCOUNT_COLUMNS " FROM session"
                 " JOIN account ON account.id = session.account_id"
                 " WHERE token_hash = $1 AND expires_at > $2 AND closed_at IS NULL",
                 "bi", hash->bytes, (gsize)DIGEST_SIZE, now);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) &&
               fail(error, APP_ERROR_UNAUTHENTICATED, "the session has ended");
    }
    g_auto(Session) session = { 0 };
    if (!session_from_row(rows, &session, error) || !account_from_row(rows, ret_account, error)) {
        return false;
    }
    *ret_session = session;
    session = (Session){ 0 };
    return true;
}

static bool
note_use(Accounts *accounts, const Digest *hash, Timestamp now, Session *session, GError **error)
{
    Timestamp expires_at = expiry(accounts, session->created_at, now);
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE_QUICKLY, error);
    if (tx == NULL ||
        !db_exec(tx, error, NULL,
                 "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE token_hash = $1",
                 "bii", hash->bytes, (gsize)DIGEST_SIZE, now, expires_at) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    session->last_seen_at = now;
    session->expires_at = expires_at;
    return true;
}

bool
session_find(Accounts *accounts, const char *token, Session *ret_session, Account *ret_account,
             GError **error)
{
    if (strlen(token) != TOKEN_LENGTH) {
        return fail(error, APP_ERROR_UNAUTHENTICATED, "the session has ended");
    }
    Digest hash = digest_of(token, TOKEN_LENGTH);
    Timestamp now = clock_now(accounts->clock);
    g_auto(Session) session = { 0 };
    g_auto(Account) account = { 0 };
    if (!find_open(accounts, &hash, now, &session, &account, error)) {
        return false;
    }
    /* A write for every request would make the database wait for its disk at every picture. That it
     * fails (the disk is full) is no reason to lock people out. */
    if (now - session.last_seen_at >= SESSION_SEEN_STEP) {
        (void)note_use(accounts, &hash, now, &session, NULL);
    }
    if (ret_session != NULL) {
        *ret_session = session;
        session = (Session){ 0 };
    }
    if (ret_account != NULL) {
        *ret_account = account;
        account = (Account){ 0 };
    }
    return true;
}

GPtrArray *
session_list(Accounts *accounts, const Id *account, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_READ, error);
    if (tx == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT " SESSION_COLUMNS " FROM session"
                                      " WHERE account_id = $1 AND expires_at > $2"
                                      " ORDER BY last_seen_at DESC, id DESC LIMIT 500",
                                      "ti", account->text, clock_now(accounts->clock));
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) sessions = g_ptr_array_new_with_free_func((GDestroyNotify)session_free);
    while (db_next(rows)) {
        Session session;
        if (!session_from_row(rows, &session, error)) {
            return NULL;
        }
        g_ptr_array_add(sessions, g_memdup2(&session, sizeof session));
    }
    return db_rows_finish(rows, error) ? g_steal_pointer(&sessions) : NULL;
}

bool
session_end(Accounts *accounts, const Id *account, const Id *session, GError **error)
{
    gint64 num_ended;
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, &num_ended, "DELETE FROM session WHERE account_id = $1 AND id = $2",
                 "tt", account->text, session->text)) {
        return false;
    }
    if (num_ended == 0) {
        return fail(error, APP_ERROR_NOT_FOUND, "there is no session %s", session->text);
    }
    return db_commit(g_steal_pointer(&tx), error);
}

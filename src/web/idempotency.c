#include "web/idempotency.h"

#include <string.h>

/* Under way. */
#define NO_STATUS 0

static IdempotencyResult
read_row(DbTx *tx, const Clock *clock, const Id *account, const char *key, const char *route,
         const Digest *request, guint *ret_status, char **ret_body, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT route, request_digest, status, body, created_at"
                                      " FROM idempotency WHERE account_id = $1 AND key = $2",
                                      "tt", account->text, key);
    if (rows == NULL) {
        return IDEMPOTENCY_FAILED;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) ? IDEMPOTENCY_FRESH : IDEMPOTENCY_FAILED;
    }
    gsize size;
    const void *digest = db_blob(rows, "request_digest", &size);
    if (strcmp(db_text(rows, "route"), route) != 0 || size != DIGEST_SIZE ||
        memcmp(digest, request->bytes, DIGEST_SIZE) != 0) {
        return IDEMPOTENCY_OTHER;
    }
    guint status = (guint)db_int(rows, "status");
    if (status != NO_STATUS) {
        *ret_status = status;
        *ret_body = g_strdup(db_text(rows, "body"));
        return IDEMPOTENCY_REPLAY;
    }
    bool is_abandoned = clock_now(clock) - db_int(rows, "created_at") > IDEMPOTENCY_ABANDONED;
    return is_abandoned ? IDEMPOTENCY_FRESH : IDEMPOTENCY_BUSY;
}

IdempotencyResult
idempotency_begin(Db *db, const Clock *clock, const Id *account, const char *key, const char *route,
                  const Digest *request, guint *ret_status, char **ret_body, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    if (tx == NULL) {
        return IDEMPOTENCY_FAILED;
    }
    gint64 num_inserted;
    if (!db_exec(tx, error, &num_inserted,
                 "INSERT INTO idempotency"
                 " (account_id, key, route, request_digest, status, body, created_at)"
                 " VALUES ($1, $2, $3, $4, 0, '', $5) ON CONFLICT DO NOTHING",
                 "tttbi", account->text, key, route, request->bytes, (gsize)DIGEST_SIZE,
                 clock_now(clock))) {
        return IDEMPOTENCY_FAILED;
    }
    if (num_inserted == 0) {
        IdempotencyResult result =
            read_row(tx, clock, account, key, route, request, ret_status, ret_body, error);
        if (result != IDEMPOTENCY_FRESH) {
            return result;
        }
        if (!db_exec(tx, error, NULL,
                     "UPDATE idempotency SET created_at = $3 WHERE account_id = $1 AND key = $2",
                     "tti", account->text, key, clock_now(clock))) {
            return IDEMPOTENCY_FAILED;
        }
    }
    return db_commit(g_steal_pointer(&tx), error) ? IDEMPOTENCY_FRESH : IDEMPOTENCY_FAILED;
}

bool
idempotency_end(Db *db, const Id *account, const char *key, guint status, const char *body,
                GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    bool is_done =
        status == NO_STATUS
            ? db_exec(tx, error, NULL, "DELETE FROM idempotency WHERE account_id = $1 AND key = $2",
                      "tt", account->text, key)
            : db_exec(tx, error, NULL,
                      "UPDATE idempotency SET status = $3, body = $4"
                      " WHERE account_id = $1 AND key = $2",
                      "ttit", account->text, key, (gint64)status, body);
    return is_done && db_commit(g_steal_pointer(&tx), error);
}

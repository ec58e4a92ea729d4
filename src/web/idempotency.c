#include "web/idempotency.h"

#include "base/error.h"

#include <string.h>

IdempotencyResult
idempotency_find(Db *db, const IdempotencyKey *key, guint *ret_status, char **ret_body,
                 GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    if (tx == NULL) {
        return IDEMPOTENCY_FAILED;
    }
    /* Older programs wrote a row without a status before they began. */
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT route, request_digest, status, body"
                 " FROM idempotency WHERE account_id = $1 AND key = $2 AND status <> 0",
                 "tt", key->account->text, key->key);
    if (rows == NULL) {
        return IDEMPOTENCY_FAILED;
    }
    if (!db_next(rows)) {
        return IDEMPOTENCY_FRESH;
    }
    gsize size;
    const void *digest = db_blob(rows, "request_digest", &size);
    if (strcmp(db_text(rows, "route"), key->route) != 0 || size != DIGEST_SIZE ||
        memcmp(digest, key->request.bytes, DIGEST_SIZE) != 0) {
        return IDEMPOTENCY_OTHER;
    }
    *ret_status = (guint)db_int(rows, "status");
    *ret_body = g_strdup(db_text(rows, "body"));
    return IDEMPOTENCY_REPLAY;
}

bool
idempotency_keep(DbTx *tx, const Clock *clock, const IdempotencyKey *key, guint status,
                 const char *body, GError **error)
{
    gint64 num_kept;
    if (key->key == NULL) {
        return true;
    }
    /* Where another transaction has just written the same key this waits for its end. */
    return db_exec(tx, error, &num_kept,
                   "INSERT INTO idempotency"
                   " (account_id, key, route, request_digest, status, body, created_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)"
                   " ON CONFLICT (account_id, key) DO UPDATE SET route = excluded.route,"
                   " request_digest = excluded.request_digest, status = excluded.status,"
                   " body = excluded.body, created_at = excluded.created_at"
                   " WHERE idempotency.status = 0",
                   "tttbiti", key->account->text, key->key, key->route, key->request.bytes,
                   (gsize)DIGEST_SIZE, (gint64)status, body, clock_now(clock)) &&
           (num_kept == 1 || fail(error, APP_ERROR_CONFLICT, "the same request is under way"));
}

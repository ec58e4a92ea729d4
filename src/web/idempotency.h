/* What was answered to a request with an Idempotency-Key, so that asking again creates nothing
 * twice. A key is the account's; it must come with the same request each time.
 *
 * The answer is kept in the transaction that creates: whatever is killed when, either both are
 * there or neither. */
#pragma once

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"
#include "db/db.h"

#include <stdbool.h>

#define IDEMPOTENCY_MAX_KEY 200

typedef struct {
    const Id *account;
    const char *key;   /* NULL: the request has none; nothing is kept */
    const char *route; /* its pattern */
    Digest request;    /* of the body */
} IdempotencyKey;

typedef enum {
    IDEMPOTENCY_FRESH,  /* go on */
    IDEMPOTENCY_REPLAY, /* answered before: RET_STATUS and RET_BODY */
    IDEMPOTENCY_OTHER,  /* the key was used for another request */
    IDEMPOTENCY_FAILED, /* ERROR */
} IdempotencyResult;

IdempotencyResult idempotency_find(Db *db, const IdempotencyKey *key, guint *ret_status,
                                   char **ret_body, GError **error);

/* In the transaction that creates. CONFLICT, and then nothing may be created: the same request came
 * twice at once, and the other one has been answered. */
bool idempotency_keep(DbTx *tx, const Clock *clock, const IdempotencyKey *key, guint status,
                      const char *body, GError **error);

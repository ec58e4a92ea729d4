/* What was answered to a request with an Idempotency-Key, so that asking again creates nothing
 * twice. A key is the account's; it must come with the same request each time. */
#pragma once

#include "base/clock.h"
#include "base/digest.h"
#include "base/id.h"
#include "db/db.h"

#include <stdbool.h>

#define IDEMPOTENCY_MAX_KEY 200

/* A request that never got its answer (its process died) may be tried again after this long. */
#define IDEMPOTENCY_ABANDONED SECONDS(60)

typedef enum {
    IDEMPOTENCY_FRESH,  /* go on, and tell idempotency_end */
    IDEMPOTENCY_REPLAY, /* answered before: RET_STATUS and RET_BODY */
    IDEMPOTENCY_BUSY,   /* the same is under way */
    IDEMPOTENCY_OTHER,  /* the key was used for another request */
    IDEMPOTENCY_FAILED, /* ERROR */
} IdempotencyResult;

IdempotencyResult idempotency_begin(Db *db, const Clock *clock, const Id *account, const char *key,
                                    const char *route, const Digest *request, guint *ret_status,
                                    char **ret_body, GError **error);

/* The answer. STATUS 0: it failed, and the key is free again. */
bool idempotency_end(Db *db, const Id *account, const char *key, guint status, const char *body,
                     GError **error);

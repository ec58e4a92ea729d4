/* Inside the room only: how much an account may have. What is checked holds until the end of the
 * transaction only where quota_take was called before. */
#pragma once

#include "batches/batches.h"

/* Rows of all batches that an account has. */
typedef enum {
    QUOTA_BATCHES,
    QUOTA_PHOTOS,
    QUOTA_SKUS,
    QUOTA_UPLOADS, /* ever in these batches */
    QUOTA_EVENTS,  /* likewise */
    NUM_QUOTAS
} QuotaKind;

/* Others who take the same account's quota wait for the end of this transaction. After the batch's
 * row, if that is taken as well. */
bool quota_take(DbTx *tx, const Id *account, GError **error);

bool limits_load(Batches *batches, DbTx *tx, const Id *account, AccountLimits *ret_limits,
                 GError **error);

/* Whether WANTED more rows of KIND are within the quota; TOO_LARGE names its setting. */
bool quota_check(Batches *batches, DbTx *tx, const Id *account, QuotaKind kind, gint64 wanted,
                 GError **error);

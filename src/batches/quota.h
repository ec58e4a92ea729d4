/* Inside the room only: how much an account may have. */
#pragma once

#include "batches/batches.h"

bool limits_load(Batches *batches, DbTx *tx, const Id *account, AccountLimits *ret_limits,
                 GError **error);

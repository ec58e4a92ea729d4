/* Inside the room only: whether a batch can be published. */
#pragma once

#include "batches/change.h"

/* CONFLICT, with the reason, where nothing can come of it and nothing is on its way that could
 * change that. RET_IS_SETTLED: all that came in is a photo or the sheet, and every photo has been
 * looked at for a place. */
bool batch_check_publishable(BatchChange *change, bool *ret_is_settled, GError **error);

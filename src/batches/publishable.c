#include "batches/publishable.h"

#include "base/error.h"

/* The reason is only good while nothing is on its way. */
static bool
check_what_is_there(const BatchRow *batch, bool is_matched, GError **error)
{
    const BatchInfo *info = batch->info;
    if (info->sheet == NULL) {
        return fail(error, APP_ERROR_CONFLICT, "there is no sheet yet");
    }
    if (info->sheet->problem != NULL) {
        return fail(error, APP_ERROR_CONFLICT, "the sheet cannot be used: %s",
                    info->sheet->problem);
    }
    if (info->counts.photos == 0) {
        return fail(error, APP_ERROR_CONFLICT, "there are no photos yet");
    }
    return !is_matched || info->counts.matched > 0 ||
           fail(error, APP_ERROR_CONFLICT, "no photo has a place in the sheet");
}

bool
batch_check_publishable(BatchChange *change, bool *ret_is_settled, GError **error)
{
    const BatchRow *batch = change->batch;
    const BatchSheet *sheet = batch->info->sheet;
    bool is_matched = sheet != NULL && sheet->is_read && batch->match_done == batch->match_wanted;
    gint64 num_unpacking;
    if (!batch_count_unpacking(change->tx, &batch->info->id, &num_unpacking, error) ||
        (num_unpacking == 0 && !check_what_is_there(batch, is_matched, error))) {
        return false;
    }
    *ret_is_settled = num_unpacking == 0 && is_matched;
    return true;
}

#include "batches/quota.h"

#include "batches/service.h"

/* A sheet is read from memory; the largest templates with all rows filled are near 100 MB. */
static const gint64 max_sheet_bytes = 256 * 1024 * 1024;

/* What is here, photos and sheets, and what was announced and is on its way. What was deleted makes
 * room at once. */
static bool
load_used(DbTx *tx, const Id *account, gint64 *ret_bytes, GError **error)
{
    g_autoptr(DbRows) rows = db_query(
        tx, error,
        "SELECT CAST(COALESCE((SELECT SUM(bytes_in) FROM batch WHERE account_id = $1 AND state <> "
        "$2), 0)"
        " + COALESCE((SELECT SUM(object.size) FROM batch JOIN object"
        " ON object.id = batch.sheet_object"
        " WHERE batch.account_id = $1 AND batch.state <> $2), 0)"
        " + COALESCE((SELECT SUM(size) FROM upload WHERE account_id = $1 AND state = 1), 0)"
        " AS {i64}) AS used",
        "ti", account->text, (gint64)BATCH_DELETED);
    if (rows == NULL) {
        return false;
    }
    *ret_bytes = db_next(rows) ? db_int(rows, "used") : 0;
    return true;
}

bool
limits_load(Batches *batches, DbTx *tx, const Id *account, AccountLimits *ret_limits,
            GError **error)
{
    const Settings *settings = batches->settings;
    AccountLimits limits = {
        .max_photo_bytes = settings->image_max_input_bytes,
        .max_sheet_bytes = MIN(max_sheet_bytes, settings->sheet_max_bytes),
        .max_zip_bytes = settings->archive_max_total_bytes,
        .max_batch_photos = settings->quota_batch_photos,
        .quota_bytes = settings->quota_account_bytes,
    };
    if (!load_used(tx, account, &limits.used_bytes, error)) {
        return false;
    }
    *ret_limits = limits;
    return true;
}

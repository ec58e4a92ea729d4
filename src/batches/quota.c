#include "batches/quota.h"

#include "base/error.h"
#include "batches/service.h"

/* A sheet is read from memory; the largest templates with all rows filled are near 100 MB. */
static const gint64 max_sheet_bytes = 256 * 1024 * 1024;

bool
quota_take(DbTx *tx, const Id *account, GError **error)
{
    g_autoptr(DbRows) rows = db_query(
        tx, error, "SELECT id FROM account WHERE id = $1 {for_update}", "t", account->text);
    return rows != NULL;
}

/* What is here, photos and sheets, what was announced and is on its way, and what is still to come
 * out of ZIPs. What was deleted makes room at once. */
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
        " + COALESCE((SELECT SUM(CASE WHEN reserved_bytes > size THEN reserved_bytes ELSE size END)"
        " FROM upload WHERE account_id = $1 AND state = 1), 0)"
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

static const struct {
    const char *column, *things, *setting;
} kinds[NUM_QUOTAS] = {
    [QUOTA_BATCHES] = { "num_batches", "batches", "quota.account-batches" },
    [QUOTA_PHOTOS] = { "num_photos", "photos", "quota.account-photos" },
    [QUOTA_SKUS] = { "num_skus", "SKUs", "quota.account-skus" },
    [QUOTA_UPLOADS] = { "num_uploads", "files sent", "quota.account-uploads" },
    [QUOTA_EVENTS] = { "num_events", "lines of history", "quota.account-events" },
};

static gint64
quota_of(const Settings *settings, QuotaKind kind)
{
    switch (kind) {
    case QUOTA_BATCHES:
        return settings->quota_account_batches;
    case QUOTA_PHOTOS:
        return settings->quota_account_photos;
    case QUOTA_SKUS:
        return settings->quota_account_skus;
    case QUOTA_UPLOADS:
        return settings->quota_account_uploads;
    case QUOTA_EVENTS:
        return settings->quota_account_events;
    case NUM_QUOTAS:
        break;
    }
    g_assert_not_reached();
}

bool
quota_check(Batches *batches, DbTx *tx, const Id *account, QuotaKind kind, gint64 wanted,
            GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT COUNT(*) AS num_batches,"
                 " CAST(COALESCE(SUM(num_photos), 0) AS {i64}) AS num_photos,"
                 " CAST(COALESCE(SUM(num_skus), 0) AS {i64}) AS num_skus,"
                 " CAST(COALESCE(SUM(num_uploads), 0) AS {i64}) AS num_uploads,"
                 " CAST(COALESCE(SUM(num_events), 0) AS {i64}) AS num_events"
                 " FROM batch WHERE account_id = $1 AND state <> $2",
                 "ti", account->text, (gint64)BATCH_DELETED);
    if (rows == NULL || !db_next(rows)) {
        return false;
    }
    gint64 used = db_int(rows, kinds[kind].column);
    gint64 quota = quota_of(batches->settings, kind);
    return wanted <= quota - used ||
           fail(error, APP_ERROR_TOO_LARGE,
                "the account is full: it has %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                " %s, and this needs %" G_GINT64_FORMAT " more; delete a batch first (%s)",
                used, quota, kinds[kind].things, wanted, kinds[kind].setting);
}

/* Stands in for what of batches/ has not landed. */
#include "base/error.h"
#include "batches/batches.h"
#include "batches/exports.h"
#include "batches/photos.h"
#include "batches/publications.h"
#include "batches/uploads.h"
#include "batches/watch.h"

Batches *
batches_new(const BatchesOptions *options)
{
    static int nothing;
    return (Batches *)&nothing;
}

void
batches_free(Batches *batches)
{
}

const JobKind *
batches_job_kinds(Batches *batches, gsize *ret_num_kinds)
{
    *ret_num_kinds = 0;
    return NULL;
}

void
batches_set_jobs(Batches *batches, Jobs *jobs)
{
}

void
batches_interrupt(Batches *batches)
{
}

bool
batches_plan_housekeeping(Batches *batches, GError **error)
{
    return true;
}

const char *
batch_state_to_string(BatchState state)
{
    return "";
}

void
batch_info_free(BatchInfo *batch)
{
}

BatchInfo *
batches_create(Batches *batches, const Id *account, const BatchSettings *settings, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

BatchInfo *
batches_get(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

GPtrArray *
batches_list(Batches *batches, const Id *account, const char *cursor, guint limit,
             char **ret_cursor, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

BatchInfo *
batches_edit(Batches *batches, const Id *account, const Id *batch, const BatchSettings *settings,
             GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

bool
batches_delete(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

BatchInfo *
batches_publish(Batches *batches, const Id *account, const Id *batch, gint64 revision,
                GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

BatchInfo *
batches_reopen(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

const char *
decided_by_to_string(DecidedBy by)
{
    return "";
}

GPtrArray *
batches_history(Batches *batches, const Id *account, const Id *batch, const Id *photo,
                const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

bool
batches_limits(Batches *batches, const Id *account, AccountLimits *ret_limits, GError **error)
{
    *ret_limits = (AccountLimits){ .max_photo_bytes = 256 << 20,
                                   .max_sheet_bytes = 1 << 30,
                                   .max_zip_bytes = 1 << 30,
                                   .max_batch_photos = 100000,
                                   .quota_bytes = 1LL << 36 };
    return true;
}

const char *
upload_kind_to_string(UploadKind kind)
{
    return "";
}

bool
upload_kind_from_string(const char *text, UploadKind *ret_kind)
{
    return 0;
}

const char *
upload_state_to_string(UploadState state)
{
    return "";
}

void
upload_info_free(UploadInfo *upload)
{
}

UploadInfo *
uploads_create(Batches *batches, const Id *account, const UploadRequest *request, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

UploadInfo *
uploads_get(Batches *batches, const Id *account, const Id *upload, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

AppendResult
uploads_append(Batches *batches, const Id *account, const Id *upload, gint64 offset,
               const UploadChecksum *checksum, UploadReadFunc read, gpointer data,
               UploadInfo **ret_upload, GError **error)
{
    fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
    return APPEND_FAILED;
}

bool
uploads_terminate(Batches *batches, const Id *account, const Id *upload, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

GPtrArray *
uploads_list(Batches *batches, const Id *account, const Id *batch, UploadState state,
             const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

const char *
photo_state_to_string(PhotoState state)
{
    return "";
}

const char *
photo_verdict_to_string(PhotoVerdict verdict)
{
    return "";
}

void
photo_info_free(PhotoInfo *photo)
{
}

bool
photo_filter_from_string(const char *text, PhotoFilter *ret_filter)
{
    return 0;
}

GPtrArray *
photos_list(Batches *batches, const Id *account, const Id *batch, PhotoFilter filter,
            guint32 sku_row, const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

GPtrArray *
photos_list_some(Batches *batches, const Id *account, const Id *batch, const Id *photos,
                 gsize num_photos, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

PhotoInfo *
photos_get(Batches *batches, const Id *account, const Id *photo, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

bool
photos_object(Batches *batches, const Id *account, const Id *photo, PhotoObject which,
              Id *ret_object, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

void
photo_change_result_clear(PhotoChangeResult *result)
{
}

bool
photos_change(Batches *batches, const Id *account, const Id *photo, const PhotoChange *change,
              PhotoChangeResult *ret_result, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

void
sku_info_free(SkuInfo *sku)
{
}

GPtrArray *
skus_list(Batches *batches, const Id *account, const Id *batch, const SkuFilter *filter,
          const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

void
batch_export_free(BatchExport *export)
{
}

BatchExport *
exports_sheet(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

bool
exports_pictures_zip(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                     gpointer user_data, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

bool
exports_report_csv(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                   gpointer user_data, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

BatchWatch *
batch_watch_new(Batches *batches, const Id *account, const Id *batch, gint64 since,
                BatchChangedFunc changed, gpointer data, GError **error)
{
    return fail_null(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

void
batch_watch_free(BatchWatch *watch)
{
}

void
publication_clear(Publication *publication)
{
}

bool
publications_find(Batches *batches, const char *host, const char *path,
                  Publication *ret_publication, GError **error)
{
    return fail(error, APP_ERROR_UNAVAILABLE, "not there yet");
}

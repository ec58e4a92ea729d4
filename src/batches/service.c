#include "batches/service.h"

#include "base/error.h"
#include "batches/jobs.h"
#include "batches/watches.h"
#include "listing/job_limits.h"
#include "privacy/inventory.h"

static const JobKind job_kinds[NUM_JOB_KINDS] = {
    { .kind = SHEET_READ_JOB,
      .lane = JOBS_QUICK,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = sheet_read_run,
      .give_up = sheet_read_give_up },
    { .kind = BATCH_MATCH_JOB,
      .lane = JOBS_QUICK,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = batch_match_run },
    { .kind = PHOTO_CLEAN_JOB,
      .lane = JOBS_HEAVY,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = photo_clean_run,
      .give_up = photo_clean_give_up },
    { .kind = UPLOAD_UNPACK_JOB,
      .lane = JOBS_QUICK,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = upload_unpack_run,
      .give_up = upload_unpack_give_up },
    { .kind = BATCH_PUBLISH_JOB,
      .lane = JOBS_QUICK,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = batch_publish_run,
      .give_up = batch_publish_give_up },
    { .kind = BATCH_CLEAN_JOB,
      .lane = JOBS_QUICK,
      .max_attempts = 1000,
      .lease_seconds = 60,
      .run = batch_clean_run },
    { .kind = BATCH_DELETE_JOB,
      .lane = JOBS_HOUSEKEEPING,
      .max_attempts = G_MAXINT32,
      .lease_seconds = 60,
      .run = batch_delete_run },
    { .kind = UPLOADS_EXPIRE_JOB,
      .lane = JOBS_HOUSEKEEPING,
      .max_attempts = G_MAXINT32,
      .lease_seconds = 60,
      .run = uploads_expire_run },
    { .kind = BATCHES_RECOUNT_JOB,
      .lane = JOBS_HOUSEKEEPING,
      .max_attempts = G_MAXINT32,
      .lease_seconds = 60,
      .run = batches_recount_run },
    { .kind = OBJECTS_REMOVE_JOB,
      .lane = JOBS_HOUSEKEEPING,
      .max_attempts = G_MAXINT32,
      .lease_seconds = 60,
      .run = objects_remove_run },
};

Batches *
batches_new(const BatchesOptions *options)
{
    Batches *batches = g_new0(Batches, 1);
    batches->db = options->db;
    batches->vault = options->vault;
    batches->clock = options->clock;
    batches->settings = options->settings;
    batches->picture_scheme = g_strdup(options->picture_scheme);
    batches->picture_port =
        options->picture_port == 0 ? g_strdup("") : g_strdup_printf(":%u", options->picture_port);
    batches->allow_no_sandbox = options->allow_no_sandbox;
    batches->image_program = g_strdup(options->image_program);
    for (guint i = 0; i < NUM_JOB_KINDS; i++) {
        batches->kinds[i] = job_kinds[i];
        batches->kinds[i].context = batches;
    }
    g_mutex_init(&batches->mutex);
    g_cond_init(&batches->appended);
    batches->appends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    batches->watches = watches_new(batches);
    return batches;
}

void
batches_free(Batches *batches)
{
    if (batches == NULL) {
        return;
    }
    watches_free(batches->watches);
    image_pool_free(batches->pool);
    g_hash_table_unref(batches->appends);
    g_mutex_clear(&batches->mutex);
    g_cond_clear(&batches->appended);
    g_free(batches->picture_scheme);
    g_free(batches->picture_port);
    g_free(batches->image_program);
    g_free(batches);
}

const JobKind *
batches_job_kinds(Batches *batches, gsize *ret_num_kinds)
{
    *ret_num_kinds = NUM_JOB_KINDS;
    return batches->kinds;
}

void
batches_set_jobs(Batches *batches, Jobs *jobs)
{
    g_atomic_pointer_set(&batches->jobs, jobs);
}

void
batches_interrupt(Batches *batches)
{
    g_mutex_lock(&batches->mutex);
    batches->is_interrupted = true;
    if (batches->pool != NULL) {
        image_pool_cancel(batches->pool);
    }
    g_mutex_unlock(&batches->mutex);
}

void
service_wake(Batches *batches)
{
    Jobs *jobs = g_atomic_pointer_get(&batches->jobs);
    if (jobs != NULL) {
        jobs_wake(jobs);
    }
}

void
service_notify(Batches *batches, const Id *batch)
{
    watches_notify(batches->watches, batch);
}

ImagePool *
service_pool(Batches *batches, GError **error)
{
    g_mutex_lock(&batches->mutex);
    if (batches->is_interrupted) {
        (void)fail(error, APP_ERROR_CANCELLED, "interrupted");
    } else if (batches->pool == NULL) {
        ImagePoolOptions options =
            limits_for_pool(batches->settings, (guint)batches->settings->jobs_photo_workers);
        options.allow_no_sandbox = batches->allow_no_sandbox;
        options.program = batches->image_program;
        batches->pool = image_pool_new(&options, error);
    }
    ImagePool *pool = batches->is_interrupted ? NULL : batches->pool;
    g_mutex_unlock(&batches->mutex);
    return pool;
}

Timestamp
service_expiry(Timestamp uploaded_at)
{
    return uploaded_at + inventory_lifetime("photo");
}

Timestamp
service_overdue(const Batches *batches)
{
    return clock_now(batches->clock) - inventory_lifetime("photo");
}

bool
row_id(DbRows *rows, const char *column, Id *ret_id)
{
    const char *text = db_text(rows, column);
    bool is_whole = text == NULL || id_parse(text, ret_id);
    g_assert(is_whole);
    return text != NULL;
}

void *
fail_no_such(GError **error, const char *what)
{
    return fail_null(error, APP_ERROR_NOT_FOUND, "no such %s", what);
}

/* A photo becomes a picture and a thumbnail, in a sandboxed worker (LST-06, LST-18). */
#include "batches/jobs.h"

#include "base/error.h"
#include "batches/job_end.h"
#include "batches/memory_file.h"
#include "batches/photo_row.h"
#include "listing/job_limits.h"
#include "listing/outputs.h"

#include <unistd.h>

typedef struct {
    Batches *batches;
    const Job *job;
    PhotoRow *photo; /* as it was when the work began */
    ImageOutputSpec picture;
    ImageResult result;
    Id picture_object, thumbnail_object;
} Cleaning;

static void
cleaning_clear(Cleaning *cleaning)
{
    photo_row_free(cleaning->photo);
    image_result_clear(&cleaning->result);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cleaning, cleaning_clear)

static bool
begin(Cleaning *cleaning, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(cleaning->batches->db, DB_READ, error);
    Id id = job_subject(cleaning->job);
    cleaning->photo = tx == NULL ? NULL : photo_row_load(tx, NULL, &id, error);
    if (cleaning->photo == NULL) {
        return false;
    }
    g_autoptr(BatchRow) batch = batch_row_load(tx, NULL, &cleaning->photo->batch, error);
    if (batch == NULL) {
        return false;
    }
    cleaning->picture =
        picture_output(&batch->info->rules->rules, batch->info->longest_side, batch->info->quality);
    return cleaning->photo->state == PHOTO_WAITING ||
           fail(error, APP_ERROR_NOT_FOUND, "the photo does not wait");
}

static bool
decode(Cleaning *cleaning, int fd, GError **error)
{
    const PhotoRow *photo = cleaning->photo;
    ImagePool *pool = service_pool(cleaning->batches, error);
    if (pool == NULL ||
        !memory_file_fill(fd, cleaning->batches->vault, &photo->original, photo->name, error)) {
        return false;
    }
    const ImageRequest request = {
        .limits = limits_for_image(cleaning->batches->settings),
        .turn = photo->turn,
        .num_outputs = 2,
        .outputs = { cleaning->picture, thumbnail_output() },
    };
    return image_pool_run(pool, fd, &request, &cleaning->result, error);
}

static bool
store(Cleaning *cleaning, GError **error)
{
    const PhotoRow *photo = cleaning->photo;
    Vault *vault = cleaning->batches->vault;
    return vault_put_whole(vault, &photo->account, OBJECT_PICTURE, photo->uploaded_at,
                           cleaning->result.outputs[0].jpeg, &cleaning->picture_object, error) &&
           vault_put_whole(vault, &photo->account, OBJECT_THUMBNAIL, photo->uploaded_at,
                           cleaning->result.outputs[1].jpeg, &cleaning->thumbnail_object, error);
}

/* The old picture and thumbnail go; whatever was published of them was taken back before. */
static bool
remove_old(BatchChange *change, PhotoRow *row, GError **error)
{
    if ((row->has_picture && !vault_mark_removed(change->tx, &row->picture, error)) ||
        (row->has_thumbnail && !vault_mark_removed(change->tx, &row->thumbnail, error))) {
        return false;
    }
    row->has_picture = row->has_thumbnail = false;
    row->picture_width = row->picture_height = 0;
    row->picture_bytes = 0;
    return true;
}

static void
take_result(PhotoRow *row, const Cleaning *cleaning)
{
    const ImageOutput *picture = &cleaning->result.outputs[0];
    gsize size;
    const void *data = g_bytes_get_data(picture->jpeg, &size);
    row->state = PHOTO_DONE;
    row->facts = cleaning->result.facts;
    row->has_picture = row->has_thumbnail = true;
    row->picture = cleaning->picture_object;
    row->thumbnail = cleaning->thumbnail_object;
    row->picture_digest = digest_of(data, size);
    row->picture_width = picture->width;
    row->picture_height = picture->height;
    row->picture_bytes = (gint64)size;
    g_free(row->failure);
    row->failure = g_strdup("");
    if (row->verdict == PHOTO_REJECTED) {
        row->verdict = PHOTO_PENDING; /* it failed an earlier time: now it may have its place */
    }
}

static void
take_failure(PhotoRow *row, const char *failure)
{
    row->state = PHOTO_FAILED;
    if (row->verdict != PHOTO_DUPLICATE && row->verdict != PHOTO_LEFT_OUT) {
        row->verdict = PHOTO_REJECTED;
    }
    g_free(row->failure);
    row->failure = g_strdup(failure);
}

/* Publishing waits for the last photo. */
static bool
resume_publishing(BatchChange *change, GError **error)
{
    bool is_last = change->batch->counters[COUNTER_WAITING] + change->deltas[COUNTER_WAITING] == 0;
    return !is_last || change_resume_publishing(change, error);
}

static bool
add_event(BatchChange *change, const PhotoRow *row, const char *failure, const Cleaning *cleaning,
          GError **error)
{
    if (failure != NULL) {
        return change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_SYSTEM,
                                "could not be used", failure, error);
    }
    const ImageOutput *picture = &cleaning->result.outputs[0];
    g_autofree char *details = g_strdup_printf(
        "%s %ux%u to %ux%u, %" G_GINT64_FORMAT " bytes%s", image_format_name(row->facts.format),
        row->facts.width, row->facts.height, row->picture_width, row->picture_height,
        row->picture_bytes, picture->method == IMAGE_CARRIED_OVER ? ", carried over" : "");
    return change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_SYSTEM, "cleaned",
                            details, error);
}

/* FAILURE NULL: the result is what came of it. */
static JobOutcome
finish(Cleaning *cleaning, const char *failure, GError **error)
{
    Batches *batches = cleaning->batches;
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, batches, NULL, &cleaning->photo->batch, error)) {
        return job_end_with(batches, cleaning->job, error);
    }
    g_autoptr(PhotoRow) row = photo_row_load(change.tx, NULL, &cleaning->photo->id, error);
    bool is_current =
        row != NULL && row->version == cleaning->photo->version && row->state == PHOTO_WAITING;
    if (!is_current) {
        change_clear(&change);
        /* Turned, or other settings, while we were at it: that added a job. What was stored is
         * abandoned. */
        return row == NULL ? job_end_with(batches, cleaning->job, error)
                           : job_end(batches, cleaning->job, error);
    }
    PhotoShare before = photo_share(row);
    if (!remove_old(&change, row, error)) {
        return JOB_RETRY;
    }
    if (failure == NULL) {
        take_result(row, cleaning);
    } else {
        take_failure(row, failure);
    }
    row->version++;
    bool must_match = before.verdict == PHOTO_REJECTED && row->verdict == PHOTO_PENDING;
    bool done = (!must_match || change_wants_matching(&change, true, error)) &&
                (failure != NULL || (vault_adopt(change.tx, &row->picture, error) &&
                                     vault_adopt(change.tx, &row->thumbnail, error))) &&
                photo_save(&change, &before, row, error) &&
                add_event(&change, row, failure, cleaning, error) &&
                resume_publishing(&change, error) && job_finish(cleaning->job, change.tx, error) &&
                change_commit(&change, error);
    return done ? JOB_DONE : JOB_RETRY;
}

/* What the photo is to blame for. A worker that died of it may live the next time. */
static bool
is_photos_own_fault(const GError *error, guint attempt)
{
    enum { TRIES_AFTER_DEATH = 2 };
    return g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_TOO_LARGE) ||
           (attempt >= TRIES_AFTER_DEATH &&
            (g_error_matches(error, APP_ERROR, APP_ERROR_TIMEOUT) ||
             g_error_matches(error, APP_ERROR, APP_ERROR_INTERNAL)));
}

JobOutcome
photo_clean_run(const Job *job, gpointer context, GError **error)
{
    g_auto(Cleaning) cleaning = { .batches = context, .job = job };
    if (!begin(&cleaning, error)) {
        return job_end_with(context, job, error);
    }
    int fd = memory_file_new(cleaning.photo->name, error);
    if (fd < 0) {
        return JOB_RETRY;
    }
    g_autoptr(GError) reason = NULL;
    bool is_decoded = decode(&cleaning, fd, &reason);
    close(fd);
    if (!is_decoded && is_photos_own_fault(reason, job->attempt)) {
        return finish(&cleaning, reason->message, error);
    }
    if (!is_decoded || !store(&cleaning, &reason)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return job_end_with(context, job, error);
    }
    return finish(&cleaning, NULL, error);
}

void
photo_clean_give_up(const Job *job, const char *reason, gpointer context)
{
    g_auto(Cleaning) cleaning = { .batches = context, .job = job };
    g_auto(BatchChange) change = { 0 };
    if (!begin(&cleaning, NULL) ||
        !change_begin(&change, context, NULL, &cleaning.photo->batch, NULL)) {
        return;
    }
    g_autoptr(PhotoRow) row = photo_row_load(change.tx, NULL, &cleaning.photo->id, NULL);
    if (row == NULL) {
        return;
    }
    PhotoShare before = photo_share(row);
    take_failure(row, reason);
    row->version++;
    if (photo_save(&change, &before, row, NULL) &&
        add_event(&change, row, reason, &cleaning, NULL) && resume_publishing(&change, NULL)) {
        (void)change_commit(&change, NULL); /* called again if this did not succeed */
    }
}

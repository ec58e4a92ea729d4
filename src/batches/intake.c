#include "batches/intake.h"

#include "base/error.h"
#include "batches/jobs.h"
#include "batches/photo_row.h"
#include "listing/name.h"

#include <string.h>

static bool
is_there_already(BatchChange *change, const IntakeFile *file, bool *ret_is_there, GError **error)
{
    g_autoptr(DbRows) rows = db_query(
        change->tx, error,
        "SELECT id FROM photo WHERE batch_id = $1 AND digest = $2 AND name = $3 LIMIT 1", "tbt",
        change->batch->info->id.text, file->digest.bytes, (gsize)DIGEST_SIZE, file->name);
    if (rows == NULL) {
        return false;
    }
    *ret_is_there = db_next(rows);
    return true;
}

static PhotoRow *
photo_from_file(const BatchChange *change, const IntakeFile *file)
{
    PhotoRow *row = g_new0(PhotoRow, 1);
    bool is_junk = photo_name_is_junk(file->name);
    row->id = id_new(change->batches->clock);
    row->batch = change->batch->info->id;
    row->account = change->batch->account;
    row->name = g_strdup(file->name);
    row->size = file->size;
    row->digest = file->digest;
    row->original = file->object;
    row->uploaded_at = file->uploaded_at;
    row->facts.format = image_format_recognise(file->head, file->head_size);
    row->is_picture = row->facts.format != IMAGE_FORMAT_UNKNOWN;
    row->state = is_junk ? PHOTO_FAILED : PHOTO_WAITING;
    row->failure = g_strdup(is_junk ? "a file of the operating system" : "");
    row->verdict = is_junk ? PHOTO_REJECTED : PHOTO_PENDING;
    row->rule = g_strdup(row->failure);
    row->notes = g_strdup("");
    row->decided_by = DECIDED_BY_RULE;
    row->rules = change->batch->info->rules;
    return row;
}

bool
intake_photo_add(BatchChange *change, const IntakeFile *file, GError **error)
{
    gint64 num_photos = change->batch->counters[COUNTER_PHOTOS] + change->deltas[COUNTER_PHOTOS];
    gint64 max_photos = change->batches->settings->quota_batch_photos;
    if (num_photos >= max_photos) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "a batch has up to %" G_GINT64_FORMAT " photos (quota.batch-photos)",
                    max_photos);
    }
    bool is_there;
    if (!is_there_already(change, file, &is_there, error)) {
        return false;
    }
    if (is_there) {
        return vault_mark_removed(change->tx, &file->object, error) &&
               change_add_event(change, NULL, file->uploaded_at, DECIDED_BY_SYSTEM, "already there",
                                file->name, error);
    }
    g_autoptr(PhotoRow) row = photo_from_file(change, file);
    g_autofree char *details = g_strdup_printf("%" G_GINT64_FORMAT " bytes", file->size);
    return photo_insert(change, row, error) &&
           change_uploaded_at(change, file->uploaded_at, error) &&
           change_state(change, BATCH_CHANGE, error) &&
           change_add_event(change, &row->id, file->uploaded_at, DECIDED_BY_SYSTEM, "uploaded",
                            details, error) &&
           change_wants_matching(change, false, error) &&
           (row->state != PHOTO_WAITING ||
            change_add_job(change, PHOTO_CLEAN_JOB, row->id.text, change->now, error));
}

bool
intake_sheet_set(BatchChange *change, const IntakeFile *file, GError **error)
{
    const BatchRow *batch = change->batch;
    g_autofree char *base = g_path_get_basename(file->name);
    if (batch->info->sheet != NULL &&
        !vault_mark_removed(change->tx, &batch->sheet_object, error)) {
        return false;
    }
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET sheet_object = $2, sheet_name = $3, sheet_uploaded_at = $4,"
                   " sheet_is_read = 0, sheet_problem = '' WHERE id = $1",
                   "ttti", batch->info->id.text, file->object.text, base, file->uploaded_at) &&
           change_uploaded_at(change, file->uploaded_at, error) &&
           change_state(change, BATCH_CHANGE, error) &&
           change_add_event(change, NULL, file->uploaded_at, DECIDED_BY_SYSTEM, "sheet uploaded",
                            base, error) &&
           change_add_job(change, SHEET_READ_JOB, batch->info->id.text, change->now, error);
}

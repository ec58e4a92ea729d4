/* LST-18: a URL comes into being here and nowhere else, and only of a picture that a worker made:
 * there is no way from an original to a publication. */
#include "batches/jobs.h"

#include "base/error.h"
#include "batches/job_end.h"
#include "batches/photo_row.h"
#include "batches/publishable.h"
#include "listing/naming.h"

#include <string.h>

/* The host that serves the account's new pictures. */
static char *
load_host(DbTx *tx, const Id *account, GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT name FROM host WHERE account_id = $1"
                                      " AND retired_at IS NULL ORDER BY created_at DESC, name"
                                      " LIMIT 1",
                                      "t", account->text);
    if (rows == NULL) {
        return NULL;
    }
    return db_next(rows) ? g_strdup(db_text(rows, "name"))
                         : fail_no_such(error, "picture host for this account");
}

/* LST-19: equal pictures of two sellers, and of two batches of one, have nothing in common in their
 * URLs. */
static char *
path_of(const PhotoRow *photo)
{
    guint8 both[ID_LENGTH + DIGEST_SIZE];
    memcpy(both, photo->id.text, ID_LENGTH);
    memcpy(both + ID_LENGTH, photo->picture_digest.bytes, DIGEST_SIZE);
    Digest digest = digest_of(both, sizeof both);
    g_autofree char *name = picture_name(photo->sku == NULL ? "" : photo->sku, photo->slot);
    return picture_url_path(&digest, name);
}

typedef struct {
    BatchChange *change;
    const char *host;
    gint64 num_published, num_new;
} Publishing;

static bool
publish_photo(Publishing *publishing, const PhotoRow *photo, GError **error)
{
    BatchChange *change = publishing->change;
    g_autofree char *path = path_of(photo);
    g_autofree char *location = g_strconcat(publishing->host, "/", path, NULL);
    publishing->num_published++;
    if (photo->location != NULL && strcmp(location, photo->location) == 0) {
        return true;
    }
    publishing->num_new++;
    return photo_unpublish(change, photo, error) &&
           db_exec(change->tx, error, NULL,
                   "INSERT INTO publication (host, path, account_id, batch_id, photo_id,"
                   " object_id, bytes, uploaded_at, published_at, expires_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   "ttttttiiii", publishing->host, path, photo->account.text, photo->batch.text,
                   photo->id.text, photo->picture.text, photo->picture_bytes, photo->uploaded_at,
                   change->now, service_expiry(photo->uploaded_at)) &&
           db_exec(change->tx, error, NULL, "UPDATE photo SET revision = $2 WHERE id = $1", "ti",
                   photo->id.text, change->revision);
}

/* All matched photos, a page at a time. */
static bool
publish_all(Publishing *publishing, GError **error)
{
    enum { PAGE = 1000 };
    BatchChange *change = publishing->change;
    Id after = { "" };
    for (gint64 got = PAGE; got == PAGE;) {
        g_autoptr(DbRows) rows = db_query(
            change->tx, error,
            PHOTO_SELECT "WHERE photo.batch_id = $1 AND photo.verdict = $2"
                         " AND photo.id > $3 ORDER BY photo.id LIMIT $4",
            "titi", change->batch->info->id.text, (gint64)PHOTO_MATCHED, after.text, (gint64)PAGE);
        if (rows == NULL) {
            return false;
        }
        for (got = 0; db_next(rows); got++) {
            g_autoptr(PhotoRow) photo = photo_row_read(rows);
            after = photo->id;
            if (photo->state == PHOTO_DONE && photo->has_picture &&
                !publish_photo(publishing, photo, error)) {
                return false;
            }
        }
    }
    return true;
}

/* What has a URL and no place any more. */
static bool
withdraw_others(BatchChange *change, GError **error)
{
    return db_exec(change->tx, error, NULL,
                   "DELETE FROM publication WHERE batch_id = $1 AND photo_id IN"
                   " (SELECT id FROM photo WHERE batch_id = $1 AND verdict <> $2)",
                   "ti", change->batch->info->id.text, (gint64)PHOTO_MATCHED);
}

static bool
publish(Batches *batches, const Job *job, BatchChange *change, GError **error)
{
    const BatchRow *batch = change->batch;
    g_autofree char *host = load_host(change->tx, &batch->account, error);
    Publishing publishing = { .change = change, .host = host };
    if (host == NULL || !withdraw_others(change, error) || !publish_all(&publishing, error)) {
        return false;
    }
    g_autofree char *details =
        g_strdup_printf("%" G_GINT64_FORMAT " pictures, %" G_GINT64_FORMAT " of them new",
                        publishing.num_published, publishing.num_new);
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET published_at = $2, publish_error = '' WHERE id = $1", "ti",
                   batch->info->id.text, change->now) &&
           change_state(change, BATCH_FINISH, error) &&
           change_add_event(change, NULL, change_latest(change), DECIDED_BY_SYSTEM, "published",
                            details, error) &&
           job_finish(job, change->tx, error) && change_commit(change, error);
}

/* What is not there yet is waited for: whoever does the last of it adds this job again. */
JobOutcome
batch_publish_run(const Job *job, gpointer context, GError **error)
{
    Id batch = job_subject(job);
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, context, NULL, &batch, error)) {
        return job_end_with(context, job, error);
    }
    if (change.batch->info->state != BATCH_PUBLISHING) {
        change_clear(&change);
        return job_end(context, job, error);
    }
    g_autoptr(GError) reason = NULL;
    bool is_settled;
    if (!batch_check_publishable(&change, &is_settled, &reason)) {
        change_clear(&change);
        if (!g_error_matches(reason, APP_ERROR, APP_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return JOB_RETRY;
        }
        batch_publish_give_up(job, reason->message, context);
        return job_end(context, job, error);
    }
    if (!is_settled || change.batch->info->counts.waiting > 0) {
        change_clear(&change);
        return job_end(context, job, error);
    }
    return publish(context, job, &change, error) ? JOB_DONE : JOB_RETRY;
}

void
batch_publish_give_up(const Job *job, const char *reason, gpointer context)
{
    Id batch = job_subject(job);
    g_auto(BatchChange) change = { 0 };
    if (change_begin(&change, context, NULL, &batch, NULL) &&
        change.batch->info->state == BATCH_PUBLISHING &&
        change_state(&change, BATCH_GIVE_UP, NULL) &&
        db_exec(change.tx, NULL, NULL, "UPDATE batch SET publish_error = $2 WHERE id = $1", "tt",
                batch.text, reason) &&
        change_add_event(&change, NULL, change_oldest(&change, change.now), DECIDED_BY_SYSTEM,
                         "publishing failed", reason, NULL)) {
        (void)change_commit(&change, NULL); /* called again if this did not succeed */
    }
}

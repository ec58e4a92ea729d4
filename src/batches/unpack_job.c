/* An upload that did not come in one piece, and ZIPs: read from where they lie sealed, never put
 * together on a disk. */
#include "batches/jobs.h"

#include "archive/zip.h"
#include "base/error.h"
#include "batches/intake.h"
#include "batches/job_end.h"
#include "batches/quota.h"
#include "batches/upload_row.h"
#include "listing/job_limits.h"
#include "listing/name.h"

#include <openssl/evp.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

enum { PIECE_BYTES = 1024 * 1024 };

/* A file on its way into an object of its own. */
typedef struct {
    VaultWriter *writer;
    EVP_MD_CTX *digest;
    IntakeFile file;
} Copy;

static void
copy_clear(Copy *copy)
{
    vault_writer_free(copy->writer);
    EVP_MD_CTX_free(copy->digest);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copy, copy_clear)

static bool
copy_begin(Copy *copy, Batches *batches, const Id *account, const UploadInfo *upload,
           const char *name, GError **error)
{
    ObjectClass object_class = upload->kind == UPLOAD_SHEET ? OBJECT_SHEET : OBJECT_ORIGINAL;
    copy->file.name = name;
    copy->file.uploaded_at = upload->created_at;
    copy->writer = vault_create(batches->vault, account, object_class, upload->created_at, error);
    copy->digest = EVP_MD_CTX_new();
    int done = EVP_DigestInit_ex(copy->digest, EVP_sha256(), NULL);
    g_assert(done == 1);
    return copy->writer != NULL;
}

static bool
copy_add(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Copy *copy = user_data;
    IntakeFile *file = &copy->file;
    gsize room = INTAKE_HEAD_BYTES - file->head_size;
    memcpy(file->head + file->head_size, data, MIN(room, size));
    file->head_size += MIN(room, size);
    file->size += (gint64)size;
    int done = EVP_DigestUpdate(copy->digest, data, size);
    g_assert(done == 1);
    return vault_write(copy->writer, data, size, error);
}

static bool
copy_finish(Copy *copy, GError **error)
{
    int done = EVP_DigestFinal_ex(copy->digest, copy->file.digest.bytes, NULL);
    g_assert(done == 1);
    return vault_finish(copy->writer, &copy->file.object, error);
}

typedef struct {
    Batches *batches;
    const Job *job;
    Id account;
    UploadInfo *upload;
    UploadReader *reader;
} Unpacking;

static void
unpacking_clear(Unpacking *unpacking)
{
    upload_info_free(unpacking->upload);
    upload_reader_free(unpacking->reader);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unpacking, unpacking_clear)

static bool
unpacking_begin(Unpacking *unpacking, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(unpacking->batches->db, DB_READ, error);
    Id id = job_subject(unpacking->job);
    if (tx == NULL || !id_parse(unpacking->job->account, &unpacking->account)) {
        return false;
    }
    unpacking->upload = upload_info_load(unpacking->batches, tx, NULL, &id, error);
    g_autoptr(GArray) parts = unpacking->upload == NULL ? NULL : upload_parts_load(tx, &id, error);
    if (parts == NULL) {
        return false;
    }
    if (unpacking->upload->state != UPLOAD_OPEN) {
        return fail(error, APP_ERROR_NOT_FOUND, "the upload is done with");
    }
    unpacking->reader = upload_reader_new(unpacking->batches, parts);
    return true;
}

/* The last transaction of a job: the upload is done with, whatever FAILURE says. */
static bool
finish(Unpacking *unpacking, BatchChange *change, const char *failure, GError **error)
{
    const UploadInfo *upload = unpacking->upload;
    return (failure != NULL ? upload_fail(change, upload, failure, error)
                            : upload_parts_remove(change->tx, &upload->id, error) &&
                                  upload_set_state(change->tx, &upload->id, UPLOAD_DONE, "",
                                                   change->now, error)) &&
           change_resume_publishing(change, error) &&
           job_finish(unpacking->job, change->tx, error) && change_commit(change, error);
}

static bool
join(Unpacking *unpacking, GError **error)
{
    const UploadInfo *upload = unpacking->upload;
    g_auto(Copy) copy = { 0 };
    g_autofree guint8 *buffer = g_malloc(PIECE_BYTES);
    if (!copy_begin(&copy, unpacking->batches, &unpacking->account, upload, upload->name, error)) {
        return false;
    }
    guint64 size = upload_reader_size(unpacking->reader);
    for (guint64 offset = 0; offset < size; offset += PIECE_BYTES) {
        gsize piece = (gsize)MIN(size - offset, PIECE_BYTES);
        if (!upload_reader_read(offset, buffer, piece, unpacking->reader, error) ||
            !copy_add(buffer, piece, &copy, error)) {
            return false;
        }
    }
    g_auto(BatchChange) change = { 0 };
    return copy_finish(&copy, error) &&
           change_begin(&change, unpacking->batches, NULL, &upload->batch, error) &&
           vault_adopt(change.tx, &copy.file.object, error) &&
           (upload->kind == UPLOAD_SHEET ? intake_sheet_set(&change, &copy.file, error)
                                         : intake_photo_add(&change, &copy.file, error)) &&
           finish(unpacking, &change, NULL, error);
}

/* What an earlier attempt took out of the ZIP, and what it told of that cannot be had. */
static GHashTable *
load_known(Unpacking *unpacking, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(unpacking->batches->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error,
                              "SELECT name FROM photo WHERE batch_id = $1 AND uploaded_at = $2"
                              " UNION ALL SELECT name FROM upload WHERE batch_id = $1"
                              " AND uploaded_at = $2 AND state = $3",
                              "tii", unpacking->upload->batch.text, unpacking->upload->created_at,
                              (gint64)UPLOAD_FAILED);
    if (rows == NULL) {
        return NULL;
    }
    GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (db_next(rows)) {
        g_hash_table_add(known, g_strdup(db_text(rows, "name")));
    }
    return known;
}

static bool
is_wanted(const ZipMember *member, GHashTable *known)
{
    return !member->is_directory && !photo_name_is_junk(member->name) &&
           !g_hash_table_contains(known, member->name);
}

/* The ZIP itself goes when it is unpacked. */
static bool
check_room(Unpacking *unpacking, DbTx *tx, guint64 total, gint64 num_photos, GError **error)
{
    Batches *batches = unpacking->batches;
    AccountLimits limits;
    if (!limits_load(batches, tx, &unpacking->account, &limits, error) ||
        !quota_check(batches, tx, &unpacking->account, QUOTA_PHOTOS, num_photos, error)) {
        return false;
    }
    gint64 used = limits.used_bytes - unpacking->upload->size;
    return total <= (guint64)MAX(limits.quota_bytes - used, 0) ||
           fail(error, APP_ERROR_TOO_LARGE,
                "its files have %" G_GUINT64_FORMAT
                " bytes, the account has room for %" G_GINT64_FORMAT " (quota.account-bytes)",
                total, MAX(limits.quota_bytes - used, 0));
}

static bool
set_reserved(DbTx *tx, const Id *upload, gint64 num_bytes, GError **error)
{
    return db_exec(tx, error, NULL, "UPDATE upload SET reserved_bytes = $2 WHERE id = $1", "ti",
                   upload->text, num_bytes);
}

/* Holds room for what is to come out, so that of ZIPs that are unpacked at once the one that does
 * not fit beside the others is refused as a whole. */
static bool
reserve(Unpacking *unpacking, const ZipReader *zip, GHashTable *known, GError **error)
{
    const Id *upload = &unpacking->upload->id;
    guint64 total = 0;
    gint64 num_photos = 0;
    for (gsize i = 0; i < zip_num_members(zip); i++) {
        const ZipMember *member = zip_member(zip, i);
        if (is_wanted(member, known)) {
            total += member->size; /* their sum is below archive.max-total-bytes */
            num_photos++;
        }
    }
    g_autoptr(DbTx) tx = db_begin(unpacking->batches->db, DB_WRITE, error);
    return tx != NULL && quota_take(tx, &unpacking->account, error) &&
           set_reserved(tx, upload, 0, error) && /* of an attempt that was killed */
           check_room(unpacking, tx, total, num_photos, error) &&
           set_reserved(tx, upload, (gint64)total, error) && db_commit(g_steal_pointer(&tx), error);
}

/* A member that cannot be had is told of like an upload that failed. */
static bool
note_failed_member(Unpacking *unpacking, const ZipMember *member, const char *reason,
                   GError **error)
{
    g_auto(BatchChange) change = { 0 };
    const UploadInfo *upload = unpacking->upload;
    if (!change_begin(&change, unpacking->batches, NULL, &upload->batch, error)) {
        return false;
    }
    Id id = id_new(unpacking->batches->clock);
    g_autofree char *details = g_strdup_printf("%s: %s", member->name, reason);
    change_count(&change, COUNTER_UPLOADS, 1);
    return db_exec(change.tx, error, NULL,
                   "INSERT INTO upload (id, account_id, batch_id, kind, name, size, offset_bytes,"
                   " metadata, state, failure, uploaded_at, expires_at, finished_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7, $8, $9, $10, $11)",
                   "tttitiitiii", id.text, unpacking->account.text, upload->batch.text,
                   (gint64)UPLOAD_PHOTO, member->name, (gint64)member->size, (gint64)UPLOAD_FAILED,
                   reason, upload->created_at, upload->expires_at, change.now) &&
           change_add_event(&change, NULL, upload->created_at, DECIDED_BY_SYSTEM, "upload failed",
                            details, error) &&
           change_commit(&change, error);
}

static bool
is_members_own_fault(const GError *error)
{
    return g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
}

static bool
unpack_member(Unpacking *unpacking, const ZipReader *zip, const ZipMember *member, GError **error)
{
    const UploadInfo *upload = unpacking->upload;
    gint64 max_bytes = unpacking->batches->settings->image_max_input_bytes;
    if (member->size > (guint64)max_bytes) {
        g_autofree char *reason = g_strdup_printf(
            "has %" G_GUINT64_FORMAT " bytes; a photo may have up to %" G_GINT64_FORMAT,
            member->size, max_bytes);
        return note_failed_member(unpacking, member, reason, error);
    }
    if (member->size == 0) {
        return note_failed_member(unpacking, member, "is empty", error);
    }
    g_auto(Copy) copy = { 0 };
    if (!copy_begin(&copy, unpacking->batches, &unpacking->account, upload, member->name, error)) {
        return false;
    }
    g_autoptr(GError) read_error = NULL;
    if (!zip_read_chunks(zip, member, copy_add, &copy, &read_error)) {
        if (is_members_own_fault(read_error)) {
            return note_failed_member(unpacking, member, read_error->message, error);
        }
        g_propagate_error(error, g_steal_pointer(&read_error));
        return false;
    }
    g_auto(BatchChange) change = { 0 };
    return copy_finish(&copy, error) &&
           change_begin(&change, unpacking->batches, NULL, &upload->batch, error) &&
           vault_adopt(change.tx, &copy.file.object, error) &&
           intake_photo_add(&change, &copy.file, error) &&
           db_exec(change.tx, error, NULL,
                   "UPDATE upload SET reserved_bytes = reserved_bytes - $2 WHERE id = $1", "ti",
                   upload->id.text, (gint64)member->size) &&
           change_commit(&change, error);
}

static bool
unpack(Unpacking *unpacking, GError **error)
{
    ZipLimits limits = limits_for_zip(unpacking->batches->settings);
    g_autoptr(ZipReader) zip =
        zip_open_source(unpacking->upload->name, upload_reader_size(unpacking->reader),
                        upload_reader_read, unpacking->reader, &limits, error);
    g_autoptr(GHashTable) known = NULL;
    if (zip == NULL || (known = load_known(unpacking, error)) == NULL ||
        !reserve(unpacking, zip, known, error)) {
        return false;
    }
    for (gsize i = 0; i < zip_num_members(zip); i++) {
        const ZipMember *member = zip_member(zip, i);
        if (is_wanted(member, known) && !unpack_member(unpacking, zip, member, error)) {
            return false;
        }
    }
    g_auto(BatchChange) change = { 0 };
    return change_begin(&change, unpacking->batches, NULL, &unpacking->upload->batch, error) &&
           change_add_event(&change, NULL, unpacking->upload->created_at, DECIDED_BY_SYSTEM,
                            "unpacked", unpacking->upload->name, error) &&
           finish(unpacking, &change, NULL, error);
}

JobOutcome
upload_unpack_run(const Job *job, gpointer context, GError **error)
{
    g_auto(Unpacking) unpacking = { .batches = context, .job = job };
    if (!unpacking_begin(&unpacking, error)) {
        return job_end_with(context, job, error);
    }
    g_autoptr(GError) reason = NULL;
    if (unpacking.upload->kind == UPLOAD_ZIP ? unpack(&unpacking, &reason)
                                             : join(&unpacking, &reason)) {
        return JOB_DONE;
    }
    if (!is_members_own_fault(reason) && !g_error_matches(reason, APP_ERROR, APP_ERROR_TOO_LARGE)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return job_end_with(context, job, error);
    }
    g_auto(BatchChange) change = { 0 };
    return change_begin(&change, context, NULL, &unpacking.upload->batch, error) &&
                   finish(&unpacking, &change, reason->message, error)
               ? JOB_DONE
               : JOB_RETRY;
}

void
upload_unpack_give_up(const Job *job, const char *reason, gpointer context)
{
    Batches *batches = context;
    g_auto(Unpacking) unpacking = { .batches = batches, .job = job };
    g_auto(BatchChange) change = { 0 };
    if (unpacking_begin(&unpacking, NULL) &&
        change_begin(&change, batches, NULL, &unpacking.upload->batch, NULL) &&
        upload_fail(&change, unpacking.upload, reason, NULL) &&
        change_resume_publishing(&change, NULL)) {
        (void)change_commit(&change, NULL); /* called again if this did not succeed */
    }
}

#include "batches/appends.h"
#include "batches/intake.h"
#include "batches/jobs.h"
#include "batches/upload_row.h"
#include "batches/uploads.h"

#include "base/error.h"

#include <openssl/evp.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

/* What is acknowledged is an object of its own: one append of gigabytes becomes several, so that a
 * process that dies takes no more than this with it. */
static const gint64 max_part_bytes = 64 * 1024 * 1024;
enum { READ_BYTES = 256 * 1024 };

typedef struct {
    Batches *batches;
    const Id *account;
    UploadInfo *upload; /* its offset: what is durable */
    const UploadChecksum *checksum;
    AppendState state;
    EVP_MD_CTX *digest;  /* SHA-256 of the part */
    EVP_MD_CTX *check;   /* NULL: no checksum was given, or DIGEST serves */
    VaultWriter *writer; /* of the part under way; NULL: no byte of it came yet */
    gint64 part_size;
    guint8 head[INTAKE_HEAD_BYTES];
    guint8 *buffer;
} Append;

static void
append_clear(Append *append)
{
    vault_writer_free(append->writer);
    upload_info_free(append->upload);
    EVP_MD_CTX_free(append->digest);
    EVP_MD_CTX_free(append->check);
    g_free(append->buffer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Append, append_clear)

static EVP_MD_CTX *
hash_new(const EVP_MD *kind)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = EVP_DigestInit_ex(context, kind, NULL);
    g_assert(done == 1);
    return context;
}

static void
hash_add(EVP_MD_CTX *context, const void *data, gsize size)
{
    int done = EVP_DigestUpdate(context, data, size);
    g_assert(done == 1);
}

static bool
has_checksum(const Append *append)
{
    return append->checksum != NULL && append->checksum->kind != CHECKSUM_NONE;
}

/* What has a checksum is one part, so that DIGEST has seen all that CHECK would. */
static bool
checksum_fits(const Append *append)
{
    guint8 value[EVP_MAX_MD_SIZE];
    unsigned size;
    const EVP_MD_CTX *all = append->check != NULL ? append->check : append->digest;
    g_autoptr(EVP_MD_CTX) context = hash_new(EVP_sha256()); /* of no bytes */
    int done = (all == NULL || EVP_MD_CTX_copy_ex(context, all) == 1) &&
               EVP_DigestFinal_ex(context, value, &size);
    g_assert(done == 1 && size <= sizeof append->checksum->bytes);
    return memcmp(value, append->checksum->bytes, size) == 0;
}

static bool
add_bytes(Append *append, gsize size, GError **error)
{
    UploadInfo *upload = append->upload;
    if (append->writer == NULL) {
        ObjectClass object_class = upload->kind == UPLOAD_SHEET ? OBJECT_SHEET : OBJECT_ORIGINAL;
        append->writer = vault_create(append->batches->vault, append->account, object_class,
                                      upload->created_at, error);
        if (append->writer == NULL) {
            return false;
        }
        append->digest = hash_new(EVP_sha256());
        append->part_size = 0;
    }
    if (append->part_size < INTAKE_HEAD_BYTES) {
        gsize room = INTAKE_HEAD_BYTES - (gsize)append->part_size;
        memcpy(append->head + append->part_size, append->buffer, MIN(room, size));
    }
    hash_add(append->digest, append->buffer, size);
    if (append->check != NULL) {
        hash_add(append->check, append->buffer, size);
    }
    append->part_size += (gint64)size;
    return vault_write(append->writer, append->buffer, size, error);
}

/* A file that came in one piece is done with it; others are put together by a job. */
static bool
take_whole(BatchChange *change, Append *append, const Id *object, GError **error)
{
    UploadInfo *upload = append->upload;
    IntakeFile file = { .name = upload->name,
                        .size = upload->size,
                        .object = *object,
                        .head_size = (gsize)MIN(upload->size, INTAKE_HEAD_BYTES),
                        .uploaded_at = upload->created_at };
    memcpy(file.head, append->head, sizeof file.head);
    int done = EVP_DigestFinal_ex(append->digest, file.digest.bytes, NULL);
    g_assert(done == 1);
    upload->state = UPLOAD_DONE;
    return (upload->kind == UPLOAD_SHEET ? intake_sheet_set(change, &file, error)
                                         : intake_photo_add(change, &file, error)) &&
           upload_set_state(change->tx, &upload->id, UPLOAD_DONE, "", change->now, error);
}

static bool
take_part(BatchChange *change, Append *append, const Id *object, GError **error)
{
    const UploadInfo *upload = append->upload;
    bool is_full = upload->offset + append->part_size == upload->size;
    return db_exec(change->tx, error, NULL,
                   "INSERT INTO upload_part (upload_id, offset_bytes, account_id, object_id, size,"
                   " uploaded_at) VALUES ($1, $2, $3, $4, $5, $6)",
                   "tittii", upload->id.text, upload->offset, append->account->text, object->text,
                   append->part_size, upload->created_at) &&
           (!is_full ||
            change_add_job(change, UPLOAD_UNPACK_JOB, upload->id.text, change->now, error));
}

static bool
commit_object(Append *append, const Id *object, GError **error)
{
    UploadInfo *upload = append->upload;
    g_auto(BatchChange) change = { 0 };
    gint64 num_changed;
    gint64 offset = upload->offset + append->part_size;
    if (!change_begin(&change, append->batches, append->account, &upload->batch, error)) {
        return false;
    }
    Timestamp expires_at =
        change.now + SECONDS(append->batches->settings->upload_expiry_hours * 3600);
    if (!db_exec(change.tx, error, &num_changed,
                 "UPDATE upload SET offset_bytes = $2, expires_at = $3"
                 " WHERE id = $1 AND offset_bytes = $4 AND state = $5",
                 "tiiii", upload->id.text, offset, expires_at, upload->offset,
                 (gint64)UPLOAD_OPEN)) {
        return false;
    }
    if (num_changed == 0) {
        return fail(error, APP_ERROR_CONFLICT, "the upload was changed by somebody else meanwhile");
    }
    bool is_whole = append->part_size == upload->size && upload->kind != UPLOAD_ZIP;
    if (!vault_adopt(change.tx, object, error) ||
        !(is_whole ? take_whole(&change, append, object, error)
                   : take_part(&change, append, object, error)) ||
        !change_commit(&change, error)) {
        return false;
    }
    upload->offset = offset;
    upload->expires_at = expires_at;
    return true;
}

/* Makes durable what has come since the last time. */
static bool
commit_part(Append *append, GError **error)
{
    Id object;
    if (append->writer == NULL) {
        return true;
    }
    g_autoptr(VaultWriter) writer = g_steal_pointer(&append->writer);
    bool done = vault_finish(writer, &object, error) && commit_object(append, &object, error);
    g_clear_pointer(&append->digest, EVP_MD_CTX_free);
    append->part_size = 0;
    return done;
}

/* Forgets what came since then. */
static void
drop_part(Append *append)
{
    g_clear_pointer(&append->writer, vault_writer_free);
    g_clear_pointer(&append->digest, EVP_MD_CTX_free);
    append->part_size = 0;
}

/* Reads to the end of what comes. */
static bool
take_all(Append *append, UploadReadFunc read, gpointer data, GError **error)
{
    const UploadInfo *upload = append->upload;
    for (;;) {
        gssize got = read(append->buffer, READ_BYTES, &append->state.must_stop, data, error);
        if (got <= 0) {
            return got == 0;
        }
        if (got > upload->size - upload->offset - append->part_size) {
            drop_part(append);
            return fail(error, APP_ERROR_INVALID,
                        "more than the %" G_GINT64_FORMAT " bytes that were announced",
                        upload->size);
        }
        if (!add_bytes(append, (gsize)got, error)) {
            drop_part(append);
            return false;
        }
        if (!has_checksum(append) && append->part_size >= max_part_bytes &&
            !commit_part(append, error)) {
            return false;
        }
        /* Behind the bytes that are here already, so that none of them has to come again. */
        if (g_atomic_int_get(&append->state.must_stop)) {
            return fail(error, APP_ERROR_CANCELLED, "another request goes on with this upload");
        }
    }
}

static AppendResult
append_all(Append *append, UploadReadFunc read, gpointer data, GError **error)
{
    if (has_checksum(append) && append->checksum->kind == CHECKSUM_SHA1) {
        append->check = hash_new(EVP_sha1());
    }
    append->buffer = g_malloc(READ_BYTES);
    g_autoptr(GError) broken = NULL;
    bool is_whole = take_all(append, read, data, &broken);
    if (has_checksum(append) && !is_whole) {
        drop_part(append);
    }
    if (has_checksum(append) && is_whole && !checksum_fits(append)) {
        drop_part(append);
        return APPEND_BAD_CHECKSUM;
    }
    if (!commit_part(append, error)) {
        return APPEND_FAILED;
    }
    if (!is_whole) {
        g_propagate_error(error, g_steal_pointer(&broken));
        return APPEND_FAILED;
    }
    return APPEND_OK;
}

AppendResult
uploads_append(Batches *batches, const Id *account, const Id *upload, gint64 offset,
               const UploadChecksum *checksum, UploadReadFunc read, gpointer data,
               UploadInfo **ret_upload, GError **error)
{
    g_auto(Append) append = { .batches = batches, .account = account, .checksum = checksum };
    /* Whose it is comes first: nobody stops, or learns of, an append that is not theirs. */
    g_autoptr(UploadInfo) before = upload_info_find(batches, account, upload, error);
    if (before == NULL) {
        return APPEND_FAILED;
    }
    if (!appends_enter(batches, upload, &append.state)) {
        return APPEND_LOCKED;
    }
    AppendResult result = APPEND_FAILED;
    append.upload = upload_info_find(batches, account, upload, error);
    if (append.upload != NULL) {
        result = append.upload->offset != offset ? APPEND_BAD_OFFSET
                                                 : append_all(&append, read, data, error);
    }
    appends_leave(batches, upload);
    if (ret_upload != NULL && append.upload != NULL) {
        *ret_upload = g_steal_pointer(&append.upload);
    }
    return result;
}

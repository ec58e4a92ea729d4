/* Files on their way in (LST-04), as tus 1.0 thinks of them: made with a size, filled from the
 * front, done when full. Bytes that were acknowledged are on the disk, sealed, whatever dies
 * afterwards. A photo becomes a row of the batch when it is complete, a sheet is read, a ZIP is
 * taken apart, by jobs. */
#pragma once

#include "batches/batches.h"

typedef enum { UPLOAD_AUTO = 0, UPLOAD_PHOTO = 1, UPLOAD_SHEET = 2, UPLOAD_ZIP = 3 } UploadKind;
typedef enum { UPLOAD_OPEN = 1, UPLOAD_DONE = 2, UPLOAD_FAILED = 3 } UploadState;

const char *upload_kind_to_string(UploadKind kind); /* "photo" */
bool upload_kind_from_string(const char *text, UploadKind *ret_kind);
const char *upload_state_to_string(UploadState state);

typedef struct {
    Id id, batch;
    UploadKind kind; /* never UPLOAD_AUTO */
    char *name;      /* the path it came with, '/' between folders */
    gint64 size, offset;
    char *metadata; /* as given */
    UploadState state;
    char *failure; /* NULL, or why: text for people */
    Timestamp created_at, expires_at;
} UploadInfo;

void upload_info_free(UploadInfo *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UploadInfo, upload_info_free)

typedef struct {
    Id batch;
    UploadKind kind;  /* UPLOAD_AUTO: by the name's ending */
    const char *name; /* UTF-8, up to 1,024 bytes; INVALID with control characters or ".." */
    gint64 size;
    const char *metadata; /* kept and given back as it is; NULL: none */
    bool bytes_follow;    /* the caller appends some before it tells anybody: the upload need not be
                           * durable before they are */
} UploadRequest;

/* TOO_LARGE names the limit: of one file of this kind, of the batch, of the account's quota. A size
 * of 0 is complete at once. */
UploadInfo *uploads_create(Batches *batches, const Id *account, const UploadRequest *request,
                           GError **error);
/* NOT_FOUND also for what was terminated or has expired. Asks an append of this upload that is
 * under way to stop and waits a moment for it, so that the offset is what a client can go on from.
 */
UploadInfo *uploads_get(Batches *batches, const Id *account, const Id *upload, GError **error);

typedef enum { CHECKSUM_NONE, CHECKSUM_SHA1, CHECKSUM_SHA256 } ChecksumKind;
typedef struct {
    ChecksumKind kind;
    guint8 bytes[32]; /* 20 of them for SHA-1 */
} UploadChecksum;

/* Up to SIZE bytes: how many, 0 at the end, -1 with ERROR when the line is broken. One that waits
 * must fail soon after another thread has set MUST_STOP (atomic): a client that comes back on a new
 * line is waiting for the end of the old one. */
typedef gssize (*UploadReadFunc)(void *buffer, gsize size, const gint *must_stop, gpointer data,
                                 GError **error);

typedef enum {
    APPEND_FAILED,       /* ERROR tells; RET_UPLOAD (if any) what was kept all the same */
    APPEND_OK,           /* what READ gave is durable */
    APPEND_BAD_CHECKSUM, /* nothing was kept */
    APPEND_BAD_OFFSET,   /* OFFSET is not where it ends now */
    APPEND_LOCKED,       /* another append is under way and has been asked to stop: try again */
} AppendResult;

/* Appends what READ gives until its end, from OFFSET on. Without a checksum what arrived before a
 * broken line is kept; with one, all or nothing. More than the announced size is INVALID and
 * nothing of it is kept. RET_UPLOAD may be NULL; it is set, also on failure, whenever the upload is
 * there, and has its new offset. */
AppendResult uploads_append(Batches *batches, const Id *account, const Id *upload, gint64 offset,
                            const UploadChecksum *checksum, UploadReadFunc read, gpointer data,
                            UploadInfo **ret_upload, GError **error);
/* Forgets an upload that is not complete, with its bytes. */
bool uploads_terminate(Batches *batches, const Id *account, const Id *upload, GError **error);
/* Oldest first; STATE 0: all. For going on after a reload. */
GPtrArray *uploads_list(Batches *batches, const Id *account, const Id *batch, UploadState state,
                        const char *cursor, guint limit, char **ret_cursor, GError **error);

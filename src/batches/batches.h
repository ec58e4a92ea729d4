/* The seller's job as a service: a batch is a sheet, photos, what was decided about each, and the
 * pictures made of them. All functions may be called from any thread.
 *
 * Whoever asks names the account; what belongs to another one is NOT_FOUND, like what does not
 * exist. Errors otherwise: INVALID for what was asked, CONFLICT for the state it is in, TOO_LARGE
 * above a limit, UNAVAILABLE when database or storage are not there.
 *
 * uploads.h brings files in, photos.h holds people's decisions, jobs do the rest (the kinds below),
 * exports.h hands it back, watch.h tells of changes, publications.h is what a URL serves. */
#pragma once

#include "base/id.h"
#include "blob/vault.h"
#include "config/settings.h"
#include "jobs/jobs.h"
#include "listing/marketplace.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Batches Batches;

typedef struct {
    Db *db;
    Vault *vault;
    const Clock *clock;
    const Settings *settings;
    const char *picture_scheme; /* "https"; of the URLs that are published */
    guint16 picture_port;       /* 0: the scheme's own */
    bool allow_no_sandbox;
    const char *image_program; /* NULL: this program; see image/pool.h */
} BatchesOptions;

/* OPTIONS' pointers must outlive it. Starts nothing; decoders start with the first photo. */
Batches *batches_new(const BatchesOptions *options);
/* After jobs_stop. */
void batches_free(Batches *batches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batches, batches_free)

/* The kinds of job that this room runs; their context is the Batches. */
const JobKind *batches_job_kinds(Batches *batches, gsize *ret_num_kinds);
/* JOBS is woken when work is added (NULL: nobody is; another process will see it). */
void batches_set_jobs(Batches *batches, Jobs *jobs);
/* Stops photos that are being cleaned at once (they are done again later), so that jobs_stop need
 * not wait for them. From any thread. */
void batches_interrupt(Batches *batches);
/* Makes sure that the jobs that come again and again (uploads that expired, objects to remove) are
 * in the queue. At the start of every process that runs jobs. */
bool batches_plan_housekeeping(Batches *batches, GError **error);

/* Stored as numbers. state_table in batch_state.c says what leads from one to the other. */
typedef enum {
    BATCH_OPEN = 1,       /* takes photos and decisions */
    BATCH_PUBLISHING = 2, /* somebody asked for URLs; waits for the last photo to be cleaned */
    BATCH_PUBLISHED = 3,  /* every matched picture has its URL */
    BATCH_EXPIRED = 4,    /* its last picture is gone */
    BATCH_DELETED = 5,    /* never seen by a caller: what it holds is being removed */
} BatchState;

const char *batch_state_to_string(BatchState state); /* "open" */

typedef struct {
    gint64 photos;
    gint64 uploading; /* uploads of photos that are under way */
    gint64 waiting;   /* to be cleaned, those included that are being cleaned right now */
    gint64 done;
    gint64 failed;
    gint64 matched, unmatched, ambiguous, duplicate, rejected, left_out; /* or none of them yet */
    gint64 skus;
    gint64 skus_complete;     /* has a main picture, or needs none, and nothing is wrong with it */
    gint64 skus_without_main; /* should have one */
    gint64 attention;         /* photos that a person must look at */
} BatchCounts;

typedef struct {
    char *name;        /* the file's */
    bool is_read;      /* false: waits to be read; what follows is empty then */
    char *description; /* "xlsm", "csv, Windows-1252, ..." */
    char *marketplace; /* which one's grammar was found: "amazon" */
    char *worksheet;
    char *notes;   /* NULL, or what a person should know */
    char *problem; /* NULL, or why it cannot be used */
} BatchSheet;

typedef struct {
    Id id;
    char *name;
    BatchState state;
    gint64 revision; /* goes up with every change that a page would show */
    Timestamp created_at, changed_at;
    Timestamp published_at;                      /* 0: never */
    Timestamp first_expires_at, last_expires_at; /* of its photos; 0: there are none */
    char *marketplace;                           /* as chosen; "": recognise */
    const Marketplace *rules;                    /* chosen, else found, else the plain sheet's */
    guint32 longest_side;                        /* 0: what the marketplace likes best */
    gint32 quality;                              /* IMAGE_QUALITY_AUTO or 1..100 */
    BatchSheet *sheet;                           /* NULL: none yet */
    BatchCounts counts;
    gint64 bytes_in, bytes_out; /* of photos; of the pictures made of them */
    char *publish_error;        /* NULL, or why the last publishing failed */
} BatchInfo;

void batch_info_free(BatchInfo *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchInfo, batch_info_free)

/* What may be set; NULL, or -1, leaves it. */
typedef struct {
    const char *name;        /* up to 200 characters, none of them a control character */
    const char *marketplace; /* a name of marketplace_by_name, or "" */
    gint64 longest_side;     /* 0, or 100..10000 */
    gint64 quality;          /* 0 (automatic), or 40..100 */
} BatchSettings;
#define BATCH_SETTINGS_NONE ((BatchSettings){ .longest_side = -1, .quality = -1 })

/* What must be written with MADE or not at all, in its transaction. */
typedef bool (*BatchMadeFunc)(DbTx *tx, const BatchInfo *made, gpointer data, GError **error);
/* SETTINGS->name NULL: named after the day. WITH may be NULL; what it fails with is passed on. */
BatchInfo *batches_create(Batches *batches, const Id *account, const BatchSettings *settings,
                          BatchMadeFunc with, gpointer data, GError **error);
BatchInfo *batches_get(Batches *batches, const Id *account, const Id *batch, GError **error);
/* Newest first. Lists are arrays that own what is in them; CURSOR is NULL or what the call before
 * gave; RET_CURSOR is NULL at the end, free it. INVALID for a cursor that is none. */
GPtrArray *batches_list(Batches *batches, const Id *account, const char *cursor, guint limit,
                        char **ret_cursor, GError **error);
/* What makes pictures differ has them all made anew. */
BatchInfo *batches_edit(Batches *batches, const Id *account, const Id *batch,
                        const BatchSettings *settings, GError **error);
/* At once for everybody who asks; the bytes follow (a job). */
bool batches_delete(Batches *batches, const Id *account, const Id *batch, GError **error);

/* Asks for URLs (LST-18: each exists only once its picture went through the strip). REVISION 0:
 * any. CONFLICT when a person decided something after that, for a batch without a sheet that can be
 * used, and for one without photos. */
BatchInfo *batches_publish(Batches *batches, const Id *account, const Id *batch, gint64 revision,
                           GError **error);
/* Back to open; what has a URL keeps it until its photo is changed or published anew. */
BatchInfo *batches_reopen(Batches *batches, const Id *account, const Id *batch, GError **error);

/* LST-03: what happened, newest first. */
typedef enum { DECIDED_BY_RULE = 1, DECIDED_BY_PERSON = 2, DECIDED_BY_SYSTEM = 3 } DecidedBy;

typedef struct {
    Id id;
    Timestamp at;
    bool has_photo;
    Id photo;
    char *name; /* of the photo, sheet or ZIP; "" for none, or when it is gone */
    DecidedBy by;
    char *what;    /* "matched", "moved", "turned", "left out", "cleaned", "published", ... */
    char *details; /* for people */
} BatchEvent;

const char *decided_by_to_string(DecidedBy by); /* "rule" */

/* PHOTO: only its events; NULL: all of the batch. */
GPtrArray *batches_history(Batches *batches, const Id *account, const Id *batch, const Id *photo,
                           const char *cursor, guint limit, char **ret_cursor, GError **error);

/* For the page's "limits". */
typedef struct {
    gint64 max_photo_bytes, max_sheet_bytes, max_zip_bytes;
    gint64 max_batch_photos;
    gint64 quota_bytes, used_bytes;
} AccountLimits;
bool batches_limits(Batches *batches, const Id *account, AccountLimits *ret_limits, GError **error);

/* Inside the room only: what its jobs do, one function a kind (jobs/jobs.h). CONTEXT is the
 * Batches.
 */
#pragma once

#include "jobs/jobs.h"

/* SUBJECT: a batch. Reads the sheet: its SKUs, or why it cannot be used. */
#define SHEET_READ_JOB "sheet.read"
JobOutcome sheet_read_run(const Job *job, gpointer context, GError **error);
void sheet_read_give_up(const Job *job, const char *reason, gpointer context);

/* SUBJECT: a batch. Finds the place of every photo that no person decided. */
#define BATCH_MATCH_JOB "batch.match"
JobOutcome batch_match_run(const Job *job, gpointer context, GError **error);

/* SUBJECT: a photo. Picture and thumbnail. */
#define PHOTO_CLEAN_JOB "photo.clean"
JobOutcome photo_clean_run(const Job *job, gpointer context, GError **error);
void photo_clean_give_up(const Job *job, const char *reason, gpointer context);

/* SUBJECT: a batch. Adds the job above for all its photos that wait. */
#define BATCH_CLEAN_JOB "batch.clean"
JobOutcome batch_clean_run(const Job *job, gpointer context, GError **error);

/* SUBJECT: a batch that was deleted. Removes all that it holds, then itself. */
#define BATCH_DELETE_JOB "batch.delete"
JobOutcome batch_delete_run(const Job *job, gpointer context, GError **error);

/* SUBJECT: an upload. Its members become photos. */
#define UPLOAD_UNPACK_JOB "upload.unpack"
JobOutcome upload_unpack_run(const Job *job, gpointer context, GError **error);
void upload_unpack_give_up(const Job *job, const char *reason, gpointer context);

/* SUBJECT: a batch. Gives its pictures URLs once all of them are made. */
#define BATCH_PUBLISH_JOB "batch.publish"
JobOutcome batch_publish_run(const Job *job, gpointer context, GError **error);
void batch_publish_give_up(const Job *job, const char *reason, gpointer context);

/* No subject; each comes again by itself. */
#define UPLOADS_EXPIRE_JOB "uploads.expire"
JobOutcome uploads_expire_run(const Job *job, gpointer context, GError **error);
#define BATCHES_RECOUNT_JOB "batches.recount"
JobOutcome batches_recount_run(const Job *job, gpointer context, GError **error);
#define OBJECTS_REMOVE_JOB "objects.remove"
JobOutcome objects_remove_run(const Job *job, gpointer context, GError **error);

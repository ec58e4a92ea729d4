/* LST-04: runs photos through the pool of decoders, as many at a time as it has workers, and
 * remembers in the journal what came out. What the journal knows, and what still lies where it was
 * put, is not done again. One photo that fails is one photo: the rest goes on. */
#pragma once

#include "image/pool.h"
#include "listing/intake.h"
#include "listing/journal.h"

#include <glib.h>
#include <stdbool.h>

/* Where finished pictures go. Both are called from several threads. */
typedef struct {
    /* Puts the picture of TASK in place. CONFLICT: something else lies there, which stays; only
     * this photo fails. */
    bool (*put)(gsize task, const Digest *picture, GBytes *jpeg, gpointer user_data,
                GError **error);
    /* The picture of TASK was made before: whether it is in place, or could be put there again from
     * what is left of that time. */
    bool (*has)(gsize task, const JournalRecord *record, gpointer user_data);
    gpointer user_data;
} PictureSink;

typedef struct {
    gsize photo;        /* index in the intake */
    bool wants_picture; /* or a thumbnail only */
} ProcessingTask;

typedef struct {
    const JournalRecord *record; /* what came of it, rejections included; NULL after a failure that
                                  * may not come again */
    char *failure;               /* such a failure: the worker died, took too long, no permission */
    bool was_known;              /* not done again */
} ProcessingOutcome;

typedef struct {
    gsize num_tasks, num_done, num_known;
    guint64 bytes, bytes_done, bytes_known;
} ProcessingProgress;

typedef struct {
    const Intake *intake;
    Journal *journal;
    ImagePool *pool;
    guint num_threads;
    ImageLimits limits;
    ImageOutputSpec picture;
    const char *thumbnail_dir; /* NULL: none are made */
    PictureSink sink;
    const gint *cancel; /* becomes non-zero to stop */
    /* Called after each photo, by one thread at a time. May be NULL. */
    void (*progress)(const ProcessingProgress *progress, gpointer user_data);
    gpointer progress_data;
} Processing;

/* RET_OUTCOMES: num_tasks of them; processing_outcomes_free. Fails only when it makes no sense to
 * go on: CANCELLED, or what is made cannot be stored. */
bool processing_run(const Processing *processing, const ProcessingTask *tasks, gsize num_tasks,
                    ProcessingOutcome **ret_outcomes, GError **error);
void processing_outcomes_free(ProcessingOutcome *outcomes, gsize num_tasks);

/* The thumbnail of a record, or NULL when it is not there. */
GBytes *processing_read_thumbnail(const char *thumbnail_dir, const JournalRecord *record);

/* Changes of a batch as they happen, for server-sent events: at once for what this process did,
 * within about a second for what another one did, and at most four times a second. */
#pragma once

#include "batches/batches.h"

typedef struct BatchWatch BatchWatch;

/* BATCH: as it is now; NULL when it was deleted (the last call). PHOTOS: those that changed since
 * the last call (or since the watch's SINCE), at most WATCH_MAX_PHOTOS; where more did, NUM_PHOTOS
 * is WATCH_TOO_MANY and the page had better load what it shows. Called on a thread of the watches'
 * own: must not block. */
#define WATCH_MAX_PHOTOS 500
#define WATCH_TOO_MANY G_MAXSIZE
typedef void (*BatchChangedFunc)(const BatchInfo *batch, const Id *photos, gsize num_photos,
                                 gpointer data);

/* SINCE: the revision that the listener knows (Last-Event-ID), 0: none; it is told of what came
 * after that at once. Takes DATA, unless it fails: DESTROY is called when CHANGED is over for good,
 * in batch_watch_free or, where CHANGED is running then, behind it. */
BatchWatch *batch_watch_new(Batches *batches, const Id *account, const Id *batch, gint64 since,
                            BatchChangedFunc changed, gpointer data, GDestroyNotify destroy,
                            GError **error);
/* CHANGED is not called again. Waits for nothing. NULL is fine. */
void batch_watch_free(BatchWatch *watch);

/* A pool of worker processes in which photos are decoded. A worker can reach nothing: no files, no
 * network, no new processes, bounded memory and time. One that dies or hangs costs the photo it
 * held, and is replaced. */
#pragma once

#include "image/image.h"

typedef struct {
    guint num_workers;
    guint64 max_memory_bytes; /* address space of one worker */
    guint max_seconds;        /* of processor time for one photo; four times as long by the clock */
    bool allow_no_sandbox;    /* decode even where the sandbox cannot be had */
    const char *program;      /* what a worker runs as `PROGRAM image-worker`; NULL: this program */
} ImagePoolOptions;

typedef struct ImagePool ImagePool;

/* Starts the workers. UNAVAILABLE, with what is missing, where the sandbox cannot be had and
 * allow_no_sandbox is not set. */
ImagePool *image_pool_new(const ImagePoolOptions *options, GError **error);
/* Ends the workers. No call of image_pool_run may be under way. */
void image_pool_free(ImagePool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImagePool, image_pool_free)

/* Cleans the photo that FD holds, from its start (the worker gets a descriptor it can only read).
 * Blocks until a worker is free and has done it; call it from as many threads as there are workers.
 * Beside image_clean's errors: TIMEOUT, and INTERNAL when the worker died of this photo. */
bool image_pool_run(ImagePool *pool, int fd, const ImageRequest *request, ImageResult *ret_result,
                    GError **error);

/* Kills the photo that is being worked on in every worker; image_pool_run returns CANCELLED from
 * now on. Safe from a signal-handling thread. */
void image_pool_cancel(ImagePool *pool);

/* The main function of a worker process; returns its exit status. ARGV as the pool passed it. */
int image_worker_main(int argc, char **argv);

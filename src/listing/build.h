/* The listing job (LST-02 to LST-07): a sheet and photos in; pictures, the sheet with their URLs,
 * and reports out. Interrupted and called again, it does only what is left. */
#pragma once

#include "config/settings.h"
#include "listing/batch.h"
#include "listing/processing.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *sheet_path;
    const char *encoding;           /* of a text sheet; NULL: found out */
    const char *worksheet;          /* NULL: found out */
    const char *skus_path;          /* a list of SKUs to put into a blank template; NULL: none */
    const char *const *photo_paths; /* NULL-terminated, at least one */
    const char *out_dir;
    const char *base_url;
    const Marketplace *marketplace; /* NULL: recognised */
    guint32 longest_side;           /* px; 0: what the marketplace likes best */
    gint32 quality;                 /* IMAGE_QUALITY_AUTO or 1..100 */
    bool make_bulk_zip;
    bool dry_run;   /* match only; nothing is decoded, nothing written */
    bool prune;     /* remove pictures of earlier runs that are no longer used */
    guint num_jobs; /* workers; 0: one for each processor */
    bool allow_no_sandbox;
    const Settings *settings;
    gint *cancel; /* set to non-zero, from any thread, to stop: CANCELLED */
    void (*progress)(const ProcessingProgress *progress, gpointer user_data);
    gpointer progress_data;
    void (*pool_started)(ImagePool *pool, gpointer user_data); /* NULL, or told of the pool that
                                                                * image_pool_cancel may stop; told
                                                                * of NULL before the pool ends */
} BuildOptions;

/* Returns what was decided and made, or NULL: INVALID and NOT_FOUND when the call or an input was
 * wrong and nothing was done, CANCELLED, or another code when it could not finish. Photos that come
 * to nothing are no failure: the batch tells of them. */
Batch *build_run(const BuildOptions *options, GError **error);

#include "base/error.h"
#include "image/image.h"

#include <libheif/heif.h>
#include <malloc.h>
#include <vips/vips.h>

/* The loaders that vips_load.c calls; every other one is blocked by libvips itself, should a bug
 * ever ask for it. */
static const char *const wanted_loaders[] = {
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadTiff",
    "VipsForeignLoadNsgif",
};

/* Automatic quality takes and frees the same planes of many megabytes at every trial. By itself
 * malloc hands them back to the system each time, which must clear every page of the next: a sixth
 * of the time of a photo. Larger ones than this are those of sources, taken once. */
#define KEPT_PLANE_BYTES (32 * 1024 * 1024)
#define KEPT_BYTES (256 * 1024 * 1024)

bool
image_init(GError **error)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_PLANE_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    /* libvips loads whatever lies in its folder of modules: ImageMagick, poppler, openslide, a
     * hundred libraries more. It finds no folder where there is none. */
    g_setenv("VIPSHOME", "/nonexistent", TRUE);
    /* Code that is compiled while running needs pages that are written and executed. */
    g_setenv("VIPS_NOVECTOR", "1", TRUE);
    /* What it thinks of a damaged photo is of no use on a terminal. */
    g_setenv("VIPS_WARNING", "0", TRUE);
    if (vips_init("cloudpick") != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "libvips does not start: %s",
                    vips_error_buffer());
    }
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(wanted_loaders); i++) {
        vips_operation_block_set(wanted_loaders[i], FALSE);
    }
    /* One photo at a time, no two the same; the pool has a process for each core. */
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    struct heif_error status = heif_init(NULL);
    if (status.code != heif_error_Ok) {
        return fail(error, APP_ERROR_UNAVAILABLE, "libheif does not start: %s", status.message);
    }
    return true;
}

#include "image/planes.h"

#include "base/error.h"

#include <stdlib.h>

/* Decoders and encoders work in blocks: an inverse transform may write up to 15 samples past the
 * width, an encoder pads to a whole MCU. */
#define ROW_SLACK 32
#define ROW_ALIGNMENT 64

guint32
image_planes_width(const ImagePlanes *planes, guint plane)
{
    guint shift = plane == 0 ? 0 : planes->chroma_shift_x;
    return (planes->width + (1U << shift) - 1) >> shift;
}

guint32
image_planes_height(const ImagePlanes *planes, guint plane)
{
    guint shift = plane == 0 ? 0 : planes->chroma_shift_y;
    return (planes->height + (1U << shift) - 1) >> shift;
}

bool
image_planes_init(ImagePlanes *planes, guint32 width, guint32 height, guint8 num_planes,
                  guint8 chroma_shift_x, guint8 chroma_shift_y, GError **error)
{
    g_assert(width > 0 && height > 0);
    g_assert(num_planes == 1 || num_planes == 3);
    ImagePlanes made = {
        .width = width,
        .height = height,
        .num_planes = num_planes,
        .chroma_shift_x = num_planes == 1 ? 0 : chroma_shift_x,
        .chroma_shift_y = num_planes == 1 ? 0 : chroma_shift_y,
    };
    gsize offset[3] = { 0 };
    gsize total = 0;
    for (guint i = 0; i < num_planes; i++) {
        made.stride[i] = ((gsize)image_planes_width(&made, i) + ROW_SLACK + ROW_ALIGNMENT - 1) /
                         ROW_ALIGNMENT * ROW_ALIGNMENT;
        offset[i] = total;
        total += made.stride[i] * image_planes_height(&made, i);
    }
    made.allocation = aligned_alloc(ROW_ALIGNMENT, total);
    if (made.allocation == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "no memory for a picture of %ux%u pixels", width,
                    height);
    }
    for (guint i = 0; i < num_planes; i++) {
        made.data[i] = (guint8 *)made.allocation + offset[i];
    }
    *planes = made;
    return true;
}

void
image_planes_clear(ImagePlanes *planes)
{
    free(planes->allocation);
    *planes = (ImagePlanes){ 0 };
}

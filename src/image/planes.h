/* Pixels as the JPEG path moves them: three planes Y, Cb, Cr (or Y alone), 8 bits, full range, the
 * matrix of JFIF (ITU-R BT.601). Chroma planes may be smaller by 2 or 4 each way. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint32 width, height; /* of plane 0 */
    guint8 num_planes;     /* 1 grey, 3 colour */
    guint8 chroma_shift_x; /* planes 1 and 2 are ceil(width / 2^shift) wide */
    guint8 chroma_shift_y;
    gsize stride[3]; /* bytes; a multiple of 64, at least 32 more than the width, the data
                      * aligned to 64 */
    guint8 *data[3];
    void *allocation; /* what all of it lies in */
} ImagePlanes;

/* Allocates, does not clear. UNAVAILABLE when there is no memory for it. */
bool image_planes_init(ImagePlanes *planes, guint32 width, guint32 height, guint8 num_planes,
                       guint8 chroma_shift_x, guint8 chroma_shift_y, GError **error);
void image_planes_clear(ImagePlanes *planes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImagePlanes, image_planes_clear)

guint32 image_planes_width(const ImagePlanes *planes, guint plane);
guint32 image_planes_height(const ImagePlanes *planes, guint plane);

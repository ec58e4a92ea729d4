/* Planes to another size and chroma sampling, Lanczos with three lobes, chroma sited in the centre
 * of the pixels that it covers, as JPEG means it. */
#pragma once

#include "image/planes.h"
#include "image/scale_axis.h"

typedef struct {
    guint32 width, height;                 /* upright */
    guint8 chroma_shift_x, chroma_shift_y; /* upright; of no meaning for grey */
    guint8 orientation;                    /* EXIF, of the source, 1..8 */
} PlaneTarget;

/* The size that fits into LONGEST_SIDE (0: any) without growing, sides rounded to the nearest
 * pixel, never below 1. */
void plane_fit(guint32 width, guint32 height, guint32 longest_side, guint32 *ret_width,
               guint32 *ret_height);

/* Resizes, resamples chroma and turns upright in one go; a plane that needs none of it is copied.
 * COVERED_WIDTH x COVERED_HEIGHT is how much of the source's samples the picture covers: a photo of
 * 4001 px at a DCT scale of 1/8 is 500.125 samples in 501, and the rest must not stretch it. For
 * planes that were not scaled by the decoder it is their size. */
bool image_planes_resize(const ImagePlanes *source, double covered_width, double covered_height,
                         const PlaneTarget *target, ImagePlanes *ret_planes, GError **error);

/* How a plane's axis maps to the target's, of SIZE pixels, COVERED pixels of the source. Sample j
 * of the target covers its pixels from j << TARGET_SHIFT. With an odd number of pixels the last
 * chroma sample covers one too many; when the axis will be mirrored, the one too many must lie in
 * front, to be at the end afterwards. */
ScaleAxis image_plane_axis(double covered, guint32 num_source, guint source_shift, guint32 size,
                           guint target_shift, bool is_mirrored);

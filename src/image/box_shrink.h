/* Rows on their way into planes, averaged over squares of samples as they come: what lets a decoder
 * that delivers fifty megapixels row by row do so in little memory. The last and better filter
 * (plane_resize.h) still shrinks to half at least, so that nothing of the averaging shows. */
#pragma once

#include "image/planes.h"

typedef struct BoxShrink BoxShrink;

/* The side of the squares for a picture that will fit into LONGEST_SIDE (0: any). */
guint32 box_shrink_factor(guint32 width, guint32 height, guint32 longest_side);

/* For rows of WIDTH pixels of NUM_CHANNELS (1 grey, 3 RGB) samples. UNAVAILABLE without memory. */
BoxShrink *box_shrink_new(guint32 width, guint32 height, guint num_channels, guint32 factor,
                          GError **error);
void box_shrink_free(BoxShrink *shrink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BoxShrink, box_shrink_free)

/* The next row from the top. */
void box_shrink_add_row(BoxShrink *shrink, const guint8 *row);

/* After the last row: planes (4:4:4 or grey), and how much of them the picture covers
 * (plane_resize.h). */
void box_shrink_finish(BoxShrink *shrink, ImagePlanes *ret_planes, double *ret_covered_width,
                       double *ret_covered_height);

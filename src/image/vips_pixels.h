/* libvips as a source of rows: any of its images, shrunk while it streams, to planes. */
#pragma once

#include "image/picture.h"

#include <vips/vips.h>

/* Pulls IMAGE (sequential access is enough) at the size that fits into LONGEST_SIDE, colour
 * management and white behind what is transparent included. ICC: its profile, or NULL. */
bool vips_pixels_to_planes(VipsImage *image, GBytes *icc, guint32 longest_side,
                           ImagePlanes *ret_planes, GError **error);

/* What libvips has to say about a failure, as one clean line; empties its buffer. */
bool fail_vips(GError **error);

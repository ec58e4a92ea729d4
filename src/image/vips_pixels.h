/* libvips as a source of rows: any of its images, shrunk while it streams. */
#pragma once

#include "image/picture.h"

#include <vips/vips.h>

/* Pulls IMAGE (sequential access is enough), of which ICC is the profile or NULL, and puts white
 * behind what is transparent. Sets planes, covered_width, covered_height and colour of PICTURE; the
 * planes are still larger than LONGEST_SIDE mostly. */
bool vips_pixels_to_picture(VipsImage *image, GBytes *icc, guint32 longest_side, Picture *picture,
                            GError **error);

/* What libvips has to say about a failure, as one clean line; empties its buffer. */
bool fail_vips(GError **error);

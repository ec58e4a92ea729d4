/* Inverse transforms that make 4x4 or 2x2 samples of a block of 8x8 as a Lanczos filter would.
 *
 * libjpeg-turbo's own ones are means of neighbouring samples: a box filter, which softens the
 * picture by 17 % at the frequencies just below those that are lost. These weigh each frequency as
 * Lanczos with three lobes does when it halves (or quarters) a picture, and cut off the others. */
#pragma once

#include "image/libjpeg_error.h"

/* For all components whose blocks are decoded at 4x4 or 2x2, between jpeg_start_decompress and the
 * first row. The memory is libjpeg's. */
void reduced_idct_install(j_decompress_ptr cinfo);

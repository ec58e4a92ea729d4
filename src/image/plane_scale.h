/* One plane to another size: Lanczos with three lobes, separable, in 16-bit fixed point. */
#pragma once

#include "image/scale_axis.h"

/* The samples are within 0.3 of what floating point gives, before they are rounded. Rows are read
 * up to their width and written up to a multiple of 16, which the stride must leave room for. False
 * without memory. */
bool plane_scale(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride,
                 ScaleAxis x, ScaleAxis y);

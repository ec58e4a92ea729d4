/* One plane to another size: Lanczos with three lobes, separable, in 16-bit fixed point. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A piece of one axis of a plane, in its samples, and the samples to make of it. The piece may
 * begin before the plane or end behind it: the plane goes on mirrored. */
typedef struct {
    double start, extent;
    guint32 num_source, num_target;
} ScaleAxis;

/* Whether an axis needs nothing done. */
bool scale_axis_is_copy(ScaleAxis axis);

/* The samples are within 0.3 of what floating point gives, before they are rounded. Rows are read
 * up to their width and written up to a multiple of 16, which the stride must leave room for. False
 * without memory. */
bool plane_scale(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride,
                 ScaleAxis x, ScaleAxis y);

/* One axis of a picture on its way to another size: which samples go into a sample of the target,
 * and how much of each. The filter is Lanczos with three lobes, everywhere. */
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

/* Samples that become one. */
double scale_axis_ratio(ScaleAxis axis);

/* How many samples go into one at most. */
guint scale_axis_taps(ScaleAxis axis);

/* The weights of the scale_axis_taps() samples that go into sample INDEX of the target. Their sum
 * is 1; they may be 0 at the ends. Returns the first one's place. */
guint32 scale_axis_weights(ScaleAxis axis, guint32 index, double *ret_weights);

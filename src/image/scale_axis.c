#include "image/scale_axis.h"

#include <math.h>
#include <string.h>

#define LOBES 3

bool
scale_axis_is_copy(ScaleAxis axis)
{
    return axis.num_source == axis.num_target && fabs(axis.start) < 1e-9 &&
           fabs(axis.extent - axis.num_source) < 1e-9;
}

double
scale_axis_ratio(ScaleAxis axis)
{
    return axis.extent / axis.num_target;
}

/* How far apart the filter's lobes are, in samples of the source. */
static double
filter_width(ScaleAxis axis)
{
    return MAX(scale_axis_ratio(axis), 1);
}

/* Positions that the filter reaches, those outside the plane included. */
static guint
num_positions(ScaleAxis axis)
{
    return (guint)floor(2 * LOBES * filter_width(axis)) + 1;
}

guint
scale_axis_taps(ScaleAxis axis)
{
    return MIN(num_positions(axis), axis.num_source);
}

static gint64
mirror(gint64 at, gint64 num_samples)
{
    at = at < 0 ? -1 - at : at >= num_samples ? 2 * num_samples - 1 - at : at;
    return CLAMP(at, 0, num_samples - 1);
}

/* The filter at X, given the sine of a third of pi X: sin(3a) is 3 sin(a) - 4 sin(a)^3. */
static double
lanczos(double x, double sine)
{
    if (fabs(x) >= LOBES) {
        return 0;
    }
    if (fabs(x) < 1e-6) {
        return 1;
    }
    return LOBES * sine * sine * (3 - 4 * sine * sine) / (G_PI * G_PI * x * x);
}

guint32
scale_axis_weights(ScaleAxis axis, guint32 index, double *ret_weights)
{
    double width = filter_width(axis);
    double inverse = 1 / width;
    guint num_reached = num_positions(axis);
    double center = axis.start + (index + 0.5) * scale_axis_ratio(axis);
    guint num_taps = MIN(num_reached, axis.num_source);
    gint64 begin = (gint64)ceil(center - LOBES * width - 0.5);
    gint64 first = CLAMP(begin, 0, (gint64)axis.num_source - num_taps);
    memset(ret_weights, 0, num_taps * sizeof *ret_weights);
    /* From position to position the angle grows by the same: a turn, not a sine. */
    double x = ((double)begin + 0.5 - center) * inverse;
    double sine = sin(G_PI / LOBES * x), cosine = cos(G_PI / LOBES * x);
    double turn_sine = sin(G_PI / LOBES * inverse), turn_cosine = cos(G_PI / LOBES * inverse);
    double sum = 0;
    for (guint i = 0; i < num_reached; i++) {
        gint64 inside = mirror(begin + i, axis.num_source) - first;
        double weight = lanczos(x + i * inverse, sine);
        ret_weights[CLAMP(inside, 0, (gint64)num_taps - 1)] += weight;
        sum += weight;
        double next = sine * turn_cosine + cosine * turn_sine;
        cosine = cosine * turn_cosine - sine * turn_sine;
        sine = next;
    }
    for (guint i = 0; i < num_taps; i++) {
        ret_weights[i] /= sum;
    }
    return (guint32)first;
}

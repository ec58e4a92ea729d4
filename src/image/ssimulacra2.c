#include "image/ssimulacra2.h"

#include "image/ssimulacra2_table.h"
#include "image/vector_clones.h"
#include "image/xyb_pyramid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES 16
#define RADIUS 4
#define WINDOW (2 * RADIUS + 1)
#define MAX_FIELDS 3
#define SMALLEST_WEIGHT 0.003

/* Gaussian of deviation 1.5 as a sum of three cosines cut off at 5: the taps for 0, 1, .. 4. */
static const float taps[RADIUS + 1] = { 0.2646211055f, 0.2129285920f, 0.1093353728f, 0.0360111147f,
                                        0.0094143678f };

/* The local mean and the mean of the squares of one channel of the reference. */
typedef struct {
    float *mean;
    float *square;
} Moments;

struct Ssimulacra2 {
    guint32 width, height;
    guint8 wanted[XYB_NUM_SCALES];
    XybPyramid pyramid;
    Moments moments[XYB_NUM_SCALES][XYB_NUM_CHANNELS];
};

/* The last rows of a few fields, blurred along the row, for the blur across rows. */
typedef struct {
    guint num_fields;
    gsize stride;
    float *padded; /* a row with zeros on both sides: there is nothing outside the picture */
    float *rows[MAX_FIELDS];
} Window;

static void
window_clear(Window *window)
{
    free(window->padded);
    for (guint i = 0; i < MAX_FIELDS; i++) {
        free(window->rows[i]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Window, window_clear)

static bool
window_init(Window *window, guint32 width, guint num_fields)
{
    bool ok = true;
    *window = (Window){ .num_fields = num_fields };
    gsize padded_stride;
    window->padded = xyb_plane_new(width + 2 * LANES, 1, &padded_stride);
    ok &= window->padded != NULL;
    for (guint i = 0; i < num_fields; i++) {
        window->rows[i] = xyb_plane_new(width, WINDOW, &window->stride);
        ok &= window->rows[i] != NULL;
    }
    if (ok) {
        memset(window->padded, 0, padded_stride * sizeof(float));
        for (guint i = 0; i < num_fields; i++) {
            memset(window->rows[i], 0, window->stride * WINDOW * sizeof(float));
        }
    }
    return ok;
}

static float *
window_row(const Window *window, guint field, guint32 y)
{
    return window->rows[field] + window->stride * (y % WINDOW);
}

VECTOR_CLONES static void
multiply_row(const float *restrict a, const float *restrict b, guint32 width, float *restrict out)
{
    for (guint32 x = 0; x < width; x++) {
        out[x] = a[x] * b[x];
    }
}

VECTOR_CLONES static void
blur_row(const float *restrict in, guint32 width, float *restrict out)
{
    for (gssize x = 0; x < (gssize)width; x++) {
        out[x] = taps[0] * in[x] + taps[1] * (in[x - 1] + in[x + 1]) +
                 taps[2] * (in[x - 2] + in[x + 2]) + taps[3] * (in[x - 3] + in[x + 3]) +
                 taps[4] * (in[x - 4] + in[x + 4]);
    }
}

/* Puts the product of two rows (or A alone) into the window as row Y of a field. */
static void
window_put(Window *window, guint field, guint32 y, const float *a, const float *b, guint32 width)
{
    float *row = window->padded + LANES;
    if (b == NULL) {
        memcpy(row, a, width * sizeof(float));
    } else {
        multiply_row(a, b, width, row);
    }
    blur_row(row, width, window_row(window, field, y));
}

static void
window_put_nothing(Window *window, guint32 y)
{
    for (guint i = 0; i < window->num_fields; i++) {
        memset(window_row(window, i, y), 0, window->stride * sizeof(float));
    }
}

/* The rows around Y of a field, from the one above all others to the one below. */
static void
window_rows(const Window *window, guint field, guint32 y, const float *ret_rows[WINDOW])
{
    for (guint i = 0; i < WINDOW; i++) {
        ret_rows[i] = window_row(window, field, y + WINDOW - RADIUS + i);
    }
}

ALWAYS_INLINE float
blur_column(const float *const rows[WINDOW], gsize x)
{
    return taps[0] * rows[4][x] + taps[1] * (rows[3][x] + rows[5][x]) +
           taps[2] * (rows[2][x] + rows[6][x]) + taps[3] * (rows[1][x] + rows[7][x]) +
           taps[4] * (rows[0][x] + rows[8][x]);
}

VECTOR_CLONES static void
write_moments_row(const float *const mean_rows[WINDOW], const float *const square_rows[WINDOW],
                  guint32 width, float *restrict mean, float *restrict square)
{
    for (guint32 x = 0; x < width; x++) {
        mean[x] = blur_column(mean_rows, x);
        square[x] = blur_column(square_rows, x);
    }
}

static bool
moments_init(Moments *moments, const XybScale *scale, guint channel)
{
    gsize stride;
    moments->mean = xyb_plane_new(scale->width, scale->height, &stride);
    moments->square = xyb_plane_new(scale->width, scale->height, &stride);
    g_auto(Window) window = { 0 };
    if (moments->mean == NULL || moments->square == NULL ||
        !window_init(&window, scale->width, 2)) {
        return false;
    }
    for (guint32 y = 0; y < scale->height + RADIUS; y++) {
        if (y < scale->height) {
            const float *row = scale->channels[channel] + scale->stride * y;
            window_put(&window, 0, y, row, NULL, scale->width);
            window_put(&window, 1, y, row, row, scale->width);
        } else {
            window_put_nothing(&window, y);
        }
        if (y >= RADIUS) {
            const float *rows[2][WINDOW];
            window_rows(&window, 0, y - RADIUS, rows[0]);
            window_rows(&window, 1, y - RADIUS, rows[1]);
            write_moments_row(rows[0], rows[1], scale->width, moments->mean + stride * (y - RADIUS),
                              moments->square + stride * (y - RADIUS));
        }
    }
    return true;
}

/* Per map and norm, a sum for each lane of a vector. */
typedef struct {
    float sums[NUM_MAPS][NUM_NORMS][LANES];
} RowSums;

typedef struct {
    const float *reference, *distorted, *mean, *square;
    const float *windows[MAX_FIELDS][WINDOW]; /* distorted, its square, the product of both */
} RowInput;

enum { FIELD_DISTORTED, FIELD_SQUARE, FIELD_PRODUCT };

ALWAYS_INLINE void
add_error(float error, float *sum, float *sum_4)
{
    float square = error * error;
    *sum += error;
    *sum_4 += square * square;
}

ALWAYS_INLINE void
compare_pixel(const RowInput *in, gsize x, guint lane, RowSums *row)
{
    const float c2 = 0.0009f;
    float mean_1 = in->mean[x];
    float mean_2 = blur_column(in->windows[FIELD_DISTORTED], x);
    float square_2 = blur_column(in->windows[FIELD_SQUARE], x);
    float product = blur_column(in->windows[FIELD_PRODUCT], x);
    float difference = mean_1 - mean_2;
    float likeness = 2 * (product - mean_1 * mean_2) + c2;
    float energy = (in->square[x] - mean_1 * mean_1) + (square_2 - mean_2 * mean_2) + c2;
    float structure = 1 - (1 - difference * difference) * likeness / energy;
    float edge_2 = fabsf(in->distorted[x] - mean_2);
    float edge_1 = fabsf(in->reference[x] - mean_1);
    float edges = (1 + edge_2) / (1 + edge_1) - 1;
    add_error(structure > 0 ? structure : 0, &row->sums[MAP_STRUCTURE][NORM_1][lane],
              &row->sums[MAP_STRUCTURE][NORM_4][lane]);
    add_error(edges > 0 ? edges : 0, &row->sums[MAP_ADDED][NORM_1][lane],
              &row->sums[MAP_ADDED][NORM_4][lane]);
    add_error(edges < 0 ? -edges : 0, &row->sums[MAP_LOST][NORM_1][lane],
              &row->sums[MAP_LOST][NORM_4][lane]);
}

VECTOR_CLONES static void
compare_row(const RowInput *input, guint32 width, RowSums *ret_row)
{
    RowInput in = *input;
    RowSums row = { 0 };
    guint32 whole = width / LANES * LANES;
    for (guint32 x = 0; x < whole; x += LANES) {
        for (guint lane = 0; lane < LANES; lane++) {
            compare_pixel(&in, (gsize)x + lane, lane, &row);
        }
    }
    for (guint32 x = whole; x < width; x++) {
        compare_pixel(&in, x, 0, &row);
    }
    *ret_row = row;
}

static void
add_row(const RowSums *row, double sums[NUM_NORMS][NUM_MAPS])
{
    for (guint norm = 0; norm < NUM_NORMS; norm++) {
        for (guint map = 0; map < NUM_MAPS; map++) {
            for (guint lane = 0; lane < LANES; lane++) {
                sums[norm][map] += row->sums[map][norm][lane];
            }
        }
    }
}

/* Adds the weighted norms of the maps of one channel at one scale to RET_SUM. */
static bool
compare_channel(const Ssimulacra2 *measure, const XybPyramid *distorted, guint scale_number,
                guint channel, double *ret_sum)
{
    const XybScale *reference = &measure->pyramid.scales[scale_number];
    const XybScale *other = &distorted->scales[scale_number];
    const Moments *moments = &measure->moments[scale_number][channel];
    double sums[NUM_NORMS][NUM_MAPS] = { 0 };
    g_auto(Window) window = { 0 };
    if (!window_init(&window, reference->width, 3)) {
        return false;
    }
    for (guint32 y = 0; y < reference->height + RADIUS; y++) {
        if (y < reference->height) {
            const float *a = reference->channels[channel] + reference->stride * y;
            const float *b = other->channels[channel] + other->stride * y;
            window_put(&window, FIELD_DISTORTED, y, b, NULL, reference->width);
            window_put(&window, FIELD_SQUARE, y, b, b, reference->width);
            window_put(&window, FIELD_PRODUCT, y, a, b, reference->width);
        } else {
            window_put_nothing(&window, y);
        }
        if (y >= RADIUS) {
            gsize at = reference->stride * (y - RADIUS);
            RowInput input = {
                .reference = reference->channels[channel] + at,
                .distorted = other->channels[channel] + at,
                .mean = moments->mean + at,
                .square = moments->square + at,
            };
            for (guint i = 0; i < MAX_FIELDS; i++) {
                window_rows(&window, i, y - RADIUS, input.windows[i]);
            }
            RowSums row;
            compare_row(&input, reference->width, &row);
            add_row(&row, sums);
        }
    }
    double num_pixels = (double)reference->width * reference->height;
    for (guint map = 0; map < NUM_MAPS; map++) {
        *ret_sum += ssimulacra2_weights[channel][scale_number][NORM_1][map] * sums[NORM_1][map] /
                    num_pixels;
        *ret_sum += ssimulacra2_weights[channel][scale_number][NORM_4][map] *
                    sqrt(sqrt(sums[NORM_4][map] / num_pixels));
    }
    return true;
}

static bool
channel_matters(guint channel, guint scale)
{
    for (guint norm = 0; norm < NUM_NORMS; norm++) {
        for (guint map = 0; map < NUM_MAPS; map++) {
            if (ssimulacra2_weights[channel][scale][norm][map] >= SMALLEST_WEIGHT) {
                return true;
            }
        }
    }
    return false;
}

Ssimulacra2 *
ssimulacra2_new(const ImagePlanes *reference)
{
    g_autoptr(Ssimulacra2) measure = g_new0(Ssimulacra2, 1);
    measure->width = reference->width;
    measure->height = reference->height;
    for (guint scale = 0; scale < XYB_NUM_SCALES; scale++) {
        for (guint channel = 0; channel < XYB_NUM_CHANNELS; channel++) {
            measure->wanted[scale] |= (guint8)(channel_matters(channel, scale) << channel);
        }
    }
    if (!xyb_pyramid_init(&measure->pyramid, reference, measure->wanted)) {
        return NULL;
    }
    for (guint scale = 0; scale < XYB_NUM_SCALES; scale++) {
        for (guint channel = 0; channel < XYB_NUM_CHANNELS; channel++) {
            const XybScale *made = &measure->pyramid.scales[scale];
            if (made->channels[channel] != NULL &&
                !moments_init(&measure->moments[scale][channel], made, channel)) {
                return NULL;
            }
        }
    }
    return g_steal_pointer(&measure);
}

void
ssimulacra2_free(Ssimulacra2 *measure)
{
    if (measure == NULL) {
        return;
    }
    xyb_pyramid_clear(&measure->pyramid);
    for (guint scale = 0; scale < XYB_NUM_SCALES; scale++) {
        for (guint channel = 0; channel < XYB_NUM_CHANNELS; channel++) {
            free(measure->moments[scale][channel].mean);
            free(measure->moments[scale][channel].square);
        }
    }
    g_free(measure);
}

double
ssimulacra2_score(const Ssimulacra2 *measure, const ImagePlanes *distorted)
{
    g_assert(distorted->width == measure->width && distorted->height == measure->height);
    g_auto(XybPyramid) pyramid = { 0 };
    if (!xyb_pyramid_init(&pyramid, distorted, measure->wanted)) {
        return NAN;
    }
    double sum = 0;
    for (guint scale = 0; scale < XYB_NUM_SCALES; scale++) {
        for (guint channel = 0; channel < XYB_NUM_CHANNELS; channel++) {
            if (pyramid.scales[scale].channels[channel] != NULL &&
                !compare_channel(measure, &pyramid, scale, channel, &sum)) {
                return NAN;
            }
        }
    }
    sum *= 0.9562382616834844;
    sum = 2.326765642916932 * sum - 0.020884521182843837 * sum * sum +
          6.248496625763138e-05 * sum * sum * sum;
    return sum > 0 ? 100 - 10 * pow(sum, 0.6276336467831387) : 100;
}

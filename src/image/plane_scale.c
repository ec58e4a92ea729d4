#include "image/plane_scale.h"

#include "image/vector_clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are resized along the row together, each a lane of a vector. */
#define LANES 32
#define BLOCK 8

/* Weights are in units of 2^-14. Multiplying as the processors do it, high half and rounded, loses
 * a bit: samples enter with 7 fractional bits, have 6 between the passes and 5 at the end. */
#define WEIGHT_BITS 14
#define SOURCE_BITS 7
#define MIDDLE_BITS 6
#define TARGET_BITS 5

typedef struct {
    guint num_taps;
    guint32 *first;  /* per target sample: the source sample that the first weight is for */
    gint16 *weights; /* num_taps for each target sample */
} Filter;

static void
filter_clear(Filter *filter)
{
    g_free(filter->first);
    g_free(filter->weights);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Filter, filter_clear)

/* Weights that add up to 1 exactly, so that even areas stay even: what rounding leaves over goes to
 * the largest. */
static void
round_weights(const double *weights, guint num_taps, gint16 *ret_weights)
{
    guint largest = 0;
    for (guint i = 0; i < num_taps; i++) {
        largest = weights[i] > weights[largest] ? i : largest;
    }
    gint32 left = 1 << WEIGHT_BITS;
    for (guint i = 0; i < num_taps; i++) {
        ret_weights[i] = (gint16)lrint(weights[i] * (1 << WEIGHT_BITS));
        left -= ret_weights[i];
    }
    ret_weights[largest] = (gint16)(ret_weights[largest] + left);
}

static void
filter_init(Filter *filter, ScaleAxis axis)
{
    filter->num_taps = scale_axis_taps(axis);
    filter->first = g_new(guint32, axis.num_target);
    filter->weights = g_new0(gint16, (gsize)filter->num_taps * axis.num_target);
    g_autofree double *weights = g_new(double, filter->num_taps);
    for (guint32 i = 0; i < axis.num_target; i++) {
        filter->first[i] = scale_axis_weights(axis, i, weights);
        round_weights(weights, filter->num_taps, filter->weights + (gsize)filter->num_taps * i);
    }
}

/* The high half of the doubled product, rounded: one instruction (pmulhrsw, sqrdmulh). */
ALWAYS_INLINE gint16
multiply(gint16 a, gint16 b)
{
    return (gint16)((((a * b) >> WEIGHT_BITS) + 1) >> 1);
}

VECTOR_CLONES static void
mix_rows(const guint8 *source, gsize stride, guint32 width, const gint16 *weights, guint num_taps,
         gint16 *restrict out)
{
    for (guint32 x = 0; x < width; x++) {
        out[x] = multiply((gint16)(source[x] << SOURCE_BITS), weights[0]);
    }
    for (guint tap = 1; tap < num_taps; tap++) {
        const guint8 *restrict row = source + stride * tap;
        gint16 weight = weights[tap];
        for (guint32 x = 0; x < width; x++) {
            out[x] = (gint16)(out[x] + multiply((gint16)(row[x] << SOURCE_BITS), weight));
        }
    }
}

VECTOR_CLONES static void
widen_row(const guint8 *restrict source, guint32 width, gint16 *restrict out)
{
    for (guint32 x = 0; x < width; x++) {
        out[x] = (gint16)(source[x] << MIDDLE_BITS);
    }
}

typedef gint16 Short8 __attribute__((vector_size(16)));

/* Rows of 8 become columns. */
ALWAYS_INLINE void
transpose(Short8 v[BLOCK])
{
    for (int pass = 0; pass < 3; pass++) {
        Short8 w[BLOCK];
        for (int i = 0; i < BLOCK / 2; i++) {
            w[2 * i] = __builtin_shufflevector(v[i], v[i + BLOCK / 2], 0, 8, 1, 9, 2, 10, 3, 11);
            w[2 * i + 1] =
                __builtin_shufflevector(v[i], v[i + BLOCK / 2], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(v, w, sizeof w);
    }
}

/* LANES rows to columns of LANES. WIDTH is a multiple of BLOCK. */
VECTOR_CLONES static void
rows_to_columns(const gint16 *rows, gsize stride, guint32 width, gint16 *restrict columns)
{
    for (guint32 x = 0; x < width; x += BLOCK) {
        for (guint group = 0; group < LANES; group += BLOCK) {
            Short8 v[BLOCK];
            for (guint i = 0; i < BLOCK; i++) {
                memcpy(&v[i], rows + stride * (group + i) + x, sizeof v[i]);
            }
            transpose(v);
            for (guint i = 0; i < BLOCK; i++) {
                memcpy(columns + (gsize)LANES * (x + i) + group, &v[i], sizeof v[i]);
            }
        }
    }
}

/* BLOCK columns of LANES to rows. */
ALWAYS_INLINE void
columns_to_rows(const gint16 *columns, guint num_rows, guint8 *target, gsize stride)
{
    for (guint group = 0; group < num_rows; group += BLOCK) {
        Short8 v[BLOCK];
        for (guint i = 0; i < BLOCK; i++) {
            memcpy(&v[i], columns + (gsize)LANES * i + group, sizeof v[i]);
        }
        transpose(v);
        for (guint i = 0; i < MIN(BLOCK, num_rows - group); i++) {
            typedef guint8 Byte8 __attribute__((vector_size(8)));
            Byte8 samples = __builtin_convertvector(v[i], Byte8);
            memcpy(target + stride * (group + i), &samples, sizeof samples);
        }
    }
}

ALWAYS_INLINE void
mix_column(const gint16 *restrict columns, guint num_taps, const gint16 *restrict weights,
           gint16 *restrict out)
{
    for (guint tap = 0; tap < num_taps; tap++) {
        const gint16 *restrict column = columns + LANES * tap;
        gint16 weight = weights[tap];
        for (guint lane = 0; lane < LANES; lane++) {
            out[lane] = (gint16)(out[lane] + multiply(column[lane], weight));
        }
    }
    for (guint lane = 0; lane < LANES; lane++) {
        gint16 sample = (gint16)((out[lane] + (1 << (TARGET_BITS - 1))) >> TARGET_BITS);
        out[lane] = (gint16)CLAMP(sample, 0, 255);
    }
}

VECTOR_CLONES static void
mix_columns(const gint16 *columns, const Filter *filter, guint32 num_target, guint num_rows,
            guint8 *target, gsize target_stride)
{
    for (guint32 x = 0; x < num_target; x += BLOCK) {
        gint16 mixed[BLOCK * LANES] = { 0 };
        for (guint i = 0; i < MIN(BLOCK, num_target - x); i++) {
            const gint16 *from = columns + (gsize)LANES * filter->first[x + i];
            const gint16 *weights = filter->weights + (gsize)filter->num_taps * (x + i);
            mix_column(from, filter->num_taps, weights, mixed + LANES * i);
        }
        columns_to_rows(mixed, num_rows, target + x, target_stride);
    }
}

VECTOR_CLONES static void
narrow_row(const gint16 *restrict row, guint32 width, guint8 *restrict out)
{
    for (guint32 x = 0; x < width; x++) {
        gint16 sample = (gint16)((row[x] + (1 << (MIDDLE_BITS - 1))) >> MIDDLE_BITS);
        out[x] = (guint8)CLAMP(sample, 0, 255);
    }
}

bool
plane_scale(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride,
            ScaleAxis x, ScaleAxis y)
{
    bool copies_x = scale_axis_is_copy(x);
    bool copies_y = scale_axis_is_copy(y);
    g_auto(Filter) filter_x = { 0 };
    g_auto(Filter) filter_y = { 0 };
    filter_init(&filter_x, x);
    filter_init(&filter_y, y);
    gsize row_stride = ((gsize)x.num_source + 63) / 64 * 64;
    gint16 *rows = aligned_alloc(64, row_stride * LANES * sizeof(gint16));
    gint16 *columns = aligned_alloc(64, row_stride * LANES * sizeof(gint16));
    bool ok = rows != NULL && columns != NULL;
    if (ok) {
        memset(rows, 0, row_stride * LANES * sizeof(gint16));
    }
    for (guint32 top = 0; ok && top < y.num_target; top += LANES) {
        guint num_rows = MIN(LANES, y.num_target - top);
        for (guint i = 0; i < num_rows; i++) {
            gint16 *row = rows + row_stride * i;
            const guint8 *from =
                source + source_stride * (copies_y ? top + i : filter_y.first[top + i]);
            if (copies_y) {
                widen_row(from, x.num_source, row);
            } else {
                mix_rows(from, source_stride, x.num_source,
                         filter_y.weights + (gsize)filter_y.num_taps * (top + i), filter_y.num_taps,
                         row);
            }
            if (copies_x) {
                narrow_row(row, x.num_target, target + target_stride * (top + i));
            }
        }
        if (!copies_x) {
            rows_to_columns(rows, row_stride, (x.num_source + BLOCK - 1) / BLOCK * BLOCK, columns);
            mix_columns(columns, &filter_x, x.num_target, num_rows, target + target_stride * top,
                        target_stride);
        }
    }
    free(rows);
    free(columns);
    return ok;
}

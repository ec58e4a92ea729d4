#include "image/block_halving.h"

#include "image/lanczos.h"
#include "image/vector_clones.h"

#include <jpegint.h>
#include <string.h>

#define HALF 4

/* Samples beyond a block that it has a part in. A third would get 1/270 of the sample at the edge;
 * that goes to the block's own samples, as if it were mirrored. */
#define REACH 2
#define NUM_OUT (HALF + 2 * REACH)

#define SAMPLE_BITS 6

/* Before and behind a row of sums: the reach, and the rest of a vector. */
#define MARGIN 16

#define MAX_ROWS (MAX_SAMP_FACTOR * HALF + 2 * REACH)

typedef float Float8 __attribute__((vector_size(32)));
typedef gint32 Int8 __attribute__((vector_size(32)));
typedef gint16 Short8 __attribute__((vector_size(16)));
typedef guint16 Word8 __attribute__((vector_size(16))); /* sums of hostile blocks wrap */

struct BlockHalving {
    float dequantise[DCTSIZE][DCTSIZE];
    /* Per sample of the first half of NUM_OUT the weight of each frequency. In the second half it
     * is the same, mirrored: odd frequencies change their sign. */
    float weights[NUM_OUT / 2][DCTSIZE];
    guint32 num_columns; /* of samples, whole blocks */
    guint32 num_rows;
    guint32 rows_per_read;
    guint32 rows_read;
    gsize stride;   /* of sums, in samples */
    guint16 *sums;  /* MAX_ROWS, the first is REACH above the rows being read */
    guint16 *first; /* the sum for the first sample being read */
};

guint64
block_halving_memory(guint32 width)
{
    return sizeof(BlockHalving) + ((guint64)width / 2 + HALF + 2 * MARGIN) * MAX_ROWS * 2;
}

/* Rows become columns. */
ALWAYS_INLINE void
transpose(Float8 v[DCTSIZE])
{
    for (int pass = 0; pass < 3; pass++) {
        Float8 w[DCTSIZE];
        for (int i = 0; i < DCTSIZE / 2; i++) {
            w[2 * i] = __builtin_shufflevector(v[i], v[i + DCTSIZE / 2], 0, 8, 1, 9, 2, 10, 3, 11);
            w[2 * i + 1] =
                __builtin_shufflevector(v[i], v[i + DCTSIZE / 2], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(v, w, sizeof w);
    }
}

/* Eight frequencies of eight lines at once to NUM_OUT samples. */
ALWAYS_INLINE void
transform(Float8 v[DCTSIZE], const float weights[NUM_OUT / 2][DCTSIZE])
{
    Float8 samples[NUM_OUT];
    for (int i = 0; i < NUM_OUT / 2; i++) {
        const float *w = weights[i];
        Float8 even = v[0] * w[0] + v[2] * w[2] + v[4] * w[4] + v[6] * w[6];
        Float8 odd = v[1] * w[1] + v[3] * w[3] + v[5] * w[5] + v[7] * w[7];
        samples[i] = even + odd;
        samples[NUM_OUT - 1 - i] = even - odd;
    }
    memcpy(v, samples, sizeof samples);
}

VECTOR_CLONES static void
halve_block(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block, JSAMPARRAY rows,
            JDIMENSION column)
{
    const BlockHalving *halving = component->dct_table;
    Float8 v[DCTSIZE];
    for (int i = 0; i < DCTSIZE; i++) {
        Short8 coefficients;
        Float8 factors;
        memcpy(&coefficients, block + DCTSIZE * i, sizeof coefficients);
        memcpy(&factors, halving->dequantise[i], sizeof factors);
        v[i] = __builtin_convertvector(coefficients, Float8) * factors;
    }
    transform(v, halving->weights);
    transpose(v);
    transform(v, halving->weights);
    transpose(v);
    guint16 *sums = (guint16 *)(void *)rows[0] + column - REACH - REACH * halving->stride;
    for (int i = 0; i < NUM_OUT; i++) {
        Word8 sum;
        memcpy(&sum, sums + halving->stride * (gsize)i, sizeof sum);
        sum += __builtin_convertvector(__builtin_convertvector(v[i], Int8), Word8);
        memcpy(sums + halving->stride * (gsize)i, &sum, sizeof sum);
    }
}

/* How much of sample FROM of a block goes to sample TO of its half, which may lie outside. */
static double
filter_weight(int from, int to)
{
    int twice = 2 * from - (4 * to + 1); /* the distance in half samples, odd */
    guint index = (guint)(ABS(twice) / 2);
    double weight = lanczos_tap(2, index);
    bool is_last_reached =
        (from == 0 && to == HALF - REACH) || (from == DCTSIZE - 1 && to == REACH - 1);
    return is_last_reached ? weight + lanczos_tap(2, index + 1) : weight;
}

/* T.81 A.3.3: a sample is the sum of cosines, in one direction half of each, of the first
 * sqrt(1/8). */
static void
make_weights(BlockHalving *halving)
{
    for (int i = 0; i < NUM_OUT / 2; i++) {
        for (int k = 0; k < DCTSIZE; k++) {
            double sum = 0;
            for (int n = 0; n < DCTSIZE; n++) {
                sum += filter_weight(n, i - REACH) * cos(G_PI * k * (2 * n + 1) / 16) *
                       (k == 0 ? sqrt(0.125) : 0.5);
            }
            halving->weights[i][k] = (float)sum;
        }
    }
}

BlockHalving *
block_halving_new(j_decompress_ptr cinfo, int component)
{
    jpeg_component_info *info = &cinfo->comp_info[component];
    g_assert(info->DCT_scaled_size == HALF);
    BlockHalving *halving =
        cinfo->mem->alloc_small((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof *halving);
    *halving = (BlockHalving){
        .num_columns = info->width_in_blocks * HALF,
        .num_rows = info->height_in_blocks * HALF,
        .rows_per_read = (guint32)info->v_samp_factor * HALF,
    };
    halving->stride = (gsize)halving->num_columns + 2 * MARGIN;
    gsize size = halving->stride * MAX_ROWS * sizeof(guint16);
    halving->sums = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, size);
    memset(halving->sums, 0, size);
    halving->first = halving->sums + halving->stride * REACH + MARGIN;
    make_weights(halving);
    for (int i = 0; i < DCTSIZE2; i++) {
        halving->dequantise[i / DCTSIZE][i % DCTSIZE] =
            (float)(info->quant_table->quantval[i] << SAMPLE_BITS);
    }
    info->dct_table = halving;
    cinfo->idct->inverse_DCT[component] = halve_block;
    return halving;
}

void
block_halving_rows(BlockHalving *halving, JSAMPARRAY ret_rows)
{
    for (guint32 i = 0; i < halving->rows_per_read; i++) {
        ret_rows[i] = (JSAMPROW)(void *)(halving->first + halving->stride * i);
    }
}

/* Beyond the outermost blocks the picture goes on mirrored. STEP leads from sample to sample, and
 * from the edge outwards. */
static void
fold_edge(guint16 *edge, gssize step, guint32 num_lines, gsize line_step)
{
    for (guint32 line = 0; line < num_lines; line++, edge += line_step) {
        for (int i = 0; i < REACH; i++) {
            edge[-i * step] = (guint16)(edge[-i * step] + edge[(i + 1) * step]);
        }
    }
}

VECTOR_CLONES static void
narrow_row(const guint16 *restrict sums, guint32 width, guint8 *restrict out)
{
    for (guint32 x = 0; x < width; x++) {
        gint32 sample = ((gint16)sums[x] >> (SAMPLE_BITS - 1)) + 2 * CENTERJSAMPLE + 1;
        sample >>= 1;
        out[x] = (guint8)CLAMP(sample, 0, MAXJSAMPLE);
    }
}

guint32
block_halving_take(BlockHalving *halving, guint8 *plane, gsize stride, guint32 width,
                   guint32 height)
{
    gssize row_step = (gssize)halving->stride;
    guint32 begin = halving->rows_read;
    guint32 end = MIN(begin + halving->rows_per_read, halving->num_rows);
    bool is_last = end == halving->num_rows;
    if (begin == 0) {
        fold_edge(halving->first - REACH, -row_step, halving->num_columns + 2 * REACH, 1);
    }
    if (is_last) {
        fold_edge(halving->first - REACH + row_step * (end - begin - 1), row_step,
                  halving->num_columns + 2 * REACH, 1);
    }
    guint32 first = begin == 0 ? 0 : begin - REACH;
    guint32 limit = is_last ? MIN(end, height) : MIN(end - REACH, height);
    for (guint32 y = first; y < limit; y++) {
        guint16 *row = halving->first + row_step * ((gssize)y - (gssize)begin);
        fold_edge(row, -1, 1, 0);
        fold_edge(row + halving->num_columns - 1, 1, 1, 0);
        narrow_row(row, width, plane + stride * y);
    }
    /* The rows that are not complete move to the top. */
    gsize kept = halving->stride * 2 * REACH;
    memmove(halving->sums, halving->sums + halving->stride * halving->rows_per_read,
            kept * sizeof(guint16));
    memset(halving->sums + kept, 0, (halving->stride * MAX_ROWS - kept) * sizeof(guint16));
    halving->rows_read = end;
    return limit;
}

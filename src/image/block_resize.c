#include "image/block_resize.h"

#include "image/vector_clones.h"

#include <jpegint.h>
#include <math.h>
#include <string.h>

/* A block has a part in fewer samples than this, as long as nothing grows: those in its 8 and in
 * the 3 lobes to either side. */
#define LANES 16

/* A cosine of a block turns k / 16 times a sample, and what turns more than 1 / (2 ratio) times is
 * not wanted: the filter lets next to nothing through of what turns half as often again, even where
 * it begins and ends with the block. With the frequencies of both directions added up, more than
 * these (times the ratio) make no difference of 0.00001 in SSIM. */
#define WANTED_FREQUENCIES 12
#define ALL_FREQUENCIES (2 * DCTSIZE - 1)

/* From this ratio on the means of the blocks are samples enough. */
#define MAX_RATIO 8

/* What a target row is made of at most: 6 * 2 * MAX_RATIO samples in blocks. */
#define MAX_ROWS_OF_FREQUENCIES 128

/* Floats of a row that are made of rows of frequencies before the next ones: what they are made of
 * stays in the nearest cache. */
#define TILE 128

/* Floats of a tile that are summed up at once. */
#define STEP 32

typedef float Float8 __attribute__((vector_size(32)));
typedef gint32 Int8 __attribute__((vector_size(32)));
typedef gint16 Short8 __attribute__((vector_size(16)));
typedef guint8 Byte8 __attribute__((vector_size(8)));

/* A row of the target: the rows of frequencies that it is made of. */
typedef struct {
    guint32 first_block, num_blocks; /* block rows */
} TargetRow;

/* Of a frequency, in 8 samples side by side. */
typedef float Weights[8];

struct BlockResize {
    float dequantise[DCTSIZE][DCTSIZE];
    guint num_frequencies;            /* along an axis; of both together not more */
    guint num_few;                    /* the same for blocks without more: about half of it */
    gint16 is_more[DCTSIZE][DCTSIZE]; /* all bits or none */
    ScaleAxis x, y;
    /* Per column of blocks the first sample of a row that it reaches, and vectors of the weights
     * that each frequency has there and in the next ones. */
    guint32 *first_reached;
    Weights *column_weights; /* num_vectors times rows_per_block each */
    guint num_vectors;
    TargetRow *target_rows;
    float *row_weights; /* per target row: row_stride */
    guint row_stride;
    guint rows_per_block;  /* of frequencies */
    guint32 rows_per_read; /* of blocks */
    guint32 num_block_rows, block_rows_read;
    guint32 ring_size; /* in block rows */
    gsize stride;      /* of frequencies, in floats */
    float *frequencies;
    guint8 *plane;
    gsize plane_stride;
    guint32 num_rows_done;
};

bool
block_resize_can(ScaleAxis axis)
{
    return scale_axis_ratio(axis) >= 1 && scale_axis_ratio(axis) < MAX_RATIO * 2;
}

static guint32
num_blocks(ScaleAxis axis)
{
    return (axis.num_source + DCTSIZE - 1) / DCTSIZE;
}

/* Blocks that a sample of the target reaches at most. */
static guint32
max_blocks_reached(ScaleAxis axis)
{
    return scale_axis_taps(axis) / DCTSIZE + 2;
}

static gsize
frequencies_stride(ScaleAxis x)
{
    return ((gsize)x.num_target + LANES + TILE - 1) / TILE * TILE;
}

/* In block rows: those of a sample that is not complete, and as many as are read at once. */
static guint32
ring_size(ScaleAxis y)
{
    return max_blocks_reached(y) + MAX_SAMP_FACTOR;
}

guint64
block_resize_memory(ScaleAxis x, ScaleAxis y)
{
    return sizeof(BlockResize) +
           num_blocks(x) * (sizeof(guint32) + LANES * DCTSIZE * sizeof(float)) +
           y.num_target * (sizeof(TargetRow) + max_blocks_reached(y) * DCTSIZE * sizeof(float)) +
           ring_size(y) * DCTSIZE * frequencies_stride(x) * sizeof(float);
}

/* Half of the samples of the cosines (T.81 A.3.3). */
static void
make_cosines(double cosines[DCTSIZE][DCTSIZE])
{
    for (int n = 0; n < DCTSIZE; n++) {
        for (int k = 0; k < DCTSIZE; k++) {
            cosines[n][k] =
                k == 0 ? sqrt(0.125) : 0.5 * cos(G_PI * k * (2 * n + 1) / (2 * DCTSIZE));
        }
    }
}

/* How many samples of a row a column of blocks reaches at most; and the first one of each. */
static guint
find_reached(guint32 *first_reached, ScaleAxis x)
{
    guint num_taps = scale_axis_taps(x);
    g_autofree double *taps = g_new(double, num_taps);
    guint num_reached = 1;
    memset(first_reached, 0xff, num_blocks(x) * sizeof *first_reached);
    for (guint32 at = 0; at < x.num_target; at++) {
        guint32 first = scale_axis_weights(x, at, taps);
        for (guint i = 0; i < num_taps; i++) {
            guint32 column = (first + i) / DCTSIZE;
            if (taps[i] != 0) {
                first_reached[column] = MIN(first_reached[column], at);
                num_reached = MAX(num_reached, at - first_reached[column] + 1);
            }
        }
    }
    for (guint32 i = 0; i < num_blocks(x); i++) {
        /* Behind the last sample: no weight at all. */
        first_reached[i] = first_reached[i] == G_MAXUINT32 ? 0 : first_reached[i];
    }
    g_assert(num_reached <= LANES);
    return num_reached;
}

static void
make_columns(BlockResize *resize, ScaleAxis x)
{
    double cosines[DCTSIZE][DCTSIZE];
    make_cosines(cosines);
    guint num_taps = scale_axis_taps(x);
    guint num_rows = resize->rows_per_block;
    g_autofree double *taps = g_new(double, num_taps);
    for (guint32 at = 0; at < x.num_target; at++) {
        guint32 first = scale_axis_weights(x, at, taps);
        for (guint i = 0; i < num_taps; i++) {
            guint32 column = (first + i) / DCTSIZE;
            guint lane = taps[i] != 0 ? at - resize->first_reached[column] : 0;
            Weights *weights = resize->column_weights +
                               ((gsize)column * resize->num_vectors + lane / 8) * num_rows;
            const double *cosine = cosines[(first + i) % DCTSIZE];
            for (guint k = 0; k < num_rows; k++) {
                weights[k][lane % 8] += (float)(taps[i] * cosine[k]);
            }
        }
    }
}

static void
make_rows(BlockResize *resize, ScaleAxis y)
{
    double cosines[DCTSIZE][DCTSIZE];
    make_cosines(cosines);
    guint num_taps = scale_axis_taps(y);
    g_autofree double *taps = g_new(double, num_taps);
    for (guint32 at = 0; at < y.num_target; at++) {
        guint32 start = scale_axis_weights(y, at, taps);
        guint first = 0;
        guint last = num_taps - 1;
        while (first < last && taps[first] == 0) {
            first++;
        }
        while (first < last && taps[last] == 0) {
            last--;
        }
        TargetRow *row = &resize->target_rows[at];
        row->first_block = (start + first) / DCTSIZE;
        row->num_blocks = (start + last) / DCTSIZE - row->first_block + 1;
        float *weights = resize->row_weights + (gsize)resize->row_stride * at;
        for (guint i = first; i <= last; i++) {
            const double *cosine = cosines[(start + i) % DCTSIZE];
            float *of_block = weights + ((start + i) / DCTSIZE - row->first_block) *
                                            (gsize)resize->rows_per_block;
            for (guint k = 0; k < resize->rows_per_block; k++) {
                of_block[k] += (float)(taps[i] * cosine[k]);
            }
        }
    }
}

/* Under the sanitizers GCC 12 takes their branch for a null pointer for one that is taken. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"

/* Frequencies u, v with u + v < NUM, in NUM_VECTORS vectors of samples. The weights of the second
 * vector lie ROWS_PER_BLOCK vectors behind those of the first. */
ALWAYS_INLINE void
add_frequencies(const float values[DCTSIZE2], const Weights *column, guint rows_per_block,
                guint num, guint num_vectors, float *out, gsize stride)
{
    Float8 weights[2][DCTSIZE] = { 0 };
#pragma GCC unroll 8
    for (guint u = 0; u < MIN(num, DCTSIZE); u++) {
        memcpy(&weights[0][u], column[u], sizeof(Float8));
        if (num_vectors == 2) {
            memcpy(&weights[1][u], column[rows_per_block + u], sizeof(Float8));
        }
    }
#pragma GCC unroll 8
    for (guint v = 0; v < MIN(num, DCTSIZE); v++) {
        Float8 low, high = { 0 };
        memcpy(&low, out, sizeof low);
        if (num_vectors == 2) {
            memcpy(&high, out + 8, sizeof high);
        }
#pragma GCC unroll 8
        for (guint u = 0; u < MIN(num - v, DCTSIZE); u++) {
            float value = values[DCTSIZE * v + u];
            low += weights[0][u] * value;
            high += weights[1][u] * value;
        }
        memcpy(out, &low, sizeof low);
        if (num_vectors == 2) {
            memcpy(out + 8, &high, sizeof high);
        }
        out += stride;
    }
}

#pragma GCC diagnostic pop

/* NUM as a constant, so that the loops go. */
ALWAYS_INLINE void
add_block(const float values[DCTSIZE2], const Weights *column, guint rows_per_block, guint num,
          guint num_vectors, float *out, gsize stride)
{
    switch (num) {
    case 2:
        return add_frequencies(values, column, rows_per_block, 2, num_vectors, out, stride);
    case 3:
        return add_frequencies(values, column, rows_per_block, 3, num_vectors, out, stride);
    case 4:
        return add_frequencies(values, column, rows_per_block, 4, num_vectors, out, stride);
    case 5:
        return add_frequencies(values, column, rows_per_block, 5, num_vectors, out, stride);
    case 6:
        return add_frequencies(values, column, rows_per_block, 6, num_vectors, out, stride);
    case 7:
        return add_frequencies(values, column, rows_per_block, 7, num_vectors, out, stride);
    case 8:
        return add_frequencies(values, column, rows_per_block, 8, num_vectors, out, stride);
    default:
        return add_frequencies(values, column, rows_per_block, ALL_FREQUENCIES, num_vectors, out,
                               stride);
    }
}

/* The coefficients as numbers. Returns whether there are others than the few. */
ALWAYS_INLINE bool
dequantise(const BlockResize *resize, JCOEFPTR block, guint num_rows, float values[DCTSIZE2])
{
    Short8 more = { 0 };
#pragma GCC unroll 8
    for (guint v = 0; v < num_rows; v++) {
        Short8 coefficients, is_more;
        Float8 factors;
        memcpy(&coefficients, block + DCTSIZE * v, sizeof coefficients);
        memcpy(&is_more, resize->is_more[v], sizeof is_more);
        memcpy(&factors, resize->dequantise[v], sizeof factors);
        Int8 wide = __builtin_convertvector(coefficients, Int8);
        Float8 row = __builtin_convertvector(wide, Float8) * factors;
        memcpy(values + DCTSIZE * v, &row, sizeof row);
        more |= coefficients & is_more;
    }
    guint64 halves[2];
    memcpy(halves, &more, sizeof halves);
    /* From here on they are read from memory one by one, which is the cheapest way to fill a vector
     * with one of them; the compiler would take them out of its registers. */
    __asm__ volatile("" : : "r"(values) : "memory");
    return (halves[0] | halves[1]) != 0;
}

VECTOR_CLONES static void
take_block(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block, JSAMPARRAY rows,
           JDIMENSION column)
{
    (void)cinfo;
    const BlockResize *resize = component->dct_table;
    guint32 number = column / DCTSIZE;
    guint rows_per_block = resize->rows_per_block;
    const Weights *weights =
        resize->column_weights + (gsize)number * resize->num_vectors * rows_per_block;
    float *out = (float *)(void *)rows[0] + resize->first_reached[number];
    float values[DCTSIZE2];
    bool has_more = dequantise(resize, block, rows_per_block, values);
    guint num = has_more ? resize->num_frequencies : resize->num_few;
    if (resize->num_vectors == 1) {
        add_block(values, weights, rows_per_block, num, 1, out, resize->stride);
    } else {
        add_block(values, weights, rows_per_block, num, 2, out, resize->stride);
    }
}

/* The same for a quarter of the size, which is made of the most blocks. */
VECTOR_CLONES static void
take_block_to_quarter(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block,
                      JSAMPARRAY rows, JDIMENSION column)
{
    (void)cinfo;
    const BlockResize *resize = component->dct_table;
    guint32 number = column / DCTSIZE;
    const Weights *weights = resize->column_weights + (gsize)number * resize->rows_per_block;
    float *out = (float *)(void *)rows[0] + resize->first_reached[number];
    float values[DCTSIZE2];
    dequantise(resize, block, 4, values);
    add_frequencies(values, weights, 4, 4, 1, out, resize->stride);
}

static void *
allocate(j_decompress_ptr cinfo, gsize size)
{
    void *memory = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, size);
    memset(memory, 0, size);
    return memory;
}

/* What depends on the axes. */
static void
make_tables(j_decompress_ptr cinfo, BlockResize *resize, ScaleAxis x, ScaleAxis y)
{
    resize->first_reached = allocate(cinfo, num_blocks(x) * sizeof(guint32));
    resize->num_vectors = find_reached(resize->first_reached, x) > 8 ? 2 : 1;
    resize->column_weights = allocate(cinfo, (gsize)num_blocks(x) * resize->num_vectors *
                                                 resize->rows_per_block * sizeof(Weights));
    make_columns(resize, x);
    resize->row_stride = max_blocks_reached(y) * resize->rows_per_block;
    resize->target_rows = allocate(cinfo, y.num_target * sizeof(TargetRow));
    resize->row_weights = allocate(cinfo, (gsize)y.num_target * resize->row_stride * sizeof(float));
    make_rows(resize, y);
}

static void
choose_frequencies(BlockResize *resize, ScaleAxis x, ScaleAxis y)
{
    double ratio = MIN(scale_axis_ratio(x), scale_axis_ratio(y));
    guint num = 1 + (guint)ceil(WANTED_FREQUENCIES / ratio);
    resize->num_frequencies = num > DCTSIZE ? ALL_FREQUENCIES : num;
    resize->rows_per_block = MIN(num, DCTSIZE);
    resize->num_few = MAX(resize->rows_per_block / 2, 2);
    for (guint i = 0; i < DCTSIZE2; i++) {
        guint both = i / DCTSIZE + i % DCTSIZE;
        bool is_more = both >= resize->num_few && both < resize->num_frequencies;
        resize->is_more[i / DCTSIZE][i % DCTSIZE] = is_more ? -1 : 0;
    }
}

static bool
has_same_axes(const BlockResize *resize, ScaleAxis x, ScaleAxis y)
{
    return memcmp(&resize->x, &x, sizeof x) == 0 && memcmp(&resize->y, &y, sizeof y) == 0;
}

BlockResize *
block_resize_new(j_decompress_ptr cinfo, int component, ScaleAxis x, ScaleAxis y, guint8 *plane,
                 gsize stride, const BlockResize *sibling)
{
    jpeg_component_info *info = &cinfo->comp_info[component];
    g_assert(info->DCT_scaled_size == DCTSIZE);
    g_assert(block_resize_can(x) && block_resize_can(y));
    g_assert(info->width_in_blocks <= num_blocks(x));
    BlockResize *resize = allocate(cinfo, sizeof *resize);
    if (sibling != NULL && has_same_axes(sibling, x, y)) {
        *resize = *sibling;
    } else {
        *resize = (BlockResize){ .x = x, .y = y };
        choose_frequencies(resize, x, y);
        make_tables(cinfo, resize, x, y);
    }
    resize->rows_per_read = (guint32)info->v_samp_factor;
    resize->num_block_rows = info->height_in_blocks;
    resize->ring_size = ring_size(y);
    resize->stride = frequencies_stride(x);
    resize->frequencies = allocate(cinfo, (gsize)resize->ring_size * resize->rows_per_block *
                                              resize->stride * sizeof(float));
    resize->plane = plane;
    resize->plane_stride = stride;
    /* A component that no scan has brings no table, and no coefficients. */
    for (int i = 0; i < DCTSIZE2 && info->quant_table != NULL; i++) {
        resize->dequantise[i / DCTSIZE][i % DCTSIZE] = (float)info->quant_table->quantval[i];
    }
    info->dct_table = resize;
    bool is_quarter = resize->num_frequencies == 4 && resize->num_vectors == 1;
    cinfo->idct->inverse_DCT[component] = is_quarter ? take_block_to_quarter : take_block;
    return resize;
}

static float *
block_row(const BlockResize *resize, guint32 number)
{
    return resize->frequencies +
           (gsize)(number % resize->ring_size) * resize->rows_per_block * resize->stride;
}

void
block_resize_rows(BlockResize *resize, JSAMPARRAY ret_rows)
{
    for (guint32 i = 0; i < resize->rows_per_read; i++) {
        float *row = block_row(resize, resize->block_rows_read + i);
        memset(row, 0, resize->rows_per_block * resize->stride * sizeof(float));
        for (guint k = 0; k < DCTSIZE; k++) {
            ret_rows[DCTSIZE * i + k] = (JSAMPROW)(void *)row;
        }
    }
}

/* Stays in range before it is an integer: hostile coefficients fit into none. */
ALWAYS_INLINE Byte8
to_samples(Float8 values)
{
    const Float8 most = (Float8){ 0 } + MAXJSAMPLE;
    Int8 is_above = values > most;
    Int8 bits = ((Int8)values & ~is_above) | ((Int8)most & is_above);
    bits &= values > 0;
    return __builtin_convertvector(__builtin_convertvector((Float8)bits, Int8), Byte8);
}

/* The samples of a tile of a target row. */
VECTOR_CLONES static void
make_tile(const float *const *rows, const float *weights, guint num_rows, guint32 left,
          guint32 width, guint8 *out)
{
    for (guint32 x = left; x < left + width; x += STEP) {
        Float8 sums[STEP / 8];
        for (guint k = 0; k < STEP / 8; k++) {
            sums[k] = (Float8){ 0 } + (CENTERJSAMPLE + 0.5f);
        }
        for (guint i = 0; i < num_rows; i++) {
            const float *row = rows[i] + x;
            for (guint k = 0; k < STEP / 8; k++) {
                Float8 values;
                memcpy(&values, row + 8 * k, sizeof values);
                sums[k] += values * weights[i];
            }
        }
        for (guint k = 0; k < STEP / 8; k++) {
            Byte8 bytes = to_samples(sums[k]);
            memcpy(out + x + 8 * k, &bytes, sizeof bytes);
        }
    }
}

guint32
block_resize_take(BlockResize *resize)
{
    resize->block_rows_read =
        MIN(resize->block_rows_read + resize->rows_per_read, resize->num_block_rows);
    guint32 limit = resize->num_rows_done;
    while (limit < resize->y.num_target &&
           resize->target_rows[limit].first_block + resize->target_rows[limit].num_blocks <=
               resize->block_rows_read) {
        limit++;
    }
    for (guint32 left = 0; left < resize->x.num_target; left += TILE) {
        guint32 width = MIN(TILE, resize->x.num_target - left);
        for (guint32 y = resize->num_rows_done; y < limit; y++) {
            const TargetRow *row = &resize->target_rows[y];
            const float *rows[MAX_ROWS_OF_FREQUENCIES];
            guint num_rows = 0;
            for (guint32 i = 0; i < row->num_blocks; i++) {
                float *first = block_row(resize, row->first_block + i);
                for (guint k = 0; k < resize->rows_per_block; k++) {
                    rows[num_rows++] = first + resize->stride * k;
                }
            }
            make_tile(rows, resize->row_weights + (gsize)resize->row_stride * y, num_rows, left,
                      width, resize->plane + resize->plane_stride * y);
        }
    }
    resize->num_rows_done = limit;
    return limit;
}

#include "image/reduced_idct.h"

#include "image/vector_clones.h"

#include <jpegint.h>
#include <math.h>
#include <string.h>

#define MAX_SIZE 4

typedef float Float4 __attribute__((vector_size(16)));
typedef gint16 Short4 __attribute__((vector_size(8)));
typedef gint32 Int4 __attribute__((vector_size(16)));

/* What a component's coefficients are multiplied by: quantiser, filter and the transform's scale.
 */
typedef struct {
    float factors[MAX_SIZE][MAX_SIZE];
} Factors;

/* The response of Lanczos-3 at the frequencies k / 16 of the block's cosines, when the size is
 * halved and when it is quartered: the sum of sin(x) sin(x / 3) / x^2 over the filter's 12 (24)
 * samples, each times the cosine. */
static const float half_response[4] = { 1, 1.0037f, 1.0117f, 0.8819f };
static const float quarter_response[2] = { 1, 1.0114f };

ALWAYS_INLINE void
put_row(JSAMPROW row, Float4 values)
{
    typedef guint8 Byte4 __attribute__((vector_size(4)));
    Int4 samples = __builtin_convertvector(values, Int4);
    samples &= ~(samples >> 31); /* below 0: 0 */
    Int4 is_above = samples > MAXJSAMPLE;
    samples = (samples & ~is_above) | (is_above & MAXJSAMPLE);
    Byte4 bytes = __builtin_convertvector(samples, Byte4);
    memcpy(row, &bytes, sizeof bytes);
}

/* Four points of four lines at once. The factors hold the square root of 1/2 of the third. */
ALWAYS_INLINE void
transform_4(Float4 lines[4])
{
    const float cos_1 = 0.923879532f; /* of pi / 8 */
    const float cos_3 = 0.382683432f; /* of 3 pi / 8 */
    Float4 even_0 = lines[0] + lines[2];
    Float4 even_1 = lines[0] - lines[2];
    Float4 odd_0 = lines[1] * cos_1 + lines[3] * cos_3;
    Float4 odd_1 = lines[1] * cos_3 - lines[3] * cos_1;
    lines[0] = even_0 + odd_0;
    lines[1] = even_1 + odd_1;
    lines[2] = even_1 - odd_1;
    lines[3] = even_0 - odd_0;
}

ALWAYS_INLINE void
transpose(Float4 lines[4])
{
    Float4 a = __builtin_shufflevector(lines[0], lines[1], 0, 4, 1, 5);
    Float4 b = __builtin_shufflevector(lines[0], lines[1], 2, 6, 3, 7);
    Float4 c = __builtin_shufflevector(lines[2], lines[3], 0, 4, 1, 5);
    Float4 d = __builtin_shufflevector(lines[2], lines[3], 2, 6, 3, 7);
    lines[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    lines[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    lines[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    lines[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

VECTOR_CLONES static void
idct_4x4(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block, JSAMPARRAY rows,
         JDIMENSION column)
{
    const Factors *factors = component->dct_table;
    Float4 lines[4];
    for (int i = 0; i < 4; i++) {
        Short4 coefficients;
        Float4 line_factors;
        memcpy(&coefficients, block + 8 * i, sizeof coefficients);
        memcpy(&line_factors, factors->factors[i], sizeof line_factors);
        lines[i] = __builtin_convertvector(coefficients, Float4) * line_factors;
    }
    transform_4(lines);
    transpose(lines);
    transform_4(lines);
    transpose(lines);
    for (int i = 0; i < 4; i++) {
        put_row(rows[i] + column, lines[i] + (CENTERJSAMPLE + 0.5f));
    }
}

static JSAMPLE
to_sample(float value)
{
    return (JSAMPLE)CLAMP((int)(value + (CENTERJSAMPLE + 0.5f)), 0, MAXJSAMPLE);
}

static void
idct_2x2(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block, JSAMPARRAY rows,
         JDIMENSION column)
{
    const Factors *factors = component->dct_table;
    float mean = block[0] * factors->factors[0][0];
    float across = block[1] * factors->factors[0][1];
    float down = block[8] * factors->factors[1][0];
    float both = block[9] * factors->factors[1][1];
    rows[0][column] = to_sample(mean + across + down + both);
    rows[0][column + 1] = to_sample(mean - across + down - both);
    rows[1][column] = to_sample(mean + across - down - both);
    rows[1][column + 1] = to_sample(mean - across - down + both);
}

/* T.81 A.3.3: a sample is 1/4 of the sum of cosines, of which the first has the weight sqrt(1/2) in
 * either direction. The transforms above leave the cosines of an eighth turn to this factor. */
static float
axis_factor(int size, int index)
{
    const double root = sqrt(0.5);
    double weight = index == 0 ? root : 1;
    double cosine = index == size / 2 ? root : 1;
    double response = size == 4 ? half_response[index] : quarter_response[index];
    return (float)(weight * cosine * response / 2);
}

void
reduced_idct_install(j_decompress_ptr cinfo)
{
    for (int i = 0; i < cinfo->num_components; i++) {
        jpeg_component_info *component = &cinfo->comp_info[i];
        int size = component->DCT_scaled_size;
        if ((size != 4 && size != 2) || component->quant_table == NULL) {
            continue;
        }
        Factors *factors =
            cinfo->mem->alloc_small((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Factors));
        memset(factors, 0, sizeof *factors);
        for (int v = 0; v < size; v++) {
            for (int u = 0; u < size; u++) {
                factors->factors[v][u] = axis_factor(size, u) * axis_factor(size, v) *
                                         component->quant_table->quantval[8 * v + u];
            }
        }
        component->dct_table = factors;
        cinfo->idct->inverse_DCT[i] = size == 4 ? idct_4x4 : idct_2x2;
    }
}

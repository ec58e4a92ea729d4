#include "image/xyb_pyramid.h"

#include "image/vector_clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_SIDE 8
#define LANES 16

/* Linear light, 0..1, of one scale. */
typedef struct {
    guint32 width, height;
    gsize stride;
    float *channels[3];
} Linear;

float *
xyb_plane_new(guint32 width, guint32 height, gsize *ret_stride)
{
    *ret_stride = ((gsize)width + 2 * LANES - 1) / LANES * LANES;
    return aligned_alloc(64, *ret_stride * height * sizeof(float));
}

static void
linear_clear(Linear *linear)
{
    for (guint i = 0; i < 3; i++) {
        free(linear->channels[i]);
    }
    *linear = (Linear){ 0 };
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Linear, linear_clear)

static bool
linear_init(Linear *linear, guint32 width, guint32 height)
{
    bool ok = true;
    *linear = (Linear){ .width = width, .height = height };
    for (guint i = 0; i < 3; i++) {
        linear->channels[i] = xyb_plane_new(width, height, &linear->stride);
        ok &= linear->channels[i] != NULL;
    }
    return ok;
}

/* IEC 61966-2-1. */
static const float *
linear_of_srgb(void)
{
    static float table[256];
    static gsize is_made;
    if (g_once_init_enter(&is_made)) {
        for (int i = 0; i < 256; i++) {
            double v = i / 255.0;
            table[i] = (float)(v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
        }
        g_once_init_leave(&is_made, 1);
    }
    return table;
}

/* Good to 1e-6: an estimate from the exponent, then two steps of Halley's iteration. */
ALWAYS_INLINE float
cube_root(float x)
{
    guint32 bits;
    float y;
    memcpy(&bits, &x, sizeof bits);
    bits = bits / 3 + 709921077;
    memcpy(&y, &bits, sizeof y);
    for (int i = 0; i < 2; i++) {
        float cube = y * y * y;
        y = y * (cube + 2 * x) / (2 * cube + x);
    }
    return y;
}

/* ISO/IEC 18181-1, and the shift of SSIMULACRA 2 that makes all channels positive. */
#define OPSIN_BIAS 0.0037930732552754493f
#define OPSIN_BIAS_ROOT 0.15595420054924863f

VECTOR_CLONES static void
xyb_row(const float *restrict red, const float *restrict green, const float *restrict blue,
        gsize num_pixels, float *restrict x, float *restrict y, float *restrict b)
{
    for (gsize i = 0; i < num_pixels; i++) {
        float r = red[i];
        float g = green[i];
        float l = blue[i];
        float mixed_l = 0.30f * r + 0.622f * g + 0.078f * l + OPSIN_BIAS;
        float mixed_m = 0.23f * r + 0.692f * g + 0.078f * l + OPSIN_BIAS;
        float root_l = cube_root(mixed_l);
        float root_m = cube_root(mixed_m);
        y[i] = 0.5f * (root_l + root_m) - OPSIN_BIAS_ROOT + 0.01f;
        x[i] = 7 * (root_l - root_m) + 0.42f;
    }
    if (b == NULL) {
        return;
    }
    for (gsize i = 0; i < num_pixels; i++) {
        float mixed_s = 0.24342268924547819f * red[i] + 0.20476744424496821f * green[i] +
                        0.55180986650955360f * blue[i] + OPSIN_BIAS;
        b[i] = cube_root(mixed_s) - OPSIN_BIAS_ROOT - (y[i] - 0.01f) + 0.55f;
    }
}

VECTOR_CLONES static void
rgb_row(const guint8 *restrict luma, const gint16 *restrict cb, const gint16 *restrict cr,
        gsize num_pixels, guint8 *restrict red, guint8 *restrict green, guint8 *restrict blue)
{
    for (gsize i = 0; i < num_pixels; i++) {
        /* JFIF, in 16-bit fractions as libjpeg does it; chroma in sixteenths. */
        int y = (luma[i] << 20) + (1 << 19);
        int u = cb[i] - 128 * 16;
        int v = cr[i] - 128 * 16;
        int r = (y + 91881 * v) >> 20;
        int g = (y - 22554 * u - 46802 * v) >> 20;
        int b = (y + 116130 * u) >> 20;
        red[i] = (guint8)(r < 0 ? 0 : r > 255 ? 255 : r);
        green[i] = (guint8)(g < 0 ? 0 : g > 255 ? 255 : g);
        blue[i] = (guint8)(b < 0 ? 0 : b > 255 ? 255 : b);
    }
}

/* One row of a chroma plane at the size of the luma, in sixteenths, interpolated linearly between
 * the centres of its samples, as libjpeg's viewers do. LINE has a sample of margin on both sides.
 */
VECTOR_CLONES static void
mix_rows(const guint8 *restrict near, const guint8 *restrict far, guint width, int near_weight,
         gint16 *restrict line)
{
    for (guint x = 0; x < width; x++) {
        line[x] = (gint16)(near_weight * near[x] + (4 - near_weight) * far[x]);
    }
}

VECTOR_CLONES static void
double_row(const gint16 *restrict line, guint width, gint16 *restrict out)
{
    for (guint x = 0; x < width; x++) {
        out[2 * x] = (gint16)(3 * line[x] + line[(gssize)x - 1]);
        out[2 * x + 1] = (gint16)(3 * line[x] + line[x + 1]);
    }
}

static void
chroma_row(const ImagePlanes *planes, guint plane, guint32 y, gint16 *line, gint16 *out)
{
    guint32 width = image_planes_width(planes, plane);
    guint32 last = image_planes_height(planes, plane) - 1;
    guint32 row = y >> planes->chroma_shift_y;
    guint32 far = row;
    if (planes->chroma_shift_y == 1) {
        far = y & 1 ? MIN(row + 1, last) : row == 0 ? 0 : row - 1;
    }
    const guint8 *data = planes->data[plane];
    mix_rows(data + planes->stride[plane] * row, data + planes->stride[plane] * far, width, 3,
             line + 1);
    line[0] = line[1];
    line[width + 1] = line[width];
    if (planes->chroma_shift_x == 1) {
        double_row(line + 1, width, out);
    } else {
        for (guint32 x = 0; x < planes->width; x++) {
            out[x] = (gint16)(4 * line[1 + (x >> planes->chroma_shift_x)]);
        }
    }
}

typedef struct {
    guint8 *rgb[3];
    gint16 *chroma[2];
    gint16 *line;
    float *linear[3];   /* a row as it is halved */
    float *unwanted[2]; /* for channels that are computed along */
} Scratch;

static void
scratch_clear(Scratch *scratch)
{
    for (guint i = 0; i < 3; i++) {
        g_free(scratch->rgb[i]);
        g_free(scratch->linear[i]);
    }
    for (guint i = 0; i < 2; i++) {
        g_free(scratch->chroma[i]);
        g_free(scratch->unwanted[i]);
    }
    g_free(scratch->line);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scratch, scratch_clear)

static void
scratch_init(Scratch *scratch, guint32 width)
{
    gsize size = (gsize)width + 64;
    for (guint i = 0; i < 3; i++) {
        scratch->rgb[i] = g_malloc(size);
        scratch->linear[i] = g_new(float, size);
    }
    for (guint i = 0; i < 2; i++) {
        scratch->chroma[i] = g_new(gint16, size);
        scratch->unwanted[i] = g_new(float, size);
    }
    scratch->line = g_new(gint16, size);
}

static void
linear_row(const ImagePlanes *planes, guint32 y, Scratch *scratch)
{
    const float *table = linear_of_srgb();
    const guint8 *luma = planes->data[0] + planes->stride[0] * y;
    if (planes->num_planes == 1) {
        for (guint32 x = 0; x < planes->width; x++) {
            scratch->linear[0][x] = scratch->linear[1][x] = scratch->linear[2][x] = table[luma[x]];
        }
        return;
    }
    chroma_row(planes, 1, y, scratch->line, scratch->chroma[0]);
    chroma_row(planes, 2, y, scratch->line, scratch->chroma[1]);
    rgb_row(luma, scratch->chroma[0], scratch->chroma[1], planes->width, scratch->rgb[0],
            scratch->rgb[1], scratch->rgb[2]);
    for (guint i = 0; i < 3; i++) {
        for (guint32 x = 0; x < planes->width; x++) {
            scratch->linear[i][x] = table[scratch->rgb[i][x]];
        }
    }
}

/* Adds a row to the half-size one; the last column of an odd width counts twice. */
VECTOR_CLONES static void
halve_row(const float *restrict row, guint32 width, float *restrict out)
{
    for (guint32 x = 0; x < width / 2; x++) {
        out[x] += 0.25f * (row[2 * x] + row[2 * x + 1]);
    }
    if (width & 1) {
        out[width / 2] += 0.5f * row[width - 1];
    }
}

static void
add_to_half(float *const rows[3], guint32 width, guint32 height, guint32 y, Linear *half)
{
    for (guint i = 0; i < 3; i++) {
        float *out = half->channels[i] + half->stride * (y / 2);
        if (!(y & 1)) {
            memset(out, 0, half->width * sizeof(float));
        }
        halve_row(rows[i], width, out);
        if (!(y & 1) && y + 1 == height) {
            halve_row(rows[i], width, out);
        }
    }
}

static void
write_xyb(float *const rows[3], XybScale *scale, guint32 y, Scratch *scratch)
{
    float *out[3];
    for (guint i = 0; i < 3; i++) {
        out[i] = scale->channels[i] == NULL ? NULL : scale->channels[i] + scale->stride * y;
    }
    if (out[0] != NULL || out[1] != NULL || out[2] != NULL) {
        xyb_row(rows[0], rows[1], rows[2], scale->width,
                out[0] == NULL ? scratch->unwanted[0] : out[0],
                out[1] == NULL ? scratch->unwanted[1] : out[1], out[2]);
    }
}

static bool
scale_init(XybScale *scale, guint32 width, guint32 height, guint8 wanted)
{
    scale->width = width;
    scale->height = height;
    for (guint i = 0; i < XYB_NUM_CHANNELS; i++) {
        if (wanted & 1U << i) {
            scale->channels[i] = xyb_plane_new(width, height, &scale->stride);
            if (scale->channels[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

/* Fills SCALE from rows of FROM, or of the picture itself where FROM has none, and makes HALF. */
static void
fill_scale(XybScale *scale, const ImagePlanes *planes, const Linear *from, Linear *half,
           Scratch *scratch)
{
    for (guint32 y = 0; y < scale->height; y++) {
        float *rows[3];
        if (from->channels[0] == NULL) {
            linear_row(planes, y, scratch);
        }
        for (guint i = 0; i < 3; i++) {
            rows[i] = from->channels[i] == NULL ? scratch->linear[i]
                                                : from->channels[i] + from->stride * y;
        }
        write_xyb(rows, scale, y, scratch);
        if (half->channels[0] != NULL) {
            add_to_half(rows, scale->width, scale->height, y, half);
        }
    }
}

bool
xyb_pyramid_init(XybPyramid *pyramid, const ImagePlanes *planes,
                 const guint8 wanted[XYB_NUM_SCALES])
{
    g_auto(XybPyramid) made = { 0 };
    g_auto(Scratch) scratch = { 0 };
    g_auto(Linear) linear = { 0 };
    scratch_init(&scratch, planes->width);
    guint last = 0;
    for (guint i = 0; i < XYB_NUM_SCALES; i++) {
        last = wanted[i] != 0 ? i : last;
    }
    guint32 width = planes->width;
    guint32 height = planes->height;
    for (guint i = 0; i <= last && width >= MIN_SIDE && height >= MIN_SIDE; i++) {
        g_auto(Linear) half = { 0 };
        if (!scale_init(&made.scales[i], width, height, wanted[i]) ||
            (i < last && !linear_init(&half, (width + 1) / 2, (height + 1) / 2))) {
            return false;
        }
        fill_scale(&made.scales[i], planes, &linear, &half, &scratch);
        linear_clear(&linear);
        linear = half;
        half = (Linear){ 0 };
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    *pyramid = made;
    made = (XybPyramid){ 0 };
    return true;
}

void
xyb_pyramid_clear(XybPyramid *pyramid)
{
    for (guint i = 0; i < XYB_NUM_SCALES; i++) {
        for (guint j = 0; j < XYB_NUM_CHANNELS; j++) {
            free(pyramid->scales[i].channels[j]);
        }
    }
    *pyramid = (XybPyramid){ 0 };
}

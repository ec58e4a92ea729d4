#include "image/look.h"

#include "image/vector_clones.h"

#include <string.h>

/* A row or column belongs to the product when this share of it is not white, and two pixels at
 * least: dust and single specks of a sensor are no product. */
static const double min_row_share = 0.002;

/* Below this, the background is something else than white paper. */
static const double min_white_border = 0.5;

/* Pixels that are looked at together. */
#define STEP 32

/* What a white pixel's luma is at least: 250 for R, G and B each, and rounding. */
#define MIN_WHITE_LUMA 246

typedef struct {
    guint32 *rows, *columns; /* pixels that are not white */
} Counts;

/* One row's next pixels. Those behind its end are black. */
typedef struct {
    guint8 luma[STEP], cb[STEP], cr[STEP];
    guint8 white[STEP]; /* 1 or 0: all of R, G, B are at least 250 (colour.c has the matrix) */
} Pixels;

VECTOR_CLONES static bool
has_bright(const guint8 *luma)
{
    guint8 brightest = 0;
    for (guint i = 0; i < STEP; i++) {
        brightest = MAX(brightest, luma[i]);
    }
    return brightest >= MIN_WHITE_LUMA;
}

VECTOR_CLONES static void
find_white(Pixels *pixels)
{
    for (guint i = 0; i < STEP; i++) {
        int cb = pixels->cb[i] - 128;
        int cr = pixels->cr[i] - 128;
        int base = (pixels->luma[i] << 16) + 32768;
        int least = base + 91881 * cr;
        least = MIN(least, base - 22554 * cb - 46802 * cr);
        least = MIN(least, base + 116130 * cb);
        pixels->white[i] = least >= 250 << 16;
    }
}

static void
spread_chroma(const guint8 *chroma, guint8 shift, guint num_pixels, guint8 out[STEP])
{
    for (guint i = 0; i < num_pixels; i++) {
        out[i] = chroma[i >> shift];
    }
}

static void
count_row(const ImagePlanes *planes, guint32 y, Counts *counts, guint64 *white_border)
{
    const guint8 *luma = planes->data[0] + planes->stride[0] * y;
    gsize chroma_y = y >> planes->chroma_shift_y;
    guint8 shift = planes->chroma_shift_x;
    bool is_edge_row = y == 0 || y == planes->height - 1;
    Pixels pixels;
    memset(pixels.cb, 128, STEP);
    memset(pixels.cr, 128, STEP);
    guint32 num_white = 0;
    for (guint32 x = 0; x < planes->width; x += STEP) {
        guint num_pixels = MIN(STEP, planes->width - x);
        memset(pixels.luma, 0, STEP);
        memcpy(pixels.luma, luma + x, num_pixels);
        if (!has_bright(pixels.luma)) {
            continue;
        }
        if (planes->num_planes == 3) {
            gsize at = x >> shift;
            spread_chroma(planes->data[1] + planes->stride[1] * chroma_y + at, shift, num_pixels,
                          pixels.cb);
            spread_chroma(planes->data[2] + planes->stride[2] * chroma_y + at, shift, num_pixels,
                          pixels.cr);
        }
        find_white(&pixels);
        for (guint i = 0; i < num_pixels; i++) {
            bool is_edge = is_edge_row || x + i == 0 || x + i == planes->width - 1;
            num_white += pixels.white[i];
            counts->columns[x + i] -= pixels.white[i];
            *white_border += pixels.white[i] && is_edge;
        }
    }
    counts->rows[y] = planes->width - num_white;
}

/* How much of the length lies between the first and the last line that belongs to the product. */
static double
extent(const guint32 *counts, guint32 num, guint32 length_of_each)
{
    guint32 least = MAX(2, (guint32)(length_of_each * min_row_share));
    guint32 first = 0, end = num;
    while (first < end && counts[first] < least) {
        first++;
    }
    while (end > first && counts[end - 1] < least) {
        end--;
    }
    return (double)(end - first) / num;
}

void
look_measure(const ImagePlanes *planes, ImageFacts *facts)
{
    guint32 width = planes->width, height = planes->height;
    g_autofree guint32 *rows = g_new0(guint32, height);
    g_autofree guint32 *columns = g_new0(guint32, width);
    Counts counts = { rows, columns };
    guint64 white_border = 0;
    for (guint32 x = 0; x < width; x++) {
        columns[x] = height;
    }
    for (guint32 y = 0; y < height; y++) {
        count_row(planes, y, &counts, &white_border);
    }
    guint64 border =
        height == 1 || width == 1 ? (guint64)width * height : 2 * ((guint64)width + height) - 4;
    facts->border_white_share = (double)white_border / (double)border;
    double fill_x = extent(columns, width, height), fill_y = extent(rows, height, width);
    /* The box's longer side in pixels, over the picture's side in that direction. */
    facts->frame_fill = fill_x * width >= fill_y * height ? fill_x : fill_y;
    if (facts->border_white_share < min_white_border) {
        facts->frame_fill = 1;
    }
}

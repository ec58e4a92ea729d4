#include "image/look.h"

/* A row or column belongs to the product when this share of it is not white, and two pixels at
 * least: dust and single specks of a sensor are no product. */
static const double min_row_share = 0.002;

/* Below this, the background is something else than white paper. */
static const double min_white_border = 0.5;

typedef struct {
    guint32 *rows, *columns; /* pixels that are not white */
} Counts;

/* All of R, G, B at least 250 (colour.c has the matrix). */
static bool
is_white(int luma, int cb, int cr)
{
    if (luma < 246) {
        return false;
    }
    int base = (luma << 16) + 32768;
    int least = base + 91881 * cr;
    least = MIN(least, base - 22554 * cb - 46802 * cr);
    least = MIN(least, base + 116130 * cb);
    return least >= 250 << 16;
}

static void
count_row(const ImagePlanes *planes, guint32 y, Counts *counts, guint64 *white_border)
{
    const guint8 *luma = planes->data[0] + planes->stride[0] * y;
    const guint8 *cb = NULL, *cr = NULL;
    if (planes->num_planes == 3) {
        gsize chroma_y = y >> planes->chroma_shift_y;
        cb = planes->data[1] + planes->stride[1] * chroma_y;
        cr = planes->data[2] + planes->stride[2] * chroma_y;
    }
    bool is_edge_row = y == 0 || y == planes->height - 1;
    guint32 num_coloured = 0;
    for (guint32 x = 0; x < planes->width; x++) {
        gsize at = x >> planes->chroma_shift_x;
        bool white =
            is_white(luma[x], cb == NULL ? 0 : cb[at] - 128, cr == NULL ? 0 : cr[at] - 128);
        num_coloured += !white;
        counts->columns[x] += !white;
        *white_border += white && (is_edge_row || x == 0 || x == planes->width - 1);
    }
    counts->rows[y] = num_coloured;
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

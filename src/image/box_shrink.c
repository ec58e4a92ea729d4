#include "image/box_shrink.h"

#include "image/colour.h"

struct BoxShrink {
    guint32 width, height; /* of the source */
    guint num_channels;
    guint32 factor;
    ImagePlanes planes;
    guint32 num_rows; /* taken so far */
    guint32 *sums;    /* of the samples of a column over the rows of the current squares */
    guint8 *averages; /* RGB of one row of planes */
};

guint32
box_shrink_factor(guint32 width, guint32 height, guint32 longest_side)
{
    return longest_side == 0 ? 1 : MAX(1, MAX(width, height) / (2 * (guint64)longest_side));
}

BoxShrink *
box_shrink_new(guint32 width, guint32 height, guint num_channels, guint32 factor, GError **error)
{
    g_assert(num_channels == 1 || num_channels == 3);
    g_autoptr(BoxShrink) shrink = g_new0(BoxShrink, 1);
    shrink->width = width;
    shrink->height = height;
    shrink->num_channels = num_channels;
    shrink->factor = factor;
    guint32 planes_width = (guint32)(((guint64)width + factor - 1) / factor);
    guint32 planes_height = (guint32)(((guint64)height + factor - 1) / factor);
    if (!image_planes_init(&shrink->planes, planes_width, planes_height, (guint8)num_channels, 0, 0,
                           error)) {
        return NULL;
    }
    shrink->sums = g_new0(guint32, (gsize)width * num_channels);
    shrink->averages = g_new(guint8, (gsize)planes_width * 3);
    return g_steal_pointer(&shrink);
}

void
box_shrink_free(BoxShrink *shrink)
{
    if (shrink != NULL) {
        image_planes_clear(&shrink->planes);
        g_free(shrink->sums);
        g_free(shrink->averages);
        g_free(shrink);
    }
}

static void
put_row(BoxShrink *shrink, const guint8 *row, guint32 y)
{
    if (shrink->num_channels == 3) {
        colour_rgb_to_planes(row, &shrink->planes, y);
    } else {
        memcpy(shrink->planes.data[0] + shrink->planes.stride[0] * y, row, shrink->planes.width);
    }
}

/* The squares at the right and lower edge may be cut: each has its own number of samples. */
static void
put_averages(BoxShrink *shrink, guint32 num_rows, guint32 y)
{
    guint n = shrink->num_channels;
    for (guint32 x = 0; x < shrink->planes.width; x++) {
        guint32 start = x * shrink->factor;
        guint32 end = MIN(start + shrink->factor, shrink->width);
        guint32 num_samples = (end - start) * num_rows;
        for (guint c = 0; c < n; c++) {
            guint64 sum = num_samples / 2;
            for (guint32 i = start; i < end; i++) {
                sum += shrink->sums[(gsize)i * n + c];
            }
            shrink->averages[(gsize)x * n + c] = (guint8)(sum / num_samples);
        }
    }
    put_row(shrink, shrink->averages, y);
}

void
box_shrink_add_row(BoxShrink *shrink, const guint8 *row)
{
    g_assert(shrink->num_rows < shrink->height);
    guint32 y = shrink->num_rows / shrink->factor;
    shrink->num_rows++;
    if (shrink->factor == 1) {
        put_row(shrink, row, y);
        return;
    }
    gsize num_samples = (gsize)shrink->width * shrink->num_channels;
    for (gsize i = 0; i < num_samples; i++) {
        shrink->sums[i] += row[i];
    }
    guint32 num_rows = shrink->num_rows - y * shrink->factor;
    if (num_rows == shrink->factor || shrink->num_rows == shrink->height) {
        put_averages(shrink, num_rows, y);
        memset(shrink->sums, 0, num_samples * sizeof *shrink->sums);
    }
}

void
box_shrink_finish(BoxShrink *shrink, ImagePlanes *ret_planes, double *ret_covered_width,
                  double *ret_covered_height)
{
    g_assert(shrink->num_rows == shrink->height);
    *ret_planes = shrink->planes;
    shrink->planes = (ImagePlanes){ 0 };
    *ret_covered_width = (double)shrink->width / shrink->factor;
    *ret_covered_height = (double)shrink->height / shrink->factor;
}

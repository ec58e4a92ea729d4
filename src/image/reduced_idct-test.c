#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_fixture.h"

#include <math.h>

static void
decode(GBytes *jpeg, guint32 longest_side, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report;
    g_assert_true(jpeg_decode_planes(data, size, &info, longest_side, JPEG_CHROMA_AS_STORED,
                                     ret_planes, &report, NULL));
}

/* A wave of FREQUENCY / 16 turns a pixel, at position X of the full picture. */
static double
wave(double x, guint frequency)
{
    return 128 + 90 * cos(G_PI * (2 * x + 1) * frequency / 16);
}

/* Lanczos leaves all of a wave well below the limit of the smaller size, and the weaker the nearer
 * it comes: the means of libjpeg's own transforms would leave 98, 92 and 83 % at half the size, and
 * 91 % at a quarter. */
static void
test_contrast_of_waves(void)
{
    static const struct {
        guint32 factor;
        guint frequency;
        double contrast;
    } rows[] = { { 2, 1, 1.004 }, { 2, 2, 1.012 }, { 2, 3, 0.882 }, { 4, 1, 1.011 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ImagePlanes) drawn = { 0 };
        g_auto(ImagePlanes) reduced = { 0 };
        fixture_planes(&drawn, 64, 64, 1, 0, 0);
        for (guint32 y = 0; y < 64; y++) {
            for (guint32 x = 0; x < 64; x++) {
                drawn.data[0][drawn.stride[0] * y + x] = (guint8)lround(wave(x, rows[i].frequency));
            }
        }
        g_autoptr(GBytes) jpeg =
            jpeg_encode_planes(&drawn, &(JpegEncodeOptions){ .quality = 100 }, NULL);
        decode(jpeg, 64 / rows[i].factor, &reduced);
        for (guint32 x = 0; x < reduced.width; x++) {
            double middle = (x + 0.5) * rows[i].factor - 0.5;
            double expected = 128 + rows[i].contrast * (wave(middle, rows[i].frequency) - 128);
            g_assert_cmpfloat_with_epsilon(reduced.data[0][x], expected, 2);
        }
    }
}

static void
test_even_areas_keep_their_value(void)
{
    for (int value = 0; value < 256; value += 5) {
        g_auto(ImagePlanes) drawn = { 0 };
        fixture_planes(&drawn, 64, 64, 1, 0, 0);
        for (gsize i = 0; i < drawn.stride[0] * 64; i++) {
            drawn.data[0][i] = (guint8)value;
        }
        g_autoptr(GBytes) jpeg =
            jpeg_encode_planes(&drawn, &(JpegEncodeOptions){ .quality = 100 }, NULL);
        for (guint32 side = 16; side <= 32; side *= 2) {
            g_auto(ImagePlanes) reduced = { 0 };
            decode(jpeg, side, &reduced);
            for (guint32 x = 0; x < side; x++) {
                g_assert_cmpuint(reduced.data[0][reduced.stride[0] * 3 + x], ==, value);
            }
        }
    }
}

/* Black and white pixels overshoot; samples must stop at the ends of their range. */
static void
test_samples_stay_in_range(void)
{
    g_auto(ImagePlanes) drawn = { 0 };
    g_auto(ImagePlanes) reduced = { 0 };
    fixture_planes(&drawn, 64, 64, 1, 0, 0);
    for (guint32 y = 0; y < 64; y++) {
        for (guint32 x = 0; x < 64; x++) {
            drawn.data[0][drawn.stride[0] * y + x] = x % 8 < 4 ? 255 : 0;
        }
    }
    g_autoptr(GBytes) jpeg =
        jpeg_encode_planes(&drawn, &(JpegEncodeOptions){ .quality = 100 }, NULL);
    decode(jpeg, 32, &reduced);
    for (guint32 x = 0; x < 32; x++) {
        guint8 sample = reduced.data[0][x];
        g_assert_true(x % 4 < 2 ? sample > 200 : sample < 55);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/reduced-idct/contrast", test_contrast_of_waves);
    g_test_add_func("/image/reduced-idct/even", test_even_areas_keep_their_value);
    g_test_add_func("/image/reduced-idct/range", test_samples_stay_in_range);
    return g_test_run();
}

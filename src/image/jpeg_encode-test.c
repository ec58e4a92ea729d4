#include "image/jpeg_encode.h"

#include "image/jpeg_decode.h"
#include "image/jpeg_fixture.h"
#include "image/jpeg_segments.h"

#include <math.h>

static GBytes *
encode(const ImagePlanes *planes, gint32 quality, bool is_progressive)
{
    g_autoptr(GError) error = NULL;
    GBytes *jpeg =
        jpeg_encode_planes(planes, &(JpegEncodeOptions){ quality, is_progressive }, &error);
    g_assert_no_error(error);
    return jpeg;
}

static void
decode(GBytes *jpeg, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report = { 0 };
    g_assert_true(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, ret_planes, &report, NULL));
    g_assert_cmpuint(report.num_warnings, ==, 0);
}

static double
psnr(const ImagePlanes *a, const ImagePlanes *b, guint plane)
{
    double sum = 0;
    for (guint32 y = 0; y < image_planes_height(a, plane); y++) {
        for (guint32 x = 0; x < image_planes_width(a, plane); x++) {
            double d = (double)a->data[plane][a->stride[plane] * y + x] -
                       b->data[plane][b->stride[plane] * y + x];
            sum += d * d;
        }
    }
    sum /= (double)image_planes_width(a, plane) * image_planes_height(a, plane);
    return 10 * log10(255 * 255 / MAX(sum, 1e-9));
}

static void
test_what_goes_in_comes_out(void)
{
    for (guint8 shift_x = 0; shift_x < 3; shift_x++) {
        for (guint8 shift_y = 0; shift_y < 2; shift_y++) {
            g_auto(ImagePlanes) planes = { 0 };
            g_auto(ImagePlanes) decoded = { 0 };
            fixture_planes(&planes, 83, 45, 3, shift_x, shift_y);
            g_autoptr(GBytes) jpeg = encode(&planes, 97, false);
            decode(jpeg, &decoded);
            g_assert_cmpuint(decoded.width, ==, 83);
            g_assert_cmpuint(decoded.height, ==, 45);
            g_assert_cmpuint(decoded.chroma_shift_x, ==, shift_x);
            g_assert_cmpuint(decoded.chroma_shift_y, ==, shift_y);
            for (guint i = 0; i < 3; i++) {
                g_assert_cmpfloat(psnr(&planes, &decoded, i), >, 38);
            }
        }
    }
}

static void
test_grey(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) decoded = { 0 };
    fixture_planes(&planes, 20, 9, 1, 0, 0);
    g_autoptr(GBytes) jpeg = encode(&planes, 95, true);
    decode(jpeg, &decoded);
    g_assert_cmpuint(decoded.num_planes, ==, 1);
    g_assert_cmpfloat(psnr(&planes, &decoded, 0), >, 38);
}

static void
test_smallest_picture(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) decoded = { 0 };
    fixture_planes(&planes, 1, 1, 3, 1, 1);
    g_autoptr(GBytes) jpeg = encode(&planes, 90, false);
    decode(jpeg, &decoded);
    g_assert_cmpuint(decoded.width, ==, 1);
}

static void
test_progressive_has_the_same_pixels(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 120, 80, 3, 1, 1);
    g_autoptr(GBytes) baseline = encode(&planes, 80, false);
    g_autoptr(GBytes) progressive = encode(&planes, 80, true);
    g_auto(ImagePlanes) a = { 0 };
    g_auto(ImagePlanes) b = { 0 };
    decode(baseline, &a);
    decode(progressive, &b);
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpfloat(psnr(&a, &b, i), >, 130);
    }
}

static void
test_quality_costs_bytes(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 120, 80, 3, 1, 1);
    gsize last_size = 0;
    for (gint32 quality = 10; quality <= 100; quality += 15) {
        g_autoptr(GBytes) jpeg = encode(&planes, quality, false);
        g_assert_cmpuint(g_bytes_get_size(jpeg), >, last_size);
        last_size = g_bytes_get_size(jpeg);
    }
}

/* LST-18: an output has nothing but what a decoder needs. */
static void
test_only_the_bare_structure(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 50, 50, 3, 1, 1);
    for (guint progressive = 0; progressive < 2; progressive++) {
        g_autoptr(GBytes) jpeg = encode(&planes, 80, progressive);
        gsize size;
        const guint8 *data = g_bytes_get_data(jpeg, &size);
        JpegSegments segments;
        JpegSegment segment = { 0 };
        g_assert_true(jpeg_segments_init(&segments, data, size));
        while (jpeg_segments_next(&segments, &segment)) {
            bool is_bare = segment.marker == JPEG_MARKER_DQT || segment.marker == JPEG_MARKER_DHT ||
                           segment.marker == JPEG_MARKER_SOF0 ||
                           segment.marker == JPEG_MARKER_SOF2 ||
                           segment.marker == JPEG_MARKER_SOS || segment.marker == JPEG_MARKER_EOI ||
                           (segment.marker == JPEG_MARKER_APP0 && segment.body_size == 14);
            g_assert_true(is_bare);
        }
        g_assert_cmpuint(segments.at, ==, size);
    }
}

static void
test_more_than_one_buffer(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 900, 700, 3, 0, 0);
    g_autoptr(GBytes) jpeg = encode(&planes, 100, false);
    g_auto(ImagePlanes) decoded = { 0 };
    decode(jpeg, &decoded);
    g_assert_cmpuint(g_bytes_get_size(jpeg), >, 300 * 1024);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/jpeg-encode/round-trip", test_what_goes_in_comes_out);
    g_test_add_func("/image/jpeg-encode/grey", test_grey);
    g_test_add_func("/image/jpeg-encode/smallest", test_smallest_picture);
    g_test_add_func("/image/jpeg-encode/progressive", test_progressive_has_the_same_pixels);
    g_test_add_func("/image/jpeg-encode/quality", test_quality_costs_bytes);
    g_test_add_func("/image/jpeg-encode/bare", test_only_the_bare_structure);
    g_test_add_func("/image/jpeg-encode/large", test_more_than_one_buffer);
    return g_test_run();
}

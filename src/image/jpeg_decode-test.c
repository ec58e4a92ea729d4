#include "image/jpeg_decode.h"

#include "base/error.h"
#include "image/jpeg_fixture.h"

#include <stdlib.h>
#include <string.h>

static JpegDecodeReport
decode(GBytes *jpeg, guint32 longest_side, JpegChroma chroma, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report = { 0 };
    g_autoptr(GError) error = NULL;
    bool ok =
        jpeg_decode_planes(data, size, &info, longest_side, chroma, ret_planes, &report, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return report;
}

static JpegDecodeReport
decode_to_pixels(GBytes *jpeg, JpegPixels *ret_pixels)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report = { 0 };
    g_autoptr(GError) error = NULL;
    bool ok = jpeg_decode_pixels(data, size, &info, 0, ret_pixels, &report, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return report;
}

static double
mean_difference(const ImagePlanes *a, const ImagePlanes *b, guint plane)
{
    guint64 sum = 0;
    guint32 width = image_planes_width(a, plane);
    guint32 height = image_planes_height(a, plane);
    g_assert_cmpuint(width, ==, image_planes_width(b, plane));
    g_assert_cmpuint(height, ==, image_planes_height(b, plane));
    for (guint32 y = 0; y < height; y++) {
        for (guint32 x = 0; x < width; x++) {
            sum += (guint64)abs(a->data[plane][a->stride[plane] * y + x] -
                                b->data[plane][b->stride[plane] * y + x]);
        }
    }
    return (double)sum / width / height;
}

static void
test_samplings_as_stored(void)
{
    static const struct {
        guint8 h, v, shift_x, shift_y;
    } rows[] = { { 1, 1, 0, 0 }, { 2, 1, 1, 0 }, { 1, 2, 0, 1 }, { 2, 2, 1, 1 }, { 4, 1, 2, 0 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (guint progressive = 0; progressive < 2; progressive++) {
            g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .width = 99,
                                                              .height = 61,
                                                              .color = JPEG_COLOR_YCBCR,
                                                              .h = rows[i].h,
                                                              .v = rows[i].v,
                                                              .is_progressive = progressive });
            for (guint32 side = 12; side <= 99; side += 29) {
                g_auto(ImagePlanes) planes = { 0 };
                JpegDecodeReport report = decode(jpeg, side, JPEG_CHROMA_AS_STORED, &planes);
                g_assert_cmpuint(report.num_warnings, ==, 0);
                g_assert_cmpuint(planes.width, ==, (99 * report.scale + 7U) / 8);
                g_assert_cmpuint(planes.height, ==, (61 * report.scale + 7U) / 8);
                g_assert_cmpuint(planes.width, >=, side);
                g_assert_cmpuint(planes.chroma_shift_x, ==, rows[i].shift_x);
                g_assert_cmpuint(planes.chroma_shift_y, ==, rows[i].shift_y);
            }
        }
    }
}

/* 4:4:4 needs no resampling, so libjpeg's own YCbCr rows are the same numbers by another way. */
static void
test_planes_are_the_samples_of_the_file(void)
{
    Fixture fixture = { .width = 90, .height = 70, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(JpegPixels) pixels = { 0 };
    decode(jpeg, 0, JPEG_CHROMA_AS_STORED, &planes);
    decode_to_pixels(jpeg, &pixels);
    for (guint32 y = 0; y < 70; y++) {
        for (guint32 x = 0; x < 90; x++) {
            double luma = planes.data[0][planes.stride[0] * y + x];
            double cr = planes.data[2][planes.stride[2] * y + x];
            double red = CLAMP(luma + 1.402 * (cr - 128), 0, 255);
            g_assert_cmpfloat_with_epsilon(pixels.data[pixels.stride * y + 3 * x], red, 1.01);
        }
    }
}

static void
test_finest_chroma_at_half_size_is_444(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .width = 128, .height = 96, .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2 });
    g_auto(ImagePlanes) planes = { 0 };
    JpegDecodeReport report = decode(jpeg, 64, JPEG_CHROMA_FINEST, &planes);
    g_assert_cmpuint(report.scale, ==, 4);
    g_assert_cmpuint(planes.chroma_shift_x, ==, 0);
    g_assert_cmpuint(planes.chroma_shift_y, ==, 0);
    g_assert_cmpuint(image_planes_width(&planes, 1), ==, 64);
}

/* The forced chroma scale must give the picture that the finer one gives. */
static void
test_stored_and_finest_chroma_agree(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .width = 128, .height = 96, .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2 });
    g_auto(ImagePlanes) stored = { 0 };
    g_auto(ImagePlanes) finest = { 0 };
    decode(jpeg, 64, JPEG_CHROMA_AS_STORED, &stored);
    decode(jpeg, 64, JPEG_CHROMA_FINEST, &finest);
    g_auto(ImagePlanes) averaged = { 0 };
    g_assert_true(image_planes_init(&averaged, 64, 48, 3, 1, 1, NULL));
    for (guint i = 1; i < 3; i++) {
        for (guint32 y = 0; y < 24; y++) {
            for (guint32 x = 0; x < 32; x++) {
                const guint8 *p = finest.data[i] + finest.stride[i] * 2 * y + 2 * x;
                averaged.data[i][averaged.stride[i] * y + x] =
                    (guint8)((p[0] + p[1] + p[finest.stride[i]] + p[finest.stride[i] + 1] + 2) / 4);
            }
        }
        g_assert_cmpfloat(mean_difference(&stored, &averaged, i), <, 2);
    }
}

static void
test_odd_sampling_comes_out_444(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .width = 70, .height = 40, .color = JPEG_COLOR_YCBCR, .h = 3, .v = 1 });
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) drawn = { 0 };
    JpegDecodeReport report = decode(jpeg, 0, JPEG_CHROMA_AS_STORED, &planes);
    g_assert_cmpuint(report.num_warnings, ==, 0);
    g_assert_cmpuint(planes.chroma_shift_x, ==, 0);
    g_autoptr(GBytes) full =
        fixture_jpeg(&(Fixture){ .width = 70, .height = 40, .color = JPEG_COLOR_YCBCR });
    decode(full, 0, JPEG_CHROMA_AS_STORED, &drawn);
    g_assert_cmpfloat(mean_difference(&planes, &drawn, 0), <, 2);
}

static void
test_grey(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .width = 33, .height = 17, .quality = 100 });
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) drawn = { 0 };
    decode(jpeg, 0, JPEG_CHROMA_AS_STORED, &planes);
    fixture_planes(&drawn, 33, 17, 1, 0, 0);
    g_assert_cmpuint(planes.num_planes, ==, 1);
    g_assert_cmpfloat(mean_difference(&planes, &drawn, 0), <, 1);
}

static void
test_cut_short_is_filled_in(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .width = 200, .height = 200, .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) half = g_bytes_new_from_bytes(jpeg, 0, g_bytes_get_size(jpeg) / 2);
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) whole = { 0 };
    JpegDecodeReport report = decode(half, 0, JPEG_CHROMA_AS_STORED, &planes);
    decode(jpeg, 0, JPEG_CHROMA_AS_STORED, &whole);
    g_assert_true(report.was_truncated);
    g_assert_cmpuint(report.num_warnings, >, 0);
    g_assert_cmpuint(planes.height, ==, 200);
    g_assert_cmpmem(planes.data[0], 200, whole.data[0], 200);
}

static void
test_bytes_after_the_end_are_not_read(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) jpeg = fixture_splice(plain, g_bytes_get_size(plain), "\xff\xd8\xff", 3);
    g_auto(ImagePlanes) planes = { 0 };
    JpegDecodeReport report = decode(jpeg, 0, JPEG_CHROMA_AS_STORED, &planes);
    g_assert_cmpuint(report.num_warnings, ==, 0);
}

/* The same ink whether or not the file turns it upside down: what libjpeg was given to write. */
static void
test_cmyk_has_0_for_no_ink(void)
{
    g_autoptr(GBytes) adobe = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_CMYK });
    g_autoptr(GBytes) plain =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_CMYK, .has_no_adobe = true });
    g_auto(JpegPixels) upside_down = { 0 };
    g_auto(JpegPixels) upright = { 0 };
    decode_to_pixels(adobe, &upside_down);
    decode_to_pixels(plain, &upright);
    g_assert_cmpuint(upright.num_channels, ==, 4);
    for (gsize i = 0; i < upright.stride * upright.height; i++) {
        g_assert_cmpuint(upright.data[i], ==, 255U - upside_down.data[i]);
    }
}

static void
test_pixels_of_every_color(void)
{
    static const struct {
        JpegColor color;
        guint8 num_channels;
    } rows[] = { { JPEG_COLOR_GREY, 1 },
                 { JPEG_COLOR_YCBCR, 3 },
                 { JPEG_COLOR_RGB, 3 },
                 { JPEG_COLOR_CMYK, 4 },
                 { JPEG_COLOR_YCCK, 4 } };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = rows[i].color });
        g_auto(JpegPixels) pixels = { 0 };
        JpegDecodeReport report = decode_to_pixels(jpeg, &pixels);
        g_assert_cmpuint(report.num_warnings, ==, 0);
        g_assert_cmpuint(pixels.num_channels, ==, rows[i].num_channels);
        g_assert_cmpuint(pixels.width, ==, 64);
    }
}

static void
test_damaged_header_is_an_error(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ 0 });
    gsize size;
    g_autofree guint8 *data = g_bytes_unref_to_data(g_bytes_ref(jpeg), &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    data[fixture_find(jpeg, 0xc4, 0) + 5] = 0xff; /* more codes than there can be */
    g_auto(ImagePlanes) planes = { 0 };
    JpegDecodeReport report;
    g_autoptr(GError) error = NULL;
    g_assert_false(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, &planes, &report, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_scale_is_the_smallest_that_is_large_enough(void)
{
    JpegInfo info = { .width = 4000, .height = 3000 };
    g_assert_cmpuint(jpeg_decode_scale(&info, 0), ==, 8);
    g_assert_cmpuint(jpeg_decode_scale(&info, 5000), ==, 8);
    g_assert_cmpuint(jpeg_decode_scale(&info, 2001), >, 4);
    g_assert_cmpuint(jpeg_decode_scale(&info, 2000), ==, 4);
    g_assert_cmpuint(jpeg_decode_scale(&info, 1000), ==, 2);
    g_assert_cmpuint(jpeg_decode_scale(&info, 500), ==, 1);
    g_assert_cmpuint(jpeg_decode_scale(&info, 10), ==, 1);
}

static void
test_memory_of_progressive_files(void)
{
    g_autoptr(GBytes) baseline =
        fixture_jpeg(&(Fixture){ .width = 1280, .height = 960, .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) progressive = fixture_jpeg(&(Fixture){
        .width = 1280, .height = 960, .color = JPEG_COLOR_YCBCR, .is_progressive = true });
    g_auto(JpegInfo) baseline_info = fixture_parse(baseline);
    g_auto(JpegInfo) progressive_info = fixture_parse(progressive);
    g_assert_cmpuint(jpeg_decode_memory(&progressive_info), >=, 1280 * 960 * 3 * 2);
    g_assert_cmpuint(jpeg_decode_memory(&baseline_info), <, 1280 * 960 * 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/jpeg-decode/samplings", test_samplings_as_stored);
    g_test_add_func("/image/jpeg-decode/samples", test_planes_are_the_samples_of_the_file);
    g_test_add_func("/image/jpeg-decode/finest-chroma", test_finest_chroma_at_half_size_is_444);
    g_test_add_func("/image/jpeg-decode/stored-and-finest", test_stored_and_finest_chroma_agree);
    g_test_add_func("/image/jpeg-decode/odd-sampling", test_odd_sampling_comes_out_444);
    g_test_add_func("/image/jpeg-decode/grey", test_grey);
    g_test_add_func("/image/jpeg-decode/cut-short", test_cut_short_is_filled_in);
    g_test_add_func("/image/jpeg-decode/after-the-end", test_bytes_after_the_end_are_not_read);
    g_test_add_func("/image/jpeg-decode/cmyk", test_cmyk_has_0_for_no_ink);
    g_test_add_func("/image/jpeg-decode/every-color", test_pixels_of_every_color);
    g_test_add_func("/image/jpeg-decode/damaged-header", test_damaged_header_is_an_error);
    g_test_add_func("/image/jpeg-decode/scale", test_scale_is_the_smallest_that_is_large_enough);
    g_test_add_func("/image/jpeg-decode/memory", test_memory_of_progressive_files);
    return g_test_run();
}

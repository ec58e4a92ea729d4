#include "image/quality.h"

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_fixture.h"
#include "image/plane_resize.h"
#include "image/ssimulacra2.h"

#include <math.h>

/* What a camera gives: shapes, fine grain in the luma, soft colours. */
static void
photo_planes(ImagePlanes *ret_planes, guint32 width, guint32 height, guint8 num_planes)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_assert_true(image_planes_init(ret_planes, width, height, num_planes, 0, 0, NULL));
    for (guint i = 0; i < num_planes; i++) {
        for (guint32 y = 0; y < height; y++) {
            for (guint32 x = 0; x < width; x++) {
                double value = 128 + 50 * sin(x * 0.05 + i) * cos(y * 0.03 - i);
                if (i == 0) {
                    value +=
                        ((x / 40 + y / 30) % 2 == 0 ? 30 : 0) + g_rand_double_range(random, -8, 8);
                }
                ret_planes->data[i][ret_planes->stride[i] * y + x] = (guint8)value;
            }
        }
    }
}

static QualityResult
encode_auto(const ImagePlanes *planes, guint64 max_bytes)
{
    QualityResult result = { 0 };
    g_autoptr(GError) error = NULL;
    bool ok = quality_encode_auto(planes, max_bytes, &result, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return result;
}

static double
score_jpeg(const ImagePlanes *planes, GBytes *jpeg)
{
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(ImagePlanes) decoded = { 0 };
    JpegDecodeReport report;
    g_assert_true(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, &decoded, &report, NULL));
    g_autoptr(Ssimulacra2) measure = ssimulacra2_new(planes);
    return ssimulacra2_score(measure, &decoded);
}

static double
score_at_420(const ImagePlanes *planes, gint32 quality)
{
    g_auto(ImagePlanes) sampled = { 0 };
    PlaneTarget target = { planes->width, planes->height, 1, 1, 1 };
    g_assert_true(
        image_planes_resize(planes, planes->width, planes->height, &target, &sampled, NULL));
    g_autoptr(GBytes) jpeg =
        jpeg_encode_planes(&sampled, &(JpegEncodeOptions){ .quality = quality }, NULL);
    return score_jpeg(planes, jpeg);
}

static void
test_reaches_the_target_and_not_more(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    photo_planes(&planes, 320, 240, 3);
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_assert_cmpint(result.quality, >, QUALITY_MIN);
    g_assert_cmpint(result.quality, <, QUALITY_MAX);
    g_assert_false(result.is_444);
    g_assert_cmpfloat(result.score, >=, QUALITY_TARGET_SCORE);
    g_assert_cmpfloat_with_epsilon(score_jpeg(&planes, result.jpeg), result.score, 1e-6);
    g_assert_cmpfloat(score_at_420(&planes, result.quality - 2), <, QUALITY_TARGET_SCORE);
}

static void
fill(ImagePlanes *planes, guint8 luma, guint8 cb, guint8 cr)
{
    const guint8 values[] = { luma, cb, cr };
    for (guint i = 0; i < planes->num_planes; i++) {
        for (guint32 y = 0; y < image_planes_height(planes, i); y++) {
            for (guint32 x = 0; x < image_planes_width(planes, i); x++) {
                planes->data[i][planes->stride[i] * y + x] = values[i];
            }
        }
    }
}

/* Strokes one pixel wide every 5 pixels, in a band as high as a line of text. */
static void
draw_strokes(ImagePlanes *planes, guint8 luma, guint8 cb, guint8 cr)
{
    const guint8 values[] = { luma, cb, cr };
    for (guint i = 0; i < 3; i++) {
        for (guint32 y = 40; y < 60; y++) {
            for (guint32 x = 1; x < planes->width; x += 5) {
                planes->data[i][planes->stride[i] * y + x] = values[i];
            }
        }
    }
}

static void
test_red_lettering_needs_444(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 320, 240, 3, 0, 0);
    fill(&planes, 255, 128, 128);
    draw_strokes(&planes, 76, 85, 255);
    g_assert_true(quality_needs_444(&planes));
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_assert_true(result.is_444);
}

static void
test_black_lettering_does_not_need_444(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 320, 240, 3, 0, 0);
    fill(&planes, 255, 128, 128);
    draw_strokes(&planes, 0, 128, 128);
    g_assert_false(quality_needs_444(&planes));
}

static void
test_large_saturated_areas_do_not_need_444(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 320, 240, 3, 0, 0);
    fill(&planes, 76, 85, 255);
    g_assert_false(quality_needs_444(&planes));
}

static void
test_even_picture_takes_the_lowest_quality(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 64, 64, 3, 0, 0);
    fill(&planes, 200, 128, 128);
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_assert_cmpint(result.quality, ==, QUALITY_MIN);
}

static void
test_noise_stops_at_the_highest_quality(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 128, 128, 3, 0, 0);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (guint i = 0; i < 3; i++) {
        for (gsize at = 0; at < planes.stride[i] * 128; at++) {
            planes.data[i][at] =
                (guint8)g_rand_int_range(random, i == 0 ? 0 : 120, i == 0 ? 256 : 136);
        }
    }
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_assert_cmpint(result.quality, <=, QUALITY_MAX);
    g_assert_true(result.score >= QUALITY_TARGET_SCORE || result.quality == QUALITY_MAX);
}

static void
test_max_bytes_lowers_the_quality(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    photo_planes(&planes, 320, 240, 3);
    g_auto(QualityResult) free_result = encode_auto(&planes, 0);
    guint64 limit = g_bytes_get_size(free_result.jpeg) * 3 / 4;
    g_auto(QualityResult) result = encode_auto(&planes, limit);
    g_assert_cmpuint(g_bytes_get_size(result.jpeg), <=, limit);
    g_assert_cmpuint(g_bytes_get_size(result.jpeg), >, limit * 8 / 10);
    g_assert_cmpint(result.quality, <, free_result.quality);
    g_assert_cmpfloat_with_epsilon(score_jpeg(&planes, result.jpeg), result.score, 1e-6);
}

static void
test_max_bytes_does_not_go_below_the_lowest_quality(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    photo_planes(&planes, 320, 240, 3);
    g_auto(QualityResult) result = encode_auto(&planes, 100);
    g_assert_cmpint(result.quality, ==, QUALITY_MIN);
    g_assert_cmpuint(g_bytes_get_size(result.jpeg), >, 100);
}

static void
test_grey(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    photo_planes(&planes, 320, 240, 1);
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_assert_false(result.is_444);
    g_assert_cmpfloat(result.score, >=, QUALITY_TARGET_SCORE);
}

static void
test_large_pictures_are_sampled(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    photo_planes(&planes, 2304, 2048, 1);
    g_auto(QualityResult) result = encode_auto(&planes, 0);
    g_auto(JpegInfo) info = fixture_parse(result.jpeg);
    g_assert_cmpuint(info.width, ==, 2304);
    g_assert_cmpuint(info.height, ==, 2048);
    g_assert_cmpfloat_with_epsilon(score_jpeg(&planes, result.jpeg), result.score, 1.5);
}

static void
test_fixed_quality(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 320, 240, 3, 1, 1);
    g_auto(QualityResult) result = { 0 };
    g_assert_true(quality_encode_fixed(&planes, 80, 0, &result, NULL));
    g_assert_cmpint(result.quality, ==, 80);
    g_assert_true(isnan(result.score));
    g_assert_false(result.is_444);
    guint64 limit = g_bytes_get_size(result.jpeg) - 1;
    g_auto(QualityResult) smaller = { 0 };
    g_assert_true(quality_encode_fixed(&planes, 80, limit, &smaller, NULL));
    g_assert_cmpint(smaller.quality, ==, 79);
    g_assert_cmpuint(g_bytes_get_size(smaller.jpeg), <=, limit);
}

static void
test_fixed_quality_below_the_lowest(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 64, 64, 3, 1, 1);
    g_auto(QualityResult) result = { 0 };
    g_assert_true(quality_encode_fixed(&planes, 30, 10, &result, NULL));
    g_assert_cmpint(result.quality, ==, 30);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/quality/target", test_reaches_the_target_and_not_more);
    g_test_add_func("/image/quality/red-lettering", test_red_lettering_needs_444);
    g_test_add_func("/image/quality/black-lettering", test_black_lettering_does_not_need_444);
    g_test_add_func("/image/quality/saturated-areas", test_large_saturated_areas_do_not_need_444);
    g_test_add_func("/image/quality/even", test_even_picture_takes_the_lowest_quality);
    g_test_add_func("/image/quality/noise", test_noise_stops_at_the_highest_quality);
    g_test_add_func("/image/quality/max-bytes", test_max_bytes_lowers_the_quality);
    g_test_add_func("/image/quality/max-bytes-floor",
                    test_max_bytes_does_not_go_below_the_lowest_quality);
    g_test_add_func("/image/quality/grey", test_grey);
    g_test_add_func("/image/quality/large", test_large_pictures_are_sampled);
    g_test_add_func("/image/quality/fixed", test_fixed_quality);
    g_test_add_func("/image/quality/fixed-below", test_fixed_quality_below_the_lowest);
    return g_test_run();
}

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_fixture.h"
#include "image/plane_orient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 208
#define HEIGHT 150

static void
decode(GBytes *jpeg, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report;
    g_assert_true(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, ret_planes, &report, NULL));
}

static JpegDecodeReport
decode_to(GBytes *jpeg, const PlaneTarget *target, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report = { 0 };
    g_assert_true(jpeg_can_decode_to(&info, target));
    g_assert_true(jpeg_decode_to(data, size, &info, target, ret_planes, &report, NULL));
    return report;
}

/* Noise has all frequencies, and nothing in one block resembles its neighbours. */
static GBytes *
noise_jpeg(guint32 width, guint32 height, guint8 num_planes, guint8 shift_x, guint8 shift_y,
           bool is_progressive)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_auto(ImagePlanes) drawn = { 0 };
    fixture_planes(&drawn, width, height, num_planes, shift_x, shift_y);
    for (guint i = 0; i < num_planes; i++) {
        for (guint32 y = 0; y < image_planes_height(&drawn, i); y++) {
            for (guint32 x = 0; x < image_planes_width(&drawn, i); x++) {
                int range = i == 0 ? 30 : 12;
                guint8 *sample = drawn.data[i] + drawn.stride[i] * y + x;
                *sample = (guint8)CLAMP(*sample + g_rand_int_range(random, -range, range), 40, 215);
            }
        }
    }
    JpegEncodeOptions options = { .quality = 96, .is_progressive = is_progressive };
    GBytes *jpeg = jpeg_encode_planes(&drawn, &options, NULL);
    g_assert_nonnull(jpeg);
    return jpeg;
}

/* What the picture decoded in full and then resized gives. Where all frequencies are wanted that is
 * so to a rounding. Where the highest are left out, noise of 17 of 255 in all of them, far more
 * than any photo has, misses 1.6, and a single sample of it 6. */
static void
assert_like_full_picture(GBytes *jpeg, const PlaneTarget *target)
{
    g_auto(ImagePlanes) full = { 0 };
    g_auto(ImagePlanes) expected = { 0 };
    g_auto(ImagePlanes) resized = { 0 };
    decode(jpeg, &full);
    JpegDecodeReport report = decode_to(jpeg, target, &resized);
    g_assert_cmpuint(report.num_warnings, ==, 0);
    PlaneTarget same = *target;
    same.chroma_shift_x = resized.chroma_shift_x;
    same.chroma_shift_y = resized.chroma_shift_y;
    g_assert_true(image_planes_resize(&full, full.width, full.height, &same, &expected, NULL));
    for (guint i = 0; i < full.num_planes; i++) {
        guint32 width = image_planes_width(&expected, i);
        guint32 height = image_planes_height(&expected, i);
        g_assert_cmpuint(image_planes_width(&resized, i), ==, width);
        g_assert_cmpuint(image_planes_height(&resized, i), ==, height);
        bool has_all = image_planes_width(&full, i) < 1.7 * width &&
                       image_planes_height(&full, i) < 1.7 * height;
        double squares = 0;
        for (guint32 y = 0; y < height; y++) {
            for (guint32 x = 0; x < width; x++) {
                int is = resized.data[i][resized.stride[i] * y + x];
                int wanted = expected.data[i][expected.stride[i] * y + x];
                g_assert_cmpint(abs(is - wanted), <=, has_all ? 1 : 6);
                squares += (is - wanted) * (is - wanted);
            }
        }
        if (width * height > 100) {
            g_assert_cmpfloat(sqrt(squares / width / height), <=, has_all ? 0.6 : 1.6);
        }
    }
}

static PlaneTarget
target_of(double ratio, guint8 shift, guint8 orientation)
{
    guint32 width = (guint32)lround(WIDTH / ratio);
    guint32 height = (guint32)lround(HEIGHT / ratio);
    bool swaps = image_orientation_swaps(orientation);
    return (PlaneTarget){ swaps ? height : width, swaps ? width : height, shift, shift,
                          orientation };
}

static const double ratios[] = { 1.02, 1.3, 1.633, 2, 2.016, 2.5, 3.1, 4, 4.08, 5.9, 7.9 };

static void
test_every_ratio(void)
{
    g_autoptr(GBytes) grey = noise_jpeg(WIDTH, HEIGHT, 1, 0, 0, false);
    g_autoptr(GBytes) colour = noise_jpeg(WIDTH, HEIGHT, 3, 1, 1, false);
    for (guint i = 0; i < G_N_ELEMENTS(ratios); i++) {
        PlaneTarget target = target_of(ratios[i], 1, 1);
        assert_like_full_picture(grey, &target);
        assert_like_full_picture(colour, &target);
    }
}

/* From and to every sampling: chroma grows in none of them. */
static void
test_every_sampling(void)
{
    static const guint8 samplings[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 }, { 2, 0 } };
    for (guint i = 0; i < G_N_ELEMENTS(samplings) * 2; i++) {
        const guint8 *sampling = samplings[i / 2];
        g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, sampling[0], sampling[1], i % 2 != 0);
        for (guint8 shift = 0; shift < 2; shift++) {
            PlaneTarget half = target_of(2.016, shift, 1);
            PlaneTarget larger = target_of(1.5, shift, 1);
            assert_like_full_picture(jpeg, &half);
            assert_like_full_picture(jpeg, &larger);
        }
    }
}

static void
test_chroma_of_420_at_half_size_is_444(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, 1, 1, false);
    g_auto(ImagePlanes) planes = { 0 };
    PlaneTarget target = target_of(2.016, 0, 1);
    decode_to(jpeg, &target, &planes);
    g_assert_cmpuint(planes.chroma_shift_x, ==, 0);
    g_assert_cmpuint(planes.chroma_shift_y, ==, 0);
}

static void
test_every_orientation(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH - 1, HEIGHT - 1, 3, 1, 1, false);
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        PlaneTarget target = target_of(2.1, 1, orientation);
        assert_like_full_picture(jpeg, &target);
    }
}

/* What an encoder put behind the edge, to fill the blocks, has no part in any sample. */
static void
test_sides_need_not_fill_blocks(void)
{
    for (guint32 less = 1; less < 20; less++) {
        g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH - less, HEIGHT - less, 3, 1, 1, false);
        PlaneTarget target = target_of(2.3, 1, 1);
        assert_like_full_picture(jpeg, &target);
    }
}

static void
test_small_pictures(void)
{
    for (guint32 size = 2; size < 20; size++) {
        g_autoptr(GBytes) jpeg = noise_jpeg(size, 3, 3, 1, 1, false);
        PlaneTarget target = { size / 2, 1, 1, 1, 1 };
        assert_like_full_picture(jpeg, &target);
    }
}

static void
test_even_areas_keep_their_value(void)
{
    for (int value = 0; value < 256; value += 5) {
        g_auto(ImagePlanes) drawn = { 0 };
        fixture_planes(&drawn, WIDTH, HEIGHT, 1, 0, 0);
        memset(drawn.data[0], value, drawn.stride[0] * HEIGHT);
        g_autoptr(GBytes) jpeg =
            jpeg_encode_planes(&drawn, &(JpegEncodeOptions){ .quality = 100 }, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(ratios); i++) {
            g_auto(ImagePlanes) resized = { 0 };
            PlaneTarget target = target_of(ratios[i], 0, 1);
            decode_to(jpeg, &target, &resized);
            for (guint32 y = 0; y < target.height; y++) {
                for (guint32 x = 0; x < target.width; x++) {
                    g_assert_cmpuint(resized.data[0][resized.stride[0] * y + x], ==, value);
                }
            }
        }
    }
}

/* Black and white pixels overshoot; samples must stop at the ends of their range. */
static void
test_samples_stay_in_range(void)
{
    g_auto(ImagePlanes) drawn = { 0 };
    g_auto(ImagePlanes) resized = { 0 };
    fixture_planes(&drawn, 64, 64, 1, 0, 0);
    for (guint32 y = 0; y < 64; y++) {
        for (guint32 x = 0; x < 64; x++) {
            drawn.data[0][drawn.stride[0] * y + x] = x % 16 < 8 ? 255 : 0;
        }
    }
    g_autoptr(GBytes) jpeg =
        jpeg_encode_planes(&drawn, &(JpegEncodeOptions){ .quality = 100 }, NULL);
    decode_to(jpeg, &(PlaneTarget){ 32, 32, 0, 0, 1 }, &resized);
    for (guint32 x = 0; x < 32; x++) {
        guint8 sample = resized.data[0][x];
        g_assert_true(x % 8 < 4 ? sample > 200 : sample < 55);
    }
}

/* What is there before the data end, and grey below. */
static void
test_cut_short_is_filled_in(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, 1, 1, false);
    g_autoptr(GBytes) front = g_bytes_new_from_bytes(jpeg, 0, g_bytes_get_size(jpeg) / 2);
    g_auto(ImagePlanes) whole = { 0 };
    g_auto(ImagePlanes) cut = { 0 };
    PlaneTarget target = target_of(2.016, 1, 1);
    decode_to(jpeg, &target, &whole);
    JpegDecodeReport report = decode_to(front, &target, &cut);
    g_assert_true(report.was_truncated);
    g_assert_cmpmem(cut.data[0], cut.width, whole.data[0], whole.width);
    const guint8 *last = cut.data[0] + cut.stride[0] * (cut.height - 1);
    for (guint32 x = 1; x < cut.width; x++) {
        g_assert_cmpint(abs(last[x] - last[x - 1]), <=, 1);
    }
}

static void
test_what_it_cannot_do(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, 1, 1, false);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_false(jpeg_can_decode_to(&info, &(PlaneTarget){ WIDTH, HEIGHT, 1, 1, 1 }));
    g_assert_false(jpeg_can_decode_to(&info, &(PlaneTarget){ 10, 7, 1, 1, 1 }));
    g_autoptr(GBytes) odd = fixture_jpeg(
        &(Fixture){ .width = 70, .height = 40, .color = JPEG_COLOR_YCBCR, .h = 3, .v = 1 });
    g_auto(JpegInfo) odd_info = fixture_parse(odd);
    g_assert_false(jpeg_can_decode_to(&odd_info, &(PlaneTarget){ 35, 20, 1, 1, 1 }));
    g_autoptr(GBytes) ink = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_CMYK });
    g_auto(JpegInfo) ink_info = fixture_parse(ink);
    g_assert_false(jpeg_can_decode_to(&ink_info, &(PlaneTarget){ 32, 24, 1, 1, 1 }));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/block-resize/ratios", test_every_ratio);
    g_test_add_func("/image/block-resize/samplings", test_every_sampling);
    g_test_add_func("/image/block-resize/444", test_chroma_of_420_at_half_size_is_444);
    g_test_add_func("/image/block-resize/orientations", test_every_orientation);
    g_test_add_func("/image/block-resize/sides", test_sides_need_not_fill_blocks);
    g_test_add_func("/image/block-resize/small", test_small_pictures);
    g_test_add_func("/image/block-resize/even", test_even_areas_keep_their_value);
    g_test_add_func("/image/block-resize/range", test_samples_stay_in_range);
    g_test_add_func("/image/block-resize/cut-short", test_cut_short_is_filled_in);
    g_test_add_func("/image/block-resize/cannot", test_what_it_cannot_do);
    return g_test_run();
}

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_fixture.h"
#include "image/plane_resize.h"

#include <math.h>

#define WIDTH 96
#define HEIGHT 80

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

/* Noise has all frequencies, and nothing in one block resembles its neighbours. */
static GBytes *
noise_jpeg(guint32 width, guint32 height, guint8 num_planes, guint8 shift, bool is_progressive)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_auto(ImagePlanes) drawn = { 0 };
    fixture_planes(&drawn, width, height, num_planes, shift, shift);
    for (guint32 y = 0; y < height; y++) {
        for (guint32 x = 0; x < width; x++) {
            drawn.data[0][drawn.stride[0] * y + x] = (guint8)g_rand_int_range(random, 64, 192);
        }
    }
    JpegEncodeOptions options = { .quality = 95, .is_progressive = is_progressive };
    GBytes *jpeg = jpeg_encode_planes(&drawn, &options, NULL);
    g_assert_nonnull(jpeg);
    return jpeg;
}

static void
assert_like_full_picture(GBytes *jpeg, guint32 width, guint32 height, guint32 margin)
{
    g_auto(ImagePlanes) full = { 0 };
    g_auto(ImagePlanes) expected = { 0 };
    g_auto(ImagePlanes) halved = { 0 };
    decode(jpeg, 0, &full);
    decode(jpeg, (MAX(width, height) + 1) / 2, &halved);
    g_assert_cmpuint(halved.width, ==, (width + 1) / 2);
    g_assert_cmpuint(halved.height, ==, (height + 1) / 2);
    PlaneTarget target = { halved.width, halved.height, 1, 1, 1 };
    g_assert_true(image_planes_resize(&full, 2.0 * halved.width, 2.0 * halved.height, &target,
                                      &expected, NULL));
    for (guint32 y = 0; y < halved.height - margin; y++) {
        for (guint32 x = 0; x < halved.width - margin; x++) {
            int is = halved.data[0][halved.stride[0] * y + x];
            int wanted = expected.data[0][expected.stride[0] * y + x];
            g_assert_cmpint(abs(is - wanted), <=, 2);
        }
    }
}

static void
test_grey_is_as_if_halved_after_decoding(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 1, 0, false);
    assert_like_full_picture(jpeg, WIDTH, HEIGHT, 0);
}

/* Two rows of blocks are read at a time, and seams lie within and between. */
static void
test_luma_of_420_is_as_if_halved_after_decoding(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, 1, false);
    assert_like_full_picture(jpeg, WIDTH, HEIGHT, 0);
}

static void
test_progressive_is_as_if_halved_after_decoding(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH, HEIGHT, 3, 1, true);
    assert_like_full_picture(jpeg, WIDTH, HEIGHT, 0);
}

/* What an encoder put behind the edge, to fill the blocks, has a part in the last samples. */
static void
test_sides_need_not_fill_blocks(void)
{
    for (guint32 less = 1; less < 20; less++) {
        g_autoptr(GBytes) jpeg = noise_jpeg(WIDTH - less, HEIGHT - less, 3, 1, false);
        assert_like_full_picture(jpeg, WIDTH - less, HEIGHT - less, 4);
    }
}

static void
test_one_pixel(void)
{
    g_autoptr(GBytes) jpeg = noise_jpeg(2, 1, 1, 0, false);
    g_auto(ImagePlanes) full = { 0 };
    g_auto(ImagePlanes) halved = { 0 };
    decode(jpeg, 0, &full);
    decode(jpeg, 1, &halved);
    g_assert_cmpuint(halved.width, ==, 1);
    g_assert_cmpuint(halved.height, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/block-halving/grey", test_grey_is_as_if_halved_after_decoding);
    g_test_add_func("/image/block-halving/420", test_luma_of_420_is_as_if_halved_after_decoding);
    g_test_add_func("/image/block-halving/progressive",
                    test_progressive_is_as_if_halved_after_decoding);
    g_test_add_func("/image/block-halving/sides", test_sides_need_not_fill_blocks);
    g_test_add_func("/image/block-halving/one-pixel", test_one_pixel);
    return g_test_run();
}

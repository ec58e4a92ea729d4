/* The decoders of everything but JPEG: what comes out for what libvips wrote, pixel by pixel. */
#include "image/jpeg_fixture.h"
#include "image/picture.h"

#include "base/error.h"

#include <string.h>
#include <vips/vips.h>

/* An image of one colour. */
static VipsImage *
flat(int width, int height, VipsBandFormat format, VipsInterpretation interpretation,
     guint num_bands, const double *colour)
{
    VipsImage *black = NULL, *image = NULL, *cast = NULL, *tagged = NULL;
    static const double ones[5] = { 1, 1, 1, 1, 1 };
    g_assert_cmpint(vips_black(&black, width, height, "bands", (int)num_bands, NULL), ==, 0);
    g_assert_cmpint(vips_linear(black, &image, ones, (double *)colour, (int)num_bands, NULL), ==,
                    0);
    g_assert_cmpint(vips_cast(image, &cast, format, NULL), ==, 0);
    g_assert_cmpint(vips_copy(cast, &tagged, "interpretation", interpretation, NULL), ==, 0);
    g_object_unref(black);
    g_object_unref(image);
    g_object_unref(cast);
    return tagged;
}

/* Takes IMAGE. SUFFIX with options, as libvips has it: ".png[compression=1]". */
static GBytes *
write_as(VipsImage *image, const char *suffix)
{
    void *data = NULL;
    size_t size = 0;
    if (vips_image_write_to_buffer(image, suffix, &data, &size, NULL) != 0) {
        g_error("%s: %s", suffix, vips_error_buffer());
    }
    g_object_unref(image);
    return g_bytes_new_take(data, size);
}

static bool
decode(PictureDecoder *decoder, GBytes *file, guint32 longest_side, Picture *ret_picture,
       GError **error)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(file, &size);
    const ImageLimits limits = fixture_limits();
    return decoder(data, size, &limits, longest_side, ret_picture, error);
}

static Picture
decoded(PictureDecoder *decoder, GBytes *file, guint32 longest_side)
{
    Picture picture = { 0 };
    g_autoptr(GError) error = NULL;
    (void)decode(decoder, file, longest_side, &picture, &error);
    g_assert_no_error(error);
    if (picture.colour != NULL) {
        colour_transform_planes(picture.colour, &picture.planes);
    }
    return picture;
}

/* The first pixel must be as near to R, G, B as the planes' eight bits allow, or TOLERANCE. */
static void
assert_colour(const Picture *picture, int r, int g, int b, int tolerance)
{
    g_autofree guint8 *rgb = g_malloc(3 * (gsize)picture->planes.width);
    colour_planes_to_rgb(&picture->planes, 0, rgb);
    g_assert_cmpint(ABS(rgb[0] - r), <=, tolerance);
    g_assert_cmpint(ABS(rgb[1] - g), <=, tolerance);
    g_assert_cmpint(ABS(rgb[2] - b), <=, tolerance);
}

static void
test_png_of_eight_bits(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(20, 10, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 200, 100, 50 }),
        ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 0);
    g_assert_cmpuint(picture.width, ==, 20);
    g_assert_cmpuint(picture.height, ==, 10);
    g_assert_false(picture.was_truncated);
    assert_colour(&picture, 200, 100, 50, 1);
}

static void
test_transparent_is_on_white(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, (double[]){ 255, 0, 0, 128 }),
        ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 0);
    assert_colour(&picture, 255, 127, 127, 1);
}

static void
test_grey_with_alpha_stays_grey(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_B_W, 2, (double[]){ 0, 51 }), ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 0);
    g_assert_cmpuint(picture.planes.num_planes, ==, 1);
    g_assert_cmpuint(picture.planes.data[0][0], ==, 204);
}

/* The colour behind what is fully transparent must not bleed into the rest when it is averaged. */
static void
test_hidden_colour_does_not_bleed(void)
{
    VipsImage *hidden =
        flat(32, 64, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, (double[]){ 255, 0, 255, 0 });
    VipsImage *shown = flat(32, 64, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4,
                            (double[]){ 255, 255, 255, 255 });
    VipsImage *both = NULL;
    g_assert_cmpint(vips_join(hidden, shown, &both, VIPS_DIRECTION_HORIZONTAL, NULL), ==, 0);
    g_object_unref(hidden);
    g_object_unref(shown);
    g_autoptr(GBytes) png = write_as(both, ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 7);
    for (guint32 y = 0; y < picture.planes.height; y++) {
        for (guint32 x = 0; x < picture.planes.width; x++) {
            g_assert_cmpuint(picture.planes.data[0][picture.planes.stride[0] * y + x], ==, 255);
            g_assert_cmpuint(picture.planes.data[1][picture.planes.stride[1] * y + x], ==, 128);
        }
    }
}

static void
test_sixteen_bits_are_rounded(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(8, 8, VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_GREY16, 1, (double[]){ 32768 }), ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 0);
    g_assert_cmpuint(picture.planes.data[0][0], ==, 128); /* 127.502; cut off it were 127 */
}

static void
test_palette_of_png(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 10, 200, 30 }),
        ".png[palette]");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 0);
    assert_colour(&picture, 10, 200, 30, 2);
}

static void
test_large_picture_is_shrunk_on_the_way(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(1000, 500, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 60, 70, 80 }),
        ".png");
    g_auto(Picture) picture = decoded(picture_decode_png, png, 100);
    g_assert_cmpuint(picture.width, ==, 1000); /* the source's */
    g_assert_cmpuint(picture.planes.width, ==, 200);
    g_assert_cmpuint(picture.planes.height, ==, 100);
    assert_colour(&picture, 60, 70, 80, 1);
}

/* PNG: a chunk behind the header. */
static GBytes *
with_chunk(GBytes *png, const char *type, const guint8 *body, guint32 size)
{
    gsize png_size;
    const guint8 *data = g_bytes_get_data(png, &png_size);
    GByteArray *out = g_byte_array_new();
    const guint8 length[] = { (guint8)(size >> 24), (guint8)(size >> 16), (guint8)(size >> 8),
                              (guint8)size };
    g_autoptr(GByteArray) checked = g_byte_array_new();
    g_byte_array_append(checked, (const guint8 *)type, 4);
    g_byte_array_append(checked, body, size);
    guint32 crc = 0xffffffff;
    for (guint i = 0; i < checked->len; i++) {
        crc ^= checked->data[i];
        for (guint bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
        }
    }
    crc = ~crc;
    const guint8 tail[] = { (guint8)(crc >> 24), (guint8)(crc >> 16), (guint8)(crc >> 8),
                            (guint8)crc };
    g_byte_array_append(out, data, 33);
    g_byte_array_append(out, length, 4);
    g_byte_array_append(out, checked->data, checked->len);
    g_byte_array_append(out, tail, 4);
    g_byte_array_append(out, data + 33, (guint)(png_size - 33));
    return g_byte_array_free_to_bytes(out);
}

static GBytes *
small_png(void)
{
    return write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 128, 128, 128 }),
        ".png");
}

static void
test_exif_of_png(void)
{
    g_autoptr(GBytes) png = small_png();
    g_autoptr(GBytes) exif = fixture_exif(6, true);
    gsize size;
    const guint8 *body = g_bytes_get_data(exif, &size);
    g_autoptr(GBytes) turned = with_chunk(png, "eXIf", body + 6, (guint32)size - 6);
    g_auto(Picture) picture = decoded(picture_decode_png, turned, 0);
    g_assert_cmpuint(picture.orientation, ==, 6);
    g_assert_true(picture.had_location);
}

static void
test_gamma_of_png(void)
{
    g_autoptr(GBytes) png = small_png();
    /* 1.0: the samples are linear, and half of the light is 188. */
    static const guint8 linear[] = { 0, 1, 0x86, 0xa0 };
    g_autoptr(GBytes) with_gamma = with_chunk(png, "gAMA", linear, 4);
    g_auto(Picture) picture = decoded(picture_decode_png, with_gamma, 0);
    assert_colour(&picture, 188, 188, 188, 1);
}

static void
test_cut_png_is_called_cut(void)
{
    g_autoptr(GBytes) png = write_as(
        flat(300, 300, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 200, 100, 50 }),
        ".png[compression=0]");
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(png, 0, g_bytes_get_size(png) / 2);
    g_auto(Picture) picture = decoded(picture_decode_png, cut, 0);
    g_assert_true(picture.was_truncated);
    assert_colour(&picture, 200, 100, 50, 1);
}

static void
test_lossless_webp_with_alpha(void)
{
    g_autoptr(GBytes) webp = write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 4, (double[]){ 0, 0, 255, 51 }),
        ".webp[lossless]");
    g_auto(Picture) picture = decoded(picture_decode_webp, webp, 0);
    assert_colour(&picture, 204, 204, 255, 1);
}

static void
test_large_webp_is_shrunk_while_loading(void)
{
    g_autoptr(GBytes) webp = write_as(
        flat(1000, 600, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 200, 100, 50 }),
        ".webp[lossless]");
    g_auto(Picture) picture = decoded(picture_decode_webp, webp, 100);
    g_assert_cmpuint(picture.width, ==, 1000);
    g_assert_cmpuint(picture.planes.width, ==, 200);
    assert_colour(&picture, 200, 100, 50, 1);
}

static void
test_cmyk_tiff(void)
{
    g_autoptr(GBytes) tiff = write_as(
        flat(8, 8, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_CMYK, 4, (double[]){ 0, 0, 0, 0 }),
        ".tif");
    g_auto(Picture) paper = decoded(picture_decode_tiff, tiff, 0);
    assert_colour(&paper, 255, 255, 255, 0);
}

static void
test_lab_tiff(void)
{
    g_autoptr(GBytes) tiff = write_as(flat(8, 8, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_LAB, 3,
                                           (double[]){ 54.29, 80.81, 69.89 }),
                                      ".tif");
    g_auto(Picture) red = decoded(picture_decode_tiff, tiff, 0);
    assert_colour(&red, 255, 0, 0, 6);
}

static void
test_turned_tiff(void)
{
    VipsImage *image =
        flat(20, 10, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 1, 2, 3 });
    vips_image_set_int(image, "orientation", 8);
    g_autoptr(GBytes) tiff = write_as(image, ".tif");
    g_auto(Picture) picture = decoded(picture_decode_tiff, tiff, 0);
    g_assert_cmpuint(picture.orientation, ==, 8);
}

static VipsImage *
two_pages(void)
{
    VipsImage *first =
        flat(16, 16, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 255, 0, 0 });
    VipsImage *second =
        flat(16, 16, VIPS_FORMAT_UCHAR, VIPS_INTERPRETATION_sRGB, 3, (double[]){ 0, 0, 255 });
    VipsImage *both = NULL;
    g_assert_cmpint(vips_join(first, second, &both, VIPS_DIRECTION_VERTICAL, NULL), ==, 0);
    g_object_unref(first);
    g_object_unref(second);
    VipsImage *pages = NULL;
    g_assert_cmpint(vips_copy(both, &pages, NULL), ==, 0);
    g_object_unref(both);
    vips_image_set_int(pages, "page-height", 16);
    return pages;
}

typedef struct {
    const char *suffix;
    PictureDecoder *decoder;
} Animated;

static const Animated animated[] = {
    { ".tif", picture_decode_tiff },
    { ".gif", picture_decode_gif },
    { ".webp[lossless]", picture_decode_webp },
};

static void
test_first_frame_only(gconstpointer data)
{
    const Animated *a = data;
    g_autoptr(GBytes) file = write_as(two_pages(), a->suffix);
    g_auto(Picture) picture = decoded(a->decoder, file, 0);
    g_assert_cmpuint(picture.num_frames, ==, 2);
    g_assert_cmpuint(picture.height, ==, 16);
    assert_colour(&picture, 255, 0, 0, 2);
    for (guint32 y = 1; y < 16; y++) { /* no pixel of the second */
        g_assert_cmpuint(picture.planes.data[2][picture.planes.stride[2] * y], >, 200);
    }
}

static void
test_too_many_frames(gconstpointer data)
{
    const Animated *a = data;
    g_autoptr(GBytes) file = write_as(two_pages(), a->suffix);
    ImageLimits limits = fixture_limits();
    limits.max_frames = 1;
    g_auto(Picture) picture = { 0 };
    g_autoptr(GError) error = NULL;
    gsize size;
    const guint8 *bytes = g_bytes_get_data(file, &size);
    g_assert_false(a->decoder(bytes, size, &limits, 0, &picture, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "has 2 frames (limit image.max-frames, 1)");
}

static void
test_too_many_pixels(void)
{
    g_autoptr(GBytes) png = small_png();
    ImageLimits limits = fixture_limits();
    limits.max_pixels = 63;
    g_auto(Picture) picture = { 0 };
    g_autoptr(GError) error = NULL;
    gsize size;
    const guint8 *data = g_bytes_get_data(png, &size);
    g_assert_false(picture_decode_png(data, size, &limits, 0, &picture, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "has 8x8 pixels (limit image.max-pixels, 63)");
}

static void
test_damaged_beyond_use(void)
{
    static const char bytes[] = "\x89PNG\r\n\x1a\n and then nothing that is one";
    g_autoptr(GBytes) png = g_bytes_new_static(bytes, sizeof bytes);
    g_auto(Picture) picture = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(decode(picture_decode_png, png, 0, &picture, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_camera_raw_is_named(void)
{
    /* A TIFF directory with a DNG version. */
    static const guint8 dng[] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0xc6, 1,
                                  0,   4,   0,  0, 0, 1, 4, 0, 0, 0, 0,    0,    0 };
    g_autoptr(GBytes) file = g_bytes_new_static(dng, sizeof dng);
    g_auto(Picture) picture = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(decode(picture_decode_tiff, file, 0, &picture, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
    g_assert_cmpstr(error->message, ==, "is a camera raw file, not a photo that can be used");
}

static void
test_other_loaders_are_blocked(void)
{
    static const char ppm[] = "P6 1 1 255\n123";
    VipsImage *image = vips_image_new_from_buffer(ppm, sizeof ppm - 1, "", NULL);
    g_assert_null(image);
    vips_error_clear();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* libvips warns of damage, which some of these files have. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    g_assert_true(image_init(NULL));
    g_test_add_func("/decode/png/eight-bits", test_png_of_eight_bits);
    g_test_add_func("/decode/png/transparent-is-on-white", test_transparent_is_on_white);
    g_test_add_func("/decode/png/grey-with-alpha", test_grey_with_alpha_stays_grey);
    g_test_add_func("/decode/png/hidden-colour", test_hidden_colour_does_not_bleed);
    g_test_add_func("/decode/png/sixteen-bits", test_sixteen_bits_are_rounded);
    g_test_add_func("/decode/png/palette", test_palette_of_png);
    g_test_add_func("/decode/png/shrunk", test_large_picture_is_shrunk_on_the_way);
    g_test_add_func("/decode/png/exif", test_exif_of_png);
    g_test_add_func("/decode/png/gamma", test_gamma_of_png);
    g_test_add_func("/decode/png/cut", test_cut_png_is_called_cut);
    g_test_add_func("/decode/png/too-many-pixels", test_too_many_pixels);
    g_test_add_func("/decode/png/damaged", test_damaged_beyond_use);
    g_test_add_func("/decode/webp/alpha", test_lossless_webp_with_alpha);
    g_test_add_func("/decode/webp/shrunk", test_large_webp_is_shrunk_while_loading);
    g_test_add_func("/decode/tiff/cmyk", test_cmyk_tiff);
    g_test_add_func("/decode/tiff/lab", test_lab_tiff);
    g_test_add_func("/decode/tiff/turned", test_turned_tiff);
    g_test_add_func("/decode/tiff/camera-raw", test_camera_raw_is_named);
    for (gsize i = 0; i < G_N_ELEMENTS(animated); i++) {
        g_autofree char *first =
            g_strdup_printf("/decode/first-frame/%.4s", animated[i].suffix + 1);
        g_autofree char *many = g_strdup_printf("/decode/frame-limit/%.4s", animated[i].suffix + 1);
        g_test_add_data_func(first, &animated[i], test_first_frame_only);
        g_test_add_data_func(many, &animated[i], test_too_many_frames);
    }
    g_test_add_func("/decode/other-loaders-are-blocked", test_other_loaders_are_blocked);
    return g_test_run();
}

#include "image/jpeg_markers.h"

#include "base/error.h"
#include "image/jpeg_fixture.h"
#include "image/jpeg_segments.h"

#include <string.h>

static GError *
parse_error(GBytes *jpeg, const ImageLimits *limits)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = { 0 };
    GError *error = NULL;
    g_assert_false(jpeg_parse(data, size, limits, &info, &error));
    g_assert_nonnull(error);
    return error;
}

static void
test_baseline(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .width = 101, .height = 67, .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2 });
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpuint(info.width, ==, 101);
    g_assert_cmpuint(info.height, ==, 67);
    g_assert_cmpint(info.color, ==, JPEG_COLOR_YCBCR);
    g_assert_cmpuint(info.components[0].h, ==, 2);
    g_assert_cmpuint(info.components[0].v, ==, 2);
    g_assert_cmpuint(info.components[1].h, ==, 1);
    g_assert_cmpuint(info.num_scans, ==, 1);
    g_assert_false(info.is_progressive);
    g_assert_false(info.is_truncated);
    g_assert_true(info.has_jfif);
    g_assert_cmpuint(info.num_bytes_after, ==, 0);
    g_assert_cmpuint(info.num_stray_bytes, ==, 0);
    g_assert_cmpint(info.icc_state, ==, JPEG_ICC_NONE);
}

static void
test_progressive_scans_are_counted(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .is_progressive = true });
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_true(info.is_progressive);
    g_assert_cmpuint(info.num_scans, ==, 10);
}

static void
test_too_many_scans(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .is_progressive = true });
    ImageLimits limits = fixture_limits();
    limits.max_scans = 9;
    g_autoptr(GError) error = parse_error(jpeg, &limits);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_nonnull(strstr(error->message, "image.max-scans"));
}

static void
test_too_many_pixels(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .width = 64, .height = 48 });
    ImageLimits limits = fixture_limits();
    limits.max_pixels = 64 * 48 - 1;
    g_autoptr(GError) error = parse_error(jpeg, &limits);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    limits.max_pixels = 64 * 48;
    limits.max_side = 63;
    g_autoptr(GError) side_error = parse_error(jpeg, &limits);
    g_assert_error(side_error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_colors(void)
{
    static const JpegColor colors[] = { JPEG_COLOR_GREY, JPEG_COLOR_YCBCR, JPEG_COLOR_RGB,
                                        JPEG_COLOR_CMYK, JPEG_COLOR_YCCK };
    for (guint i = 0; i < G_N_ELEMENTS(colors); i++) {
        g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = colors[i] });
        g_auto(JpegInfo) info = fixture_parse(jpeg);
        g_assert_cmpint(info.color, ==, colors[i]);
    }
}

static void
test_rgb_by_component_names(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_RGB, .has_no_adobe = true });
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_false(info.has_adobe);
    g_assert_cmpint(info.color, ==, JPEG_COLOR_RGB);
}

static void
test_exif(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) exif = fixture_exif(6, true);
    g_autoptr(GBytes) jpeg = fixture_insert(plain, 2, JPEG_MARKER_APP1,
                                            g_bytes_get_data(exif, NULL), g_bytes_get_size(exif));
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpuint(info.exif.orientation, ==, 6);
    g_assert_true(info.had_location);
}

static void
test_location_in_xmp(void)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='48,8.1N'/>";
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) jpeg = fixture_insert(plain, 2, JPEG_MARKER_APP1, xmp, sizeof xmp);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_true(info.had_location);
}

static GBytes *
with_icc_piece(GBytes *jpeg, guint8 number, guint8 num_pieces, const char *text)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_byte_array_append(body, (const guint8 *)"ICC_PROFILE", 12);
    g_byte_array_append(body, &number, 1);
    g_byte_array_append(body, &num_pieces, 1);
    g_byte_array_append(body, (const guint8 *)text, (guint)strlen(text));
    return fixture_insert(jpeg, 2, JPEG_MARKER_APP2, body->data, body->len);
}

static void
test_icc_in_any_order(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) first = with_icc_piece(plain, 1, 3, "one ");
    g_autoptr(GBytes) third = with_icc_piece(first, 3, 3, "three");
    g_autoptr(GBytes) jpeg = with_icc_piece(third, 2, 3, "two ");
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpint(info.icc_state, ==, JPEG_ICC_WHOLE);
    g_assert_cmpmem(g_bytes_get_data(info.icc, NULL), g_bytes_get_size(info.icc), "one two three",
                    13);
}

static void
test_icc_with_a_piece_missing(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) jpeg = with_icc_piece(plain, 2, 2, "two");
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpint(info.icc_state, ==, JPEG_ICC_BROKEN);
    g_assert_null(info.icc);
}

static void
test_icc_with_a_piece_twice(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) once = with_icc_piece(plain, 1, 1, "one");
    g_autoptr(GBytes) jpeg = with_icc_piece(once, 1, 1, "uno");
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpint(info.icc_state, ==, JPEG_ICC_BROKEN);
}

static void
test_bytes_after_the_end(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    gsize size = g_bytes_get_size(plain);
    g_autoptr(GBytes) second = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_GREY });
    g_autoptr(GBytes) jpeg =
        fixture_splice(plain, size, g_bytes_get_data(second, NULL), g_bytes_get_size(second));
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpuint(info.end, ==, size);
    g_assert_cmpuint(info.num_bytes_after, ==, g_bytes_get_size(second));
    g_assert_cmpint(info.color, ==, JPEG_COLOR_YCBCR);
    g_assert_false(info.is_truncated);
}

static void
test_other_pictures_are_announced(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) jpeg = fixture_insert(plain, 2, JPEG_MARKER_APP2, "MPF\0MM", 6);
    g_auto(JpegInfo) without = fixture_parse(plain);
    g_auto(JpegInfo) with = fixture_parse(jpeg);
    g_assert_false(without.has_other_pictures);
    g_assert_true(with.has_other_pictures);
}

static void
test_cut_short(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) half = g_bytes_new_from_bytes(jpeg, 0, g_bytes_get_size(jpeg) - 2);
    g_auto(JpegInfo) info = fixture_parse(half);
    g_assert_true(info.is_truncated);
    g_assert_cmpuint(info.end, ==, g_bytes_get_size(half));
}

static void
test_cut_anywhere(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .width = 16, .height = 16, .is_progressive = true });
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    gsize first_scan = fixture_find(jpeg, JPEG_MARKER_SOS, 0);
    ImageLimits limits = fixture_limits();
    for (gsize length = 0; length < size; length++) {
        g_autofree guint8 *copy = g_memdup2(data, length);
        g_auto(JpegInfo) info = { 0 };
        bool ok = jpeg_parse(copy, length, &limits, &info, NULL);
        g_assert_true(!ok || info.is_truncated);
        g_assert_true(ok || length < first_scan + 10);
    }
}

static void
test_garbage_between_segments(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    gsize at = fixture_find(plain, JPEG_MARKER_SOF0, 0);
    g_autoptr(GBytes) jpeg = fixture_splice(plain, at, "hello", 5);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpuint(info.num_stray_bytes, ==, 5);
    g_assert_cmpuint(info.width, ==, 64);
}

static void
test_not_a_jpeg(void)
{
    g_autoptr(GBytes) text = g_bytes_new_static("GIF89a", 6);
    ImageLimits limits = fixture_limits();
    g_autoptr(GError) error = parse_error(text, &limits);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_lossless_is_not_handled(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ 0 });
    gsize size;
    guint8 *data = g_bytes_unref_to_data(g_bytes_ref(jpeg), &size);
    data[fixture_find(jpeg, JPEG_MARKER_SOF0, 0) + 1] = 0xc3;
    g_autoptr(GBytes) lossless = g_bytes_new_take(data, size);
    ImageLimits limits = fixture_limits();
    g_autoptr(GError) error = parse_error(lossless, &limits);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/jpeg-markers/baseline", test_baseline);
    g_test_add_func("/image/jpeg-markers/progressive", test_progressive_scans_are_counted);
    g_test_add_func("/image/jpeg-markers/too-many-scans", test_too_many_scans);
    g_test_add_func("/image/jpeg-markers/too-many-pixels", test_too_many_pixels);
    g_test_add_func("/image/jpeg-markers/colors", test_colors);
    g_test_add_func("/image/jpeg-markers/rgb-by-names", test_rgb_by_component_names);
    g_test_add_func("/image/jpeg-markers/exif", test_exif);
    g_test_add_func("/image/jpeg-markers/location-in-xmp", test_location_in_xmp);
    g_test_add_func("/image/jpeg-markers/icc-in-any-order", test_icc_in_any_order);
    g_test_add_func("/image/jpeg-markers/icc-piece-missing", test_icc_with_a_piece_missing);
    g_test_add_func("/image/jpeg-markers/icc-piece-twice", test_icc_with_a_piece_twice);
    g_test_add_func("/image/jpeg-markers/bytes-after-the-end", test_bytes_after_the_end);
    g_test_add_func("/image/jpeg-markers/other-pictures", test_other_pictures_are_announced);
    g_test_add_func("/image/jpeg-markers/cut-short", test_cut_short);
    g_test_add_func("/image/jpeg-markers/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/image/jpeg-markers/garbage-between", test_garbage_between_segments);
    g_test_add_func("/image/jpeg-markers/not-a-jpeg", test_not_a_jpeg);
    g_test_add_func("/image/jpeg-markers/lossless", test_lossless_is_not_handled);
    return g_test_run();
}

#include "base/error.h"
#include "image/jpeg_decode.h"
#include "image/jpeg_fixture.h"
#include "image/jpeg_segments.h"

#include <string.h>

static const char secret[] = "SECRET-of-the-seller";

static GBytes *
carry_over(GBytes *jpeg)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_cmpstr(jpeg_carry_over_obstacle(&info), ==, NULL);
    g_autoptr(GError) error = NULL;
    GBytes *carried = jpeg_carry_over(data, size, &info, &error);
    g_assert_no_error(error);
    return carried;
}

static void
decode(GBytes *jpeg, ImagePlanes *ret_planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegDecodeReport report;
    g_autoptr(GError) error = NULL;
    bool ok = jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, ret_planes, &report,
                                 &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void
assert_same_pixels(GBytes *a, GBytes *b)
{
    g_auto(ImagePlanes) planes_a = { 0 };
    g_auto(ImagePlanes) planes_b = { 0 };
    decode(a, &planes_a);
    decode(b, &planes_b);
    g_assert_cmpuint(planes_a.num_planes, ==, planes_b.num_planes);
    for (guint i = 0; i < planes_a.num_planes; i++) {
        guint32 width = image_planes_width(&planes_a, i);
        g_assert_cmpuint(width, ==, image_planes_width(&planes_b, i));
        for (guint32 y = 0; y < image_planes_height(&planes_a, i); y++) {
            g_assert_cmpmem(planes_a.data[i] + planes_a.stride[i] * y, width,
                            planes_b.data[i] + planes_b.stride[i] * y, width);
        }
    }
}

/* LST-18: nothing but what a decoder needs. */
static void
assert_bare(GBytes *jpeg)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_assert_null(memmem(data, size, secret, strlen(secret)));
    JpegSegments segments;
    JpegSegment segment = { 0 };
    g_assert_true(jpeg_segments_init(&segments, data, size));
    for (guint i = 0; jpeg_segments_next(&segments, &segment); i++) {
        switch (segment.marker) {
        case JPEG_MARKER_APP0:
            g_assert_cmpuint(i, ==, 0);
            g_assert_cmpuint(segment.body_size, ==, 14);
            break;
        case JPEG_MARKER_SOF0:
        case JPEG_MARKER_SOF1:
        case JPEG_MARKER_SOF2:
        case JPEG_MARKER_DQT:
        case JPEG_MARKER_DHT:
        case JPEG_MARKER_DRI:
        case JPEG_MARKER_SOS:
        case JPEG_MARKER_EOI:
            break;
        default:
            g_error("marker %02x", segment.marker);
        }
    }
    g_assert_cmpuint(segment.marker, ==, JPEG_MARKER_EOI);
    g_assert_cmpuint(segments.at, ==, size);
    g_assert_cmpuint(segments.num_stray_bytes, ==, 0);
}

static void
test_every_make_keeps_its_pixels(void)
{
    static const guint8 samplings[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 2, 2 }, { 4, 1 } };
    for (guint i = 0; i < G_N_ELEMENTS(samplings) * 8; i++) {
        Fixture fixture = { .width = 77,
                            .height = 51,
                            .color = i & 1 ? JPEG_COLOR_YCBCR : JPEG_COLOR_GREY,
                            .is_progressive = i & 2,
                            .restart_interval = i & 4 ? 3 : 0,
                            .h = samplings[i / 8][0],
                            .v = samplings[i / 8][1] };
        g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
        g_autoptr(GBytes) carried = carry_over(jpeg);
        assert_bare(carried);
        assert_same_pixels(jpeg, carried);
    }
}

static void
test_entropy_coded_data_are_untouched(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2 });
    g_autoptr(GBytes) carried = carry_over(jpeg);
    gsize size;
    gsize carried_size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    const guint8 *carried_data = g_bytes_get_data(carried, &carried_size);
    gsize from = fixture_find(jpeg, JPEG_MARKER_SOS, 0);
    gsize carried_from = fixture_find(carried, JPEG_MARKER_SOS, 0);
    g_assert_cmpmem(data + from, size - from, carried_data + carried_from,
                    carried_size - carried_from);
}

/* What is put in at each of these places must be gone, and the pixels as before. */
static void
assert_removed(GBytes *plain, GBytes *spoiled)
{
    g_autoptr(GBytes) carried = carry_over(spoiled);
    assert_bare(carried);
    assert_same_pixels(plain, carried);
}

static void
test_segments_are_removed(void)
{
    static const guint8 markers[] = {
        JPEG_MARKER_APP0, JPEG_MARKER_APP1, JPEG_MARKER_APP2, 0xeb, 0xed, 0xef, 0xfe, 0xf0
    };
    g_autoptr(GBytes) plain =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .is_progressive = true });
    gsize places[] = { 2, fixture_find(plain, JPEG_MARKER_SOF2, 0),
                       fixture_find(plain, JPEG_MARKER_SOS, 0),
                       fixture_find(plain, JPEG_MARKER_SOS, 3), g_bytes_get_size(plain) - 2 };
    for (guint i = 0; i < G_N_ELEMENTS(markers); i++) {
        for (guint j = 0; j < G_N_ELEMENTS(places); j++) {
            g_autoptr(GBytes) spoiled =
                fixture_insert(plain, places[j], markers[i], secret, sizeof secret);
            assert_removed(plain, spoiled);
        }
    }
}

static void
test_exif_with_a_thumbnail_is_removed(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) exif = fixture_exif(1, true);
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_byte_array_append(body, g_bytes_get_data(exif, NULL), (guint)g_bytes_get_size(exif));
    g_byte_array_append(body, g_bytes_get_data(plain, NULL), (guint)g_bytes_get_size(plain));
    g_autoptr(GBytes) spoiled = fixture_insert(plain, 2, JPEG_MARKER_APP1, body->data, body->len);
    assert_removed(plain, spoiled);
}

static void
test_bytes_outside_segments_are_removed(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    gsize places[] = { fixture_find(plain, JPEG_MARKER_DQT, 0),
                       fixture_find(plain, JPEG_MARKER_SOF0, 0), g_bytes_get_size(plain) };
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GBytes) spoiled = fixture_splice(plain, places[i], secret, sizeof secret);
        assert_removed(plain, spoiled);
    }
}

static void
test_fill_bytes_before_a_marker_are_removed(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) clean = carry_over(plain);
    g_autoptr(GBytes) spoiled =
        fixture_splice(plain, g_bytes_get_size(plain) - 2, "\xff\xff\xff", 3);
    g_autoptr(GBytes) carried = carry_over(spoiled);
    g_assert_true(g_bytes_equal(clean, carried));
}

static void
test_tables_that_no_scan_uses_are_removed(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    guint8 quantizer[65];
    memset(quantizer, 1, sizeof quantizer);
    quantizer[0] = 3;
    memcpy(quantizer + 1, secret, sizeof secret);
    guint8 codes[17 + sizeof secret] = { 0x13 };
    codes[8] = sizeof secret;
    memcpy(codes + 17, secret, sizeof secret);
    gsize at = fixture_find(plain, JPEG_MARKER_SOS, 0);
    g_autoptr(GBytes) with_quantizer =
        fixture_insert(plain, at, JPEG_MARKER_DQT, quantizer, sizeof quantizer);
    g_autoptr(GBytes) with_codes = fixture_insert(plain, at, JPEG_MARKER_DHT, codes, sizeof codes);
    assert_removed(plain, with_quantizer);
    assert_removed(plain, with_codes);
}

static void
test_table_that_is_replaced_before_use_is_removed(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    guint8 quantizer[65];
    memset(quantizer, 1, sizeof quantizer);
    quantizer[0] = 0;
    memcpy(quantizer + 1, secret, sizeof secret);
    gsize at = fixture_find(plain, JPEG_MARKER_DQT, 0);
    g_autoptr(GBytes) spoiled =
        fixture_insert(plain, at, JPEG_MARKER_DQT, quantizer, sizeof quantizer);
    assert_removed(plain, spoiled);
}

static void
test_component_names_are_replaced(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    gsize size;
    guint8 *data = g_bytes_unref_to_data(g_bytes_ref(jpeg), &size);
    gsize frame = fixture_find(jpeg, JPEG_MARKER_SOF0, 0);
    gsize scan = fixture_find(jpeg, JPEG_MARKER_SOS, 0);
    for (guint i = 0; i < 3; i++) {
        data[frame + 10 + 3 * i] = data[scan + 5 + 2 * i] = (guint8) "GPS"[i];
    }
    g_autoptr(GBytes) renamed = g_bytes_new_take(data, size);
    g_autoptr(GBytes) carried = carry_over(renamed);
    g_autoptr(GBytes) expected = carry_over(jpeg);
    g_assert_true(g_bytes_equal(carried, expected));
}

static void
test_carried_over_twice_is_the_same(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .color = JPEG_COLOR_YCBCR, .is_progressive = true, .restart_interval = 2 });
    g_autoptr(GBytes) once = carry_over(jpeg);
    g_autoptr(GBytes) twice = carry_over(once);
    g_assert_true(g_bytes_equal(once, twice));
}

static void
assert_obstacle(GBytes *jpeg)
{
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    g_assert_nonnull(jpeg_carry_over_obstacle(&info));
}

static void
test_colors_of_print_are_an_obstacle(void)
{
    static const JpegColor colors[] = { JPEG_COLOR_RGB, JPEG_COLOR_CMYK, JPEG_COLOR_YCCK };
    for (guint i = 0; i < G_N_ELEMENTS(colors); i++) {
        g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = colors[i] });
        assert_obstacle(jpeg);
    }
}

static void
test_orientation_is_an_obstacle(void)
{
    g_autoptr(GBytes) plain = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) exif = fixture_exif(8, false);
    g_autoptr(GBytes) jpeg = fixture_insert(plain, 2, JPEG_MARKER_APP1,
                                            g_bytes_get_data(exif, NULL), g_bytes_get_size(exif));
    assert_obstacle(jpeg);
}

static void
test_arithmetic_coding_is_an_obstacle(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .is_arithmetic = true });
    assert_obstacle(jpeg);
}

static void
test_a_missing_end_is_an_obstacle(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ 0 });
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(jpeg, 0, g_bytes_get_size(jpeg) - 2);
    assert_obstacle(cut);
}

static void
test_fill_bytes_inside_a_scan_are_an_obstacle(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .restart_interval = 1 });
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    const guint8 *restart = memmem(data, size, "\xff\xd0", 2);
    g_assert_nonnull(restart);
    g_autoptr(GBytes) spoiled = fixture_splice(jpeg, (gsize)(restart - data), "\xff\xff", 2);
    assert_obstacle(spoiled);
}

static void
test_bytes_behind_the_last_block_are_warned_of(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR });
    gsize end = g_bytes_get_size(jpeg) - 2;
    g_autoptr(GBytes) spoiled = fixture_splice(jpeg, end, secret, sizeof secret);
    gsize size;
    const guint8 *data = g_bytes_get_data(spoiled, &size);
    g_auto(JpegInfo) info = fixture_parse(spoiled);
    g_auto(ImagePlanes) planes = { 0 };
    JpegDecodeReport report = { 0 };
    g_assert_true(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, &planes, &report, NULL));
    g_assert_cmpuint(report.num_warnings, >, 0);
}

static void
test_missing_tables_are_an_error(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ 0 });
    gsize at = fixture_find(jpeg, JPEG_MARKER_DQT, 0);
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_autoptr(GByteArray) cut = g_byte_array_new();
    g_byte_array_append(cut, data, (guint)at);
    g_byte_array_append(cut, data + at + 69, (guint)(size - at - 69));
    g_autoptr(GBytes) without = g_bytes_new(cut->data, cut->len);
    g_auto(JpegInfo) info = fixture_parse(without);
    g_autoptr(GError) error = NULL;
    g_assert_null(jpeg_carry_over(cut->data, cut->len, &info, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/carry-over/every-make", test_every_make_keeps_its_pixels);
    g_test_add_func("/image/carry-over/data-untouched", test_entropy_coded_data_are_untouched);
    g_test_add_func("/image/carry-over/segments", test_segments_are_removed);
    g_test_add_func("/image/carry-over/thumbnail", test_exif_with_a_thumbnail_is_removed);
    g_test_add_func("/image/carry-over/outside", test_bytes_outside_segments_are_removed);
    g_test_add_func("/image/carry-over/fill", test_fill_bytes_before_a_marker_are_removed);
    g_test_add_func("/image/carry-over/unused-tables", test_tables_that_no_scan_uses_are_removed);
    g_test_add_func("/image/carry-over/replaced-tables",
                    test_table_that_is_replaced_before_use_is_removed);
    g_test_add_func("/image/carry-over/component-names", test_component_names_are_replaced);
    g_test_add_func("/image/carry-over/twice", test_carried_over_twice_is_the_same);
    g_test_add_func("/image/carry-over/print-colors", test_colors_of_print_are_an_obstacle);
    g_test_add_func("/image/carry-over/orientation", test_orientation_is_an_obstacle);
    g_test_add_func("/image/carry-over/arithmetic", test_arithmetic_coding_is_an_obstacle);
    g_test_add_func("/image/carry-over/missing-end", test_a_missing_end_is_an_obstacle);
    g_test_add_func("/image/carry-over/fill-inside", test_fill_bytes_inside_a_scan_are_an_obstacle);
    g_test_add_func("/image/carry-over/behind-last-block",
                    test_bytes_behind_the_last_block_are_warned_of);
    g_test_add_func("/image/carry-over/missing-tables", test_missing_tables_are_an_error);
    return g_test_run();
}

/* LST-18: what a worker that was taken over could hand back. */
#include "image/output_check.h"

#include "base/error.h"
#include "image/jpeg_fixture.h"

#include <string.h>

static const char secret[] = "SECRET-of-the-seller";

static GBytes *
drawing(void)
{
    return fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2 });
}

static void
assert_bare(GBytes *jpeg)
{
    gsize size;
    const char *data = g_bytes_get_data(jpeg, &size);
    g_assert_null(memmem(data, size, secret, strlen(secret)));
}

static void
test_what_is_clean_stays_byte_for_byte(void)
{
    g_autoptr(GBytes) jpeg = drawing();
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) once = output_check(jpeg, 64, 48, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) twice = output_check(once, 64, 48, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(once, twice));
}

static void
test_segments_are_left_behind(void)
{
    static const guint8 markers[] = { 0xe1, 0xe2, 0xed, 0xfe };
    for (guint i = 0; i < G_N_ELEMENTS(markers); i++) {
        g_autoptr(GBytes) jpeg = drawing();
        g_autoptr(GBytes) marked = fixture_insert(jpeg, 2, markers[i], secret, sizeof secret);
        g_autoptr(GBytes) checked = output_check(marked, 64, 48, NULL);
        g_assert_nonnull(checked);
        assert_bare(checked);
    }
}

static void
test_what_follows_the_end_is_left_behind(void)
{
    g_autoptr(GBytes) jpeg = drawing();
    g_autoptr(GBytes) longer = fixture_splice(jpeg, g_bytes_get_size(jpeg), secret, sizeof secret);
    g_autoptr(GBytes) checked = output_check(longer, 64, 48, NULL);
    g_assert_nonnull(checked);
    assert_bare(checked);
}

static void
test_what_is_no_clean_picture_is_refused(void)
{
    g_autoptr(GBytes) jpeg = drawing();
    g_autoptr(GBytes) text = g_bytes_new_static(secret, sizeof secret);
    g_autoptr(GBytes) cmyk = fixture_jpeg(&(Fixture){ .color = JPEG_COLOR_CMYK });
    g_autoptr(GBytes) exif = fixture_exif(6, false);
    g_autoptr(GBytes) lying =
        fixture_insert(jpeg, 2, 0xe1, g_bytes_get_data(exif, NULL), g_bytes_get_size(exif));
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(jpeg, 0, g_bytes_get_size(jpeg) / 2);
    const struct {
        GBytes *jpeg;
        guint32 width;
    } cases[] = { { text, 64 }, { cmyk, 64 }, { lying, 64 }, { cut, 64 }, { jpeg, 63 } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(output_check(cases[i].jpeg, cases[i].width, 48, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/output-check/clean-stays", test_what_is_clean_stays_byte_for_byte);
    g_test_add_func("/output-check/segments", test_segments_are_left_behind);
    g_test_add_func("/output-check/after-the-end", test_what_follows_the_end_is_left_behind);
    g_test_add_func("/output-check/refused", test_what_is_no_clean_picture_is_refused);
    return g_test_run();
}

#include "image/exif.h"

#include "image/jpeg_fixture.h"

#include <string.h>

static ExifFacts
facts_of(GBytes *exif_segment)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(exif_segment, &size);
    return exif_facts(data + 6, size - 6);
}

static void
test_orientation(void)
{
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        g_autoptr(GBytes) exif = fixture_exif(orientation, false);
        g_assert_cmpuint(facts_of(exif).orientation, ==, orientation);
    }
}

static void
test_orientation_outside_the_standard_is_upright(void)
{
    g_autoptr(GBytes) zero = fixture_exif(0, false);
    g_autoptr(GBytes) nine = fixture_exif(9, false);
    g_assert_cmpuint(facts_of(zero).orientation, ==, 1);
    g_assert_cmpuint(facts_of(nine).orientation, ==, 1);
}

static void
test_little_endian(void)
{
    static const guint8 tiff[] = { 'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3,
                                   0,   1,   0,   0, 0, 6, 0, 0, 0, 0, 0,    0,    0 };
    g_assert_cmpuint(exif_facts(tiff, sizeof tiff).orientation, ==, 6);
}

static void
test_location(void)
{
    g_autoptr(GBytes) with = fixture_exif(1, true);
    g_autoptr(GBytes) version_only = fixture_exif(1, false);
    g_assert_true(facts_of(with).has_location);
    g_assert_false(facts_of(version_only).has_location);
}

static void
test_adobe_rgb_by_interoperability_index(void)
{
    static const guint8 tiff[] = {
        'M', 'M', 0,    '*',  0,   0,  0, 8, /* header */
        0,   1,   0x87, 0x69, 0,   4,  0, 0,
        0,   1,   0,    0,    0,   26, /* main: EXIF at 26 */
        0,   0,   0,    0,             /**/
        0,   1,   0xa0, 0x05, 0,   4,  0, 0,
        0,   1,   0,    0,    0,   44, /* EXIF: interoperability at 44 */
        0,   0,   0,    0,             /**/
        0,   1,   0x00, 0x01, 0,   2,  0, 0,
        0,   4,   'R',  '0',  '3', 0, /* its index */
        0,   0,   0,    0,
    };
    g_assert_true(exif_facts(tiff, sizeof tiff).is_adobe_rgb);
    guint8 srgb[sizeof tiff];
    memcpy(srgb, tiff, sizeof tiff);
    srgb[56] = '9'; /* R98 */
    g_assert_false(exif_facts(srgb, sizeof srgb).is_adobe_rgb);
}

static void
test_cut_anywhere(void)
{
    g_autoptr(GBytes) exif = fixture_exif(3, true);
    gsize size;
    const guint8 *data = g_bytes_get_data(exif, &size);
    for (gsize length = 0; length < size - 6; length++) {
        /* A block of just this size, for AddressSanitizer. */
        g_autofree guint8 *copy = g_memdup2(data + 6, length);
        guint8 orientation = exif_facts(copy, length).orientation;
        g_assert_true(orientation == 1 || orientation == 3);
    }
}

static void
test_directory_that_is_its_own_gps_directory(void)
{
    static const guint8 tiff[] = { 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x88, 0x25, 0,
                                   4,   0,   0, 0,   1, 0, 0, 0, 8, 0, 0,    0,    0 };
    g_assert_true(exif_facts(tiff, sizeof tiff).has_location);
}

static void
put_entry(guint8 *at, guint16 tag, guint32 value)
{
    const guint8 entry[] = {
        tag >> 8, tag & 0xff, 0, 4, 0, 0, 0, 1, 0, 0, value >> 8, value & 0xff
    };
    memcpy(at, entry, sizeof entry);
}

/* What comes behind the last entry that is read is not seen, also when it was a directory inside
 * another one that used them up. */
static void
test_number_of_entries_is_bounded_over_all_directories(void)
{
    const guint num_entries = 3000;
    const gsize main_at = 8, exif_at = 38, gps_at = 40 + 12 * (gsize)num_entries;
    const gsize size = gps_at + 14;
    g_autofree guint8 *tiff = g_malloc0(size);
    memcpy(tiff, "MM\0*\0\0\0\10\0\2", 10);
    put_entry(tiff + main_at + 2, 0x8769, (guint32)exif_at);
    put_entry(tiff + main_at + 14, 0x8825, (guint32)gps_at);
    tiff[exif_at] = num_entries >> 8;
    tiff[exif_at + 1] = num_entries & 0xff;
    tiff[gps_at + 1] = 1;
    put_entry(tiff + gps_at + 2, 0x0002, 0);
    g_assert_false(exif_facts(tiff, size).has_location);
    tiff[exif_at] = 0;
    g_assert_true(exif_facts(tiff, size).has_location);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/exif/orientation", test_orientation);
    g_test_add_func("/image/exif/orientation-outside-the-standard",
                    test_orientation_outside_the_standard_is_upright);
    g_test_add_func("/image/exif/little-endian", test_little_endian);
    g_test_add_func("/image/exif/location", test_location);
    g_test_add_func("/image/exif/adobe-rgb", test_adobe_rgb_by_interoperability_index);
    g_test_add_func("/image/exif/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/image/exif/own-directory", test_directory_that_is_its_own_gps_directory);
    g_test_add_func("/image/exif/entries-are-bounded",
                    test_number_of_entries_is_bounded_over_all_directories);
    return g_test_run();
}

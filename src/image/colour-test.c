/* Colours against the published numbers of their spaces, computed here in floating point. */
#include "image/colour.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

typedef struct {
    double m[3][3];
} Matrix;

/* RGB of Display P3 and of ProPhoto (ROMM, adapted from D50 by Bradford) to that of sRGB, linear.
 */
static const Matrix p3_to_srgb = { { { 1.2249402, -0.2249404, 0 },
                                     { -0.0420569, 1.0420571, 0 },
                                     { -0.0196376, -0.0786361, 1.0982735 } } };

static double
srgb_decode(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double
srgb_encode(double value)
{
    value = CLAMP(value, 0, 1);
    return value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055;
}

static void
p3_expected(const guint8 *p3, double *ret_srgb)
{
    for (guint i = 0; i < 3; i++) {
        double sum = 0;
        for (guint c = 0; c < 3; c++) {
            sum += p3_to_srgb.m[i][c] * srgb_decode(p3[c] / 255.0);
        }
        ret_srgb[i] = srgb_encode(sum) * 255;
    }
}

static void
test_display_p3(void)
{
    g_autoptr(GBytes) icc = colour_icc_from_cicp(12, 13);
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, NULL);
    g_assert_false(colour_transform_is_identity(transform));
    static const guint8 colours[][3] = { { 255, 255, 255 }, { 0, 0, 0 },      { 128, 128, 128 },
                                         { 200, 100, 50 },  { 30, 160, 220 }, { 90, 80, 70 } };
    for (gsize i = 0; i < G_N_ELEMENTS(colours); i++) {
        guint8 srgb[3];
        double expected[3];
        colour_transform_pixels(transform, colours[i], srgb, 1);
        p3_expected(colours[i], expected);
        for (guint c = 0; c < 3; c++) {
            g_assert_cmpfloat_with_epsilon(srgb[c], expected[c], 1.01);
        }
    }
}

/* Adobe RGB (1998), annex: gamma 2.19921875; the matrix from its primaries to sRGB's. */
static void
test_adobe_rgb(void)
{
    g_autoptr(GBytes) icc = colour_icc_adobe_rgb();
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, NULL);
    const guint8 adobe[3] = { 180, 120, 60 };
    guint8 srgb[3];
    colour_transform_pixels(transform, adobe, srgb, 1);
    double r = pow(180 / 255.0, 2.19921875), g = pow(120 / 255.0, 2.19921875),
           b = pow(60 / 255.0, 2.19921875);
    g_assert_cmpfloat_with_epsilon(srgb[0], srgb_encode(1.3983557 * r - 0.3983557 * g) * 255, 1.01);
    g_assert_cmpfloat_with_epsilon(srgb[1], srgb_encode(g) * 255, 1.01);
    g_assert_cmpfloat_with_epsilon(srgb[2], srgb_encode(-0.0429289 * g + 1.0429289 * b) * 255,
                                   1.01);
}

static GBytes *
icc_of(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));
    guint8 *data = g_malloc(size);
    g_assert_true(cmsSaveProfileToMem(profile, data, &size));
    cmsCloseProfile(profile);
    return g_bytes_new_take(data, size);
}

static void
test_srgb_profile_costs_no_conversion(void)
{
    g_autoptr(GBytes) icc = icc_of(cmsCreate_sRGBProfile());
    bool is_broken = true;
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, &is_broken);
    g_assert_true(colour_transform_is_identity(transform));
    g_assert_false(is_broken);
}

static void
test_garbage_counts_as_srgb(void)
{
    g_autoptr(GBytes) icc = g_bytes_new_static("this is no profile", 18);
    bool is_broken = false;
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, &is_broken);
    g_assert_true(colour_transform_is_identity(transform));
    g_assert_true(is_broken);
}

static void
test_profile_for_other_samples_counts_as_none(void)
{
    g_autoptr(GBytes) icc = icc_of(cmsCreateLab4Profile(NULL));
    bool is_broken = false;
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, &is_broken);
    g_assert_true(colour_transform_is_identity(transform));
    g_assert_true(is_broken);
}

static void
test_cmyk_without_profile(void)
{
    g_autoptr(ColourTransform) transform = colour_transform_new(NULL, COLOUR_CMYK, 8, NULL);
    static const guint8 inks[][4] = { { 0, 0, 0, 0 }, { 0, 0, 0, 255 }, { 0, 255, 255, 0 } };
    guint8 rgb[3][3];
    colour_transform_pixels(transform, inks, rgb[0], 3);
    for (guint c = 0; c < 3; c++) {
        g_assert_cmpuint(rgb[0][c], ==, 255); /* paper */
        g_assert_cmpuint(rgb[1][c], <, 60);   /* black ink */
    }
    g_assert_cmpuint(rgb[2][0], >, 200); /* magenta and yellow: a printer's red */
    g_assert_cmpuint(rgb[2][1], <, 60);
    g_assert_cmpuint(rgb[2][2], <, 60);
}

static void
test_lab_white_and_red(void)
{
    g_autoptr(ColourTransform) transform = colour_transform_new(NULL, COLOUR_LAB, 8, NULL);
    /* sRGB's red against D50: L 54.29, a 80.81, b 69.89 (Lindbloom's tables). */
    static const float lab[2][3] = { { 100, 0, 0 }, { 54.29f, 80.81f, 69.89f } };
    guint8 rgb[2][3];
    colour_transform_pixels(transform, lab, rgb[0], 2);
    g_assert_cmpmem(rgb[0], 3, "\xff\xff\xff", 3);
    g_assert_cmpuint(rgb[1][0], >=, 253);
    g_assert_cmpuint(rgb[1][1], <=, 5);
    g_assert_cmpuint(rgb[1][2], <=, 5);
}

static void
test_sixteen_bits_are_rounded(void)
{
    g_autoptr(ColourTransform) transform = colour_transform_new(NULL, COLOUR_GREY, 16, NULL);
    /* 127.498, 127.502, 254.4999, 0.498, 0.502 of 255 */
    static const guint16 grey[] = { 32767, 32768, 65406, 128, 129 };
    guint8 rgb[G_N_ELEMENTS(grey)][3];
    colour_transform_pixels(transform, grey, rgb[0], G_N_ELEMENTS(grey));
    static const guint8 expected[] = { 127, 128, 254, 0, 1 };
    for (gsize i = 0; i < G_N_ELEMENTS(grey); i++) {
        g_assert_cmpuint(rgb[i][0], ==, expected[i]);
        g_assert_cmpuint(rgb[i][2], ==, expected[i]);
    }
}

static void
test_grey_gamma(void)
{
    cmsToneCurve *curve = cmsBuildGamma(NULL, 1.8);
    g_autoptr(GBytes) icc = icc_of(cmsCreateGrayProfile(cmsD50_xyY(), curve));
    cmsFreeToneCurve(curve);
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_GREY, 8, NULL);
    g_auto(ImagePlanes) planes = { 0 };
    g_assert_true(image_planes_init(&planes, 1, 1, 1, 0, 0, NULL));
    planes.data[0][0] = 100;
    colour_transform_planes(transform, &planes);
    double expected = srgb_encode(pow(100 / 255.0, 1.8)) * 255;
    g_assert_cmpfloat_with_epsilon(planes.data[0][0], expected, 1.01);
}

static void
test_grey_under_an_rgb_profile(void)
{
    g_autoptr(GBytes) icc = colour_icc_adobe_rgb();
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_GREY, 8, NULL);
    const guint8 grey = 100;
    guint8 rgb[3];
    colour_transform_pixels(transform, &grey, rgb, 1);
    double expected = srgb_encode(pow(100 / 255.0, 2.19921875)) * 255;
    g_assert_cmpfloat_with_epsilon(rgb[1], expected, 1.01);
}

static void
test_every_colour_survives_the_planes(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    g_assert_true(image_planes_init(&planes, 256, 1, 3, 0, 0, NULL));
    int worst = 0;
    for (guint r = 0; r < 256; r += 15) {
        for (guint g = 0; g < 256; g += 15) {
            guint8 rgb[256][3], back[256][3];
            for (guint b = 0; b < 256; b++) {
                rgb[b][0] = (guint8)r;
                rgb[b][1] = (guint8)g;
                rgb[b][2] = (guint8)b;
            }
            colour_rgb_to_planes(rgb[0], &planes, 0);
            colour_planes_to_rgb(&planes, 0, back[0]);
            for (guint i = 0; i < 256 * 3; i++) {
                worst = MAX(worst, ABS(rgb[i / 3][i % 3] - back[i / 3][i % 3]));
            }
        }
    }
    g_assert_cmpint(worst, <=, 2);
    g_assert_cmpint(worst, >, 0); /* eight bits of Y, Cb, Cr cannot hold them all */
}

static void
test_white_of_hdr_stays_bright_and_highlights_are_kept(void)
{
    g_autoptr(GBytes) icc = colour_icc_from_cicp(9, 16);
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 16, NULL);
    /* PQ of 203 cd/m2 is 0.58, of 1000 cd/m2 0.75. */
    static const guint16 pq[2][3] = { { 38070, 38070, 38070 }, { 49270, 49270, 49270 } };
    guint8 rgb[2][3];
    colour_transform_pixels(transform, pq, rgb[0], 2);
    g_assert_cmpuint(rgb[0][0], >, 235);
    g_assert_cmpuint(rgb[1][0], >, rgb[0][0]);
    g_assert_cmpint(ABS((int)rgb[0][0] - (int)rgb[0][2]), <=, 2);
}

static void
test_numbers_that_make_no_space(void)
{
    const ColourPrimaries zero = { 0 };
    g_assert_null(colour_icc_from_primaries(&zero, 2.2));
    const ColourPrimaries on_a_line = { 0.3127, 0.3290, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3 };
    g_autoptr(GBytes) icc = colour_icc_from_primaries(&on_a_line, 2.2);
    /* Nothing, or something that is not believed; never a crash. */
    g_autoptr(ColourTransform) transform = colour_transform_new(icc, COLOUR_RGB, 8, NULL);
    guint8 rgb[3] = { 1, 2, 3 };
    colour_transform_pixels(transform, "\1\2\3", rgb, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/colour/display-p3", test_display_p3);
    g_test_add_func("/colour/adobe-rgb", test_adobe_rgb);
    g_test_add_func("/colour/srgb-profile", test_srgb_profile_costs_no_conversion);
    g_test_add_func("/colour/garbage", test_garbage_counts_as_srgb);
    g_test_add_func("/colour/other-samples", test_profile_for_other_samples_counts_as_none);
    g_test_add_func("/colour/cmyk-without-profile", test_cmyk_without_profile);
    g_test_add_func("/colour/lab", test_lab_white_and_red);
    g_test_add_func("/colour/sixteen-bits", test_sixteen_bits_are_rounded);
    g_test_add_func("/colour/grey-gamma", test_grey_gamma);
    g_test_add_func("/colour/grey-under-rgb", test_grey_under_an_rgb_profile);
    g_test_add_func("/colour/planes-and-back", test_every_colour_survives_the_planes);
    g_test_add_func("/colour/hdr", test_white_of_hdr_stays_bright_and_highlights_are_kept);
    g_test_add_func("/colour/no-space", test_numbers_that_make_no_space);
    return g_test_run();
}

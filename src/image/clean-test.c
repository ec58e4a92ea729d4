/* The pipeline as a whole, on JPEG files that are made here (LST-06). */
#include "image/image.h"
#include "image/jpeg_decode.h"
#include "image/jpeg_fixture.h"

#include "base/error.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

static ImageRequest
request_for(ImageOutputSpec spec)
{
    return (ImageRequest){ .limits = fixture_limits(), .num_outputs = 1, .outputs = { spec } };
}

static ImageResult
cleaned(GBytes *input, const ImageRequest *request)
{
    ImageResult result = { 0 };
    g_autoptr(GError) error = NULL;
    (void)image_clean(input, request, &result, &error);
    g_assert_no_error(error);
    return result;
}

static GBytes *
colour_photo(guint32 width, guint32 height, gint32 quality)
{
    const Fixture fixture = {
        .width = width, .height = height, .color = JPEG_COLOR_YCBCR, .quality = quality
    };
    return fixture_jpeg(&fixture);
}

static GBytes *
with_orientation(GBytes *jpeg, guint8 orientation)
{
    g_autoptr(GBytes) exif = fixture_exif(orientation, true);
    gsize size;
    const void *body = g_bytes_get_data(exif, &size);
    return fixture_insert(jpeg, 2, 0xe1, body, size);
}

static JpegPixels
pixels_of(GBytes *jpeg)
{
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    JpegPixels pixels = { 0 };
    JpegDecodeReport report;
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_assert_true(jpeg_decode_pixels(data, size, &info, 0, &pixels, &report, NULL));
    return pixels;
}

static void
test_never_larger_than_the_source(void)
{
    g_autoptr(GBytes) photo = colour_photo(160, 120, 90);
    const ImageRequest request =
        request_for((ImageOutputSpec){ .longest_side = 2000, .quality = 80 });
    g_auto(ImageResult) result = cleaned(photo, &request);
    g_assert_cmpuint(result.outputs[0].width, ==, 160);
    g_assert_cmpuint(result.outputs[0].height, ==, 120);
}

static void
test_several_sizes_from_one_decoding(void)
{
    g_autoptr(GBytes) photo = colour_photo(800, 600, 90);
    ImageRequest request = request_for((ImageOutputSpec){ .longest_side = 100, .quality = 80 });
    request.num_outputs = 3;
    request.outputs[1] = (ImageOutputSpec){ .longest_side = 400, .quality = 95 };
    request.outputs[2] = (ImageOutputSpec){ .longest_side = 200, .quality = 70 };
    g_auto(ImageResult) result = cleaned(photo, &request);
    g_assert_cmpuint(result.num_outputs, ==, 3);
    static const guint32 widths[] = { 100, 400, 200 };
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpuint(result.outputs[i].width, ==, widths[i]);
        g_assert_cmpuint(result.outputs[i].height, ==, widths[i] * 3 / 4);
        g_assert_cmpint(result.outputs[i].quality, ==, request.outputs[i].quality);
    }
    g_assert_false(result.outputs[0].is_444);
    g_assert_true(result.outputs[1].is_444);
}

/* Mean difference of two pictures of one size, in levels. */
static double
difference(const JpegPixels *a, const JpegPixels *b)
{
    g_assert_cmpuint(a->width, ==, b->width);
    g_assert_cmpuint(a->height, ==, b->height);
    g_assert_cmpuint(a->num_channels, ==, b->num_channels);
    double sum = 0;
    gsize row_size = (gsize)a->width * a->num_channels;
    for (guint32 y = 0; y < a->height; y++) {
        for (gsize i = 0; i < row_size; i++) {
            sum += fabs((double)a->data[a->stride * y + i] - b->data[b->stride * y + i]);
        }
    }
    return sum / ((double)row_size * a->height);
}

/* Where EXIF 2.32, 4.6.4 has the pixel at X, Y of the upright picture in the stored one. */
static void
stored_place(guint8 orientation, guint32 width, guint32 height, guint32 x, guint32 y,
             guint32 *ret_x, guint32 *ret_y)
{
    guint32 right = width - 1, bottom = height - 1; /* of the stored one */
    guint32 xs[] = { 0, x, right - x, right - x, x, y, y, right - y, right - y };
    guint32 ys[] = { 0, y, y, bottom - y, bottom - y, x, bottom - x, bottom - x, x };
    *ret_x = xs[orientation];
    *ret_y = ys[orientation];
}

static void
test_upright(gconstpointer data)
{
    guint8 orientation = (guint8)GPOINTER_TO_UINT(data);
    g_autoptr(GBytes) photo = colour_photo(96, 64, 95);
    g_autoptr(GBytes) turned = with_orientation(photo, orientation);
    const ImageRequest request = request_for((ImageOutputSpec){ .quality = 97 });
    g_auto(ImageResult) result = cleaned(turned, &request);
    g_assert_cmpuint(result.facts.width, ==, orientation <= 4 ? 96 : 64);
    g_assert_true(result.facts.had_location);
    g_auto(JpegPixels) stored = pixels_of(photo);
    g_auto(JpegPixels) upright = pixels_of(result.outputs[0].jpeg);
    g_auto(JpegPixels) expected = { .width = upright.width,
                                    .height = upright.height,
                                    .num_channels = 3,
                                    .stride = upright.stride };
    expected.data = g_malloc(expected.stride * expected.height);
    for (guint32 y = 0; y < upright.height; y++) {
        for (guint32 x = 0; x < upright.width; x++) {
            guint32 from_x, from_y;
            stored_place(orientation, 96, 64, x, y, &from_x, &from_y);
            memcpy(expected.data + expected.stride * y + 3 * (gsize)x,
                   stored.data + stored.stride * from_y + 3 * (gsize)from_x, 3);
        }
    }
    g_assert_cmpfloat(difference(&upright, &expected), <, 2.5);
}

/* A person's quarter turn, clockwise, of the picture that orientation DATA gives. */
static void
test_turned(gconstpointer data)
{
    g_autoptr(GBytes) photo = colour_photo(96, 64, 95);
    g_autoptr(GBytes) stored = with_orientation(photo, (guint8)GPOINTER_TO_UINT(data));
    ImageRequest request = request_for((ImageOutputSpec){ .quality = 97 });
    g_auto(ImageResult) upright_result = cleaned(stored, &request);
    request.turn = 90;
    g_auto(ImageResult) turned_result = cleaned(stored, &request);
    g_auto(JpegPixels) upright = pixels_of(upright_result.outputs[0].jpeg);
    g_auto(JpegPixels) turned = pixels_of(turned_result.outputs[0].jpeg);
    g_assert_cmpuint(turned_result.facts.width, ==, upright.height);
    g_auto(JpegPixels) expected = {
        .width = upright.height, .height = upright.width, .num_channels = 3, .stride = turned.stride
    };
    expected.data = g_malloc(expected.stride * expected.height);
    for (guint32 y = 0; y < expected.height; y++) {
        for (guint32 x = 0; x < expected.width; x++) {
            memcpy(expected.data + expected.stride * y + 3 * (gsize)x,
                   upright.data + upright.stride * (upright.height - 1 - x) + 3 * (gsize)y, 3);
        }
    }
    g_assert_cmpfloat(difference(&turned, &expected), <, 2.5);
}

static void
test_compliant_photo_is_carried_over(void)
{
    g_autoptr(GBytes) photo = colour_photo(160, 120, 90);
    g_autoptr(GBytes) secretive = fixture_insert(photo, 2, 0xfe, "a comment", 9);
    const ImageRequest request = request_for(
        (ImageOutputSpec){ .longest_side = 160, .quality = 50, .allow_carry_over = true });
    g_auto(ImageResult) result = cleaned(secretive, &request);
    g_assert_cmpint(result.outputs[0].method, ==, IMAGE_CARRIED_OVER);
    g_assert_cmpint(result.outputs[0].quality, ==, 0);
    gsize size;
    const void *data = g_bytes_get_data(result.outputs[0].jpeg, &size);
    g_assert_null(memmem(data, size, "a comment", 9));
    g_auto(JpegPixels) before = pixels_of(photo);
    g_auto(JpegPixels) after = pixels_of(result.outputs[0].jpeg);
    g_assert_cmpfloat(difference(&before, &after), ==, 0);
}

static ImageMethod
method_for(GBytes *photo, ImageOutputSpec spec)
{
    spec.allow_carry_over = true;
    const ImageRequest request = request_for(spec);
    g_auto(ImageResult) result = cleaned(photo, &request);
    return result.outputs[0].method;
}

static void
test_what_does_not_comply_is_encoded(void)
{
    g_autoptr(GBytes) photo = colour_photo(160, 120, 90);
    g_assert_cmpint(method_for(photo, (ImageOutputSpec){ .quality = 80 }), ==, IMAGE_CARRIED_OVER);
    /* Too wide, too many bytes, lying on its side, cut short. */
    g_assert_cmpint(method_for(photo, (ImageOutputSpec){ .longest_side = 159, .quality = 80 }), ==,
                    IMAGE_ENCODED);
    g_assert_cmpint(method_for(photo, (ImageOutputSpec){ .quality = 60, .max_bytes = 4000 }), ==,
                    IMAGE_ENCODED);
    g_autoptr(GBytes) turned = with_orientation(photo, 6);
    g_assert_cmpint(method_for(turned, (ImageOutputSpec){ .quality = 80 }), ==, IMAGE_ENCODED);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(photo, 0, g_bytes_get_size(photo) / 2);
    g_assert_cmpint(method_for(cut, (ImageOutputSpec){ .quality = 80 }), ==, IMAGE_ENCODED);
}

static GBytes *
with_profile(GBytes *jpeg, cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    g_assert_true(cmsSaveProfileToMem(profile, NULL, &size));
    g_autofree guint8 *body = g_malloc0(14 + size);
    memcpy(body, "ICC_PROFILE\0\1\1", 14);
    g_assert_true(cmsSaveProfileToMem(profile, body + 14, &size));
    cmsCloseProfile(profile);
    return fixture_insert(jpeg, 2, 0xe2, body, 14 + size);
}

static cmsHPROFILE
wide_profile(void)
{
    const cmsCIExyY white = { 0.3127, 0.3290, 1 };
    const cmsCIExyYTRIPLE primaries = { { 0.68, 0.32, 1 }, { 0.265, 0.69, 1 }, { 0.15, 0.06, 1 } };
    cmsToneCurve *curve = cmsBuildGamma(NULL, 2.2);
    cmsToneCurve *const curves[] = { curve, curve, curve };
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
    cmsFreeToneCurve(curve);
    return profile;
}

static void
test_srgb_profile_does_not_forbid_carrying_over(void)
{
    g_autoptr(GBytes) photo = colour_photo(160, 120, 90);
    g_autoptr(GBytes) tagged = with_profile(photo, cmsCreate_sRGBProfile());
    g_assert_cmpint(method_for(tagged, (ImageOutputSpec){ .quality = 80 }), ==, IMAGE_CARRIED_OVER);
}

static void
test_wide_profile_is_converted(void)
{
    g_autoptr(GBytes) photo = colour_photo(160, 120, 95);
    g_autoptr(GBytes) tagged = with_profile(photo, wide_profile());
    const ImageRequest request =
        request_for((ImageOutputSpec){ .quality = 97, .allow_carry_over = true });
    g_auto(ImageResult) result = cleaned(tagged, &request);
    g_assert_cmpint(result.outputs[0].method, ==, IMAGE_ENCODED);
    g_auto(JpegPixels) expected = pixels_of(photo);
    g_auto(JpegPixels) converted = pixels_of(result.outputs[0].jpeg);
    cmsHPROFILE wide = wide_profile(), srgb = cmsCreate_sRGBProfile();
    cmsHTRANSFORM transform =
        cmsCreateTransform(wide, TYPE_RGB_8, srgb, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC, 0);
    double unconverted = difference(&expected, &converted);
    cmsDoTransform(transform, expected.data, expected.data, expected.width * expected.height);
    g_assert_cmpfloat(difference(&expected, &converted), <, 3);
    g_assert_cmpfloat(unconverted, >, difference(&expected, &converted) + 2);
    cmsDeleteTransform(transform);
    cmsCloseProfile(wide);
    cmsCloseProfile(srgb);
}

static void
test_inks_become_light(void)
{
    const Fixture fixture = { .color = JPEG_COLOR_YCCK, .quality = 90 };
    g_autoptr(GBytes) photo = fixture_jpeg(&fixture);
    const ImageRequest request =
        request_for((ImageOutputSpec){ .quality = 90, .allow_carry_over = true });
    g_auto(ImageResult) result = cleaned(photo, &request);
    g_auto(JpegInfo) info = fixture_parse(result.outputs[0].jpeg);
    g_assert_cmpint(info.color, ==, JPEG_COLOR_YCBCR);
}

static void
test_grey_stays_grey(void)
{
    const Fixture fixture = { .width = 100, .height = 80, .color = JPEG_COLOR_GREY };
    g_autoptr(GBytes) photo = fixture_jpeg(&fixture);
    const ImageRequest request =
        request_for((ImageOutputSpec){ .longest_side = 50, .quality = 90 });
    g_auto(ImageResult) result = cleaned(photo, &request);
    g_auto(JpegInfo) info = fixture_parse(result.outputs[0].jpeg);
    g_assert_cmpuint(info.num_components, ==, 1);
}

static void
test_cut_photo_is_told(void)
{
    g_autoptr(GBytes) photo = colour_photo(400, 300, 90);
    g_autoptr(GBytes) cut = g_bytes_new_from_bytes(photo, 0, g_bytes_get_size(photo) / 2);
    const ImageRequest request = request_for((ImageOutputSpec){ .quality = 80 });
    g_auto(ImageResult) result = cleaned(cut, &request);
    g_assert_true(result.facts.was_truncated);
}

static void
test_automatic_quality_does_not_grow_a_small_file(void)
{
    /* Whatever a photo at quality 30 is encoded at, to look like it costs more bytes than it has.
     */
    g_autoptr(GBytes) photo = colour_photo(160, 120, 30);
    const ImageRequest request = request_for((ImageOutputSpec){ .quality = IMAGE_QUALITY_AUTO });
    g_auto(ImageResult) result = cleaned(photo, &request);
    g_assert_cmpuint(g_bytes_get_size(result.outputs[0].jpeg), <=, g_bytes_get_size(photo));
}

static void
test_empty_file(void)
{
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    const ImageRequest request = request_for((ImageOutputSpec){ .quality = 80 });
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(image_clean(nothing, &request, &result, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "is empty");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(image_init(NULL));
    g_test_add_func("/clean/never-larger", test_never_larger_than_the_source);
    g_test_add_func("/clean/several-sizes", test_several_sizes_from_one_decoding);
    for (guint i = 1; i <= 8; i++) {
        g_autofree char *path = g_strdup_printf("/clean/upright/%u", i);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_upright);
        g_autofree char *turned_path = g_strdup_printf("/clean/turned/%u", i);
        g_test_add_data_func(turned_path, GUINT_TO_POINTER(i), test_turned);
    }
    g_test_add_func("/clean/carried-over", test_compliant_photo_is_carried_over);
    g_test_add_func("/clean/not-carried-over", test_what_does_not_comply_is_encoded);
    g_test_add_func("/clean/srgb-profile", test_srgb_profile_does_not_forbid_carrying_over);
    g_test_add_func("/clean/wide-profile", test_wide_profile_is_converted);
    g_test_add_func("/clean/inks", test_inks_become_light);
    g_test_add_func("/clean/grey", test_grey_stays_grey);
    g_test_add_func("/clean/cut", test_cut_photo_is_told);
    g_test_add_func("/clean/auto-does-not-grow", test_automatic_quality_does_not_grow_a_small_file);
    g_test_add_func("/clean/empty", test_empty_file);
    return g_test_run();
}

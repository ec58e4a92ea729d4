/* Sample photos must look right after they were stripped: upright, and in the colours that their
 * profiles meant. */
#include "tests/support.h"

#include "image/image.h"
#include "image/jpeg_decode.h"

#include <math.h>

static JpegPixels
clean_to_pixels(const char *name, guint32 longest_side)
{
    g_autofree char *path = g_build_filename(sample_data_dir(), "photos", name, NULL);
    g_autoptr(GBytes) photo = read_bytes(path);
    const ImageRequest request = {
        .limits = { .max_input_bytes = G_MAXINT32,
                    .max_pixels = 200 * 1000 * 1000,
                    .max_side = 65535,
                    .max_frames = 1000,
                    .max_scans = 100 },
        .num_outputs = 1,
        .outputs = { { .longest_side = longest_side, .quality = 97 } },
    };
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    (void)image_clean(photo, &request, &result, &error);
    g_assert_no_error(error);
    gsize size;
    const guint8 *data = g_bytes_get_data(result.outputs[0].jpeg, &size);
    g_auto(JpegInfo) info = { 0 };
    g_assert_true(jpeg_parse(data, size, &request.limits, &info, NULL));
    JpegPixels pixels = { 0 };
    JpegDecodeReport report;
    g_assert_true(jpeg_decode_pixels(data, size, &info, 0, &pixels, &report, NULL));
    return pixels;
}

/* Mean difference in levels. */
static double
difference(const JpegPixels *a, const JpegPixels *b)
{
    g_assert_cmpuint(a->width, ==, b->width);
    g_assert_cmpuint(a->height, ==, b->height);
    double sum = 0;
    gsize row_size = 3 * (gsize)a->width;
    for (guint32 y = 0; y < a->height; y++) {
        for (gsize i = 0; i < row_size; i++) {
            sum += fabs((double)a->data[a->stride * y + i] - b->data[b->stride * y + i]);
        }
    }
    return sum / ((double)row_size * a->height);
}

/* Nine files of each shape show the same, stored in every orientation, but for a number painted in
 * the middle. Turned wrongly they differ by 40 levels and more. */
static void
test_orientations(gconstpointer shape)
{
    if (sample_data_dir() == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_autofree char *first = g_strdup_printf("orientation/%s_1.jpg", (const char *)shape);
    g_auto(JpegPixels) upright = clean_to_pixels(first, 300);
    for (guint i = 2; i <= 8; i++) {
        g_autofree char *name = g_strdup_printf("orientation/%s_%u.jpg", (const char *)shape, i);
        g_auto(JpegPixels) turned = clean_to_pixels(name, 300);
        g_assert_cmpfloat(difference(&upright, &turned), <, 6);
    }
}

typedef struct {
    const char *file;
    guint8 rgb[3]; /* of the middle pixel */
    int tolerance;
} Patch;

static const Patch patches[] = {
    /* 100 % magenta and yellow under FOGRA39: the printers' red, known as #E30613. */
    { "colour/fogra-0-100-100-0.tif", { 227, 6, 19 }, 4 },
    /* The red of Display P3 is beyond sRGB's. */
    { "colour/p3.png", { 255, 0, 0 }, 2 },
    /* Nothing but transparent pixels: paper. */
    { "colour/full-transparent.png", { 255, 255, 255 }, 0 },
};

static void
test_patch(gconstpointer data)
{
    const Patch *patch = data;
    if (sample_data_dir() == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_auto(JpegPixels) pixels = clean_to_pixels(patch->file, 0);
    gsize n = pixels.num_channels;
    const guint8 *middle =
        pixels.data + pixels.stride * (pixels.height / 2) + n * (pixels.width / 2);
    for (guint c = 0; c < 3; c++) {
        g_assert_cmpint(ABS(middle[n == 1 ? 0 : c] - patch->rgb[c]), <=, patch->tolerance);
    }
}

/* One photo as CMYK with its profile and without: the fallback must come near. */
static void
test_cmyk_with_and_without_profile(void)
{
    if (sample_data_dir() == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_auto(JpegPixels) with = clean_to_pixels("colour/Channel_digital_image_CMYK_color.jpg", 0);
    g_auto(JpegPixels) without =
        clean_to_pixels("colour/Channel_digital_image_CMYK_color_no_profile.jpg", 0);
    g_assert_cmpfloat(difference(&with, &without), <, 12);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(image_init(NULL));
    g_test_add_data_func("/looks/orientation/landscape", "Landscape", test_orientations);
    g_test_add_data_func("/looks/orientation/portrait", "Portrait", test_orientations);
    for (gsize i = 0; i < G_N_ELEMENTS(patches); i++) {
        g_autofree char *path = g_strconcat("/looks/", patches[i].file, NULL);
        g_test_add_data_func(path, &patches[i], test_patch);
    }
    g_test_add_func("/looks/cmyk", test_cmyk_with_and_without_profile);
    return g_test_run();
}

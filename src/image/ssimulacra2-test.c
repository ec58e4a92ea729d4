#include "image/ssimulacra2.h"

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_fixture.h"
#include "image/ssimulacra2_table.h"

#include <math.h>

static double
score_of(const ImagePlanes *reference, const ImagePlanes *distorted)
{
    g_autoptr(Ssimulacra2) measure = ssimulacra2_new(reference);
    return ssimulacra2_score(measure, distorted);
}

static void
through_jpeg(const ImagePlanes *planes, gint32 quality, ImagePlanes *ret_planes)
{
    g_autoptr(GBytes) jpeg =
        jpeg_encode_planes(planes, &(JpegEncodeOptions){ .quality = quality }, NULL);
    g_auto(JpegInfo) info = fixture_parse(jpeg);
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    JpegDecodeReport report;
    g_assert_true(
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, ret_planes, &report, NULL));
}

/* The measure word by word as published, for 4:4:4: whole planes, double precision, every weight.
 */

#define NUM_TAPS 9

typedef struct {
    int width, height;
    double *channels[3];
} Image;

static Image
image_new(int width, int height)
{
    Image image = { .width = width, .height = height };
    for (int i = 0; i < 3; i++) {
        image.channels[i] = g_new0(double, (gsize)width *(gsize)height);
    }
    return image;
}

static void
image_free(Image image)
{
    for (int i = 0; i < 3; i++) {
        g_free(image.channels[i]);
    }
}

static double
linear(double srgb)
{
    double v = CLAMP(floor(srgb + 0.5), 0, 255) / 255;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static Image
linear_image(const ImagePlanes *planes)
{
    Image image = image_new((int)planes->width, (int)planes->height);
    for (guint32 y = 0; y < planes->height; y++) {
        for (guint32 x = 0; x < planes->width; x++) {
            gsize at = (gsize)y * planes->width + x;
            double luma = planes->data[0][planes->stride[0] * y + x];
            double cb = planes->data[1][planes->stride[1] * y + x] - 128.0;
            double cr = planes->data[2][planes->stride[2] * y + x] - 128.0;
            image.channels[0][at] = linear(luma + 1.402 * cr);
            image.channels[1][at] = linear(luma - 0.344136 * cb - 0.714136 * cr);
            image.channels[2][at] = linear(luma + 1.772 * cb);
        }
    }
    return image;
}

static Image
halve(Image from)
{
    Image half = image_new((from.width + 1) / 2, (from.height + 1) / 2);
    for (int i = 0; i < 3; i++) {
        for (int y = 0; y < half.height; y++) {
            for (int x = 0; x < half.width; x++) {
                for (int k = 0; k < 4; k++) {
                    int from_x = MIN(2 * x + k % 2, from.width - 1);
                    int from_y = MIN(2 * y + k / 2, from.height - 1);
                    half.channels[i][y * half.width + x] +=
                        from.channels[i][from_y * from.width + from_x] / 4;
                }
            }
        }
    }
    return half;
}

static Image
xyb(Image from)
{
    static const double opsin[3][3] = {
        { 0.30, 0.622, 0.078 },
        { 0.23, 0.692, 0.078 },
        { 0.24342268924547819, 0.20476744424496821, 0.55180986650955360 },
    };
    const double bias = 0.0037930732552754493;
    Image image = image_new(from.width, from.height);
    for (int at = 0; at < from.width * from.height; at++) {
        double roots[3];
        for (int i = 0; i < 3; i++) {
            roots[i] =
                cbrt(opsin[i][0] * from.channels[0][at] + opsin[i][1] * from.channels[1][at] +
                     opsin[i][2] * from.channels[2][at] + bias) -
                cbrt(bias);
        }
        double x = (roots[0] - roots[1]) / 2;
        double y = (roots[0] + roots[1]) / 2;
        image.channels[0][at] = x * 14 + 0.42;
        image.channels[1][at] = y + 0.01;
        image.channels[2][at] = roots[2] - y + 0.55;
    }
    return image;
}

/* The window of Charalampidis: cosines of 1, 3 and 5 quarter waves over a radius of 5. */
static void
window_taps(double taps[NUM_TAPS])
{
    static const double values[5] = { 0.2646211055, 0.2129285920, 0.1093353728, 0.0360111147,
                                      0.0094143678 };
    for (int i = 0; i < NUM_TAPS; i++) {
        taps[i] = values[abs(i - 4)];
    }
}

static double *
blur(const double *a, const double *b, int width, int height)
{
    double taps[NUM_TAPS];
    window_taps(taps);
    double *out = g_new0(double, (gsize)width *(gsize)height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int dy = -4; dy <= 4; dy++) {
                for (int dx = -4; dx <= 4; dx++) {
                    if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height) {
                        int at = (y + dy) * width + x + dx;
                        out[y * width + x] +=
                            taps[dx + 4] * taps[dy + 4] * a[at] * (b == NULL ? 1 : b[at]);
                    }
                }
            }
        }
    }
    return out;
}

static double
channel_error(const double *a, const double *b, int width, int height,
              const double channel_weights[NUM_NORMS][NUM_MAPS])
{
    g_autofree double *mean_a = blur(a, NULL, width, height);
    g_autofree double *mean_b = blur(b, NULL, width, height);
    g_autofree double *square_a = blur(a, a, width, height);
    g_autofree double *square_b = blur(b, b, width, height);
    g_autofree double *product = blur(a, b, width, height);
    double sums[NUM_NORMS][NUM_MAPS] = { 0 };
    int num_pixels = width * height;
    for (int at = 0; at < num_pixels; at++) {
        double m = 1 - pow(mean_a[at] - mean_b[at], 2);
        double s = 2 * (product[at] - mean_a[at] * mean_b[at]) + 0.0009;
        double d = square_a[at] - pow(mean_a[at], 2) + square_b[at] - pow(mean_b[at], 2) + 0.0009;
        double edges = (1 + fabs(b[at] - mean_b[at])) / (1 + fabs(a[at] - mean_a[at])) - 1;
        double errors[NUM_MAPS] = { MAX(1 - m * s / d, 0), MAX(edges, 0), MAX(-edges, 0) };
        for (int map = 0; map < NUM_MAPS; map++) {
            sums[NORM_1][map] += errors[map];
            sums[NORM_4][map] += pow(errors[map], 4);
        }
    }
    double error = 0;
    for (int map = 0; map < NUM_MAPS; map++) {
        error += channel_weights[NORM_1][map] * sums[NORM_1][map] / num_pixels;
        error += channel_weights[NORM_4][map] * pow(sums[NORM_4][map] / num_pixels, 0.25);
    }
    return error;
}

static double
published_score(const ImagePlanes *reference, const ImagePlanes *distorted)
{
    Image a = linear_image(reference);
    Image b = linear_image(distorted);
    double sum = 0;
    for (int scale = 0; scale < XYB_NUM_SCALES && a.width >= 8 && a.height >= 8; scale++) {
        Image xyb_a = xyb(a);
        Image xyb_b = xyb(b);
        for (int i = 0; i < 3; i++) {
            sum += channel_error(xyb_a.channels[i], xyb_b.channels[i], a.width, a.height,
                                 ssimulacra2_weights[i][scale]);
        }
        image_free(xyb_a);
        image_free(xyb_b);
        Image half_a = halve(a);
        Image half_b = halve(b);
        image_free(a);
        image_free(b);
        a = half_a;
        b = half_b;
    }
    image_free(a);
    image_free(b);
    sum *= 0.9562382616834844;
    sum = 2.326765642916932 * sum - 0.020884521182843837 * sum * sum +
          6.248496625763138e-05 * sum * sum * sum;
    return sum > 0 ? 100 - 10 * pow(sum, 0.6276336467831387) : 100;
}

static void
test_as_published(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 275, 263, 3, 0, 0);
    for (gint32 quality = 15; quality < 100; quality += 40) {
        g_auto(ImagePlanes) distorted = { 0 };
        through_jpeg(&planes, quality, &distorted);
        double expected = published_score(&planes, &distorted);
        g_test_message("quality %d: %.3f", quality, expected);
        g_assert_cmpfloat_with_epsilon(score_of(&planes, &distorted), expected, 0.1);
    }
}

static void
test_equal_pictures_have_100(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 120, 90, 3, 1, 1);
    g_assert_cmpfloat(score_of(&planes, &planes), >, 99.999);
}

static void
test_quality_raises_the_score(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 200, 200, 3, 1, 1);
    double last = -1000;
    for (gint32 quality = 10; quality <= 100; quality += 10) {
        g_auto(ImagePlanes) distorted = { 0 };
        through_jpeg(&planes, quality, &distorted);
        double score = score_of(&planes, &distorted);
        g_assert_cmpfloat(score, >, last);
        last = score;
    }
    g_assert_cmpfloat(last, >, 95);
}

static void
test_any_sampling_is_seen_as_a_viewer_shows_it(void)
{
    g_auto(ImagePlanes) full = { 0 };
    fixture_planes(&full, 160, 130, 3, 0, 0);
    for (guint8 shift = 1; shift <= 2; shift++) {
        g_auto(ImagePlanes) sampled = { 0 };
        fixture_planes(&sampled, 160, 130, 3, shift, 0);
        double score = score_of(&full, &sampled);
        g_assert_cmpfloat(score, <, 100);
        g_assert_cmpfloat(score, >, 60);
    }
}

static void
test_grey(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) distorted = { 0 };
    fixture_planes(&planes, 100, 100, 1, 0, 0);
    through_jpeg(&planes, 50, &distorted);
    double score = score_of(&planes, &distorted);
    g_assert_cmpfloat(score, <, 98);
    g_assert_cmpfloat(score, >, 40);
}

static void
test_tiny_pictures_have_a_score(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&planes, 3, 2, 3, 1, 1);
    g_assert_cmpfloat(score_of(&planes, &planes), ==, 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/ssimulacra2/published", test_as_published);
    g_test_add_func("/image/ssimulacra2/equal", test_equal_pictures_have_100);
    g_test_add_func("/image/ssimulacra2/quality", test_quality_raises_the_score);
    g_test_add_func("/image/ssimulacra2/sampling", test_any_sampling_is_seen_as_a_viewer_shows_it);
    g_test_add_func("/image/ssimulacra2/grey", test_grey);
    g_test_add_func("/image/ssimulacra2/tiny", test_tiny_pictures_have_a_score);
    return g_test_run();
}

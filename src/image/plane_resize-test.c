#include "image/plane_resize.h"

#include "image/jpeg_fixture.h"

#include <math.h>

static double
lanczos3(double x)
{
    x = fabs(x);
    if (x < 1e-9) {
        return 1;
    }
    return x < 3 ? 3 * sin(G_PI * x) * sin(G_PI * x / 3) / (G_PI * G_PI * x * x) : 0;
}

/* The sample at POSITION (in source samples, centres at .5) of a line that repeats mirrored. */
static double
sample_line(const double *line, int num_samples, double position, double step)
{
    double width = MAX(step, 1);
    double sum = 0;
    double weights = 0;
    for (int i = (int)floor(position - 3 * width); i <= (int)ceil(position + 3 * width); i++) {
        double weight = lanczos3((i + 0.5 - position) / width);
        int at = i < 0 ? -1 - i : i >= num_samples ? 2 * num_samples - 1 - i : i;
        at = CLAMP(at, 0, num_samples - 1);
        sum += weight * line[at];
        weights += weight;
    }
    return sum / weights;
}

/* Plane PLANE of SOURCE in floating point at the target's size. */
static double *
reference_resize(const ImagePlanes *source, guint plane, guint32 width, guint32 height,
                 double step_x, double step_y)
{
    int source_width = (int)image_planes_width(source, plane);
    int source_height = (int)image_planes_height(source, plane);
    g_autofree double *rows = g_new(double, (gsize)source_height *width);
    g_autofree double *line = g_new(double, (gsize)MAX(source_width, source_height));
    for (int y = 0; y < source_height; y++) {
        for (int x = 0; x < source_width; x++) {
            line[x] = source->data[plane][source->stride[plane] * (gsize)y + (gsize)x];
        }
        for (guint32 x = 0; x < width; x++) {
            rows[(gsize)y * width + x] =
                sample_line(line, source_width, (x + 0.5) * step_x, step_x);
        }
    }
    double *out = g_new(double, (gsize)width *height);
    for (guint32 x = 0; x < width; x++) {
        for (int y = 0; y < source_height; y++) {
            line[y] = rows[(gsize)y * width + x];
        }
        for (guint32 y = 0; y < height; y++) {
            out[(gsize)y * width + x] =
                sample_line(line, source_height, (y + 0.5) * step_y, step_y);
        }
    }
    return out;
}

static void
resize(const ImagePlanes *source, PlaneTarget target, ImagePlanes *ret_planes)
{
    g_autoptr(GError) error = NULL;
    bool ok =
        image_planes_resize(source, source->width, source->height, &target, ret_planes, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
}

static void
test_close_to_floating_point(void)
{
    static const guint32 sizes[][2] = { { 150, 100 }, { 97, 61 }, { 299, 199 }, { 40, 150 } };
    g_auto(ImagePlanes) source = { 0 };
    fixture_planes(&source, 300, 200, 3, 0, 0);
    for (guint n = 0; n < G_N_ELEMENTS(sizes); n++) {
        guint32 width = sizes[n][0];
        guint32 height = sizes[n][1];
        g_auto(ImagePlanes) planes = { 0 };
        resize(&source, (PlaneTarget){ .width = width, .height = height, .orientation = 1 },
               &planes);
        for (guint i = 0; i < 3; i++) {
            g_autofree double *expected =
                reference_resize(&source, i, width, height, 300.0 / width, 200.0 / height);
            for (guint32 y = 0; y < height; y++) {
                for (guint32 x = 0; x < width; x++) {
                    double value = CLAMP(expected[(gsize)y * width + x], 0, 255);
                    g_assert_cmpfloat_with_epsilon(planes.data[i][planes.stride[i] * y + x], value,
                                                   1.05);
                }
            }
        }
    }
}

static void
test_same_size_is_a_copy(void)
{
    g_auto(ImagePlanes) source = { 0 };
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&source, 51, 33, 3, 1, 1);
    resize(
        &source,
        (PlaneTarget){
            .width = 51, .height = 33, .chroma_shift_x = 1, .chroma_shift_y = 1, .orientation = 1 },
        &planes);
    for (guint i = 0; i < 3; i++) {
        guint32 width = image_planes_width(&source, i);
        for (guint32 y = 0; y < image_planes_height(&source, i); y++) {
            g_assert_cmpmem(source.data[i] + source.stride[i] * y, width,
                            planes.data[i] + planes.stride[i] * y, width);
        }
    }
}

static void
test_even_areas_stay_even(void)
{
    g_auto(ImagePlanes) source = { 0 };
    fixture_planes(&source, 123, 77, 3, 1, 1);
    for (guint i = 0; i < 3; i++) {
        for (guint32 y = 0; y < image_planes_height(&source, i); y++) {
            for (guint32 x = 0; x < image_planes_width(&source, i); x++) {
                source.data[i][source.stride[i] * y + x] = (guint8)(i == 0 ? 255 : 3);
            }
        }
    }
    g_auto(ImagePlanes) planes = { 0 };
    resize(&source, (PlaneTarget){ .width = 51, .height = 33, .orientation = 7 }, &planes);
    for (guint i = 0; i < 3; i++) {
        for (guint32 y = 0; y < image_planes_height(&planes, i); y++) {
            for (guint32 x = 0; x < image_planes_width(&planes, i); x++) {
                g_assert_cmpuint(planes.data[i][planes.stride[i] * y + x], ==, i == 0 ? 255 : 3);
            }
        }
    }
}

/* A ramp in luma and chroma alike: whatever the size, sampling and orientation, chroma sample j
 * must have the value of the luma in the middle of the pixels that it covers. */
static void
check_chroma_siting(guint32 source_width, guint8 source_shift, guint32 width, guint8 shift,
                    guint8 orientation)
{
    const guint32 height = 16;
    g_auto(ImagePlanes) source = { 0 };
    g_assert_true(image_planes_init(&source, source_width, height, 3, source_shift, 0, NULL));
    for (guint i = 0; i < 3; i++) {
        double scale = i == 0 ? 1 : 1U << source_shift;
        for (guint32 y = 0; y < height; y++) {
            for (guint32 x = 0; x < image_planes_width(&source, i); x++) {
                source.data[i][source.stride[i] * y + x] =
                    (guint8)(20 + 200 * (x + 0.5) * scale / (source_width + 2) + 0.5);
            }
        }
    }
    bool swaps = orientation >= 5;
    g_auto(ImagePlanes) planes = { 0 };
    resize(&source,
           (PlaneTarget){ .width = swaps ? height : width,
                          .height = swaps ? width : height,
                          .chroma_shift_x = swaps ? 0 : shift,
                          .chroma_shift_y = swaps ? shift : 0,
                          .orientation = orientation },
           &planes);
    gsize luma_step = swaps ? planes.stride[0] : 1;
    gsize chroma_step = swaps ? planes.stride[1] : 1;
    guint32 num_chroma = swaps ? image_planes_height(&planes, 1) : image_planes_width(&planes, 1);
    guint32 margin = 8; /* where the edge bends the ramp */
    for (guint32 j = margin; j + margin < num_chroma; j++) {
        const guint8 *luma = planes.data[0] + luma_step * ((gsize)j << shift);
        double expected = shift == 0 ? luma[0] : (luma[0] + luma[luma_step]) / 2.0;
        g_assert_cmpfloat_with_epsilon(planes.data[1][chroma_step * j], expected, 1.05);
    }
}

static void
test_chroma_stays_in_its_place(void)
{
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        for (guint8 source_shift = 0; source_shift < 2; source_shift++) {
            for (guint8 shift = 0; shift < 2; shift++) {
                check_chroma_siting(100, source_shift, 60, shift, orientation);
                check_chroma_siting(101, source_shift, 61, shift, orientation);
                check_chroma_siting(101, source_shift, 101, shift, orientation);
            }
        }
    }
}

static void
test_fraction_at_the_edge_does_not_stretch(void)
{
    g_auto(ImagePlanes) source = { 0 };
    g_assert_true(image_planes_init(&source, 101, 16, 1, 0, 0, NULL));
    for (guint32 y = 0; y < 16; y++) {
        for (guint32 x = 0; x < 101; x++) {
            source.data[0][source.stride[0] * y + x] = (guint8)(2 * x);
        }
    }
    g_auto(ImagePlanes) planes = { 0 };
    PlaneTarget target = { .width = 50, .height = 8, .orientation = 1 };
    g_assert_true(image_planes_resize(&source, 100, 16, &target, &planes, NULL));
    for (guint32 x = 4; x < 46; x++) {
        g_assert_cmpfloat_with_epsilon(planes.data[0][x], 2 * (2 * x + 0.5), 1.05);
    }
}

static void
test_fit(void)
{
    static const guint32 rows[][5] = {
        /* width, height, longest side, and what comes out */
        { 4000, 3000, 2000, 2000, 1500 }, { 3000, 4000, 2000, 1500, 2000 },
        { 4032, 3024, 2000, 2000, 1500 }, { 1000, 500, 2000, 1000, 500 },
        { 4000, 3000, 0, 4000, 3000 },    { 65000, 3, 1000, 1000, 1 },
        { 1601, 1067, 1000, 1000, 666 },  { 10, 10, 1, 1, 1 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint32 width;
        guint32 height;
        plane_fit(rows[i][0], rows[i][1], rows[i][2], &width, &height);
        g_assert_cmpuint(width, ==, rows[i][3]);
        g_assert_cmpuint(height, ==, rows[i][4]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/plane-resize/floating-point", test_close_to_floating_point);
    g_test_add_func("/image/plane-resize/copy", test_same_size_is_a_copy);
    g_test_add_func("/image/plane-resize/even", test_even_areas_stay_even);
    g_test_add_func("/image/plane-resize/chroma-siting", test_chroma_stays_in_its_place);
    g_test_add_func("/image/plane-resize/fraction", test_fraction_at_the_edge_does_not_stretch);
    g_test_add_func("/image/plane-resize/fit", test_fit);
    return g_test_run();
}

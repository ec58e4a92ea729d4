#include "image/plane_scale.h"

#include <math.h>
#include <string.h>

static double
lanczos3(double x)
{
    x = fabs(x);
    return x < 1e-9 ? 1 : x < 3 ? 3 * sin(G_PI * x) * sin(G_PI * x / 3) / (G_PI * G_PI * x * x) : 0;
}

/* The sample AT of LINE brought to NUM_TARGET samples, in floating point. */
static double
expected_sample(const double *line, int num_source, int num_target, int at)
{
    double ratio = (double)num_source / num_target;
    double width = MAX(ratio, 1);
    double center = (at + 0.5) * ratio;
    double sum = 0;
    double weights = 0;
    for (int i = (int)floor(center - 3 * width) - 1; i <= (int)ceil(center + 3 * width); i++) {
        double weight = lanczos3((i + 0.5 - center) / width);
        int from = i < 0 ? -1 - i : i >= num_source ? 2 * num_source - 1 - i : i;
        sum += weight * line[CLAMP(from, 0, num_source - 1)];
        weights += weight;
    }
    return CLAMP(sum / weights, 0, 255);
}

/* Steps, a wave and noise along a line. */
static void
draw_line(double *line, int num_samples)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int i = 0; i < num_samples; i++) {
        double value = 120 + 60 * sin(i * 0.05) + (i / 37 % 2 == 0 ? 40 : -40);
        line[i] = floor(CLAMP(value + g_rand_double_range(random, -20, 20), 0, 255));
    }
}

static void
check_axis(int num_source, int num_target, bool is_across, double tolerance)
{
    const int other = 19;
    g_autofree double *line = g_new(double, (gsize)num_source);
    draw_line(line, num_source);
    gsize stride = is_across ? (gsize)num_source : (gsize)other;
    gsize target_stride = ((gsize)MAX(num_target, other) + 15) / 8 * 8;
    g_autofree guint8 *source = g_malloc((gsize)num_source * (gsize)other);
    g_autofree guint8 *target = g_malloc0(target_stride * (gsize)MAX(num_target, other));
    for (int i = 0; i < num_source; i++) {
        for (int j = 0; j < other; j++) {
            source[is_across ? stride * (gsize)j + (gsize)i : stride * (gsize)i + (gsize)j] =
                (guint8)line[i];
        }
    }
    ScaleAxis scaled = { 0, num_source, (guint32)num_source, (guint32)num_target };
    ScaleAxis kept = { 0, other, (guint32)other, (guint32)other };
    g_assert_true(plane_scale(source, stride, target, target_stride, is_across ? scaled : kept,
                              is_across ? kept : scaled));
    for (int i = 0; i < num_target; i++) {
        double expected = expected_sample(line, num_source, num_target, i);
        for (int j = 0; j < other; j++) {
            gsize at = is_across ? target_stride * (gsize)j + (gsize)i
                                 : target_stride * (gsize)i + (gsize)j;
            g_assert_cmpfloat_with_epsilon(target[at], expected, tolerance);
        }
    }
}

static void
test_close_to_floating_point(void)
{
    static const int sizes[][2] = { { 2016, 2000 }, { 500, 250 }, { 401, 100 },
                                    { 33, 32 },     { 100, 173 }, { 64, 640 } };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        check_axis(sizes[i][0], sizes[i][1], true, 1);
        check_axis(sizes[i][0], sizes[i][1], false, 1);
    }
}

static void
test_large_ratios(void)
{
    check_axis(1600, 100, true, 2);
    check_axis(1600, 100, false, 2);
}

static void
test_fewer_samples_than_the_filter_is_long(void)
{
    for (int num_source = 1; num_source < 8; num_source++) {
        check_axis(num_source, 9, true, 1);
        check_axis(num_source, 1, false, 1);
    }
}

static void
test_even_areas_stay_even(void)
{
    static const guint32 targets[] = { 399, 301, 200, 133, 100 };
    guint8 source[400];
    guint8 target[408];
    for (int value = 0; value < 256; value++) {
        memset(source, value, sizeof source);
        for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
            ScaleAxis x = { 0, 400, 400, targets[i] };
            ScaleAxis y = { 0, 1, 1, 1 };
            g_assert_true(plane_scale(source, sizeof source, target, sizeof target, x, y));
            for (guint32 k = 0; k < targets[i]; k++) {
                g_assert_cmpuint(target[k], ==, value);
            }
        }
    }
}

static void
test_copy(void)
{
    g_assert_true(scale_axis_is_copy((ScaleAxis){ 0, 10, 10, 10 }));
    g_assert_false(scale_axis_is_copy((ScaleAxis){ 0, 10, 10, 9 }));
    g_assert_false(scale_axis_is_copy((ScaleAxis){ -0.5, 10, 10, 10 }));
    g_assert_false(scale_axis_is_copy((ScaleAxis){ 0, 9.5, 10, 10 }));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/plane-scale/floating-point", test_close_to_floating_point);
    g_test_add_func("/image/plane-scale/large-ratios", test_large_ratios);
    g_test_add_func("/image/plane-scale/few-samples", test_fewer_samples_than_the_filter_is_long);
    g_test_add_func("/image/plane-scale/even", test_even_areas_stay_even);
    g_test_add_func("/image/plane-scale/copy", test_copy);
    return g_test_run();
}

#include "image/box_shrink.h"

static void
add_rows(BoxShrink *shrink, guint32 width, guint32 height, guint num_channels, const guint8 *pixels)
{
    for (guint32 y = 0; y < height; y++) {
        box_shrink_add_row(shrink, pixels + (gsize)y * width * num_channels);
    }
}

static void
test_averages_squares(void)
{
    static const guint8 pixels[] = {
        0,  10, 100, 101, /**/
        20, 30, 102, 103,
    };
    g_autoptr(BoxShrink) shrink = box_shrink_new(4, 2, 1, 2, NULL);
    add_rows(shrink, 4, 2, 1, pixels);
    g_auto(ImagePlanes) planes = { 0 };
    double width, height;
    box_shrink_finish(shrink, &planes, &width, &height);
    g_assert_cmpuint(planes.width, ==, 2);
    g_assert_cmpuint(planes.height, ==, 1);
    g_assert_cmpuint(planes.data[0][0], ==, 15);
    g_assert_cmpuint(planes.data[0][1], ==, 102); /* 101.5 is rounded */
}

static void
test_cut_squares_average_what_they_have(void)
{
    static const guint8 pixels[] = {
        10, 10, 40, /**/
        10, 10, 60, /**/
        90, 90, 200,
    };
    g_autoptr(BoxShrink) shrink = box_shrink_new(3, 3, 1, 2, NULL);
    add_rows(shrink, 3, 3, 1, pixels);
    g_auto(ImagePlanes) planes = { 0 };
    double width, height;
    box_shrink_finish(shrink, &planes, &width, &height);
    g_assert_cmpuint(planes.data[0][1], ==, 50);
    g_assert_cmpuint(planes.data[0][planes.stride[0]], ==, 90);
    g_assert_cmpuint(planes.data[0][planes.stride[0] + 1], ==, 200);
    g_assert_cmpfloat(width, ==, 1.5);
    g_assert_cmpfloat(height, ==, 1.5);
}

static void
test_without_shrinking_grey_stays_as_it_is(void)
{
    static const guint8 pixels[] = { 1, 2, 3, 4 };
    g_autoptr(BoxShrink) shrink = box_shrink_new(2, 2, 1, 1, NULL);
    add_rows(shrink, 2, 2, 1, pixels);
    g_auto(ImagePlanes) planes = { 0 };
    double width, height;
    box_shrink_finish(shrink, &planes, &width, &height);
    g_assert_cmpuint(planes.data[0][0], ==, 1);
    g_assert_cmpuint(planes.data[0][planes.stride[0] + 1], ==, 4);
}

static void
test_rest_of_the_work_is_half_at_least(void)
{
    g_assert_cmpuint(box_shrink_factor(4000, 3000, 2000), ==, 1);
    g_assert_cmpuint(box_shrink_factor(7999, 100, 2000), ==, 1);
    g_assert_cmpuint(box_shrink_factor(8000, 100, 2000), ==, 2);
    g_assert_cmpuint(box_shrink_factor(100, 60000, 1000), ==, 30);
    g_assert_cmpuint(box_shrink_factor(4000, 3000, 0), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/box-shrink/averages-squares", test_averages_squares);
    g_test_add_func("/box-shrink/cut-squares", test_cut_squares_average_what_they_have);
    g_test_add_func("/box-shrink/no-shrinking", test_without_shrinking_grey_stays_as_it_is);
    g_test_add_func("/box-shrink/factor", test_rest_of_the_work_is_half_at_least);
    return g_test_run();
}

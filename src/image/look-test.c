#include "image/look.h"

#include <string.h>

/* A white picture with a dark box in it. */
static void
draw(ImagePlanes *planes, guint32 width, guint32 height, guint8 background, guint32 left,
     guint32 top, guint32 box_width, guint32 box_height)
{
    g_assert_true(image_planes_init(planes, width, height, 3, 1, 1, NULL));
    for (guint i = 0; i < 3; i++) {
        memset(planes->data[i], i == 0 ? background : 128,
               planes->stride[i] * image_planes_height(planes, i));
    }
    for (guint32 y = top; y < top + box_height; y++) {
        memset(planes->data[0] + planes->stride[0] * y + left, 40, box_width);
    }
}

static void
test_product_on_white(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 200, 100, 255, 50, 25, 80, 50);
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    g_assert_cmpfloat(facts.border_white_share, ==, 1);
    /* The longer side, 80 of 200, not the 50 of 100. */
    g_assert_cmpfloat_with_epsilon(facts.frame_fill, 0.4, 1e-9);
}

static void
test_specks_are_no_product(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 200, 100, 255, 50, 25, 80, 50);
    planes.data[0][3] = 0;
    planes.data[0][planes.stride[0] * 98 + 197] = 0;
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    g_assert_cmpfloat_with_epsilon(facts.frame_fill, 0.4, 1e-9);
}

static void
test_grey_background_is_not_white(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 200, 100, 249, 50, 25, 80, 50);
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    g_assert_cmpfloat(facts.border_white_share, ==, 0);
    g_assert_cmpfloat(facts.frame_fill, ==, 1);
}

static void
test_tinted_background_is_not_white(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 200, 100, 250, 50, 25, 80, 50);
    memset(planes.data[1], 120, planes.stride[1] * 50); /* yellowish: blue is 236 */
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    g_assert_cmpfloat(facts.border_white_share, ==, 0);
}

static void
test_product_that_touches_an_edge(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 100, 100, 255, 0, 20, 60, 40);
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    /* 40 of the 396 pixels of the border. */
    g_assert_cmpfloat_with_epsilon(facts.border_white_share, 356.0 / 396, 1e-9);
    g_assert_cmpfloat_with_epsilon(facts.frame_fill, 0.6, 1e-9);
}

static void
test_nothing_but_white_fills_nothing(void)
{
    g_auto(ImagePlanes) planes = { 0 };
    draw(&planes, 100, 100, 255, 0, 0, 0, 0);
    ImageFacts facts = { 0 };
    look_measure(&planes, &facts);
    g_assert_cmpfloat(facts.frame_fill, ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/look/product-on-white", test_product_on_white);
    g_test_add_func("/look/specks", test_specks_are_no_product);
    g_test_add_func("/look/grey-background", test_grey_background_is_not_white);
    g_test_add_func("/look/tinted-background", test_tinted_background_is_not_white);
    g_test_add_func("/look/touches-an-edge", test_product_that_touches_an_edge);
    g_test_add_func("/look/nothing-but-white", test_nothing_but_white_fills_nothing);
    return g_test_run();
}

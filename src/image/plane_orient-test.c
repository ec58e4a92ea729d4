#include "image/plane_orient.h"

#include "image/jpeg_fixture.h"

/* Where the upright sample (X, Y) is in a source of WIDTH x HEIGHT: the table of EXIF 2.32, 4.6.4.
 */
static void
source_of(guint8 orientation, guint32 x, guint32 y, guint32 width, guint32 height, guint32 *ret_x,
          guint32 *ret_y)
{
    const guint32 where[9][2] = {
        { 0, 0 },
        { x, y },
        { width - 1 - x, y },
        { width - 1 - x, height - 1 - y },
        { x, height - 1 - y },
        { y, x },
        { y, height - 1 - x },
        { width - 1 - y, height - 1 - x },
        { width - 1 - y, x },
    };
    *ret_x = where[orientation][0];
    *ret_y = where[orientation][1];
}

static void
check_orientation(guint8 orientation, guint32 width, guint32 height, guint8 num_planes)
{
    g_auto(ImagePlanes) source = { 0 };
    g_auto(ImagePlanes) planes = { 0 };
    fixture_planes(&source, width, height, num_planes, 1, 0);
    fixture_planes(&planes, width, height, num_planes, 1, 0);
    g_assert_true(image_planes_orient(&planes, orientation, NULL));
    for (guint i = 0; i < num_planes; i++) {
        guint32 source_width = image_planes_width(&source, i);
        guint32 source_height = image_planes_height(&source, i);
        bool swaps = orientation >= 5;
        g_assert_cmpuint(image_planes_width(&planes, i), ==, swaps ? source_height : source_width);
        g_assert_cmpuint(image_planes_height(&planes, i), ==, swaps ? source_width : source_height);
        for (guint32 y = 0; y < image_planes_height(&planes, i); y++) {
            for (guint32 x = 0; x < image_planes_width(&planes, i); x++) {
                guint32 from_x;
                guint32 from_y;
                source_of(orientation, x, y, source_width, source_height, &from_x, &from_y);
                g_assert_cmpuint(planes.data[i][planes.stride[i] * y + x], ==,
                                 source.data[i][source.stride[i] * from_y + from_x]);
            }
        }
    }
}

static void
test_every_orientation(void)
{
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        check_orientation(orientation, 100, 37, 3);
        check_orientation(orientation, 16, 64, 3);
        check_orientation(orientation, 1, 5, 1);
    }
}

static void
test_swapping(void)
{
    for (guint8 orientation = 1; orientation <= 8; orientation++) {
        g_assert_cmpint(image_orientation_swaps(orientation), ==, orientation >= 5);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/plane-orient/every", test_every_orientation);
    g_test_add_func("/image/plane-orient/swapping", test_swapping);
    return g_test_run();
}

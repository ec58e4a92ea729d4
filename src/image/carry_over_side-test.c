#include "image/image.h"
#include "image/jpeg_fixture.h"

static const Fixture small_file = {
    .width = 220, .height = 160, .color = JPEG_COLOR_YCBCR, .h = 2, .v = 2, .quality = 30
};
static const Fixture large_file = {
    .width = 220, .height = 160, .color = JPEG_COLOR_YCBCR, .quality = 100
};

static ImageMethod
method_for(const Fixture *fixture, const ImageOutputSpec *spec)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(fixture);
    const ImageRequest request = { .limits = fixture_limits(),
                                   .num_outputs = 1,
                                   .outputs = { *spec } };
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_true(image_clean(jpeg, &request, &result, &error));
    g_assert_no_error(error);
    const ImageOutput *output = &result.outputs[0];
    g_assert_cmpuint(output->width, ==,
                     output->method == IMAGE_CARRIED_OVER ? fixture->width : spec->longest_side);
    return output->method;
}

static void
test_wished_side_does_not_make_a_file_larger(void)
{
    const ImageOutputSpec spec = {
        .longest_side = 200, .quality = 95, .allow_carry_over = true, .carry_over_side = 250
    };
    g_assert_cmpint(method_for(&small_file, &spec), ==, IMAGE_CARRIED_OVER);
}

static void
test_wished_side_is_kept_where_it_saves_bytes(void)
{
    const ImageOutputSpec spec = {
        .longest_side = 200, .quality = 60, .allow_carry_over = true, .carry_over_side = 250
    };
    g_assert_cmpint(method_for(&large_file, &spec), ==, IMAGE_ENCODED);
}

static void
test_picture_far_above_the_wished_side_is_shrunk(void)
{
    const ImageOutputSpec spec = {
        .longest_side = 200, .quality = 95, .allow_carry_over = true, .carry_over_side = 210
    };
    g_assert_cmpint(method_for(&small_file, &spec), ==, IMAGE_ENCODED);
}

static void
test_side_that_is_a_limit_is_kept(void)
{
    const ImageOutputSpec spec = { .longest_side = 200, .quality = 95, .allow_carry_over = true };
    g_assert_cmpint(method_for(&small_file, &spec), ==, IMAGE_ENCODED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(image_init(NULL));
    g_test_add_func("/carry-over-side/not-larger", test_wished_side_does_not_make_a_file_larger);
    g_test_add_func("/carry-over-side/saves-bytes", test_wished_side_is_kept_where_it_saves_bytes);
    g_test_add_func("/carry-over-side/far-above", test_picture_far_above_the_wished_side_is_shrunk);
    g_test_add_func("/carry-over-side/limit", test_side_that_is_a_limit_is_kept);
    return g_test_run();
}

#include "track/appearance.h"

#include <string.h>

#define WIDTH 60
#define HEIGHT 170

/* A person of two colours who fills the picture, head included. */
static void
paint(guint8 *pixels, const guint8 *head, const guint8 *upper, const guint8 *lower)
{
    for (int y = 0; y < HEIGHT; y++) {
        const guint8 *colour = y < HEIGHT / 5 ? head : y < HEIGHT * 11 / 20 ? upper : lower;
        for (int x = 0; x < WIDTH; x++) {
            memcpy(pixels + 3 * (y * WIDTH + x), colour, 3);
        }
    }
}

static const guint8 red[] = { 200, 20, 20 }, blue[] = { 20, 20, 200 }, skin[] = { 220, 180, 160 };
static const Box whole = { 0, 0, WIDTH, HEIGHT };

static bool
look_at(const guint8 *pixels, const Box *box, float *numbers)
{
    AppearancePicture picture = { pixels, 3 * WIDTH, WIDTH, HEIGHT };
    return appearance_of_clothing(&picture, box, numbers);
}

static void
test_colours_above_and_below_tell_people_apart(void)
{
    guint8 pixels[3 * WIDTH * HEIGHT];
    float a[APPEARANCE_CLOTHING_SIZE], b[APPEARANCE_CLOTHING_SIZE], again[APPEARANCE_CLOTHING_SIZE];
    paint(pixels, skin, red, blue);
    g_assert_true(look_at(pixels, &whole, a));
    g_assert_true(look_at(pixels, &(Box){ 3, 2, WIDTH - 6, HEIGHT - 4 }, again));
    paint(pixels, skin, blue, red);
    g_assert_true(look_at(pixels, &whole, b));
    g_assert_cmpfloat_with_epsilon(appearance_similarity(a, a, APPEARANCE_CLOTHING_SIZE), 1, 1e-6);
    g_assert_cmpfloat(appearance_similarity(a, again, APPEARANCE_CLOTHING_SIZE), >, 0.95);
    g_assert_cmpfloat(appearance_similarity(a, b, APPEARANCE_CLOTHING_SIZE), <, 0.1);
}

/* STO-10: never faces. Whatever is painted over the head, not one number changes. */
static void
test_head_is_never_looked_at(void)
{
    guint8 pixels[3 * WIDTH * HEIGHT];
    float a[APPEARANCE_CLOTHING_SIZE], b[APPEARANCE_CLOTHING_SIZE];
    paint(pixels, skin, red, blue);
    g_assert_true(look_at(pixels, &whole, a));
    paint(pixels, blue, red, blue);
    g_assert_true(look_at(pixels, &whole, b));
    g_assert_cmpmem(a, sizeof a, b, sizeof b);
}

static void
test_box_outside_the_picture_says_nothing(void)
{
    guint8 pixels[3 * WIDTH * HEIGHT];
    float numbers[APPEARANCE_CLOTHING_SIZE];
    paint(pixels, skin, red, blue);
    g_assert_false(look_at(pixels, &(Box){ 500, 500, 60, 170 }, numbers));
    g_assert_false(look_at(pixels, &(Box){ -500, -500, 60, 170 }, numbers));
    g_assert_false(look_at(pixels, &(Box){ 10, 10, 1, 2 }, numbers));
}

static void
test_scale_says_nothing_until_it_has_seen_enough(void)
{
    AppearanceScale scale = { 0 };
    g_assert_cmpfloat(appearance_log_odds(&scale, 1), ==, 0);
    for (int i = 0; i < 100; i++) {
        appearance_learn(&scale, true, 0.9 + 0.001 * (i % 10));
    }
    g_assert_cmpfloat(appearance_log_odds(&scale, 1), ==, 0);
}

static void
test_scale_learns_what_alike_means(void)
{
    AppearanceScale scale = { 0 };
    for (int i = 0; i < 100; i++) {
        appearance_learn(&scale, true, 0.85 + 0.01 * (i % 10));
        appearance_learn(&scale, false, 0.3 + 0.02 * (i % 10));
    }
    g_assert_cmpfloat(appearance_log_odds(&scale, 0.9), >, 2);
    g_assert_cmpfloat(appearance_log_odds(&scale, 0.4), <, -2);
    g_assert_cmpfloat(appearance_log_odds(&scale, 1), <=, 4);
    g_assert_cmpfloat(appearance_log_odds(&scale, -1), >=, -4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/appearance/colours", test_colours_above_and_below_tell_people_apart);
    g_test_add_func("/appearance/STO-10-no-head", test_head_is_never_looked_at);
    g_test_add_func("/appearance/outside", test_box_outside_the_picture_says_nothing);
    g_test_add_func("/appearance/scale-empty", test_scale_says_nothing_until_it_has_seen_enough);
    g_test_add_func("/appearance/scale", test_scale_learns_what_alike_means);
    return g_test_run();
}

#include "store/prng.h"

#include <math.h>

static void
test_streams_are_apart_and_repeat(void)
{
    Prng a = prng_new(1, "walker", 0), again = prng_new(1, "walker", 0);
    Prng other_index = prng_new(1, "walker", 1), other_name = prng_new(1, "shelf", 0);
    Prng other_seed = prng_new(2, "walker", 0);
    guint64 value = prng_next(&a);
    g_assert_cmpuint(value, ==, prng_next(&again));
    g_assert_cmpuint(value, !=, prng_next(&other_index));
    g_assert_cmpuint(value, !=, prng_next(&other_name));
    g_assert_cmpuint(value, !=, prng_next(&other_seed));
}

/* The first values of xoshiro256++ from the state 1, 2, 3, 4, by the published reference code. */
static void
test_generator_is_the_published_one(void)
{
    Prng prng = { { 1, 2, 3, 4 } };
    g_assert_cmpuint(prng_next(&prng), ==, 41943041);
    g_assert_cmpuint(prng_next(&prng), ==, 58720359);
    g_assert_cmpuint(prng_next(&prng), ==, G_GUINT64_CONSTANT(3588806011781223));
}

static void
test_values_have_the_moments_asked_for(void)
{
    enum { COUNT = 200000 };
    Prng prng = prng_new(3, "moments", 0);
    double sum = 0, squares = 0, waits = 0, events = 0;
    for (int i = 0; i < COUNT; i++) {
        double value = prng_normal(&prng, 10, 2);
        sum += value;
        squares += (value - 10) * (value - 10);
        waits += prng_exponential(&prng, 3);
        events += prng_poisson(&prng, 2.6);
        g_assert_cmpuint(prng_below(&prng, 7), <, 7);
    }
    g_assert_cmpfloat_with_epsilon(sum / COUNT, 10, 0.05);
    g_assert_cmpfloat_with_epsilon(sqrt(squares / COUNT), 2, 0.05);
    g_assert_cmpfloat_with_epsilon(waits / COUNT, 3, 0.05);
    g_assert_cmpfloat_with_epsilon(events / COUNT, 2.6, 0.05);
}

static void
test_bounds_hold(void)
{
    Prng prng = prng_new(3, "bounds", 0);
    for (int i = 0; i < 10000; i++) {
        double normal = prng_normal_within(&prng, 0, 5, -1, 2);
        double skewed = prng_lognormal_within(&prng, 10, 2, 5, 30);
        g_assert_true(normal >= -1 && normal <= 2 && skewed >= 5 && skewed <= 30);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/prng/streams", test_streams_are_apart_and_repeat);
    g_test_add_func("/prng/published", test_generator_is_the_published_one);
    g_test_add_func("/prng/moments", test_values_have_the_moments_asked_for);
    g_test_add_func("/prng/bounds", test_bounds_hold);
    return g_test_run();
}

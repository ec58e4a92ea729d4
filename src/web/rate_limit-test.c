#include "web/rate_limit.h"

static Timestamp
virtual_now(gpointer data)
{
    return *(Timestamp *)data;
}

static void
test_burst_is_bounded_and_comes_back(void)
{
    Timestamp now = SECONDS(1000);
    const Clock clock = { virtual_now, &now };
    RateLimiter *limiter = rate_limiter_new(&clock);
    guint burst, per_minute, wait = 0;
    rate_class_bounds(RATE_SIGN_IN, &burst, &per_minute);
    for (guint i = 0; i < burst; i++) {
        g_assert_true(rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait));
    }
    g_assert_false(rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait));
    g_assert_cmpuint(wait, >=, 1);
    now += SECONDS(wait);
    g_assert_true(rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait));
    g_assert_false(rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait));
    rate_limiter_free(limiter);
}

static void
test_callers_and_classes_do_not_share(void)
{
    RateLimiter *limiter = rate_limiter_new(&system_clock);
    guint wait;
    for (guint i = 0; i < 1000; i++) {
        (void)rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait); /* empties the bucket */
    }
    g_assert_false(rate_limiter_take(limiter, RATE_SIGN_IN, "a", &wait));
    g_assert_true(rate_limiter_take(limiter, RATE_SIGN_IN, "b", &wait));
    g_assert_true(rate_limiter_take(limiter, RATE_READ, "a", &wait));
    rate_limiter_free(limiter);
}

static void
test_many_callers_stay_bounded(void)
{
    RateLimiter *limiter = rate_limiter_new(&system_clock);
    guint wait;
    for (guint i = 0; i < 120000; i++) {
        g_autofree char *who = g_strdup_printf("%u", i);
        g_assert_true(rate_limiter_take(limiter, RATE_READ, who, &wait));
    }
    rate_limiter_free(limiter);
}

static void
test_neighbours_are_one_network(void)
{
    static const struct {
        const char *address, *network;
    } cases[] = {
        { "192.0.2.77", "192.0.2.0/24" },
        { "2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56" },
        { "::1", "::/56" },
        { "unix", "unix" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *network = rate_limit_network(cases[i].address);
        g_assert_cmpstr(network, ==, cases[i].network);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rate-limit/burst", test_burst_is_bounded_and_comes_back);
    g_test_add_func("/rate-limit/apart", test_callers_and_classes_do_not_share);
    g_test_add_func("/rate-limit/bounded", test_many_callers_stay_bounded);
    g_test_add_func("/rate-limit/network", test_neighbours_are_one_network);
    return g_test_run();
}

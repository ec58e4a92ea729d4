#include "base/clock.h"

static void
test_string_is_utc_with_seconds(void)
{
    g_autofree char *text = timestamp_to_string(SECONDS(1795331579) + 999999);
    g_assert_cmpstr(text, ==, "2026-11-22T07:12:59Z");
}

static void
test_times_before_1970_round_down(void)
{
    g_autofree char *text = timestamp_to_string(-1);
    g_assert_cmpstr(text, ==, "1969-12-31T23:59:59Z");
}

static void
test_a_day_is_86400_seconds(void)
{
    g_assert_cmpint(DAYS(21), ==, G_GINT64_CONSTANT(1814400000000));
}

static void
test_clock_shows_what_the_variable_holds(void)
{
    Timestamp time = SECONDS(5);
    Clock clock = clock_showing(&time);
    g_assert_cmpint(clock_now(&clock), ==, SECONDS(5));
    time += DAYS(21);
    g_assert_cmpint(clock_now(&clock), ==, SECONDS(5) + DAYS(21));
}

static void
test_system_clock_is_the_system_s(void)
{
    gint64 before = g_get_real_time();
    Timestamp now = clock_now(&system_clock);
    g_assert_cmpint(now, >=, before);
    g_assert_cmpint(now, <=, g_get_real_time());
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/string-is-utc-with-seconds", test_string_is_utc_with_seconds);
    g_test_add_func("/clock/before-1970", test_times_before_1970_round_down);
    g_test_add_func("/clock/day", test_a_day_is_86400_seconds);
    g_test_add_func("/clock/showing", test_clock_shows_what_the_variable_holds);
    g_test_add_func("/clock/system", test_system_clock_is_the_system_s);
    return g_test_run();
}

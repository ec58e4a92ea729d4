#include "http/condition.h"

#include "http/date.h"

#define MODIFIED 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 */
#define THEN "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"

static void
test_dates_in_all_three_forms(void)
{
    static const char *const texts[] = { THEN, "Sunday, 06-Nov-94 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        gint64 seconds;
        g_assert_true(http_date_parse(texts[i], &seconds));
        g_assert_cmpint(seconds, ==, MODIFIED);
    }
    g_autofree char *text = http_date_format(MODIFIED);
    g_assert_cmpstr(text, ==, THEN);
}

static void
test_dates_that_are_none(void)
{
    static const char *const texts[] = { "",
                                         "now",
                                         "Sun, 31 Feb 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 08:49:37 GMT+1",
                                         "Sun, 06 Nov 1994",
                                         "Sun, 06 Foo 1994 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 25:49:37 GMT" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        gint64 seconds;
        g_assert_false(http_date_parse(texts[i], &seconds));
    }
}

/* RFC 9110 13.1, 13.2.2, 14.2 over 1000 bytes with ETag "a". */
static const struct {
    HttpConditions conditions;
    guint status;
    guint64 first, size;
} cases[] = {
    { { 0 }, 200, 0, 1000 },
    { { .if_none_match = "\"a\"" }, 304, 0, 1000 },
    { { .if_none_match = "W/\"a\"" }, 304, 0, 1000 },
    { { .if_none_match = "\"x\", \"a\"" }, 304, 0, 1000 },
    { { .if_none_match = "*" }, 304, 0, 1000 },
    { { .if_none_match = "\"b\"" }, 200, 0, 1000 },
    { { .if_none_match = "a" }, 200, 0, 1000 },
    { { .if_none_match = "\"b\"", .if_modified_since = THEN }, 200, 0, 1000 },
    { { .if_modified_since = THEN }, 304, 0, 1000 },
    { { .if_modified_since = BEFORE }, 200, 0, 1000 },
    { { .if_modified_since = "nonsense" }, 200, 0, 1000 },
    { { .if_match = "\"a\"" }, 200, 0, 1000 },
    { { .if_match = "W/\"a\"" }, 412, 0, 1000 },
    { { .if_match = "\"b\"" }, 412, 0, 1000 },
    { { .if_unmodified_since = THEN }, 200, 0, 1000 },
    { { .if_unmodified_since = BEFORE }, 412, 0, 1000 },
    { { .range = "bytes=0-0" }, 206, 0, 1 },
    { { .range = "bytes=10-19" }, 206, 10, 10 },
    { { .range = "bytes=990-" }, 206, 990, 10 },
    { { .range = "bytes=-10" }, 206, 990, 10 },
    { { .range = "bytes=-5000" }, 206, 0, 1000 },
    { { .range = "bytes=0-99999999999999999999" }, 206, 0, 1000 },
    { { .range = "Bytes=0-1" }, 206, 0, 2 },
    { { .range = "bytes=1000-" }, 416, 0, 1000 },
    { { .range = "bytes=99999999999999999999-" }, 416, 0, 1000 },
    { { .range = "bytes=-0" }, 416, 0, 1000 },
    { { .range = "bytes=5-4" }, 200, 0, 1000 },
    { { .range = "bytes=0-1,3-4" }, 200, 0, 1000 },
    { { .range = "bytes=-" }, 200, 0, 1000 },
    { { .range = "bytes=" }, 200, 0, 1000 },
    { { .range = "bytes=a-b" }, 200, 0, 1000 },
    { { .range = "bytes=+1-2" }, 200, 0, 1000 },
    { { .range = "seconds=1-2" }, 200, 0, 1000 },
    { { .range = "bytes=0-1", .if_range = "\"a\"" }, 206, 0, 2 },
    { { .range = "bytes=0-1", .if_range = "\"b\"" }, 200, 0, 1000 },
    { { .range = "bytes=0-1", .if_range = "W/\"a\"" }, 200, 0, 1000 },
    { { .range = "bytes=0-1", .if_range = THEN }, 206, 0, 2 },
    { { .range = "bytes=0-1", .if_range = BEFORE }, 200, 0, 1000 },
    { { .range = "bytes=0-1", .if_none_match = "\"a\"" }, 304, 0, 1000 },
};

static void
test_decides_as_the_specification_does(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint64 first, size;
        g_test_message("case %" G_GSIZE_FORMAT " range %s", i, cases[i].conditions.range);
        g_assert_cmpuint(
            http_condition_decide(&cases[i].conditions, "\"a\"", MODIFIED, 1000, &first, &size), ==,
            cases[i].status);
        g_assert_cmpuint(first, ==, cases[i].first);
        g_assert_cmpuint(size, ==, cases[i].size);
    }
}

static void
test_nothing_has_no_ranges(void)
{
    guint64 first, size;
    HttpConditions conditions = { .range = "bytes=0-" };
    g_assert_cmpuint(http_condition_decide(&conditions, NULL, 0, 0, &first, &size), ==, 416);
}

static void
test_without_tag_and_date_conditions_do_not_hold(void)
{
    guint64 first, size;
    HttpConditions dates = { .if_modified_since = THEN };
    HttpConditions tags = { .if_match = "\"a\"" };
    g_assert_cmpuint(http_condition_decide(&dates, NULL, 0, 10, &first, &size), ==, 200);
    g_assert_cmpuint(http_condition_decide(&tags, NULL, 0, 10, &first, &size), ==, 412);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/date/forms", test_dates_in_all_three_forms);
    g_test_add_func("/http/date/none", test_dates_that_are_none);
    g_test_add_func("/http/condition/cases", test_decides_as_the_specification_does);
    g_test_add_func("/http/condition/nothing", test_nothing_has_no_ranges);
    g_test_add_func("/http/condition/unknown", test_without_tag_and_date_conditions_do_not_hold);
    return g_test_run();
}

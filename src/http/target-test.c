#include "http/target.h"

#include <string.h>

static void
test_splits_and_decodes(void)
{
    HttpTarget target = { 0 };
    const char *reason;
    g_assert_true(http_target_parse("/a%20b/%E4%B8%AD?q=x+y&empty&%61=%26", &target, &reason));
    g_assert_cmpstr(target.path, ==, "/a b/\xe4\xb8\xad");
    g_assert_cmpuint(target.num_segments, ==, 2);
    g_assert_cmpstr(target.segments[1], ==, "\xe4\xb8\xad");
    g_assert_cmpuint(target.num_query, ==, 3);
    g_assert_cmpstr(target.query[0].value, ==, "x y");
    g_assert_cmpstr(target.query[1].value, ==, "");
    g_assert_cmpstr(target.query[2].name, ==, "a");
    g_assert_cmpstr(target.query[2].value, ==, "&");
    http_target_clear(&target);
}

static void
test_paths_that_fit_nothing(void)
{
    static const char *const paths[] = { "//",      "/a//b",   "/a/",     "/.",     "/..",
                                         "/a/../b", "/%2e%2e", "/a%2Fb",  "/a%00b", "/%",
                                         "/%a",     "/%zz",    "/%0d%0a", "/%ff",   "/%c3%28",
                                         "/a%5c%",  "/%7f/a" };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        HttpTarget target = { 0 };
        const char *reason;
        g_test_message("%s", paths[i]);
        g_assert_true(http_target_parse(paths[i], &target, &reason));
        g_assert_null(target.segments);
        g_assert_cmpstr(target.path, ==, paths[i]);
        http_target_clear(&target);
    }
}

static void
test_root_has_no_segments(void)
{
    HttpTarget target = { 0 };
    const char *reason;
    g_assert_true(http_target_parse("/?", &target, &reason));
    g_assert_nonnull(target.segments);
    g_assert_cmpuint(target.num_segments, ==, 0);
    g_assert_cmpstr(target.path, ==, "/");
    http_target_clear(&target);
}

static void
test_refuses_queries_with_two_meanings(void)
{
    static const char *const targets[] = { "/?a=1&a=2", "/?a=%zz", "/?a=%00", "/?a=%ff", "/?%a" };
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        HttpTarget target = { 0 };
        const char *reason = NULL;
        g_test_message("%s", targets[i]);
        g_assert_false(http_target_parse(targets[i], &target, &reason));
        g_assert_nonnull(reason);
        http_target_clear(&target);
    }
}

static void
test_bounds_segments_and_parameters(void)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GString) query = g_string_new("/?");
    for (guint i = 0; i <= MAX(HTTP_MAX_SEGMENTS, HTTP_MAX_QUERY); i++) {
        g_string_append(path, "/a");
        g_string_append_printf(query, "&%u", i);
    }
    HttpTarget target = { 0 };
    const char *reason;
    g_assert_true(http_target_parse(path->str, &target, &reason));
    g_assert_null(target.segments);
    http_target_clear(&target);
    g_assert_false(http_target_parse(query->str, &target, &reason));
    http_target_clear(&target);
}

static void
test_finds_one_cookie(void)
{
    static const struct {
        const char *cookies, *value;
    } cases[] = {
        { "s=1", "1" },         { "a=2; s=1", "1" },  { "a=2;s=1 ; b=3", "1" },
        { "xs=1; s =2", NULL }, { "s=1; s=2", NULL }, { "ss=1", NULL },
        { "s", NULL },          { "S=1", NULL },      { "s=a=b", "a=b" },
        { "s=", "" },           { "", NULL },         { NULL, NULL },
        { ";;; s=1;;;", "1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *value = http_cookie_find(cases[i].cookies, "s");
        g_test_message("%s", cases[i].cookies);
        g_assert_cmpstr(value, ==, cases[i].value);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/target/decodes", test_splits_and_decodes);
    g_test_add_func("/http/target/fits-nothing", test_paths_that_fit_nothing);
    g_test_add_func("/http/target/root", test_root_has_no_segments);
    g_test_add_func("/http/target/two-meanings", test_refuses_queries_with_two_meanings);
    g_test_add_func("/http/target/bounds", test_bounds_segments_and_parameters);
    g_test_add_func("/http/target/cookies", test_finds_one_cookie);
    return g_test_run();
}

#include "store/contest.h"

#include "base/error.h"
#include "store/test_store.h"

#include <string.h>

static GBytes *
labels(const char *events)
{
    char *text = g_strdup_printf("{\"lists\":[{\"dataset\":\"case-1\",\"range\":null,"
                                 "\"events\":[%s]}]}",
                                 events);
    return g_bytes_new_take(text, strlen(text));
}

static char *
event(const char *time, const char *products, const char *plates, const char *person, int is_put)
{
    return g_strdup_printf("{\"eventID\":1,\"observation\":{\"position\":{\"gondola\":1,\"plates\":"
                           "%s,\"shelf\":1},\"products\":[%s],\"time\":\"%s\",\"todo\":null,"
                           "\"target_id\":\"%s\"},\"putback\":%d}",
                           plates, products, time, person, is_put);
}

static const char tea[] = "{\"id\":\"tea\",\"name\":\"Tea\",\"price\":1,\"weight\":540.5}";
static const char beer[] = "{\"id\":\"beer\",\"name\":\"Beer\",\"price\":1,\"weight\":381}";

static void
test_three_notations_of_time_mean_the_same_clock(void)
{
    g_autofree char *a = event("0:07 + 2019-11-07_03-05-46", tea, "[1]", "26", 0);
    g_autofree char *b = event("11_07_2019_03:05:56", tea, "[1]", "26", 1);
    g_autofree char *c = event("2019-11-07_03-06-05", tea, "[1]", "27", 0);
    g_autofree char *all = g_strjoin(",", a, b, c, NULL);
    g_autoptr(GBytes) bytes = labels(all);
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_autoptr(GError) error = NULL;
    g_autoptr(Contest) contest = contest_parse(bytes, "labels.json", &error);
    g_assert_no_error(error);
    g_autoptr(SimScript) script = contest_script(contest, contest->cases->pdata[0], layout, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(script->visitors->len, ==, 2);
    const SimVisitor *first = script->visitors->pdata[0], *second = script->visitors->pdata[1];
    const SimAct *acts = (const SimAct *)(gpointer)first->acts->data;
    g_assert_cmpfloat(acts[1].t - acts[0].t, ==, 3);
    g_assert_cmpint(acts[1].kind, ==, ACT_PUT);
    g_assert_cmpfloat(g_array_index(second->acts, SimAct, 0).t - acts[0].t, ==, 12);
    g_assert_cmpstr(second->visit, ==, "27");
}

static void
test_two_products_of_two_plates_are_taken_together(void)
{
    g_autofree char *products = g_strjoin(",", tea, beer, NULL);
    g_autofree char *one = event("2019-11-07_03-06-05", products, "[1,3]", "26", 0);
    g_autoptr(GBytes) bytes = labels(one);
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_autoptr(Contest) contest = contest_parse(bytes, "labels.json", NULL);
    g_autoptr(SimScript) script = contest_script(contest, contest->cases->pdata[0], layout, NULL);
    const SimVisitor *visitor = script->visitors->pdata[0];
    const SimAct *acts = (const SimAct *)(gpointer)visitor->acts->data;
    g_assert_cmpuint(visitor->acts->len, ==, 2);
    g_assert_false(acts[0].is_together);
    g_assert_true(acts[1].is_together);
    g_assert_cmpuint(acts[1].num_plates, ==, 1);
    g_assert_cmpint(layout->plates[acts[1].plates[0]].id, ==, 3);
}

static void
test_unknown_products_are_left_out_and_counted(void)
{
    g_autofree char *one = event(
        "2019-11-07_03-06-05", "{\"id\":\"UNKNOWN\",\"name\":\"?\",\"weight\":0}", "[1]", "26", 0);
    g_autoptr(GBytes) bytes = labels(one);
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_autoptr(Contest) contest = contest_parse(bytes, "labels.json", NULL);
    g_assert_cmpuint(contest->num_unknown, ==, 1);
    g_autoptr(SimScript) script = contest_script(contest, contest->cases->pdata[0], layout, NULL);
    g_assert_cmpuint(script->visitors->len, ==, 0);
}

static void
test_a_time_that_is_none_is_told(void)
{
    g_autofree char *one = event("yesterday", tea, "[1]", "26", 0);
    g_autoptr(GBytes) bytes = labels(one);
    g_autoptr(GError) error = NULL;
    g_autoptr(Contest) contest = contest_parse(bytes, "labels.json", &error);
    g_assert_null(contest);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "labels.json:1: \"yesterday\" is no time of the labels");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contest/times", test_three_notations_of_time_mean_the_same_clock);
    g_test_add_func("/contest/together", test_two_products_of_two_plates_are_taken_together);
    g_test_add_func("/contest/unknown", test_unknown_products_are_left_out_and_counted);
    g_test_add_func("/contest/no-time", test_a_time_that_is_none_is_told);
    return g_test_run();
}

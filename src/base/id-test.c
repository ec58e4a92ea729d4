#include "base/id.h"

#include <string.h>

static void
test_ids_sort_by_time(void)
{
    Timestamp time = SECONDS(1795331579);
    Clock clock = clock_showing(&time);
    Id previous = id_new(&clock);
    for (int i = 0; i < 100; i++) {
        time += SECONDS(i) + 1000;
        Id next = id_new(&clock);
        g_assert_cmpstr(previous.text, <, next.text);
        previous = next;
    }
}

static void
test_time_is_in_the_ulid_layout(void)
{
    /* The example of the ULID specification: 1469918176385 is 01ARYZ6S41. */
    Timestamp time = G_GINT64_CONSTANT(1469918176385) * 1000;
    Clock clock = clock_showing(&time);
    Id id = id_new(&clock);
    g_assert_cmpmem(id.text, 10, "01aryz6s41", 10);
}

static void
test_ids_of_one_moment_differ(void)
{
    Timestamp time = SECONDS(1);
    Clock clock = clock_showing(&time);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 1000; i++) {
        Id id = id_new(&clock);
        g_assert_true(g_hash_table_add(seen, g_strdup(id.text)));
    }
}

static void
test_parse_takes_what_new_makes(void)
{
    Id id = id_new(&system_clock);
    Id parsed;
    g_assert_true(id_parse(id.text, &parsed));
    g_assert_true(id_equal(&id, &parsed));
    g_assert_cmpstr(parsed.text, ==, id.text);
}

static void
test_parse_refuses_the_rest(void)
{
    static const char *const wrong[] = {
        "",
        "01aryz6s41",
        "01aryz6s41tsv4rrffq69g5fa",
        "01aryz6s41tsv4rrffq69g5favv",
        "01ARYZ6S41TSV4RRFFQ69G5FAV",
        "01aryz6s41tsv4rrffq69g5fai",
        "01aryz6s41tsv4rrffq69g5fal",
        "01aryz6s41tsv4rrffq69g5fa-",
        "81aryz6s41tsv4rrffq69g5fav",
        "01aryz6s41tsv4rrffq69g5fa\n",
    };
    Id untouched = { "untouched" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(id_parse(wrong[i], &untouched));
    }
    g_assert_false(id_parse(NULL, &untouched));
    g_assert_cmpstr(untouched.text, ==, "untouched");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/id/sort-by-time", test_ids_sort_by_time);
    g_test_add_func("/id/ulid-layout", test_time_is_in_the_ulid_layout);
    g_test_add_func("/id/differ", test_ids_of_one_moment_differ);
    g_test_add_func("/id/parse", test_parse_takes_what_new_makes);
    g_test_add_func("/id/parse-refuses", test_parse_refuses_the_rest);
    return g_test_run();
}

#include "web/slots.h"

static void
test_each_caller_has_so_many(void)
{
    Slots *slots = slots_new(2);
    g_assert_true(slots_take(slots, "ann"));
    g_assert_true(slots_take(slots, "ann"));
    g_assert_false(slots_take(slots, "ann"));
    g_assert_true(slots_take(slots, "bob"));
    slots_release(slots, "ann");
    g_assert_true(slots_take(slots, "ann"));
    g_assert_false(slots_take(slots, "ann"));
    slots_free(slots);
}

static void
take_all(Slots *slots, const char *who, guint expected)
{
    guint num_taken = 0;
    while (slots_take(slots, who)) {
        num_taken++;
    }
    g_assert_cmpuint(num_taken, ==, expected);
    g_assert_cmpuint(slots_taken(slots, who), ==, expected);
}

static void
test_who_comes_later_gets_half_of_what_is_left(void)
{
    Slots *slots = slots_new_shared(16);
    take_all(slots, "ann", 8);
    take_all(slots, "bob", 4);
    take_all(slots, "cid", 2);
    take_all(slots, "dan", 1);
    take_all(slots, "eve", 1);
    take_all(slots, "fay", 0);
    slots_release(slots, "ann");
    take_all(slots, "fay", 1);
    g_assert_false(slots_take(slots, "ann"));
    slots_free(slots);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slots/each", test_each_caller_has_so_many);
    g_test_add_func("/slots/shared", test_who_comes_later_gets_half_of_what_is_left);
    return g_test_run();
}

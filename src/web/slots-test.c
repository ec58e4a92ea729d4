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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slots/each", test_each_caller_has_so_many);
    return g_test_run();
}

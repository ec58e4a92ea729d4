/* Clocks of gondolas against hands that were seen. */
#include "store/clock_offsets.h"

#include <math.h>

/* Somebody stands before a plate at the origin and reaches there every four seconds, for as long as
 * half a second, from 2 s on; the weight changes when the hand leaves. */
static const double period = 4;

static void
watch(People *people, guint *frame, double until)
{
    for (; *frame / 15.0 < until; (*frame)++) {
        double t = *frame / 15.0;
        double phase = fmod(t, period);
        bool reaches = phase > 1.5 && phase <= 2;
        Target target = { .id = "1", .x = 0, .y = -0.58, .has_head = true, .num_hands = 2 };
        target.head[1] = -0.58;
        target.head[2] = 1.65;
        target.hands[0] = (TargetHand){ 0.22, -0.58, 0.95, 0.8 };
        target.hands[1] =
            reaches ? (TargetHand){ 0, 0, 1.28, 0.8 } : (TargetHand){ -0.22, -0.58, 0.95, 0.8 };
        TargetFrame line = { t, 1, &target };
        people_push(people, &line);
    }
}

static double
offset_after(guint num_changes, double clock_error)
{
    g_autoptr(People) people = people_new();
    g_autoptr(ClockOffsets) offsets = clock_offsets_new(2);
    guint frame = 0;
    for (guint i = 0; i < num_changes; i++) {
        double t = 2 + period * i;
        watch(people, &frame, t + 1.5);
        double edge = t + clock_error;
        Touch touch = { .z = 1.2,
                        .half_size = { 0.05, 0.2 },
                        .front = { 0, -1 },
                        .early_t = edge - 0.05,
                        .edge_t = edge,
                        .late_t = edge + 0.05 };
        clock_offsets_learn(offsets, 1, people, &touch);
    }
    g_assert_cmpfloat(clock_offsets_seconds(offsets, 0), ==, 0);
    return clock_offsets_seconds(offsets, 1);
}

static void
test_a_clock_that_is_right_is_left_alone(void)
{
    g_assert_cmpfloat(offset_after(0, 0), ==, 0);
    g_assert_cmpfloat(offset_after(20, 0), ==, 0);
}

static void
test_a_clock_that_is_off_is_found(void)
{
    g_assert_cmpfloat_with_epsilon(offset_after(15, 0.5), -0.5, 0.12);
    g_assert_cmpfloat_with_epsilon(offset_after(15, -0.4), 0.4, 0.12);
}

static void
test_one_change_proves_nothing(void)
{
    g_assert_cmpfloat(fabs(offset_after(1, 0.5)), <, 0.2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/clock-offsets/right", test_a_clock_that_is_right_is_left_alone);
    g_test_add_func("/store/clock-offsets/off", test_a_clock_that_is_off_is_found);
    g_test_add_func("/store/clock-offsets/one", test_one_change_proves_nothing);
    return g_test_run();
}

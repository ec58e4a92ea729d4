#include "store/attribution.h"

/* A plate at the origin, as high as PLACE.z; shoppers stand at negative y. */
static const double moment = 10;

typedef struct {
    const char *id;
    double x, y;
    double hand[3]; /* from moment - 0.6 to the moment; before and after, it hangs */
    bool shows_hands;
    double head;        /* while others reach */
    double speed;       /* along x */
    double vanishes_at; /* seconds; 0: stays */
} Extra;

static Touch
touch_at(double z)
{
    return (Touch){ .z = z,
                    .half_size = { 0.05, 0.2 },
                    .front = { 0, -1 },
                    .early_t = moment - 0.05,
                    .edge_t = moment,
                    .late_t = moment + 0.05 };
}

/* Fifteen frames a second for eleven seconds; everybody is 1.65 m high. */
static People *
play(const Extra *extras, guint num_extras)
{
    People *people = people_new();
    for (guint step = 0; step < 165; step++) {
        double t = step / 15.0;
        Target targets[4] = { { 0 } };
        guint count = 0;
        for (guint i = 0; i < num_extras; i++) {
            const Extra *extra = &extras[i];
            if (extra->vanishes_at > 0 && t > extra->vanishes_at) {
                continue;
            }
            bool reaches = t > moment - 0.6 && t <= moment + 0.07;
            Target *target = &targets[count];
            target->id = extra->id;
            target->x = extra->x + extra->speed * (t - moment);
            target->y = extra->y;
            target->has_head = true;
            target->head[0] = target->x;
            target->head[1] = target->y;
            target->head[2] = reaches && extra->head > 0 ? extra->head : 1.65;
            if (extra->shows_hands) {
                const double *hand = extra->hand;
                target->hands[0] = (TargetHand){ target->x + 0.2, target->y, 0.95, 0.8 };
                target->hands[1] = reaches ? (TargetHand){ hand[0], hand[1], hand[2], 0.8 }
                                           : (TargetHand){ target->x - 0.2, target->y, 0.95, 0.8 };
                target->num_hands = 2;
            }
            count++;
        }
        TargetFrame frame = { t, count, targets };
        people_push(people, &frame);
    }
    return people;
}

static double
likelihood(const People *people, const char *id, const Touch *touch)
{
    return attribution_log_likelihood(people, people_find(people, id), touch);
}

static void
test_hand_on_the_plate_tells(void)
{
    const Extra extras[] = {
        { .id = "a", .x = -0.3, .y = -0.55, .hand = { -0.3, 0, 1.2 }, .shows_hands = true },
        { .id = "b", .x = 0.3, .y = -0.55, .hand = { 0, 0, 1.2 }, .shows_hands = true },
    };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "b", &touch), >, likelihood(people, "a", &touch) + 5);
}

static void
test_crossed_arms_belong_to_the_hands(void)
{
    const Extra extras[] = {
        { .id = "near", .x = 0, .y = -0.55, .hand = { 0.4, 0, 1.2 }, .shows_hands = true },
        { .id = "far", .x = 0.45, .y = -0.55, .hand = { 0, 0, 1.2 }, .shows_hands = true },
    };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "far", &touch), >, likelihood(people, "near", &touch) + 3);
}

static void
test_who_stands_before_it_when_no_hand_is_seen(void)
{
    const Extra extras[] = { { .id = "before", .x = 0.02, .y = -0.55 },
                             { .id = "beside", .x = 0.6, .y = -0.55 } };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "before", &touch), >,
                      likelihood(people, "beside", &touch) + 1);
}

static void
test_nobody_takes_in_passing(void)
{
    const Extra extras[] = { { .id = "stands", .x = 0.3, .y = -0.55 },
                             { .id = "passes", .x = 0, .y = -0.6, .speed = 0.9 } };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "stands", &touch), >,
                      likelihood(people, "passes", &touch) + 1);
}

static void
test_who_bends_took_it_from_below(void)
{
    const Extra extras[] = { { .id = "bends", .x = 0.25, .y = -0.55, .head = 1.2 },
                             { .id = "stands", .x = 0.2, .y = -0.55 } };
    g_autoptr(People) people = play(extras, 2);
    Touch low = touch_at(0.35);
    g_assert_cmpfloat(likelihood(people, "bends", &low), >, likelihood(people, "stands", &low) + 1);
    Touch high = touch_at(1.4);
    g_assert_cmpfloat(likelihood(people, "stands", &high), >,
                      likelihood(people, "bends", &high) + 1);
}

static void
test_who_was_lost_there_is_likelier_than_somebody_far(void)
{
    const Extra extras[] = { { .id = "lost", .x = 0, .y = -0.6, .vanishes_at = 8.5 },
                             { .id = "far", .x = 2.5, .y = -0.6 } };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "lost", &touch), >, ATTRIBUTION_LOG_NOBODY);
    g_assert_cmpfloat(likelihood(people, "far", &touch), <, ATTRIBUTION_LOG_NOBODY);
}

/* One hand in the shelf does not take from two places at once. */
static void
test_one_hand_does_one_thing_at_a_time(void)
{
    const Extra extras[] = {
        { .id = "a", .x = 0, .y = -0.55, .hand = { 0, 0, 1.2 }, .shows_hands = true },
    };
    g_autoptr(People) people = play(extras, 1);
    guint slot = people_find(people, "a");
    Touch here = touch_at(1.1);
    Touch beside = touch_at(1.1);
    beside.x = 0.12;
    beside.edge_t += 0.1;
    g_assert_cmpfloat(likelihood(people, "a", &beside), >, 0);
    g_assert_cmpfloat(attribution_log_again(people, slot, &beside, &here), <, -3);
}

/* On its way to the shelf and back a hand is seen, and where it goes, too. */
static void
test_the_way_of_the_hand_tells(void)
{
    const Extra extras[] = {
        { .id = "comes", .x = -0.3, .y = -0.55, .hand = { -0.05, -0.1, 1.2 }, .shows_hands = true },
        { .id = "idle", .x = 0.3, .y = -0.55, .hand = { 0.5, -0.55, 0.95 }, .shows_hands = true },
    };
    g_autoptr(People) people = play(extras, 2);
    Touch later = touch_at(1.1);
    later.early_t += 0.45;
    later.edge_t += 0.45;
    later.late_t += 0.45;
    g_assert_cmpfloat(likelihood(people, "comes", &later), >,
                      likelihood(people, "idle", &later) + 1);
}

/* Who stood before it when the cameras lost them most likely stands there still. */
static void
test_lost_standing_is_still_there(void)
{
    const Extra extras[] = {
        { .id = "stood", .x = 0, .y = -0.6, .vanishes_at = 8.5 },
        { .id = "walked", .x = 1.5, .y = -0.6, .speed = 1, .vanishes_at = 8.5 },
    };
    g_autoptr(People) people = play(extras, 2);
    Touch touch = touch_at(1.1);
    g_assert_cmpfloat(likelihood(people, "stood", &touch), >,
                      likelihood(people, "walked", &touch) + 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/attribution/hand", test_hand_on_the_plate_tells);
    g_test_add_func("/store/attribution/crossed", test_crossed_arms_belong_to_the_hands);
    g_test_add_func("/store/attribution/before", test_who_stands_before_it_when_no_hand_is_seen);
    g_test_add_func("/store/attribution/passing", test_nobody_takes_in_passing);
    g_test_add_func("/store/attribution/bends", test_who_bends_took_it_from_below);
    g_test_add_func("/store/attribution/lost",
                    test_who_was_lost_there_is_likelier_than_somebody_far);
    g_test_add_func("/store/attribution/one-hand", test_one_hand_does_one_thing_at_a_time);
    g_test_add_func("/store/attribution/way", test_the_way_of_the_hand_tells);
    g_test_add_func("/store/attribution/stood", test_lost_standing_is_still_there);
    return g_test_run();
}

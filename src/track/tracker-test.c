/* People made up of boxes 60 x 170 pixels (1.7 m: 100 pixels are a metre), 25 frames a second. */
#include "track/tracker.h"

#include <math.h>

static const double frames_per_second = 25;

typedef struct {
    Tracker *tracker;
    guint64 frame;
    GArray *boxes; /* of TrackerBox, of the frame that is being made */
    GArray *final; /* of TrackedBox, all so far */
} Scene;

static void
scene_init(Scene *scene, const TrackerOptions *options)
{
    *scene = (Scene){ tracker_new(options), 0, g_array_new(FALSE, FALSE, sizeof(TrackerBox)),
                      g_array_new(FALSE, FALSE, sizeof(TrackedBox)) };
}

static void
scene_clear(Scene *scene)
{
    tracker_free(scene->tracker);
    g_array_unref(scene->boxes);
    g_array_unref(scene->final);
}

static void
see(Scene *scene, double x, double y, double confidence, const float *appearance)
{
    TrackerBox box = { x - 30, y - 170, 60, 170, confidence, appearance };
    g_array_append_val(scene->boxes, box);
}

static void
take_final(Scene *scene)
{
    guint count;
    const TrackedBox *boxes = tracker_final(scene->tracker, &count);
    if (count > 0) {
        g_array_append_vals(scene->final, boxes, count);
    }
}

static void
step(Scene *scene)
{
    scene->frame++;
    tracker_step(scene->tracker, scene->frame, (double)scene->frame / frames_per_second,
                 (const TrackerBox *)(const void *)scene->boxes->data, scene->boxes->len);
    g_array_set_size(scene->boxes, 0);
    take_final(scene);
}

static void
finish(Scene *scene)
{
    tracker_finish(scene->tracker);
    take_final(scene);
}

/* The id of the box whose centre is nearest to X in FRAME; 0 when none is within 40 pixels. */
static gint64
id_at(const Scene *scene, guint64 frame, double x)
{
    gint64 id = 0;
    double best = 40;
    for (guint i = 0; i < scene->final->len; i++) {
        const TrackedBox *box = &g_array_index(scene->final, TrackedBox, i);
        double distance = fabs(box->left + box->width / 2 - x);
        if (box->frame == frame && distance < best) {
            best = distance;
            id = box->id;
        }
    }
    return id;
}

static void
test_walker_keeps_one_id(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 100; i++) {
        see(&scene, 100 + 5 * i, 400, 0.8, NULL);
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpuint(scene.final->len, ==, 100);
    for (guint64 frame = 1; frame <= 100; frame++) {
        g_assert_cmpint(id_at(&scene, frame, 100 + 5 * (double)frame), ==, 1);
    }
    scene_clear(&scene);
}

static void
test_nothing_is_final_before_the_delay_and_all_after_it(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 50; i++) {
        see(&scene, 100 + 5 * i, 400, 0.9, NULL);
        step(&scene);
        /* Sums of 1/25 s are rounded: a frame at exactly the delay may be either side of it. */
        g_assert_cmpint((int)scene.final->len, <=, MAX(0, i - 25));
        g_assert_cmpint((int)scene.final->len, >=, i - 26);
    }
    scene_clear(&scene);
}

static void
test_short_interruption_is_filled(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 60; i++) {
        if (i < 30 || i > 40) {
            see(&scene, 100 + 5 * i, 400, 0.9, NULL);
        }
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpuint(scene.final->len, ==, 60);
    g_assert_cmpint(id_at(&scene, 35, 275), ==, 1);
    scene_clear(&scene);
}

static void
test_one_flicker_is_nobody(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 50; i++) {
        if (i == 10) {
            see(&scene, 300, 400, 0.95, NULL);
        }
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpuint(scene.final->len, ==, 0);
    scene_clear(&scene);
}

/* A coat on a hook: found again and again, never sure, never moving. */
static void
test_doubtful_thing_that_never_moves_is_nobody(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 500; i++) {
        see(&scene, 300, 400, 0.6, NULL);
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpuint(scene.final->len, ==, 0);
    scene_clear(&scene);
}

static void
test_weak_boxes_continue_but_never_begin(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 60; i++) {
        see(&scene, 100 + 5 * i, 400, i < 20 ? 0.9 : 0.3, NULL);
        see(&scene, 900 - 5 * i, 900, 0.3, NULL);
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpint(id_at(&scene, 60, 400), ==, 1);
    g_assert_cmpuint(scene.final->len, ==, 60);
    scene_clear(&scene);
}

/* Two people meet and go on; where they cross, one box is seen for both. */
static void
test_crossing_people_keep_their_ids(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 120; i++) {
        double right = 100 + 5 * i, left = 700 - 5 * i;
        see(&scene, right, 400, 0.9, NULL);
        if (fabs(right - left) > 50) {
            see(&scene, left, 400, 0.9, NULL);
        }
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpint(id_at(&scene, 20, 200), ==, id_at(&scene, 110, 650));
    g_assert_cmpint(id_at(&scene, 20, 600), ==, id_at(&scene, 110, 150));
    g_assert_cmpint(id_at(&scene, 20, 200), !=, id_at(&scene, 20, 600));
    scene_clear(&scene);
}

/* Somebody stands still and is hidden for ten seconds, then seen again in the same place. */
static void
test_standing_person_is_recognised_after_long(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 450; i++) {
        double x = i < 60 ? 100 + 5 * i : 400;
        if (i < 150 || i > 400) {
            see(&scene, x, 400, 0.9, NULL);
        }
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpint(id_at(&scene, 430, 400), ==, 1);
    scene_clear(&scene);
}

/* STO-10: clothing tells who it is where movement cannot. Two people walk behind a shelf and change
 * sides there for three seconds; what they wear is different. */
static void
test_clothing_tells_who_comes_back(void)
{
    const float red[2] = { 1, 0.1f }, blue[2] = { 0.1f, 1 };
    TrackerOptions options = tracker_default_options();
    options.appearance_size = 2;
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 300; i++) {
        if (i <= 100) {
            see(&scene, 100 + 2 * i, 400, 0.9, red);
            see(&scene, 700 - 2 * i, 400, 0.9, blue);
        } else if (i > 175) {
            see(&scene, 325 - (i - 175), 400, 0.9, blue);
            see(&scene, 475 + (i - 175), 400, 0.9, red);
        }
        step(&scene);
    }
    finish(&scene);
    gint64 red_id = id_at(&scene, 50, 200), blue_id = id_at(&scene, 50, 600);
    g_assert_cmpint(red_id, >, 0);
    g_assert_cmpint(blue_id, >, 0);
    g_assert_cmpint(id_at(&scene, 250, 400 + 150), ==, red_id);
    g_assert_cmpint(id_at(&scene, 250, 400 - 150), ==, blue_id);
    scene_clear(&scene);
}

static void
test_current_tells_where_everybody_is_now(void)
{
    TrackerOptions options = tracker_default_options();
    Scene scene;
    scene_init(&scene, &options);
    guint count = 0;
    const TrackedBox *current = NULL;
    for (int i = 1; i <= 30; i++) {
        see(&scene, 900, 900, 0.2, NULL);
        see(&scene, 100 + 5 * i, 400, 0.9, NULL);
        step(&scene);
        current = tracker_current(scene.tracker, &count);
    }
    g_assert_cmpuint(count, ==, 1);
    g_assert_cmpint(current->box, ==, 1);
    g_assert_cmpfloat_with_epsilon(current->left + 30, 250, 5);
    scene_clear(&scene);
}

static void
test_somebody_forgotten_comes_back_as_somebody_new(void)
{
    TrackerOptions options = tracker_default_options();
    options.memory_seconds = 2;
    Scene scene;
    scene_init(&scene, &options);
    for (int i = 1; i <= 300; i++) {
        if (i <= 50 || i > 200) {
            see(&scene, 400 + 2 * (i % 50), 400, 0.9, NULL);
        }
        step(&scene);
    }
    finish(&scene);
    g_assert_cmpint(id_at(&scene, 30, 460), ==, 1);
    g_assert_cmpint(id_at(&scene, 230, 460), ==, 2);
    scene_clear(&scene);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tracker/walker", test_walker_keeps_one_id);
    g_test_add_func("/tracker/delay", test_nothing_is_final_before_the_delay_and_all_after_it);
    g_test_add_func("/tracker/filled", test_short_interruption_is_filled);
    g_test_add_func("/tracker/flicker", test_one_flicker_is_nobody);
    g_test_add_func("/tracker/coat", test_doubtful_thing_that_never_moves_is_nobody);
    g_test_add_func("/tracker/weak", test_weak_boxes_continue_but_never_begin);
    g_test_add_func("/tracker/crossing", test_crossing_people_keep_their_ids);
    g_test_add_func("/tracker/standing", test_standing_person_is_recognised_after_long);
    g_test_add_func("/tracker/STO-10-clothing", test_clothing_tells_who_comes_back);
    g_test_add_func("/tracker/current", test_current_tells_where_everybody_is_now);
    g_test_add_func("/tracker/forgotten", test_somebody_forgotten_comes_back_as_somebody_new);
    return g_test_run();
}

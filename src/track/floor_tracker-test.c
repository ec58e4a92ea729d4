/* Two cameras 3 m above the floor, 30 degrees down, along +y; the second stands at another place.
 */
#include "track/floor_tracker.h"

#include <math.h>
#include <string.h>

static const double frames_per_second = 20;

/* Camera c1 stands at x = 0, c2 at x = DISTANCE. */
static Calibration *
two_cameras(int distance)
{
    g_autoptr(GString) text = g_string_new("{\"cameras\":[");
    for (int i = 0; i < 2; i++) {
        g_string_append_printf(
            text,
            "%s{\"id\":\"c%d\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],"
            "\"R\":[[1,0,0],[0,-0.5,-0.8660254037844386],[0,0.8660254037844386,-0.5]],"
            "\"t\":[%d,2.598076211353316,1.5]}",
            i == 0 ? "" : ",", i + 1, i == 0 ? 0 : -distance);
    }
    g_string_append(text, "]}");
    GError *error = NULL;
    Calibration *calibration = calibration_parse("two", text->str, text->len, &error);
    g_assert_no_error(error);
    return calibration;
}

typedef struct {
    Calibration *calibration;
    const Camera *cameras[2];
    FloorTracker *tracker;
    GArray *boxes[2];
    GArray *people; /* of FloorPerson, all that became final */
    guint64 frame;
} Scene;

static void
scene_init(Scene *scene, int distance)
{
    memset(scene, 0, sizeof *scene);
    scene->calibration = two_cameras(distance);
    scene->cameras[0] = calibration_find(scene->calibration, "c1");
    scene->cameras[1] = calibration_find(scene->calibration, "c2");
    TrackerOptions options = tracker_default_options();
    scene->tracker = floor_tracker_new(scene->cameras, 2, &options);
    scene->boxes[0] = g_array_new(FALSE, FALSE, sizeof(TrackerBox));
    scene->boxes[1] = g_array_new(FALSE, FALSE, sizeof(TrackerBox));
    scene->people = g_array_new(FALSE, FALSE, sizeof(FloorPerson));
}

static void
scene_clear(Scene *scene)
{
    floor_tracker_free(scene->tracker);
    calibration_free(scene->calibration);
    g_array_unref(scene->boxes[0]);
    g_array_unref(scene->boxes[1]);
    g_array_unref(scene->people);
}

/* Somebody at (X, Y), seen by every camera whose picture (1280 x 720) shows the whole person. */
static void
stand(Scene *scene, double x, double y)
{
    for (int i = 0; i < 2; i++) {
        double u, foot, head_u, head;
        if (camera_project(scene->cameras[i], x, y, 0, &u, &foot) &&
            camera_project(scene->cameras[i], x, y, 1.7, &head_u, &head) && u > 40 && u < 1240 &&
            head > 0 && foot < 720) {
            double width = (foot - head) / 3;
            TrackerBox box = { u - width / 2, head, width, foot - head, 0.9, NULL };
            g_array_append_val(scene->boxes[i], box);
        }
    }
}

static void
take(Scene *scene)
{
    guint count;
    const FloorPerson *people = floor_tracker_people(scene->tracker, &count);
    if (count > 0) {
        g_array_append_vals(scene->people, people, count);
    }
}

static void
step(Scene *scene)
{
    scene->frame++;
    FloorView views[2];
    for (int i = 0; i < 2; i++) {
        views[i] = (FloorView){ (const TrackerBox *)(const void *)scene->boxes[i]->data,
                                scene->boxes[i]->len };
    }
    floor_tracker_step(scene->tracker, scene->frame, (double)scene->frame / frames_per_second,
                       views);
    g_array_set_size(scene->boxes[0], 0);
    g_array_set_size(scene->boxes[1], 0);
    take(scene);
}

static const FloorPerson *
person_at(const Scene *scene, guint64 frame, double x, double y)
{
    for (guint i = 0; i < scene->people->len; i++) {
        const FloorPerson *person = &g_array_index(scene->people, FloorPerson, i);
        if (person->frame == frame && hypot(person->x - x, person->y - y) < 0.4) {
            return person;
        }
    }
    return NULL;
}

static void
test_one_person_in_two_cameras_is_one(void)
{
    Scene scene;
    scene_init(&scene, 2);
    for (int i = 1; i <= 100; i++) {
        stand(&scene, 1, 4 + 0.05 * i);
        step(&scene);
    }
    floor_tracker_finish(scene.tracker);
    take(&scene);
    g_assert_cmpuint(scene.people->len, ==, 100);
    const FloorPerson *person = person_at(&scene, 60, 1, 7);
    g_assert_nonnull(person);
    g_assert_cmpint(person->id, ==, 1);
    g_assert_cmpuint(person->num_cameras, ==, 2);
    scene_clear(&scene);
}

static void
test_two_people_stay_two(void)
{
    Scene scene;
    scene_init(&scene, 2);
    for (int i = 1; i <= 100; i++) {
        stand(&scene, 0.2, 5 + 0.03 * i);
        stand(&scene, 1.8, 8 - 0.03 * i);
        step(&scene);
    }
    floor_tracker_finish(scene.tracker);
    take(&scene);
    const FloorPerson *first = person_at(&scene, 20, 0.2, 5.6);
    const FloorPerson *second = person_at(&scene, 20, 1.8, 7.4);
    g_assert_nonnull(first);
    g_assert_nonnull(second);
    const FloorPerson *first_later = person_at(&scene, 80, 0.2, 7.4);
    const FloorPerson *second_later = person_at(&scene, 80, 1.8, 5.6);
    g_assert_nonnull(first_later);
    g_assert_nonnull(second_later);
    g_assert_cmpint(first->id, !=, second->id);
    g_assert_cmpint(first->id, ==, first_later->id);
    g_assert_cmpint(second->id, ==, second_later->id);
    scene_clear(&scene);
}

/* The pictures end at about 3.2 m to the side at this distance: 1.6 m in between are seen by none.
 */
static void
test_walker_is_handed_over_across_a_gap(void)
{
    Scene scene;
    scene_init(&scene, 8);
    for (int i = 1; i <= 160; i++) {
        stand(&scene, -1 + 0.06 * i, 4);
        step(&scene);
    }
    floor_tracker_finish(scene.tracker);
    take(&scene);
    const FloorPerson *before = person_at(&scene, 40, 1.4, 4);
    const FloorPerson *after = person_at(&scene, 140, 7.4, 4);
    g_assert_null(person_at(&scene, 83, 4, 4));
    g_assert_nonnull(before);
    g_assert_nonnull(after);
    g_assert_cmpint(before->id, ==, after->id);
    scene_clear(&scene);
}

static void
test_boxes_carry_the_ids_of_people(void)
{
    Scene scene;
    scene_init(&scene, 2);
    guint seen[2] = { 0, 0 };
    for (int i = 1; i <= 60; i++) {
        stand(&scene, 1, 4 + 0.05 * i);
        step(&scene);
        guint count;
        const FloorBox *boxes = floor_tracker_boxes(scene.tracker, &count);
        for (guint j = 0; j < count; j++) {
            g_assert_cmpint(boxes[j].box.id, ==, 1);
            seen[boxes[j].camera]++;
        }
    }
    g_assert_cmpuint(seen[0], ==, 40);
    g_assert_cmpuint(seen[1], ==, 40);
    scene_clear(&scene);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/floor-tracker/one", test_one_person_in_two_cameras_is_one);
    g_test_add_func("/floor-tracker/two", test_two_people_stay_two);
    g_test_add_func("/floor-tracker/hand-over", test_walker_is_handed_over_across_a_gap);
    g_test_add_func("/floor-tracker/boxes", test_boxes_carry_the_ids_of_people);
    return g_test_run();
}

#include "track/calibration.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

/* A camera 3 m above the origin that looks along +y, 30 degrees down. */
#define ROTATION "[[1,0,0],[0,-0.5,-0.8660254037844386],[0,0.8660254037844386,-0.5]]"
#define TRANSLATION "[0,2.598076211353316,1.5]"
#define CAMERA(id, more)                                                                           \
    "{\"id\":\"" id "\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],\"R\":" ROTATION                   \
    ",\"t\":" TRANSLATION more "}"

static Calibration *
parse(const char *text, GError **error)
{
    return calibration_parse("layout.json", text, strlen(text), error);
}

static void
assert_refused(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Calibration) calibration = parse(text, &error);
    g_assert_null(calibration);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    if (strstr(error->message, message) == NULL) {
        g_test_message("%s", error->message);
    }
    g_assert_nonnull(strstr(error->message, message));
}

static void
test_pixels_and_floor_are_one_way_and_back(void)
{
    g_autoptr(Calibration) calibration = parse(
        "{\"store\":\"x\",\"cameras\":[" CAMERA("c1", ",\"dist\":[-0.2,0.05,0.001,0.002,0]") "]}",
        NULL);
    g_assert_nonnull(calibration);
    const Camera *camera = calibration_find(calibration, "c1");
    g_assert_nonnull(camera);
    for (double y = 3; y < 12; y += 1.5) {
        double u, v, x_back, y_back;
        g_assert_true(camera_project(camera, -1, y, 0, &u, &v));
        g_assert_true(camera_unproject(camera, u, v, 0, &x_back, &y_back));
        g_assert_cmpfloat_with_epsilon(x_back, -1, 1e-3);
        g_assert_cmpfloat_with_epsilon(y_back, y, 1e-3);
    }
}

static void
test_sky_is_not_on_the_floor(void)
{
    g_autoptr(Calibration) calibration = parse("{\"cameras\":[" CAMERA("c1", "") "]}", NULL);
    double x, y;
    g_assert_false(camera_unproject(calibration_find(calibration, "c1"), 640, -400, 0, &x, &y));
    g_assert_false(camera_project(calibration_find(calibration, "c1"), 0, -20, 0, &x, &y));
}

static Box
box_of_person(const Camera *camera, double x, double y)
{
    double foot_u, foot_v, head_u, head_v;
    g_assert_true(camera_project(camera, x, y, 0, &foot_u, &foot_v));
    g_assert_true(camera_project(camera, x, y, 1.7, &head_u, &head_v));
    return (Box){ foot_u - 30, head_v, 60, foot_v - head_v };
}

static void
test_person_is_placed_by_feet_and_head(void)
{
    g_autoptr(Calibration) calibration = parse("{\"cameras\":[" CAMERA("c1", "") "]}", NULL);
    const Camera *camera = calibration_find(calibration, "c1");
    Box box = box_of_person(camera, 0.5, 6);
    FloorPlace place;
    g_assert_true(camera_place(camera, &box, &place));
    g_assert_cmpfloat_with_epsilon(place.x, 0.5, 0.1);
    g_assert_cmpfloat_with_epsilon(place.y, 6, 0.1);
    g_assert_cmpfloat(place.yy, >, place.xx); /* ahead is seen worse than sideways */
}

/* A shelf hides the lower half; the feet of the box seem to stand five metres behind. */
static void
test_hidden_feet_do_not_move_a_person(void)
{
    g_autoptr(Calibration) calibration = parse("{\"cameras\":[" CAMERA("c1", "") "]}", NULL);
    const Camera *camera = calibration_find(calibration, "c1");
    Box box = box_of_person(camera, 0, 6);
    box.height /= 2;
    FloorPlace place;
    g_assert_true(camera_place(camera, &box, &place));
    g_assert_cmpfloat_with_epsilon(place.y, 6, 0.3);
}

static void
test_wrong_calibrations_are_named(void)
{
    assert_refused("{}", "\"cameras\"");
    assert_refused("{\"cameras\":[{\"id\":\"c1\"}]}", "\"K\"");
    assert_refused("{\"cameras\":[" CAMERA("c1", "") "," CAMERA("c1", "") "]}",
                   "camera \"c1\" is there twice");
    assert_refused("{\"cameras\":[{\"id\":\"c1\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],"
                   "\"R\":[[1,0,0],[0,1,0],[0,0,2]],\"t\":[0,0,0]}]}",
                   "R of camera \"c1\" is not a rotation");
    assert_refused("{\"cameras\":[{\"id\":\"c1\",\"K\":[[0,0,640],[0,800,360],[0,0,1]],"
                   "\"R\":" ROTATION ",\"t\":[0,0,0]}]}",
                   "K of camera \"c1\"");
    assert_refused("{\"cameras\":[{\"id\":\"c1\",\"K\":[[800,0,640],[0,800,360]],"
                   "\"R\":" ROTATION ",\"t\":[0,0,0]}]}",
                   "K has 2 rows, not 3");
    assert_refused("{\"cameras\":[{\"id\":\"c1\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],"
                   "\"R\":" ROTATION ",\"t\":[0,0,1e300]}]}",
                   "beyond 1,000,000");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calibration/way-and-back", test_pixels_and_floor_are_one_way_and_back);
    g_test_add_func("/calibration/sky", test_sky_is_not_on_the_floor);
    g_test_add_func("/calibration/feet-and-head", test_person_is_placed_by_feet_and_head);
    g_test_add_func("/calibration/hidden-feet", test_hidden_feet_do_not_move_a_person);
    g_test_add_func("/calibration/wrong", test_wrong_calibrations_are_named);
    return g_test_run();
}

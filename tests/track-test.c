/* cloudpick track score and cloudpick track run as a user calls them. */
#include "tests/support.h"

#include <string.h>

static const char truth_text[] = "1,1,0,0,10,20\n1,2,100,0,10,20\n"
                                 "2,1,1,0,10,20\n2,2,101,0,10,20\n";

static char *
write_text(const char *dir, const char *name, const char *text)
{
    write_file(dir, name, text, strlen(text));
    return g_build_filename(dir, name, NULL);
}

static void
test_score_prints_a_table(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *truth = write_text(dir, "truth.txt", truth_text);
    g_autofree char *result = write_text(dir, "result.txt",
                                         "1,7,0,0,10,20\n1,8,100,0,10,20\n"
                                         "2,8,1,0,10,20\n2,7,101,0,10,20\n");
    g_auto(CommandResult) run = run_cloudpick("track", "score", "--truth", truth, "--result",
                                              result, "--truth", truth, "--result", truth, NULL);
    assert_status(&run, 0);
    g_assert_nonnull(strstr(run.out, "\nresult.txt                0.500  0.500  0.500  0.500"));
    g_assert_nonnull(strstr(run.out, "\ntruth.txt                 1.000  1.000  1.000  1.000"));
    g_assert_nonnull(strstr(run.out, "\nall                       0.750  0.750  0.750  0.750"));
}

static void
test_score_prints_json(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *truth = write_text(dir, "truth.txt", truth_text);
    g_auto(CommandResult) run =
        run_cloudpick("track", "score", "--truth", truth, "--result", truth, "--json", NULL);
    assert_status(&run, 0);
    g_assert_nonnull(strstr(run.out, "\"idf1\": 1.000000"));
    g_assert_nonnull(strstr(run.out, "\"truth_boxes\": 4"));
}

static void
test_score_names_the_malformed_line(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *truth = write_text(dir, "truth.txt", truth_text);
    g_autofree char *result = write_text(dir, "result.txt", "1,7,0,0,10,20\n1,8,100,inf,10,20\n");
    g_auto(CommandResult) run =
        run_cloudpick("track", "score", "--truth", truth, "--result", result, NULL);
    assert_status(&run, 2);
    g_assert_nonnull(strstr(run.err, "result.txt:2: field 4 is \"inf\", not a number"));
}

static void
test_score_needs_pairs(void)
{
    g_auto(CommandResult) run = run_cloudpick("track", "score", "--truth", "a", NULL);
    assert_status(&run, 2);
    g_assert_nonnull(strstr(run.err, "1 --truth and 0 --result"));
}

/* Two people cross; the detector misses one of them for a while in the middle. */
static void
test_run_follows_two_people_past_each_other(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autoptr(GString) boxes = g_string_new(NULL);
    g_autoptr(GString) truth = g_string_new(NULL);
    for (int frame = 1; frame <= 100; frame++) {
        g_string_append_printf(truth, "%d,1,%d,100,60,170\n%d,2,%d,130,60,170\n", frame,
                               100 + 4 * frame, frame, 500 - 4 * frame);
        g_string_append_printf(boxes, "%d,-1,%d,100,60,170,0.9\n", frame, 100 + 4 * frame);
        if (frame < 45 || frame > 55) {
            g_string_append_printf(boxes, "%d,-1,%d,130,60,170,0.8\n", frame, 500 - 4 * frame);
        }
    }
    g_autofree char *boxes_path = write_text(dir, "boxes.txt", boxes->str);
    g_autofree char *truth_path = write_text(dir, "truth.txt", truth->str);
    g_autofree char *out_path = g_build_filename(dir, "out.txt", NULL);
    g_auto(CommandResult) run = run_cloudpick("track", "run", "--detections", boxes_path, "--fps",
                                              "25", "--out", out_path, NULL);
    assert_status(&run, 0);
    g_auto(CommandResult) score =
        run_cloudpick("track", "score", "--truth", truth_path, "--result", out_path, NULL);
    assert_status(&score, 0);
    g_assert_nonnull(strstr(score.out, "\nout.txt                   1.000  1.000  1.000  1.000"));
}

static void
test_run_refuses_time_running_backwards(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *boxes = write_text(dir, "boxes.txt", "2,-1,0,0,10,20\n1,-1,0,0,10,20\n");
    g_autofree char *out_path = g_build_filename(dir, "out.txt", NULL);
    g_auto(CommandResult) run =
        run_cloudpick("track", "run", "--detections", boxes, "--out", out_path, NULL);
    assert_status(&run, 2);
    g_assert_nonnull(strstr(run.err, "boxes.txt:2: frame 1 comes after frame 2"));
    g_assert_false(g_file_test(out_path, G_FILE_TEST_EXISTS));
}

static const char two_cameras[] =
    "{\"cameras\":["
    "{\"id\":\"door\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],"
    "\"R\":[[1,0,0],[0,-0.5,-0.8660254],[0,0.8660254,-0.5]],\"t\":[0,2.598,1.5]},"
    "{\"id\":\"aisle\",\"K\":[[800,0,640],[0,800,360],[0,0,1]],"
    "\"R\":[[1,0,0],[0,-0.5,-0.8660254],[0,0.8660254,-0.5]],\"t\":[-2,2.598,1.5]}]}";

/* Both cameras see one person, who stands at x = 1, y = 6 (worked out by hand from the matrices).
 */
static void
test_run_merges_cameras_on_the_floor(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *calibration = write_text(dir, "layout.json", two_cameras);
    g_autoptr(GString) door = g_string_new(NULL);
    g_autoptr(GString) aisle = g_string_new(NULL);
    for (int frame = 1; frame <= 60; frame++) {
        g_string_append_printf(door, "%d,-1,728,104,80,208,0.9\n", frame);
        g_string_append_printf(aisle, "%d,-1,472,104,80,208,0.9\n", frame);
    }
    g_autofree char *door_path = write_text(dir, "door.det.txt", door->str);
    g_autofree char *aisle_path = write_text(dir, "other.txt", aisle->str);
    g_autofree char *aisle_named = g_strconcat("aisle=", aisle_path, NULL);
    g_autofree char *out_path = g_build_filename(dir, "floor.txt", NULL);
    g_autofree char *boxes_dir = g_build_filename(dir, "boxes", NULL);
    g_autofree char *targets_path = g_build_filename(dir, "targets.jsonl", NULL);
    g_auto(CommandResult) run =
        run_cloudpick("track", "run", "--detections", door_path, "--detections", aisle_named,
                      "--calibration", calibration, "--fps", "10", "--start", "1000", "--out",
                      out_path, "--boxes", boxes_dir, "--targets", targets_path, NULL);
    assert_status(&run, 0);
    g_autofree char *floor_text = read_file(dir, "floor.txt");
    g_assert_true(g_str_has_prefix(floor_text, "1,1,-1.00,-1.00,-1.00,-1.00,1.0000,1.000,"));
    g_assert_null(strstr(floor_text, "\n2,2,"));
    g_autofree char *aisle_text = read_file(dir, "boxes/aisle.txt");
    g_assert_true(g_str_has_prefix(aisle_text, "1,1,472."));
    g_autofree char *targets = read_file(dir, "targets.jsonl");
    g_assert_true(
        g_str_has_prefix(targets, "{\"t\":1000.0000,\"targets\":[{\"id\":\"1\",\"x\":1.000,"));
}

static void
test_run_needs_a_camera_for_every_file(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *calibration = write_text(dir, "layout.json", two_cameras);
    g_autofree char *boxes = write_text(dir, "window.txt", "1,-1,0,0,10,20\n");
    g_autofree char *out_path = g_build_filename(dir, "out.txt", NULL);
    g_auto(CommandResult) run =
        run_cloudpick("track", "run", "--detections", boxes, "--calibration", calibration, "--out",
                      out_path, NULL);
    assert_status(&run, 2);
    g_assert_nonnull(strstr(run.err, "has no camera \"window\""));
}

static void
test_run_of_several_cameras_needs_a_calibration(void)
{
    g_auto(CommandResult) run =
        run_cloudpick("track", "run", "--detections", "a", "--detections", "b", "--out", "c", NULL);
    assert_status(&run, 2);
    g_assert_nonnull(strstr(run.err, "need a --calibration"));
}

/* A frame number is outside data: a billion empty frames must not be walked through. */
static void
test_run_jumps_over_long_gaps(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *boxes =
        write_text(dir, "boxes.txt", "1,-1,0,0,10,20\n1000000000,-1,0,0,10,20\n");
    g_autofree char *out_path = g_build_filename(dir, "out.txt", NULL);
    g_auto(CommandResult) run =
        run_cloudpick("track", "run", "--detections", boxes, "--out", out_path, NULL);
    assert_status(&run, 0);
    g_autofree char *out = read_file(dir, "out.txt");
    g_assert_cmpstr(out, ==, "");
}

/* Real boxes of a real detector, against SORT's published figure for them (MOTA 0.627). */
static void
test_run_on_tud_campus(void)
{
    const char *data = sample_data_dir();
    if (data == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *boxes = g_strconcat(data, "/tracking/tud-campus/TUD-Campus.det.txt", NULL);
    g_autofree char *truth = g_strconcat(data, "/tracking/tud-campus/TUD-Campus.gt.txt", NULL);
    g_autofree char *out_path = g_build_filename(dir, "out.txt", NULL);
    g_auto(CommandResult) run = run_cloudpick("track", "run", "--detections", boxes, "--fps", "25",
                                              "--out", out_path, NULL);
    assert_status(&run, 0);
    g_auto(CommandResult) score =
        run_cloudpick("track", "score", "--truth", truth, "--result", out_path, "--json", NULL);
    assert_status(&score, 0);
    const char *mota = strstr(score.out, "\"mota\": ");
    g_assert_nonnull(mota);
    g_assert_cmpfloat(g_ascii_strtod(mota + strlen("\"mota\": "), NULL), >, 0.627);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/track/score/table", test_score_prints_a_table);
    g_test_add_func("/track/score/json", test_score_prints_json);
    g_test_add_func("/track/score/malformed-line", test_score_names_the_malformed_line);
    g_test_add_func("/track/score/pairs", test_score_needs_pairs);
    g_test_add_func("/track/run/crossing", test_run_follows_two_people_past_each_other);
    g_test_add_func("/track/run/backwards", test_run_refuses_time_running_backwards);
    g_test_add_func("/track/run/floor", test_run_merges_cameras_on_the_floor);
    g_test_add_func("/track/run/no-camera", test_run_needs_a_camera_for_every_file);
    g_test_add_func("/track/run/no-calibration", test_run_of_several_cameras_needs_a_calibration);
    g_test_add_func("/track/run/long-gap", test_run_jumps_over_long_gaps);
    g_test_add_func("/track/run/tud-campus", test_run_on_tud_campus);
    return g_test_run();
}

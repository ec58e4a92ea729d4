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
    return g_test_run();
}

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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/track/score/table", test_score_prints_a_table);
    g_test_add_func("/track/score/json", test_score_prints_json);
    g_test_add_func("/track/score/malformed-line", test_score_names_the_malformed_line);
    g_test_add_func("/track/score/pairs", test_score_needs_pairs);
    return g_test_run();
}

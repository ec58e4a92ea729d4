/* The simulator, the converter and the scorer as a person calls them. Small: the corner shop of
 * samples/store, a minute of it; the research store where its data is present. */
#include "tests/support.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
sample(const char *name)
{
    return g_build_filename(SOURCE_ROOT, "samples", "store", name, NULL);
}

static CommandResult
simulate_sample(const char *out, const char *script, const char *extra)
{
    g_autofree char *layout = sample("layout.json");
    return run_cloudpick("store", "simulate", "--layout", layout, "--script", script, "--out", out,
                         extra, NULL);
}

static void
test_truth_lies_beside_the_recording(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, "day", NULL);
    g_autofree char *script = sample("script.json");
    g_auto(CommandResult) result = simulate_sample(out, script, NULL);
    assert_status(&result, 0);
    g_assert_nonnull(strstr(result.out, "2 people, 6 events, 2 receipts"));
    g_autoptr(GPtrArray) files = list_files(dir);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < files->len; i++) {
        g_string_append_printf(names, "%s ", (const char *)files->pdata[i]);
    }
    g_autofree char *all = g_string_free(names, FALSE);
    g_assert_cmpstr(all, ==,
                    "day-truth.json day/gate.jsonl day/layout.json day/targets.jsonl "
                    "day/weights.jsonl ");
    g_autofree char *truth = read_file(dir, "day-truth.json");
    g_assert_nonnull(strstr(truth, "{\"visit\":\"v1\",\"lines\":[{\"sku\":\"6900000000011\","
                                   "\"quantity\":1},{\"sku\":\"6900000000110\","));
}

static void
test_a_recording_is_not_written_over(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *script = sample("script.json");
    g_auto(CommandResult) first = simulate_sample(dir, script, NULL);
    assert_status(&first, 0);
    g_auto(CommandResult) second = simulate_sample(dir, script, NULL);
    g_assert_cmpint(second.status, !=, 0);
    g_assert_nonnull(strstr(second.err, "holds a recording already"));
    g_autofree char *truth = g_strconcat(dir, "-truth.json", NULL);
    g_unlink(truth);
}

static void
test_wrong_calls_are_told(void)
{
    g_autofree char *layout = sample("layout.json");
    g_auto(CommandResult) nothing = run_cloudpick("store", "simulate", "--layout", layout, NULL);
    assert_status(&nothing, 2);
    g_auto(CommandResult) fault =
        run_cloudpick("store", "simulate", "--layout", layout, "--out", "/nonexistent/x",
                      "--shoppers", "1", "--minutes", "1", "--faults", "gremlins", NULL);
    assert_status(&fault, 2);
    g_assert_nonnull(strstr(fault.err, "there is no fault \"gremlins\""));
    g_auto(CommandResult) score = run_cloudpick("store", "score", "--truth", "x.json", NULL);
    assert_status(&score, 2);
    g_auto(CommandResult) convert = run_cloudpick("store", "convert", "--out", "x.json", NULL);
    assert_status(&convert, 2);
}

static void
test_a_wrong_script_is_named_with_its_line(void)
{
    static const char text[] = "{\"format\":1,\"visitors\":[\n{\"id\":\"v1\",\"acts\":[\n"
                               "{\"kind\":\"pick\",\"sku\":\"caviar\",\"plates\":[[1,1,1]]}]}]}";
    g_auto(TempDir) dir = temp_dir_new();
    write_file(dir, "script.json", text, sizeof text - 1);
    g_autofree char *script = g_build_filename(dir, "script.json", NULL);
    g_autofree char *out = g_build_filename(dir, "day", NULL);
    g_auto(CommandResult) result = simulate_sample(out, script, NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "script.json:3: \"caviar\" is no product of the layout"));
}

/* Receipts written by hand against a truth written by hand. */
static void
test_score_prints_the_contests_figure(void)
{
    static const char truth_text[] =
        "{\"receipts\":[{\"visit\":\"v1\",\"lines\":[{\"sku\":\"tea\",\"quantity\":2}]}],"
        "\"events\":[{\"t\":5,\"kind\":\"pick\",\"visit\":\"v1\",\"sku\":\"tea\",\"quantity\":2,"
        "\"plates\":[[1,1,1]]}]}";
    static const char receipts_text[] =
        "{\"format\":1,\"receipts\":[{\"visit\":\"v1\",\"lines\":[{\"sku\":\"tea\",\"quantity\":1,"
        "\"unit_price\":350,\"confidence\":0.9}],\"total\":350,\"currency\":\"CNY\","
        "\"needs_review\":true,\"reasons\":[],\"exited_at\":10,\"closed_at\":11.5}],"
        "\"events\":[{\"t\":5.1,\"kind\":\"pick\",\"visit\":\"v1\",\"sku\":\"tea\",\"quantity\":1,"
        "\"delta_g\":-540,\"confidence\":0.9}],\"unattributed\":[]}";
    g_auto(TempDir) dir = temp_dir_new();
    write_file(dir, "truth.json", truth_text, sizeof truth_text - 1);
    write_file(dir, "receipts.json", receipts_text, sizeof receipts_text - 1);
    g_autofree char *truth = g_build_filename(dir, "truth.json", NULL);
    g_autofree char *receipts = g_build_filename(dir, "receipts.json", NULL);
    g_autofree char *json = g_build_filename(dir, "score.json", NULL);
    g_auto(CommandResult) result = run_cloudpick("store", "score", "--truth", truth, "--receipts",
                                                 receipts, "--json", json, NULL);
    assert_status(&result, 0);
    g_assert_nonnull(strstr(result.out, "mean F1                 0.6667 over 1 recordings"));
    g_assert_nonnull(strstr(result.out, "event recall            0.5000 (1 of 2)"));
    g_assert_nonnull(strstr(result.out, "wrong receipts          1, of which 1 under review"));
    g_assert_nonnull(strstr(result.out, "1.50 s 95th percentile"));
    g_autofree char *written = read_file(dir, "score.json");
    g_assert_nonnull(strstr(written, "\"mean_f1\": 0.666667"));
}

static void
test_the_research_store_converts(void)
{
    if (sample_data_dir() == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *geometry = g_build_filename(sample_data_dir(), "store", "nanostore", NULL);
    g_autofree char *labels =
        g_build_filename(sample_data_dir(), "store", "contest", "ground-truth.json", NULL);
    g_autofree char *layout = g_build_filename(dir, "layout.json", NULL);
    g_autofree char *scripts = g_build_filename(dir, "scripts", NULL);
    g_auto(CommandResult) result = run_cloudpick("store", "convert", "--nanostore", geometry,
                                                 "--contest", labels, "--out", layout, NULL);
    assert_status(&result, 0);
    g_assert_nonnull(strstr(result.out, "5 gondolas, 30 shelves, 306 plates"));
    g_assert_nonnull(strstr(result.out, "12 cameras"));
    g_auto(CommandResult) cases = run_cloudpick("store", "convert", "--contest", labels, "--layout",
                                                layout, "--out", scripts, NULL);
    assert_status(&cases, 0);
    g_autoptr(GPtrArray) files = list_files(scripts);
    g_assert_cmpuint(files->len, ==, 21); /* two of the 23 have no labels */

    g_autofree char *script = g_build_filename(scripts, "BASELINE-16.json", NULL);
    g_autofree char *out = g_build_filename(dir, "day", NULL);
    g_auto(CommandResult) played = run_cloudpick("store", "simulate", "--layout", layout,
                                                 "--script", script, "--out", out, NULL);
    assert_status(&played, 0);
    g_assert_nonnull(strstr(played.out, "1 people, 6 events, 1 receipts"));
    g_assert_null(strstr(played.out, "could not be played"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store-sim/truth-beside", test_truth_lies_beside_the_recording);
    g_test_add_func("/store-sim/not-over", test_a_recording_is_not_written_over);
    g_test_add_func("/store-sim/wrong-calls", test_wrong_calls_are_told);
    g_test_add_func("/store-sim/wrong-script", test_a_wrong_script_is_named_with_its_line);
    g_test_add_func("/store-sim/score", test_score_prints_the_contests_figure);
    g_test_add_func("/store-sim/research-store", test_the_research_store_converts);
    return g_test_run();
}

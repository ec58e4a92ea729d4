/* cloudpick store score: receipts against the truth. */
#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "cli/command.h"
#include "store/store_score.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    char **truths, **receipts, *json;
    gboolean is_quiet;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_strfreev(arguments->truths);
    g_strfreev(arguments->receipts);
    g_free(arguments->json);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

/* Cases by the number of visits: one, two, three and more. */
enum { NUM_SIZES = 3 };
static const char *const size_names[NUM_SIZES] = { "one visit", "two visits",
                                                   "three or more visits" };

static bool
parse(int argc, char **argv, Arguments *arguments, GError **error)
{
    const GOptionEntry entries[] = {
        { "truth", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->truths, "What happened", "FILE" },
        { "receipts", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->receipts,
          "What a replay made of it", "FILE" },
        { "json", 0, 0, G_OPTION_ARG_FILENAME, &arguments->json, "Write the figures here too",
          "FILE" },
        { "quiet", 0, 0, G_OPTION_ARG_NONE, &arguments->is_quiet, "No line for each case", NULL },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Scores receipts by the rule of the CPS-IoT 2020 contest, and more.",
            "--truth and --receipts may be repeated, in pairs: the figure is the "
            "mean over the recordings.",
            entries, NULL, error)) {
        return false;
    }
    guint num_truths = arguments->truths == NULL ? 0 : g_strv_length(arguments->truths);
    guint num_receipts = arguments->receipts == NULL ? 0 : g_strv_length(arguments->receipts);
    if (argc > 1 || num_truths == 0 || num_truths != num_receipts) {
        return fail(error, APP_ERROR_INVALID,
                    "store score needs as many --truth as --receipts, at least one of each");
    }
    return true;
}

static double
per_thousand(guint part, guint whole)
{
    return whole == 0 ? 0 : 1000.0 * part / whole;
}

static void
print_receipt_calibration(const StoreScore *score)
{
    printf("receipts' calibration   %.4f mean error\n",
           store_score_receipt_calibration_error(score));
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreReceiptBin *bin = &score->receipt_bins[i];
        if (bin->num_receipts > 0) {
            printf("  said %.3f to %.3f      %.4f on the mean, %.4f right (%u receipts)\n",
                   bin->low, bin->high, bin->sum_confidence / bin->num_receipts,
                   (double)bin->num_right / bin->num_receipts, bin->num_receipts);
        }
    }
}

static void
print_score(const StoreScore *score)
{
    guint num_wrong = score->num_receipts - score->num_exact;
    printf("mean F1                 %.4f over %u recordings\n", store_score_mean_f1(score),
           score->num_cases);
    printf("receipts exactly right  %.4f (%u of %u; %u missing, %u of nobody)\n",
           score->num_receipts == 0 ? 1.0 : (double)score->num_exact / score->num_receipts,
           score->num_exact, score->num_receipts, score->num_missing, score->num_surplus);
    printf("event precision         %.4f (%u of %u)\n", store_score_precision(score),
           score->events_real, score->events_reported);
    printf("event recall            %.4f (%u of %u)\n", store_score_recall(score),
           score->events_found, score->events_true);
    printf("attribution             %.4f (%u of %u)\n", store_score_attribution(score),
           score->num_attributed_right, score->events_found);
    printf("reviews                 %.1f per 1,000 receipts (%u)\n",
           per_thousand(score->num_reviews, score->num_receipts), score->num_reviews);
    printf("wrong receipts          %u, of which %u under review\n", num_wrong,
           score->num_wrong_reviewed);
    printf("exit to receipt         %.2f s median, %.2f s 95th percentile, %.2f s longest; %u "
           "never closed\n",
           store_score_wait(score, 0.5), store_score_wait(score, 0.95), store_score_wait(score, 1),
           score->num_open);
    printf("calibration error       %.4f\n", store_score_calibration_error(score));
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreBin *bin = &score->bins[i];
        if (bin->num_events > 0) {
            printf("  said %.3f to %.3f      %.4f on the mean, %.4f right (%u events)\n", bin->low,
                   bin->high, bin->sum_confidence / bin->num_events,
                   (double)bin->num_right / bin->num_events, bin->num_events);
        }
    }
    print_receipt_calibration(score);
}

static void
write_receipt_calibration(JsonWriter *json, const StoreScore *score)
{
    json_double(json, "receipt_calibration_error", store_score_receipt_calibration_error(score), 6);
    json_begin_array(json, "receipt_calibration");
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreReceiptBin *bin = &score->receipt_bins[i];
        json_begin_object(json, NULL);
        json_double(json, "from", bin->low, 3);
        json_int(json, "receipts", bin->num_receipts);
        json_int(json, "right", bin->num_right);
        json_double(json, "mean_confidence",
                    bin->num_receipts == 0 ? NAN : bin->sum_confidence / bin->num_receipts, 6);
        json_end_object(json);
    }
    json_end_array(json);
}

static void
write_score(JsonWriter *json, const char *name, const StoreScore *score)
{
    json_begin_object(json, name);
    json_int(json, "recordings", score->num_cases);
    json_double(json, "mean_f1", store_score_mean_f1(score), 6);
    json_int(json, "receipts", score->num_receipts);
    json_int(json, "exact", score->num_exact);
    json_int(json, "missing", score->num_missing);
    json_int(json, "reviews", score->num_reviews);
    json_int(json, "wrong_under_review", score->num_wrong_reviewed);
    json_double(json, "event_precision", store_score_precision(score), 6);
    json_double(json, "event_recall", store_score_recall(score), 6);
    json_double(json, "attribution", store_score_attribution(score), 6);
    json_double(json, "wait_p50_s", store_score_wait(score, 0.5), 3);
    json_double(json, "wait_p95_s", store_score_wait(score, 0.95), 3);
    json_double(json, "calibration_error", store_score_calibration_error(score), 6);
    json_begin_array(json, "calibration");
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreBin *bin = &score->bins[i];
        json_begin_object(json, NULL);
        json_double(json, "from", bin->low, 3);
        json_int(json, "events", bin->num_events);
        json_int(json, "right", bin->num_right);
        json_double(json, "mean_confidence",
                    bin->num_events == 0 ? NAN : bin->sum_confidence / bin->num_events, 6);
        json_end_object(json);
    }
    json_end_array(json);
    write_receipt_calibration(json, score);
    json_end_object(json);
}

static bool
write_json(const char *path, const StoreScore *all, StoreScore *const *sizes, GError **error)
{
    g_autoptr(JsonWriter) json = json_writer_new(true);
    json_begin_object(json, NULL);
    write_score(json, "all", all);
    for (int i = 0; i < NUM_SIZES; i++) {
        write_score(json, size_names[i], sizes[i]);
    }
    json_end_object(json);
    const GString *text = json_writer_text(json);
    return file_write_whole(path, text->str, text->len, error);
}

static bool
score_files(const Arguments *arguments, StoreScore *all, StoreScore *const *sizes, GError **error)
{
    for (guint i = 0; arguments->truths[i] != NULL; i++) {
        g_autoptr(Truth) truth = truth_read(arguments->truths[i], error);
        if (truth == NULL) {
            return false;
        }
        g_autoptr(Receipts) receipts = receipts_read(arguments->receipts[i], error);
        if (receipts == NULL) {
            return false;
        }
        guint num_visits = truth->receipts->len;
        g_autoptr(StoreScore) one = store_score_new();
        double f1 = store_score_add(one, truth, receipts);
        store_score_merge(all, one);
        store_score_merge(sizes[num_visits <= 1 ? 0 : num_visits == 2 ? 1 : 2], one);
        if (!arguments->is_quiet) {
            printf("%-40s F1 %.4f, %u visits, %u of %u receipts right, events %u found of %u, "
                   "%u wrongly attributed\n",
                   arguments->truths[i], f1, num_visits, one->num_exact, one->num_receipts,
                   one->events_found, one->events_true,
                   one->events_found - one->num_attributed_right);
        }
    }
    return true;
}

ExitStatus
store_score_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { NULL };
    GError *error = NULL;
    if (!parse(argc, argv, &arguments, &error)) {
        return command_fail(error);
    }
    g_autoptr(StoreScore) all = store_score_new(), one = store_score_new(), two = store_score_new(),
                          more = store_score_new();
    StoreScore *const sizes[NUM_SIZES] = { one, two, more };
    if (!score_files(&arguments, all, sizes, &error)) {
        return command_fail(error);
    }
    print_score(all);
    for (int i = 0; i < NUM_SIZES; i++) {
        if (sizes[i]->num_cases > 0 && sizes[i]->num_cases < all->num_cases) {
            printf("mean F1, %-22s %.4f over %u recordings\n", size_names[i],
                   store_score_mean_f1(sizes[i]), sizes[i]->num_cases);
        }
    }
    if (arguments.json != NULL && !write_json(arguments.json, all, sizes, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}

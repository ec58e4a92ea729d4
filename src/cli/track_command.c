/* cloudpick track score, cloudpick track run. */
#include "base/error.h"
#include "base/json_writer.h"
#include "cli/command.h"
#include "track/score.h"

#include <stdio.h>

static const char score_summary[] =
    "Compares tracks with the truth and prints, for each pair of files and for all together:\n"
    "\n"
    "  IDF1 IDP IDR   how much of every person's way one and the same id was on them: the figure\n"
    "                 that matters where an id stands for a cart (Ristani et al. 2016)\n"
    "  MOTA MOTP      share of boxes found, less false ones and switches; mean overlap of what "
    "was\n"
    "                 found, 1 is exact (CLEAR MOT, Bernardin and Stiefelhagen 2008)\n"
    "  HOTA DetA AssA detection and association in balance (Luiten et al. 2021)\n"
    "  FP FN IDs Frag false boxes, missed boxes, switches of id, interruptions\n"
    "\n"
    "Files are MOTChallenge text, one box a line:\n"
    "frame,id,left,top,width,height[,confidence,x,y,z]. In truth of the MOT16 form (nine fields)\n"
    "rows with flag 0 and classes other than 1 are not scored. Boxes match from an overlap\n"
    "(intersection over union) of 0.5.";

static const char score_description[] =
    "Example:\n"
    "  cloudpick track score --truth gt-a.txt --result a.txt --truth gt-b.txt --result b.txt\n"
    "\n"
    "Exit status: 0 scored; 2 the call or a file is wrong (the line is named).";

typedef struct {
    GPtrArray *names; /* owned */
    GArray *counts;   /* of ScoreCounts */
} Scores;

static void
print_score_row(const char *name, const ScoreCounts *counts)
{
    ScoreFigures figures = score_figures(counts);
    printf("%-24s %6.3f %6.3f %6.3f %6.3f %6.3f %6.3f %6.3f %6.3f %7" G_GUINT64_FORMAT
           " %7" G_GUINT64_FORMAT " %5" G_GUINT64_FORMAT " %5" G_GUINT64_FORMAT "\n",
           name, figures.idf1, figures.idp, figures.idr, figures.mota, figures.motp, figures.hota,
           figures.deta, figures.assa, counts->false_positives, counts->false_negatives,
           counts->switches, counts->fragments);
}

static void
print_score_table(const Scores *scores, const ScoreCounts *total)
{
    printf("%-24s %6s %6s %6s %6s %6s %6s %6s %6s %7s %7s %5s %5s\n", "", "IDF1", "IDP", "IDR",
           "MOTA", "MOTP", "HOTA", "DetA", "AssA", "FP", "FN", "IDs", "Frag");
    for (guint i = 0; i < scores->names->len; i++) {
        print_score_row(scores->names->pdata[i], &g_array_index(scores->counts, ScoreCounts, i));
    }
    if (scores->names->len > 1) {
        print_score_row("all", total);
    }
}

static void
write_score_json(JsonWriter *writer, const char *name, const ScoreCounts *counts)
{
    ScoreFigures figures = score_figures(counts);
    const struct {
        const char *name;
        double value;
    } ratios[] = {
        { "idf1", figures.idf1 },           { "idp", figures.idp },   { "idr", figures.idr },
        { "mota", figures.mota },           { "motp", figures.motp }, { "recall", figures.recall },
        { "precision", figures.precision }, { "hota", figures.hota }, { "deta", figures.deta },
        { "assa", figures.assa },
    };
    const struct {
        const char *name;
        guint64 value;
    } numbers[] = {
        { "frames", counts->num_frames },
        { "truth_boxes", counts->num_truth_boxes },
        { "result_boxes", counts->num_result_boxes },
        { "truth_ids", counts->num_truth_ids },
        { "result_ids", counts->num_result_ids },
        { "true_positives", counts->true_positives },
        { "false_positives", counts->false_positives },
        { "false_negatives", counts->false_negatives },
        { "switches", counts->switches },
        { "fragments", counts->fragments },
        { "mostly_tracked", counts->mostly_tracked },
        { "mostly_lost", counts->mostly_lost },
    };
    json_begin_object(writer, NULL);
    json_string(writer, "name", name);
    for (gsize i = 0; i < G_N_ELEMENTS(ratios); i++) {
        json_double(writer, ratios[i].name, ratios[i].value, 6);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        json_int(writer, numbers[i].name, (gint64)numbers[i].value);
    }
    json_end_object(writer);
}

static void
print_score_json(const Scores *scores, const ScoreCounts *total)
{
    g_autoptr(JsonWriter) writer = json_writer_new(true);
    json_begin_array(writer, NULL);
    for (guint i = 0; i < scores->names->len; i++) {
        write_score_json(writer, scores->names->pdata[i],
                         &g_array_index(scores->counts, ScoreCounts, i));
    }
    write_score_json(writer, "all", total);
    json_end_array(writer);
    puts(json_writer_text(writer)->str);
}

static bool
score_pair(Scores *scores, const char *truth_path, const char *result_path,
           const ScoreOptions *options, GError **error)
{
    g_autoptr(MotText) truth = mot_text_read(truth_path, MOT_TRACKS, error);
    if (truth == NULL) {
        return false;
    }
    g_autoptr(MotText) result = mot_text_read(result_path, MOT_TRACKS, error);
    if (result == NULL) {
        return false;
    }
    ScoreCounts counts;
    if (!score_sequence(truth, result, options, &counts, error)) {
        return false;
    }
    g_ptr_array_add(scores->names, g_path_get_basename(result_path));
    g_array_append_val(scores->counts, counts);
    return true;
}

static bool
score_pairs(Scores *scores, char **truth_paths, char **result_paths, const ScoreOptions *options,
            GError **error)
{
    guint num_truth = truth_paths == NULL ? 0 : g_strv_length(truth_paths);
    guint num_results = result_paths == NULL ? 0 : g_strv_length(result_paths);
    if (num_truth == 0 || num_truth != num_results) {
        return fail(error, APP_ERROR_INVALID,
                    "%u --truth and %u --result: one of each is needed for every sequence",
                    num_truth, num_results);
    }
    for (guint i = 0; i < num_truth; i++) {
        if (!score_pair(scores, truth_paths[i], result_paths[i], options, error)) {
            return false;
        }
    }
    return true;
}

ExitStatus
track_score_command(int argc, char **argv)
{
    g_auto(GStrv) truth_paths = NULL;
    g_auto(GStrv) result_paths = NULL;
    double floor_distance = 0;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        { "truth", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &truth_paths,
          "The truth; again for each further sequence", "FILE" },
        { "result", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &result_paths,
          "The tracks to score; in the order of the truth files", "FILE" },
        { "floor", 0, 0, G_OPTION_ARG_DOUBLE, &floor_distance,
          "Compare places on the floor (fields 8 and 9); they match up to this distance",
          "METRES" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, score_summary);
    g_option_context_set_description(context, score_description);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        return command_fail(error);
    }
    if (argc > 1) {
        (void)fail(&error, APP_ERROR_INVALID, "\"%s\" is not an option", argv[1]);
        return command_fail(error);
    }
    if (!(floor_distance >= 0 && floor_distance <= 1000)) {
        (void)fail(&error, APP_ERROR_INVALID, "--floor takes metres from 0 to 1000");
        return command_fail(error);
    }
    const ScoreOptions options = { floor_distance > 0 ? SCORE_FLOOR : SCORE_BOXES, floor_distance };
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(ScoreCounts));
    Scores scores = { names, counts };
    if (!score_pairs(&scores, truth_paths, result_paths, &options, &error)) {
        return command_fail(error);
    }
    ScoreCounts total = { 0 };
    for (guint i = 0; i < counts->len; i++) {
        score_add(&total, &g_array_index(counts, ScoreCounts, i));
    }
    if (json) {
        print_score_json(&scores, &total);
    } else {
        print_score_table(&scores, &total);
    }
    return EXIT_DONE;
}

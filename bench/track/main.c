/* Scores and speeds of the tracker, SORT and ByteTrack on the same boxes, all in one run.
 *
 * usage: bench-track FOLDER     FOLDER is what prepare.py has written; without it, speeds only */
#include "baseline.h"

#include "track/score.h"
#include "track/tracker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    double frames_per_second;
    bool sparse_truth; /* only some frames have truth: the others are not scored */
} BenchSequence;

static const BenchSequence sequences[] = {
    { "campus-HC3", 29.97, false },
    { "campus-HC4", 29.97, false },
    { "tud-campus", 25, false },
    { "pets09", 7, true },
};

typedef void (*RunFunc)(const MotText *detections, double frames_per_second, GArray *rows);

static void
run_sort(const MotText *detections, double frames_per_second, GArray *rows)
{
    sort_run(detections, rows);
}

/* The defaults of the authors' evaluation program. */
static void
run_bytetrack_06(const MotText *detections, double frames_per_second, GArray *rows)
{
    bytetrack_run(detections, &(ByteTrackOptions){ 0.6, 0.9, 30 }, rows);
}

/* The defaults of the authors' demonstration. */
static void
run_bytetrack_05(const MotText *detections, double frames_per_second, GArray *rows)
{
    bytetrack_run(detections, &(ByteTrackOptions){ 0.5, 0.8, 30 }, rows);
}

static void
run_bytetrack_interpolated(const MotText *detections, double frames_per_second, GArray *rows)
{
    bytetrack_run(detections, &(ByteTrackOptions){ 0.5, 0.8, 30 }, rows);
    interpolate_gaps(rows);
}

static void
take_final(const Tracker *tracker, GArray *rows)
{
    guint count;
    const TrackedBox *boxes = tracker_final(tracker, &count);
    for (guint i = 0; i < count; i++) {
        MotRow row = { .frame = (guint)boxes[i].frame,
                       .id = boxes[i].id,
                       .left = boxes[i].left,
                       .top = boxes[i].top,
                       .width = boxes[i].width,
                       .height = boxes[i].height,
                       .confidence = boxes[i].confidence,
                       .x = NAN,
                       .y = NAN };
        g_array_append_val(rows, row);
    }
}

static void
run_cloudpick(const MotText *detections, double frames_per_second, GArray *rows)
{
    TrackerOptions options = tracker_default_options();
    g_autoptr(Tracker) tracker = tracker_new(&options);
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(TrackerBox));
    guint next = 0;
    for (guint frame = 1; frame <= detections->last_frame; frame++) {
        g_array_set_size(boxes, 0);
        for (; next < detections->rows->len && mot_text_row(detections, next)->frame == frame;
             next++) {
            const MotRow *row = mot_text_row(detections, next);
            TrackerBox box = {
                row->left,   row->top,        row->width,
                row->height, row->confidence, mot_text_appearance(detections, next)
            };
            g_array_append_val(boxes, box);
        }
        tracker_step(tracker, frame / frames_per_second,
                     (const TrackerBox *)(const void *)boxes->data, boxes->len);
        take_final(tracker, rows);
    }
    tracker_finish(tracker);
    take_final(tracker, rows);
}

static const struct {
    const char *name;
    RunFunc run;
} trackers[] = {
    { "SORT", run_sort },
    { "ByteTrack 0.6/0.9", run_bytetrack_06 },
    { "ByteTrack 0.5/0.8", run_bytetrack_05 },
    { "  and interpolation", run_bytetrack_interpolated },
    { "Cloudpick", run_cloudpick },
};

static MotText *
read_or_die(const char *folder, const char *name, const char *suffix, MotKind kind)
{
    g_autofree char *path = g_strconcat(folder, "/", name, suffix, NULL);
    GError *error = NULL;
    MotText *text = mot_text_read(path, kind, &error);
    if (text == NULL) {
        g_printerr("%s\n", error->message);
        exit(2);
    }
    return text;
}

/* The rows as a result file would give them back. */
static MotText *
as_text(const GArray *rows, const MotText *truth, bool sparse_truth)
{
    g_autoptr(GHashTable) frames = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < truth->rows->len; i++) {
        g_hash_table_add(frames, GUINT_TO_POINTER(mot_text_row(truth, i)->frame));
    }
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        const MotRow *row = &g_array_index(rows, MotRow, i);
        if (!sparse_truth || g_hash_table_contains(frames, GUINT_TO_POINTER(row->frame))) {
            mot_text_append_row(out, row);
        }
    }
    GError *error = NULL;
    MotText *text = mot_text_parse("result", out->str, out->len, MOT_TRACKS, &error);
    if (text == NULL) {
        g_printerr("%s\n", error->message);
        exit(2);
    }
    return text;
}

static void
bench_sequence(const BenchSequence *sequence, const char *folder)
{
    g_autoptr(MotText) truth = read_or_die(folder, sequence->name, ".truth.txt", MOT_TRACKS);
    g_autoptr(MotText) detections = read_or_die(folder, sequence->name, ".det.txt", MOT_DETECTIONS);
    printf("\n%s: %u frames, %u boxes found, %u true\n", sequence->name, detections->last_frame,
           detections->rows->len, truth->rows->len);
    printf("  %-22s %6s %6s %6s %6s %6s %6s %5s %5s %10s\n", "", "IDF1", "MOTA", "HOTA", "DetA",
           "AssA", "MOTP", "IDs", "Frag", "frames/s");
    for (gsize i = 0; i < G_N_ELEMENTS(trackers); i++) {
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
        gint64 begin = g_get_monotonic_time();
        guint rounds = 0;
        do {
            g_array_set_size(rows, 0);
            trackers[i].run(detections, sequence->frames_per_second, rows);
            rounds++;
        } while (g_get_monotonic_time() - begin < 300000);
        double seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
        g_autoptr(MotText) result = as_text(rows, truth, sequence->sparse_truth);
        ScoreCounts counts;
        GError *error = NULL;
        if (!score_sequence(truth, result, &(ScoreOptions){ SCORE_BOXES, 0 }, &counts, &error)) {
            g_printerr("%s\n", error->message);
            exit(2);
        }
        ScoreFigures figures = score_figures(&counts);
        printf("  %-22s %6.3f %6.3f %6.3f %6.3f %6.3f %6.3f %5u %5u %10.0f\n", trackers[i].name,
               figures.idf1, figures.mota, figures.hota, figures.deta, figures.assa, figures.motp,
               (guint)counts.switches, (guint)counts.fragments,
               rounds * (double)detections->last_frame / seconds);
    }
}

int
main(int argc, char **argv)
{
    if (argc > 1) {
        for (gsize i = 0; i < G_N_ELEMENTS(sequences); i++) {
            bench_sequence(&sequences[i], argv[1]);
        }
    }
    return 0;
}

/* Scores and speeds of the tracker, SORT and ByteTrack on the same boxes, all in one run; then
 * several cameras on the floor, and crowds.
 *
 * usage: bench-track [FOLDER]     FOLDER is what prepare.py has written; without it, crowds only */
#include "baseline.h"

#include "track/replay.h"
#include "track/score.h"

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
run_cloudpick(const MotText *detections, double frames_per_second, GArray *rows)
{
    const ReplayOptions options = { tracker_default_options(), frames_per_second, 0 };
    replay_camera(detections, &options, rows);
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
    printf("  %-22s %6s %6s %6s %6s %6s %6s %6s %6s %5s %5s %10s\n", "", "IDF1", "MOTA", "HOTA",
           "DetA", "AssA", "MOTP", "FP", "FN", "IDs", "Frag", "frames/s");
    for (gsize i = 0; i < G_N_ELEMENTS(trackers); i++) {
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
        gint64 begin = g_get_monotonic_time();
        guint rounds = 0;
        do {
            g_array_set_size(rows, 0);
            trackers[i].run(detections, sequence->frames_per_second, rows);
            rounds++;
        } while (g_get_monotonic_time() - begin < 50000);
        double seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
        g_autoptr(MotText) result = as_text(rows, truth, sequence->sparse_truth);
        ScoreCounts counts;
        GError *error = NULL;
        if (!score_sequence(truth, result, &(ScoreOptions){ SCORE_BOXES, 0 }, &counts, &error)) {
            g_printerr("%s\n", error->message);
            exit(2);
        }
        ScoreFigures figures = score_figures(&counts);
        printf("  %-22s %6.3f %6.3f %6.3f %6.3f %6.3f %6.3f %6u %6u %5u %5u %10.0f\n",
               trackers[i].name, figures.idf1, figures.mota, figures.hota, figures.deta,
               figures.assa, figures.motp, (guint)counts.false_positives,
               (guint)counts.false_negatives, (guint)counts.switches, (guint)counts.fragments,
               rounds * (double)detections->last_frame / seconds);
    }
}

/* One line of figures. */
static void
print_score(const char *name, const MotText *truth, const MotText *result, ScoreSpace space)
{
    ScoreCounts counts;
    GError *error = NULL;
    if (!score_sequence(truth, result, &(ScoreOptions){ space, 1 }, &counts, &error)) {
        g_printerr("%s\n", error->message);
        exit(2);
    }
    ScoreFigures figures = score_figures(&counts);
    printf("  %-34s IDF1 %.3f  MOTA %.3f  HOTA %.3f  IDs %u\n", name, figures.idf1, figures.mota,
           figures.hota, (guint)counts.switches);
}

/* Appends ROWS shifted in time, and in ids. */
static void
append_shifted(GArray *all, const GArray *rows, guint frames, gint64 ids)
{
    for (guint i = 0; i < rows->len; i++) {
        MotRow row = g_array_index(rows, MotRow, i);
        row.frame += frames;
        row.id += ids;
        g_array_append_val(all, row);
    }
}

typedef struct {
    Calibration *calibration;
    const Camera *cameras[8];
    MotText *detections[8];
    GArray *boxes[8];
    guint count;
    GArray *people;
} Rig;

static void
run_rig(Rig *rig, const char *folder, const char *calibration, const char *const *names,
        double frames_per_second)
{
    g_autofree char *path = g_strconcat(folder, "/", calibration, NULL);
    GError *error = NULL;
    *rig = (Rig){ calibration_read(path, &error), .count = g_strv_length((char **)names) };
    if (rig->calibration == NULL) {
        g_printerr("%s\n", error->message);
        exit(2);
    }
    for (guint i = 0; i < rig->count; i++) {
        rig->cameras[i] = calibration_find(rig->calibration, names[i]);
        rig->detections[i] = read_or_die(folder, names[i], ".det.txt", MOT_DETECTIONS);
        rig->boxes[i] = g_array_new(FALSE, FALSE, sizeof(MotRow));
    }
    rig->people = g_array_new(FALSE, FALSE, sizeof(MotRow));
    const ReplayOptions options = { tracker_default_options(), frames_per_second, 0 };
    replay_floor((const MotText *const *)rig->detections, rig->cameras, rig->count, &options,
                 rig->people, rig->boxes);
}

static void
rig_clear(Rig *rig)
{
    for (guint i = 0; i < rig->count; i++) {
        mot_text_free(rig->detections[i]);
        g_array_unref(rig->boxes[i]);
    }
    calibration_free(rig->calibration);
    g_array_unref(rig->people);
}

/* Both views as one sequence, one after the other: an id must be the same person in both. */
static void
bench_campus_cameras(const char *folder)
{
    static const char *const names[] = { "campus-HC3", "campus-HC4", NULL };
    const guint view_frames = 10000;
    const gint64 view_ids = 1000000;
    Rig rig;
    run_rig(&rig, folder, "campus.json", names, 29.97);
    g_autoptr(GArray) truth_rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
    g_autoptr(GArray) merged = g_array_new(FALSE, FALSE, sizeof(MotRow));
    g_autoptr(GArray) apart = g_array_new(FALSE, FALSE, sizeof(MotRow));
    for (guint i = 0; i < rig.count; i++) {
        g_autoptr(MotText) truth = read_or_die(folder, names[i], ".truth.txt", MOT_TRACKS);
        g_autoptr(GArray) alone = g_array_new(FALSE, FALSE, sizeof(MotRow));
        run_cloudpick(rig.detections[i], 29.97, alone);
        append_shifted(truth_rows, truth->rows, i * view_frames, 0);
        append_shifted(merged, rig.boxes[i], i * view_frames, 0);
        append_shifted(apart, alone, i * view_frames, i * view_ids);
    }
    g_autoptr(MotText) truth = as_text(truth_rows, rig.detections[0], false);
    g_autoptr(MotText) merged_text = as_text(merged, truth, false);
    g_autoptr(MotText) apart_text = as_text(apart, truth, false);
    printf("\nboth CAMPUS views as one sequence, people having one id in both\n");
    print_score("each camera by itself", truth, apart_text, SCORE_BOXES);
    print_score("merged on the floor", truth, merged_text, SCORE_BOXES);
    rig_clear(&rig);
}

static void
bench_multiviewx(const char *folder)
{
    static const char *const names[] = { "multiviewx-1",
                                         "multiviewx-2",
                                         "multiviewx-3",
                                         "multiviewx-4",
                                         "multiviewx-5",
                                         "multiviewx-6",
                                         NULL };
    Rig rig;
    run_rig(&rig, folder, "multiviewx.json", names, 2);
    g_autoptr(MotText) truth = read_or_die(folder, "multiviewx", ".truth.txt", MOT_TRACKS);
    g_autoptr(MotText) result = as_text(rig.people, truth, false);
    printf(
        "\nMultiviewX, 6 cameras, 10 frames at 2 a second, true boxes without ids; places within "
        "1 m\n");
    print_score("merged on the floor", truth, result, SCORE_FLOOR);
    rig_clear(&rig);
}

/* People on a plane seen from above at 100 pixels a metre, 2.5 square metres each, walking about at
 * 1 m/s; nine in ten boxes are found, to within a few pixels. Seconds of 30 frames. */
static MotText *
make_crowd(guint num_people, guint num_frames)
{
    double side = sqrt(num_people * 2.5) * 100;
    g_autoptr(GRand) random = g_rand_new_with_seed(num_people);
    g_autofree double *x = g_new(double, num_people);
    g_autofree double *y = g_new(double, num_people);
    g_autofree double *direction = g_new(double, num_people);
    for (guint i = 0; i < num_people; i++) {
        x[i] = g_rand_double_range(random, 0, side);
        y[i] = g_rand_double_range(random, 0, side);
        direction[i] = g_rand_double_range(random, 0, 2 * G_PI);
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint frame = 1; frame <= num_frames; frame++) {
        for (guint i = 0; i < num_people; i++) {
            direction[i] += g_rand_double_range(random, -0.1, 0.1);
            x[i] = CLAMP(x[i] + cos(direction[i]) * 100 / 30, 0, side);
            y[i] = CLAMP(y[i] + sin(direction[i]) * 100 / 30, 0, side);
            if (g_rand_double(random) < 0.9) {
                MotRow row = { .frame = frame,
                               .id = -1,
                               .confidence = 0.8,
                               .x = NAN,
                               .y = NAN,
                               .left = x[i] - 30 + g_rand_double_range(random, -4, 4),
                               .top = y[i] - 170 + g_rand_double_range(random, -4, 4),
                               .width = 60 + g_rand_double_range(random, -4, 4),
                               .height = 170 };
                mot_text_append_row(text, &row);
            }
        }
    }
    return mot_text_parse("crowd", text->str, text->len, MOT_DETECTIONS, NULL);
}

/* The same people under two cameras 8 m up that look down at 45 degrees from opposite sides. */
static void
bench_floor_crowd(guint num_people)
{
    static const char calibration_text[] =
        "{\"cameras\":["
        "{\"id\":\"a\",\"K\":[[900,0,960],[0,900,540],[0,0,1]],\"R\":[[1,0,0],"
        "[0,-0.70710678,-0.70710678],[0,0.70710678,-0.70710678]],\"t\":[0,5.6568542,5.6568542]},"
        "{\"id\":\"b\",\"K\":[[900,0,960],[0,900,540],[0,0,1]],\"R\":[[-1,0,0],"
        "[0,0.70710678,-0.70710678],[0,-0.70710678,-0.70710678]],"
        "\"t\":[0,-22.627417,33.941125]}]}";
    g_autoptr(Calibration) calibration =
        calibration_parse("crowd", calibration_text, strlen(calibration_text), NULL);
    const Camera *cameras[2] = { calibration_find(calibration, "a"),
                                 calibration_find(calibration, "b") };
    guint num_frames = 90;
    g_autoptr(MotText) plan = make_crowd(num_people, num_frames);
    double side = sqrt(num_people * 2.5);
    MotText *views[2];
    for (int i = 0; i < 2; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint j = 0; j < plan->rows->len; j++) {
            MotRow row = *mot_text_row(plan, j);
            double x = (row.left + 30) / 100 - side / 2, y = (row.top + 170) / 100;
            double u, foot, head_u, head;
            if (camera_project(cameras[i], x, y, 0, &u, &foot) &&
                camera_project(cameras[i], x, y, 1.7, &head_u, &head) && foot - head > 10) {
                row.height = foot - head;
                row.width = row.height / 3;
                row.left = u - row.width / 2;
                row.top = head;
                mot_text_append_row(text, &row);
            }
        }
        views[i] = mot_text_parse("crowd", text->str, text->len, MOT_DETECTIONS, NULL);
    }
    const ReplayOptions options = { tracker_default_options(), 30, 0 };
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(MotRow));
    gint64 begin = g_get_monotonic_time();
    replay_floor((const MotText *const *)views, cameras, 2, &options, people, NULL);
    double seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
    printf("  %8u %12.0f %22.1f   two cameras, merged on the floor\n", num_people,
           num_frames / seconds, num_frames / seconds / 30);
    mot_text_free(views[0]);
    mot_text_free(views[1]);
}

static void
bench_crowds(void)
{
    printf("\ncrowds (one core)\n  %8s %12s %22s %22s\n", "people", "frames/s", "times 30 frames/s",
           "us a person and frame");
    static const guint sizes[] = { 20, 100, 500, 1500 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint num_frames = MAX(120, 60000 / sizes[i]);
        g_autoptr(MotText) crowd = make_crowd(sizes[i], num_frames);
        g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
        gint64 begin = g_get_monotonic_time();
        run_cloudpick(crowd, 30, rows);
        double seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
        printf("  %8u %12.0f %22.1f %22.2f\n", sizes[i], num_frames / seconds,
               num_frames / seconds / 30, seconds * 1e6 / num_frames / sizes[i]);
    }
    bench_floor_crowd(20);
    bench_floor_crowd(500);
}

int
main(int argc, char **argv)
{
    if (argc > 1) {
        for (gsize i = 0; i < G_N_ELEMENTS(sequences); i++) {
            bench_sequence(&sequences[i], argv[1]);
        }
        bench_campus_cameras(argv[1]);
        bench_multiviewx(argv[1]);
    }
    bench_crowds();
    return 0;
}

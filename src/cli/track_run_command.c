/* cloudpick track run. */
#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "cli/command.h"
#include "track/replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char run_summary[] =
    "Follows people through the boxes of a detector, in the picture of one camera or, with a\n"
    "calibration, on the floor under any number of them.\n"
    "\n"
    "Boxes are MOTChallenge text in order of frames, one box a line:\n"
    "  frame,-1,left,top,width,height,confidence[,-1,-1,-1[,appearance...]]\n"
    "Frames count from 1 and must be taken at the same time in all cameras. The confidence is\n"
    "taken as the probability that there is a person. Appearance is any vector that describes the\n"
    "clothing, of one length in all files; nobody is recognised by the face.\n"
    "\n"
    "The result has the same form with an id in the second field: boxes in the picture without a\n"
    "calibration, places on the floor (metres, fields 8 and 9) with one.";

static const char run_description[] =
    "A calibration is JSON with a member \"cameras\", as in a store's layout.json:\n"
    "  {\"cameras\":[{\"id\":\"door\",\"K\":[[..],[..],[..]],\"R\":[[..],[..],[..]],\"t\":[..],\n"
    "                \"dist\":[k1,k2,p1,p2,k3]}]}\n"
    "R and t take the world (metres, z up, floor at 0) to the camera, as OpenCV's do.\n"
    "A file of boxes belongs to the camera of its name up to the first dot: door.det.txt to\n"
    "\"door\"; door=FILE names it outright.\n"
    "\n"
    "The tracker looks no more than --delay seconds ahead, as it would in a running store.\n"
    "\n"
    "Examples:\n"
    "  cloudpick track run --detections door.txt --fps 25 --out tracks.txt\n"
    "  cloudpick track run --detections door.txt --detections aisle.txt --fps 15 \\\n"
    "      --calibration layout.json --out floor.txt --boxes DIR\n"
    "\n"
    "Exit status: 0 done; 2 the call or a file is wrong (the line is named); 3 the result could "
    "not\n"
    "be written.";

typedef struct {
    char **detection_paths;
    char *calibration_path;
    char *out_path, *boxes_dir, *targets_path;
    ReplayOptions replay;
} RunOptions;

static void
run_options_clear(RunOptions *options)
{
    g_strfreev(options->detection_paths);
    g_free(options->calibration_path);
    g_free(options->out_path);
    g_free(options->boxes_dir);
    g_free(options->targets_path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunOptions, run_options_clear)

/* One camera's boxes: its name, and what was read. */
typedef struct {
    char *name;
    MotText *text;
} Source;

static void
source_free(gpointer data)
{
    Source *source = data;
    g_free(source->name);
    mot_text_free(source->text);
    g_free(source);
}

/* ARGUMENT is FILE, or NAME=FILE. */
static Source *
read_source(const char *argument, GError **error)
{
    const char *equals = strchr(argument, '=');
    const char *path = equals == NULL ? argument : equals + 1;
    g_autofree char *base = g_path_get_basename(path);
    MotText *text = mot_text_read(path, MOT_DETECTIONS, error);
    if (text == NULL) {
        return NULL;
    }
    Source *source = g_new0(Source, 1);
    source->text = text;
    source->name = equals != NULL ? g_strndup(argument, (gsize)(equals - argument))
                                  : g_strndup(base, strcspn(base, "."));
    return source;
}

static GPtrArray *
read_sources(char **arguments, GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(source_free);
    for (guint i = 0; arguments[i] != NULL; i++) {
        Source *source = read_source(arguments[i], error);
        if (source == NULL) {
            return NULL;
        }
        g_ptr_array_add(sources, source);
        const Source *first = sources->pdata[0];
        if (source->text->appearance_size != first->text->appearance_size) {
            return fail_null(error, APP_ERROR_INVALID,
                             "%s has %u appearance fields a line, %s has %u", source->text->name,
                             source->text->appearance_size, first->text->name,
                             first->text->appearance_size);
        }
    }
    return g_steal_pointer(&sources);
}

static bool
write_rows(const char *path, const GArray *rows, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        mot_text_append_row(out, &g_array_index(rows, MotRow, i));
    }
    return file_write_whole(path, out->str, out->len, error);
}

/* targets.jsonl of the recording format: a line a frame, those without people included. */
static bool
write_targets(const char *path, const GArray *people, const ReplayOptions *options, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < people->len;) {
        guint frame = g_array_index(people, MotRow, i).frame;
        g_autoptr(JsonWriter) writer = json_writer_new(false);
        json_begin_object(writer, NULL);
        json_double(writer, "t", options->first_seconds + (frame - 1) / options->frames_per_second,
                    4);
        json_begin_array(writer, "targets");
        for (; i < people->len && g_array_index(people, MotRow, i).frame == frame; i++) {
            const MotRow *row = &g_array_index(people, MotRow, i);
            g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, row->id);
            json_begin_object(writer, NULL);
            json_string(writer, "id", id);
            json_double(writer, "x", row->x, 3);
            json_double(writer, "y", row->y, 3);
            json_end_object(writer);
        }
        json_end_array(writer);
        json_end_object(writer);
        g_string_append(out, json_writer_text(writer)->str);
        g_string_append_c(out, '\n');
    }
    return file_write_whole(path, out->str, out->len, error);
}

static bool
run_camera(const RunOptions *options, const GPtrArray *sources, GError **error)
{
    const Source *source = sources->pdata[0];
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
    replay_camera(source->text, &options->replay, rows);
    return write_rows(options->out_path, rows, error);
}

static bool
write_boxes(const RunOptions *options, const GPtrArray *sources, GArray **boxes, GError **error)
{
    if (!file_make_directories(options->boxes_dir, error)) {
        return false;
    }
    for (guint i = 0; i < sources->len; i++) {
        const Source *source = sources->pdata[i];
        g_autofree char *name = g_strconcat(source->name, ".txt", NULL);
        g_autofree char *path = g_build_filename(options->boxes_dir, name, NULL);
        if (!write_rows(path, boxes[i], error)) {
            return false;
        }
    }
    return true;
}

static bool
find_cameras(const Calibration *calibration, const RunOptions *options, const GPtrArray *sources,
             const Camera **cameras, GError **error)
{
    for (guint i = 0; i < sources->len; i++) {
        const Source *source = sources->pdata[i];
        cameras[i] = calibration_find(calibration, source->name);
        if (cameras[i] == NULL) {
            return fail(error, APP_ERROR_INVALID, "%s has no camera \"%s\" (boxes of %s)",
                        options->calibration_path, source->name, source->text->name);
        }
        for (guint j = 0; j < i; j++) {
            if (cameras[j] == cameras[i]) {
                return fail(error, APP_ERROR_INVALID, "two files of boxes for camera \"%s\"",
                            source->name);
            }
        }
    }
    return true;
}

static bool
run_floor(const RunOptions *options, const GPtrArray *sources, GError **error)
{
    g_autoptr(Calibration) calibration = calibration_read(options->calibration_path, error);
    if (calibration == NULL) {
        return false;
    }
    g_autofree const Camera **cameras = g_new0(const Camera *, sources->len);
    if (!find_cameras(calibration, options, sources, cameras, error)) {
        return false;
    }
    g_autofree const MotText **texts = g_new(const MotText *, sources->len);
    g_autofree GArray **boxes = g_new(GArray *, sources->len);
    for (guint i = 0; i < sources->len; i++) {
        texts[i] = ((const Source *)sources->pdata[i])->text;
        boxes[i] = g_array_new(FALSE, FALSE, sizeof(MotRow));
    }
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(MotRow));
    replay_floor(texts, cameras, sources->len, &options->replay, people, boxes);
    bool written = write_rows(options->out_path, people, error) &&
                   (options->boxes_dir == NULL || write_boxes(options, sources, boxes, error)) &&
                   (options->targets_path == NULL ||
                    write_targets(options->targets_path, people, &options->replay, error));
    for (guint i = 0; i < sources->len; i++) {
        g_array_unref(boxes[i]);
    }
    return written;
}

static bool
check_call(const RunOptions *options, int argc, char **argv, GError **error)
{
    const ReplayOptions *replay = &options->replay;
    if (argc > 1) {
        return fail(error, APP_ERROR_INVALID, "\"%s\" is not an option", argv[1]);
    }
    if (options->detection_paths == NULL || options->out_path == NULL) {
        return fail(error, APP_ERROR_INVALID, "--detections and --out are needed");
    }
    guint num_files = g_strv_length(options->detection_paths);
    if (num_files > CALIBRATION_MAX_CAMERAS) {
        return fail(error, APP_ERROR_TOO_LARGE, "more than %d cameras", CALIBRATION_MAX_CAMERAS);
    }
    if (options->calibration_path == NULL &&
        (num_files > 1 || options->boxes_dir != NULL || options->targets_path != NULL)) {
        return fail(error, APP_ERROR_INVALID,
                    "several cameras, --boxes and --targets need a --calibration");
    }
    if (!(replay->frames_per_second >= 0.1 && replay->frames_per_second <= 1000)) {
        return fail(error, APP_ERROR_INVALID, "--fps takes 0.1 to 1000");
    }
    if (!(replay->tracker.delay_seconds >= 0 && replay->tracker.delay_seconds <= 60)) {
        return fail(error, APP_ERROR_INVALID, "--delay takes 0 to 60 seconds");
    }
    if (!(replay->tracker.memory_seconds >= 1 && replay->tracker.memory_seconds <= 3600)) {
        return fail(error, APP_ERROR_INVALID, "--memory takes 1 to 3600 seconds");
    }
    if (!(replay->first_seconds >= 0 && replay->first_seconds <= 1e10)) {
        return fail(error, APP_ERROR_INVALID, "--start takes seconds since 1970");
    }
    return true;
}

ExitStatus
track_run_command(int argc, char **argv)
{
    g_auto(RunOptions) options = {
        .replay = { .tracker = tracker_default_options(), .frames_per_second = 30 },
    };
    TrackerOptions *tracker = &options.replay.tracker;
    const GOptionEntry entries[] = {
        { "detections", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.detection_paths,
          "Boxes of one camera; again for each further camera", "[NAME=]FILE" },
        { "calibration", 0, 0, G_OPTION_ARG_FILENAME, &options.calibration_path,
          "Where the cameras stand: follow people on the floor", "FILE" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &options.out_path, "Where the tracks go", "FILE" },
        { "boxes", 0, 0, G_OPTION_ARG_FILENAME, &options.boxes_dir,
          "Also write each camera's boxes under the people's ids, to DIR/NAME.txt", "DIR" },
        { "targets", 0, 0, G_OPTION_ARG_FILENAME, &options.targets_path,
          "Also write the people as targets.jsonl of a store's recording", "FILE" },
        { "start", 0, 0, G_OPTION_ARG_DOUBLE, &options.replay.first_seconds,
          "Time of frame 1 in --targets, seconds since 1970 (0)", "SECONDS" },
        { "fps", 0, 0, G_OPTION_ARG_DOUBLE, &options.replay.frames_per_second,
          "Frames a second (30)", "NUMBER" },
        { "delay", 0, 0, G_OPTION_ARG_DOUBLE, &tracker->delay_seconds,
          "How late a result may be (1)", "SECONDS" },
        { "memory", 0, 0, G_OPTION_ARG_DOUBLE, &tracker->memory_seconds,
          "How long somebody out of sight is remembered (60)", "SECONDS" },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, run_summary);
    g_option_context_set_description(context, run_description);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error) ||
        !check_call(&options, argc, argv, &error)) {
        return command_fail(error);
    }
    g_autoptr(GPtrArray) sources = read_sources(options.detection_paths, &error);
    if (sources == NULL) {
        return command_fail(error);
    }
    bool done = options.calibration_path == NULL ? run_camera(&options, sources, &error)
                                                 : run_floor(&options, sources, &error);
    return done ? EXIT_DONE : command_fail(error);
}

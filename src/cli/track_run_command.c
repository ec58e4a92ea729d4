/* cloudpick track run. */
#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "track/mot_text.h"
#include "track/tracker.h"

#include <math.h>
#include <stdio.h>

static const char run_summary[] =
    "Follows people through the boxes of a detector.\n"
    "\n"
    "Boxes are MOTChallenge text in order of frames, one box a line:\n"
    "frame,-1,left,top,width,height,confidence[,-1,-1,-1[,appearance...]]. The confidence is "
    "taken\n"
    "as the probability that there is a person. Appearance is any vector that describes the\n"
    "clothing; people are never recognised by their faces.\n"
    "The result has the same form, with an id in the second field.";

static const char run_description[] =
    "The tracker sees no more than --delay seconds ahead, as it would in a running store.\n"
    "\n"
    "Example:\n"
    "  cloudpick track run --detections door.txt --fps 25 --out tracks.txt\n"
    "\n"
    "Exit status: 0 done; 2 the call or a file is wrong (the line is named); 3 the result could "
    "not\n"
    "be written.";

static void
append_final(const Tracker *tracker, GString *out)
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
        mot_text_append_row(out, &row);
    }
}

static void
track_one_camera(const MotText *detections, const TrackerOptions *options, double frames_per_second,
                 GString *out)
{
    g_autoptr(Tracker) tracker = tracker_new(options);
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
        append_final(tracker, out);
    }
    tracker_finish(tracker);
    append_final(tracker, out);
}

ExitStatus
track_run_command(int argc, char **argv)
{
    g_auto(GStrv) detection_paths = NULL;
    g_autofree char *out_path = NULL;
    double frames_per_second = 30;
    TrackerOptions options = tracker_default_options();
    const GOptionEntry entries[] = {
        { "detections", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &detection_paths, "Boxes of one camera",
          "FILE" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_path, "Where the tracks go", "FILE" },
        { "fps", 0, 0, G_OPTION_ARG_DOUBLE, &frames_per_second, "Frames a second (30)", "NUMBER" },
        { "delay", 0, 0, G_OPTION_ARG_DOUBLE, &options.delay_seconds,
          "How late a result may be (1)", "SECONDS" },
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, run_summary);
    g_option_context_set_description(context, run_description);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        return command_fail(error);
    }
    if (argc > 1) {
        (void)fail(&error, APP_ERROR_INVALID, "\"%s\" is not an option", argv[1]);
    } else if (detection_paths == NULL || g_strv_length(detection_paths) != 1) {
        (void)fail(&error, APP_ERROR_INVALID, "--detections is needed, once");
    } else if (out_path == NULL) {
        (void)fail(&error, APP_ERROR_INVALID, "--out is needed");
    } else if (!(frames_per_second >= 0.1 && frames_per_second <= 1000)) {
        (void)fail(&error, APP_ERROR_INVALID, "--fps takes 0.1 to 1000");
    } else if (!(options.delay_seconds >= 0 && options.delay_seconds <= 60)) {
        (void)fail(&error, APP_ERROR_INVALID, "--delay takes seconds from 0 to 60");
    }
    if (error != NULL) {
        return command_fail(error);
    }
    g_autoptr(MotText) detections = mot_text_read(detection_paths[0], MOT_DETECTIONS, &error);
    if (detections == NULL) {
        return command_fail(error);
    }
    options.appearance_size = detections->appearance_size;
    g_autoptr(GString) out = g_string_new(NULL);
    track_one_camera(detections, &options, frames_per_second, out);
    if (!file_write_whole(out_path, out->str, out->len, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}

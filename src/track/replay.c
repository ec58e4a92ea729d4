#include "track/replay.h"

#include <math.h>

/* The boxes of one file, as they come. */
typedef struct {
    const MotText *text;
    guint next_row;
    GArray *boxes; /* of TrackerBox, of the frame at hand */
} Feed;

static void
feed_init(Feed *feed, const MotText *text)
{
    *feed = (Feed){ text, 0, g_array_new(FALSE, FALSE, sizeof(TrackerBox)) };
}

static void
feed_frame(Feed *feed, guint frame)
{
    g_array_set_size(feed->boxes, 0);
    for (; feed->next_row < feed->text->rows->len; feed->next_row++) {
        const MotRow *row = mot_text_row(feed->text, feed->next_row);
        if (row->frame != frame) {
            return;
        }
        TrackerBox box = { row->left,       row->top,
                           row->width,      row->height,
                           row->confidence, mot_text_appearance(feed->text, feed->next_row) };
        g_array_append_val(feed->boxes, box);
    }
}

static const TrackerBox *
feed_boxes(const Feed *feed)
{
    return (const TrackerBox *)(const void *)feed->boxes->data;
}

/* The frame after FRAME, or the next with a box where nobody could be remembered until then: frame
 * numbers are outside data, and a step for each of a billion empty frames would take hours. */
static guint
next_frame(const Feed *feeds, guint num_feeds, guint frame, const ReplayOptions *options)
{
    guint next = G_MAXUINT;
    for (guint i = 0; i < num_feeds; i++) {
        if (feeds[i].next_row < feeds[i].text->rows->len) {
            next = MIN(next, mot_text_row(feeds[i].text, feeds[i].next_row)->frame);
        }
    }
    if (next == G_MAXUINT) {
        return next;
    }
    double remembered = options->tracker.memory_seconds + options->tracker.delay_seconds + 1;
    return next - frame > remembered * options->frames_per_second + 1 ? next : frame + 1;
}

static double
seconds_of(guint frame, const ReplayOptions *options)
{
    return options->first_seconds + (frame - 1) / options->frames_per_second;
}

static MotRow
row_of(const TrackedBox *box)
{
    return (MotRow){ .frame = (guint)box->frame,
                     .id = box->id,
                     .left = box->left,
                     .top = box->top,
                     .width = box->width,
                     .height = box->height,
                     .confidence = box->confidence,
                     .x = NAN,
                     .y = NAN };
}

static void
take_camera(const Tracker *tracker, GArray *rows)
{
    guint count;
    const TrackedBox *boxes = tracker_final(tracker, &count);
    for (guint i = 0; i < count; i++) {
        MotRow row = row_of(&boxes[i]);
        g_array_append_val(rows, row);
    }
}

void
replay_camera(const MotText *detections, const ReplayOptions *options, GArray *rows)
{
    TrackerOptions tracker_options = options->tracker;
    tracker_options.appearance_size = detections->appearance_size;
    g_autoptr(Tracker) tracker = tracker_new(&tracker_options);
    Feed feed;
    feed_init(&feed, detections);
    for (guint frame = next_frame(&feed, 1, 0, options); frame != G_MAXUINT;
         frame = next_frame(&feed, 1, frame, options)) {
        feed_frame(&feed, frame);
        tracker_step(tracker, frame, seconds_of(frame, options), feed_boxes(&feed),
                     feed.boxes->len);
        take_camera(tracker, rows);
    }
    tracker_finish(tracker);
    take_camera(tracker, rows);
    g_array_unref(feed.boxes);
}

static void
take_floor(const FloorTracker *tracker, GArray *people, GArray **boxes)
{
    guint count;
    const FloorPerson *final_people = floor_tracker_people(tracker, &count);
    for (guint i = 0; i < count; i++) {
        MotRow row = { .frame = (guint)final_people[i].frame,
                       .id = final_people[i].id,
                       .left = -1,
                       .top = -1,
                       .width = -1,
                       .height = -1,
                       .confidence = 1,
                       .x = final_people[i].x,
                       .y = final_people[i].y };
        g_array_append_val(people, row);
    }
    const FloorBox *final_boxes = floor_tracker_boxes(tracker, &count);
    for (guint i = 0; boxes != NULL && i < count; i++) {
        MotRow row = row_of(&final_boxes[i].box);
        g_array_append_val(boxes[final_boxes[i].camera], row);
    }
}

void
replay_floor(const MotText *const *detections, const Camera *const *cameras, guint num_cameras,
             const ReplayOptions *options, GArray *people, GArray **boxes)
{
    TrackerOptions tracker_options = options->tracker;
    g_autofree Feed *feeds = g_new(Feed, num_cameras);
    g_autofree FloorView *views = g_new(FloorView, num_cameras);
    for (guint i = 0; i < num_cameras; i++) {
        feed_init(&feeds[i], detections[i]);
        tracker_options.appearance_size =
            MAX(tracker_options.appearance_size, detections[i]->appearance_size);
    }
    g_autoptr(FloorTracker) tracker = floor_tracker_new(cameras, num_cameras, &tracker_options);
    for (guint frame = next_frame(feeds, num_cameras, 0, options); frame != G_MAXUINT;
         frame = next_frame(feeds, num_cameras, frame, options)) {
        for (guint i = 0; i < num_cameras; i++) {
            feed_frame(&feeds[i], frame);
            views[i] = (FloorView){ feed_boxes(&feeds[i]), feeds[i].boxes->len };
        }
        floor_tracker_step(tracker, frame, seconds_of(frame, options), views);
        take_floor(tracker, people, boxes);
    }
    floor_tracker_finish(tracker);
    take_floor(tracker, people, boxes);
    for (guint i = 0; i < num_cameras; i++) {
        g_array_unref(feeds[i].boxes);
    }
}

/* Boxes of one camera -> tracks, frame by frame.
 *
 *     Tracker *tracker = tracker_new(&options);
 *     for each frame: tracker_step(tracker, frame, seconds, boxes, num_boxes);
 *                     take tracker_final(tracker, &count)
 *     tracker_finish(tracker); take tracker_final(...) once more
 *
 * Online with bounded delay: at every step, tracker_current tells where everybody is now, and
 * tracker_final the boxes of the frames that have just become older than delay_seconds. What is
 * final never changes: within the delay an interruption is filled, a beginning too short to trust
 * is taken back, and a new track is recognised as the continuation of an old one.
 *
 * A box's unit of length is the height of its person (taken as 1.7 m), so that all constants of
 * motion are metres and seconds whatever the camera. Identity comes from movement and from what the
 * caller measured on the clothing; nothing here looks at a face (STO-10). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One box as the detector gave it. Pixels; confidence 0 to 1, taken as the probability that there
 * is a person. APPEARANCE describes the clothing (appearance.h): options.appearance_size numbers,
 * or NULL where it could not be measured; read during the call only. */
typedef struct {
    double left, top, width, height;
    double confidence;
    const float *appearance;
} TrackerBox;

typedef struct {
    double delay_seconds;     /* how late a box becomes final; 0: at once, nothing is filled */
    double memory_seconds;    /* how long somebody out of sight is remembered */
    double strong_confidence; /* from here on a box may begin a track */
    double weak_confidence;   /* from here on it may continue one */
    guint appearance_size;    /* numbers in an appearance; 0 when there are none */
} TrackerOptions;

/* delay 1 s (a receipt is due 2 s after the exit), memory 60 s, confidences 0.5 and 0.1, no
 * appearance. */
TrackerOptions tracker_default_options(void);

/* Where one person is in one frame. */
typedef struct {
    guint64 frame; /* as given to tracker_step */
    double seconds;
    gint64 id; /* from 1; never used again for another person */
    double left, top, width, height;
    double confidence; /* of the box; 0 when filled in */
    bool filled;       /* not seen in this frame, but before and after it */
    int box;           /* tracker_current: index in BOXES of that step, -1 not seen; else -1 */
    const float *appearance; /* tracker_current: unit vector of the clothing, or NULL */
} TrackedBox;

typedef struct Tracker Tracker;

Tracker *tracker_new(const TrackerOptions *options);
void tracker_free(Tracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tracker, tracker_free)

/* The next frame. FRAME and SECONDS must rise from step to step (asserted: whoever reads outside
 * data checks it), boxes be finite and have an area. Numbers may be left out: such a frame does
 * not exist, and nobody is missed in it. */
void tracker_step(Tracker *tracker, guint64 frame, double seconds, const TrackerBox *boxes,
                  guint num_boxes);

/* No more frames: everything becomes final. */
void tracker_finish(Tracker *tracker);

/* The boxes that became final at the last step (or finish), by frame, then by id. Belongs to the
 * tracker and stands until its next call. */
const TrackedBox *tracker_final(const Tracker *tracker, guint *ret_count);

/* Everybody who is in sight after the last step, by id. Belongs to the tracker and stands until its
 * next call. */
const TrackedBox *tracker_current(Tracker *tracker, guint *ret_count);

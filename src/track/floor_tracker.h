/* Boxes of several calibrated cameras -> people on the floor plan, frame by frame.
 *
 * Each camera has a tracker of its own (tracker.h). Their tracks are brought together by where they
 * stand on the floor, by the clothing, and by the rule that one camera sees a person once: cameras
 * that overlap see one person, and somebody who leaves one camera is expected in the next, also
 * across a gap that none sees.
 *
 *     FloorTracker *tracker = floor_tracker_new(cameras, num_cameras, &options);
 *     for each frame: floor_tracker_step(tracker, frame, seconds, views);
 *                     take floor_tracker_people and floor_tracker_boxes
 *     floor_tracker_finish(tracker); take them once more
 *
 * The cameras' pictures must be taken at the same time, to a fraction of a second. */
#pragma once

#include "track/calibration.h"
#include "track/tracker.h"

/* The boxes of one camera in one frame. */
typedef struct {
    const TrackerBox *boxes;
    guint num_boxes;
} FloorView;

typedef struct {
    guint64 frame;
    double seconds;
    gint64 id; /* from 1; the same in all cameras */
    double x, y;
    guint num_cameras; /* that see the person */
} FloorPerson;

typedef struct {
    guint camera;
    TrackedBox box; /* its id is the person's */
} FloorBox;

typedef struct FloorTracker FloorTracker;

/* CAMERAS stay with the caller and must outlive the tracker. */
FloorTracker *floor_tracker_new(const Camera *const *cameras, guint num_cameras,
                                const TrackerOptions *options);
void floor_tracker_free(FloorTracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FloorTracker, floor_tracker_free)

/* The next frame, one view a camera; as tracker_step. */
void floor_tracker_step(FloorTracker *tracker, guint64 frame, double seconds,
                        const FloorView *views);
void floor_tracker_finish(FloorTracker *tracker);

/* What became final at the last step (or finish): people by frame, then id; boxes by camera, frame,
 * id. Both belong to the tracker and stand until its next call. */
const FloorPerson *floor_tracker_people(const FloorTracker *tracker, guint *ret_count);
const FloorBox *floor_tracker_boxes(const FloorTracker *tracker, guint *ret_count);

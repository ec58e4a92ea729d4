/* Runs recorded boxes through the trackers, frame after frame, as a live feed would. */
#pragma once

#include "track/floor_tracker.h"
#include "track/mot_text.h"

typedef struct {
    TrackerOptions tracker; /* appearance_size is taken from the files */
    double frames_per_second;
    double first_seconds; /* time of frame 1; later frames follow by frames_per_second */
} ReplayOptions;

/* Appends the tracks of one camera as rows with boxes, by frame, then id. */
void replay_camera(const MotText *detections, const ReplayOptions *options, GArray *rows);

/* Several calibrated cameras with the same frames. Appends to PEOPLE rows with places on the floor
 * and no boxes, and to BOXES[i], unless BOXES is NULL, the boxes of camera i; the ids are the same
 * everywhere. The files' appearances must be of one size. */
void replay_floor(const MotText *const *detections, const Camera *const *cameras, guint num_cameras,
                  const ReplayOptions *options, GArray *people, GArray **boxes);

/* The two published trackers that bench/track compares with, written from their papers and run with
 * the parameters their authors give. Both take the boxes of a file frame by frame and append the
 * rows they would print. */
#pragma once

#include "track/mot_text.h"

/* A. Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016: max_age 1, min_hits 3,
 * iou_threshold 0.3; every box is used, whatever its confidence. */
void sort_run(const MotText *detections, GArray *rows);

typedef struct {
    double track_threshold; /* confidence that divides strong boxes from weak ones */
    double match_threshold; /* greatest distance (1 - overlap x confidence) of the first round */
    guint track_buffer;     /* frames for which a lost track is kept */
} ByteTrackOptions;

/* Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
 * ECCV 2022. */
void bytetrack_run(const MotText *detections, const ByteTrackOptions *options, GArray *rows);

/* The linear interpolation that ByteTrack's authors add offline: gaps of up to 20 frames in tracks
 * of more than 5 boxes. Sorts ROWS by id. */
void interpolate_gaps(GArray *rows);

/* One coordinate and its speed a frame. Both papers' filters have diagonal noise, so that their
 * covariances fall apart into these exactly. */
typedef struct {
    double x, v;
    double pxx, pxv, pvv;
} Axis;

static inline void
axis_predict(Axis *axis, double position_variance, double speed_variance)
{
    axis->x += axis->v;
    axis->pxx += 2 * axis->pxv + axis->pvv + position_variance;
    axis->pxv += axis->pvv;
    axis->pvv += speed_variance;
}

static inline void
axis_update(Axis *axis, double measured, double variance)
{
    double innovation = measured - axis->x;
    double total = axis->pxx + variance;
    double gain_x = axis->pxx / total, gain_v = axis->pxv / total;
    axis->x += gain_x * innovation;
    axis->v += gain_v * innovation;
    axis->pvv -= gain_v * axis->pxv;
    axis->pxv -= gain_x * axis->pxv;
    axis->pxx -= gain_x * axis->pxx;
}

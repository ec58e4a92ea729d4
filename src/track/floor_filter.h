/* A person's place and speed on the floor: a Kalman filter of constant, slowly fading speed. Unlike
 * in a picture the coordinates are coupled, because a camera sees sideways better than ahead. */
#pragma once

#include "track/calibration.h"

/* Symmetric or full 2 x 2 blocks: [0][0] xx, [0][1] xy, [1][0] yx, [1][1] yy. */
typedef struct {
    double place[2], speed[2];           /* metres, metres a second */
    double pp[2][2], ps[2][2], ss[2][2]; /* covariances of place and speed */
} FloorFilter;

void floor_filter_start(FloorFilter *filter, const FloorPlace *place);
void floor_filter_predict(FloorFilter *filter, double seconds);
void floor_filter_update(FloorFilter *filter, const FloorPlace *place);

/* Where the person is by now, as a place. */
FloorPlace floor_filter_place(const FloorFilter *filter);

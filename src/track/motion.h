/* How a person's box moves: Kalman filters of constant, slowly fading speed (R. E. Kalman, "A New
 * Approach to Linear Filtering and Prediction Problems", 1960), one for each coordinate, because
 * neither the noise of people nor that of detectors couples them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A coordinate and its speed, in pixels and pixels a second. */
typedef struct {
    double x, v;
    double pxx, pxv, pvv; /* covariance */
} MotionAxis;

/* The top of the box is filtered, not its centre: what stands in front of people hides their feet,
 * so that the top stays where it is while the height shrinks. */
typedef struct {
    MotionAxis centre, top, height, width;
} MotionBox;

/* What a time step needs once for all boxes. */
typedef struct {
    double seconds;
    double fade;   /* what remains of a speed */
    double travel; /* way per unit of speed: seconds, a little less for the fading */
} MotionStep;

typedef struct {
    double left, top, width, height;
} Box;

MotionStep motion_step(double seconds);
void motion_start(MotionBox *motion, const Box *box);
void motion_predict(MotionBox *motion, const MotionStep *step);

/* Log-density of BOX under the prediction, less that of an unexplained box: above 0 it is better
 * explained by this person than by chance. */
double motion_log_odds(const MotionBox *motion, const Box *box);

/* The farthest a box's centre can be, in pixels, to have motion_log_odds above LEAST. */
double motion_reach(const MotionBox *motion, double least);

void motion_update(MotionBox *motion, const Box *box);

/* Begins anew at BOX after a time without any, keeping the size. */
void motion_restart(MotionBox *motion, const Box *box);

Box motion_box(const MotionBox *motion);

/* Its speed across the picture, and its way there from BOX, as for a person of 1.7 m. */
double motion_speed_m_s(const MotionBox *motion);
double motion_way_m(const MotionBox *motion, const Box *from);

#include "track/motion.h"

#include <math.h>

/* Taken from people, not from data sets. */
static const double person_height_m = 1.7;
/* A walker reaches or loses 1.4 m/s in about a second: spectral density of the acceleration. */
static const double acceleration_m2_s3 = 1.0;
/* After a few seconds the old speed says little: people stop and turn. */
static const double speed_fades_s = 2.0;
/* A newcomer may be running. */
static const double first_speed_m_s = 3;
/* Detectors: a box's top and middle lie within a few centimetres; its height swings by a shank,
 * because feet and knees are what others and shelves hide, its width with arms and legs. */
static const double position_noise_heights = 0.05;
static const double height_noise_heights = 0.14;
static const double width_noise_heights = 0.08;
/* Height changes with the distance: 1.4 m/s at 5 m is a quarter in a second. */
static const double growth_heights_s = 0.25;
/* Boxes nobody explains: one a frame in ten square body heights, of any size up to a body's. It is
 * that many near people, where detectors see parts of them as further people. */
static const double unexplained_per_height4 = 0.1;
/* A size off by more than this many deviations is a partly hidden person: it says no more. */
static const double most_deviations = 3;

static double
squared(double x)
{
    return x * x;
}

MotionStep
motion_step(double seconds)
{
    double fade = exp(-seconds / speed_fades_s);
    return (MotionStep){ seconds, fade, speed_fades_s * (1 - fade) };
}

static MotionAxis
axis_start(double x, double noise, double speed_deviation)
{
    return (MotionAxis){ x, 0, squared(noise), 0, squared(speed_deviation) };
}

void
motion_start(MotionBox *motion, const Box *box)
{
    double h = box->height;
    double speed = h * first_speed_m_s / person_height_m;
    motion->centre = axis_start(box->left + box->width / 2, h * position_noise_heights, speed);
    motion->top = axis_start(box->top, h * position_noise_heights, speed / 2);
    motion->height = axis_start(h, h * height_noise_heights, h * growth_heights_s / 2);
    motion->width = axis_start(box->width, h * width_noise_heights, 0);
}

static void
axis_predict(MotionAxis *axis, const MotionStep *step, double acceleration)
{
    double t = step->travel;
    axis->x += axis->v * t;
    axis->v *= step->fade;
    axis->pxx += 2 * t * axis->pxv + t * t * axis->pvv +
                 acceleration * step->seconds * step->seconds * step->seconds / 3;
    axis->pxv =
        step->fade * (axis->pxv + t * axis->pvv) + acceleration * step->seconds * step->seconds / 2;
    axis->pvv = squared(step->fade) * axis->pvv + acceleration * step->seconds;
}

void
motion_predict(MotionBox *motion, const MotionStep *step)
{
    double h = motion->height.x;
    double acceleration = acceleration_m2_s3 * squared(h / person_height_m);
    axis_predict(&motion->centre, step, acceleration);
    axis_predict(&motion->top, step, acceleration / 4);
    axis_predict(&motion->height, step, squared(growth_heights_s * h) / 4);
    motion->width.pxx += squared(width_noise_heights * h) * step->seconds;
    motion->height.x = MAX(motion->height.x, 1);
}

typedef struct {
    double centre, top, height, width; /* variances of where a box may be */
    double best_log_odds;              /* of a box exactly as predicted */
} Expectation;

static Expectation
expect(const MotionBox *motion)
{
    double h = motion->height.x;
    double position = squared(h * position_noise_heights);
    Expectation expectation = {
        .centre = motion->centre.pxx + position,
        .top = motion->top.pxx + position,
        .height = motion->height.pxx + squared(h * height_noise_heights),
        .width = motion->width.pxx + squared(h * width_noise_heights),
    };
    double volume = expectation.centre * expectation.top * expectation.height * expectation.width /
                    squared(squared(squared(h)));
    expectation.best_log_odds = -log(volume) / 2 - 2 * log(2 * G_PI) - log(unexplained_per_height4);
    return expectation;
}

double
motion_log_odds(const MotionBox *motion, const Box *box)
{
    Expectation expectation = expect(motion);
    double place = squared(box->left + box->width / 2 - motion->centre.x) / expectation.centre +
                   squared(box->top - motion->top.x) / expectation.top;
    double size = squared(box->height - motion->height.x) / expectation.height +
                  squared(box->width - motion->width.x) / expectation.width;
    return expectation.best_log_odds - (place + MIN(size, squared(most_deviations))) / 2;
}

double
motion_reach(const MotionBox *motion, double least)
{
    Expectation expectation = expect(motion);
    double room = expectation.best_log_odds - least;
    return room <= 0 ? 0 : sqrt(2 * room * expectation.centre);
}

/* NOISE is a deviation; an innovation beyond three deviations counts for less, as from a box that
 * shows only a part of the person. */
static void
axis_update(MotionAxis *axis, double measured, double noise)
{
    double innovation = measured - axis->x;
    double variance = squared(noise);
    double excess = squared(innovation) / (squared(most_deviations) * (axis->pxx + variance));
    if (excess > 1) {
        variance = excess * (axis->pxx + variance) - axis->pxx;
    }
    double total = axis->pxx + variance;
    double gain_x = axis->pxx / total, gain_v = axis->pxv / total;
    axis->x += gain_x * innovation;
    axis->v += gain_v * innovation;
    axis->pvv -= gain_v * axis->pxv;
    axis->pxv -= gain_x * axis->pxv;
    axis->pxx -= gain_x * axis->pxx;
}

void
motion_update(MotionBox *motion, const Box *box)
{
    double h = motion->height.x;
    axis_update(&motion->centre, box->left + box->width / 2, h * position_noise_heights);
    axis_update(&motion->top, box->top, h * position_noise_heights);
    axis_update(&motion->height, box->height, h * height_noise_heights);
    axis_update(&motion->width, box->width, h * width_noise_heights);
    motion->height.x = MAX(motion->height.x, 1);
    motion->width.x = MAX(motion->width.x, 1);
}

Box
motion_box(const MotionBox *motion)
{
    return (Box){ motion->centre.x - motion->width.x / 2, motion->top.x, motion->width.x,
                  motion->height.x };
}

void
motion_restart(MotionBox *motion, const Box *box)
{
    MotionBox fresh;
    motion_start(&fresh, box);
    motion->centre = fresh.centre;
    motion->top = fresh.top;
}

double
motion_speed_m_s(const MotionBox *motion)
{
    return hypot(motion->centre.v, motion->top.v) * person_height_m / motion->height.x;
}

double
motion_way_m(const MotionBox *motion, const Box *from)
{
    double way = hypot(motion->centre.x - from->left - from->width / 2, motion->top.x - from->top);
    return way * person_height_m / motion->height.x;
}

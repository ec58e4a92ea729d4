#include "store/attribution.h"

#include <math.h>

#define MAX_SAMPLES 256u

/* Hands: where a hand is seen while it takes something, it is this near to it. */
static const double hand_sd_metres = 0.14;
static const double hand_stray_sd_metres = 0.35; /* a poor estimate of a hand */
static const double p_stray = 0.08;
static const double min_hand_score = 0.2;
static const double goods_metres = 0.25; /* high */
/* Bodies: one stands so far from what one takes, and may lean. */
static const double body_reach_metres = 0.5;
static const double body_sd_metres = 0.22;
/* Not told by hands: as much as this worse than a hand on the spot. */
static const double log_body_only = -1.5;
/* How far the hand's moment may be from the weight's. */
static const double moment_sd_seconds = 0.35;
static const double walking_metres_per_second = 1.3;

static double
log_sum(double a, double b)
{
    double high = MAX(a, b);
    return isinf(high) ? high : high + log1p(exp(MIN(a, b) - high));
}

/* How far a point is outside the box, on the floor plan. */
static double
distance_on_floor(double x, double y, const Touch *touch)
{
    double dx = x - touch->x;
    double dy = y - touch->y;
    double along = fabs(dx * cos(touch->yaw) + dy * sin(touch->yaw));
    double across = fabs(dy * cos(touch->yaw) - dx * sin(touch->yaw));
    return hypot(MAX(0, along - touch->half_size[0]), MAX(0, across - touch->half_size[1]));
}

static double
log_hand(const float *hand, const Touch *touch)
{
    double below = MAX(0, touch->z - hand[2]);
    double above = MAX(0, hand[2] - touch->z - goods_metres);
    double d = hypot(distance_on_floor(hand[0], hand[1], touch), MAX(below, above));
    double near = log(1 - p_stray) - 0.5 * pow(d / hand_sd_metres, 2);
    /* Lower than NEAR by its wider area. */
    double stray = log(p_stray * pow(hand_sd_metres / hand_stray_sd_metres, 2)) -
                   0.5 * pow(d / hand_stray_sd_metres, 2);
    return log_sum(near, stray);
}

static double
log_body(double x, double y, const Touch *touch)
{
    double d = distance_on_floor(x, y, touch);
    double beyond = MAX(0, d - body_reach_metres);
    /* Within reach, the nearer the likelier, but slowly. */
    return -0.5 * pow(beyond / body_sd_metres, 2) - 0.7 * MIN(d, 2);
}

static double
log_sample(const PersonSample *sample, const Touch *touch)
{
    double body = log_body(sample->x, sample->y, touch);
    double best = -INFINITY;
    guint num_good = 0;
    for (guint i = 0; i < sample->num_hands; i++) {
        if (sample->hands[i][3] >= min_hand_score) {
            num_good++;
            best = MAX(best, log_hand(sample->hands[i], touch));
        }
    }
    /* A hand that is not seen may be anywhere within reach; with both seen that is a miss of the
     * detector, which happens. */
    double unseen = log_body_only + body - (num_good == 2 ? 3.5 : num_good == 1 ? 1 : 0);
    return log_sum(best + 0.3 * body, unseen);
}

static double
log_moment(double t, const Touch *touch)
{
    double off = t < touch->early_t  ? touch->early_t - t
                 : t > touch->late_t ? t - touch->late_t
                                     : 0;
    return -0.5 * pow(off / moment_sd_seconds, 2);
}

/* Somebody not seen then, who may have walked there from where they were seen last. */
static double
log_unseen(const People *people, guint slot, const Touch *touch)
{
    double gap = touch->edge_t - people_last_t(people, slot);
    FloorPoint last = people_last_point(people, slot);
    if (gap < 0) {
        gap = people_first_t(people, slot) - touch->edge_t;
        last = people_first_point(people, slot);
    }
    if (gap < 0) {
        return ATTRIBUTION_LOG_HOPELESS;
    }
    double beyond = MAX(0, distance_on_floor(last.x, last.y, touch) - body_reach_metres);
    double sd = body_sd_metres + walking_metres_per_second * MIN(gap, 5) * 0.5;
    return log_body_only - 2 - 0.5 * pow(beyond / sd, 2) - MIN(gap, 10) * 0.2;
}

double
attribution_log_likelihood(const People *people, guint slot, const Touch *touch)
{
    const PersonSample *samples[MAX_SAMPLES];
    double margin = 2.5 * moment_sd_seconds;
    guint count = people_samples(people, slot, touch->early_t - margin, touch->late_t + margin,
                                 samples, MAX_SAMPLES);
    if (count == 0) {
        return MAX(log_unseen(people, slot, touch), ATTRIBUTION_LOG_HOPELESS);
    }
    double best = ATTRIBUTION_LOG_HOPELESS;
    for (guint i = 0; i < count; i++) {
        best = MAX(best, log_sample(samples[i], touch) + log_moment(samples[i]->t, touch));
    }
    return best;
}

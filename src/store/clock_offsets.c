#include "store/clock_offsets.h"

#include <math.h>

#define STEP_SECONDS 0.1
#define NUM_STEPS 17u /* from one end to the other, 0 in the middle */

/* Clocks are mostly right. */
static const double usual_seconds = 0.1;
/* Often the hand was not seen, or it is somebody else's: one change says no more than this. */
static const double p_misled = 0.3;
/* Clocks drift: after so many changes the first ones count little. */
static const double keep_share = 0.99;
static const double reach_metres = 1.6;
/* Below that all is chance: jitter of the clocks, and how a hand comes and goes. */
static const double least_seconds = 0.12;

struct ClockOffsets {
    guint num_gondolas;
    double (*log_weights)[NUM_STEPS]; /* of each gondola */
    guint *num_changes;
};

static double
offset_of_step(guint step)
{
    return ((double)step - (NUM_STEPS - 1) / 2) * STEP_SECONDS;
}

ClockOffsets *
clock_offsets_new(guint num_gondolas)
{
    ClockOffsets *offsets = g_new0(ClockOffsets, 1);
    offsets->num_gondolas = num_gondolas;
    offsets->log_weights = g_malloc0_n(MAX(1, num_gondolas), sizeof *offsets->log_weights);
    offsets->num_changes = g_new0(guint, MAX(1, num_gondolas));
    return offsets;
}

void
clock_offsets_free(ClockOffsets *offsets)
{
    if (offsets != NULL) {
        g_free(offsets->log_weights);
        g_free(offsets->num_changes);
        g_free(offsets);
    }
}

/* Shares of each step, so that they sum to 1. */
static void
normalise(const double *log_weights, double *ret_shares)
{
    double best = -INFINITY;
    double sum = 0;
    for (guint i = 0; i < NUM_STEPS; i++) {
        best = MAX(best, log_weights[i]);
    }
    for (guint i = 0; i < NUM_STEPS; i++) {
        ret_shares[i] = exp(log_weights[i] - best);
        sum += ret_shares[i];
    }
    for (guint i = 0; i < NUM_STEPS; i++) {
        ret_shares[i] /= sum;
    }
}

void
clock_offsets_learn(ClockOffsets *offsets, guint gondola, const People *people, const Touch *touch)
{
    double sums[NUM_STEPS];
    for (guint i = 0; i < NUM_STEPS; i++) {
        sums[i] = exp(ATTRIBUTION_LOG_NOBODY);
    }
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot)) {
            continue;
        }
        FloorPoint last = people_last_point(people, slot);
        if (hypot(last.x - touch->x, last.y - touch->y) > reach_metres) {
            continue;
        }
        for (guint i = 0; i < NUM_STEPS; i++) {
            Touch moved = *touch;
            moved.early_t += offset_of_step(i);
            moved.edge_t += offset_of_step(i);
            moved.late_t += offset_of_step(i);
            sums[i] += exp(attribution_log_likelihood(people, slot, &moved));
        }
    }
    double shares[NUM_STEPS];
    for (guint i = 0; i < NUM_STEPS; i++) {
        sums[i] = log(sums[i]);
    }
    normalise(sums, shares);
    double *log_weights = offsets->log_weights[gondola];
    offsets->num_changes[gondola]++;
    for (guint i = 0; i < NUM_STEPS; i++) {
        log_weights[i] =
            keep_share * log_weights[i] + log((1 - p_misled) * shares[i] + p_misled / NUM_STEPS);
    }
}

double
clock_offsets_seconds(const ClockOffsets *offsets, guint gondola)
{
    double log_weights[NUM_STEPS];
    double shares[NUM_STEPS];
    for (guint i = 0; i < NUM_STEPS; i++) {
        log_weights[i] = offsets->log_weights[gondola][i] - fabs(offset_of_step(i)) / usual_seconds;
    }
    normalise(log_weights, shares);
    double mean = 0;
    for (guint i = 0; i < NUM_STEPS; i++) {
        mean += shares[i] * offset_of_step(i);
    }
    return fabs(mean) < least_seconds ? 0 : mean;
}

guint
clock_offsets_num_changes(const ClockOffsets *offsets, guint gondola)
{
    return offsets->num_changes[gondola];
}

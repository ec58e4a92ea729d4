#include "store/attribution.h"

#include <math.h>

#define MAX_SAMPLES 512u

/* The hand that takes or puts something stays at the place for most of a second before the weight
 * changes, often hidden in the shelf, and leaves with it; any other hand is anywhere within reach
 * of its person. The figures were fitted to simulated cameras (hands known to about 5 cm,
 * overlooked in a third of the frames); docs/store-engine.md tells on which. */
static const double before_seconds = 0.6;
static const double after_seconds = 0.2;
static const double hand_sd_metres = 0.055;
static const double background_cubic_metres = 0.9;
static const double min_hand_score = 0.2;
static const double goods_metres = 0.15; /* high */
/* Goods are gripped near the middle of their plates: so much of the half sizes does not count. */
static const double along_share = 0.2;
static const double across_share = 0.3;
/* Of the frames with one hand, and with both: that the hand in question is seen in it. */
static const double p_seen_of_one = 0.2;
static const double p_seen_of_two = 0.6;
/* Both hands are seen less often of somebody who reaches into a shelf. */
static const double log_both_seen = -0.5;
/* Errors of frames that follow each other are alike: so much a frame at 15 a second counts. */
static const double frame_share = 0.65;
static const double frame_seconds = 1 / 15.0;
/* Nobody stands on the goods, and few lean further. */
static const double body_reach_metres = 0.7;
static const double body_sd_metres = 0.25;
static const double p_leaning = 0.03;
/* Not seen at the moment itself, though shortly before or after. */
static const double absent_seconds = 0.25;
static const double log_absent = -1;
static const double log_unseen_person = -3.5;
static const double walking_metres_per_second = 1.3;
/* A moment that is not known well is tried at so many points. */
#define MAX_MOMENTS 9u

static double
outside(double offset, double half_size)
{
    return MAX(0, fabs(offset) - half_size);
}

/* Density of the hand in question against that of any hand. */
static double
hand_odds(const float *hand, const Touch *touch)
{
    double dx = hand[0] - touch->x;
    double dy = hand[1] - touch->y;
    double up = hand[2] - touch->z;
    double along =
        outside(dx * cos(touch->yaw) + dy * sin(touch->yaw), along_share * touch->half_size[0]);
    double across =
        outside(dy * cos(touch->yaw) - dx * sin(touch->yaw), across_share * touch->half_size[1]);
    double vertical = outside(up - goods_metres / 2, goods_metres / 2);
    double squared = along * along + across * across + vertical * vertical;
    double variance = hand_sd_metres * hand_sd_metres;
    return exp(-0.5 * squared / variance) * background_cubic_metres / pow(2 * G_PI * variance, 1.5);
}

/* What one frame says for one of this person's hands having been there, a logarithm. */
static double
log_frame(const PersonSample *sample, const Touch *touch)
{
    double sum = 0;
    guint num_seen = 0;
    for (guint i = 0; i < sample->num_hands; i++) {
        if (sample->hands[i][3] >= min_hand_score) {
            sum += hand_odds(sample->hands[i], touch);
            num_seen++;
        }
    }
    if (num_seen == 0) {
        return 0;
    }
    if (num_seen == 1) {
        return log(1 - p_seen_of_one + p_seen_of_one * sum);
    }
    return log_both_seen + log(1 - p_seen_of_two + p_seen_of_two * sum / 2);
}

static double
distance_on_floor(double x, double y, const Touch *touch)
{
    return hypot(x - touch->x, y - touch->y);
}

static double
log_body(double metres)
{
    double beyond = MAX(0, metres - body_reach_metres) / body_sd_metres;
    return log(exp(-0.5 * beyond * beyond) + p_leaning * exp(-metres));
}

/* The same for all frames around the moment MOMENT_T, and where the person stood. */
static double
log_moment(const PersonSample *const *samples, guint count, double moment_t, const Touch *touch)
{
    double hands = 0;
    double body = 0;
    double nearest = INFINITY;
    for (guint i = 0; i < count; i++) {
        double off = samples[i]->t - moment_t;
        if (fabs(off) < nearest) {
            nearest = fabs(off);
            body = log_body(distance_on_floor(samples[i]->x, samples[i]->y, touch));
        }
        if (off >= -before_seconds && off <= after_seconds) {
            double seconds = i > 0 ? samples[i]->t - samples[i - 1]->t : frame_seconds;
            double share = frame_share * CLAMP(seconds / frame_seconds, 0.1, 2);
            hands += share * log_frame(samples[i], touch);
        }
    }
    if (nearest > absent_seconds) {
        body += log_absent;
    }
    return hands + body;
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
    return log_unseen_person - 0.5 * pow(beyond / sd, 2) - MIN(gap, 10) * 0.2;
}

double
attribution_log_likelihood(const People *people, guint slot, const Touch *touch)
{
    const PersonSample *samples[MAX_SAMPLES];
    guint count = people_samples(people, slot, touch->early_t - before_seconds,
                                 touch->late_t + after_seconds, samples, MAX_SAMPLES);
    if (count == 0) {
        return MAX(log_unseen(people, slot, touch), ATTRIBUTION_LOG_HOPELESS);
    }
    guint num_moments = 1 + (guint)MIN((touch->late_t - touch->early_t) / 0.25, MAX_MOMENTS - 1);
    double sum = 0;
    for (guint i = 0; i < num_moments; i++) {
        double moment_t = num_moments == 1 ? touch->edge_t
                                           : touch->early_t + (touch->late_t - touch->early_t) * i /
                                                                  (num_moments - 1);
        sum += exp(log_moment(samples, count, moment_t, touch)) / num_moments;
    }
    return MAX(sum > 0 ? log(sum) : ATTRIBUTION_LOG_HOPELESS, ATTRIBUTION_LOG_HOPELESS);
}

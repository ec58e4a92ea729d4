#include "store/attribution.h"

#include <math.h>

#define MAX_SAMPLES 512u

/* Everything here compares one person at work on the spot with the same person idle, somewhere.
 * The figures are those of simulated cameras (hands known to about 5 cm, overlooked in half of the
 * frames and more in a shelf); docs/store-engine.md tells what has to be fitted again to real ones.
 *
 * The hand that takes or puts something has come to the place some time before the weight changes,
 * nobody knows when, and leaves with it. */
static const double arrivals_seconds[] = { 0.25, 0.45, 0.65, 0.85, 1.1 };
static const double stays_seconds = -0.08; /* the weight is half gone when it has left */
/* How long it is under way, there and back; on the way it is off the straight line by so much. */
static const double reach_seconds = 0.65;
static const double back_seconds = 0.5;
static const double under_way_sd_metres = 0.1;
static const double beside_sd_metres = 0.18;
static const double least_progress = 0.25;
static const double covered_progress = 0.8;
static const double way_share = 0.7;
static const double plain_log_hands = 6;
static const double more_share = 0.3;
/* Two deeds of one person at nearly one moment: with a hand each, or one after the other. */
static const double usual_arrival_seconds = 0.45;
static const double p_odd_hand = 0.1;
static const double with_both_hands_seconds = 0.35, one_hand_seconds = 1;
static const double log_with_both_hands = -0.5, log_one_hand_twice = -1.5, log_in_a_hurry = -0.5;
/* Where on the plates it is: more than the cameras' error, since goods have a size. */
static const double hand_sd_metres = 0.06;
static const double along_share = 0.6; /* of the half sizes */
static const double across_share = 0.4;
static const double grip_metres = 0.08; /* above the plate */
static const double grip_sd_metres = 0.07;
/* An idle hand hangs beside its person, or is anywhere. */
static const double idle_ring_metres = 0.27;
static const double idle_ring_sd_metres = 0.12;
static const double idle_height_share = 0.57; /* of the upright head's height */
static const double idle_height_sd_metres = 0.12;
static const double p_anywhere = 0.15;
static const double anywhere_cubic_metres = 2;
/* A neighbour's hand taken for this person's. */
static const double p_foreign_hand = 0.004;
/* Of the frames with one hand, and with both: that the hand in question is seen in it. */
static const double p_seen_of_one = 0.25;
static const double p_seen_of_one_free = 0.45;
static const double p_seen_of_two = 0.95;
/* How often somebody at work is seen with no hand, one, both, against somebody idle. */
static const double log_num_hands[] = { 0.13, 0.03, -0.25 };
static const double min_hand_score = 0.2;
/* Errors of frames that follow each other are alike: so much a frame at 15 a second counts. */
static const double frame_share = 0.8;
static const double frame_seconds = 1 / 15.0;
/* Where one stands: before the place, or reaching aside. */
static const double stand_metres = 0.38; /* from the plate's edge */
static const double stand_sd_metres = 0.17;
static const double aside_sd_metres = 0.2;
static const double far_aside_sd_metres = 0.45;
static const double p_straight = 0.45;
static const double p_odd_stand = 1e-3; /* a square metre, where one can reach it at all */
static const double reach_metres = 1;
static const double reach_sd_metres = 0.4;
static const double floor_square_metres = 20;
static const double body_before_seconds = 0.6;
static const double body_after_seconds = 0.2;
/* Nobody takes things in passing. */
static const double still_metres_per_second = 0.12;
static const double p_walking = 0.03;
/* One bends for what lies lower than this, by as much, more or less. */
static const double bend_below_metres = 0.82;
static const double max_bend_metres = 0.6;
static const double bend_sd_metres = 0.12;
static const double p_odd_bend = 0.05;
/* Somebody not seen then. */
static const double log_unseen_person = -1.8;
static const double unseen_sd_metres = 0.4;
static const double lost_look_seconds = 0.6;
static const double usual_speed = 0.3, standing_speed = 0.2;
static const double p_stays_standing = 0.8, stand_seconds = 5;
static const double walking_metres_per_second = 1.3;
static const double max_log_hands = 300;
/* A moment that is not known well is tried at so many points. */
#define MAX_MOMENTS 9u

typedef struct {
    const Touch *touch;
    double place[3]; /* where the hand is to be */
    double along_sd, across_sd, height_sd;
    double upright_metres; /* of the head of the person in question */
} Scene;

static double
density(double off, double sd)
{
    return exp(-0.5 * off * off / (sd * sd)) / (sd * sqrt(2 * G_PI));
}

/* Along the shelf, and towards the shopper, from the place. */
static void
offset_from_place(const Touch *touch, double x, double y, double *ret_along, double *ret_out)
{
    double dx = x - touch->x;
    double dy = y - touch->y;
    *ret_along = dy * touch->front.x - dx * touch->front.y;
    *ret_out = dx * touch->front.x + dy * touch->front.y;
}

/* Half of the plate's size in the direction X, Y. */
static double
half_size_towards(const Touch *touch, double x, double y)
{
    double own = fabs(x * cos(touch->yaw) + y * sin(touch->yaw));
    double other = fabs(y * cos(touch->yaw) - x * sin(touch->yaw));
    return own * touch->half_size[0] + other * touch->half_size[1];
}

/* Where the hand in question is at a moment: PROGRESS of the way from its person to the place. */
typedef struct {
    double progress; /* 0: beside the body, 1: at the place */
    double along_sd, across_sd, height_sd;
    bool is_there; /* between the goods: seldom seen */
} Whereabouts;

static Whereabouts
whereabouts(const Scene *scene, double progress)
{
    double under_way = sin(G_PI * progress);
    double beside = 1 - progress;
    double spread = hypot(under_way_sd_metres * under_way, beside_sd_metres * beside);
    return (Whereabouts){ .progress = progress,
                          .along_sd =
                              hypot(scene->along_sd * progress, hypot(spread, hand_sd_metres)),
                          .across_sd =
                              hypot(scene->across_sd * progress, hypot(spread, hand_sd_metres)),
                          .height_sd = hypot(scene->height_sd, spread),
                          .is_there = progress > covered_progress };
}

/* How far the hand is from where it should be: along the shelf, towards the shopper, up. */
static void
offset_of_hand(const Scene *scene, const PersonSample *sample, const float *hand, double progress,
               double ret[3])
{
    const Touch *touch = scene->touch;
    double to_x = scene->place[0] - sample->x;
    double to_y = scene->place[1] - sample->y;
    double away = MAX(hypot(to_x, to_y), 0.1);
    double rest_height = idle_height_share * scene->upright_metres;
    double start = MIN(idle_ring_metres / away, 1);
    double share = start + (1 - start) * progress;
    double dx = hand[0] - sample->x - share * to_x;
    double dy = hand[1] - sample->y - share * to_y;
    ret[0] = dy * touch->front.x - dx * touch->front.y;
    ret[1] = dx * touch->front.x + dy * touch->front.y;
    ret[2] = hand[2] - rest_height - progress * (scene->place[2] - rest_height);
}

/* Density of the hand in question, where it should be, against that of an idle one. */
static double
hand_odds(const Scene *scene, const PersonSample *sample, const float *hand, const Whereabouts *at)
{
    double off[3];
    offset_of_hand(scene, sample, hand, at->progress, off);
    double at_work = density(off[0], at->along_sd) * density(off[1], at->across_sd) *
                     density(off[2], at->height_sd);
    double aside = hypot(hand[0] - sample->x, hand[1] - sample->y);
    double hanging =
        density(aside - idle_ring_metres, idle_ring_sd_metres) / (2 * G_PI * MAX(aside, 0.1)) *
        density(hand[2] - idle_height_share * scene->upright_metres, idle_height_sd_metres);
    double idle =
        (1 - p_anywhere) * hanging + p_anywhere / anywhere_cubic_metres + p_foreign_hand * at_work;
    return at_work / idle;
}

/* What one frame says for one of this person's hands being there, a logarithm. */
static double
log_frame(const Scene *scene, const PersonSample *sample, double progress)
{
    Whereabouts at = whereabouts(scene, progress);
    double sum = 0;
    guint num_seen = 0;
    for (guint i = 0; i < sample->num_hands; i++) {
        if (sample->hands[i][3] >= min_hand_score) {
            sum += hand_odds(scene, sample, sample->hands[i], &at);
            num_seen++;
        }
    }
    double p_one = at.is_there ? p_seen_of_one : p_seen_of_one_free;
    double log_number = at.is_there ? log_num_hands[num_seen] : 0;
    switch (num_seen) {
    case 0:
        return log_number;
    case 1:
        return log_number + log(1 - p_one + p_one * sum);
    default:
        return log_number + log(1 - p_seen_of_two + p_seen_of_two * sum / 2);
    }
}

/* How far the hand is on its way, SECONDS after (below 0: before) the moment, if it had arrived
 * ARRIVED before. */
static double
progress_at(double seconds, double arrived)
{
    double along = seconds < -arrived        ? 1 - (-arrived - seconds) / reach_seconds
                   : seconds > stays_seconds ? 1 - (seconds - stays_seconds) / back_seconds
                                             : 1;
    along = CLAMP(along, 0, 1);
    return along * along * (3 - 2 * along);
}

/* The same for the frames around the moment, whenever the hand arrived. */
static double
log_hands(const Scene *scene, const PersonSample *const *samples, guint count, double moment_t)
{
    double sums[G_N_ELEMENTS(arrivals_seconds)] = { 0 };
    double longest = arrivals_seconds[G_N_ELEMENTS(arrivals_seconds) - 1] + reach_seconds;
    for (guint i = 0; i < count; i++) {
        double after = samples[i]->t - moment_t;
        if (after < -longest || after > stays_seconds + back_seconds) {
            continue;
        }
        double seconds = i > 0 ? samples[i]->t - samples[i - 1]->t : frame_seconds;
        double share = frame_share * CLAMP(seconds / frame_seconds, 0.1, 2);
        double there = NAN;
        for (guint k = 0; k < G_N_ELEMENTS(sums); k++) {
            double progress = progress_at(after, arrivals_seconds[k]);
            if (progress == 1) {
                there = isnan(there) ? log_frame(scene, samples[i], 1) : there;
                sums[k] += share * there;
            } else if (progress > least_progress) {
                sums[k] += way_share * share * log_frame(scene, samples[i], progress);
            }
        }
    }
    double sum = 0;
    for (guint k = 0; k < G_N_ELEMENTS(sums); k++) {
        sum += exp(CLAMP(sums[k], -max_log_hands, max_log_hands)) / G_N_ELEMENTS(sums);
    }
    return log(sum);
}

/* What the hands say. Whoever has a hand in the shelf may have it there for something else: that
 * it stays there tells less and less. */
static double
tempered(double log_hands)
{
    return log_hands < plain_log_hands
               ? log_hands
               : plain_log_hands + more_share * (log_hands - plain_log_hands);
}

static Scene
scene_of(const People *people, guint slot, const Touch *touch)
{
    Scene scene = { .touch = touch,
                    .place = { touch->x, touch->y, touch->z + grip_metres },
                    .height_sd = grip_sd_metres,
                    .upright_metres = people_upright(people, slot) };
    scene.along_sd = hypot(hand_sd_metres,
                           along_share * half_size_towards(touch, touch->front.y, -touch->front.x));
    scene.across_sd = hypot(
        hand_sd_metres, across_share * half_size_towards(touch, touch->front.x, touch->front.y));
    return scene;
}

/* Where somebody is on the mean of the samples between FROM and TO, and when. */
static bool
mean_position(const PersonSample *const *samples, guint count, double from, double to,
              FloorPoint *ret_point, double *ret_t)
{
    FloorPoint sum = { 0, 0 };
    double sum_t = 0;
    guint found = 0;
    for (guint i = 0; i < count; i++) {
        if (samples[i]->t >= from && samples[i]->t <= to) {
            sum.x += samples[i]->x;
            sum.y += samples[i]->y;
            sum_t += samples[i]->t - samples[0]->t;
            found++;
        }
    }
    if (found == 0) {
        return false;
    }
    *ret_point = (FloorPoint){ sum.x / found, sum.y / found };
    *ret_t = samples[0]->t + sum_t / found;
    return true;
}

static double
log_standing_at(const Touch *touch, FloorPoint point)
{
    double along, out;
    offset_from_place(touch, point.x, point.y, &along, &out);
    out -= half_size_towards(touch, touch->front.x, touch->front.y);
    double beside = p_straight * density(along, aside_sd_metres) +
                    (1 - p_straight) * density(along, far_aside_sd_metres);
    double beyond = MAX(0, hypot(along, out) - reach_metres) / reach_sd_metres;
    double there = beside * density(out - stand_metres, stand_sd_metres) +
                   p_odd_stand * exp(-0.5 * beyond * beyond);
    return log(there * floor_square_metres);
}

static double
log_walking(const PersonSample *const *samples, guint count, double moment_t)
{
    FloorPoint before, after;
    double before_t, after_t;
    if (!mean_position(samples, count, moment_t - 0.9, moment_t - 0.4, &before, &before_t) ||
        !mean_position(samples, count, moment_t - 0.15, moment_t + 0.3, &after, &after_t)) {
        return 0;
    }
    double speed = hypot(after.x - before.x, after.y - before.y) / (after_t - before_t);
    return log(exp(-0.5 * pow(speed / still_metres_per_second, 2)) + p_walking);
}

static double
log_bend(const Scene *scene, const PersonSample *const *samples, guint count, double moment_t)
{
    double sum = 0;
    guint found = 0;
    for (guint i = 0; i < count; i++) {
        double off = samples[i]->t - moment_t;
        if (off >= -0.35 && off <= stays_seconds && !isnan(samples[i]->head[2])) {
            sum += samples[i]->head[2];
            found++;
        }
    }
    if (found == 0) {
        return 0;
    }
    double bend = scene->upright_metres - sum / found;
    double wanted = CLAMP(bend_below_metres - scene->touch->z, 0, max_bend_metres);
    return log(exp(-0.5 * pow((bend - wanted) / bend_sd_metres, 2)) + p_odd_bend);
}

/* All of it, if it was at MOMENT_T. */
static double
log_moment(const Scene *scene, const PersonSample *const *samples, guint count, double moment_t)
{
    FloorPoint point;
    double point_t;
    if (!mean_position(samples, count, moment_t - body_before_seconds,
                       moment_t + body_after_seconds, &point, &point_t)) {
        return -INFINITY;
    }
    return tempered(log_hands(scene, samples, count, moment_t)) +
           log_standing_at(scene->touch, point) + log_walking(samples, count, moment_t) +
           log_bend(scene, samples, count, moment_t);
}

/* How fast somebody moved around T, when they were seen last or first. */
static double
speed_around(const People *people, guint slot, double t)
{
    const PersonSample *samples[MAX_SAMPLES];
    guint count = people_samples(people, slot, t - lost_look_seconds, t + lost_look_seconds,
                                 samples, MAX_SAMPLES);
    if (count < 2 || samples[count - 1]->t - samples[0]->t < lost_look_seconds / 2) {
        return usual_speed;
    }
    const PersonSample *first = samples[0];
    const PersonSample *last = samples[count - 1];
    return hypot(last->x - first->x, last->y - first->y) / (last->t - first->t);
}

/* Somebody not seen then: they stood there all the time, or walked from where they were seen
 * last. */
static double
log_unseen(const People *people, guint slot, const Touch *touch)
{
    double seen_t = people_last_t(people, slot);
    FloorPoint seen = people_last_point(people, slot);
    double gap = touch->edge_t - seen_t;
    if (gap < 0) {
        seen_t = people_first_t(people, slot);
        seen = people_first_point(people, slot);
        gap = seen_t - touch->edge_t;
    }
    if (gap < 0) {
        return ATTRIBUTION_LOG_HOPELESS;
    }
    double speed = speed_around(people, slot, seen_t);
    double p_stays =
        p_stays_standing * exp(-0.5 * pow(speed / standing_speed, 2) - gap / stand_seconds);
    double along, out;
    offset_from_place(touch, seen.x, seen.y, &along, &out);
    out -= half_size_towards(touch, touch->front.x, touch->front.y) + stand_metres;
    double sd = unseen_sd_metres + walking_metres_per_second * MIN(gap, 5) * 0.5;
    double walked = floor_square_metres * density(along, sd) * density(out, sd);
    double stood = exp(log_standing_at(touch, seen));
    return log_unseen_person + log(p_stays * stood + (1 - p_stays) * walked) - MIN(gap, 10) * 0.2;
}

double
attribution_log_likelihood(const People *people, guint slot, const Touch *touch)
{
    const PersonSample *samples[MAX_SAMPLES];
    double longest = arrivals_seconds[G_N_ELEMENTS(arrivals_seconds) - 1];
    guint count =
        people_samples(people, slot, touch->early_t - longest - reach_seconds,
                       touch->late_t + stays_seconds + back_seconds, samples, MAX_SAMPLES);
    Scene scene = scene_of(people, slot, touch);
    guint num_moments = 1 + (guint)MIN((touch->late_t - touch->early_t) / 0.25, MAX_MOMENTS - 1);
    double sum = 0;
    for (guint i = 0; i < num_moments && count > 0; i++) {
        double moment_t = num_moments == 1 ? touch->edge_t
                                           : touch->early_t + (touch->late_t - touch->early_t) * i /
                                                                  (num_moments - 1);
        sum += exp(log_moment(&scene, samples, count, moment_t)) / num_moments;
    }
    double seen = sum > 0 ? log(sum) : -INFINITY;
    double unseen = isinf(seen) ? log_unseen(people, slot, touch) : -INFINITY;
    return MAX(MAX(seen, unseen), ATTRIBUTION_LOG_HOPELESS);
}

/* What one frame says for both hands being at work, against one of them. */
static double
log_frame_of_both(const Scene *scene, double progress, const Scene *other, double other_progress,
                  const PersonSample *sample)
{
    Whereabouts here = whereabouts(scene, progress);
    Whereabouts there = whereabouts(other, other_progress);
    double odds[2][2] = { { 0 } };
    guint num_seen = 0;
    for (guint i = 0; i < sample->num_hands; i++) {
        if (sample->hands[i][3] >= min_hand_score) {
            odds[num_seen][0] = hand_odds(scene, sample, sample->hands[i], &here);
            odds[num_seen++][1] = hand_odds(other, sample, sample->hands[i], &there);
        }
    }
    double alone = log_frame(other, sample, other_progress);
    switch (num_seen) {
    case 0:
        return 0;
    case 1:
        return log(p_odd_hand + (1 - p_odd_hand) * (odds[0][0] + odds[0][1]) / 2) - alone;
    default:
        return log(p_odd_hand +
                   (1 - p_odd_hand) * (odds[0][0] * odds[1][1] + odds[0][1] * odds[1][0]) / 2) -
               alone;
    }
}

/* So seldom does one person take twice within SECONDS. */
static double
log_so_soon(double seconds)
{
    return seconds < with_both_hands_seconds ? log_with_both_hands
           : seconds < one_hand_seconds      ? log_one_hand_twice
                                             : log_in_a_hurry;
}

double
attribution_log_again(const People *people, guint slot, const Touch *touch, const Touch *other)
{
    double longest = arrivals_seconds[G_N_ELEMENTS(arrivals_seconds) - 1] + reach_seconds;
    double after = stays_seconds + back_seconds;
    const PersonSample *samples[MAX_SAMPLES];
    guint count = people_samples(people, slot, MIN(touch->edge_t, other->edge_t) - longest,
                                 MAX(touch->edge_t, other->edge_t) + after, samples, MAX_SAMPLES);
    Scene scene = scene_of(people, slot, touch);
    Scene other_scene = scene_of(people, slot, other);
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        double progress = progress_at(samples[i]->t - touch->edge_t, usual_arrival_seconds);
        double other_progress = progress_at(samples[i]->t - other->edge_t, usual_arrival_seconds);
        double seconds = i > 0 ? samples[i]->t - samples[i - 1]->t : frame_seconds;
        double share = frame_share * CLAMP(seconds / frame_seconds, 0.1, 2);
        if (progress > least_progress && other_progress > least_progress) {
            sum += share *
                   log_frame_of_both(&scene, progress, &other_scene, other_progress, samples[i]);
        } else if (progress > least_progress) {
            sum += share * log_frame(&scene, samples[i], progress);
        }
    }
    double again = tempered(CLAMP(sum, -max_log_hands, max_log_hands)) +
                   log_so_soon(fabs(touch->edge_t - other->edge_t));
    double plain = tempered(log_hands(&scene, samples, count, touch->edge_t));
    return CLAMP(again - plain, -max_log_hands, 0);
}

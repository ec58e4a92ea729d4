#include "store/gate_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BEAM 128u

/* A person stands in the entry for half a second to two before the gate tells of the code, and is
 * seen at once, mostly. */
static const double first_before_seconds = 0.85, first_sd_seconds = 0.45;
static const double late_before_seconds = 0.3, late_sd_seconds = 1.1;
static const double p_late = 0.2;
/* The others of a group follow soon. */
static const double others_from_seconds = -2.2, others_mean_seconds = 2.5;
static const double p_odd_time = 0.01;
static const double beyond_sd_metres = 0.4;
/* Nobody has come for a seat, although it was time. */
static const double log_empty_first = -4, log_empty_other = -2;
static const double first_comes_within_seconds = 2;
/* So many come in a second who belong to no visit, and who belong to one of which the gate has
 * not told yet: it does so within these seconds after they were seen. */
static const double strangers_per_second = 0.0007;
static const double visitors_per_second = 0.15;
static const double told_from_seconds = 0.7, told_to_seconds = 2.3;

typedef struct {
    guint seats[GATE_MAX_TRACKS];
    guint32 taken; /* bit of each seat */
    double log_weight;
} Match;

static double
density(double off, double sd)
{
    return exp(-0.5 * off * off / (sd * sd)) / (sd * sqrt(2 * G_PI));
}

static double
log_fit(const GateSeat *seat, const GateTrack *track)
{
    double off = track->first_t - seat->shown_t;
    double when = p_odd_time;
    if (seat->is_first) {
        when += (1 - p_late) * density(off + first_before_seconds, first_sd_seconds) +
                p_late * density(off + late_before_seconds, late_sd_seconds);
    } else if (off > others_from_seconds && track->first_t < seat->until_t) {
        when += exp(-(off - others_from_seconds) / others_mean_seconds) / others_mean_seconds;
    }
    double beyond = track->metres / beyond_sd_metres;
    return log(when) - 0.5 * beyond * beyond;
}

static double
log_without_seat(double age)
{
    double untold = CLAMP((told_to_seconds - age) / (told_to_seconds - told_from_seconds), 0, 1);
    return log(strangers_per_second + untold * visitors_per_second);
}

static int
compare_matches(const void *a, const void *b)
{
    const Match *ma = a;
    const Match *mb = b;
    if (ma->log_weight != mb->log_weight) {
        return ma->log_weight > mb->log_weight ? -1 : 1;
    }
    return memcmp(ma->seats, mb->seats, sizeof ma->seats);
}

/* Seats of the others of one group are alike: only the first free one is tried. */
static bool
is_like_one_before(const GateSeat *seats, guint index, guint32 taken)
{
    for (guint i = 0; i < index && !seats[index].is_first; i++) {
        if (seats[i].visit == seats[index].visit && !seats[i].is_first && !(taken & 1u << i)) {
            return true;
        }
    }
    return false;
}

/* Continues every match in BEAM by the places that track number INDEX may have. */
static guint
place_track(const GateSeat *seats, guint num_seats, const GateTrack *track, guint index, double now,
            const Match *beam, guint num_beam, Match *ret)
{
    guint count = 0;
    for (guint i = 0; i < num_beam; i++) {
        Match without = beam[i];
        without.seats[index] = GATE_NO_SEAT;
        without.log_weight += log_without_seat(now - track->first_t);
        ret[count++] = without;
        for (guint k = 0; k < num_seats; k++) {
            if (!(beam[i].taken & 1u << k) && !is_like_one_before(seats, k, beam[i].taken)) {
                Match with = beam[i];
                with.seats[index] = k;
                with.taken |= 1u << k;
                with.log_weight += log_fit(&seats[k], track);
                ret[count++] = with;
            }
        }
    }
    qsort(ret, count, sizeof *ret, compare_matches);
    return MIN(count, MAX_BEAM);
}

static double
log_empty_seats(const GateSeat *seats, guint num_seats, guint32 taken, double now)
{
    double sum = 0;
    for (guint i = 0; i < num_seats; i++) {
        if (taken & 1u << i) {
            continue;
        }
        if (seats[i].is_first) {
            sum += now > seats[i].shown_t + first_comes_within_seconds ? log_empty_first : 0;
        } else {
            sum += now > seats[i].until_t ? log_empty_other : 0;
        }
    }
    return sum;
}

static bool
answers_alike(const GateSeat *seats, const GateTrack *tracks, guint num_tracks, const guint *a,
              const guint *b)
{
    for (guint i = 0; i < num_tracks; i++) {
        guint visit_a = a[i] == GATE_NO_SEAT ? GATE_NO_SEAT : seats[a[i]].visit;
        guint visit_b = b[i] == GATE_NO_SEAT ? GATE_NO_SEAT : seats[b[i]].visit;
        if (tracks[i].is_asked && visit_a != visit_b) {
            return false;
        }
    }
    return true;
}

static int
compare_answers(const void *a, const void *b)
{
    const GateAnswer *aa = a;
    const GateAnswer *ab = b;
    return aa->probability > ab->probability ? -1 : aa->probability < ab->probability;
}

guint
gate_match(const GateSeat *seats, guint num_seats, const GateTrack *tracks, guint num_tracks,
           double now, GateAnswer *ret_answers, guint max)
{
    g_assert(num_seats <= GATE_MAX_SEATS && num_tracks <= GATE_MAX_TRACKS);
    g_autofree Match *beam = g_new0(Match, MAX_BEAM * (GATE_MAX_SEATS + 1));
    g_autofree Match *longer = g_new0(Match, MAX_BEAM * (GATE_MAX_SEATS + 1));
    guint count = 1;
    for (guint i = 0; i < num_tracks; i++) {
        count = place_track(seats, num_seats, &tracks[i], i, now, beam, count, longer);
        Match *swap = beam;
        beam = longer;
        longer = swap;
    }
    double best = -INFINITY;
    for (guint i = 0; i < count; i++) {
        beam[i].log_weight += log_empty_seats(seats, num_seats, beam[i].taken, now);
        best = MAX(best, beam[i].log_weight);
    }
    qsort(beam, count, sizeof *beam, compare_matches);
    g_autofree GateAnswer *answers = g_new0(GateAnswer, count);
    guint num_answers = 0;
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        double weight = exp(beam[i].log_weight - best);
        sum += weight;
        guint k = 0;
        while (k < num_answers &&
               !answers_alike(seats, tracks, num_tracks, answers[k].seats, beam[i].seats)) {
            k++;
        }
        if (k == num_answers) {
            for (guint n = 0; n < num_tracks; n++) {
                answers[k].seats[n] = beam[i].seats[n];
            }
            num_answers++;
        }
        answers[k].probability += weight;
    }
    qsort(answers, num_answers, sizeof *answers, compare_answers);
    num_answers = MIN(num_answers, max);
    for (guint i = 0; i < num_answers; i++) {
        ret_answers[i] = answers[i];
        ret_answers[i].probability /= sum;
    }
    return num_answers;
}

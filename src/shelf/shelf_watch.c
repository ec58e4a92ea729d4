#include "shelf/shelf_watch.h"

#include "shelf/plate_bins.h"
#include "shelf/plate_history.h"

#include <math.h>
#include <string.h>

/* Times in bins of a tenth of a second. A pick rings for about a second (a decay of 0.35 s was
 * measured on real shelves), a bump for up to two. */
#define CALM_BINS 5u      /* at rest: so long within calm_limit */
#define BALANCED_BINS 12u /* at rest although all shakes: two halves agree */
#define BALANCED_WAIT_BINS 8u
#define FORCE_BINS 120u /* told at the latest */
#define EDGE_BINS 2u
#define EXCURSION_MARGIN_BINS 3u
#define MIN_COMMON_PLATES 5u
#define MAX_COMMON_PLATES 33u

static const float min_onset_grams = 3.0f;
/* Light goods on a shaking shelf: the mean of a second tells what no tenth of it does. */
#define FAST_BINS 12u /* a step was so long ago when it shows in the fast mean */
static const float fast_share = 0.2f;
static const float level_share = 0.03f;
static const float min_slow_onset_grams = 2.5f;
static const float slow_onset_noises = 2.0f;
/* Of settled weights, which are far apart: what wandered in between is no change. */
static const float min_settled_grams = 7.0f;
static const float min_calm_grams = 1.5f;
/* Of the change: what is left of ringing may be that much. */
static const float calm_share = 0.004f;
/* Shaking with the shelf: its bins spread by no more than that many times the shelf's. */
static const float shaking_share = 3.0f;
static const float agreeing_sds = 2.5f;
static const float changed_sds = 6.0f;
#define LONGER_BINS 14u
static const float light_grams = 150.0f;
static const float shaky_grams = 0.8f;
static const float max_common_grams = 20.0f;
static const float min_told_grams = 8.0f;
/* While the shelf shakes by so much more than it mostly does, only what is so much more than the
 * shaking has come to rest. */
static const float bump_share = 2.2f;
static const float min_bump_share = 8.0f;
/* Plates that push against each other and sum to nothing are told from here on. */
static const float min_nudge_grams = 20.0f;
static const float min_excursion_grams = 10.0f;
static const float min_two_steps_grams = 25.0f;
static const float two_steps_unrest = 0.05f;
static const float excursion_unrest = 0.25f; /* of its depth: it need not have come to rest */
static const double together_seconds = 0.45;
/* Plates on either side of a change that may have a part in it, each so clearly. */
#define MAX_NEIGHBOURS 2u
static const float neighbour_sds = 2.0f;
static const double touching_gap_metres = 0.06;
static const double silent_seconds = 2;
static const guint stuck_bins = 100;
static const double settled_hz = 2;
/* A gateway that tells settled weights does so this much after the change at the latest. */
static const double settled_delay_seconds = 3;
/* How fast an unwatched plate's zero may wander. */
static const double drift_grams_per_second = 0.05;

typedef enum { PLATE_UNSET, PLATE_QUIET, PLATE_MOVING } PlateState;

typedef struct {
    PlateState state;
    bool has_return; /* after that step came another, to RETURN_AFTER */
    bool has_step;   /* came to rest at another weight; not told yet */
    bool step_is_forced;
    bool is_urgent; /* its step is told without waiting for anything */
    float level;    /* follows the plate slowly while it is quiet */
    float fast;     /* the same within a second */
    float noise;    /* standard deviation of a bin */
    float base;     /* before the movement or the step */
    float base_sd;
    float after;
    float sd;
    guint64 quiet_since; /* bin */
    guint64 begin_bin;   /* of the movement */
    guint64 step_begin_bin;
    guint64 return_bin;
    float return_after;
    guint64 told_bin; /* when its last step was told */
    double begin_t;
    double step_begin_t;
    double early_t, edge_t, late_t;
    double last_given_t;
    guint num_constant;
    float last_mean;
} Plate;

struct ShelfWatch {
    guint num_plates;
    guint *columns; /* of each place along the shelf */
    bool *touches_next;
    Plate *plates;        /* along the shelf */
    PlateHistory history; /* of places */
    float quiet_shake;    /* what they mostly do */
    PlateBins *bins;
    bool tells_settled;
    double bin_seconds;
    double known_t;
    PlateDelta *deltas;
    float *scratch;
    ShelfChangeFunc func;
    gpointer data;
};

typedef struct {
    double along;
    guint column;
} Place;

static int
compare_places(const void *a, const void *b)
{
    const Place *pa = a;
    const Place *pb = b;
    if (pa->along != pb->along) {
        return pa->along < pb->along ? -1 : 1;
    }
    return pa->column < pb->column ? -1 : 1;
}

static void
sort_places(ShelfWatch *watch, const double *along_metres, const double *width_metres)
{
    g_autofree Place *places = g_new(Place, watch->num_plates);
    for (guint i = 0; i < watch->num_plates; i++) {
        places[i] = (Place){ along_metres[i], i };
    }
    qsort(places, watch->num_plates, sizeof *places, compare_places);
    for (guint i = 0; i < watch->num_plates; i++) {
        watch->columns[i] = places[i].column;
        if (i > 0) {
            double halves =
                (width_metres[places[i - 1].column] + width_metres[places[i].column]) / 2;
            double gap = places[i].along - places[i - 1].along - halves;
            watch->touches_next[i - 1] = gap < touching_gap_metres;
        }
    }
}

/* The last time before the bin UNTIL that the weight passed the middle between before and after. */
static void
find_edge(const ShelfWatch *watch, guint place, Plate *plate, guint64 until)
{
    float middle = (plate->base + plate->after) / 2;
    bool after_is_above = plate->after > plate->base;
    guint64 from = MAX(plate->step_begin_bin > 2 ? plate->step_begin_bin - 2 : 0,
                       plate_history_oldest(&watch->history));
    plate->early_t = plate->step_begin_t;
    plate->late_t = plate_history_time(&watch->history, until - 1);
    for (guint64 bin = until; bin-- > from;) {
        /* Half a second around it: what only shakes does not pass the middle. */
        float x, range;
        guint64 around = bin > EDGE_BINS ? bin - EDGE_BINS : 0;
        if (isnan(plate_history_grams(&watch->history, bin, place)) ||
            plate_history_mean(&watch->history, place, around, MIN(bin + EDGE_BINS + 1, until), &x,
                               &range) == 0) {
            continue;
        }
        if ((x > middle) != after_is_above) {
            plate->early_t = plate_history_time(&watch->history, bin);
            break;
        }
        plate->late_t = plate_history_time(&watch->history, bin);
        plate->early_t = MIN(plate->early_t, plate->late_t);
    }
    plate->edge_t = (plate->early_t + plate->late_t) / 2;
    if (watch->tells_settled) {
        plate->early_t = plate->late_t - settled_delay_seconds - watch->bin_seconds;
        plate->edge_t = plate->late_t - settled_delay_seconds / 2;
    }
}

/* A plateau between the movement's beginning and AFTER: something was taken and put back, or two
 * things were taken, too quickly for the plate to come to rest in between. */
static bool
find_excursion(const ShelfWatch *watch, guint place, float after, float *ret_mean, float *ret_range,
               guint64 *ret_end)
{
    const Plate *plate = &watch->plates[place];
    guint64 from =
        MAX(plate->begin_bin, plate_history_oldest(&watch->history)) + EXCURSION_MARGIN_BINS;
    float best = 1;
    for (guint64 end = from + CALM_BINS; end + EXCURSION_MARGIN_BINS < watch->history.num_bins;
         end++) {
        float mean, range;
        if (plate_history_mean(&watch->history, place, end - CALM_BINS, end, &mean, &range) <
            CALM_BINS) {
            continue;
        }
        float from_base = mean - plate->base;
        float from_after = mean - after;
        float depth = MIN(fabsf(from_base), fabsf(from_after));
        /* Beyond both it is an excursion; between them the first of two steps, which has to be
         * clearer: goods that are lifted slowly pass everything between. */
        bool is_beyond = (from_base > 0) == (from_after > 0);
        float unrest = range / (is_beyond ? MAX(3.0f, excursion_unrest * depth)
                                          : MAX(2.0f, two_steps_unrest * depth));
        float least = is_beyond ? min_excursion_grams : min_two_steps_grams;
        if (depth > least && unrest < best) {
            best = unrest;
            *ret_mean = mean;
            *ret_range = range;
            *ret_end = end;
        }
    }
    return best < 1;
}

static void
set_step(ShelfWatch *watch, guint place, float after, float sd, guint64 until)
{
    Plate *plate = &watch->plates[place];
    plate->has_step = true;
    plate->after = after;
    plate->sd = sd;
    find_edge(watch, place, plate, until);
}

/* The second of two steps, once the first is told. */
static void
set_return_step(ShelfWatch *watch, guint place)
{
    Plate *plate = &watch->plates[place];
    plate->has_return = false;
    if (fabsf(plate->return_after - plate->base) < MAX(1.2f, 4 * plate->sd)) {
        return;
    }
    plate->step_begin_bin = plate->return_bin;
    plate->step_begin_t = plate_history_time(&watch->history, plate->return_bin);
    set_step(watch, place, plate->return_after, plate->sd, watch->history.num_bins);
}

/* PLATE rests at AFTER: what it did becomes a step, or nothing if it rests where it was. */
static void
come_to_rest(ShelfWatch *watch, guint place, float after, float sd, bool is_forced)
{
    Plate *plate = &watch->plates[place];
    plate->state = PLATE_QUIET;
    plate->quiet_since = watch->history.num_bins - MIN(watch->history.num_bins, CALM_BINS);
    plate->level = plate->fast = after;
    if (plate->has_step) {
        /* Of the last step, which still waits for a neighbour to be told. */
        plate->return_bin = plate->has_return ? plate->return_bin : plate->begin_bin;
        plate->has_return = true;
        plate->return_after = after;
        return;
    }
    plate->step_begin_bin = plate->begin_bin;
    plate->step_begin_t = plate->begin_t;
    double hole = plate_history_time(&watch->history, watch->history.num_bins - 1) -
                  plate->begin_t -
                  (double)(watch->history.num_bins - plate->begin_bin) * watch->bin_seconds;
    if (hole > 1) {
        sd = hypotf(sd, (float)(hole * drift_grams_per_second));
    }
    plate->step_is_forced = is_forced;
    float mean = 0;
    float range = 0;
    guint64 end = 0;
    if (!watch->tells_settled && find_excursion(watch, place, after, &mean, &range, &end)) {
        plate->has_return = true;
        plate->return_after = after;
        plate->return_bin = end;
        set_step(watch, place, mean, MAX(MAX(sd, 1.0f), range / 6), end);
        return;
    }
    float limit = MAX(1.2f, (is_forced ? 2 : 4) * hypotf(sd, plate->noise / 2));
    if (fabsf(after - plate->base) < limit && !watch->tells_settled) {
        plate->has_step = false;
        return;
    }
    set_step(watch, place, after, sd, watch->history.num_bins);
}

/* A step too small for its noise, which the mean over a second or two shows. */
static bool
find_slow_onset(ShelfWatch *watch, guint place)
{
    Plate *plate = &watch->plates[place];
    guint64 now = watch->history.num_bins;
    if (watch->tells_settled || plate->has_step || now < plate->quiet_since + 2 * FAST_BINS) {
        return false;
    }
    float local = MAX(plate->noise, plate_history_shake(&watch->history, now - FAST_BINS, now));
    float least = MAX(min_slow_onset_grams, slow_onset_noises * local);
    if (fabsf(plate->fast - plate->level) <= least) {
        return false;
    }
    guint64 begin = now - FAST_BINS;
    float base, base_sd, last, last_range;
    if (plate_history_before(&watch->history, place, begin, plate->quiet_since, &base, &base_sd) ==
            0 ||
        plate_history_mean(&watch->history, place, now - CALM_BINS, now, &last, &last_range) <
            CALM_BINS ||
        fabsf(last - base) <= least) {
        return false;
    }
    plate->state = PLATE_MOVING;
    plate->begin_bin = begin;
    plate->begin_t = plate_history_time(&watch->history, begin);
    plate->base = base;
    plate->base_sd = base_sd;
    return true;
}

static void
watch_quiet_plate(ShelfWatch *watch, guint place, float x, float common, double t,
                  double previous_t)
{
    Plate *plate = &watch->plates[place];
    float e = x - plate->level;
    float onset = watch->tells_settled ? min_settled_grams : min_onset_grams;
    plate->fast += fast_share * (x - plate->fast);
    if (fabsf(e) <= MAX(onset, 6 * plate->noise)) {
        if (find_slow_onset(watch, place)) {
            return;
        }
        float squared = MIN(e * e, 4 * plate->noise * plate->noise);
        plate->noise = sqrtf(0.98f * plate->noise * plate->noise + 0.02f * squared);
        plate->noise = MAX(plate->noise, 0.05f);
        /* With what is common, or a drift of all plates would never be followed. */
        plate->level += (watch->tells_settled ? 0.5f : level_share) * e + 0.02f * common;
        return;
    }
    guint64 now = watch->history.num_bins - 1;
    plate->state = PLATE_MOVING;
    plate->begin_bin = now;
    plate->begin_t = previous_t;
    float base = plate->level;
    float base_sd =
        watch->tells_settled ? 0 : plate_history_error(plate->noise, PLATE_HISTORY_MIN_BEFORE);
    if (!watch->tells_settled) {
        (void)plate_history_before(&watch->history, place, now, plate->quiet_since, &base,
                                   &base_sd);
    }
    if (!plate->has_step) {
        plate->base = base;
        plate->base_sd = base_sd;
    }
    if (watch->tells_settled) {
        come_to_rest(watch, place, x, MAX(0.5f, plate->noise), false);
    }
}

/* Whether it rests although it shakes, since the whole shelf does: two halves agree, and whether
 * the weight has changed is plain. */
static bool
is_balanced(ShelfWatch *watch, guint place, float *ret_mean, float *ret_sd)
{
    const Plate *plate = &watch->plates[place];
    guint64 now = watch->history.num_bins;
    guint64 half = BALANCED_BINS / 2;
    float late, late_range, early, early_range;
    if (plate_history_mean(&watch->history, place, now - half, now, &late, &late_range) < half ||
        plate_history_mean(&watch->history, place, now - 2 * half, now - half, &early,
                           &early_range) < half) {
        return false;
    }
    float both = (late + early) / 2;
    float spread = plate_history_deviation(&watch->history, place, now - 2 * half, now, both);
    float common = plate_history_shake(&watch->history, now - 2 * half, now);
    float sd = spread / sqrtf(2 * (float)half);
    if (spread > shaking_share * MAX(common, plate->noise) ||
        fabsf(late - early) > MAX(1.0f, agreeing_sds * 2 * sd)) {
        return false;
    }
    sd = MAX(sd, fabsf(late - early) / 2);
    float delta = fabsf(both - plate->base);
    if (delta > MAX(min_told_grams / 3, changed_sds * sd)) {
        *ret_mean = both;
        *ret_sd = sd;
        return true;
    }
    if (delta < MAX(1.0f, 2 * sd) && now - plate->begin_bin > 2 * BALANCED_BINS) {
        *ret_mean = plate->base;
        *ret_sd = sd;
        return true;
    }
    return false;
}

static void
watch_moving_plate(ShelfWatch *watch, guint place)
{
    Plate *plate = &watch->plates[place];
    guint64 now = watch->history.num_bins;
    guint64 moved = now - plate->begin_bin;
    if (moved < CALM_BINS) {
        return;
    }
    float mean, range;
    if (plate_history_mean(&watch->history, place, now - CALM_BINS, now, &mean, &range) <
        CALM_BINS) {
        return;
    }
    float calm_limit =
        MAX(MAX(min_calm_grams, 7 * plate->noise), calm_share * fabsf(mean - plate->base));
    float bump = plate_history_shake(&watch->history, now - CALM_BINS, now);
    bool is_bumped =
        bump > bump_share * watch->quiet_shake && fabsf(mean - plate->base) < min_bump_share * bump;
    float calm_sd = MAX(plate->noise / 2, range / 4);
    float change = fabsf(mean - plate->base);
    /* Something light may have gone, or nothing: more of it will tell. */
    bool is_unclear =
        change > min_slow_onset_grams && change < 4 * hypotf(calm_sd, plate->noise / 2);
    if (range <= calm_limit && !is_bumped && !is_unclear) {
        come_to_rest(watch, place, mean, calm_sd, false);
        return;
    }
    float sd;
    if (moved >= BALANCED_BINS + BALANCED_WAIT_BINS && is_balanced(watch, place, &mean, &sd)) {
        come_to_rest(watch, place, mean, sd, false);
    } else if (moved >= FORCE_BINS && !is_bumped) {
        come_to_rest(watch, place, mean, MAX(plate->noise, range / 4), true);
    }
}

/* Stores VALUE in its place among the first COUNT of SORTED. */
static void
insert_sorted(float *sorted, guint count, float value)
{
    guint at = count;
    for (; at > 0 && sorted[at - 1] > value; at--) {
        sorted[at] = sorted[at - 1];
    }
    sorted[at] = value;
}

static float
middle_of(const float *sorted, guint count)
{
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* What the middle plate of the shelf does, the others do as well: a bump, a fan, a warm motor. */
static float
common_shift(ShelfWatch *watch, const float *means)
{
    guint stride = 1 + (watch->num_plates - 1) / MAX_COMMON_PLATES;
    guint count = 0;
    /* Those that are moved by themselves tell nothing of it, where there are enough others. */
    guint num_quiet = 0;
    for (guint i = 0; i < watch->num_plates; i += stride) {
        num_quiet += watch->plates[i].state == PLATE_QUIET;
    }
    for (guint i = 0; i < watch->num_plates; i += stride) {
        float x = means[watch->columns[i]];
        PlateState state = watch->plates[i].state;
        if (!isnan(x) &&
            (state == PLATE_QUIET || (state == PLATE_MOVING && num_quiet < MIN_COMMON_PLATES))) {
            insert_sorted(watch->scratch, count++, x - watch->plates[i].level);
        }
    }
    if (count < MIN_COMMON_PLATES) {
        return 0;
    }
    float middle = middle_of(watch->scratch, count);
    return fabsf(middle) < max_common_grams ? middle : 0;
}

/* By how much the middle plate changed since the bin before: one that was loaded or relieved and
 * rests again shakes no more than the others. */
static float
common_shake(ShelfWatch *watch, const float *means)
{
    guint stride = 1 + (watch->num_plates - 1) / MAX_COMMON_PLATES;
    guint count = 0;
    for (guint i = 0; i < watch->num_plates; i += stride) {
        float change = means[watch->columns[i]] - watch->plates[i].last_mean;
        if (!isnan(change)) {
            insert_sorted(watch->scratch, count++, fabsf(change));
        }
    }
    return count < MIN_COMMON_PLATES ? 0 : middle_of(watch->scratch, count);
}

static void
note_constant(Plate *plate, float mean, float range)
{
    bool constant = range == 0 && mean == plate->last_mean;
    plate->num_constant = constant ? MIN(plate->num_constant + 1, stuck_bins) : 0;
    plate->last_mean = mean;
}

static void
watch_plate(ShelfWatch *watch, guint place, float x, float common, double t)
{
    Plate *plate = &watch->plates[place];
    if (isnan(x)) {
        if (plate->state == PLATE_MOVING && t - plate->last_given_t > silent_seconds) {
            plate->state = PLATE_QUIET;
            plate->level = plate->fast = plate->base;
            plate->quiet_since = watch->history.num_bins;
        }
        return;
    }
    double previous_t = plate->last_given_t;
    plate->last_given_t = t;
    float mean, shake;
    switch (plate->state) {
    case PLATE_UNSET:
        if (watch->tells_settled) {
            plate->level = plate->fast = x;
            plate->state = PLATE_QUIET;
        } else if (plate_history_mean(&watch->history, place,
                                      watch->history.num_bins -
                                          MIN(watch->history.num_bins, CALM_BINS),
                                      watch->history.num_bins, &mean, &shake) == CALM_BINS &&
                   shake < 5 * MAX(min_calm_grams, plate->noise)) {
            plate->level = plate->fast = mean;
            plate->state = PLATE_QUIET;
            plate->quiet_since = watch->history.num_bins - CALM_BINS;
        }
        break;
    case PLATE_QUIET:
        watch_quiet_plate(watch, place, x, common, t, previous_t);
        break;
    case PLATE_MOVING:
        watch_moving_plate(watch, place);
        break;
    }
}

/* Whether the plate shakes about one weight from FROM to TO, as far as its halves tell. */
static bool
is_level(const ShelfWatch *watch, guint place, guint64 from, guint64 to)
{
    guint64 middle = from + (to - from) / 2;
    float early, late, range;
    guint num_early = plate_history_mean(&watch->history, place, from, middle, &early, &range);
    guint num_late = plate_history_mean(&watch->history, place, middle, to, &late, &range);
    if (num_early < 3 || num_late < 3) {
        return false;
    }
    float mean = (early + late) / 2;
    float spread = plate_history_deviation(&watch->history, place, from, to, mean);
    float common = plate_history_shake(&watch->history, from, to);
    return spread <= shaking_share * MAX(common, watch->plates[place].noise) &&
           fabsf(late - early) <=
               MAX(1.0f, agreeing_sds * hypotf(plate_history_error(spread, num_early),
                                               plate_history_error(spread, num_late)));
}

/* What a plate beside the change did from before BEGIN_BIN to after REST_BIN, however little that
 * is in comparison with its noise: goods that lie across plates leave a part on each. */
static bool
measure_neighbour(ShelfWatch *watch, guint place, guint64 begin_bin, guint64 rest_bin,
                  PlateDelta *ret_delta)
{
    Plate *plate = &watch->plates[place];
    float before, after, error_before, error_after;
    guint64 now = watch->history.num_bins;
    if (plate->has_step || plate->state == PLATE_UNSET ||
        (plate->state == PLATE_QUIET && plate->quiet_since > MAX(rest_bin, now - CALM_BINS)) ||
        (plate->state == PLATE_MOVING && !is_level(watch, place, rest_bin, now))) {
        return false;
    }
    if (plate_history_before(&watch->history, place, begin_bin, plate->told_bin, &before,
                             &error_before) < 3 ||
        plate_history_level(&watch->history, place, rest_bin, now, &after, &error_after) < 3) {
        return false;
    }
    float sd = hypotf(error_before, error_after);
    if (fabsf(after - before) < MAX(0.7f, neighbour_sds * sd)) {
        return false;
    }
    *ret_delta = (PlateDelta){ watch->columns[place], after - before, sd, before };
    /* It is told, and not to be found a second time. */
    plate->state = PLATE_QUIET;
    plate->quiet_since = rest_bin;
    plate->told_bin = now;
    plate->base = plate->level = plate->fast = after;
    return true;
}

/* Takes the neighbours along, and theirs, as far as they took part. */
static void
add_neighbours(ShelfWatch *watch, guint first, guint last, guint64 begin_bin, guint64 rest_bin,
               guint *num_deltas)
{
    PlateDelta before[MAX_NEIGHBOURS] = { { 0 } };
    guint num_before = 0;
    for (guint i = first; i > 0 && watch->touches_next[i - 1] && num_before < MAX_NEIGHBOURS &&
                          measure_neighbour(watch, i - 1, begin_bin, rest_bin, &before[num_before]);
         i--) {
        num_before++;
    }
    memmove(watch->deltas + num_before, watch->deltas, *num_deltas * sizeof *watch->deltas);
    for (guint i = 0; i < MIN(num_before, MAX_NEIGHBOURS); i++) {
        watch->deltas[num_before - 1 - i] = before[i];
    }
    *num_deltas += num_before;
    for (guint i = last, count = 0;
         i + 1 < watch->num_plates && watch->touches_next[i] && count < MAX_NEIGHBOURS &&
         measure_neighbour(watch, i + 1, begin_bin, rest_bin, &watch->deltas[*num_deltas]);
         i++, count++) {
        (*num_deltas)++;
    }
}

/* The weight after the step again, since more is known of it by now. */
static void
measure_again(ShelfWatch *watch, guint place)
{
    Plate *plate = &watch->plates[place];
    if (!watch->tells_settled && plate->state == PLATE_QUIET && !plate->has_return &&
        !plate->step_is_forced && watch->history.num_bins > plate->quiet_since + CALM_BINS) {
        (void)plate_history_level(&watch->history, place, plate->quiet_since,
                                  watch->history.num_bins, &plate->after, &plate->sd);
    }
}

static PlateHealth
place_health(const ShelfWatch *watch, guint place)
{
    const Plate *plate = &watch->plates[place];
    if (watch->known_t - plate->last_given_t > silent_seconds + watch->bin_seconds) {
        return PLATE_SILENT;
    }
    if (plate->num_constant < stuck_bins || watch->tells_settled) {
        return PLATE_WORKS;
    }
    guint num_alive = 0;
    for (guint i = 0; i < watch->num_plates; i++) {
        num_alive += watch->plates[i].num_constant < stuck_bins;
    }
    return 2 * num_alive >= watch->num_plates ? PLATE_STUCK : PLATE_WORKS;
}

/* Tells the steps of the places FIRST..LAST, which belong together, as one change. */
static void
tell_steps(ShelfWatch *watch, guint first, guint last)
{
    ShelfChange change = { .begin_t = INFINITY, .early_t = INFINITY, .known_t = watch->known_t };
    guint64 begin_bin = G_MAXUINT64;
    double weight = 0;
    double edge = 0;
    double variance = 0;
    float largest = 0;
    guint num_deltas = 0;
    guint64 rest_bin = 0;
    bool has_return = false;
    for (guint i = first; i <= last; i++) {
        begin_bin = MIN(begin_bin, watch->plates[i].step_begin_bin);
    }
    for (guint i = first; i <= last; i++) {
        Plate *plate = &watch->plates[i];
        has_return |= plate->has_return;
        measure_again(watch, i);
        rest_bin = MAX(rest_bin, plate->quiet_since);
        float delta = plate->after - plate->base;
        float sd = hypotf(plate->sd, plate->base_sd);
        watch->deltas[num_deltas++] = (PlateDelta){ watch->columns[i], delta, sd, plate->base };
        largest = MAX(largest, fabsf(delta));
        weight += fabsf(delta);
        edge += fabsf(delta) * plate->edge_t;
        change.begin_t = MIN(change.begin_t, plate->step_begin_t);
        change.early_t = MIN(change.early_t, plate->early_t);
        change.late_t = MAX(change.late_t, plate->late_t);
        change.is_forced |= plate->step_is_forced;
        plate->has_step = false;
        plate->is_urgent = false;
        plate->told_bin = watch->history.num_bins;
        /* It may have moved on already: from there. */
        plate->base = plate->after;
        plate->base_sd = plate->sd;
        if (plate->has_return) {
            set_return_step(watch, i);
        }
    }
    if (!watch->tells_settled && !has_return) {
        add_neighbours(watch, first, last, begin_bin, rest_bin, &num_deltas);
    }
    for (guint i = 0; i < num_deltas; i++) {
        change.delta_grams += watch->deltas[i].delta_grams;
        variance += watch->deltas[i].sd_grams * watch->deltas[i].sd_grams;
    }
    change.sd_grams = sqrt(variance);
    double certain = change.is_forced ? 0 : 3 * change.sd_grams;
    if (fabs(change.delta_grams) < MAX(min_told_grams, certain) && largest < min_nudge_grams) {
        return;
    }
    change.edge_t = edge / weight;
    change.end_t = watch->known_t;
    change.plates = watch->deltas;
    change.num_plates = num_deltas;
    guint beside_first = first > 0 && watch->touches_next[first - 1] ? first - 1 : first;
    guint beside_last = last + 1 < watch->num_plates && watch->touches_next[last] ? last + 1 : last;
    for (guint i = beside_first; i <= beside_last; i++) {
        change.is_beside_dead |= place_health(watch, i) != PLATE_WORKS;
    }
    watch->func(&change, watch->data);
}

static bool
belong_together(const ShelfWatch *watch, guint place)
{
    const Plate *a = &watch->plates[place];
    const Plate *b = &watch->plates[place + 1];
    return watch->touches_next[place] && a->has_step && b->has_step &&
           (fabs(a->edge_t - b->edge_t) <= together_seconds ||
            (a->early_t < b->late_t && b->early_t < a->late_t));
}

/* Whether PLATE moves and may turn out to have done so together with the step of OTHER. */
static bool
is_awaited(const Plate *plate, const Plate *other)
{
    return plate->state == PLATE_MOVING && plate->begin_t <= other->edge_t + together_seconds;
}

/* Something light that shakes: the longer it is looked at, the better its weight is known. */
static bool
is_measured_longer(const ShelfWatch *watch, guint first, guint last)
{
    float delta = 0;
    float noise = 0;
    guint64 since = 0;
    for (guint i = first; i <= last; i++) {
        const Plate *plate = &watch->plates[i];
        if (plate->state != PLATE_QUIET || plate->has_return || plate->step_is_forced) {
            return false;
        }
        delta += fabsf(plate->after - plate->base);
        noise = MAX(noise, plate->sd);
        since = MAX(since, plate->quiet_since);
    }
    return !watch->tells_settled && delta < light_grams && noise > shaky_grams &&
           watch->history.num_bins < since + LONGER_BINS;
}

/* A step of PLATE is still to be told before one at EDGE_T, and a second one after it may belong to
 * that. */
static bool
comes_before(const Plate *plate, double edge_t)
{
    return plate->has_step && plate->has_return && plate->edge_t < edge_t;
}

/* Whether the steps FIRST..LAST, which belong together, wait for more. */
static bool
is_group_awaited(const ShelfWatch *watch, guint first, guint last)
{
    const Plate *plates = watch->plates;
    bool awaited = is_measured_longer(watch, first, last);
    for (guint i = first; i <= last; i++) {
        if (plates[i].is_urgent) {
            return false;
        }
        awaited |= is_awaited(&plates[i], &plates[i]);
    }
    if (first > 0 && watch->touches_next[first - 1]) {
        awaited |= is_awaited(&plates[first - 1], &plates[first]) ||
                   comes_before(&plates[first - 1], plates[first].edge_t);
    }
    if (last + 1 < watch->num_plates && watch->touches_next[last]) {
        awaited |= is_awaited(&plates[last + 1], &plates[last]) ||
                   comes_before(&plates[last + 1], plates[last].edge_t);
    }
    return awaited;
}

/* Tells the earliest of the changes that wait for nothing; false: there is none. */
static bool
tell_earliest(ShelfWatch *watch)
{
    bool found = false;
    double edge_t = INFINITY;
    guint first_told = 0;
    guint last_told = 0;
    guint last;
    for (guint first = 0; first < watch->num_plates; first = last + 1) {
        last = first;
        if (!watch->plates[first].has_step) {
            continue;
        }
        while (last + 1 < watch->num_plates && belong_together(watch, last)) {
            last++;
        }
        if (watch->plates[first].edge_t < edge_t && !is_group_awaited(watch, first, last)) {
            found = true;
            edge_t = watch->plates[first].edge_t;
            first_told = first;
            last_told = last;
        }
    }
    if (found) {
        tell_steps(watch, first_told, last_told);
    }
    return found;
}

static void
tell_ready_steps(ShelfWatch *watch)
{
    while (tell_earliest(watch)) {
    }
}

static void
watch_bin(double t, const float *means, const float *ranges, gpointer data)
{
    ShelfWatch *watch = data;
    float common = watch->tells_settled ? 0 : common_shift(watch, means);
    float shake = watch->tells_settled ? 0 : common_shake(watch, means);
    float *row = plate_history_add(&watch->history, t, shake);
    for (guint i = 0; i < watch->num_plates; i++) {
        row[i] = means[watch->columns[i]] - common;
    }
    watch->quiet_shake += 0.01f * (MIN(shake, 2 * watch->quiet_shake) - watch->quiet_shake);
    watch->quiet_shake = MAX(watch->quiet_shake, 0.1f);
    watch->known_t = t;
    bool has_steps = false;
    for (guint i = 0; i < watch->num_plates; i++) {
        note_constant(&watch->plates[i], means[watch->columns[i]], ranges[watch->columns[i]]);
        watch_plate(watch, i, row[i], common, t);
        has_steps |= watch->plates[i].has_step;
    }
    if (has_steps) {
        tell_ready_steps(watch);
    }
}

ShelfWatch *
shelf_watch_new(guint num_plates, const double *along_metres, const double *width_metres, double hz,
                ShelfChangeFunc func, gpointer data)
{
    ShelfWatch *watch = g_new0(ShelfWatch, 1);
    watch->num_plates = num_plates;
    watch->columns = g_new(guint, num_plates);
    watch->touches_next = g_new0(bool, num_plates);
    watch->plates = g_new0(Plate, num_plates);
    watch->deltas = g_new(PlateDelta, num_plates + 2 * MAX_NEIGHBOURS);
    watch->scratch = g_new(float, MAX_COMMON_PLATES + 1);
    watch->bins = plate_bins_new(num_plates, hz, watch_bin, watch);
    watch->tells_settled = hz <= settled_hz;
    watch->bin_seconds = plate_bins_seconds(watch->bins);
    plate_history_init(&watch->history, num_plates, watch->bin_seconds);
    watch->quiet_shake = 0.5f;
    watch->func = func;
    watch->data = data;
    sort_places(watch, along_metres, width_metres);
    for (guint i = 0; i < num_plates; i++) {
        watch->plates[i].noise = 0.4f;
        watch->plates[i].last_mean = NAN;
    }
    return watch;
}

void
shelf_watch_free(ShelfWatch *watch)
{
    if (watch == NULL) {
        return;
    }
    plate_bins_free(watch->bins);
    g_free(watch->columns);
    g_free(watch->touches_next);
    g_free(watch->plates);
    plate_history_clear(&watch->history);
    g_free(watch->deltas);
    g_free(watch->scratch);
    g_free(watch);
}

void
shelf_watch_push(ShelfWatch *watch, double t0, const float *grams, guint num_rows)
{
    plate_bins_push(watch->bins, t0, grams, num_rows);
}

double
shelf_watch_known_t(const ShelfWatch *watch)
{
    return watch->known_t;
}

static guint
find_place(const ShelfWatch *watch, guint column)
{
    guint place = 0;
    while (watch->columns[place] != column) {
        place++;
        g_assert(place < watch->num_plates);
    }
    return place;
}

bool
shelf_watch_is_moving(const ShelfWatch *watch, double t)
{
    for (guint i = 0; i < watch->num_plates; i++) {
        const Plate *plate = &watch->plates[i];
        if ((plate->state == PLATE_MOVING && plate->begin_t <= t) ||
            (plate->has_step && plate->step_begin_t <= t)) {
            return true;
        }
    }
    return false;
}

bool
shelf_watch_plate_is_moving(const ShelfWatch *watch, guint column, double *ret_begin_t)
{
    const Plate *plate = &watch->plates[find_place(watch, column)];
    if (!plate->has_step && plate->state != PLATE_MOVING) {
        return false;
    }
    *ret_begin_t = plate->has_step ? plate->step_begin_t : plate->begin_t;
    return true;
}

/* Makes a step of what the plate did until T, as far as that is plain, and lets it move on from
 * there. */
static void
force_plate(ShelfWatch *watch, guint place, double t)
{
    Plate *plate = &watch->plates[place];
    guint64 now = watch->history.num_bins;
    float mean, range;
    plate->is_urgent = plate->has_step && plate->step_begin_t <= t;
    if (plate->state != PLATE_MOVING || plate->has_step || plate->begin_t > t ||
        plate_history_mean(&watch->history, place, now - MIN(now, CALM_BINS), now, &mean, &range) ==
            0) {
        return;
    }
    float sd = MAX(plate->noise, range / 4);
    if (fabsf(mean - plate->base) < MAX(1.2f, 2 * hypotf(sd, plate->noise / 2))) {
        return;
    }
    plate->step_begin_bin = plate->begin_bin;
    plate->step_begin_t = plate->begin_t;
    set_step(watch, place, mean, sd, now);
    if (plate->edge_t > t) {
        plate->has_step = false;
        return;
    }
    plate->step_is_forced = true;
    plate->is_urgent = true;
    plate->begin_bin = now;
    plate->begin_t = watch->known_t + watch->bin_seconds;
}

void
shelf_watch_force(ShelfWatch *watch, guint column, double t)
{
    guint place = find_place(watch, column);
    guint first = place > 0 && watch->touches_next[place - 1] ? place - 1 : place;
    guint last = place + 1 < watch->num_plates && watch->touches_next[place] ? place + 1 : place;
    for (guint i = first; i <= last; i++) {
        force_plate(watch, i, t);
    }
    tell_ready_steps(watch);
}

void
shelf_watch_force_all(ShelfWatch *watch)
{
    for (guint i = 0; i < watch->num_plates; i++) {
        force_plate(watch, i, INFINITY);
    }
    tell_ready_steps(watch);
}

PlateHealth
shelf_watch_plate_health(const ShelfWatch *watch, guint column)
{
    return place_health(watch, find_place(watch, column));
}

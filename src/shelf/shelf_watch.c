#include "shelf/shelf_watch.h"

#include "shelf/plate_bins.h"

#include <math.h>
#include <string.h>

/* Times in bins of a tenth of a second. A pick rings for about a second (a decay of 0.35 s was
 * measured on real shelves), a bump for up to two. */
#define RING_BINS 256u    /* of history */
#define CALM_BINS 5u      /* at rest: so long within calm_limit */
#define BALANCED_BINS 12u /* at rest although all shakes: two halves agree */
#define FORCE_BINS 80u    /* told at the latest */
#define EDGE_BINS 2u
#define EXCURSION_MARGIN_BINS 3u
#define BASE_FROM 14u /* weight before: from so many bins back ... */
#define BASE_TO 4u    /* ... to so many, since the last may hold the movement's beginning */
#define MIN_COMMON_PLATES 5u
#define MAX_COMMON_PLATES 33u

static const float min_onset_grams = 3.0f;
/* Of settled weights, which are far apart: what wandered in between is no change. */
static const float min_settled_grams = 7.0f;
static const float min_calm_grams = 1.5f;
/* Of the change: what is left of ringing may be that much. */
static const float calm_share = 0.004f;
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
static const float two_steps_unrest = 0.025f;
static const float excursion_unrest = 0.25f; /* of its depth: it need not have come to rest */
static const double together_seconds = 0.45;
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
    float level; /* follows the plate while it is quiet */
    float noise; /* standard deviation of a bin */
    float base;  /* before the movement or the step */
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
    Plate *plates;  /* along the shelf */
    float *history; /* [bin % RING_BINS][place] */
    double times[RING_BINS];
    float shakes[RING_BINS]; /* what most plates of the shelf did */
    float quiet_shake;       /* what they mostly do */
    guint64 num_bins;
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

static inline float
history_at(const ShelfWatch *watch, guint64 bin, guint place)
{
    return watch->history[(gsize)(bin % RING_BINS) * watch->num_plates + place];
}

static inline double
time_at(const ShelfWatch *watch, guint64 bin)
{
    return watch->times[bin % RING_BINS];
}

static guint64
oldest_bin(const ShelfWatch *watch)
{
    return watch->num_bins > RING_BINS ? watch->num_bins - RING_BINS : 0;
}

/* Mean of the bins FROM..TO (TO not included), their range, and how many gave something. */
static guint
mean_of_bins(const ShelfWatch *watch, guint place, guint64 from, guint64 to, float *ret_mean,
             float *ret_range)
{
    float sum = 0;
    float low = PLATE_MAX_GRAMS;
    float high = -PLATE_MAX_GRAMS;
    guint count = 0;
    for (guint64 bin = MAX(from, oldest_bin(watch)); bin < to; bin++) {
        float x = history_at(watch, bin, place);
        if (isnan(x)) {
            continue;
        }
        sum += x;
        low = MIN(low, x);
        high = MAX(high, x);
        count++;
    }
    if (count > 0) {
        *ret_mean = sum / (float)count;
        *ret_range = high - low;
    }
    return count;
}

/* The last time before the bin UNTIL that the weight passed the middle between before and after. */
static void
find_edge(const ShelfWatch *watch, guint place, Plate *plate, guint64 until)
{
    float middle = (plate->base + plate->after) / 2;
    bool after_is_above = plate->after > plate->base;
    guint64 from =
        MAX(plate->step_begin_bin > 2 ? plate->step_begin_bin - 2 : 0, oldest_bin(watch));
    plate->early_t = plate->step_begin_t;
    plate->late_t = watch->known_t;
    for (guint64 bin = until; bin-- > from;) {
        /* Half a second around it: what only shakes does not pass the middle. */
        float x, range;
        guint64 around = bin > EDGE_BINS ? bin - EDGE_BINS : 0;
        if (isnan(history_at(watch, bin, place)) ||
            mean_of_bins(watch, place, around, MIN(bin + EDGE_BINS + 1, watch->num_bins), &x,
                         &range) == 0) {
            continue;
        }
        if ((x > middle) != after_is_above) {
            plate->early_t = time_at(watch, bin);
            break;
        }
        plate->late_t = time_at(watch, bin);
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
    guint64 from = MAX(plate->begin_bin, oldest_bin(watch)) + EXCURSION_MARGIN_BINS;
    float best = 1;
    for (guint64 end = from + CALM_BINS; end + EXCURSION_MARGIN_BINS < watch->num_bins; end++) {
        float mean, range;
        if (mean_of_bins(watch, place, end - CALM_BINS, end, &mean, &range) < CALM_BINS) {
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
    plate->step_begin_t = time_at(watch, plate->return_bin);
    set_step(watch, place, plate->return_after, plate->sd, watch->num_bins);
}

/* PLATE rests at AFTER: what it did becomes a step, or nothing if it rests where it was. */
static void
come_to_rest(ShelfWatch *watch, guint place, float after, float sd, bool is_forced)
{
    Plate *plate = &watch->plates[place];
    plate->state = PLATE_QUIET;
    plate->quiet_since = watch->num_bins - MIN(watch->num_bins, CALM_BINS);
    plate->level = after;
    if (plate->has_step) {
        /* Of the last step, which still waits for a neighbour to be told. */
        plate->return_bin = plate->has_return ? plate->return_bin : plate->begin_bin;
        plate->has_return = true;
        plate->return_after = after;
        return;
    }
    plate->step_begin_bin = plate->begin_bin;
    plate->step_begin_t = plate->begin_t;
    double hole = time_at(watch, watch->num_bins - 1) - plate->begin_t -
                  (double)(watch->num_bins - plate->begin_bin) * watch->bin_seconds;
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
    set_step(watch, place, after, sd, watch->num_bins);
}

static void
watch_quiet_plate(ShelfWatch *watch, guint place, float x, float common, double t,
                  double previous_t)
{
    Plate *plate = &watch->plates[place];
    float e = x - plate->level;
    float onset = watch->tells_settled ? min_settled_grams : min_onset_grams;
    if (fabsf(e) <= MAX(onset, 6 * plate->noise)) {
        float squared = MIN(e * e, 4 * plate->noise * plate->noise);
        plate->noise = sqrtf(0.98f * plate->noise * plate->noise + 0.02f * squared);
        plate->noise = MAX(plate->noise, 0.05f);
        /* With what is common, or a drift of all plates would never be followed. */
        plate->level += (watch->tells_settled ? 0.5f : 0.1f) * e + 0.02f * common;
        return;
    }
    guint64 now = watch->num_bins - 1;
    plate->state = PLATE_MOVING;
    plate->begin_bin = now;
    plate->begin_t = previous_t;
    float mean, range;
    guint64 from = MAX(plate->quiet_since, now > BASE_FROM ? now - BASE_FROM : 0);
    guint64 to = now > BASE_TO ? now - BASE_TO : 0;
    float base = plate->level;
    if (!watch->tells_settled && to >= from + 3 &&
        t - time_at(watch, MAX(from, oldest_bin(watch))) < 3 &&
        mean_of_bins(watch, place, from, to, &mean, &range) >= 3) {
        base = mean;
    }
    if (!plate->has_step) {
        plate->base = base;
    }
    if (watch->tells_settled) {
        come_to_rest(watch, place, x, MAX(0.5f, plate->noise), false);
    }
}

static float
mean_shake(const ShelfWatch *watch, guint64 from, guint64 to)
{
    float sum = 0;
    for (guint64 bin = from; bin < to; bin++) {
        sum += watch->shakes[bin % RING_BINS];
    }
    return sum / (float)(to - from);
}

static void
watch_moving_plate(ShelfWatch *watch, guint place)
{
    Plate *plate = &watch->plates[place];
    guint64 now = watch->num_bins;
    guint64 moved = now - plate->begin_bin;
    if (moved < CALM_BINS) {
        return;
    }
    float mean, range;
    if (mean_of_bins(watch, place, now - CALM_BINS, now, &mean, &range) < CALM_BINS) {
        return;
    }
    float bump = mean_shake(watch, now - CALM_BINS, now);
    if (bump > bump_share * watch->quiet_shake &&
        fabsf(mean - plate->base) < min_bump_share * bump) {
        return;
    }
    float calm_limit =
        MAX(MAX(min_calm_grams, 7 * plate->noise), calm_share * fabsf(mean - plate->base));
    if (range <= calm_limit) {
        come_to_rest(watch, place, mean, MAX(plate->noise / 2, range / 4), false);
        return;
    }
    if (moved < BALANCED_BINS + 8) {
        return;
    }
    float late, late_range, early, early_range;
    guint64 half = BALANCED_BINS / 2;
    if (mean_of_bins(watch, place, now - half, now, &late, &late_range) < half ||
        mean_of_bins(watch, place, now - 2 * half, now - half, &early, &early_range) < half) {
        return;
    }
    float shake = MAX(late_range, early_range);
    float both = (late + early) / 2;
    float delta = fabsf(both - plate->base);
    bool is_common = shake < 8 * mean_shake(watch, now - BALANCED_BINS, now);
    if (is_common && fabsf(late - early) <= MAX(1.0f, 0.08f * shake) && shake < 0.15f * delta) {
        float sd = MAX(fabsf(late - early) / 2, shake / 12);
        come_to_rest(watch, place, both, MAX(plate->noise, sd), false);
    } else if (moved >= FORCE_BINS) {
        come_to_rest(watch, place, both, MAX(plate->noise, shake / 4), true);
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
    for (guint i = 0; i < watch->num_plates; i += stride) {
        float x = means[watch->columns[i]];
        if (!isnan(x) && watch->plates[i].state != PLATE_UNSET) {
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
            plate->level = plate->base;
            plate->quiet_since = watch->num_bins;
        }
        return;
    }
    double previous_t = plate->last_given_t;
    plate->last_given_t = t;
    float mean, shake;
    switch (plate->state) {
    case PLATE_UNSET:
        if (watch->tells_settled) {
            plate->level = x;
            plate->state = PLATE_QUIET;
        } else if (mean_of_bins(watch, place, watch->num_bins - MIN(watch->num_bins, CALM_BINS),
                                watch->num_bins, &mean, &shake) == CALM_BINS &&
                   shake < 5 * MAX(min_calm_grams, plate->noise)) {
            plate->level = mean;
            plate->state = PLATE_QUIET;
            plate->quiet_since = watch->num_bins - CALM_BINS;
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

/* Adds what a plate beside the change did below the limit of being seen on its own. */
static void
add_neighbour(ShelfWatch *watch, guint place, guint64 begin_bin, guint *num_deltas)
{
    Plate *plate = &watch->plates[place];
    float before, after, range_before, range_after;
    guint64 from = begin_bin > BASE_FROM ? begin_bin - BASE_FROM : 0;
    guint64 to = begin_bin > BASE_TO ? begin_bin - BASE_TO : 0;
    guint64 now = watch->num_bins;
    if (plate->state != PLATE_QUIET || plate->has_step || plate->told_bin > begin_bin ||
        to < from + 3 || mean_of_bins(watch, place, from, to, &before, &range_before) < 3 ||
        mean_of_bins(watch, place, now - CALM_BINS, now, &after, &range_after) < 3) {
        return;
    }
    float sd = MAX(plate->noise * 0.6f, (range_before + range_after) / 8);
    if (fabsf(after - before) > MAX(0.7f, 4 * sd)) {
        watch->deltas[(*num_deltas)++] = (PlateDelta){ watch->columns[place], after - before, sd };
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
    for (guint i = first; i <= last; i++) {
        begin_bin = MIN(begin_bin, watch->plates[i].step_begin_bin);
    }
    if (first > 0 && watch->touches_next[first - 1] && !watch->tells_settled) {
        add_neighbour(watch, first - 1, begin_bin, &num_deltas);
    }
    for (guint i = first; i <= last; i++) {
        Plate *plate = &watch->plates[i];
        float delta = plate->after - plate->base;
        watch->deltas[num_deltas++] = (PlateDelta){ watch->columns[i], delta, plate->sd };
        largest = MAX(largest, fabsf(delta));
        weight += fabsf(delta);
        edge += fabsf(delta) * plate->edge_t;
        change.begin_t = MIN(change.begin_t, plate->step_begin_t);
        change.early_t = MIN(change.early_t, plate->early_t);
        change.late_t = MAX(change.late_t, plate->late_t);
        change.is_forced |= plate->step_is_forced;
        plate->has_step = false;
        plate->told_bin = watch->num_bins;
        /* It may have moved on already: from there. */
        plate->base = plate->after;
        if (plate->has_return) {
            set_return_step(watch, i);
        }
    }
    if (last + 1 < watch->num_plates && watch->touches_next[last] && !watch->tells_settled) {
        add_neighbour(watch, last + 1, begin_bin, &num_deltas);
    }
    for (guint i = 0; i < num_deltas; i++) {
        change.delta_grams += watch->deltas[i].delta_grams;
        variance += watch->deltas[i].sd_grams * watch->deltas[i].sd_grams;
    }
    change.sd_grams = sqrt(variance);
    if (fabs(change.delta_grams) < MAX(min_told_grams, 3 * change.sd_grams) &&
        largest < min_nudge_grams) {
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

static void
tell_ready_steps(ShelfWatch *watch, bool force)
{
    guint first = 0;
    while (first < watch->num_plates) {
        if (!watch->plates[first].has_step) {
            first++;
            continue;
        }
        guint last = first;
        while (last + 1 < watch->num_plates && belong_together(watch, last)) {
            last++;
        }
        bool awaited = false;
        if (first > 0 && watch->touches_next[first - 1]) {
            awaited |= is_awaited(&watch->plates[first - 1], &watch->plates[first]);
        }
        if (last + 1 < watch->num_plates && watch->touches_next[last]) {
            awaited |= is_awaited(&watch->plates[last + 1], &watch->plates[last]);
        }
        for (guint i = first; i <= last; i++) {
            awaited |= is_awaited(&watch->plates[i], &watch->plates[i]);
        }
        if (!awaited || force) {
            tell_steps(watch, first, last);
        }
        first = last + 1;
    }
}

static void
watch_bin(double t, const float *means, const float *ranges, gpointer data)
{
    ShelfWatch *watch = data;
    float common = watch->tells_settled ? 0 : common_shift(watch, means);
    float shake = watch->tells_settled ? 0 : common_shake(watch, means);
    float *row = watch->history + (gsize)(watch->num_bins % RING_BINS) * watch->num_plates;
    for (guint i = 0; i < watch->num_plates; i++) {
        row[i] = means[watch->columns[i]] - common;
    }
    watch->times[watch->num_bins % RING_BINS] = t;
    watch->shakes[watch->num_bins % RING_BINS] = shake;
    watch->quiet_shake += 0.01f * (MIN(shake, 2 * watch->quiet_shake) - watch->quiet_shake);
    watch->quiet_shake = MAX(watch->quiet_shake, 0.1f);
    watch->num_bins++;
    watch->known_t = t;
    bool has_steps = false;
    for (guint i = 0; i < watch->num_plates; i++) {
        note_constant(&watch->plates[i], means[watch->columns[i]], ranges[watch->columns[i]]);
        watch_plate(watch, i, row[i], common, t);
        has_steps |= watch->plates[i].has_step;
    }
    if (has_steps) {
        tell_ready_steps(watch, false);
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
    watch->history = g_new(float, (gsize)RING_BINS *num_plates);
    watch->deltas = g_new(PlateDelta, num_plates);
    watch->scratch = g_new(float, MAX_COMMON_PLATES + 1);
    watch->bins = plate_bins_new(num_plates, hz, watch_bin, watch);
    watch->tells_settled = hz <= settled_hz;
    watch->bin_seconds = plate_bins_seconds(watch->bins);
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
    g_free(watch->history);
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

void
shelf_watch_force(ShelfWatch *watch)
{
    for (guint i = 0; i < watch->num_plates; i++) {
        float mean, range;
        guint64 recent = MIN(watch->num_bins, CALM_BINS);
        if (watch->plates[i].state == PLATE_MOVING &&
            mean_of_bins(watch, i, watch->num_bins - recent, watch->num_bins, &mean, &range) > 0) {
            come_to_rest(watch, i, mean, MAX(watch->plates[i].noise, range / 4), true);
        }
    }
    tell_ready_steps(watch, true);
}

PlateHealth
shelf_watch_plate_health(const ShelfWatch *watch, guint column)
{
    return place_health(watch, find_place(watch, column));
}

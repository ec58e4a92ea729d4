#include "shelf/plate_history.h"

#include "shelf/plate_bins.h"

#include <math.h>

/* Weight before: from so many bins back to so many, since a hand is there shortly before it takes
 * something, too lightly to be noticed; nearer where the plate has not rested for long. */
#define BEFORE_FROM 40u
#define BEFORE_TO 12u
#define NEAR_BEFORE_TO 4u
#define LEAST_BEFORE 3u

void
plate_history_init(PlateHistory *history, guint num_places, double bin_seconds)
{
    *history = (PlateHistory){ .num_places = num_places, .bin_seconds = bin_seconds };
    history->grams = g_new(float, (gsize)PLATE_HISTORY_BINS *num_places);
}

void
plate_history_clear(PlateHistory *history)
{
    g_clear_pointer(&history->grams, g_free);
}

float *
plate_history_add(PlateHistory *history, double t, float shake)
{
    guint at = history->num_bins % PLATE_HISTORY_BINS;
    history->times[at] = t;
    history->shakes[at] = shake;
    history->num_bins++;
    return history->grams + (gsize)at * history->num_places;
}

guint64
plate_history_oldest(const PlateHistory *history)
{
    return history->num_bins > PLATE_HISTORY_BINS ? history->num_bins - PLATE_HISTORY_BINS : 0;
}

double
plate_history_time(const PlateHistory *history, guint64 bin)
{
    return history->times[bin % PLATE_HISTORY_BINS];
}

float
plate_history_grams(const PlateHistory *history, guint64 bin, guint place)
{
    return history->grams[(gsize)(bin % PLATE_HISTORY_BINS) * history->num_places + place];
}

guint
plate_history_mean(const PlateHistory *history, guint place, guint64 from, guint64 to,
                   float *ret_mean, float *ret_range)
{
    float sum = 0;
    float low = PLATE_MAX_GRAMS;
    float high = -PLATE_MAX_GRAMS;
    guint count = 0;
    for (guint64 bin = MAX(from, plate_history_oldest(history)); bin < to; bin++) {
        float x = plate_history_grams(history, bin, place);
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

float
plate_history_deviation(const PlateHistory *history, guint place, guint64 from, guint64 to,
                        float mean)
{
    float sum = 0;
    guint count = 0;
    for (guint64 bin = MAX(from, plate_history_oldest(history)); bin < to; bin++) {
        float x = plate_history_grams(history, bin, place);
        if (!isnan(x)) {
            sum += (x - mean) * (x - mean);
            count++;
        }
    }
    return count < 2 ? 0 : sqrtf(sum / (float)(count - 1));
}

float
plate_history_error(float deviation, guint count)
{
    return deviation / sqrtf((float)MAX(1, count));
}

float
plate_history_shake(const PlateHistory *history, guint64 from, guint64 to)
{
    float sum = 0;
    for (guint64 bin = from; bin < to; bin++) {
        sum += history->shakes[bin % PLATE_HISTORY_BINS];
    }
    return sum / (float)(to - from);
}

guint
plate_history_before(const PlateHistory *history, guint place, guint64 begin_bin, guint64 earliest,
                     float *ret_mean, float *ret_deviation)
{
    guint64 from = begin_bin > BEFORE_FROM ? begin_bin - BEFORE_FROM : 0;
    from = MAX(MAX(from, earliest), plate_history_oldest(history));
    guint64 to = begin_bin > BEFORE_TO ? begin_bin - BEFORE_TO : 0;
    if (to < from + PLATE_HISTORY_MIN_BEFORE) {
        to = begin_bin > NEAR_BEFORE_TO ? begin_bin - NEAR_BEFORE_TO : 0;
    }
    float range;
    /* With a hole in between, what was before it is too old. */
    if (to < from + LEAST_BEFORE ||
        plate_history_time(history, begin_bin) - plate_history_time(history, from) >
            2 * BEFORE_FROM * history->bin_seconds) {
        return 0;
    }
    guint count = plate_history_mean(history, place, from, to, ret_mean, &range);
    if (count < LEAST_BEFORE) {
        return 0;
    }
    *ret_deviation = plate_history_deviation(history, place, from, to, *ret_mean);
    return count;
}

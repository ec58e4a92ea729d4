#include "shelf/plate_history.h"

#include "shelf/plate_bins.h"

#include <math.h>
#include <stdlib.h>

/* Weight before: from so many bins back to so many, since a hand is there shortly before it takes
 * something, too lightly to be noticed; nearer where the plate has not rested for long. */
#define BEFORE_FROM 40u
#define BEFORE_TO 12u
#define NEAR_BEFORE_TO 4u
#define LEAST_BEFORE 3u

/* Grams: what the converters' own noise is, at least. */
static const float least_shake = 0.2f;
static const float least_deviation = 0.3f;
/* Further from the others than that many deviations, a bin counts less. */
static const float far_sds = 1.5f;

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

typedef struct {
    float grams, shake;
} Sample;

static int
compare_floats(const void *a, const void *b)
{
    float fa = *(const float *)a;
    float fb = *(const float *)b;
    return fa < fb ? -1 : fa > fb;
}

/* Reorders VALUES. */
static float
median_of(float *values, guint count)
{
    qsort(values, count, sizeof *values, compare_floats);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* How much the shelf shook about BIN. */
static float
local_shake(const PlateHistory *history, guint64 bin)
{
    guint64 from = MAX(bin > 0 ? bin - 1 : 0, plate_history_oldest(history));
    return MAX(least_shake, plate_history_shake(history, from, MIN(bin + 2, history->num_bins)));
}

guint
plate_history_level(const PlateHistory *history, guint place, guint64 from, guint64 to,
                    float *ret_level, float *ret_error)
{
    Sample samples[PLATE_HISTORY_BINS];
    float scratch[PLATE_HISTORY_BINS];
    guint count = 0;
    for (guint64 bin = MAX(from, plate_history_oldest(history)); bin < to; bin++) {
        float x = plate_history_grams(history, bin, place);
        if (!isnan(x)) {
            samples[count] = (Sample){ x, local_shake(history, bin) };
            scratch[count++] = x;
        }
    }
    if (count < 2) {
        return count;
    }
    float level = median_of(scratch, count);
    float error = 0;
    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < count; i++) {
            scratch[i] = fabsf(samples[i].grams - level) / samples[i].shake;
        }
        float usual = MAX(1.5f * median_of(scratch, count), 0.2f);
        float sum = 0;
        float sum_weights = 0;
        float variance = 0;
        for (guint i = 0; i < count; i++) {
            float sd = usual * samples[i].shake;
            float off = fabsf(samples[i].grams - level);
            float weight = (off > far_sds * sd ? far_sds * sd / off : 1) / (sd * sd);
            sum += weight * (samples[i].grams - level);
            sum_weights += weight;
            variance += weight * weight * off * off;
        }
        level += sum / sum_weights;
        error = sqrtf(variance * (float)count / (float)(count - 1)) / sum_weights;
    }
    *ret_level = level;
    *ret_error = MAX(error, plate_history_error(least_deviation, count));
    return count;
}

guint
plate_history_before(const PlateHistory *history, guint place, guint64 begin_bin, guint64 earliest,
                     float *ret_level, float *ret_error)
{
    guint64 from = begin_bin > BEFORE_FROM ? begin_bin - BEFORE_FROM : 0;
    from = MAX(MAX(from, earliest), plate_history_oldest(history));
    guint64 to = begin_bin > BEFORE_TO ? begin_bin - BEFORE_TO : 0;
    if (to < from + PLATE_HISTORY_MIN_BEFORE) {
        to = begin_bin > NEAR_BEFORE_TO ? begin_bin - NEAR_BEFORE_TO : 0;
    }
    /* With a hole in between, what was before it is too old. */
    if (to < from + LEAST_BEFORE ||
        plate_history_time(history, begin_bin) - plate_history_time(history, from) >
            2 * BEFORE_FROM * history->bin_seconds) {
        return 0;
    }
    float level, error;
    guint count = plate_history_level(history, place, from, to, &level, &error);
    if (count < LEAST_BEFORE) {
        return 0;
    }
    *ret_level = level;
    *ret_error = error;
    return count;
}

#include "shelf/plate_bins.h"

#include <math.h>

static const double bin_seconds = 0.1;
static const double unfiltered_hz = 5;

struct PlateBins {
    guint num_plates;
    double hz;
    guint rows_per_bin;
    bool filtered;
    PlateBinFunc func;
    gpointer data;
    double next_t;  /* of the row expected next; 0 before the first */
    guint num_rows; /* in the bin being filled */
    double sum_t;
    float *block;
    /* Columns of BLOCK: the two samples before (for the median) and the bin being filled. */
    float *before_last, *last, *sum, *lowest, *highest, *count;
    float *means, *ranges; /* what FUNC is shown */
};

static void
begin_bin(PlateBins *bins)
{
    bins->num_rows = 0;
    bins->sum_t = 0;
    for (guint i = 0; i < bins->num_plates; i++) {
        bins->sum[i] = 0;
        bins->count[i] = 0;
        bins->lowest[i] = PLATE_MAX_GRAMS;
        bins->highest[i] = -PLATE_MAX_GRAMS;
    }
}

PlateBins *
plate_bins_new(guint num_plates, double hz, PlateBinFunc func, gpointer data)
{
    g_assert(num_plates > 0 && hz > 0);
    PlateBins *bins = g_new0(PlateBins, 1);
    bins->num_plates = num_plates;
    bins->hz = hz;
    bins->filtered = hz > unfiltered_hz;
    bins->rows_per_bin = bins->filtered ? MAX(1, (guint)lround(hz * bin_seconds)) : 1;
    bins->func = func;
    bins->data = data;
    bins->block = g_new0(float, 8 * (gsize)num_plates);
    float **columns[] = { &bins->before_last, &bins->last,  &bins->sum,   &bins->lowest,
                          &bins->highest,     &bins->count, &bins->means, &bins->ranges };
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
        *columns[i] = bins->block + i * (gsize)num_plates;
    }
    for (guint i = 0; i < num_plates; i++) {
        bins->before_last[i] = NAN;
        bins->last[i] = NAN;
    }
    begin_bin(bins);
    return bins;
}

void
plate_bins_free(PlateBins *bins)
{
    if (bins != NULL) {
        g_free(bins->block);
        g_free(bins);
    }
}

double
plate_bins_seconds(const PlateBins *bins)
{
    return bins->rows_per_bin / bins->hz;
}

static void
end_bin(PlateBins *bins)
{
    for (guint i = 0; i < bins->num_plates; i++) {
        float count = bins->count[i];
        bins->ranges[i] = count >= 2 ? bins->highest[i] - bins->lowest[i] : 0;
        if (count >= 5) {
            bins->means[i] = (bins->sum[i] - bins->lowest[i] - bins->highest[i]) / (count - 2);
        } else {
            bins->means[i] = count > 0 ? bins->sum[i] / count : NAN;
        }
    }
    double t = bins->sum_t / bins->num_rows;
    begin_bin(bins);
    bins->func(t, bins->means, bins->ranges, bins->data);
}

static inline float
median_of_3(float a, float b, float c)
{
    float low = a < b ? a : b;
    float high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

static void
add_row(PlateBins *bins, const float *row)
{
    for (guint i = 0; i < bins->num_plates; i++) {
        float x = row[i];
        /* False for NAN as well. */
        bool given = x > -PLATE_MAX_GRAMS && x < PLATE_MAX_GRAMS;
        float a = bins->before_last[i];
        float b = bins->last[i];
        float filtered = a == a && b == b ? median_of_3(a, b, x) : x;
        bins->before_last[i] = given ? b : a;
        bins->last[i] = given ? x : b;
        bins->sum[i] += given ? filtered : 0;
        bins->count[i] += given ? 1 : 0;
        bins->lowest[i] = given && filtered < bins->lowest[i] ? filtered : bins->lowest[i];
        bins->highest[i] = given && filtered > bins->highest[i] ? filtered : bins->highest[i];
    }
}

void
plate_bins_push(PlateBins *bins, double t0, const float *grams, guint num_rows)
{
    if (bins->next_t != 0 && fabs(t0 - bins->next_t) > plate_bins_seconds(bins) &&
        bins->num_rows > 0) {
        begin_bin(bins);
    }
    for (guint row = 0; row < num_rows; row++) {
        if (bins->filtered) {
            add_row(bins, grams + (gsize)row * bins->num_plates);
        } else {
            for (guint i = 0; i < bins->num_plates; i++) {
                float x = grams[(gsize)row * bins->num_plates + i];
                bool given = x > -PLATE_MAX_GRAMS && x < PLATE_MAX_GRAMS;
                bins->sum[i] = given ? x : 0;
                bins->count[i] = given ? 1 : 0;
            }
        }
        bins->sum_t += t0 + row / bins->hz;
        if (++bins->num_rows >= bins->rows_per_bin) {
            end_bin(bins);
        }
    }
    bins->next_t = t0 + num_rows / bins->hz;
}

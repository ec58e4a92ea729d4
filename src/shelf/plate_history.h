/* The last tenths of seconds of a shelf's plates, and what is asked of them: means, spreads, and
 * the weight that was there before something began. Bins are numbered from the first one ever. */
#pragma once

#include <glib.h>

#define PLATE_HISTORY_BINS 256u
/* A weight before is the mean of so many bins at least, if it can be. */
#define PLATE_HISTORY_MIN_BEFORE 8u

typedef struct {
    guint num_places;
    double bin_seconds;
    guint64 num_bins;                 /* ever */
    float *grams;                     /* [bin % PLATE_HISTORY_BINS][place] */
    double times[PLATE_HISTORY_BINS]; /* of bin % PLATE_HISTORY_BINS */
    float shakes[PLATE_HISTORY_BINS]; /* what most plates of the shelf did */
} PlateHistory;

void plate_history_init(PlateHistory *history, guint num_places, double bin_seconds);
void plate_history_clear(PlateHistory *history);

/* Adds a bin; returns its row, which the caller fills: grams of each place, NAN for none. */
float *plate_history_add(PlateHistory *history, double t, float shake);

guint64 plate_history_oldest(const PlateHistory *history);
double plate_history_time(const PlateHistory *history, guint64 bin);
float plate_history_grams(const PlateHistory *history, guint64 bin, guint place);

/* Mean of the bins FROM..TO (TO not included), their range, and how many gave something; without
 * any the results are left as they are. */
guint plate_history_mean(const PlateHistory *history, guint place, guint64 from, guint64 to,
                         float *ret_mean, float *ret_range);
/* Standard deviation of the bins FROM..TO from MEAN. */
float plate_history_deviation(const PlateHistory *history, guint place, guint64 from, guint64 to,
                              float mean);
/* Standard error of the mean of COUNT bins that spread by DEVIATION. */
float plate_history_error(float deviation, guint count);
/* Mean of the shelf's shaking over the bins FROM..TO. */
float plate_history_shake(const PlateHistory *history, guint64 from, guint64 to);

/* The weight about which the place shook in the bins FROM..TO, and its standard error: bins in
 * which the shelf shook much count little, as do those far from the others, in which somebody
 * touched it. Returns how many bins gave something; with fewer than two the results are left as
 * they are. */
guint plate_history_level(const PlateHistory *history, guint place, guint64 from, guint64 to,
                          float *ret_level, float *ret_error);

/* The same of what was before BEGIN_BIN and since EARLIEST; 0 if it is not known. */
guint plate_history_before(const PlateHistory *history, guint place, guint64 begin_bin,
                           guint64 earliest, float *ret_level, float *ret_error);

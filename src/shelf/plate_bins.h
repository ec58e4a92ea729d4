/* Samples to tenths of a second. Every plate of a shelf is sampled many times a second; what
 * follows needs a tenth of that, without spikes. Work per sample is constant, and the loop runs
 * over the plates of a row, so that the compiler can make it parallel. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Grams beyond this are nonsense of the converter, not weight, and count as missing. */
#define PLATE_MAX_GRAMS 1e6f

typedef struct PlateBins PlateBins;

/* T: the middle of the bin, in seconds. MEANS: grams, NAN where the plate gave nothing. RANGES:
 * highest less lowest sample, 0 where there were fewer than two. Each has one number a plate. */
typedef void (*PlateBinFunc)(double t, const float *means, const float *ranges, gpointer data);

/* For rates up to 5 Hz a bin is one row, unfiltered. Above, single-sample spikes are taken out by
 * a median of three, and the highest and lowest of a bin do not count. */
PlateBins *plate_bins_new(guint num_plates, double hz, PlateBinFunc func, gpointer data);
void plate_bins_free(PlateBins *bins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlateBins, plate_bins_free)

double plate_bins_seconds(const PlateBins *bins);

/* Rows from T0 on in steps of 1/hz. Jitter of T0 below a bin is taken as it comes; a hole ends the
 * bin that was being filled. */
void plate_bins_push(PlateBins *bins, double t0, const float *grams, guint num_rows);

/* How good receipts are, held against the truth (docs/store-files.md tells the rules). */
#pragma once

#include "store/receipts.h"
#include "store/truth.h"

#define STORE_SCORE_NUM_BINS 8

/* Of the events said to be so certain, how many were right. */
typedef struct {
    double low, high; /* confidence from LOW up to HIGH; the last bin holds HIGH too */
    guint num_events, num_right;
    double sum_confidence;
} StoreScoreBin;

/* The same of receipts. */
typedef struct {
    double low, high;
    guint num_receipts, num_right;
    double sum_confidence;
} StoreScoreReceiptBin;

typedef struct {
    guint num_cases;
    double sum_f1;      /* over the cases */
    guint num_receipts; /* visits of the truth */
    guint num_exact;    /* every line right, and no other */
    guint num_missing;  /* visits without a receipt */
    guint num_surplus;  /* receipts of visits that never were */
    guint num_reviews, num_wrong_reviewed;
    guint units_hit, units_true, units_charged; /* of receipts */
    guint events_true, events_found;            /* units, of visits */
    guint events_reported, events_real; /* units; those that match something that happened */
    guint num_attributed_right;         /* units of events_found */
    StoreScoreBin bins[STORE_SCORE_NUM_BINS];
    StoreScoreReceiptBin receipt_bins[STORE_SCORE_NUM_BINS];
    GArray *waits;  /* of double: from exit to receipt, each that closed */
    guint num_open; /* receipts that never closed */
} StoreScore;

StoreScore *store_score_new(void);
void store_score_free(StoreScore *score);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreScore, store_score_free)

/* Adds one recording. Returns its F1. */
double store_score_add(StoreScore *score, const Truth *truth, const Receipts *receipts);
/* Adds all that PART has. */
void store_score_merge(StoreScore *score, const StoreScore *part);

double store_score_mean_f1(const StoreScore *score);
double store_score_precision(const StoreScore *score);
double store_score_recall(const StoreScore *score);
double store_score_attribution(const StoreScore *score);
/* Mean distance of the bins' certainty from their share of right events, by events; 0 is perfect.
 */
double store_score_calibration_error(const StoreScore *score);
double store_score_receipt_calibration_error(const StoreScore *score);
/* SHARE (0.95) of the waits are no longer than this; NAN without any. */
double store_score_wait(const StoreScore *score, double share);

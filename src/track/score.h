/* How well tracks agree with the truth, by the published definitions:
 *
 * - CLEAR MOT: MOTA, MOTP, switches, fragments (K. Bernardin and R. Stiefelhagen, "Evaluating
 *   Multiple Object Tracking Performance: The CLEAR MOT Metrics", EURASIP JIVP 2008).
 * - Identity: IDF1, IDP, IDR (E. Ristani et al., "Performance Measures and a Data Set for
 *   Multi-Target, Multi-Camera Tracking", ECCV workshops 2016). IDF1 is the one that matters for a
 *   cart: it asks for how much of a visit one and the same id was on one and the same person.
 * - HOTA with DetA and AssA (J. Luiten et al., "HOTA: A Higher Order Metric for Evaluating
 *   Multi-Object Tracking", IJCV 129, 2021), mean over the 19 thresholds 0.05 to 0.95.
 *
 * Where the papers leave room, the choices are those of TrackEval, the authors' code: one matching
 * a frame serves all thresholds of HOTA; a switch is counted against the id that last held the
 * person, however long ago; a match of the frame before is kept before similarity is maximised.
 * MOTP is the mean similarity of the matches, so that 1 is best. */
#pragma once

#include "track/mot_text.h"

#define SCORE_NUM_ALPHAS 19

/* Sums, so that several sequences are added member by member. */
typedef struct {
    guint64 num_frames; /* from 1 to the last frame of either file */
    guint64 num_truth_boxes, num_result_boxes;
    guint64 num_truth_ids, num_result_ids;
    guint64 true_positives, false_positives, false_negatives;
    guint64 switches, fragments;
    guint64 mostly_tracked, mostly_lost; /* people covered for more than 80 %, less than 20 % */
    double similarity;                   /* over the true positives */
    guint64 id_true_positives;
    guint64 alpha_true_positives[SCORE_NUM_ALPHAS];
    double alpha_association[SCORE_NUM_ALPHAS]; /* sum of A(c) over the true positives c */
} ScoreCounts;

typedef struct {
    double mota, motp, recall, precision;
    double idf1, idp, idr;
    double hota, deta, assa;
} ScoreFigures;

typedef enum {
    SCORE_BOXES, /* similarity is the intersection over union of the boxes; 0.5 is a match */
    SCORE_FLOOR, /* it falls with the distance on the floor, to 0.5 at the distance of a match */
} ScoreSpace;

typedef struct {
    ScoreSpace space;
    double match_distance; /* metres, SCORE_FLOOR only; 1 is customary */
} ScoreOptions;

/* Compares one sequence. Truth rows that are marked as not to be scored, or whose class is not a
 * person, are left out, and so are results that lie on a distractor (a person on a vehicle, a
 * statue, a reflection: classes 2, 7, 8 and 12 of the MOT16 benchmark). The error names the line
 * that has no place on the floor when SCORE_FLOOR needs one. */
bool score_sequence(const MotText *truth, const MotText *result, const ScoreOptions *options,
                    ScoreCounts *ret_counts, GError **error);

void score_add(ScoreCounts *total, const ScoreCounts *counts);

/* Ratios without a denominator are 0. */
ScoreFigures score_figures(const ScoreCounts *counts);

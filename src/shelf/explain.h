/* What a change of weight was: one joint explanation of all its plates.
 *
 * The caller offers candidates: products that belong there, units known to be in carts nearby,
 * units that were put back in the wrong place. An explanation is up to three of them with a number
 * of units each; it is scored by how well weights and places fit and how usual it is. Weight alone
 * never decides, since most products have another of nearly the same weight.
 *
 * Scores are logarithms of joint densities (per gram), so explanations of one change compare with
 * each other, and sums over several changes with each other. */
#pragma once

#include "shelf/shelf_watch.h"

#define EXPLAIN_MAX_PARTS 3u
#define EXPLAIN_MAX_UNITS 6u
/* Of a change; what lies beyond counts as one with the last. */
#define EXPLAIN_MAX_PLATES 32u

typedef struct {
    bool is_put;
    guint max_units; /* that can be taken at once; of a known unit 1 */
    double grams;    /* of one unit */
    double sd_grams; /* of one unit: the spread of the product, or how well this one was measured */
    /* That the product weighs something else than GRAMS says, altogether. 0 for a measured unit. */
    double wrong_weight_probability;
    double log_prior;
    const double *log_place; /* for each plate of the change: how usual it is that it lies there */
} Candidate;

typedef enum {
    EXPLAIN_GOODS,      /* PARTS tell which */
    EXPLAIN_NOTHING,    /* something was pushed; nothing came or went */
    EXPLAIN_UNKNOWN,    /* something came or went that no candidate is */
    EXPLAIN_UNFINISHED, /* a hand rests there or goods are half lifted: the rest is still to come */
} ExplanationKind;

typedef struct {
    guint candidate;
    guint num_units;
    double place; /* its middle, in plates of the change counted from 0 */
    double grams; /* of this part's share of the change, without sign */
} ExplanationPart;

typedef struct {
    ExplanationKind kind;
    guint num_parts;
    ExplanationPart parts[EXPLAIN_MAX_PARTS];
    double expected_grams;                   /* with sign */
    double log_weight, log_place, log_prior; /* what the score is made of */
    double log_score;
    bool has_wrong_weight; /* fits only if the product's weight is not what it is said to be */
} Explanation;

/* Several units at once are usual (somebody restocks). */
#define EXPLAIN_RESTOCK 1u

/* The best explanations, best first, at most MAX; those hopelessly behind the best are left out.
 * NOTHING, UNKNOWN and UNFINISHED are always among those considered. Returns how many. */
guint explain_change(const ShelfChange *change, const Candidate *candidates, guint num_candidates,
                     guint flags, Explanation *ret_explanations, guint max);

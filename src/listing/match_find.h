/* Identifiers within one name. */
#pragma once

#include "listing/match_index.h"

/* How well a SKU fits a stretch of a name. */
typedef enum {
    FIT_NONE,
    FIT_LOOSE, /* the same letters and digits */
    FIT_SHAPE, /* and separators in the same places */
    FIT_EXACT, /* and the same separators */
} Fit;

typedef struct {
    Fit fit;
    guint32 num_skus; /* more than one: a tie */
    guint32 skus[MAX_NAMED_SKUS];
    IdKind kind;
    guint32 id_length; /* of the identifier, in letters and digits */
    bool only_digits;
    guint32 rest; /* where in folded the rest begins */
    bool whole;   /* there is no word in the rest */
} Hit;

/* Of all SKUs that a name begins with. */
typedef struct {
    Hit best[FIT_EXACT + 1]; /* the longest of each fit; the index is the fit */
    Hit shorter;             /* the next after the longest exact one */
} Hits;

typedef struct {
    const MatchIndex *index;
    Name id; /* scratch */
} MatchFinder;

void hit_add_sku(Hit *hit, guint32 sku); /* if it is not yet there */

/* Short identifiers, and numbers that a camera may count up to, are found anywhere by accident. */
bool hit_is_distinctive(const Hit *hit);

/* All that begins with word FIRST and ends with word MIN_LAST or a later one. */
Hits find_beginnings(MatchFinder *finder, const Name *name, guint32 first, guint32 min_last);

const Hit *hits_strongest(const Hits *hits); /* exact, then shape, then loose; NULL: none */

/* Spreadsheets drop the zeros in front of numbers, and UPC is EAN-13 without its zero. */
bool find_without_zeros(MatchFinder *finder, const Name *name, Hit *ret_hit);

/* "IMG_AB-12_front": the longest SKU from each word on; what lies within a longer one is no reading
 * of its own. Several SKUs are a tie. RET_START: where in folded it begins. */
bool find_inside(MatchFinder *finder, const Name *name, Hit *ret_hit, guint32 *ret_start);

/* "FA-0101", "AB-12front". RET_DOUBTFUL: the digits may belong to a longer number. */
bool find_glued(MatchFinder *finder, const Name *name, Hit *ret_hit, bool *ret_doubtful);

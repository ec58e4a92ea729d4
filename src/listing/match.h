/* Photos find their SKUs (LST-05): from the list of SKUs, not by splitting names. The longest known
 * SKU that fits the normalised name or folder, then the slot from what is left. Every decision
 * names its rule. Nothing is chosen in a tie, and no slot is given twice.
 *
 * Pure: names in, decisions out, the same for the same input whatever its order. */
#pragma once

#include "listing/slot.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    MATCH_MATCHED,
    MATCH_UNMATCHED, /* no SKU fits; nearest SKUs are named */
    MATCH_AMBIGUOUS, /* two SKUs, or two photos for one slot: all of them are named */
} MatchVerdict;

/* What a photo brings. Paths as they came ('/' between folders), any encoding already UTF-8. */
typedef struct {
    const char *path;
} MatchPhoto;

/* A SKU, with other identifiers that a photo may carry instead (ASIN, barcode), and file names that
 * the sheet itself gives for its slots. */
typedef struct {
    const char *sku;
    const char *asin; /* NULL or "": none; the same below */
    const char *barcode;
    const char *const *file_names; /* NULL, or NULL-terminated: main first, "" leaves one out */
    const char *parent;            /* the SKU of its parent in a variation */
} MatchSku;

#define MATCH_NO_SKU G_MAXUINT32

typedef struct {
    MatchVerdict verdict;
    guint32 sku;       /* index, when matched, and when only the slot is ambiguous (rivals for one
                        * slot of this SKU); MATCH_NO_SKU otherwise */
    Slot slot;         /* when matched */
    const char *rule;  /* short: "name begins with the SKU; number counted from 1" */
    const char *notes; /* NULL or text for people: nearest SKUs, the other reading, the rivals */
} MatchDecision;

typedef struct MatchResult MatchResult;

MatchResult *match_photos(const MatchSku *skus, gsize num_skus, const MatchPhoto *photos,
                          gsize num_photos);
void match_result_free(MatchResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchResult, match_result_free)

const MatchDecision *match_decision(const MatchResult *result, gsize photo);

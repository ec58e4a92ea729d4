/* From readings to places: what the photos of one SKU say together. No place is given twice.
 *
 * 1. A code (or a word that means one place) takes its place.
 * 2. A number is counted from 0 if the SKU has a picture 0. If its main picture is named otherwise
 *    ("AB-1.jpg"), number 1 is the first further picture, or, where there is no 1, number 2 is.
 * Else number 1 is the main picture; but where most of the batch counts from 0, a SKU without a 0
 * has no main picture, rather than a wrong one. Gaps stay: AB-1_5 is where 5 is.
 * 3. The bare SKU is the main picture, unless 1 has one; then it takes the next free place.
 * 4. Views take the next free places in their usual order, and the front is the main picture where
 *    there is no other.
 * 5. What says nothing about places follows in natural order; the first is the main picture where
 *    there is no other.
 *
 * Two photos that name the same place by 1 to 3, or that have the same name but for the extension,
 * are rivals: none of them gets it, nor does anybody else. */
#pragma once

#include "listing/match_read.h"

typedef enum {
    PLACE_BY_CODE,
    PLACE_BY_COLUMN,
    PLACE_BY_NUMBER_FROM_0,
    PLACE_BY_NUMBER_FROM_1,
    PLACE_BY_NUMBER_OF_EXTRA,
    PLACE_BY_NUMBER_AFTER_MAIN,
    PLACE_BARE,
    PLACE_BARE_NEXT,
    PLACE_FRONT,
    PLACE_VIEW,
    PLACE_FIRST,
    PLACE_NEXT,
    PLACE_RULE_COUNT,
} PlaceRule;

typedef struct {
    Slot slot;
    guint8 rule;         /* PlaceRule */
    bool has_slot;       /* the slot is this photo's, or what the rivals are after */
    guint32 first_rival; /* in places->rivals; of all rivals, this photo among them */
    guint32 num_rivals;  /* 0: it has its place */
} Place;

typedef struct {
    Place *places;     /* one a photo; meaningless for photos without a SKU */
    guint32 *rivals;   /* photos */
    bool mixed_counts; /* some SKUs count from 0, some from 1 */
} MatchPlaces;

MatchPlaces *match_places_new(const MatchReading *readings, const MatchPhoto *photos,
                              gsize num_photos, gsize num_skus);
void match_places_free(MatchPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchPlaces, match_places_free)

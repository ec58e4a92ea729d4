/* One reading of a change, while it is made: what may have moved, who may have been there, and what
 * comes out. For readings.c and its parts only. */
#pragma once

#include "store/attribution.h"
#include "store/readings.h"

#define READING_MAX_PEOPLE 5u
#define PLACES_PER_PLATE 4u
#define NUM_PLACES (EXPLAIN_MAX_PLATES * PLACES_PER_PLATE)

typedef struct {
    Candidate candidate;
    guint product;
    guint64 unit;
    double *log_place;
    double fit; /* how far from the whole change's weight, for choosing */
} Offer;

typedef struct {
    guint slot;            /* PEOPLE_NONE: nobody who is seen */
    double log_likelihood; /* that it was this one of all */
    double log_also;       /* how much what was seen speaks for this one's hand, too, having been
                              there during the change; NAN: not asked for yet */
} Person;

typedef struct {
    const ReadingContext *context;
    const StoreChange *change;
    const LayoutShelf *shelf;
    guint num_plates; /* of the change */
    GArray *offers;   /* of Offer */
    bool has_staff;
    /* Who may have touched each place along the change, once asked for. */
    Person people[NUM_PLACES][READING_MAX_PEOPLE];
    guint num_people[NUM_PLACES];
    Alternative *alternatives;
    guint num_alternatives;
} Reading;

/* Where a plate is to the places that a product has by the planogram. */
typedef enum {
    PLACE_HOME,
    PLACE_BESIDE,
    PLACE_SAME_SHELF,
    PLACE_SAME_GONDOLA,
    PLACE_ELSEWHERE
} Place;

/* Index in the layout of the change's plate number I. */
guint reading_plate(const Reading *reading, guint i);
bool plates_are_beside(const StoreLayout *layout, guint a, guint b);
Place place_of_product(const StoreLayout *layout, guint product, guint plate);

/* Fills READING's offers: what may have been taken there or put there. */
void reading_collect_offers(Reading *reading);

/* The change at INDEX, counted in parts of a plate. */
Touch reading_touch(const Reading *reading, guint index);
/* The likeliest people to have touched the change at INDEX, counted in parts of a plate; best
 * first, and nobody. Returns how many were stored in RET (at most READING_MAX_PEOPLE). */
guint reading_find_people(const Reading *reading, guint index, Person *ret);
/* The same for PLACE, counted in plates of the change; the list stays until the reading ends. */
const Person *reading_people_at(Reading *reading, double place, guint *ret_count);
/* That the person number K of those at PLACE had a hand there as well, some time in the change. */
double reading_log_also(Reading *reading, double place, guint k);

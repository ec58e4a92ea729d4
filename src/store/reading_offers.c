/* What may have been taken from a place, or put there. */
#include "store/reading.h"

#include <math.h>

#define MAX_CANDIDATES 56u

/* A change below this on a plate is no sign of goods that came or went there. */
static const double min_plate_grams = 4;
/* Where goods are, by planogram; a person may push or replace them a little. */
static const double log_beside_home = -3.5;
static const double log_same_shelf = -7;
static const double log_same_gondola = -8;
static const double log_anywhere = -9;
/* Where a misplaced unit lies: where it was put, or a plate further. */
static const double log_misplaced_beside = -3;
static const double log_misplaced = -0.2;
/* Where a unit is put back: one in seven lands somewhere else. */
static const double log_put_home = -0.15;
static const double log_put_beside = -1.5;
static const double log_put_same_shelf = -3.5;
static const double log_put_anywhere = -5;
/* A put-back by somebody who is near, of a unit from the cart of somebody who is not. */
static const double log_far_cart = -2;
static const double far_metres = 3;

guint
reading_plate(const Reading *reading, guint i)
{
    return reading->shelf->first_plate + reading->change->plates[i].column;
}

/* Metres between the middles of two plates. */
static double
plate_distance(const StoreLayout *layout, guint a, guint b)
{
    const LayoutPlate *pa = &layout->plates[a];
    const LayoutPlate *pb = &layout->plates[b];
    return hypot(hypot(pa->center[0] - pb->center[0], pa->center[1] - pb->center[1]),
                 pa->center[2] - pb->center[2]);
}

bool
plates_are_beside(const StoreLayout *layout, guint a, guint b)
{
    const LayoutPlate *pa = &layout->plates[a];
    const LayoutPlate *pb = &layout->plates[b];
    double width = (MIN(pa->size[0], pa->size[1]) + MIN(pb->size[0], pb->size[1])) / 2;
    return pa->shelf == pb->shelf && a != b && plate_distance(layout, a, b) < width + 0.06;
}

Place
place_of_product(const StoreLayout *layout, guint product, guint plate)
{
    const LayoutProduct *goods = &layout->products[product];
    Place best = PLACE_ELSEWHERE;
    guint shelf = layout->plates[plate].shelf;
    for (guint i = 0; i < goods->num_plates; i++) {
        guint home = goods->plates[i];
        guint home_shelf = layout->plates[home].shelf;
        Place place = home == plate                            ? PLACE_HOME
                      : plates_are_beside(layout, home, plate) ? PLACE_BESIDE
                      : home_shelf == shelf                    ? PLACE_SAME_SHELF
                      : layout->shelves[home_shelf].gondola == layout->shelves[shelf].gondola
                          ? PLACE_SAME_GONDOLA
                          : PLACE_ELSEWHERE;
        best = MIN(best, place);
    }
    return best;
}

static double
log_place_of_taking(Place place)
{
    switch (place) {
    case PLACE_HOME:
        return 0;
    case PLACE_BESIDE:
        return log_beside_home;
    case PLACE_SAME_SHELF:
        return log_same_shelf;
    case PLACE_SAME_GONDOLA:
        return log_same_gondola;
    case PLACE_ELSEWHERE:
        return log_anywhere;
    }
    g_assert_not_reached();
}

static double
log_place_of_putting(Place place)
{
    switch (place) {
    case PLACE_HOME:
        return log_put_home;
    case PLACE_BESIDE:
        return log_put_beside;
    case PLACE_SAME_SHELF:
        return log_put_same_shelf;
    case PLACE_SAME_GONDOLA:
    case PLACE_ELSEWHERE:
        return log_put_anywhere;
    }
    g_assert_not_reached();
}

/* How many standard deviations one unit is from the whole change. */
static double
fit_of(const Reading *reading, const Candidate *candidate)
{
    double off = fabs(reading->change->change.delta_grams) - candidate->grams;
    return fabs(off) / hypot(candidate->sd_grams, reading->change->change.sd_grams + 1);
}

static void
offer(Reading *reading, Offer offered)
{
    offered.candidate.log_place = offered.log_place;
    offered.fit = fit_of(reading, &offered.candidate);
    g_array_append_val(reading->offers, offered);
}

static void
offer_product(Reading *reading, guint product, bool is_put)
{
    const StoreLayout *layout = reading->context->layout;
    Offer offered = { .product = product };
    offered.log_place = g_new(double, reading->num_plates);
    Place nearest = PLACE_ELSEWHERE;
    for (guint i = 0; i < reading->num_plates; i++) {
        Place place = place_of_product(layout, product, reading_plate(reading, i));
        nearest = MIN(nearest, place);
        offered.log_place[i] = log_place_of_taking(place);
    }
    Candidate *candidate = &offered.candidate;
    candidate->is_put = is_put;
    candidate->max_units = is_put ? 40 : EXPLAIN_MAX_UNITS;
    candidate->grams =
        product_weights_grams(reading->context->weights, product, &candidate->sd_grams);
    if (nearest <= PLACE_BESIDE) {
        candidate->wrong_weight_probability =
            product_weights_doubt(reading->context->weights, product);
    }
    /* Of the many that belong elsewhere, those that fit. */
    if (nearest > PLACE_SAME_SHELF) {
        candidate->log_prior = -log(MAX(1, layout->num_products) / 10.0);
        if (is_put || fit_of(reading, candidate) > 3) {
            g_free(offered.log_place);
            return;
        }
    }
    offer(reading, offered);
}

static bool
owner_is_near(const Reading *reading, Owner owner)
{
    const ReadingContext *context = reading->context;
    const double *center = context->layout->plates[reading_plate(reading, 0)].center;
    for (guint slot = 0; slot < people_num_slots(context->people); slot++) {
        if (!people_is_used(context->people, slot)) {
            continue;
        }
        FloorPoint last = people_last_point(context->people, slot);
        if (hypot(last.x - center[0], last.y - center[1]) < far_metres &&
            cart_book_owner_probability(context->book, slot, owner) > 0.02) {
            return true;
        }
    }
    return false;
}

static void
offer_units_in_carts(Reading *reading, const GArray *units)
{
    const StoreLayout *layout = reading->context->layout;
    for (guint k = 0; k < units->len; k++) {
        const UnitSummary *summary = &g_array_index(units, UnitSummary, k);
        const CartUnit *unit = &summary->unit;
        if (summary->in_cart < 1e-4) {
            continue;
        }
        Offer offered = { .product = unit->product, .unit = unit->key };
        offered.candidate = (Candidate){
            .is_put = true, .max_units = 1, .grams = unit->grams, .sd_grams = unit->sd_grams
        };
        if (!owner_is_near(reading, unit->owner)) {
            offered.candidate.log_prior = log_far_cart;
            if (fit_of(reading, &offered.candidate) > 3) {
                continue;
            }
        }
        offered.log_place = g_new(double, reading->num_plates);
        for (guint i = 0; i < reading->num_plates; i++) {
            Place place = unit->product == LAYOUT_NONE
                              ? PLACE_SAME_SHELF
                              : place_of_product(layout, unit->product, reading_plate(reading, i));
            offered.log_place[i] = log_place_of_putting(place);
        }
        offer(reading, offered);
    }
}

static void
offer_misplaced_units(Reading *reading, const GArray *units)
{
    const StoreLayout *layout = reading->context->layout;
    for (guint k = 0; k < units->len; k++) {
        const UnitSummary *summary = &g_array_index(units, UnitSummary, k);
        const CartUnit *unit = &summary->unit;
        if (summary->on_shelf < 1e-4 ||
            layout->plates[unit->plate].shelf != reading->change->shelf) {
            continue;
        }
        Offer offered = { .product = unit->product, .unit = unit->key };
        offered.candidate = (Candidate){ .max_units = 1,
                                         .grams = unit->grams,
                                         .sd_grams = unit->sd_grams,
                                         .log_prior = log_misplaced };
        offered.log_place = g_new(double, reading->num_plates);
        for (guint i = 0; i < reading->num_plates; i++) {
            guint plate = reading_plate(reading, i);
            offered.log_place[i] = plate == unit->plate ? 0
                                   : plates_are_beside(layout, plate, unit->plate)
                                       ? log_misplaced_beside / 4
                                       : log_misplaced_beside;
        }
        offer(reading, offered);
    }
}

static int
compare_offers(gconstpointer a, gconstpointer b)
{
    const Offer *oa = a;
    const Offer *ob = b;
    double va = oa->fit - 3 * oa->candidate.log_prior - 2 * oa->log_place[0];
    double vb = ob->fit - 3 * ob->candidate.log_prior - 2 * ob->log_place[0];
    if (va != vb) {
        return va < vb ? -1 : 1;
    }
    return oa->product < ob->product ? -1 : oa->product > ob->product;
}

void
reading_collect_offers(Reading *reading)
{
    const StoreLayout *layout = reading->context->layout;
    g_autoptr(GArray) units = cart_book_units(reading->context->book);
    bool some_left = false;
    bool some_came = false;
    for (guint i = 0; i < reading->num_plates; i++) {
        some_left |= reading->change->plates[i].delta_grams < -min_plate_grams;
        some_came |= reading->change->plates[i].delta_grams > min_plate_grams;
    }
    if (some_left) {
        for (guint product = 0; product < layout->num_products; product++) {
            offer_product(reading, product, false);
        }
        offer_misplaced_units(reading, units);
    }
    if (some_came) {
        offer_units_in_carts(reading, units);
        for (guint product = 0; reading->has_staff && product < layout->num_products; product++) {
            offer_product(reading, product, true);
        }
    }
    if (reading->offers->len > MAX_CANDIDATES) {
        g_array_sort(reading->offers, compare_offers);
        for (guint i = MAX_CANDIDATES; i < reading->offers->len; i++) {
            g_free(g_array_index(reading->offers, Offer, i).log_place);
        }
        g_array_set_size(reading->offers, MAX_CANDIDATES);
    }
}

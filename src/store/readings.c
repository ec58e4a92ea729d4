#include "store/readings.h"

#include "store/attribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CANDIDATES 56u
#define MAX_EXPLANATIONS 24u
#define MAX_PEOPLE 5u
#define PLACES_PER_PLATE 4u
#define NUM_PLACES (EXPLAIN_MAX_PLATES * PLACES_PER_PLATE)

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
/* Hands are taken for each other's, tracks for somebody else's: so often it was another of those
 * who stand there, whatever the hands say. */
static const double p_mistaken = 0.005;
/* What is seen of one person has errors in common: taken for independent it was right in 0.94 of
 * the cases of which it said 0.98, and in 0.97 of which it said 0.995. So much of it counts. */
static const double certainty_share = 0.75;
/* Both products by the same person, and by two. */
static const double log_same_person = -0.1;
static const double log_two_people = -2.4;
/* The rest of what was held down or half lifted comes within this. */
static const double unfinished_seconds = 15;
static const double never_kept = 14;
/* One hand needs this from one thing to the next. */
static const double at_once_seconds = 1.3;
static const double log_busy_floor = -3;
/* Two units are in two places if their middles are so far apart. */
static const double least_apart_plates = 0.4;

typedef struct {
    Candidate candidate;
    guint product;
    guint64 unit;
    double *log_place;
    double fit; /* how far from the whole change's weight, for choosing */
} Offer;

typedef struct {
    guint slot; /* PEOPLE_NONE: nobody who is seen */
    double log_likelihood;
} Person;

typedef struct {
    const ReadingContext *context;
    const StoreChange *change;
    const LayoutShelf *shelf;
    guint num_plates; /* of the change */
    GArray *offers;   /* of Offer */
    bool has_staff;
    /* Who may have touched each place along the change, once asked for. */
    Person people[NUM_PLACES][MAX_PEOPLE];
    guint num_people[NUM_PLACES];
    Alternative *alternatives;
    guint num_alternatives;
} Reading;

static guint
plate_of(const Reading *reading, guint i)
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

static bool
is_beside(const StoreLayout *layout, guint a, guint b)
{
    const LayoutPlate *pa = &layout->plates[a];
    const LayoutPlate *pb = &layout->plates[b];
    double width = (MIN(pa->size[0], pa->size[1]) + MIN(pb->size[0], pb->size[1])) / 2;
    return pa->shelf == pb->shelf && a != b && plate_distance(layout, a, b) < width + 0.06;
}

typedef enum {
    PLACE_HOME,
    PLACE_BESIDE,
    PLACE_SAME_SHELF,
    PLACE_SAME_GONDOLA,
    PLACE_ELSEWHERE
} Place;

static Place
place_of_product(const StoreLayout *layout, guint product, guint plate)
{
    const LayoutProduct *goods = &layout->products[product];
    Place best = PLACE_ELSEWHERE;
    guint shelf = layout->plates[plate].shelf;
    for (guint i = 0; i < goods->num_plates; i++) {
        guint home = goods->plates[i];
        guint home_shelf = layout->plates[home].shelf;
        Place place = home == plate                    ? PLACE_HOME
                      : is_beside(layout, home, plate) ? PLACE_BESIDE
                      : home_shelf == shelf            ? PLACE_SAME_SHELF
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
        Place place = place_of_product(layout, product, plate_of(reading, i));
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
    const double *center = context->layout->plates[plate_of(reading, 0)].center;
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
                              : place_of_product(layout, unit->product, plate_of(reading, i));
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
            guint plate = plate_of(reading, i);
            offered.log_place[i] = plate == unit->plate ? 0
                                   : is_beside(layout, plate, unit->plate)
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

static void
collect_offers(Reading *reading)
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

static int
compare_people(const void *a, const void *b)
{
    const Person *pa = a;
    const Person *pb = b;
    if (pa->log_likelihood != pb->log_likelihood) {
        return pa->log_likelihood > pb->log_likelihood ? -1 : 1;
    }
    return pa->slot < pb->slot ? -1 : pa->slot > pb->slot;
}

/* The change at INDEX, counted in parts of a plate. */
static Touch
touch_at(const Reading *reading, guint index)
{
    const ReadingContext *context = reading->context;
    const ShelfChange *change = &reading->change->change;
    guint first = index / PLACES_PER_PLATE;
    double share = (double)(index % PLACES_PER_PLATE) / PLACES_PER_PLATE;
    const LayoutPlate *plate = &context->layout->plates[plate_of(reading, first)];
    const LayoutPlate *next =
        share > 0 ? &context->layout->plates[plate_of(reading, first + 1)] : plate;
    return (Touch){ .x = plate->center[0] + share * (next->center[0] - plate->center[0]),
                    .y = plate->center[1] + share * (next->center[1] - plate->center[1]),
                    .z = plate->center[2] + share * (next->center[2] - plate->center[2]),
                    .half_size = { plate->size[0] / 2, plate->size[1] / 2 },
                    .yaw = plate->yaw,
                    .front = reading->shelf->front,
                    .early_t = change->early_t,
                    .edge_t = change->edge_t,
                    .late_t = change->late_t };
}

/* The likeliest people to have touched the change at INDEX, counted in parts of a plate; best
 * first, and nobody. */
static guint
find_people(const Reading *reading, guint index, Person *ret)
{
    const ReadingContext *context = reading->context;
    Touch touch = touch_at(reading, index);
    guint num_slots = people_num_slots(context->people);
    g_autofree Person *all = g_new(Person, num_slots + 1);
    guint count = 0;
    for (guint slot = 0; slot < num_slots; slot++) {
        if (!people_is_used(context->people, slot)) {
            continue;
        }
        double log_likelihood = attribution_log_likelihood(context->people, slot, &touch);
        if (log_likelihood > ATTRIBUTION_LOG_NOBODY - 3) {
            all[count++] = (Person){ slot, certainty_share * log_likelihood };
        }
    }
    qsort(all, count, sizeof *all, compare_people);
    count = MIN(count, MAX_PEOPLE - 1);
    for (guint i = 0; i < count; i++) {
        ret[i] = all[i];
    }
    double log_nobody = certainty_share * ATTRIBUTION_LOG_NOBODY;
    ret[count++] = (Person){ PEOPLE_NONE, log_nobody };
    /* One of them it was. */
    double best = MAX(ret[0].log_likelihood, log_nobody);
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        sum += exp(ret[i].log_likelihood - best);
    }
    for (guint i = 0; i < count; i++) {
        double p = exp(ret[i].log_likelihood - best) / sum;
        double p_seen = ret[i].slot == PEOPLE_NONE ? 0 : p_mistaken / MAX(1, count - 1);
        ret[i].log_likelihood = log(MAX((1 - p_mistaken) * p + p_seen, 1e-9));
    }
    return count;
}

/* The same for PLACE, counted in plates of the change; the list stays until the reading ends. */
static const Person *
people_at(Reading *reading, double place, guint *ret_count)
{
    double in_parts = CLAMP(place, 0, reading->num_plates - 1) * PLACES_PER_PLATE;
    guint index = (guint)lround(in_parts);
    if (reading->num_people[index] == 0) {
        reading->num_people[index] = find_people(reading, index, reading->people[index]);
    }
    *ret_count = reading->num_people[index];
    return reading->people[index];
}

static void
keep_alternative(Reading *reading, const Alternative *alternative)
{
    guint count = reading->num_alternatives;
    if (count == CART_BOOK_MAX_ALTERNATIVES) {
        if (reading->alternatives[count - 1].log_score >= alternative->log_score) {
            return;
        }
        count--;
    }
    for (; count > 0 && reading->alternatives[count - 1].log_score < alternative->log_score;
         count--) {
        if (count < CART_BOOK_MAX_ALTERNATIVES) {
            reading->alternatives[count] = reading->alternatives[count - 1];
        }
    }
    reading->alternatives[count] = *alternative;
    reading->num_alternatives = MIN(reading->num_alternatives + 1, CART_BOOK_MAX_ALTERNATIVES);
}

static Deed
deed_of_part(const Reading *reading, const Explanation *explanation, guint index)
{
    const ExplanationPart *part = &explanation->parts[index];
    const Offer *offered = &g_array_index(reading->offers, Offer, part->candidate);
    const ShelfChange *change = &reading->change->change;
    guint nearest = MIN((guint)lround(MAX(part->place, 0)), reading->num_plates - 1);
    guint plate = plate_of(reading, nearest);
    Deed deed = { .is_put = offered->candidate.is_put,
                  .product = offered->product,
                  .num_units = part->num_units,
                  .unit = offered->unit,
                  .plate = plate,
                  .grams = offered->candidate.grams,
                  .sd_grams = offered->candidate.sd_grams };
    deed.is_at_home =
        offered->product != LAYOUT_NONE &&
        place_of_product(reading->context->layout, offered->product, plate) == PLACE_HOME;
    if (explanation->num_parts == 1 && !change->is_beside_dead) {
        deed.grams = fabs(change->delta_grams) / part->num_units;
        if (part->num_units == 1) {
            deed.sd_grams = hypot(change->sd_grams, 0.8 + 0.003 * deed.grams);
        }
    } else if (change->is_beside_dead) {
        deed.sd_grams += 0.1 * deed.grams;
    }
    return deed;
}

static Alternative
alternative_of(const Explanation *explanation)
{
    return (Alternative){ .kind = explanation->kind,
                          .log_weight = explanation->log_weight,
                          .log_place = explanation->log_place,
                          .log_prior = explanation->log_prior,
                          .log_score = explanation->log_score,
                          .has_wrong_weight = explanation->has_wrong_weight };
}

static void
add_person(Alternative *alternative, guint deed, const Person *person)
{
    alternative->deeds[deed].track = person->slot;
    alternative->log_person += person->log_likelihood;
    alternative->log_score += person->log_likelihood;
}

/* Everything by one person. */
static void
read_with_one_person(Reading *reading, const Alternative *base, const Person *person,
                     const Person *const *people, const guint *num_people)
{
    Alternative alternative = *base;
    alternative.log_person = INFINITY;
    for (guint p = 0; p < base->num_deeds; p++) {
        Person here = { person->slot, ATTRIBUTION_LOG_HOPELESS };
        for (guint k = 0; k < num_people[p]; k++) {
            if (people[p][k].slot == person->slot) {
                here = people[p][k];
            }
        }
        /* Two goods side by side are one gesture: it counts once, by where it was seen worst. */
        alternative.deeds[p].track = here.slot;
        alternative.log_person = MIN(alternative.log_person, here.log_likelihood);
    }
    alternative.log_prior += base->num_deeds > 1 ? log_same_person : 0;
    alternative.log_score += alternative.log_person + (base->num_deeds > 1 ? log_same_person : 0);
    keep_alternative(reading, &alternative);
}

static void
read_with_two_people(Reading *reading, const Alternative *base, const Person *const *people,
                     const guint *num_people)
{
    for (guint a = 0; a < num_people[0]; a++) {
        for (guint b = 0; b < num_people[1]; b++) {
            if (people[0][a].slot == people[1][b].slot || people[0][a].slot == PEOPLE_NONE ||
                people[1][b].slot == PEOPLE_NONE) {
                continue;
            }
            Alternative alternative = *base;
            add_person(&alternative, 0, &people[0][a]);
            add_person(&alternative, 1, &people[1][b]);
            alternative.log_prior += log_two_people;
            alternative.log_score += log_two_people;
            keep_alternative(reading, &alternative);
        }
    }
}

/* Where the units are of which PART has two: the middles of the halves of its weight, in plates of
 * the change. */
static void
places_of_two(const Reading *reading, const ExplanationPart *part, double ret_places[2])
{
    double sum = 0;
    for (guint i = 0; i < reading->num_plates; i++) {
        sum += fabs(reading->change->plates[i].delta_grams);
    }
    double before = 0;
    double middles[2] = { 0, 0 };
    for (guint i = 0; i < reading->num_plates && sum > 0; i++) {
        double share = fabs(reading->change->plates[i].delta_grams) / sum;
        double first = CLAMP(0.5 - before, 0, share);
        middles[0] += first * i / 0.5;
        middles[1] += (share - first) * i / 0.5;
        before += share;
    }
    bool is_apart = middles[1] - middles[0] > least_apart_plates;
    ret_places[0] = is_apart ? middles[0] : part->place;
    ret_places[1] = is_apart ? middles[1] : part->place;
}

/* Two of the same: by one person, or one each. */
static void
read_two_of_one(Reading *reading, const Explanation *explanation, const Alternative *base)
{
    const Person *people[2];
    guint num_people[2];
    double places[2];
    places_of_two(reading, &explanation->parts[0], places);
    for (guint i = 0; i < 2; i++) {
        people[i] = people_at(reading, places[i], &num_people[i]);
    }
    for (guint k = 0; k < num_people[0]; k++) {
        Alternative alternative = *base;
        double least = people[0][k].log_likelihood;
        double other = ATTRIBUTION_LOG_HOPELESS;
        for (guint n = 0; n < num_people[1]; n++) {
            if (people[1][n].slot == people[0][k].slot) {
                other = people[1][n].log_likelihood;
            }
        }
        Person person = { people[0][k].slot, MIN(least, other) };
        add_person(&alternative, 0, &person);
        keep_alternative(reading, &alternative);
    }
    Alternative each = *base;
    each.num_deeds = 2;
    each.deeds[0].num_units = 1;
    each.deeds[1] = each.deeds[0];
    for (guint i = 0; i < 2; i++) {
        each.deeds[i].plate = plate_of(reading, (guint)lround(places[i]));
    }
    read_with_two_people(reading, &each, people, num_people);
}

static void
read_goods(Reading *reading, const Explanation *explanation, const Alternative *base)
{
    const Person *people[EXPLAIN_MAX_PARTS];
    guint num_people[EXPLAIN_MAX_PARTS] = { 0 };
    Alternative alternative = *base;
    alternative.num_deeds = explanation->num_parts;
    for (guint p = 0; p < explanation->num_parts; p++) {
        people[p] = people_at(reading, explanation->parts[p].place, &num_people[p]);
        alternative.deeds[p] = deed_of_part(reading, explanation, p);
    }
    if (explanation->num_parts == 1 && explanation->parts[0].num_units == 2 &&
        alternative.deeds[0].unit == 0 && !alternative.deeds[0].is_put) {
        read_two_of_one(reading, explanation, &alternative);
        return;
    }
    for (guint k = 0; k < num_people[0]; k++) {
        read_with_one_person(reading, &alternative, &people[0][k], people, num_people);
    }
    if (explanation->num_parts == 2) {
        read_with_two_people(reading, &alternative, people, num_people);
    }
}

/* Something that is no candidate: a foreign thing came, or a thing went that nobody knows. */
static void
read_unknown(Reading *reading, const Alternative *base)
{
    const ShelfChange *change = &reading->change->change;
    double place = 0;
    double most = -1;
    for (guint i = 0; i < reading->num_plates; i++) {
        if (fabs(change->plates[i].delta_grams) > most) {
            most = fabs(change->plates[i].delta_grams);
            place = i;
        }
    }
    guint num_people;
    const Person *people = people_at(reading, place, &num_people);
    Alternative alternative = *base;
    alternative.num_deeds = 1;
    alternative.deeds[0] = (Deed){ .is_put = change->delta_grams > 0,
                                   .product = LAYOUT_NONE,
                                   .num_units = 1,
                                   .plate = plate_of(reading, (guint)place),
                                   .grams = fabs(change->delta_grams),
                                   .sd_grams = hypot(change->sd_grams, 1) };
    for (guint k = 0; k < num_people; k++) {
        Alternative by = alternative;
        add_person(&by, 0, &people[k]);
        keep_alternative(reading, &by);
    }
}

/* That both changes were made by one person, whoever it was. */
static double
log_same_hand(const Reading *reading, const StoreChange *before, const StoreChange *change)
{
    Reading first = { .context = reading->context,
                      .change = before,
                      .shelf = reading->shelf,
                      .num_plates = MIN(before->change.num_plates, EXPLAIN_MAX_PLATES) };
    Reading second = { .context = reading->context,
                       .change = change,
                       .shelf = reading->shelf,
                       .num_plates = MIN(change->change.num_plates, EXPLAIN_MAX_PLATES) };
    Person people_before[MAX_PEOPLE];
    Person people_now[MAX_PEOPLE];
    guint num_before =
        find_people(&first, (first.num_plates - 1) / 2 * PLACES_PER_PLATE, people_before);
    guint num_now =
        find_people(&second, (second.num_plates - 1) / 2 * PLACES_PER_PLATE, people_now);
    double sum = 0;
    for (guint i = 0; i < num_before; i++) {
        for (guint k = 0; k < num_now; k++) {
            if (people_before[i].slot == people_now[k].slot) {
                sum += exp(people_before[i].log_likelihood + people_now[k].log_likelihood);
            }
        }
    }
    return log(MAX(sum, 1e-4));
}

double
readings_actor_probability(const ReadingContext *context, const StoreChange *change, Owner owner)
{
    Reading reading = { .context = context,
                        .change = change,
                        .shelf = &context->layout->shelves[change->shelf],
                        .num_plates = MIN(change->change.num_plates, EXPLAIN_MAX_PLATES) };
    Person people[MAX_PEOPLE];
    guint count = find_people(&reading, (reading.num_plates - 1) / 2 * PLACES_PER_PLATE, people);
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        if (people[i].slot != PEOPLE_NONE) {
            sum += exp(people[i].log_likelihood) *
                   cart_book_owner_probability(context->book, people[i].slot, owner);
        }
    }
    return sum;
}

static void
read_as(Reading *reading, const StoreChange *change, const guint64 *finishes, guint num_finishes,
        double log_added)
{
    const LayoutShelf *shelf = &reading->context->layout->shelves[change->shelf];
    reading->change = change;
    reading->shelf = shelf;
    reading->num_plates = MIN(change->change.num_plates, EXPLAIN_MAX_PLATES);
    reading->offers = g_array_new(FALSE, TRUE, sizeof(Offer));
    memset(reading->num_people, 0, sizeof reading->num_people);
    collect_offers(reading);
    g_autofree Candidate *candidates = g_new(Candidate, reading->offers->len + 1);
    for (guint i = 0; i < reading->offers->len; i++) {
        candidates[i] = g_array_index(reading->offers, Offer, i).candidate;
    }
    Explanation explanations[MAX_EXPLANATIONS];
    guint count =
        explain_change(&change->change, candidates, reading->offers->len,
                       reading->has_staff ? EXPLAIN_RESTOCK : 0, explanations, MAX_EXPLANATIONS);
    for (guint i = 0; i < count; i++) {
        Alternative alternative = alternative_of(&explanations[i]);
        alternative.t = change->t;
        alternative.num_finishes = num_finishes;
        alternative.log_prior += log_added;
        alternative.log_score += log_added;
        for (guint k = 0; k < num_finishes; k++) {
            alternative.finishes[k] = finishes[k];
        }
        switch (explanations[i].kind) {
        case EXPLAIN_GOODS:
            read_goods(reading, &explanations[i], &alternative);
            break;
        case EXPLAIN_UNKNOWN:
            read_unknown(reading, &alternative);
            break;
        case EXPLAIN_NOTHING:
            keep_alternative(reading, &alternative);
            break;
        case EXPLAIN_UNFINISHED:
            /* What is still unfinished waits by itself. */
            if (num_finishes == 0) {
                keep_alternative(reading, &alternative);
            }
            break;
        }
    }
    for (guint i = 0; i < reading->offers->len; i++) {
        g_free(g_array_index(reading->offers, Offer, i).log_place);
    }
    g_array_unref(reading->offers);
}

static bool
touch_each_other(const StoreLayout *layout, const StoreChange *a, const StoreChange *b)
{
    if (a->shelf != b->shelf) {
        return false;
    }
    guint first = layout->shelves[a->shelf].first_plate;
    for (guint i = 0; i < a->change.num_plates; i++) {
        for (guint k = 0; k < b->change.num_plates; k++) {
            guint plate_a = first + a->plates[i].column;
            guint plate_b = first + b->plates[k].column;
            if (plate_a == plate_b || is_beside(layout, plate_a, plate_b)) {
                return true;
            }
        }
    }
    return false;
}

/* Together with what was left unfinished there before, the latest first. */
static void
read_with_unfinished(Reading *reading, const StoreChange *change)
{
    g_autoptr(GPtrArray) unfinished = cart_book_unfinished(reading->context->book, 1e-5);
    g_autoptr(StoreChange) joined = NULL;
    guint64 finishes[CART_BOOK_MAX_FINISHES];
    guint count = 0;
    double log_hands = 0;
    for (guint i = unfinished->len; i-- > 0 && count < CART_BOOK_MAX_FINISHES;) {
        const Decision *decision = unfinished->pdata[i];
        const StoreChange *before = decision->data;
        if (change->change.edge_t - before->change.edge_t > unfinished_seconds ||
            !touch_each_other(reading->context->layout, before, change)) {
            continue;
        }
        StoreChange *longer = store_change_join(before, joined != NULL ? joined : change);
        g_clear_pointer(&joined, store_change_free);
        joined = longer;
        finishes[count++] = decision->serial;
        log_hands += log_same_hand(reading, before, change);
        read_as(reading, joined, finishes, count, log_hands);
    }
}

static bool
staff_is_near(const ReadingContext *context, const StoreChange *change)
{
    const double *center =
        context->layout->plates[store_change_plate(change, context->layout)].center;
    for (guint slot = 0; slot < people_num_slots(context->people); slot++) {
        if (!people_is_used(context->people, slot)) {
            continue;
        }
        FloorPoint last = people_last_point(context->people, slot);
        if (hypot(last.x - center[0], last.y - center[1]) < far_metres &&
            cart_book_owner_probability(context->book, slot, OWNER_STAFF) > 0.02) {
            return true;
        }
    }
    return false;
}

guint
readings_of_change(const ReadingContext *context, const StoreChange *change, Alternative *ret)
{
    Reading reading = { .context = context, .alternatives = ret };
    reading.has_staff = staff_is_near(context, change);
    read_as(&reading, change, NULL, 0, 0);
    read_with_unfinished(&reading, change);
    /* One that is possible in any story: a thing that nobody knows. The list keeps the best, so it
     * may have been pushed out. */
    Alternative last = { .kind = EXPLAIN_UNKNOWN,
                         .t = change->t,
                         .log_score = ret[0].log_score - never_kept };
    last.num_deeds = 1;
    last.deeds[0] = (Deed){ .is_put = change->change.delta_grams > 0,
                            .product = LAYOUT_NONE,
                            .num_units = 1,
                            .track = PEOPLE_NONE,
                            .plate = store_change_plate(change, context->layout),
                            .grams = fabs(change->change.delta_grams),
                            .sd_grams = 2 };
    guint count = MIN(reading.num_alternatives, CART_BOOK_MAX_ALTERNATIVES - 1);
    ret[count] = last;
    return count + 1;
}

static Reading
reading_of(const ReadingContext *context, const StoreChange *change)
{
    return (Reading){ .context = context,
                      .change = change,
                      .shelf = &context->layout->shelves[change->shelf],
                      .num_plates = MIN(change->change.num_plates, EXPLAIN_MAX_PLATES) };
}

/* The part of a plate in the middle of what changed. */
static guint
middle_of(const Reading *reading)
{
    double sum = 0;
    double place = 0;
    for (guint i = 0; i < reading->num_plates; i++) {
        double grams = fabs(reading->change->plates[i].delta_grams);
        sum += grams;
        place += grams * i;
    }
    return (guint)lround(sum > 0 ? place / sum * PLACES_PER_PLATE : 0);
}

static bool
may_have_done(const Decision *decision, guint track)
{
    for (guint i = 0; i < decision->num_alternatives; i++) {
        for (guint k = 0; k < decision->alternatives[i].num_deeds; k++) {
            if (decision->alternatives[i].deeds[k].track == track) {
                return true;
            }
        }
    }
    return false;
}

guint
readings_conflicts(const ReadingContext *context, const StoreChange *change, Conflict *ret)
{
    double t = change->change.edge_t;
    g_autoptr(GPtrArray) around = cart_book_around(context->book, t, at_once_seconds);
    if (around->len == 0) {
        return 0;
    }
    Reading reading = reading_of(context, change);
    guint index = middle_of(&reading);
    Touch touch = touch_at(&reading, index);
    Person people[MAX_PEOPLE];
    guint num_people = find_people(&reading, index, people);
    guint count = 0;
    for (guint i = 0; i < around->len; i++) {
        const Decision *decision = around->pdata[i];
        Reading other = reading_of(context, decision->data);
        Touch other_touch = touch_at(&other, middle_of(&other));
        for (guint k = 0; k < num_people && count < READINGS_MAX_CONFLICTS; k++) {
            guint track = people[k].slot;
            if (track == PEOPLE_NONE || !may_have_done(decision, track)) {
                continue;
            }
            double again = attribution_log_again(context->people, track, &touch, &other_touch);
            ret[count++] = (Conflict){ .serial = decision->serial,
                                       .track = track,
                                       .p = exp(people[k].log_likelihood),
                                       .log_again = MAX(again, log_busy_floor) };
        }
    }
    return count;
}

#include "store/readings.h"

#include "store/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXPLANATIONS 24u

/* Staff whose hands may reach there. */
static const double far_metres = 3;
/* Both products by the same person; and that a certain other one of the store takes something
 * at the same place within the same second or so. */
static const double log_same_person = -0.1;
static const double log_two_people = -4;
/* The rest of what was held down or half lifted comes within this. */
static const double unfinished_seconds = 15;
static const double never_kept = 14;
/* One hand needs this from one thing to the next. */
static const double at_once_seconds = 1.3;
static const double log_busy_floor = -3;
/* Two units are in two places if their middles are so far apart. */
static const double least_apart_plates = 0.4;

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
    guint plate = reading_plate(reading, nearest);
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
        Person here = { person->slot, ATTRIBUTION_LOG_HOPELESS, NAN };
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

/* That A of those at the first place and B of those at the second did one deed each: what speaks
 * for one of them, against all others, and for the other's hand being there too. */
static double
log_one_each(Reading *reading, const double places[2], guint a, guint b)
{
    guint count;
    double log_a = reading_people_at(reading, places[0], &count)[a].log_likelihood;
    double log_b = reading_people_at(reading, places[1], &count)[b].log_likelihood;
    return MAX(log_a + reading_log_also(reading, places[1], b),
               log_b + reading_log_also(reading, places[0], a));
}

static guint
index_of_slot(const Person *people, guint count, guint slot)
{
    guint index = 0;
    while (index < count && people[index].slot != slot) {
        index++;
    }
    return index;
}

/* IS_ALIKE: both deeds are, so that it is one reading however the two are assigned to them. */
static void
read_with_two_people(Reading *reading, const Alternative *base, const double places[2],
                     bool is_alike)
{
    guint num_first, num_second;
    const Person *first = reading_people_at(reading, places[0], &num_first);
    const Person *second = reading_people_at(reading, places[1], &num_second);
    for (guint a = 0; a < num_first; a++) {
        for (guint b = 0; b < num_second; b++) {
            if (first[a].slot == second[b].slot || first[a].slot == PEOPLE_NONE ||
                second[b].slot == PEOPLE_NONE) {
                continue;
            }
            double log_both = log_one_each(reading, places, a, b);
            guint other_a = index_of_slot(first, num_first, second[b].slot);
            guint other_b = index_of_slot(second, num_second, first[a].slot);
            if (is_alike && other_a < num_first && other_b < num_second) {
                double log_other = log_one_each(reading, places, other_a, other_b);
                if (log_other > log_both ||
                    (log_other == log_both && first[a].slot > second[b].slot)) {
                    continue;
                }
            }
            Alternative alternative = *base;
            alternative.deeds[0].track = first[a].slot;
            alternative.deeds[1].track = second[b].slot;
            alternative.log_person = log_both;
            alternative.log_prior += log_two_people;
            alternative.log_score += log_both + log_two_people;
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
        people[i] = reading_people_at(reading, places[i], &num_people[i]);
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
        Person person = { people[0][k].slot, MIN(least, other), NAN };
        add_person(&alternative, 0, &person);
        keep_alternative(reading, &alternative);
    }
    Alternative each = *base;
    each.num_deeds = 2;
    each.deeds[0].num_units = 1;
    each.deeds[1] = each.deeds[0];
    for (guint i = 0; i < 2; i++) {
        each.deeds[i].plate = reading_plate(reading, (guint)lround(places[i]));
    }
    read_with_two_people(reading, &each, places, true);
}

static void
read_goods(Reading *reading, const Explanation *explanation, const Alternative *base)
{
    const Person *people[EXPLAIN_MAX_PARTS];
    guint num_people[EXPLAIN_MAX_PARTS] = { 0 };
    Alternative alternative = *base;
    alternative.num_deeds = explanation->num_parts;
    for (guint p = 0; p < explanation->num_parts; p++) {
        people[p] = reading_people_at(reading, explanation->parts[p].place, &num_people[p]);
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
        double places[2] = { explanation->parts[0].place, explanation->parts[1].place };
        read_with_two_people(reading, &alternative, places, false);
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
    const Person *people = reading_people_at(reading, place, &num_people);
    Alternative alternative = *base;
    alternative.num_deeds = 1;
    alternative.deeds[0] = (Deed){ .is_put = change->delta_grams > 0,
                                   .product = LAYOUT_NONE,
                                   .num_units = 1,
                                   .plate = reading_plate(reading, (guint)place),
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
    Person people_before[READING_MAX_PEOPLE];
    Person people_now[READING_MAX_PEOPLE];
    guint num_before =
        reading_find_people(&first, (first.num_plates - 1) / 2 * PLACES_PER_PLATE, people_before);
    guint num_now =
        reading_find_people(&second, (second.num_plates - 1) / 2 * PLACES_PER_PLATE, people_now);
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
    Person people[READING_MAX_PEOPLE];
    guint count =
        reading_find_people(&reading, (reading.num_plates - 1) / 2 * PLACES_PER_PLATE, people);
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
    reading_collect_offers(reading);
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
            if (plate_a == plate_b || plates_are_beside(layout, plate_a, plate_b)) {
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
    Touch touch = reading_touch(&reading, index);
    Person people[READING_MAX_PEOPLE];
    guint num_people = reading_find_people(&reading, index, people);
    guint count = 0;
    for (guint i = 0; i < around->len; i++) {
        const Decision *decision = around->pdata[i];
        Reading other = reading_of(context, decision->data);
        Touch other_touch = reading_touch(&other, middle_of(&other));
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

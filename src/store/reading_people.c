/* Who may have been at a place when it changed. */
#include "store/reading.h"

#include <math.h>
#include <stdlib.h>

/* Hands are taken for each other's, tracks for somebody else's: so often it was another of those
 * who stand there, whatever the hands say. */
static const double p_mistaken = 0.005;
/* What is seen of one person has errors in common: taken for independent it was right in 0.94 of
 * the cases of which it said 0.98, and in 0.97 of which it said 0.995. So much of it counts. */
static const double certainty_share = 0.75;
/* Of two who take from one place the weight tells one moment, mostly the second's: the first may
 * have been so much sooner. */
static const double sooner_seconds = 1.2;
static const double max_log_also = 6;

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
Touch
reading_touch(const Reading *reading, guint index)
{
    const ReadingContext *context = reading->context;
    const ShelfChange *change = &reading->change->change;
    guint first = index / PLACES_PER_PLATE;
    double share = (double)(index % PLACES_PER_PLATE) / PLACES_PER_PLATE;
    const LayoutPlate *plate = &context->layout->plates[reading_plate(reading, first)];
    const LayoutPlate *next =
        share > 0 ? &context->layout->plates[reading_plate(reading, first + 1)] : plate;
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
guint
reading_find_people(const Reading *reading, guint index, Person *ret)
{
    const ReadingContext *context = reading->context;
    Touch touch = reading_touch(reading, index);
    guint num_slots = people_num_slots(context->people);
    g_autofree Person *all = g_new(Person, num_slots + 1);
    guint count = 0;
    for (guint slot = 0; slot < num_slots; slot++) {
        if (!people_is_used(context->people, slot)) {
            continue;
        }
        double log_likelihood = attribution_log_likelihood(context->people, slot, &touch);
        if (log_likelihood > ATTRIBUTION_LOG_NOBODY - 3) {
            all[count++] = (Person){ slot, certainty_share * log_likelihood, NAN };
        }
    }
    qsort(all, count, sizeof *all, compare_people);
    count = MIN(count, READING_MAX_PEOPLE - 1);
    for (guint i = 0; i < count; i++) {
        ret[i] = all[i];
    }
    double log_nobody = certainty_share * ATTRIBUTION_LOG_NOBODY;
    ret[count++] = (Person){ PEOPLE_NONE, log_nobody, NAN };
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

static guint
index_of_place(const Reading *reading, double place)
{
    return (guint)lround(CLAMP(place, 0, reading->num_plates - 1) * PLACES_PER_PLATE);
}

/* The same for PLACE, counted in plates of the change; the list stays until the reading ends. */
const Person *
reading_people_at(Reading *reading, double place, guint *ret_count)
{
    guint index = index_of_place(reading, place);
    if (reading->num_people[index] == 0) {
        reading->num_people[index] = reading_find_people(reading, index, reading->people[index]);
    }
    *ret_count = reading->num_people[index];
    return reading->people[index];
}

double
reading_log_also(Reading *reading, double place, guint k)
{
    guint index = index_of_place(reading, place);
    Person *person = &reading->people[index][k];
    if (isnan(person->log_also)) {
        Touch touch = reading_touch(reading, index);
        double sooner = touch.edge_t - sooner_seconds;
        touch.early_t = MIN(touch.early_t, MAX(reading->change->change.begin_t, sooner));
        double log_fit = attribution_log_likelihood(reading->context->people, person->slot, &touch);
        person->log_also = MIN(certainty_share * log_fit, max_log_also);
    }
    return person->log_also;
}

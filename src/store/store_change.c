#include "store/store_change.h"

#include <math.h>
#include <stdlib.h>

static const double unrest_grams = 4;
static const double unrest_share = 0.2;

StoreChange *
store_change_new(guint shelf, const ShelfChange *change)
{
    StoreChange *copy = g_new0(StoreChange, 1);
    copy->shelf = shelf;
    copy->t = change->edge_t;
    copy->change = *change;
    copy->plates = g_memdup2(change->plates, change->num_plates * sizeof *change->plates);
    copy->change.plates = copy->plates;
    return copy;
}

void
store_change_free(StoreChange *change)
{
    if (change != NULL) {
        g_free(change->plates);
        g_free(change);
    }
}

static int
compare_deltas(const void *a, const void *b)
{
    const PlateDelta *da = a;
    const PlateDelta *db = b;
    return da->column < db->column ? -1 : da->column > db->column;
}

/* What both are together. Where the plate stopped in between is not known well, as a hand is not at
 * rest: that is left out, unless something else happened there meanwhile. */
static double
joined_grams(const PlateDelta *a, const PlateDelta *b)
{
    double between = b->before_grams - a->before_grams - a->delta_grams;
    double unrest = unrest_grams + unrest_share * fabs(a->delta_grams);
    return a->delta_grams + b->delta_grams + (fabs(between) < unrest ? between : 0);
}

StoreChange *
store_change_join(const StoreChange *first, const StoreChange *second)
{
    const ShelfChange *a = &first->change;
    const ShelfChange *b = &second->change;
    StoreChange *joined = g_new0(StoreChange, 1);
    joined->shelf = second->shelf;
    joined->t = MAX(first->t, second->t);
    joined->plates = g_new0(PlateDelta, a->num_plates + b->num_plates);
    guint count = 0;
    for (guint i = 0; i < a->num_plates; i++) {
        joined->plates[count++] = a->plates[i];
    }
    for (guint i = 0; i < b->num_plates; i++) {
        guint at = 0;
        while (at < count && joined->plates[at].column != b->plates[i].column) {
            at++;
        }
        if (at == count) {
            joined->plates[count++] = b->plates[i];
        } else {
            joined->plates[at].delta_grams = joined_grams(&joined->plates[at], &b->plates[i]);
            joined->plates[at].sd_grams = hypot(joined->plates[at].sd_grams, b->plates[i].sd_grams);
        }
    }
    qsort(joined->plates, count, sizeof *joined->plates, compare_deltas);
    const ShelfChange *larger = fabs(a->delta_grams) > fabs(b->delta_grams) ? a : b;
    joined->change = *larger;
    joined->change.plates = joined->plates;
    joined->change.num_plates = count;
    joined->change.begin_t = MIN(a->begin_t, b->begin_t);
    joined->change.end_t = MAX(a->end_t, b->end_t);
    joined->change.known_t = MAX(a->known_t, b->known_t);
    joined->change.delta_grams = 0;
    for (guint i = 0; i < count; i++) {
        joined->change.delta_grams += joined->plates[i].delta_grams;
    }
    /* What was noise of the place where the first step stopped is in both, with opposite signs. */
    joined->change.sd_grams = MAX(MIN(a->sd_grams, b->sd_grams), 0.5);
    joined->change.is_forced = b->is_forced;
    joined->change.is_beside_dead = a->is_beside_dead || b->is_beside_dead;
    return joined;
}

void
store_change_shift(StoreChange *change, double seconds)
{
    change->t += seconds;
    change->change.begin_t += seconds;
    change->change.early_t += seconds;
    change->change.edge_t += seconds;
    change->change.late_t += seconds;
    change->change.end_t += seconds;
}

guint
store_change_plate(const StoreChange *change, const StoreLayout *layout)
{
    double most = -1;
    guint column = 0;
    for (guint i = 0; i < change->change.num_plates; i++) {
        if (fabs(change->plates[i].delta_grams) > most) {
            most = fabs(change->plates[i].delta_grams);
            column = change->plates[i].column;
        }
    }
    return layout->shelves[change->shelf].first_plate + column;
}

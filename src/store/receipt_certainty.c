#include "store/receipt_certainty.h"

#include <math.h>

/* Fitted by greatest likelihood to 3,343 simulated receipts (bench/store prints, of others, how
 * many of those said to be so sure were right). */
static const double share_of_stories = 0.92;
static const double hazard_of_track = 1.6;    /* times how doubtful it was */
static const double hazard_of_unseen = 5;     /* times how likely */
static const double hazard_of_nothing = 0.01; /* each change */
static const double hazard_of_close_second = 0.001;
static const double hazard_of_any_visit = 0.001;

static const double look_seconds = 0.5;
static const double close_metres = 0.5;
static const double beside_metres = 1;
static const double seen_seconds = 0.5;
static const double min_nothing_grams = 20;
static const double may_have_done = 1e-4;
static const double least_probability = 1e-3;

typedef struct {
    double track_doubt; /* at the worst moment */
    double unseen;      /* sum over what the visitor took or put */
    double num_nothings;
    double close_seconds;
} Causes;

struct ReceiptCertainty {
    const StoreLayout *layout;
    const People *people;
    const CartBook *book;
    GHashTable *causes; /* Owner -> Causes, of visits */
    double looked_t;
};

ReceiptCertainty *
receipt_certainty_new(const StoreLayout *layout, const People *people, const CartBook *book)
{
    ReceiptCertainty *certainty = g_new0(ReceiptCertainty, 1);
    certainty->layout = layout;
    certainty->people = people;
    certainty->book = book;
    certainty->causes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return certainty;
}

void
receipt_certainty_free(ReceiptCertainty *certainty)
{
    if (certainty != NULL) {
        g_hash_table_unref(certainty->causes);
        g_free(certainty);
    }
}

static bool
is_visit(Owner owner)
{
    return owner >= OWNER_FIRST_VISIT && owner < OWNER_FIRST_STRANGER;
}

static Causes *
causes_of(ReceiptCertainty *certainty, Owner owner)
{
    Causes *causes = g_hash_table_lookup(certainty->causes, GUINT_TO_POINTER(owner));
    if (causes == NULL) {
        causes = g_new0(Causes, 1);
        g_hash_table_insert(certainty->causes, GUINT_TO_POINTER(owner), causes);
    }
    return causes;
}

static bool
is_seen(const People *people, guint slot)
{
    return people_is_used(people, slot) && !people_is_lost(people, slot);
}

static bool
somebody_is_close(const People *people, guint slot)
{
    FloorPoint here = people_last_point(people, slot);
    for (guint i = 0; i < people_num_slots(people); i++) {
        if (i == slot || !is_seen(people, i)) {
            continue;
        }
        FloorPoint there = people_last_point(people, i);
        if (hypot(here.x - there.x, here.y - there.y) < close_metres) {
            return true;
        }
    }
    return false;
}

void
receipt_certainty_look(ReceiptCertainty *certainty)
{
    const People *people = certainty->people;
    if (people_time(people) < certainty->looked_t + look_seconds) {
        return;
    }
    certainty->looked_t = people_time(people);
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        double probability;
        if (!is_seen(people, slot)) {
            continue;
        }
        Owner owner = cart_book_owner(certainty->book, slot, &probability);
        if (!is_visit(owner)) {
            continue;
        }
        Causes *causes = causes_of(certainty, owner);
        causes->track_doubt = MAX(causes->track_doubt, 1 - probability);
        causes->close_seconds += somebody_is_close(people, slot) ? look_seconds : 0;
    }
}

static bool
is_by(const Alternative *alternative, guint track)
{
    for (guint i = 0; i < alternative->num_deeds; i++) {
        if (alternative->deeds[i].track == track) {
            return true;
        }
    }
    return false;
}

/* That TRACK (PEOPLE_NONE: nobody who was seen) had to do with it, by the change alone. */
static double
probability_of_track(const Decision *decision, guint track)
{
    double best = -INFINITY;
    for (guint i = 0; i < decision->num_alternatives; i++) {
        best = MAX(best, decision->alternatives[i].log_score);
    }
    double sum = 0;
    double by_track = 0;
    for (guint i = 0; i < decision->num_alternatives; i++) {
        double weight = exp(decision->alternatives[i].log_score - best);
        sum += weight;
        by_track += is_by(&decision->alternatives[i], track) ? weight : 0;
    }
    return by_track / sum;
}

static bool
concerns(const Verdict *verdict, Owner owner)
{
    for (guint i = 0; i < verdict->num_deeds; i++) {
        const VerdictDeed *deed = &verdict->deeds[i];
        if (deed->product != LAYOUT_NONE && (deed->actor == owner || deed->cart == owner)) {
            return true;
        }
    }
    return false;
}

/* Who is charged for it, or credited, most likely: it may have been somebody who was not seen. */
static void
note_unseen(ReceiptCertainty *certainty, const Decision *decision, const GArray *verdicts)
{
    double unseen = MIN(probability_of_track(decision, PEOPLE_NONE), 0.5);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, certainty->causes);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        double sum = 0;
        for (guint i = 0; i < verdicts->len; i++) {
            const Verdict *verdict = &g_array_index(verdicts, Verdict, i);
            sum += concerns(verdict, GPOINTER_TO_UINT(key)) ? verdict->probability : 0;
        }
        ((Causes *)value)->unseen += sum > 0.5 ? unseen : 0;
    }
}

/* Whoever stood there may have taken something after all. */
static void
note_nothing(ReceiptCertainty *certainty, const Decision *decision, const StoreChange *change)
{
    const People *people = certainty->people;
    const double *center =
        certainty->layout->plates[store_change_plate(change, certainty->layout)].center;
    g_autoptr(GHashTable) noted = g_hash_table_new(NULL, NULL);
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot)) {
            continue;
        }
        FloorPoint last = people_last_point(people, slot);
        bool was_there = hypot(last.x - center[0], last.y - center[1]) < beside_metres &&
                         change->change.edge_t - people_last_t(people, slot) < seen_seconds;
        if (!was_there && probability_of_track(decision, slot) < may_have_done) {
            continue;
        }
        double probability;
        Owner owner = cart_book_owner(certainty->book, slot, &probability);
        if (is_visit(owner) && g_hash_table_add(noted, GUINT_TO_POINTER(owner))) {
            causes_of(certainty, owner)->num_nothings++;
        }
    }
}

void
receipt_certainty_decided(ReceiptCertainty *certainty, const Decision *decision,
                          const StoreChange *change)
{
    g_autoptr(GArray) verdicts = cart_book_verdicts(certainty->book, decision);
    note_unseen(certainty, decision, verdicts);
    if (g_array_index(verdicts, Verdict, 0).kind != EXPLAIN_GOODS &&
        fabs(decision->delta_grams) > min_nothing_grams) {
        note_nothing(certainty, decision, change);
    }
}

double
receipt_certainty_of(const ReceiptCertainty *certainty, Owner owner, double cart_probability)
{
    const Causes *causes = g_hash_table_lookup(certainty->causes, GUINT_TO_POINTER(owner));
    double hazard =
        hazard_of_any_visit - share_of_stories * log(CLAMP(cart_probability, least_probability, 1));
    if (causes != NULL) {
        hazard += hazard_of_track * causes->track_doubt + hazard_of_unseen * causes->unseen +
                  hazard_of_nothing * causes->num_nothings +
                  hazard_of_close_second * causes->close_seconds;
    }
    return exp(-hazard);
}

void
receipt_certainty_forget(ReceiptCertainty *certainty, Owner owner)
{
    g_hash_table_remove(certainty->causes, GUINT_TO_POINTER(owner));
}

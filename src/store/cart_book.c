#include "store/cart_book.h"

#include "store/story.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Stories so much less likely than the best are dropped (e^-14). */
static const double hopeless = 14;
/* Something was held down or half lifted, and nothing ever came of it. */
static const double log_never_finished = -6;
static const double settled_probability = 0.9995;
/* The gate says that a track is one visit's, and it was another's before. */
static const double log_gate_is_wrong = -6;
static const double clear_probability = 0.6;
static const guint max_decisions = 256;

struct CartBook {
    GPtrArray *stories;   /* of Story, likeliest first */
    GPtrArray *decisions; /* of Decision, oldest first */
    guint64 next_serial;
    GDestroyNotify free_data;
};

static void
decision_free(CartBook *book, Decision *decision)
{
    if (book->free_data != NULL && decision->data != NULL) {
        book->free_data(decision->data);
    }
    g_free(decision->alternatives);
    g_free(decision);
}

CartBook *
cart_book_new(GDestroyNotify free_decision_data)
{
    CartBook *book = g_new0(CartBook, 1);
    book->stories = g_ptr_array_new_with_free_func(story_free);
    book->decisions = g_ptr_array_new();
    book->next_serial = 1;
    book->free_data = free_decision_data;
    Story *story = g_new0(Story, 1);
    story->units = g_array_new(FALSE, TRUE, sizeof(CartUnit));
    story->owners = g_array_new(FALSE, TRUE, sizeof(Owner));
    story->choices = g_array_new(FALSE, TRUE, sizeof(Choice));
    g_ptr_array_add(book->stories, story);
    return book;
}

void
cart_book_free(CartBook *book)
{
    if (book == NULL) {
        return;
    }
    for (guint i = 0; i < book->decisions->len; i++) {
        decision_free(book, book->decisions->pdata[i]);
    }
    g_ptr_array_unref(book->decisions);
    g_ptr_array_unref(book->stories);
    g_free(book);
}

static Story *
story_at(const CartBook *book, guint i)
{
    return book->stories->pdata[i];
}

static int
compare_stories(gconstpointer a, gconstpointer b)
{
    const Story *sa = *(Story *const *)a;
    const Story *sb = *(Story *const *)b;
    return sa->log_weight > sb->log_weight ? -1 : sa->log_weight < sb->log_weight;
}

/* Likeliest first, weights summing to one, hopeless ones dropped. The sort is stable (glib's array
 * sort is not for pointers in general, so equal weights keep their order by insertion). */
static void
normalise(CartBook *book)
{
    GPtrArray *stories = book->stories;
    for (guint i = 1; i < stories->len; i++) {
        gpointer story = stories->pdata[i];
        guint at = i;
        for (; at > 0 && compare_stories(&story, &stories->pdata[at - 1]) < 0; at--) {
            stories->pdata[at] = stories->pdata[at - 1];
        }
        stories->pdata[at] = story;
    }
    double best = story_at(book, 0)->log_weight;
    guint count = MIN(stories->len, CART_BOOK_MAX_HYPOTHESES);
    while (count > 1 && story_at(book, count - 1)->log_weight < best - hopeless) {
        count--;
    }
    g_ptr_array_set_size(stories, (gint)count);
    double sum = 0;
    for (guint i = 0; i < count; i++) {
        sum += exp(story_at(book, i)->log_weight - best);
    }
    for (guint i = 0; i < count; i++) {
        story_at(book, i)->log_weight -= best + log(sum);
    }
}

/* Stories that no longer differ become one. */
static void
merge_equal(CartBook *book)
{
    for (guint i = 0; i < book->stories->len; i++) {
        Story *kept = story_at(book, i);
        for (guint j = book->stories->len; j-- > i + 1;) {
            Story *other = story_at(book, j);
            if (story_equals(kept, other)) {
                kept->log_weight += log1p(exp(other->log_weight - kept->log_weight));
                g_ptr_array_remove_index(book->stories, j);
            }
        }
    }
    normalise(book);
}

void
cart_book_set_owner(CartBook *book, guint slot, Owner owner)
{
    for (guint i = 0; i < book->stories->len; i++) {
        story_set_owner(story_at(book, i), slot, owner);
    }
    merge_equal(book);
}

void
cart_book_weigh_owner(CartBook *book, guint slot, Owner owner, double log_odds)
{
    for (guint i = 0; i < book->stories->len; i++) {
        Story *story = story_at(book, i);
        if (story_owner(story, slot) == owner) {
            story->log_weight += log_odds;
        }
    }
    normalise(book);
}

/* Replaces the stories by those in CHILDREN, which it takes. */
static void
replace_stories(CartBook *book, GPtrArray *children)
{
    g_ptr_array_unref(book->stories);
    book->stories = children;
    normalise(book);
}

void
cart_book_claim(CartBook *book, guint slot, Owner owner)
{
    for (guint i = 0; i < book->stories->len; i++) {
        Story *story = story_at(book, i);
        Owner before = story_owner(story, slot);
        if (before != OWNER_NOBODY && !owner_is_stranger(before) && before != owner) {
            story->log_weight += log_gate_is_wrong;
        }
        story_set_owner(story, slot, owner);
    }
    normalise(book);
    merge_equal(book);
}

void
cart_book_branch_owners(CartBook *book, const guint *slots, guint num_slots, const Owner *owners,
                        const double *log_weights, guint num_rows)
{
    g_assert(num_rows > 0);
    GPtrArray *children = g_ptr_array_new_with_free_func(story_free);
    for (guint i = 0; i < book->stories->len; i++) {
        for (guint row = 0; row < num_rows; row++) {
            Story *child = story_copy(story_at(book, i));
            for (guint k = 0; k < num_slots; k++) {
                story_set_owner(child, slots[k], owners[row * num_slots + k]);
            }
            child->log_weight += log_weights[row];
            g_ptr_array_add(children, child);
        }
    }
    replace_stories(book, children);
    merge_equal(book);
}

void
cart_book_continue_track(CartBook *book, guint new_slot, const guint *lost_slots,
                         const double *log_weights, guint num_lost, double log_new)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(story_free);
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        for (guint k = 0; k <= num_lost; k++) {
            Owner owner = k == num_lost ? OWNER_NOBODY : story_owner(story, lost_slots[k]);
            Story *child = story_copy(story);
            story_set_owner(child, new_slot, owner);
            child->log_weight += k == num_lost ? log_new : log_weights[k];
            g_ptr_array_add(children, child);
        }
    }
    replace_stories(book, children);
    merge_equal(book);
}

/* OWNER, for a track that may be nobody's: its person gets a number, so that two can be told apart.
 * The number is the decision's to come, of which no part is taken yet. */
static Owner
known_owner(CartBook *book, Story *story, guint slot)
{
    return story_know_stranger(story, slot,
                               OWNER_FIRST_STRANGER | (Owner)(book->next_serial << 2) | 3);
}

void
cart_book_swap_tracks(CartBook *book, guint a, guint b, double t, double log_odds)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(story_free);
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        g_ptr_array_add(children, story_copy(story));
        if (story_owner(story, a) == story_owner(story, b)) {
            continue;
        }
        Story *swapped = story_copy(story);
        Owner owner_a = known_owner(book, swapped, a);
        Owner owner_b = known_owner(book, swapped, b);
        story_exchange_units(swapped, owner_a, owner_b, t);
        story_exchange_tracks(swapped, a, b);
        swapped->log_weight += log_odds;
        g_ptr_array_add(children, swapped);
    }
    replace_stories(book, children);
    merge_equal(book);
}

void
cart_book_correct_owner(CartBook *book, guint slot, Owner owner, double log_odds,
                        double log_exchanged, const double *since_times, guint num_times)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(story_free);
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        Story *same = story_copy(story);
        g_ptr_array_add(children, same);
        Owner before = story_owner(story, slot);
        if (before == owner) {
            same->log_weight += log_odds;
            continue;
        }
        for (guint k = 0; k < num_times && before != OWNER_STAFF; k++) {
            Story *corrected = story_copy(story);
            if (before == OWNER_NOBODY || owner_is_stranger(before)) {
                story_set_owner(corrected, slot, owner);
            } else {
                story_exchange_owners(corrected, before, owner, since_times[k]);
            }
            corrected->log_weight += log_odds + log_exchanged - log(num_times);
            g_ptr_array_add(children, corrected);
        }
    }
    replace_stories(book, children);
    merge_equal(book);
}

/* As callers know it. */
static Owner
told_owner(const Story *story, guint slot)
{
    Owner owner = story_owner(story, slot);
    return owner_is_stranger(owner) ? OWNER_NOBODY : owner;
}

double
cart_book_owner_probability(const CartBook *book, guint slot, Owner owner)
{
    double sum = 0;
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        if (told_owner(story, slot) == owner) {
            sum += exp(story->log_weight);
        }
    }
    return sum;
}

Owner
cart_book_owner(const CartBook *book, guint slot, double *ret_probability)
{
    Owner best = OWNER_NOBODY;
    double best_probability = -1;
    for (guint i = 0; i < book->stories->len; i++) {
        Owner owner = told_owner(story_at(book, i), slot);
        if (owner == best && best_probability >= 0) {
            continue;
        }
        double probability = cart_book_owner_probability(book, slot, owner);
        if (probability > best_probability) {
            best = owner;
            best_probability = probability;
        }
    }
    *ret_probability = best_probability;
    return best;
}

static guint
find_decision(const CartBook *book, guint64 serial)
{
    for (guint i = book->decisions->len; i-- > 0;) {
        if (((Decision *)book->decisions->pdata[i])->serial == serial) {
            return i;
        }
    }
    return G_MAXUINT;
}

/* Whether the story still waits for the rest of the decision at INDEX. */
static bool
is_unfinished_in(const CartBook *book, const Story *story, guint index)
{
    const Decision *decision = book->decisions->pdata[index];
    const Choice *choice = &g_array_index(story->choices, Choice, index);
    return !choice->is_finished_later && !decision->is_expired &&
           decision->alternatives[choice->alternative].kind == EXPLAIN_UNFINISHED;
}

static bool
did(const CartBook *book, const Story *story, guint64 serial, guint track)
{
    guint index = find_decision(book, serial);
    if (index == G_MAXUINT) {
        return false;
    }
    const Decision *decision = book->decisions->pdata[index];
    const Choice *choice = &g_array_index(story->choices, Choice, index);
    const Alternative *alternative = &decision->alternatives[choice->alternative];
    for (guint i = 0; i < alternative->num_deeds; i++) {
        if (alternative->deeds[i].track == track) {
            return true;
        }
    }
    return false;
}

/* What the story adds to who ALTERNATIVE says it was, since some of those who may have made the
 * change were at work elsewhere. */
static double
log_conflicts(const CartBook *book, const Story *story, const Alternative *alternative,
              const Conflict *conflicts, guint num_conflicts)
{
    double p_left = 1;
    double log_own = 0;
    for (guint i = 0; i < num_conflicts && alternative->num_deeds > 0; i++) {
        const Conflict *conflict = &conflicts[i];
        bool is_told = false;
        for (guint k = 0; k < i; k++) {
            is_told |= conflicts[k].track == conflict->track &&
                       did(book, story, conflicts[k].serial, conflicts[k].track);
        }
        if (is_told || !did(book, story, conflict->serial, conflict->track)) {
            continue;
        }
        p_left -= conflict->p * (1 - exp(conflict->log_again));
        for (guint k = 0; k < alternative->num_deeds; k++) {
            if (alternative->deeds[k].track == conflict->track) {
                log_own = MIN(log_own, conflict->log_again);
            }
        }
    }
    return log_own - log(MAX(p_left, 1e-6));
}

static double
log_alternative(const CartBook *book, const Story *story, const Alternative *alternative)
{
    double sum = alternative->log_score;
    for (guint i = 0; i < alternative->num_finishes; i++) {
        guint index = find_decision(book, alternative->finishes[i]);
        if (index == G_MAXUINT || !is_unfinished_in(book, story, index)) {
            return -INFINITY;
        }
    }
    for (guint i = 0; i < alternative->num_deeds; i++) {
        sum += story_log_deed(story, &alternative->deeds[i]);
    }
    return sum;
}

typedef struct {
    guint story, alternative;
    double log_weight;
} Branch;

static int
compare_branches(const void *a, const void *b)
{
    const Branch *ba = a;
    const Branch *bb = b;
    if (ba->log_weight != bb->log_weight) {
        return ba->log_weight > bb->log_weight ? -1 : 1;
    }
    if (ba->story != bb->story) {
        return ba->story < bb->story ? -1 : 1;
    }
    return ba->alternative < bb->alternative ? -1 : 1;
}

static Story *
follow(const CartBook *book, const Branch *branch, const Decision *decision)
{
    const Alternative *alternative = &decision->alternatives[branch->alternative];
    Story *story = story_copy(story_at(book, branch->story));
    story->log_weight = branch->log_weight;
    Choice choice;
    memset(&choice, 0, sizeof choice);
    choice.alternative = (guint8)branch->alternative;
    for (guint i = 0; i < alternative->num_deeds; i++) {
        story_apply_deed(story, decision->serial, decision->t, i, &alternative->deeds[i], &choice);
    }
    for (guint i = 0; i < alternative->num_finishes; i++) {
        guint index = find_decision(book, alternative->finishes[i]);
        g_array_index(story->choices, Choice, index).is_finished_later = true;
    }
    g_array_append_val(story->choices, choice);
    return story;
}

guint64
cart_book_decide(CartBook *book, double t, double delta_grams, const Alternative *alternatives,
                 guint num_alternatives, const Conflict *conflicts, guint num_conflicts,
                 gpointer data)
{
    g_assert(num_alternatives > 0 && num_alternatives <= CART_BOOK_MAX_ALTERNATIVES);
    Decision *decision = g_new0(Decision, 1);
    decision->serial = book->next_serial++;
    decision->t = t;
    decision->delta_grams = delta_grams;
    decision->num_alternatives = num_alternatives;
    decision->alternatives = g_memdup2(alternatives, num_alternatives * sizeof *alternatives);
    decision->data = data;
    g_autoptr(GArray) branches = g_array_new(FALSE, FALSE, sizeof(Branch));
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        for (guint k = 0; k < num_alternatives; k++) {
            double added = log_alternative(book, story, &alternatives[k]) +
                           log_conflicts(book, story, &alternatives[k], conflicts, num_conflicts);
            if (!isinf(added)) {
                Branch branch = { i, k, story->log_weight + added };
                g_array_append_val(branches, branch);
            }
        }
    }
    g_assert(branches->len > 0);
    qsort(branches->data, branches->len, sizeof(Branch), compare_branches);
    const Branch *best = &g_array_index(branches, Branch, 0);
    GPtrArray *children = g_ptr_array_new_with_free_func(story_free);
    for (guint i = 0; i < branches->len && i < CART_BOOK_MAX_HYPOTHESES; i++) {
        if (best[i].log_weight < best->log_weight - hopeless) {
            break;
        }
        g_ptr_array_add(children, follow(book, &best[i], decision));
    }
    g_ptr_array_add(book->decisions, decision);
    replace_stories(book, children);
    return decision->serial;
}

GPtrArray *
cart_book_around(const CartBook *book, double t, double seconds)
{
    GPtrArray *around = g_ptr_array_new();
    for (guint i = 0; i < book->decisions->len; i++) {
        if (fabs(((const Decision *)book->decisions->pdata[i])->t - t) < seconds) {
            g_ptr_array_add(around, book->decisions->pdata[i]);
        }
    }
    return around;
}

GArray *
cart_book_units(const CartBook *book)
{
    GArray *summaries = g_array_new(FALSE, FALSE, sizeof(UnitSummary));
    for (guint i = 0; i < book->stories->len; i++) {
        const Story *story = story_at(book, i);
        double weight = exp(story->log_weight);
        for (guint k = 0; k < story->units->len; k++) {
            const CartUnit *unit = &g_array_index(story->units, CartUnit, k);
            UnitSummary *found = NULL;
            for (guint n = 0; n < summaries->len && found == NULL; n++) {
                UnitSummary *summary = &g_array_index(summaries, UnitSummary, n);
                if (summary->unit.key == unit->key && summary->unit.product == unit->product) {
                    found = summary;
                }
            }
            if (found == NULL) {
                UnitSummary summary = { .unit = *unit };
                g_array_append_val(summaries, summary);
                found = &g_array_index(summaries, UnitSummary, summaries->len - 1);
            }
            *(unit->is_on_shelf ? &found->on_shelf : &found->in_cart) += weight;
            if (unit->is_on_shelf) {
                found->unit.plate = unit->plate;
            }
        }
    }
    return summaries;
}

GPtrArray *
cart_book_unfinished(const CartBook *book, double probability)
{
    GPtrArray *unfinished = g_ptr_array_new();
    for (guint k = 0; k < book->decisions->len; k++) {
        double sum = 0;
        for (guint i = 0; i < book->stories->len; i++) {
            if (is_unfinished_in(book, story_at(book, i), k)) {
                sum += exp(story_at(book, i)->log_weight);
            }
        }
        if (sum >= probability && sum > 0) {
            g_ptr_array_add(unfinished, book->decisions->pdata[k]);
        }
    }
    return unfinished;
}

void
cart_book_expire(CartBook *book, guint64 serial)
{
    guint index = find_decision(book, serial);
    g_assert(index != G_MAXUINT);
    Decision *decision = book->decisions->pdata[index];
    for (guint i = 0; i < book->stories->len; i++) {
        Story *story = story_at(book, i);
        if (is_unfinished_in(book, story, index)) {
            story->log_weight += log_never_finished;
        }
    }
    decision->is_expired = true;
    normalise(book);
}

/* The cart of every story (of GArray *). */
static GPtrArray *
carts_of(const CartBook *book, Owner owner)
{
    GPtrArray *carts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < book->stories->len; i++) {
        g_ptr_array_add(carts, story_cart(story_at(book, i), owner));
    }
    return carts;
}

static double
cart_probability(const CartBook *book, const GPtrArray *carts, const GArray *cart)
{
    double sum = 0;
    for (guint i = 0; i < carts->len; i++) {
        if (carts_are_equal(carts->pdata[i], cart)) {
            sum += exp(story_at(book, i)->log_weight);
        }
    }
    return MIN(sum, 1);
}

/* Index of a story with the likeliest cart. Where no cart is clearly so, that of the likeliest
 * story: of two people one of whom took a thing, one has it. */
static guint
likeliest_cart(const CartBook *book, const GPtrArray *carts, double *ret_probability)
{
    guint best = 0;
    double best_probability = -1;
    for (guint i = 0; i < carts->len; i++) {
        double probability = cart_probability(book, carts, carts->pdata[i]);
        if (probability > best_probability) {
            best = i;
            best_probability = probability;
        }
    }
    if (best_probability < clear_probability) {
        best = 0;
        best_probability = cart_probability(book, carts, carts->pdata[0]);
    }
    *ret_probability = best_probability;
    return best;
}

GArray *
cart_book_cart(const CartBook *book, Owner owner, double *ret_probability)
{
    g_autoptr(GPtrArray) carts = carts_of(book, owner);
    guint best = likeliest_cart(book, carts, ret_probability);
    GArray *lines = g_array_ref(carts->pdata[best]);
    for (guint n = 0; n < lines->len; n++) {
        CartLine *line = &g_array_index(lines, CartLine, n);
        double sum = 0;
        for (guint i = 0; i < carts->len; i++) {
            const GArray *cart = carts->pdata[i];
            for (guint k = 0; k < cart->len; k++) {
                const CartLine *other = &g_array_index(cart, CartLine, k);
                if (other->product == line->product && other->quantity == line->quantity) {
                    sum += exp(story_at(book, i)->log_weight);
                }
            }
        }
        line->confidence = MIN(sum, 1);
    }
    return lines;
}

static int
compare_verdicts(gconstpointer a, gconstpointer b)
{
    const Verdict *va = a;
    const Verdict *vb = b;
    return va->probability > vb->probability ? -1 : va->probability < vb->probability;
}

static GArray *
verdicts_on(const CartBook *book, guint index)
{
    GArray *verdicts = g_array_new(FALSE, FALSE, sizeof(Verdict));
    for (guint i = 0; i < book->stories->len; i++) {
        Verdict verdict = story_verdict(story_at(book, i), book->decisions->pdata[index], index);
        bool found = false;
        for (guint k = 0; k < verdicts->len && !found; k++) {
            Verdict *other = &g_array_index(verdicts, Verdict, k);
            if (verdicts_are_equal(other, &verdict)) {
                other->probability += verdict.probability;
                found = true;
            }
        }
        if (!found) {
            g_array_append_val(verdicts, verdict);
        }
    }
    g_array_sort(verdicts, compare_verdicts);
    return verdicts;
}

const Decision *
cart_book_find(const CartBook *book, guint64 serial)
{
    guint index = find_decision(book, serial);
    return index == G_MAXUINT ? NULL : book->decisions->pdata[index];
}

GArray *
cart_book_verdicts(const CartBook *book, const Decision *decision)
{
    return verdicts_on(book, find_decision(book, decision->serial));
}

bool
cart_book_find_doubt(const CartBook *book, Owner owner, const Decision **ret_decision,
                     Verdict *ret_likely, Verdict *ret_other)
{
    g_autoptr(GPtrArray) carts = carts_of(book, owner);
    double probability;
    guint likely = likeliest_cart(book, carts, &probability);
    double most = 0;
    for (guint k = 0; k < book->decisions->len; k++) {
        const Decision *decision = book->decisions->pdata[k];
        Verdict reading = story_verdict(story_at(book, likely), decision, k);
        double divided = 0;
        Verdict other = { 0 };
        double other_weight = 0;
        for (guint i = 0; i < book->stories->len; i++) {
            Verdict here = story_verdict(story_at(book, i), decision, k);
            bool agrees = carts_are_equal(carts->pdata[i], carts->pdata[likely]);
            if (verdicts_are_equal(&here, &reading)) {
                continue;
            }
            divided += agrees ? -0.5 * here.probability : here.probability;
            if (!agrees && here.probability > other_weight) {
                other_weight = here.probability;
                other = here;
            }
        }
        if (divided > most && other_weight > 0) {
            most = divided;
            *ret_decision = decision;
            *ret_likely = reading;
            *ret_other = other;
        }
    }
    return most > 0;
}

void
cart_book_close(CartBook *book, Owner owner, bool is_sure)
{
    g_autoptr(GPtrArray) carts = carts_of(book, owner);
    double probability;
    guint likely = likeliest_cart(book, carts, &probability);
    for (guint i = book->stories->len; i-- > 0;) {
        Story *story = story_at(book, i);
        if (is_sure && !carts_are_equal(carts->pdata[i], carts->pdata[likely])) {
            g_ptr_array_remove_index(book->stories, i);
            continue;
        }
        for (guint k = story->units->len; k-- > 0;) {
            const CartUnit *unit = &g_array_index(story->units, CartUnit, k);
            if (unit->owner == owner && !unit->is_on_shelf) {
                g_array_remove_index(story->units, k);
            }
        }
    }
    merge_equal(book);
}

static bool
may_change(const Verdict *verdict, OwnerIsOpenFunc is_open, gpointer data)
{
    for (guint i = 0; i < verdict->num_deeds; i++) {
        if (is_open(verdict->deeds[i].actor, data) || is_open(verdict->deeds[i].cart, data)) {
            return true;
        }
    }
    return false;
}

static bool
is_settled(const Decision *decision, const GArray *verdicts, OwnerIsOpenFunc is_open, gpointer data)
{
    for (guint i = 0; i < verdicts->len && !decision->is_expired; i++) {
        const Verdict *verdict = &g_array_index(verdicts, Verdict, i);
        if (verdict->kind == EXPLAIN_UNFINISHED && !verdict->is_finished_later) {
            return false;
        }
    }
    if (g_array_index(verdicts, Verdict, 0).probability > settled_probability) {
        return true;
    }
    for (guint i = 0; i < verdicts->len; i++) {
        if (may_change(&g_array_index(verdicts, Verdict, i), is_open, data)) {
            return false;
        }
    }
    return true;
}

void
cart_book_retire(CartBook *book, double settled_t, double before_t, OwnerIsOpenFunc is_open,
                 VerdictFunc func, gpointer data)
{
    bool retired = false;
    for (guint k = 0; k < book->decisions->len;) {
        Decision *decision = book->decisions->pdata[k];
        g_autoptr(GArray) verdicts = verdicts_on(book, k);
        if (decision->t >= before_t && book->decisions->len <= max_decisions &&
            (decision->t >= settled_t || !is_settled(decision, verdicts, is_open, data))) {
            k++;
            continue;
        }
        Verdict none = { .kind = EXPLAIN_NOTHING };
        func(decision, &g_array_index(verdicts, Verdict, 0),
             verdicts->len > 1 ? &g_array_index(verdicts, Verdict, 1) : &none, data);
        for (guint i = 0; i < book->stories->len; i++) {
            g_array_remove_index(story_at(book, i)->choices, k);
        }
        g_ptr_array_remove_index(book->decisions, k);
        decision_free(book, decision);
        retired = true;
    }
    if (retired) {
        merge_equal(book);
    }
}

guint
cart_book_num_hypotheses(const CartBook *book)
{
    return book->stories->len;
}

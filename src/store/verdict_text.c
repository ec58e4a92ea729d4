#include "store/verdict_text.h"

#include <math.h>

static const guint max_traced = 8;

char *
text_of_time(double t)
{
    gint64 seconds = (gint64)llround(t);
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(seconds);
    return when == NULL ? g_strdup_printf("%.1f", t) : g_date_time_format(when, "%H:%M:%S");
}

const char *
text_of_owner(const TextContext *context, Owner owner)
{
    if (owner == OWNER_STAFF) {
        return "staff";
    }
    const Visit *visit = visits_get(context->visits, owner);
    return visit == NULL ? "nobody" : visit->id;
}

static const char *
product_name(const TextContext *context, guint product)
{
    return product == LAYOUT_NONE ? "something unknown" : context->layout->products[product].name;
}

static void
append_deed(const TextContext *context, GString *text, const VerdictDeed *deed)
{
    g_string_append_printf(text, "%s %s ", text_of_owner(context, deed->actor),
                           deed->is_put ? "put" : "took");
    if (deed->num_units > 1) {
        g_string_append_printf(text, "%u x ", deed->num_units);
    }
    g_string_append(text, product_name(context, deed->product));
    if (deed->product != LAYOUT_NONE) {
        g_string_append_printf(text, " (%s)", context->layout->products[deed->product].sku);
    }
    if (deed->is_put && deed->cart != deed->actor && deed->product != LAYOUT_NONE) {
        g_string_append_printf(text, " from the cart of %s", text_of_owner(context, deed->cart));
    }
}

char *
text_of_verdict(const TextContext *context, const Verdict *verdict)
{
    GString *text = g_string_new(NULL);
    switch (verdict->kind) {
    case EXPLAIN_NOTHING:
        g_string_append(text, "goods were pushed, nothing came or went");
        break;
    case EXPLAIN_UNFINISHED:
        g_string_append(text, verdict->is_finished_later ? "first half of what follows"
                                                         : "a hand rests there, or half lifted");
        break;
    case EXPLAIN_GOODS:
    case EXPLAIN_UNKNOWN:
        for (guint i = 0; i < verdict->num_deeds; i++) {
            g_string_append(text, i > 0 ? " and " : "");
            append_deed(context, text, &verdict->deeds[i]);
        }
        break;
    }
    if (verdict->has_wrong_weight) {
        g_string_append(text, ", whose master weight is wrong");
    }
    return g_string_free(text, FALSE);
}

static bool
same_but_person(const Verdict *a, const Verdict *b)
{
    return a->kind == b->kind && a->num_deeds == 1 && b->num_deeds == 1 &&
           a->deeds[0].product == b->deeds[0].product && a->deeds[0].is_put == b->deeds[0].is_put &&
           a->deeds[0].num_units == b->deeds[0].num_units;
}

static bool
same_but_product(const Verdict *a, const Verdict *b)
{
    return a->kind == b->kind && a->num_deeds == 1 && b->num_deeds == 1 &&
           a->deeds[0].actor == b->deeds[0].actor && a->deeds[0].is_put == b->deeds[0].is_put &&
           a->deeds[0].num_units == b->deeds[0].num_units;
}

static const char *
person_asked(const TextContext *context, Owner owner)
{
    return owner == OWNER_NOBODY ? "somebody else" : text_of_owner(context, owner);
}

char *
text_of_question(const TextContext *context, double t, const Verdict *likely, const Verdict *other)
{
    g_autofree char *when = text_of_time(t);
    const VerdictDeed *a = &likely->deeds[0];
    const VerdictDeed *b = &other->deeds[0];
    if (same_but_person(likely, other) && a->actor != b->actor) {
        return g_strdup_printf("did %s or %s %s the %s at %s?", person_asked(context, a->actor),
                               person_asked(context, b->actor), a->is_put ? "put back" : "take",
                               product_name(context, a->product), when);
    }
    if (same_but_person(likely, other) && a->cart != b->cart) {
        return g_strdup_printf("was the %s put back at %s the one of %s or of %s?",
                               product_name(context, a->product), when,
                               person_asked(context, a->cart), person_asked(context, b->cart));
    }
    if (same_but_product(likely, other) && a->product != b->product) {
        return g_strdup_printf("did %s %s %s or %s at %s?", person_asked(context, a->actor),
                               a->is_put ? "put back" : "take", product_name(context, a->product),
                               product_name(context, b->product), when);
    }
    g_autofree char *first = text_of_verdict(context, likely);
    g_autofree char *second = text_of_verdict(context, other);
    return g_strdup_printf("at %s: %s; or: %s?", when, first, second);
}

/* A reading before it is known whose the tracks are: as they most likely are. */
static Verdict
verdict_of_alternative(const CartBook *book, const Alternative *alternative)
{
    Verdict verdict = { .kind = alternative->kind,
                        .num_deeds = alternative->num_deeds,
                        .has_wrong_weight = alternative->has_wrong_weight };
    for (guint i = 0; i < alternative->num_deeds; i++) {
        const Deed *deed = &alternative->deeds[i];
        double probability = 1;
        Owner actor = deed->track == G_MAXUINT ? OWNER_NOBODY
                                               : cart_book_owner(book, deed->track, &probability);
        verdict.deeds[i] = (VerdictDeed){ .is_put = deed->is_put,
                                          .product = deed->product,
                                          .num_units = deed->num_units,
                                          .actor = actor,
                                          .cart = actor };
    }
    return verdict;
}

char *
text_of_decision(const TextContext *context, const CartBook *book, const Decision *decision,
                 const StoreChange *change)
{
    const StoreLayout *layout = context->layout;
    const LayoutShelf *shelf = &layout->shelves[change->shelf];
    g_autofree char *when = text_of_time(change->change.edge_t);
    GString *text = g_string_new(NULL);
    g_string_append_printf(
        text,
        "%s (%.2f, between %.2f and %.2f, told %.2f)  gondola %d shelf %d  %+.1f g +- "
        "%.1f g, plates",
        when, change->change.edge_t, change->change.early_t, change->change.late_t,
        change->change.known_t, layout->gondolas[shelf->gondola].id, shelf->id,
        change->change.delta_grams, change->change.sd_grams);
    for (guint i = 0; i < change->change.num_plates; i++) {
        const LayoutPlate *plate = &layout->plates[shelf->first_plate + change->plates[i].column];
        g_string_append_printf(text, " %d (%+.1f)", plate->id, change->plates[i].delta_grams);
    }
    g_string_append_printf(text, "%s%s\n", change->change.is_forced ? ", still moving" : "",
                           change->change.is_beside_dead ? ", beside a plate that is silent" : "");
    for (guint i = 0; i < MIN(decision->num_alternatives, max_traced); i++) {
        const Alternative *alternative = &decision->alternatives[i];
        Verdict verdict = verdict_of_alternative(book, alternative);
        g_autofree char *what = text_of_verdict(context, &verdict);
        g_string_append_printf(
            text, "    %8.2f = weight %6.2f place %6.2f usual %6.2f person %6.2f  %s%s\n",
            alternative->log_score, alternative->log_weight, alternative->log_place,
            alternative->log_prior, alternative->log_person, what,
            alternative->num_finishes > 0 ? ", with what was unfinished" : "");
    }
    g_autoptr(GArray) verdicts = cart_book_verdicts(book, decision);
    for (guint i = 0; i < MIN(verdicts->len, 3); i++) {
        const Verdict *verdict = &g_array_index(verdicts, Verdict, i);
        g_autofree char *what = text_of_verdict(context, verdict);
        g_string_append_printf(text, "  %s %.4f  %s\n", i == 0 ? "=>" : "  ", verdict->probability,
                               what);
    }
    return g_string_free(text, FALSE);
}

#include "store/story.h"

#include "store/people.h"

#include <math.h>
#include <string.h>

/* A put-back by the one whose cart holds it, or by somebody else it was handed to. */
static const double log_own_put = -0.03;
static const double log_others_put = -4.2;
/* What was taken last is what is in the hand: in all labelled cases of the contest where somebody
 * who held several things put one back (five), it was the last one. */
static const double log_older_put = -1.2;
/* Somebody without a visit takes goods. */
static const double log_nobody_takes = -1.2;

void
story_free(gpointer data)
{
    Story *story = data;
    g_array_unref(story->units);
    g_array_unref(story->owners);
    g_array_unref(story->choices);
    g_free(story);
}

Story *
story_copy(const Story *story)
{
    Story *copy = g_new(Story, 1);
    copy->log_weight = story->log_weight;
    copy->units = g_array_copy(story->units);
    copy->owners = g_array_copy(story->owners);
    copy->choices = g_array_copy(story->choices);
    return copy;
}

Owner
story_owner(const Story *story, guint slot)
{
    if (slot == PEOPLE_NONE || slot >= story->owners->len) {
        return OWNER_NOBODY;
    }
    return g_array_index(story->owners, Owner, slot);
}

static void
write_owner(Story *story, guint slot, Owner owner)
{
    if (slot >= story->owners->len) {
        g_array_set_size(story->owners, slot + 1);
    }
    g_array_index(story->owners, Owner, slot) = owner;
}

bool
owner_is_stranger(Owner owner)
{
    return owner >= OWNER_FIRST_STRANGER;
}

static bool
has_track(const Story *story, Owner owner)
{
    for (guint i = 0; i < story->owners->len; i++) {
        if (g_array_index(story->owners, Owner, i) == owner) {
            return true;
        }
    }
    return false;
}

static void
drop_units_of(Story *story, Owner owner)
{
    for (guint i = story->units->len; i-- > 0;) {
        const CartUnit *unit = &g_array_index(story->units, CartUnit, i);
        if (unit->owner == owner && !unit->is_on_shelf) {
            g_array_remove_index(story->units, i);
        }
    }
}

void
story_rename_owner(Story *story, Owner from, Owner to)
{
    for (guint i = 0; i < story->owners->len; i++) {
        Owner *owner = &g_array_index(story->owners, Owner, i);
        *owner = *owner == from ? to : *owner;
    }
    for (guint i = 0; i < story->units->len; i++) {
        CartUnit *unit = &g_array_index(story->units, CartUnit, i);
        unit->owner = unit->owner == from ? to : unit->owner;
    }
    for (guint i = 0; i < story->choices->len; i++) {
        Choice *choice = &g_array_index(story->choices, Choice, i);
        for (guint k = 0; k < EXPLAIN_MAX_PARTS; k++) {
            choice->actors[k] = choice->actors[k] == from ? to : choice->actors[k];
            choice->carts[k] = choice->carts[k] == from ? to : choice->carts[k];
        }
    }
}

void
story_set_owner(Story *story, guint slot, Owner owner)
{
    Owner before = story_owner(story, slot);
    write_owner(story, slot, owner);
    if (!owner_is_stranger(before) || before == owner) {
        return;
    }
    if (owner != OWNER_NOBODY) {
        story_rename_owner(story, before, owner);
        if (owner == OWNER_STAFF) {
            drop_units_of(story, owner);
        }
    } else if (!has_track(story, before)) {
        drop_units_of(story, before);
    }
}

Owner
story_know_stranger(Story *story, guint slot, Owner stranger)
{
    Owner owner = story_owner(story, slot);
    if (owner != OWNER_NOBODY || slot == PEOPLE_NONE) {
        return owner;
    }
    write_owner(story, slot, stranger);
    return stranger;
}

static Owner
exchanged(Owner owner, Owner a, Owner b)
{
    return owner == a ? b : owner == b ? a : owner;
}

void
story_exchange_units(Story *story, Owner a, Owner b, double since_t)
{
    for (guint i = 0; i < story->units->len; i++) {
        CartUnit *unit = &g_array_index(story->units, CartUnit, i);
        if (unit->taken_t >= since_t && !unit->is_on_shelf) {
            unit->owner = exchanged(unit->owner, a, b);
        }
    }
}

void
story_exchange_owners(Story *story, Owner a, Owner b, double since_t)
{
    for (guint i = 0; i < story->owners->len; i++) {
        Owner *owner = &g_array_index(story->owners, Owner, i);
        *owner = exchanged(*owner, a, b);
    }
    story_exchange_units(story, a, b, since_t);
}

void
story_exchange_tracks(Story *story, guint a, guint b)
{
    Owner owner_a = story_owner(story, a);
    write_owner(story, a, story_owner(story, b));
    write_owner(story, b, owner_a);
}

static bool
arrays_are_equal(const GArray *a, const GArray *b, gsize size)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len * size) == 0;
}

/* Units whose doubles differ by a story's history only are the same unit. */
static bool
units_are_equal(const GArray *a, const GArray *b)
{
    if (a->len != b->len) {
        return false;
    }
    for (guint i = 0; i < a->len; i++) {
        const CartUnit *ua = &g_array_index(a, CartUnit, i);
        const CartUnit *ub = &g_array_index(b, CartUnit, i);
        if (ua->key != ub->key || ua->product != ub->product || ua->owner != ub->owner ||
            ua->is_on_shelf != ub->is_on_shelf || ua->plate != ub->plate) {
            return false;
        }
    }
    return true;
}

static CartUnit *
find_unit(const Story *story, guint64 key, guint product)
{
    for (guint i = 0; i < story->units->len; i++) {
        CartUnit *unit = &g_array_index(story->units, CartUnit, i);
        if (unit->key == key && unit->product == product) {
            return unit;
        }
    }
    return NULL;
}

static bool
is_newest_in_cart(const Story *story, const CartUnit *unit)
{
    for (guint i = 0; i < story->units->len; i++) {
        const CartUnit *other = &g_array_index(story->units, CartUnit, i);
        if (other->owner == unit->owner && !other->is_on_shelf && other->key > unit->key) {
            return false;
        }
    }
    return true;
}

double
story_log_deed(const Story *story, const Deed *deed)
{
    Owner actor = story_owner(story, deed->track);
    if (deed->unit == 0) {
        if (deed->is_put) {
            /* Only staff puts out what the book does not know. */
            return actor == OWNER_STAFF || deed->product == LAYOUT_NONE ? 0 : -INFINITY;
        }
        bool is_nobodys = actor == OWNER_NOBODY || owner_is_stranger(actor);
        return is_nobodys && deed->track != PEOPLE_NONE ? log_nobody_takes : 0;
    }
    const CartUnit *unit = find_unit(story, deed->unit, deed->product);
    if (unit == NULL || unit->is_on_shelf == deed->is_put) {
        return -INFINITY;
    }
    if (!deed->is_put) {
        return 0;
    }
    return (unit->owner == actor ? log_own_put : log_others_put) +
           (is_newest_in_cart(story, unit) ? 0 : log_older_put);
}

static void
take_units(Story *story, guint64 serial, double t, guint part, const Deed *deed, Owner owner)
{
    if (owner == OWNER_STAFF) {
        return;
    }
    for (guint n = 0; n < deed->num_units; n++) {
        CartUnit unit = { .key = serial << 10 | part << 8 | n,
                          .product = deed->product,
                          .owner = owner,
                          .taken_t = t,
                          .plate = deed->plate,
                          .grams = deed->grams,
                          .sd_grams = deed->sd_grams };
        g_array_append_val(story->units, unit);
    }
}

void
story_apply_deed(Story *story, guint64 serial, double t, guint part, const Deed *deed,
                 Choice *choice)
{
    Owner stranger = OWNER_FIRST_STRANGER | (Owner)(serial << 2) | part;
    Owner actor = deed->is_put ? story_owner(story, deed->track)
                               : story_know_stranger(story, deed->track, stranger);
    choice->actors[part] = actor;
    choice->carts[part] = actor;
    if (deed->unit != 0) {
        CartUnit *unit = find_unit(story, deed->unit, deed->product);
        if (deed->is_put) {
            choice->carts[part] = unit->owner;
            unit->owner = OWNER_NOBODY;
            unit->is_on_shelf = true;
            unit->plate = deed->plate;
        } else {
            unit->is_on_shelf = false;
            unit->owner = actor;
            unit->taken_t = t;
        }
        if ((deed->is_put && deed->is_at_home) || (!deed->is_put && actor == OWNER_STAFF)) {
            guint index = (guint)(unit - &g_array_index(story->units, CartUnit, 0));
            g_array_remove_index(story->units, index);
        }
        return;
    }
    if (!deed->is_put) {
        take_units(story, serial, t, part, deed, actor);
    } else if (deed->product == LAYOUT_NONE && actor != OWNER_STAFF) {
        take_units(story, serial, t, part, deed, OWNER_NOBODY);
        g_array_index(story->units, CartUnit, story->units->len - 1).is_on_shelf = true;
        choice->carts[part] = OWNER_NOBODY;
    }
}

static int
compare_lines(gconstpointer a, gconstpointer b)
{
    const CartLine *la = a;
    const CartLine *lb = b;
    return la->product < lb->product ? -1 : la->product > lb->product;
}

GArray *
story_cart(const Story *story, Owner owner)
{
    GArray *lines = g_array_new(FALSE, TRUE, sizeof(CartLine));
    for (guint i = 0; i < story->units->len; i++) {
        const CartUnit *unit = &g_array_index(story->units, CartUnit, i);
        if (unit->owner != owner || unit->is_on_shelf || unit->product == LAYOUT_NONE) {
            continue;
        }
        CartLine *line = NULL;
        for (guint k = 0; k < lines->len && line == NULL; k++) {
            if (g_array_index(lines, CartLine, k).product == unit->product) {
                line = &g_array_index(lines, CartLine, k);
            }
        }
        if (line == NULL) {
            CartLine fresh = { .product = unit->product };
            g_array_append_val(lines, fresh);
            line = &g_array_index(lines, CartLine, lines->len - 1);
        }
        line->quantity++;
    }
    g_array_sort(lines, compare_lines);
    return lines;
}

bool
carts_are_equal(const GArray *a, const GArray *b)
{
    if (a->len != b->len) {
        return false;
    }
    for (guint i = 0; i < a->len; i++) {
        const CartLine *la = &g_array_index(a, CartLine, i);
        const CartLine *lb = &g_array_index(b, CartLine, i);
        if (la->product != lb->product || la->quantity != lb->quantity) {
            return false;
        }
    }
    return true;
}

Verdict
story_verdict(const Story *story, const Decision *decision, guint index)
{
    const Choice *choice = &g_array_index(story->choices, Choice, index);
    const Alternative *alternative = &decision->alternatives[choice->alternative];
    Verdict verdict = { .kind = alternative->kind,
                        .t = alternative->t,
                        .num_deeds = alternative->num_deeds,
                        .is_finished_later = choice->is_finished_later,
                        .has_wrong_weight = alternative->has_wrong_weight,
                        .probability = exp(story->log_weight) };
    for (guint i = 0; i < alternative->num_deeds; i++) {
        const Deed *deed = &alternative->deeds[i];
        verdict.deeds[i] = (VerdictDeed){ .is_put = deed->is_put,
                                          .product = deed->product,
                                          .num_units = deed->num_units,
                                          .actor = choice->actors[i],
                                          .cart = choice->carts[i],
                                          .plate = deed->plate,
                                          .grams = deed->grams * deed->num_units,
                                          .is_new = deed->unit == 0,
                                          .is_at_home = deed->is_at_home };
    }
    return verdict;
}

bool
verdicts_are_equal(const Verdict *a, const Verdict *b)
{
    if (a->kind != b->kind || a->num_deeds != b->num_deeds ||
        a->is_finished_later != b->is_finished_later) {
        return false;
    }
    for (guint i = 0; i < a->num_deeds; i++) {
        const VerdictDeed *da = &a->deeds[i];
        const VerdictDeed *db = &b->deeds[i];
        if (da->is_put != db->is_put || da->product != db->product ||
            da->num_units != db->num_units || da->actor != db->actor || da->cart != db->cart) {
            return false;
        }
    }
    return true;
}

bool
story_equals(const Story *a, const Story *b)
{
    return units_are_equal(a->units, b->units) &&
           arrays_are_equal(a->owners, b->owners, sizeof(Owner)) &&
           arrays_are_equal(a->choices, b->choices, sizeof(Choice));
}

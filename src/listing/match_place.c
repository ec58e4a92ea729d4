#include "listing/match_place.h"

#include <stdlib.h>
#include <string.h>

enum {
    RANK_FIXED, /* it names its slot */
    RANK_BARE,  /* the bare SKU, with the main picture named otherwise */
    RANK_VIEW,
    RANK_FREE,
};

/* A photo of the SKU at hand. */
typedef struct {
    guint32 photo;
    guint8 rank;
    guint8 rule;
    Slot slot; /* of RANK_FIXED */
    guint16 order, number;
    const char *path;
} Item;

/* What the photos of a SKU say together. */
typedef struct {
    bool main_is_named; /* by code, word or column */
    bool has_0, has_1;
    guint32 num_bare;
} Habits;

static const char *
base_of(const char *path)
{
    return path + name_base(path, strlen(path));
}

static int
compare_items(const void *a, const void *b)
{
    const Item *p = a;
    const Item *q = b;
    if (p->rank != q->rank) {
        return p->rank < q->rank ? -1 : 1;
    }
    int order = slot_compare(p->slot, q->slot);
    order = order != 0 ? order : p->order - q->order;
    order = order != 0 ? order : p->number - q->number;
    if (order == 0 && p->rank == RANK_VIEW) { /* rivals stand together, whatever their folders */
        order = name_compare_natural(base_of(p->path), base_of(q->path));
    }
    order = order != 0 ? order : name_compare_natural(p->path, q->path);
    return order != 0 ? order : (p->photo > q->photo) - (p->photo < q->photo);
}

static bool
has_place(const MatchReading *reading)
{
    return reading->how != HOW_NONE && reading->doubt == DOUBT_NONE;
}

static void
note_habit(Habits *habits, const Claim *claim)
{
    habits->main_is_named |= claim->kind == CLAIM_SLOT && claim->slot.kind == SLOT_MAIN;
    habits->has_0 |= claim->kind == CLAIM_NUMBER && claim->number == 0;
    habits->has_1 |= claim->kind == CLAIM_NUMBER && claim->number == 1;
    habits->num_bare += claim->kind == CLAIM_BARE;
}

static bool
counts_from_1(const Habits *habits)
{
    return habits->has_1 && !habits->has_0 && !habits->main_is_named && habits->num_bare == 0;
}

static Slot
extra(guint32 number)
{
    return number == 0 ? (Slot){ SLOT_MAIN, 0 } : (Slot){ SLOT_EXTRA, number };
}

static void
place_number(Item *item, guint32 number, const Habits *habits, bool batch_counts_from_0)
{
    bool main_is_elsewhere = habits->main_is_named || habits->num_bare > 0;
    if (habits->has_0 || (!main_is_elsewhere && batch_counts_from_0)) {
        item->rule = PLACE_BY_NUMBER_FROM_0;
        item->slot = extra(number);
    } else if (main_is_elsewhere && habits->has_1) {
        item->rule = PLACE_BY_NUMBER_OF_EXTRA;
        item->slot = extra(number);
    } else {
        item->rule = main_is_elsewhere ? PLACE_BY_NUMBER_AFTER_MAIN : PLACE_BY_NUMBER_FROM_1;
        item->slot = extra(number - 1);
    }
}

static Item
make_item(guint32 photo, const char *path, const MatchReading *reading, const Habits *habits,
          bool batch_counts_from_0)
{
    const Claim *claim = &reading->claim;
    Item item = { .photo = photo, .path = path };
    switch (claim->kind) {
    case CLAIM_SLOT:
        item.slot = claim->slot;
        item.rule = reading->how == HOW_FILE_COLUMN ? PLACE_BY_COLUMN : PLACE_BY_CODE;
        return item;
    case CLAIM_NUMBER:
        place_number(&item, claim->number, habits, batch_counts_from_0);
        return item;
    case CLAIM_BARE:
        item.rank = habits->main_is_named ? RANK_BARE : RANK_FIXED;
        item.rule = habits->main_is_named ? PLACE_BARE_NEXT : PLACE_BARE;
        return item;
    case CLAIM_VIEW:
        item.rank = RANK_VIEW;
        item.rule = PLACE_VIEW;
        item.order = claim->order;
        item.number = claim->number;
        return item;
    case CLAIM_FREE:
        item.rank = RANK_FREE;
        item.rule = PLACE_NEXT;
        return item;
    }
    g_assert_not_reached();
}

static bool
same_but_for_extension(const char *a, const char *b)
{
    gsize length_a = name_stem_length(a, strlen(a));
    gsize length_b = name_stem_length(b, strlen(b));
    return length_a == length_b && g_ascii_strncasecmp(a, b, length_a) == 0;
}

static bool
are_rivals(const Item *a, const Item *b)
{
    if (a->rank != b->rank) {
        return false;
    }
    switch (a->rank) {
    case RANK_FIXED:
        return slot_compare(a->slot, b->slot) == 0;
    case RANK_BARE:
        return true;
    case RANK_VIEW:
        return a->order == b->order && a->number == b->number &&
               same_but_for_extension(base_of(a->path), base_of(b->path));
    default:
        return same_but_for_extension(a->path, b->path);
    }
}

/* ITEMS are sorted. RIVALS points into places->rivals to where those of this SKU go. */
static void
place_items(MatchPlaces *places, const Item *items, gsize num_items, guint32 at)
{
    bool main_is_free =
        num_items == 0 || items[0].rank != RANK_FIXED || items[0].slot.kind != SLOT_MAIN;
    guint32 next = 1;
    gsize next_fixed = 0;
    gsize num_fixed = 0;
    while (num_fixed < num_items && items[num_fixed].rank == RANK_FIXED) {
        num_fixed++;
    }
    for (gsize i = 0; i < num_items;) {
        gsize end = i + 1;
        while (end < num_items && are_rivals(&items[i], &items[end])) {
            end++;
        }
        Place place = { .slot = items[i].slot,
                        .rule = items[i].rule,
                        .has_slot = items[i].rank == RANK_FIXED };
        if (end - i > 1) {
            place.first_rival = at + (guint32)i;
            place.num_rivals = (guint32)(end - i);
        } else if (items[i].rank > RANK_FIXED) {
            bool may_be_main = items[i].rank == RANK_FREE || items[i].order == 1;
            place.has_slot = true;
            if (main_is_free && may_be_main) {
                place.slot = extra(0);
                place.rule = items[i].rank == RANK_FREE ? PLACE_FIRST : PLACE_FRONT;
                main_is_free = false;
            } else {
                for (; next_fixed < num_fixed && (items[next_fixed].slot.kind == SLOT_MAIN ||
                                                  (items[next_fixed].slot.kind == SLOT_EXTRA &&
                                                   items[next_fixed].slot.number <= next));
                     next_fixed++) {
                    next += items[next_fixed].slot.kind == SLOT_EXTRA &&
                            items[next_fixed].slot.number == next;
                }
                place.slot = extra(next++);
            }
        }
        for (; i < end; i++) {
            places->places[items[i].photo] = place;
            places->rivals[at + i] = items[i].photo;
        }
    }
}

MatchPlaces *
match_places_new(const MatchReading *readings, const MatchPhoto *photos, gsize num_photos,
                 gsize num_skus)
{
    MatchPlaces *places = g_new0(MatchPlaces, 1);
    places->places = g_new0(Place, num_photos + 1);
    places->rivals = g_new(guint32, num_photos + 1);
    g_autofree guint32 *first = g_new0(guint32, num_skus + 2);
    g_autofree Habits *habits = g_new0(Habits, num_skus + 1);
    for (gsize i = 0; i < num_photos; i++) {
        if (has_place(&readings[i])) {
            first[readings[i].sku + 2]++;
            note_habit(&habits[readings[i].sku], &readings[i].claim);
        }
    }
    gsize num_from_0 = 0;
    gsize num_from_1 = 0;
    guint32 largest = 0;
    for (gsize i = 0; i < num_skus; i++) {
        num_from_0 += habits[i].has_0;
        num_from_1 += counts_from_1(&habits[i]);
        largest = MAX(largest, first[i + 2]);
        first[i + 2] += first[i + 1];
    }
    bool batch_counts_from_0 = num_from_0 > 0 && num_from_0 >= num_from_1;
    places->mixed_counts = num_from_0 > 0 && num_from_1 > 0;
    g_autofree guint32 *members = g_new(guint32, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        if (has_place(&readings[i])) {
            members[first[readings[i].sku + 1]++] = (guint32)i;
        }
    }
    g_autofree Item *items = g_new(Item, largest + 1);
    for (gsize sku = 0; sku < num_skus; sku++) {
        gsize num_items = 0;
        for (guint32 i = first[sku]; i < first[sku + 1]; i++) {
            items[num_items++] =
                make_item(members[i], photos[members[i]].path, &readings[members[i]], &habits[sku],
                          batch_counts_from_0);
        }
        if (num_items > 1) {
            qsort(items, num_items, sizeof *items, compare_items);
        }
        place_items(places, items, num_items, first[sku]);
    }
    return places;
}

void
match_places_free(MatchPlaces *places)
{
    if (places == NULL) {
        return;
    }
    g_free(places->places);
    g_free(places->rivals);
    g_free(places);
}

#include "listing/layout_columns.h"

#include "listing/layout_header.h"

#include <string.h>

/* A header as long as "weitere produktbild url 12"; longer ones are not put together from words. */
enum { MAX_WORDY_HEADER = 96 };

/* A picture column before its slot is known. */
typedef struct {
    ColumnRole role;
    guint32 number;
    guint32 column;
    const char *key;
    bool names_url;
} Candidate;

void
column_map_clear(ColumnMap *map)
{
    g_clear_pointer(&map->pictures, g_array_unref);
}

static void
clear_picture_column(gpointer data)
{
    g_free(((PictureColumn *)data)->key);
}

/* The table's words in the form that headers have. */
static GPtrArray *
normal_words(void)
{
    static gsize once = 0;
    static GPtrArray *words = NULL;
    if (g_once_init_enter(&once)) {
        GPtrArray *made = g_ptr_array_new_with_free_func(g_free);
        for (gsize i = 0; i < picture_word_table_size; i++) {
            g_ptr_array_add(made, header_normalise(picture_word_table[i].word));
        }
        words = made;
        g_once_init_leave(&once, 1);
    }
    return words;
}

/* What the text up to a place can be made of. */
typedef struct {
    bool reached;
    guint kinds;
    bool has_number;
    guint32 number;
} Reading;

/* The reading that knows a main or further picture wins over one that does not. */
static void
reach(Reading *place, const Reading *from, guint kind)
{
    Reading reading = *from;
    reading.kinds |= kind;
    if (!place->reached || reading.kinds > place->kinds) {
        *place = reading;
    }
}

static void
reach_number(Reading *places, gsize at, const char *normal)
{
    guint32 number = 0;
    gsize end = at;
    for (; g_ascii_isdigit(normal[end]) && end - at < 3; end++) {
        number = number * 10 + (guint32)g_ascii_digit_value(normal[end]);
    }
    if (end > at && !g_ascii_isdigit(normal[end]) && !places[at].has_number) {
        Reading reading = places[at];
        reading.has_number = true;
        reading.number = number;
        reach(&places[end], &reading, 0);
    }
}

guint
picture_words_read(const char *normal, guint32 *ret_number)
{
    gsize length = strlen(normal);
    if (length == 0 || length > MAX_WORDY_HEADER) {
        return 0;
    }
    GPtrArray *words = normal_words();
    Reading places[MAX_WORDY_HEADER + 1] = { { .reached = true } };
    for (gsize at = 0; at < length; at++) {
        if (!places[at].reached) {
            continue;
        }
        if (normal[at] == ' ') {
            reach(&places[at + 1], &places[at], 0);
            continue;
        }
        reach_number(places, at, normal);
        for (guint i = 0; i < words->len; i++) {
            gsize word_length = strlen(words->pdata[i]);
            if (word_length <= length - at &&
                memcmp(normal + at, words->pdata[i], word_length) == 0) {
                reach(&places[at + word_length], &places[at], picture_word_table[i].kind);
            }
        }
    }
    *ret_number = places[length].number;
    return places[length].reached ? places[length].kinds : 0;
}

/* "Titel" and "Name" alone are no pictures: there must be a word for one. */
static bool
plain_picture_role(const char *normal, Candidate *candidate, bool *ret_is_plural)
{
    guint kinds = picture_words_read(normal, &candidate->number);
    if ((kinds & (WORD_PICTURE | WORD_PICTURES)) == 0) {
        return false;
    }
    *ret_is_plural = (kinds & WORD_PICTURES) != 0;
    candidate->names_url = (kinds & WORD_URL) != 0;
    candidate->role = kinds & WORD_SWATCH  ? COLUMN_SWATCH
                      : kinds & WORD_MAIN  ? COLUMN_MAIN
                      : kinds & WORD_EXTRA ? COLUMN_EXTRA_IN_ORDER
                                           : COLUMN_ANY_IN_ORDER;
    return true;
}

static guint32 *
map_field(ColumnMap *map, ColumnRole role)
{
    switch (role) {
    case COLUMN_SKU:
        return &map->sku;
    case COLUMN_ASIN:
        return &map->asin;
    case COLUMN_ID:
        return &map->id;
    case COLUMN_ID_TYPE:
        return &map->id_type;
    case COLUMN_PARENT:
        return &map->parent;
    case COLUMN_FAMILY:
        return &map->family;
    case COLUMN_HANDLE:
        return &map->handle;
    case COLUMN_POSITION:
        return &map->position;
    case COLUMN_VARIANT_PICTURE:
        return &map->variant_picture;
    case COLUMN_MARKER:
    case COLUMN_MAIN:
    case COLUMN_NUMBERED:
    case COLUMN_ANY_IN_ORDER:
    case COLUMN_EXTRA_IN_ORDER:
    case COLUMN_SWATCH:
    case COLUMN_PRODUCT_SAFETY:
    case COLUMN_ENERGY_LABEL:
    case COLUMN_OFFER_MAIN:
    case COLUMN_OFFER_NUMBERED:
    case COLUMN_JOINED:
    case COLUMN_ROW_PICTURE:
        return NULL;
    }
    g_assert_not_reached();
}

/* Notes what COLUMN's header says by RULE; of two rules for one role the earlier in the table wins,
 * of two columns by one rule the left one. RULE_OF: the rule that gave each role its column. */
static void
apply_rule(const Grammar *grammar, gsize rule, const GridCell *cell, guint32 number, gsize *rule_of,
           ColumnMap *map, GArray *candidates)
{
    ColumnRole role = grammar->columns[rule].role;
    guint32 *field = map_field(map, role);
    if (role == COLUMN_MARKER) {
        map->has_marker = true;
    } else if (field == NULL) {
        Candidate candidate = { .role = role,
                                .number = number,
                                .column = cell->column,
                                .key = cell->text,
                                .names_url = true };
        g_array_append_val(candidates, candidate);
    } else if (*field == 0 || rule < rule_of[role]) {
        *field = cell->column;
        rule_of[role] = rule;
    }
}

/* RET_HAS_PLURAL: the last candidate's header is a plural, so that its cell may hold several. */
static void
read_cells(const Grammar *grammar, const GridRow *row, ColumnMap *map, GArray *candidates,
           bool *ret_has_plural)
{
    gsize rule_of[COLUMN_VARIANT_PICTURE + 1] = { 0 };
    for (guint i = 0; i < row->cells->len; i++) {
        const GridCell *cell = &g_array_index(row->cells, GridCell, i);
        bool fits = cell->normal[0] == '\0';
        guint32 number = 0;
        for (gsize rule = 0; grammar->columns[rule].pattern != NULL && cell->normal[0] != '\0';
             rule++) {
            if (header_matches(cell->normal, grammar->columns[rule].pattern, &number)) {
                fits = true;
                apply_rule(grammar, rule, cell, number, rule_of, map, candidates);
            }
        }
        Candidate candidate = { .column = cell->column, .key = cell->text };
        if (!fits && grammar->marketplace == MARKETPLACE_PLAIN &&
            plain_picture_role(cell->normal, &candidate, ret_has_plural)) {
            g_array_append_val(candidates, candidate);
        }
    }
}

static bool
has_role(const GArray *candidates, ColumnRole role)
{
    for (guint i = 0; i < candidates->len; i++) {
        if (g_array_index(candidates, Candidate, i).role == role) {
            return true;
        }
    }
    return false;
}

/* Offer pictures stand beside product pictures in full templates, and are not what is meant there.
 */
static void
settle_offer_columns(GArray *candidates)
{
    bool has_products = has_role(candidates, COLUMN_MAIN) || has_role(candidates, COLUMN_NUMBERED);
    for (guint i = candidates->len; i > 0; i--) {
        Candidate *candidate = &g_array_index(candidates, Candidate, i - 1);
        bool is_offer =
            candidate->role == COLUMN_OFFER_MAIN || candidate->role == COLUMN_OFFER_NUMBERED;
        if (is_offer && has_products) {
            g_array_remove_index(candidates, i - 1);
        } else if (is_offer) {
            candidate->role = candidate->role == COLUMN_OFFER_MAIN ? COLUMN_MAIN : COLUMN_NUMBERED;
        }
    }
}

static bool
is_of_marketplace(const Candidate *candidate, const char *marketplace_id)
{
    g_autofree char *id = header_selector(candidate->key, "marketplace_id");
    return id == NULL || strcmp(id, marketplace_id) == 0;
}

/* A sheet for several countries: those of the primary one, if it has any; else all. */
static guint
settle_marketplaces(GArray *candidates, const char *marketplace_id)
{
    guint num_of_it = 0, num_others = 0;
    for (guint i = 0; i < candidates->len; i++) {
        if (is_of_marketplace(&g_array_index(candidates, Candidate, i), marketplace_id)) {
            num_of_it++;
        }
    }
    for (guint i = candidates->len; i > 0 && num_of_it > 0 && marketplace_id[0] != '\0'; i--) {
        if (!is_of_marketplace(&g_array_index(candidates, Candidate, i - 1), marketplace_id)) {
            g_array_remove_index(candidates, i - 1);
            num_others++;
        }
    }
    return num_others;
}

/* "Image 1 URL" beside "Image 1 File": the URL column is the one to fill. */
static void
settle_twins(GArray *candidates)
{
    for (guint i = candidates->len; i > 0; i--) {
        const Candidate *one = &g_array_index(candidates, Candidate, i - 1);
        for (guint k = 0; k < candidates->len && !one->names_url; k++) {
            const Candidate *other = &g_array_index(candidates, Candidate, k);
            if (other->names_url && other->role == one->role && other->number == one->number) {
                g_array_remove_index(candidates, i - 1);
                break;
            }
        }
    }
}

/* Columns whose place among the others is their slot: generic ones first, then further ones. */
static int
compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *one = a, *other = b;
    if (one->role != other->role) {
        return one->role < other->role ? -1 : 1;
    }
    if (one->number != other->number) {
        return one->number < other->number ? -1 : 1;
    }
    return one->column < other->column ? -1 : 1;
}

static bool
candidate_slot(const Candidate *candidate, bool *has_main, guint32 *num_extras, Slot *ret_slot)
{
    switch (candidate->role) {
    case COLUMN_MAIN:
    case COLUMN_JOINED:
    case COLUMN_ROW_PICTURE:
        *ret_slot = (Slot){ .kind = SLOT_MAIN };
        return true;
    case COLUMN_NUMBERED:
        *ret_slot = (Slot){ SLOT_EXTRA, candidate->number };
        return candidate->number > 0;
    case COLUMN_ANY_IN_ORDER:
        if (!*has_main) {
            *has_main = true;
            *ret_slot = (Slot){ .kind = SLOT_MAIN };
            return true;
        }
        *ret_slot = (Slot){ SLOT_EXTRA, ++*num_extras };
        return true;
    case COLUMN_EXTRA_IN_ORDER:
        *ret_slot = (Slot){ SLOT_EXTRA, ++*num_extras };
        return true;
    case COLUMN_SWATCH:
        *ret_slot = (Slot){ .kind = SLOT_SWATCH };
        return true;
    case COLUMN_PRODUCT_SAFETY:
        *ret_slot = (Slot){ SLOT_PRODUCT_SAFETY, candidate->number };
        return candidate->number > 0;
    case COLUMN_ENERGY_LABEL:
        *ret_slot = (Slot){ .kind = SLOT_ENERGY_LABEL };
        return true;
    case COLUMN_MARKER:
    case COLUMN_SKU:
    case COLUMN_ASIN:
    case COLUMN_ID:
    case COLUMN_ID_TYPE:
    case COLUMN_PARENT:
    case COLUMN_FAMILY:
    case COLUMN_HANDLE:
    case COLUMN_POSITION:
    case COLUMN_OFFER_MAIN:
    case COLUMN_OFFER_NUMBERED:
    case COLUMN_VARIANT_PICTURE:
        break;
    }
    g_assert_not_reached();
}

static int
compare_picture_columns(gconstpointer a, gconstpointer b)
{
    const PictureColumn *one = a, *other = b;
    int order = slot_compare(one->slot, other->slot);
    return order != 0 ? order : one->column < other->column ? -1 : 1;
}

static void
assign_slots(GArray *candidates, GArray *pictures)
{
    g_array_sort(candidates, compare_candidates);
    bool has_main = has_role(candidates, COLUMN_MAIN);
    guint32 num_extras = 0;
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        Slot slot;
        if (candidate_slot(candidate, &has_main, &num_extras, &slot)) {
            PictureColumn picture = { candidate->column, g_strdup(candidate->key), slot };
            g_array_append_val(pictures, picture);
        }
    }
    g_array_sort(pictures, compare_picture_columns);
}

void
column_map_read(const Grammar *grammar, const GridRow *row, const char *marketplace_id,
                ColumnMap *ret_map)
{
    ColumnMap map = { .style = grammar->style, .separator = grammar->separator };
    map.pictures = g_array_new(FALSE, FALSE, sizeof(PictureColumn));
    g_array_set_clear_func(map.pictures, clear_picture_column);
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    bool has_plural = false;
    read_cells(grammar, row, &map, candidates, &has_plural);
    settle_offer_columns(candidates);
    map.num_other_marketplaces = settle_marketplaces(candidates, marketplace_id);
    settle_twins(candidates);
    if (grammar->style != PICTURES_ONE_PER_CELL && candidates->len > 1) {
        g_array_set_size(candidates, 1);
    }
    if (grammar->marketplace == MARKETPLACE_PLAIN && candidates->len == 1 && has_plural) {
        g_array_index(candidates, Candidate, 0).role = COLUMN_JOINED;
        map.style = PICTURES_JOINED;
        map.separator = ",";
    }
    assign_slots(candidates, map.pictures);
    *ret_map = map;
}

#include "listing/layout_detect.h"

#include "base/error.h"
#include "listing/amazon_settings.h"
#include "listing/layout_columns.h"
#include "listing/layout_grammar.h"

#include <string.h>

void
layout_free(Layout *layout)
{
    if (layout != NULL) {
        g_clear_pointer(&layout->pictures, g_array_unref);
        g_free(layout->notes);
        g_free(layout);
    }
}

/* How sure a worksheet is to be the one. */
typedef enum {
    CLAIM_SKU_ONLY = 1, /* a plain sheet's SKU column, no place for pictures */
    CLAIM_PLAIN,        /* SKU and pictures in a plain sheet */
    CLAIM_KEYS,         /* the keys of a marketplace's grammar */
    CLAIM_DECLARED,     /* the sheet says itself what it is, and the keys are there */
} ClaimStrength;

typedef struct {
    const Grid *grid;
    const Grammar *grammar;
    ClaimStrength strength;
    const GridRow *keys;
    guint32 data_row;
    char *marketplace_id; /* Amazon's primary marketplace, or "" */
} Claim;

static void
claim_free(gpointer claim)
{
    g_free(((Claim *)claim)->marketplace_id);
    g_free(claim);
}

/* Walmart explains its columns below their keys ("Alphanumeric, 50 characters - The string of
 * ..."), longer than its SKUs may be; other sheets repeat their header in a second language. */
static bool
is_header_like(const Grammar *grammar, const GridRow *row, guint32 sku_column, bool skip_example)
{
    enum { MAX_WALMART_SKU = 50 };
    g_auto(ColumnMap) map = { 0 };
    column_map_read(grammar, row, "", &map);
    const char *text = grid_row_text(row, sku_column);
    return map.sku == sku_column || (skip_example && strcmp(text, "ABC123") == 0) ||
           (grammar->marketplace == MARKETPLACE_WALMART && strlen(text) > MAX_WALMART_SKU);
}

static guint32
first_data_row(const Grammar *grammar, const Grid *grid, guint32 key_row, guint32 sku_column)
{
    enum { MAX_SKIPPED = 5 };
    bool skip_example = grammar->template_type != NULL;
    guint32 data_row = key_row + 1;
    for (int i = 0; i < MAX_SKIPPED; i++) {
        const GridRow *row = grid_row(grid, data_row);
        if (row == NULL || !is_header_like(grammar, row, sku_column, skip_example)) {
            break;
        }
        data_row++;
    }
    return data_row;
}

/* 0: this row is not the header of GRAMMAR. */
static ClaimStrength
row_strength(const Grammar *grammar, const ColumnMap *map)
{
    bool is_plain = grammar->marketplace == MARKETPLACE_PLAIN;
    if (map->sku == 0 || (grammar->needs_marker && !map->has_marker) ||
        (grammar->style == PICTURES_ONE_PER_ROW && map->handle == 0)) {
        return 0;
    }
    if (map->pictures->len == 0) {
        return is_plain ? CLAIM_SKU_ONLY : 0;
    }
    return is_plain ? CLAIM_PLAIN : CLAIM_KEYS;
}

/* The row that fits best: the strongest, of these the one with most pictures, of these the first.
 */
static Claim *
claim_by_keys(const Grid *grid, const Grammar *grammar)
{
    Claim *claim = NULL;
    guint num_pictures = 0;
    for (guint i = 0; i < grid->rows->len; i++) {
        const GridRow *row = grid->rows->pdata[i];
        g_auto(ColumnMap) map = { 0 };
        column_map_read(grammar, row, "", &map);
        ClaimStrength strength = row_strength(grammar, &map);
        if (strength == 0 ||
            (claim != NULL && (strength < claim->strength || map.pictures->len <= num_pictures))) {
            continue;
        }
        g_clear_pointer(&claim, claim_free);
        claim = g_new0(Claim, 1);
        *claim = (Claim){ grid, grammar, strength, row, 0, g_strdup("") };
        claim->data_row = first_data_row(grammar, grid, row->row, map.sku);
        num_pictures = map.pictures->len;
    }
    return claim;
}

/* The row that the settings name, or, where rows have shifted, the first one with the keys. */
static const GridRow *
declared_key_row(const Grid *grid, const Grammar *grammar, guint32 attribute_row)
{
    const GridRow *named = grid_row(grid, attribute_row);
    for (guint i = 0; i <= grid->rows->len; i++) {
        const GridRow *row = i == 0 ? named : grid->rows->pdata[i - 1];
        g_auto(ColumnMap) map = { 0 };
        if (row != NULL) {
            column_map_read(grammar, row, "", &map);
            if (map.sku != 0) {
                return row;
            }
        }
    }
    return NULL;
}

static guint32
declared_data_row(const Grammar *grammar, const AmazonSettings *settings, guint32 key_row)
{
    if (settings->data_row == 0) {
        return key_row + grammar->default_data_offset;
    }
    if (settings->attribute_row == 0) {
        return MAX(settings->data_row, key_row + 1);
    }
    guint32 offset = settings->data_row > settings->attribute_row
                         ? settings->data_row - settings->attribute_row
                         : grammar->default_data_offset;
    return key_row + offset;
}

static bool
read_declaration(const Grid *grid, AmazonSettings *ret_settings)
{
    const GridRow *first = grid_row(grid, 1);
    if (first == NULL) {
        return false;
    }
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    for (guint i = 0; i < first->cells->len; i++) {
        g_ptr_array_add(texts, g_array_index(first->cells, GridCell, i).text);
    }
    return amazon_settings_read((const char *const *)texts->pdata, texts->len, ret_settings);
}

/* Whether a sheet is of the old or the current kind is decided by its keys. Only the loader, whose
 * keys are anybody's words, must call itself so. */
static Claim *
claim_by_declaration(const Grid *grid)
{
    g_auto(AmazonSettings) settings = { 0 };
    if (!read_declaration(grid, &settings)) {
        return NULL;
    }
    for (gsize i = 0; i < grammar_table_size; i++) {
        const Grammar *grammar = &grammar_table[i];
        if (grammar->template_type == NULL || (strcmp(grammar->template_type, "Offer") == 0 &&
                                               strcmp(settings.template_type, "Offer") != 0)) {
            continue;
        }
        const GridRow *keys = declared_key_row(grid, grammar, settings.attribute_row);
        if (keys != NULL) {
            Claim *claim = g_new0(Claim, 1);
            *claim = (Claim){ grid,
                              grammar,
                              CLAIM_DECLARED,
                              keys,
                              declared_data_row(grammar, &settings, keys->row),
                              g_strdup(settings.marketplace_id) };
            return claim;
        }
    }
    return NULL;
}

/* One by each grammar whose keys a row of the worksheet has. */
static void
add_claims_by_keys(const Grid *grid, GPtrArray *claims)
{
    for (gsize i = 0; i < grammar_table_size; i++) {
        const Grammar *grammar = &grammar_table[i];
        bool must_declare = g_strcmp0(grammar->template_type, "Offer") == 0;
        Claim *claim = must_declare ? NULL : claim_by_keys(grid, grammar);
        if (claim != NULL) {
            g_ptr_array_add(claims, claim);
        }
    }
}

/* A declaration outdoes all else, so that with one, and nothing else asked for, the companions of a
 * template need no look. */
static GPtrArray *
collect_claims(const GPtrArray *grids, const Marketplace *marketplace)
{
    GPtrArray *claims = g_ptr_array_new_with_free_func(claim_free);
    for (guint i = 0; i < grids->len; i++) {
        Claim *claim = claim_by_declaration(grids->pdata[i]);
        if (claim != NULL) {
            g_ptr_array_add(claims, claim);
        }
    }
    if (claims->len == 0 || marketplace != NULL) {
        for (guint i = 0; i < grids->len; i++) {
            add_claims_by_keys(grids->pdata[i], claims);
        }
    }
    return claims;
}

static bool
claim_is_allowed(const Claim *claim, const Marketplace *marketplace)
{
    return marketplace == NULL || claim->grammar->marketplace == marketplace->id ||
           claim->grammar->marketplace == MARKETPLACE_PLAIN;
}

/* The strongest, visible worksheets before hidden ones; NULL when there is none. */
static const Claim *
best_claim(const GPtrArray *claims, const Marketplace *marketplace)
{
    const Claim *best = NULL;
    for (guint i = 0; i < claims->len; i++) {
        const Claim *claim = claims->pdata[i];
        if (!claim_is_allowed(claim, marketplace)) {
            continue;
        }
        if (best == NULL || claim->strength > best->strength ||
            (claim->strength == best->strength && best->grid->is_hidden &&
             !claim->grid->is_hidden)) {
            best = claim;
        }
    }
    return best;
}

/* Another worksheet that is as sure, or NULL. */
static const Claim *
rival_of(const GPtrArray *claims, const Claim *best, const Marketplace *marketplace)
{
    for (guint i = 0; i < claims->len; i++) {
        const Claim *claim = claims->pdata[i];
        if (claim->grid != best->grid && claim->strength == best->strength &&
            claim->grid->is_hidden == best->grid->is_hidden &&
            claim_is_allowed(claim, marketplace)) {
            return claim;
        }
    }
    return NULL;
}

/* What a person needs to see why nothing was found: a row that looks like a header. */
static char *
describe_headers(const GPtrArray *grids)
{
    enum { MAX_NAMED = 8 };
    for (guint i = 0; i < grids->len; i++) {
        const Grid *grid = grids->pdata[i];
        for (guint k = 0; k < grid->rows->len && !grid->is_hidden; k++) {
            const GridRow *row = grid->rows->pdata[k];
            if (row->cells->len < 2) {
                continue;
            }
            g_autoptr(GString) text = g_string_new(NULL);
            g_string_printf(text, "row %u has", row->row);
            for (guint c = 0; c < MIN(row->cells->len, MAX_NAMED); c++) {
                g_autofree char *cell = g_utf8_substring(
                    g_array_index(row->cells, GridCell, c).text, 0,
                    MIN(40, g_utf8_strlen(g_array_index(row->cells, GridCell, c).text, -1)));
                g_string_append_printf(text, "%s \"%s\"", c == 0 ? "" : ",", cell);
            }
            g_string_append(text, row->cells->len > MAX_NAMED ? ", ..." : "");
            return g_strdup(text->str);
        }
    }
    return g_strdup("no row has two cells");
}

static Layout *
fail_nothing_found(const GPtrArray *grids, GError **error)
{
    g_autofree char *headers = describe_headers(grids);
    return fail_null(error, APP_ERROR_INVALID,
                     "no SKU column found: looked for the keys of Amazon, Walmart, eBay, Shopify, "
                     "WooCommerce and Temu and for words such as \"SKU\" or \"Artikelnummer\" in "
                     "the first rows; %s",
                     headers);
}

/* Sellers' own sheets join URLs with what they like; what stands there decides. */
static const char *
separator_in_use(const Claim *claim, const ColumnMap *map)
{
    if (claim->grammar->marketplace != MARKETPLACE_PLAIN || map->style != PICTURES_JOINED) {
        return map->separator;
    }
    guint32 column = g_array_index(map->pictures, PictureColumn, 0).column;
    static const char *const separators[] = { "|", ";", "\n" };
    for (gsize s = 0; s < G_N_ELEMENTS(separators); s++) {
        for (guint i = 0; i < claim->grid->rows->len; i++) {
            const GridRow *row = claim->grid->rows->pdata[i];
            if (row->row >= claim->data_row &&
                strstr(grid_row_text(row, column), separators[s]) != NULL) {
                return separators[s];
            }
        }
    }
    return map->separator;
}

static char *
describe_choices(const Claim *claim, const ColumnMap *map)
{
    if (map->num_other_marketplaces > 0) {
        return g_strdup_printf("%u picture columns of other marketplaces than %s are left alone",
                               map->num_other_marketplaces, claim->marketplace_id);
    }
    if (map->pictures->len == 0) {
        return g_strdup("the sheet has no picture columns");
    }
    return NULL;
}

static Layout *
layout_of_claim(const Claim *claim, const Marketplace *marketplace)
{
    g_auto(ColumnMap) map = { 0 };
    column_map_read(claim->grammar, claim->keys, claim->marketplace_id, &map);
    const GridRow *last = claim->grid->rows->pdata[claim->grid->rows->len - 1];
    Layout *layout = g_new0(Layout, 1);
    *layout = (Layout){
        .marketplace = marketplace != NULL ? marketplace->id : claim->grammar->marketplace,
        .grammar = claim->grammar->name,
        .worksheet = claim->grid->worksheet,
        .key_row = claim->keys->row,
        .data_row = claim->data_row,
        .last_row = last->row,
        .num_columns =
            g_array_index(claim->keys->cells, GridCell, claim->keys->cells->len - 1).column,
        .sku_column = map.sku,
        .asin_column = map.asin,
        .barcode_column = map.id,
        .id_type_column = map.id_type,
        .parent_column = map.parent,
        .family_column = map.family,
        .handle_column = map.handle,
        .position_column = map.position,
        .variant_picture_column = map.variant_picture,
        .style = map.style,
        .separator = separator_in_use(claim, &map),
        .notes = describe_choices(claim, &map),
    };
    layout->pictures = g_steal_pointer(&map.pictures);
    return layout;
}

Layout *
layout_detect_in_grids(const GPtrArray *grids, const Marketplace *marketplace, GError **error)
{
    g_autoptr(GPtrArray) claims = collect_claims(grids, marketplace);
    const Claim *best = best_claim(claims, marketplace);
    const Claim *overall = best_claim(claims, NULL);
    bool is_plain = marketplace != NULL && marketplace->id == MARKETPLACE_PLAIN;
    if (overall == NULL || (best == NULL && is_plain)) {
        return fail_nothing_found(grids, error);
    }
    bool is_other =
        best == NULL || (overall->strength >= CLAIM_KEYS && best->strength < CLAIM_KEYS);
    if (is_other && !is_plain) {
        return fail_null(error, APP_ERROR_INVALID,
                         "worksheet \"%s\" is a sheet of the kind \"%s\", not %s's",
                         overall->grid->name, overall->grammar->name, marketplace->title);
    }
    const Claim *rival = rival_of(claims, best, marketplace);
    if (rival != NULL) {
        return fail_null(error, APP_ERROR_INVALID,
                         "worksheets \"%s\" (%s) and \"%s\" (%s) both look like the one to fill: "
                         "name one",
                         best->grid->name, best->grammar->name, rival->grid->name,
                         rival->grammar->name);
    }
    if (g_strcmp0(best->grammar->template_type, "Offer") == 0) {
        return fail_null(error, APP_ERROR_UNSUPPORTED,
                         "this is Amazon's loader for prices and quantities (TemplateType=Offer): "
                         "it has no picture columns; use a listing template of the category");
    }
    return layout_of_claim(best, marketplace);
}

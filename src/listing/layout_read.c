/* The SKUs of a sheet, in one streaming pass (LST-02). */
#include "listing/layout.h"

#include "base/error.h"
#include "listing/layout_grammar.h"
#include "listing/layout_header.h"
#include "listing/layout_sku.h"

#include <stdlib.h>
#include <string.h>

/* One picture of a Shopify product's gallery. */
typedef struct {
    guint32 position; /* what the sheet says, G_MAXUINT32 where it says nothing */
    guint32 row;
    char *text;
} GalleryPicture;

typedef struct {
    Layout *layout;
    guint64 max_skus;
    GPtrArray *skus;
    GHashTable *by_sku;    /* text -> ListedSku; keys are the SKUs' own */
    GHashTable *parents;   /* texts that some row names as its parent */
    GHashTable *galleries; /* handle -> GArray of GalleryPicture */
} Reading;

static char *
sku_problem(const SheetCell *cell, const char *text)
{
    if ((cell->flags & SHEET_CELL_DESTROYED) != 0) {
        return g_strdup_printf("\"%s\" is what a spreadsheet program made of a long number: digits "
                               "are lost; format the column as text and enter the SKU again",
                               text);
    }
    if ((cell->flags & SHEET_CELL_DATE) != 0) {
        return g_strdup_printf("Excel made a date of it (stored as %s): what was typed is lost; "
                               "format the column as text and enter the SKU again",
                               text);
    }
    if ((cell->flags & SHEET_CELL_ERROR) != 0) {
        return g_strdup_printf("the cell holds the error %s", text);
    }
    if ((cell->flags & SHEET_CELL_NOT_CALCULATED) != 0) {
        return g_strdup("the cell holds a formula whose result is not in the file; open the sheet "
                        "in a spreadsheet program and save it");
    }
    return NULL;
}

/* The form of all ASINs but those of books, which are ISBNs and need the type beside them. */
static bool
looks_like_asin(const char *text)
{
    if (strlen(text) != 10 || text[0] != 'B' || !g_ascii_isdigit(text[1])) {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isdigit(*p) && !g_ascii_isupper(*p)) {
            return false;
        }
    }
    return true;
}

static void
read_identifiers(const Layout *layout, const SheetCell *cells, gsize num_cells, ListedSku *sku)
{
    listed_sku_set(&sku->asin, row_text(cells, num_cells, layout->asin_column));
    g_autofree char *id = row_text(cells, num_cells, layout->barcode_column);
    g_autofree char *type = row_text(cells, num_cells, layout->id_type_column);
    g_autofree char *normal_type = header_normalise(type);
    bool is_asin = strcmp(normal_type, "asin") == 0 || looks_like_asin(id);
    if (!is_asin) {
        listed_sku_set(&sku->barcode, g_steal_pointer(&id));
    } else if (sku->asin[0] == '\0') {
        listed_sku_set(&sku->asin, g_steal_pointer(&id));
    }
}

static bool
is_parent_value(const char *text)
{
    g_autofree char *normal = header_normalise(text);
    for (const char *const *value = parent_value_table; *value != NULL; value++) {
        if (strcmp(normal, *value) == 0) {
            return true;
        }
    }
    return false;
}

static void
read_family(const Layout *layout, const SheetCell *cells, gsize num_cells, Reading *reading,
            ListedSku *sku)
{
    listed_sku_set(&sku->parent, row_text(cells, num_cells, layout->parent_column));
    g_autofree char *family = row_text(cells, num_cells, layout->family_column);
    sku->is_parent = is_parent_value(family);
    if (sku->parent[0] != '\0' && strcmp(sku->parent, sku->sku) != 0) {
        g_hash_table_add(reading->parents, g_strdup(sku->parent));
    }
}

/* The separator without the blanks that are written around it. */
static GStrv
split_joined(const char *text, const char *separator)
{
    char mark[] = { separator[0], '\0' };
    g_auto(GStrv) parts = g_strsplit(text, mark, 1000);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    for (char **part = parts; *part != NULL; part++) {
        g_autofree char *url = trimmed_text(*part);
        if (url[0] != '\0') {
            g_ptr_array_add(kept, g_steal_pointer(&url));
        }
    }
    g_ptr_array_add(kept, NULL);
    return (GStrv)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
}

static GStrv
read_columns(const Layout *layout, const SheetCell *cells, gsize num_cells)
{
    const GArray *pictures = layout->pictures;
    bool has_any = false;
    for (guint i = 0; i < pictures->len && !has_any; i++) {
        has_any = row_cell(cells, num_cells, g_array_index(pictures, PictureColumn, i).column);
    }
    if (!has_any) {
        return NULL;
    }
    GStrv texts = g_new0(char *, pictures->len + 1);
    for (guint i = 0; i < pictures->len; i++) {
        texts[i] = row_text(cells, num_cells, g_array_index(pictures, PictureColumn, i).column);
    }
    return texts;
}

static GStrv
read_pictures(const Layout *layout, const SheetCell *cells, gsize num_cells)
{
    if (layout->pictures->len == 0) {
        return NULL;
    }
    if (layout->style == PICTURES_ONE_PER_CELL) {
        return read_columns(layout, cells, num_cells);
    }
    guint32 column = layout->style == PICTURES_JOINED
                         ? g_array_index(layout->pictures, PictureColumn, 0).column
                         : layout->variant_picture_column;
    g_autofree char *text = row_text(cells, num_cells, column);
    if (text[0] == '\0') {
        return NULL;
    }
    return layout->style == PICTURES_JOINED ? split_joined(text, layout->separator)
                                            : g_strsplit(text, "\n", 1);
}

static void
clear_gallery_picture(gpointer data)
{
    g_free(((GalleryPicture *)data)->text);
}

static guint32
read_position(const char *text)
{
    guint64 position;
    return g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT32 - 1, &position, NULL)
               ? (guint32)position
               : G_MAXUINT32;
}

static void
add_to_gallery(Reading *reading, guint32 row, const SheetCell *cells, gsize num_cells)
{
    const Layout *layout = reading->layout;
    g_autofree char *handle = row_text(cells, num_cells, layout->handle_column);
    g_autofree char *text =
        row_text(cells, num_cells, g_array_index(layout->pictures, PictureColumn, 0).column);
    if (handle[0] == '\0' || text[0] == '\0') {
        return;
    }
    GArray *gallery = g_hash_table_lookup(reading->galleries, handle);
    if (gallery == NULL) {
        gallery = g_array_new(FALSE, FALSE, sizeof(GalleryPicture));
        g_array_set_clear_func(gallery, clear_gallery_picture);
        g_hash_table_insert(reading->galleries, g_steal_pointer(&handle), gallery);
    }
    g_autofree char *position = row_text(cells, num_cells, layout->position_column);
    GalleryPicture picture = { read_position(position), row, g_steal_pointer(&text) };
    g_array_append_val(gallery, picture);
}

static bool
add_sku(Reading *reading, guint32 row, const SheetCell *cells, gsize num_cells, char *text,
        GError **error)
{
    const Layout *layout = reading->layout;
    if (reading->skus->len >= reading->max_skus) {
        g_free(text);
        return fail(error, APP_ERROR_TOO_LARGE,
                    "the sheet has more than %" G_GUINT64_FORMAT " SKUs (sheet.max-skus)",
                    reading->max_skus);
    }
    ListedSku *sku = listed_sku_new(row, text);
    g_ptr_array_add(reading->skus, sku);
    sku->problem = sku_problem(row_cell(cells, num_cells, layout->sku_column), text);
    read_identifiers(layout, cells, num_cells, sku);
    read_family(layout, cells, num_cells, reading, sku);
    listed_sku_set(&sku->handle, row_text(cells, num_cells, layout->handle_column));
    sku->pictures = read_pictures(layout, cells, num_cells);
    /* Two cells that lost what was typed may have been two SKUs: they are not taken for one. */
    if (sku->problem == NULL) {
        g_hash_table_insert(reading->by_sku, sku->sku, sku);
    }
    return true;
}

static bool
read_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
         GError **error)
{
    Reading *reading = user_data;
    Layout *layout = reading->layout;
    layout->last_row = MAX(layout->last_row, row);
    layout->num_columns = MAX(layout->num_columns, cells[num_cells - 1].column);
    if (row < layout->data_row) {
        return true;
    }
    if (layout->style == PICTURES_ONE_PER_ROW) {
        add_to_gallery(reading, row, cells, num_cells);
    }
    const SheetCell *cell = row_cell(cells, num_cells, layout->sku_column);
    g_autofree char *text = cell == NULL ? NULL : trimmed_text(cell->text);
    if (text == NULL || text[0] == '\0') {
        return true;
    }
    ListedSku *known = g_hash_table_lookup(reading->by_sku, text);
    if (known == NULL || (cell->flags & (SHEET_CELL_DESTROYED | SHEET_CELL_DATE)) != 0) {
        return add_sku(reading, row, cells, num_cells, g_steal_pointer(&text), error);
    }
    if (known->other_rows == NULL) {
        known->other_rows = g_array_new(FALSE, FALSE, sizeof(guint32));
    }
    g_array_append_val(known->other_rows, row);
    return true;
}

static int
compare_gallery(gconstpointer a, gconstpointer b)
{
    const GalleryPicture *one = a, *other = b;
    if (one->position != other->position) {
        return one->position < other->position ? -1 : 1;
    }
    return one->row < other->row ? -1 : one->row > other->row;
}

static GStrv
gallery_texts(GArray *gallery)
{
    g_array_sort(gallery, compare_gallery);
    GStrv texts = g_new0(char *, gallery->len + 1);
    for (guint i = 0; i < gallery->len; i++) {
        texts[i] = g_strdup(g_array_index(gallery, GalleryPicture, i).text);
    }
    return texts;
}

/* A product's only SKU owns its whole gallery; of several, each has its variant's picture. */
static void
give_galleries(Reading *reading)
{
    g_autoptr(GHashTable) num_skus = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < reading->skus->len; i++) {
        const char *handle = ((ListedSku *)reading->skus->pdata[i])->handle;
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(num_skus, handle));
        g_hash_table_insert(num_skus, (gpointer)handle, GUINT_TO_POINTER(count + 1));
    }
    for (guint i = 0; i < reading->skus->len; i++) {
        ListedSku *sku = reading->skus->pdata[i];
        GArray *gallery = g_hash_table_lookup(reading->galleries, sku->handle);
        if (gallery != NULL && GPOINTER_TO_UINT(g_hash_table_lookup(num_skus, sku->handle)) == 1) {
            g_strfreev(sku->pictures);
            sku->pictures = gallery_texts(gallery);
        }
    }
}

GPtrArray *
layout_read_skus(Sheet *sheet, Layout *layout, guint64 max_skus, GError **error)
{
    g_autoptr(GPtrArray) skus = listed_sku_array_new();
    g_autoptr(GHashTable) by_sku = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) parents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) galleries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    Reading reading = { layout, max_skus, skus, by_sku, parents, galleries };
    if (!sheet_read_rows(sheet, layout->worksheet, read_row, &reading, error)) {
        return NULL;
    }
    for (guint i = 0; i < skus->len; i++) {
        ListedSku *sku = skus->pdata[i];
        sku->is_parent = sku->is_parent || g_hash_table_contains(parents, sku->sku);
    }
    give_galleries(&reading);
    return g_steal_pointer(&skus);
}

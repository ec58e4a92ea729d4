/* Shopify: the pictures of a product stand in its rows, one a row; further ones in further rows
 * that have nothing but the handle and the picture. */
#include "listing/layout_plan.h"

#include "listing/layout_sku.h"

#include <string.h>

static const guint32 no_position = 0;

typedef struct {
    guint32 row;
    guint32 position; /* no_position: the sheet says none */
    char *url;        /* "" for a row that has no picture yet */
} ProductRow;

/* A picture as it will stand in the gallery. */
typedef struct {
    guint32 row; /* 0: a line that is inserted */
    guint32 position;
    const char *url;
    bool is_new; /* written by this plan, and not to be written twice */
} GalleryEntry;

typedef struct {
    GArray *rows;    /* of ProductRow, in order */
    GArray *skus;    /* guint32: the listed SKUs of this product, in order */
    GArray *gallery; /* of GalleryEntry, by position */
    guint next_free; /* rows before it are taken */
} Product;

typedef struct {
    const Layout *layout;
    guint32 picture_column;
    GHashTable *products; /* handle -> Product; only those that get pictures */
} ProductReading;

static void
clear_product_row(gpointer data)
{
    g_free(((ProductRow *)data)->url);
}

static Product *
product_new(void)
{
    Product *product = g_new0(Product, 1);
    product->rows = g_array_new(FALSE, FALSE, sizeof(ProductRow));
    g_array_set_clear_func(product->rows, clear_product_row);
    product->skus = g_array_new(FALSE, FALSE, sizeof(guint32));
    product->gallery = g_array_new(FALSE, FALSE, sizeof(GalleryEntry));
    return product;
}

static void
product_free(gpointer data)
{
    Product *product = data;
    g_array_unref(product->rows);
    g_array_unref(product->skus);
    g_array_unref(product->gallery);
    g_free(product);
}

static bool
read_product_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data,
                 bool *stop, GError **error)
{
    ProductReading *reading = user_data;
    if (row < reading->layout->data_row) {
        return true;
    }
    g_autofree char *handle = row_text(cells, num_cells, reading->layout->handle_column);
    Product *product = g_hash_table_lookup(reading->products, handle);
    if (product != NULL) {
        g_autofree char *position = row_text(cells, num_cells, reading->layout->position_column);
        guint64 number = no_position;
        (void)g_ascii_string_to_unsigned(position, 10, 1, G_MAXINT32, &number, NULL);
        ProductRow product_row = { row, (guint32)number,
                                   row_text(cells, num_cells, reading->picture_column) };
        g_array_append_val(product->rows, product_row);
    }
    return true;
}

static int
compare_entries(gconstpointer a, gconstpointer b)
{
    const GalleryEntry *one = a, *other = b;
    guint32 one_position = one->position == no_position ? G_MAXUINT32 : one->position;
    guint32 other_position = other->position == no_position ? G_MAXUINT32 : other->position;
    if (one_position != other_position) {
        return one_position < other_position ? -1 : 1;
    }
    return one->row < other->row ? -1 : one->row > other->row;
}

static void
build_gallery(Product *product)
{
    for (guint i = 0; i < product->rows->len; i++) {
        const ProductRow *row = &g_array_index(product->rows, ProductRow, i);
        if (row->url[0] != '\0') {
            GalleryEntry entry = { row->row, row->position, row->url, false };
            g_array_append_val(product->gallery, entry);
        }
    }
    g_array_sort(product->gallery, compare_entries);
}

static guint32
next_position(const Product *product)
{
    guint32 last = product->gallery->len;
    for (guint i = 0; i < product->gallery->len; i++) {
        last = MAX(last, g_array_index(product->gallery, GalleryEntry, i).position);
    }
    return last + 1;
}

static void
insert_line(Plan *plan, const Product *product, const char *handle, const char *position,
            const char *url)
{
    const Layout *layout = plan->layout;
    GStrv texts = g_new0(char *, layout->num_columns + 1);
    for (guint32 column = 1; column <= layout->num_columns; column++) {
        bool is_picture = column == g_array_index(layout->pictures, PictureColumn, 0).column;
        texts[column - 1] = g_strdup(is_picture                          ? url
                                     : column == layout->handle_column   ? handle
                                     : column == layout->position_column ? position
                                                                         : "");
    }
    SheetInsertedLine line = { g_array_index(product->rows, ProductRow, product->rows->len - 1).row,
                               texts };
    g_array_append_val(plan->inserted, line);
}

/* At the end of the gallery: in a row of the product that has no picture yet, or in a new line. */
static bool
append_picture(Plan *plan, Sheet *sheet, Product *product, const char *handle, const char *url)
{
    GalleryEntry entry = { 0, next_position(product), url, true };
    g_autofree char *position = g_strdup_printf("%u", entry.position);
    while (product->next_free < product->rows->len &&
           g_array_index(product->rows, ProductRow, product->next_free).url[0] != '\0') {
        product->next_free++;
    }
    if (product->next_free < product->rows->len) {
        entry.row = g_array_index(product->rows, ProductRow, product->next_free++).row;
        plan_edit(plan, entry.row, g_array_index(plan->layout->pictures, PictureColumn, 0).column,
                  url);
        if (plan->layout->position_column != 0) {
            plan_edit(plan, entry.row, plan->layout->position_column, position);
        }
    } else if (sheet_kind(sheet) == SHEET_TEXT) {
        insert_line(plan, product, handle, position, url);
    } else {
        return false;
    }
    g_array_append_val(product->gallery, entry);
    return true;
}

static void
replace_picture(Plan *plan, Product *product, guint index, const char *url)
{
    GalleryEntry *entry = &g_array_index(product->gallery, GalleryEntry, index);
    if (strcmp(entry->url, url) != 0) {
        plan_edit(plan, entry->row, g_array_index(plan->layout->pictures, PictureColumn, 0).column,
                  url);
    }
    entry->url = url;
    entry->is_new = true;
}

static bool
find_picture(const Product *product, const char *url, guint *ret_index)
{
    for (guint i = 0; i < product->gallery->len && url[0] != '\0'; i++) {
        if (strcmp(g_array_index(product->gallery, GalleryEntry, i).url, url) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* A product with one SKU: the slot says the place in the gallery. */
static bool
place_by_slot(Plan *plan, Sheet *sheet, Product *product, const ListedSku *sku,
              const PublishedPicture *published)
{
    gint64 index = slot_index(published->slot);
    if (index < 0 || (index > 0 && product->gallery->len == 0)) {
        return false;
    }
    if (index < product->gallery->len) {
        replace_picture(plan, product, (guint)index, published->url);
        return true;
    }
    return append_picture(plan, sheet, product, sku->handle, published->url);
}

/* A product with several SKUs: a SKU's main picture takes the place of its variant's old one, or,
 * for the first SKU, leads; everything else comes after what is there. */
static bool
place_among_variants(Plan *plan, Sheet *sheet, Product *product, const ListedSku *sku,
                     const PublishedPicture *published)
{
    gint64 index = slot_index(published->slot);
    bool is_first = g_array_index(product->skus, guint32, 0) == published->sku;
    const char *old = sku->pictures == NULL ? "" : sku->pictures[0];
    guint at;
    if (index < 0 || (index > 0 && product->gallery->len == 0)) {
        return false;
    }
    if (find_picture(product, published->url, &at)) {
        return true;
    }
    const GalleryEntry *first = (const GalleryEntry *)product->gallery->data;
    if (index == 0 && is_first && product->gallery->len > 0 && !first->is_new) {
        replace_picture(plan, product, 0, published->url);
        return true;
    }
    if (index == 0 && find_picture(product, old, &at) &&
        !g_array_index(product->gallery, GalleryEntry, at).is_new) {
        replace_picture(plan, product, at, published->url);
        return true;
    }
    return append_picture(plan, sheet, product, sku->handle, published->url);
}

static void
plan_product_picture(Plan *plan, Sheet *sheet, Product *product, gsize picture)
{
    const PublishedPicture *published = &plan->pictures[picture];
    const ListedSku *sku = plan->skus->pdata[published->sku];
    bool is_alone = product->skus->len == 1;
    bool is_placed = is_alone ? place_by_slot(plan, sheet, product, sku, published)
                              : place_among_variants(plan, sheet, product, sku, published);
    guint32 variant_column = plan->layout->variant_picture_column;
    if (!is_alone && published->slot.kind == SLOT_MAIN && variant_column != 0) {
        plan_edit_sku(plan, sku, variant_column, published->url);
        is_placed = true;
    }
    if (!is_placed) {
        plan_no_place(plan, picture);
    }
}

/* The products that get pictures, with all their SKUs. */
static GHashTable *
collect_products(const Plan *plan, const GPtrArray *by_sku)
{
    GHashTable *products = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, product_free);
    for (guint i = 0; i < by_sku->len; i++) {
        const GArray *pictures = by_sku->pdata[i];
        const ListedSku *sku =
            plan->skus->pdata[plan->pictures[g_array_index(pictures, gsize, 0)].sku];
        if (sku->handle[0] != '\0' && !g_hash_table_contains(products, sku->handle)) {
            g_hash_table_insert(products, (gpointer)sku->handle, product_new());
        }
    }
    for (guint32 i = 0; i < plan->skus->len; i++) {
        const ListedSku *sku = plan->skus->pdata[i];
        Product *product = g_hash_table_lookup(products, sku->handle);
        if (product != NULL) {
            g_array_append_val(product->skus, i);
        }
    }
    return products;
}

bool
plan_product_rows(Plan *plan, Sheet *sheet, const GPtrArray *by_sku, GError **error)
{
    g_autoptr(GHashTable) products = collect_products(plan, by_sku);
    ProductReading reading = { plan->layout,
                               g_array_index(plan->layout->pictures, PictureColumn, 0).column,
                               products };
    if (!sheet_read_rows(sheet, plan->layout->worksheet, read_product_row, &reading, error)) {
        return false;
    }
    GHashTableIter iter;
    gpointer product;
    g_hash_table_iter_init(&iter, products);
    while (g_hash_table_iter_next(&iter, NULL, &product)) {
        build_gallery(product);
    }
    for (guint i = 0; i < by_sku->len; i++) {
        const GArray *pictures = by_sku->pdata[i];
        for (guint k = 0; k < pictures->len; k++) {
            gsize picture = g_array_index(pictures, gsize, k);
            const ListedSku *sku = plan->skus->pdata[plan->pictures[picture].sku];
            product = g_hash_table_lookup(products, sku->handle);
            if (product == NULL) {
                plan_no_place(plan, picture);
            } else {
                plan_product_picture(plan, sheet, product, picture);
            }
        }
    }
    return true;
}

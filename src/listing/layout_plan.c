/* From pictures with their SKUs and slots to the cells that must be written (LST-02). */
#include "listing/layout_plan.h"

#include "base/error.h"
#include "listing/compliance.h"
#include "listing/layout_sku.h"

#include <string.h>

/* Excel's own last row. */
static const guint32 max_row = 1048576;

static void
clear_edit(gpointer data)
{
    g_free(((SheetEdit *)data)->text);
}

static void
clear_inserted_line(gpointer data)
{
    g_strfreev(((SheetInsertedLine *)data)->texts);
}

static void
clear_no_place(gpointer data)
{
    g_free(((NoPlace *)data)->reason);
}

GArray *
sheet_edit_array_new(void)
{
    GArray *edits = g_array_new(FALSE, FALSE, sizeof(SheetEdit));
    g_array_set_clear_func(edits, clear_edit);
    return edits;
}

void
sheet_edit_array_take(GArray *edits, GArray *from)
{
    g_array_append_vals(edits, from->data, from->len);
    g_array_set_clear_func(from, NULL);
    g_array_unref(from);
}

void
plan_edit(Plan *plan, guint32 row, guint32 column, const char *text)
{
    SheetEdit edit = { row, column, g_strdup(text) };
    g_array_append_val(plan->edits, edit);
}

void
plan_edit_sku(Plan *plan, const ListedSku *sku, guint32 column, const char *text)
{
    plan_edit(plan, sku->row, column, text);
    for (guint i = 0; sku->other_rows != NULL && i < sku->other_rows->len; i++) {
        plan_edit(plan, g_array_index(sku->other_rows, guint32, i), column, text);
    }
}

void
plan_no_place(Plan *plan, gsize picture)
{
    NoPlace no_place = { picture, g_strdup("the sheet has no place for it") };
    g_array_append_val(plan->no_place, no_place);
}

gint64
slot_index(Slot slot)
{
    return slot.kind == SLOT_MAIN ? 0 : slot.kind == SLOT_EXTRA ? (gint64)slot.number : -1;
}

static int
compare_pictures(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const PublishedPicture *pictures = user_data;
    gsize one = *(const gsize *)a, other = *(const gsize *)b;
    if (pictures[one].sku != pictures[other].sku) {
        return pictures[one].sku < pictures[other].sku ? -1 : 1;
    }
    return slot_compare(pictures[one].slot, pictures[other].slot);
}

GPtrArray *
plan_pictures_by_sku(const Plan *plan, gsize num_pictures)
{
    g_autoptr(GArray) order = g_array_sized_new(FALSE, FALSE, sizeof(gsize), (guint)num_pictures);
    for (gsize i = 0; i < num_pictures; i++) {
        g_array_append_val(order, i);
    }
    g_array_sort_with_data(order, compare_pictures, (gpointer)plan->pictures);
    GPtrArray *by_sku = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    GArray *group = NULL;
    for (guint i = 0; i < order->len; i++) {
        gsize picture = g_array_index(order, gsize, i);
        if (group == NULL ||
            plan->pictures[g_array_index(group, gsize, 0)].sku != plan->pictures[picture].sku) {
            group = g_array_new(FALSE, FALSE, sizeof(gsize));
            g_ptr_array_add(by_sku, group);
        }
        g_array_append_val(group, picture);
    }
    return by_sku;
}

static void
plan_columns(Plan *plan, gsize picture)
{
    const PublishedPicture *published = &plan->pictures[picture];
    const ListedSku *sku = plan->skus->pdata[published->sku];
    bool has_place = false;
    for (guint i = 0; i < plan->layout->pictures->len; i++) {
        const PictureColumn *column = &g_array_index(plan->layout->pictures, PictureColumn, i);
        if (slot_compare(column->slot, published->slot) == 0) {
            plan_edit_sku(plan, sku, column->column, published->url);
            has_place = true;
        }
    }
    if (!has_place) {
        plan_no_place(plan, picture);
    }
}

/* The URLs of a joined cell by place. A further picture is never put first, where it would be shown
 * as the main one. */
static void
plan_joined_cell(Plan *plan, const GArray *pictures)
{
    const Layout *layout = plan->layout;
    const ListedSku *sku = plan->skus->pdata[plan->pictures[g_array_index(pictures, gsize, 0)].sku];
    g_autoptr(GPtrArray) urls = g_ptr_array_new();
    for (guint i = 0; sku->pictures != NULL && sku->pictures[i] != NULL; i++) {
        g_ptr_array_add(urls, sku->pictures[i]);
    }
    for (guint i = 0; i < pictures->len; i++) {
        gsize picture = g_array_index(pictures, gsize, i);
        const PublishedPicture *published = &plan->pictures[picture];
        gint64 index = slot_index(published->slot);
        if (index >= 0 && index < urls->len) {
            urls->pdata[index] = (gpointer)published->url;
        } else if (index < 0 || (index > 0 && urls->len == 0) || urls->len >= plan->max_pictures) {
            plan_no_place(plan, picture);
        } else {
            g_ptr_array_add(urls, (gpointer)published->url);
        }
    }
    g_ptr_array_add(urls, NULL);
    g_autofree char *joined = g_strjoinv(layout->separator, (GStrv)urls->pdata);
    if (joined[0] != '\0') {
        plan_edit_sku(plan, sku, g_array_index(layout->pictures, PictureColumn, 0).column, joined);
    }
}

static bool
check_urls(const Layout *layout, const PublishedPicture *pictures, gsize num_pictures,
           GError **error)
{
    const Marketplace *marketplace = marketplace_by_id(layout->marketplace);
    for (gsize i = 0; i < num_pictures; i++) {
        if (!compliance_check_url(marketplace, pictures[i].url, error)) {
            return false;
        }
        if (layout->style == PICTURES_JOINED &&
            strchr(pictures[i].url, layout->separator[0]) != NULL) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: the sheet joins URLs with \"%c\", so none may hold it",
                        pictures[i].url, layout->separator[0]);
        }
    }
    return true;
}

static bool
plan_all(Plan *plan, Sheet *sheet, gsize num_pictures, GError **error)
{
    if (plan->layout->pictures->len == 0) {
        for (gsize i = 0; i < num_pictures; i++) {
            plan_no_place(plan, i);
        }
        return true;
    }
    if (plan->layout->style == PICTURES_ONE_PER_CELL) {
        for (gsize i = 0; i < num_pictures; i++) {
            plan_columns(plan, i);
        }
        return true;
    }
    g_autoptr(GPtrArray) by_sku = plan_pictures_by_sku(plan, num_pictures);
    if (plan->layout->style == PICTURES_ONE_PER_ROW) {
        return plan_product_rows(plan, sheet, by_sku, error);
    }
    for (guint i = 0; i < by_sku->len; i++) {
        plan_joined_cell(plan, by_sku->pdata[i]);
    }
    return true;
}

static char *
hidden_reason(const SheetEdit *edit)
{
    return g_strdup_printf("its cell in the sheet (row %u, column %u) is hidden inside a merged "
                           "cell: no URL can be written there",
                           edit->row, edit->column);
}

/* An edit that nobody would see is left out, and said of the pictures whose URLs it has. */
static bool
leave_out_hidden(Plan *plan, Sheet *sheet, gsize num_pictures, GError **error)
{
    const SheetEdit *edits = (const SheetEdit *)(void *)plan->edits->data;
    g_autoptr(GArray) hidden =
        sheet_find_hidden(sheet, plan->layout->worksheet, edits, plan->edits->len, error);
    if (hidden == NULL || hidden->len == 0) {
        return hidden != NULL;
    }
    g_autoptr(GHashTable) by_url = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < num_pictures; i++) {
        g_hash_table_insert(by_url, (gpointer)plan->pictures[i].url, GSIZE_TO_POINTER(i + 1));
    }
    const char *separator = plan->layout->style == PICTURES_JOINED ? plan->layout->separator : "\n";
    for (guint i = hidden->len; i-- > 0;) {
        guint index = (guint)g_array_index(hidden, gsize, i);
        g_auto(GStrv) urls = g_strsplit(edits[index].text, separator, -1);
        for (char **url = urls; *url != NULL; url++) {
            gsize picture = GPOINTER_TO_SIZE(g_hash_table_lookup(by_url, *url));
            if (picture > 0) {
                NoPlace no_place = { picture - 1, hidden_reason(&edits[index]) };
                g_array_append_val(plan->no_place, no_place);
                g_hash_table_remove(by_url, *url); /* once is enough for a SKU of many rows */
            }
        }
        g_array_remove_index_fast(plan->edits, index); /* from the end: others keep theirs */
    }
    return true;
}

bool
layout_note_hidden(Sheet *sheet, const Layout *layout, const GPtrArray *skus, GError **error)
{
    if (layout->pictures->len == 0 || layout->style == PICTURES_ONE_PER_ROW) {
        return true;
    }
    guint32 column = g_array_index(layout->pictures, PictureColumn, 0).column;
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(SheetEdit));
    for (guint i = 0; i < skus->len; i++) {
        SheetEdit cell = { ((const ListedSku *)skus->pdata[i])->row, column, (char *)"" };
        g_array_append_val(cells, cell);
    }
    const SheetEdit *edits = (const SheetEdit *)(void *)cells->data;
    g_autoptr(GArray) hidden =
        sheet_find_hidden(sheet, layout->worksheet, edits, cells->len, error);
    for (guint i = 0; hidden != NULL && i < hidden->len; i++) {
        gsize index = g_array_index(hidden, gsize, i);
        ListedSku *sku = skus->pdata[index];
        if (sku->problem == NULL) {
            sku->problem = hidden_reason(&edits[index]);
        }
    }
    return hidden != NULL;
}

bool
layout_plan_edits(Sheet *sheet, const Layout *layout, const GPtrArray *skus,
                  const PublishedPicture *pictures, gsize num_pictures, GArray **ret_edits,
                  GArray **ret_inserted, GArray **ret_no_place, GError **error)
{
    if (!check_urls(layout, pictures, num_pictures, error)) {
        return false;
    }
    guint32 max_pictures = marketplace_by_id(layout->marketplace)->rules.max_pictures;
    g_autoptr(GArray) edits = sheet_edit_array_new();
    g_autoptr(GArray) inserted = g_array_new(FALSE, FALSE, sizeof(SheetInsertedLine));
    g_array_set_clear_func(inserted, clear_inserted_line);
    g_autoptr(GArray) no_place = g_array_new(FALSE, FALSE, sizeof(NoPlace));
    g_array_set_clear_func(no_place, clear_no_place);
    Plan plan = { layout, skus,     pictures, max_pictures == 0 ? G_MAXUINT32 : max_pictures,
                  edits,  inserted, no_place };
    if (!plan_all(&plan, sheet, num_pictures, error) ||
        !leave_out_hidden(&plan, sheet, num_pictures, error)) {
        return false;
    }
    *ret_edits = g_steal_pointer(&edits);
    *ret_inserted = g_steal_pointer(&inserted);
    *ret_no_place = g_steal_pointer(&no_place);
    return true;
}

/* Trimmed SKUs that are neither in SKUS nor twice in the list; NULL for one that no cell can hold.
 */
static GPtrArray *
missing_skus(const GPtrArray *skus, const char *const *new_skus, gsize num_new, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < skus->len; i++) {
        g_hash_table_add(known, g_strdup(((ListedSku *)skus->pdata[i])->sku));
    }
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < num_new; i++) {
        if (!g_utf8_validate(new_skus[i], -1, NULL)) {
            return fail_null(error, APP_ERROR_INVALID, "SKU %" G_GSIZE_FORMAT " is not UTF-8",
                             i + 1);
        }
        g_autofree char *sku = trimmed_text(new_skus[i]);
        for (const char *p = sku; *p != '\0'; p = g_utf8_next_char(p)) {
            if (g_unichar_iscntrl(g_utf8_get_char(p))) {
                return fail_null(error, APP_ERROR_INVALID,
                                 "SKU %" G_GSIZE_FORMAT " has a control character", i + 1);
            }
        }
        if (sku[0] != '\0' && g_hash_table_add(known, g_strdup(sku))) {
            g_ptr_array_add(missing, g_steal_pointer(&sku));
        }
    }
    return g_steal_pointer(&missing);
}

bool
layout_add_skus(Layout *layout, GPtrArray *skus, const char *const *new_skus, gsize num_new,
                GArray *edits, GError **error)
{
    if (layout->style == PICTURES_ONE_PER_ROW) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "a row of a Shopify sheet needs a handle and more beside its SKU: add the SKUs "
                    "to the sheet itself");
    }
    g_autoptr(GPtrArray) missing = missing_skus(skus, new_skus, num_new, error);
    if (missing == NULL) {
        return false;
    }
    guint32 row = MAX(layout->data_row, layout->last_row + 1);
    if (missing->len > 0 && (row > max_row || missing->len - 1 > max_row - row)) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%u SKUs do not fit below row %u: a worksheet has %u rows", missing->len,
                    row - 1, max_row);
    }
    for (guint i = 0; i < missing->len; i++, row++) {
        SheetEdit edit = { row, layout->sku_column, g_strdup(missing->pdata[i]) };
        g_array_append_val(edits, edit);
        g_ptr_array_add(skus, listed_sku_new(row, g_strdup(missing->pdata[i])));
        layout->last_row = row;
    }
    return true;
}

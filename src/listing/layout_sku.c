#include "listing/layout_sku.h"

/* Most fields of most SKUs are empty, and there may be a million: they share one text. */
static const char no_text[] = "";

static void
free_text(const char *text)
{
    if (text != no_text) {
        g_free((char *)text);
    }
}

static void
listed_sku_free(gpointer data)
{
    ListedSku *sku = data;
    g_free(sku->sku);
    free_text(sku->asin);
    free_text(sku->barcode);
    free_text(sku->parent);
    free_text(sku->handle);
    g_strfreev(sku->pictures);
    g_clear_pointer(&sku->other_rows, g_array_unref);
    g_free(sku->problem);
    g_free(sku);
}

GPtrArray *
listed_sku_array_new(void)
{
    return g_ptr_array_new_with_free_func(listed_sku_free);
}

ListedSku *
listed_sku_new(guint32 row, char *text)
{
    ListedSku *sku = g_new0(ListedSku, 1);
    sku->row = row;
    sku->sku = text;
    sku->asin = sku->barcode = sku->parent = sku->handle = no_text;
    return sku;
}

void
listed_sku_set(const char **field, char *text)
{
    free_text(*field);
    if (text[0] == '\0') {
        g_free(text);
        text = (char *)no_text;
    }
    *field = text;
}

static bool
is_blank(gunichar c)
{
    return g_unichar_isspace(c) || g_unichar_iszerowidth(c) || c == 0xfeff;
}

char *
trimmed_text(const char *text)
{
    while (*text != '\0' && is_blank(g_utf8_get_char(text))) {
        text = g_utf8_next_char(text);
    }
    const char *end = text;
    for (const char *p = text; *p != '\0';) {
        bool blank = is_blank(g_utf8_get_char(p));
        p = g_utf8_next_char(p);
        end = blank ? end : p;
    }
    return g_strndup(text, (gsize)(end - text));
}

const SheetCell *
row_cell(const SheetCell *cells, gsize num_cells, guint32 column)
{
    gsize low = 0, high = num_cells;
    while (low < high) {
        gsize middle = (low + high) / 2;
        if (cells[middle].column < column) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < num_cells && cells[low].column == column ? &cells[low] : NULL;
}

char *
row_text(const SheetCell *cells, gsize num_cells, guint32 column)
{
    const SheetCell *cell = column == 0 ? NULL : row_cell(cells, num_cells, column);
    if (cell == NULL || (cell->flags & (SHEET_CELL_DESTROYED | SHEET_CELL_DATE | SHEET_CELL_ERROR |
                                        SHEET_CELL_NOT_CALCULATED)) != 0) {
        return g_strdup("");
    }
    return trimmed_text(cell->text);
}

const char *
listed_sku_picture(const Layout *layout, const ListedSku *sku, Slot slot)
{
    if (sku->pictures == NULL) {
        return "";
    }
    if (layout->style == PICTURES_ONE_PER_CELL) {
        for (guint i = 0; i < layout->pictures->len; i++) {
            Slot column_slot = g_array_index(layout->pictures, PictureColumn, i).slot;
            if (slot_compare(column_slot, slot) == 0 && sku->pictures[i][0] != '\0') {
                return sku->pictures[i];
            }
        }
        return "";
    }
    guint index = slot.kind == SLOT_MAIN ? 0 : slot.number;
    bool is_in_order = slot.kind == SLOT_MAIN || slot.kind == SLOT_EXTRA;
    return is_in_order && index < g_strv_length(sku->pictures) ? sku->pictures[index] : "";
}

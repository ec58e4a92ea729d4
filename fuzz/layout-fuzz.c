/* The tops of worksheets: '\t' between cells, '\n' between rows, '\f' between worksheets, of which
 * every second one is hidden. */
#include "listing/layout_detect.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_row(Grid *grid, guint32 row, const char *line)
{
    g_auto(GStrv) texts = g_strsplit(line, "\t", -1);
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
    for (guint32 column = 1; texts[column - 1] != NULL; column++) {
        if (texts[column - 1][0] != '\0') {
            SheetCell cell = { row, column, 0, texts[column - 1] };
            g_array_append_val(cells, cell);
        }
    }
    bool stop = false;
    if (cells->len > 0) {
        (void)grid_add_row(row, (SheetCell *)cells->data, cells->len, grid, &stop, NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *raw = g_strndup((const char *)data, size);
    g_autofree char *text = g_utf8_make_valid(raw, -1); /* as sheet_read_rows promises */
    g_auto(GStrv) sheets = g_strsplit(text, "\f", 8);
    g_autoptr(GPtrArray) grids = g_ptr_array_new_with_free_func((GDestroyNotify)grid_free);
    for (guint i = 0; sheets[i] != NULL; i++) {
        Grid *grid = grid_new(i, "sheet", i % 2 == 1);
        g_ptr_array_add(grids, grid);
        g_auto(GStrv) lines = g_strsplit(sheets[i], "\n", 80);
        for (guint32 row = 1; lines[row - 1] != NULL; row++) {
            add_row(grid, row, lines[row - 1]);
        }
    }
    for (int id = -1; id < MARKETPLACE_COUNT; id += 4) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Layout) layout = layout_detect_in_grids(
            grids, id < 0 ? NULL : marketplace_by_id((MarketplaceId)id), &error);
        g_assert((layout == NULL) == (error != NULL));
        if (layout != NULL) {
            g_assert(layout->sku_column > 0 && layout->data_row > layout->key_row);
        }
    }
    return 0;
}

#include "listing/layout_grid.h"

#include "listing/layout_header.h"

/* Headers stand in the first ten rows of every real sheet that was seen; eBay's and sellers' own
 * notes above them take a few more. */
static const guint32 max_grid_row = 60;

static void
clear_cell(gpointer data)
{
    GridCell *cell = data;
    g_free(cell->text);
    g_free(cell->normal);
}

static void
free_row(gpointer data)
{
    GridRow *row = data;
    g_array_unref(row->cells);
    g_free(row);
}

Grid *
grid_new(guint worksheet, const char *name, bool is_hidden)
{
    Grid *grid = g_new0(Grid, 1);
    grid->worksheet = worksheet;
    grid->name = g_strdup(name);
    grid->is_hidden = is_hidden;
    grid->rows = g_ptr_array_new_with_free_func(free_row);
    return grid;
}

void
grid_free(Grid *grid)
{
    if (grid != NULL) {
        g_free(grid->name);
        g_ptr_array_unref(grid->rows);
        g_free(grid);
    }
}

bool
grid_add_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
             GError **error)
{
    Grid *grid = user_data;
    if (row > max_grid_row) {
        *stop = true;
        return true;
    }
    GridRow *grid_row = g_new0(GridRow, 1);
    grid_row->row = row;
    grid_row->cells = g_array_sized_new(FALSE, FALSE, sizeof(GridCell), (guint)num_cells);
    g_array_set_clear_func(grid_row->cells, clear_cell);
    for (gsize i = 0; i < num_cells; i++) {
        GridCell cell = { .column = cells[i].column,
                          .text = g_strdup(cells[i].text),
                          .normal = header_normalise(cells[i].text) };
        g_array_append_val(grid_row->cells, cell);
    }
    g_ptr_array_add(grid->rows, grid_row);
    return true;
}

const GridRow *
grid_row(const Grid *grid, guint32 row)
{
    for (guint i = 0; i < grid->rows->len; i++) {
        const GridRow *found = grid->rows->pdata[i];
        if (found->row == row) {
            return found;
        }
    }
    return NULL;
}

const char *
grid_row_text(const GridRow *row, guint32 column)
{
    for (guint i = 0; i < row->cells->len; i++) {
        const GridCell *cell = &g_array_index(row->cells, GridCell, i);
        if (cell->column == column) {
            return cell->text;
        }
    }
    return "";
}

/* The top of a worksheet in memory: enough to find its header rows, however large the sheet. */
#pragma once

#include "sheet/sheet.h"

typedef struct {
    guint32 column;
    char *text;
    char *normal; /* header_normalise(text) */
} GridCell;

typedef struct {
    guint32 row;
    GArray *cells; /* of GridCell, by column */
} GridRow;

typedef struct {
    guint worksheet;
    char *name;
    bool is_hidden;
    GPtrArray *rows; /* of GridRow, by number; those with something in them */
} Grid;

Grid *grid_new(guint worksheet, const char *name, bool is_hidden);
void grid_free(Grid *grid);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Grid, grid_free)

/* A SheetRowFunc whose user data is the Grid; stops when it has seen the rows that headers are
 * looked for in. */
bool grid_add_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer grid, bool *stop,
                  GError **error);

/* NULL when the row is empty or out of reach. */
const GridRow *grid_row(const Grid *grid, guint32 row);

/* "" when the cell is empty. */
const char *grid_row_text(const GridRow *row, guint32 column);

/* Making and freeing ListedSku, and the cells it is made of; inside the layout files only. */
#pragma once

#include "listing/layout.h"

/* An array that frees its SKUs. */
GPtrArray *listed_sku_array_new(void);

/* Takes SKU. */
ListedSku *listed_sku_new(guint32 row, char *sku);

/* Takes TEXT, and sets *FIELD (asin, barcode, parent, handle) to it. */
void listed_sku_set(const char **field, char *text);

/* A copy without blanks, no-break and zero-width characters around it. */
char *trimmed_text(const char *text);

/* The cell of a row in COLUMN, or NULL. */
const SheetCell *row_cell(const SheetCell *cells, gsize num_cells, guint32 column);

/* Its text, trimmed; "" for no such cell, for COLUMN 0, and where the text is not what was meant
 * (lost digits, a date, an error, a formula without its result). */
char *row_text(const SheetCell *cells, gsize num_cells, guint32 column);

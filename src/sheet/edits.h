/* The cells to write, in the order in which a stream meets them. */
#pragma once

#include "sheet/sheet.h"

/* Checks EDITS and sorts pointers to them by row and column. Refused: cells outside Excel's bounds,
 * two edits for one cell, text that is not UTF-8, has control characters or is longer than a cell
 * holds. */
GPtrArray *edits_sort(const SheetEdit *edits, gsize num_edits, GError **error);

/* Of EDITS, sorted: the first one in ROW or below it. */
guint edits_find_row(const GPtrArray *edits, guint32 row);

/* "C7", for an error; free it. */
char *edit_reference(const SheetEdit *edit);

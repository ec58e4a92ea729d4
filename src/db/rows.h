/* The rows of a result in memory: a backend fills them, the callers of db.h read them. Private to
 * this room. */
#pragma once

#include "db/db.h"

/* What all results of one statement have in common: made once, shared by threads. */
typedef struct RowsShape RowsShape;

/* SQL names the statement when a column is misread; it is copied. */
RowsShape *rows_shape_new(const char *sql);
/* All of them before the first result has the shape. */
void rows_shape_add_column(RowsShape *shape, const char *name);
/* NULL is fine. */
void rows_shape_unref(RowsShape *shape);

DbRows *rows_new(void);

/* First: once, whatever there is to be added. Takes a reference. */
void rows_set_shape(DbRows *rows, RowsShape *shape);

/* Values, row after row. The texts are copied. */
void rows_add_null(DbRows *rows);
void rows_add_int(DbRows *rows, gint64 value);
void rows_add_real(DbRows *rows, double value);
void rows_add_text(DbRows *rows, const char *text, gsize size);
void rows_add_blob(DbRows *rows, const void *data, gsize size);

/* False with TOO_LARGE above the bound: ask after each row. */
bool rows_fit(const DbRows *rows, GError **error);

/* The rows of a result in memory: a backend fills them, the callers of db.h read them. Private to
 * this room. */
#pragma once

#include "db/db.h"

/* SQL names the statement when a column is misread; it is copied. */
DbRows *rows_new(const char *sql);

/* Columns first, then values, row after row. The texts are copied. */
void rows_add_column(DbRows *rows, const char *name);
void rows_add_null(DbRows *rows);
void rows_add_int(DbRows *rows, gint64 value);
void rows_add_real(DbRows *rows, double value);
void rows_add_text(DbRows *rows, const char *text, gsize size);
void rows_add_blob(DbRows *rows, const void *data, gsize size);

/* False with TOO_LARGE above the bound: ask after each row. */
bool rows_fit(const DbRows *rows, GError **error);

#include "db/rows.h"

#include "base/error.h"

#include <string.h>

/* A result larger than this was asked for without a LIMIT. */
static const gsize max_storage = 64 * 1024 * 1024;

typedef enum { CELL_NULL, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB } CellType;

typedef struct {
    CellType type;
    gsize size;
    union {
        gint64 integer;
        double real;
        gsize offset; /* into storage, which moves as it grows */
    };
} Cell;

struct DbRows {
    char *sql;
    GPtrArray *names;
    GArray *cells;
    GByteArray *storage;
    gsize num_rows_taken; /* by db_next */
    guint last_column;    /* where the next look-up starts: readers go in order, or ask twice */
};

DbRows *
rows_new(const char *sql)
{
    DbRows *rows = g_new0(DbRows, 1);
    rows->sql = g_strdup(sql);
    rows->names = g_ptr_array_new_with_free_func(g_free);
    rows->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
    rows->storage = g_byte_array_new();
    return rows;
}

void
db_rows_free(DbRows *rows)
{
    if (rows == NULL) {
        return;
    }
    g_free(rows->sql);
    g_ptr_array_unref(rows->names);
    g_array_unref(rows->cells);
    g_byte_array_unref(rows->storage);
    g_free(rows);
}

void
rows_add_column(DbRows *rows, const char *name)
{
    g_ptr_array_add(rows->names, g_strdup(name));
}

void
rows_add_null(DbRows *rows)
{
    Cell cell = { .type = CELL_NULL };
    g_array_append_val(rows->cells, cell);
}

void
rows_add_int(DbRows *rows, gint64 value)
{
    Cell cell = { .type = CELL_INT, .integer = value };
    g_array_append_val(rows->cells, cell);
}

void
rows_add_real(DbRows *rows, double value)
{
    Cell cell = { .type = CELL_REAL, .real = value };
    g_array_append_val(rows->cells, cell);
}

static void
add_bytes(DbRows *rows, CellType type, const void *data, gsize size)
{
    Cell cell = { .type = type, .size = size, .offset = rows->storage->len };
    g_byte_array_append(rows->storage, data, (guint)size);
    g_byte_array_append(rows->storage, (const guint8 *)"", 1);
    g_array_append_val(rows->cells, cell);
}

void
rows_add_text(DbRows *rows, const char *text, gsize size)
{
    add_bytes(rows, CELL_TEXT, text, size);
}

void
rows_add_blob(DbRows *rows, const void *data, gsize size)
{
    add_bytes(rows, CELL_BLOB, data, size);
}

bool
rows_fit(const DbRows *rows, GError **error)
{
    gsize size = rows->storage->len + rows->cells->len * sizeof(Cell);
    if (size <= max_storage) {
        return true;
    }
    return fail(error, APP_ERROR_TOO_LARGE, "database: a result of more than %zu MiB",
                max_storage >> 20);
}

bool
db_next(DbRows *rows)
{
    if ((rows->num_rows_taken + 1) * rows->names->len > rows->cells->len || rows->names->len == 0) {
        return false;
    }
    rows->num_rows_taken++;
    return true;
}

bool
db_rows_finish(DbRows *rows, GError **error)
{
    return true;
}

static const Cell *
find_cell(DbRows *rows, const char *column)
{
    g_assert(rows->num_rows_taken > 0);
    guint num_columns = rows->names->len;
    for (guint i = 0; i < num_columns; i++) {
        guint index = (rows->last_column + i) % num_columns;
        if (strcmp(rows->names->pdata[index], column) == 0) {
            rows->last_column = index;
            gsize first = (rows->num_rows_taken - 1) * num_columns;
            return &g_array_index(rows->cells, Cell, first + index);
        }
    }
    g_error("no column %s in: %s", column, rows->sql);
}

/* NULL for null. */
static const Cell *
find_typed(DbRows *rows, const char *column, CellType type)
{
    const Cell *cell = find_cell(rows, column);
    if (cell->type == CELL_NULL) {
        return NULL;
    }
    if (cell->type != type) {
        g_error("column %s is of another type in: %s", column, rows->sql);
    }
    return cell;
}

gint64
db_int(DbRows *rows, const char *column)
{
    const Cell *cell = find_typed(rows, column, CELL_INT);
    return cell == NULL ? 0 : cell->integer;
}

bool
db_bool(DbRows *rows, const char *column)
{
    return db_int(rows, column) != 0;
}

double
db_real(DbRows *rows, const char *column)
{
    /* SUM of whole numbers is whole on one, a decimal on the other. */
    const Cell *cell = find_cell(rows, column);
    if (cell->type == CELL_INT) {
        return (double)cell->integer;
    }
    cell = find_typed(rows, column, CELL_REAL);
    return cell == NULL ? 0 : cell->real;
}

const char *
db_text(DbRows *rows, const char *column)
{
    const Cell *cell = find_typed(rows, column, CELL_TEXT);
    return cell == NULL ? NULL : (const char *)rows->storage->data + cell->offset;
}

const void *
db_blob(DbRows *rows, const char *column, gsize *ret_size)
{
    const Cell *cell = find_typed(rows, column, CELL_BLOB);
    *ret_size = cell == NULL ? 0 : cell->size;
    return cell == NULL ? NULL : rows->storage->data + cell->offset;
}

bool
db_is_null(DbRows *rows, const char *column)
{
    return find_cell(rows, column)->type == CELL_NULL;
}

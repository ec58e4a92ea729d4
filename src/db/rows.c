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

struct RowsShape {
    gatomicrefcount references;
    char *sql;
    GPtrArray *names;
};

struct DbRows {
    RowsShape *shape;
    Cell *cells;
    gsize num_cells, max_cells;
    char *storage;
    gsize storage_size, max_storage_size;
    gsize num_rows_taken; /* by db_next */
    guint last_column;    /* where the next look-up starts: readers go in order, or ask twice */
};

RowsShape *
rows_shape_new(const char *sql)
{
    RowsShape *shape = g_new0(RowsShape, 1);
    g_atomic_ref_count_init(&shape->references);
    shape->sql = g_strdup(sql);
    shape->names = g_ptr_array_new_with_free_func(g_free);
    return shape;
}

void
rows_shape_add_column(RowsShape *shape, const char *name)
{
    g_ptr_array_add(shape->names, g_strdup(name));
}

void
rows_shape_unref(RowsShape *shape)
{
    if (shape != NULL && g_atomic_ref_count_dec(&shape->references)) {
        g_free(shape->sql);
        g_ptr_array_unref(shape->names);
        g_free(shape);
    }
}

DbRows *
rows_new(void)
{
    return g_new0(DbRows, 1);
}

void
rows_set_shape(DbRows *rows, RowsShape *shape)
{
    g_assert(rows->shape == NULL);
    g_atomic_ref_count_inc(&shape->references);
    rows->shape = shape;
}

void
db_rows_free(DbRows *rows)
{
    if (rows == NULL) {
        return;
    }
    rows_shape_unref(rows->shape);
    g_free(rows->cells);
    g_free(rows->storage);
    g_free(rows);
}

static Cell *
add_cell(DbRows *rows, CellType type)
{
    if (rows->num_cells == rows->max_cells) {
        rows->max_cells = MAX(2 * rows->max_cells, 64);
        rows->cells = g_renew(Cell, rows->cells, rows->max_cells);
    }
    Cell *cell = &rows->cells[rows->num_cells++];
    *cell = (Cell){ .type = type };
    return cell;
}

void
rows_add_null(DbRows *rows)
{
    (void)add_cell(rows, CELL_NULL);
}

void
rows_add_int(DbRows *rows, gint64 value)
{
    add_cell(rows, CELL_INT)->integer = value;
}

void
rows_add_real(DbRows *rows, double value)
{
    add_cell(rows, CELL_REAL)->real = value;
}

static void
add_bytes(DbRows *rows, CellType type, const void *data, gsize size)
{
    gsize needed = rows->storage_size + size + 1;
    if (needed > rows->max_storage_size) {
        rows->max_storage_size = MAX(2 * rows->max_storage_size, MAX(needed, 512));
        rows->storage = g_realloc(rows->storage, rows->max_storage_size);
    }
    Cell *cell = add_cell(rows, type);
    cell->size = size;
    cell->offset = rows->storage_size;
    if (size > 0) {
        memcpy(rows->storage + rows->storage_size, data, size);
    }
    rows->storage[needed - 1] = '\0';
    rows->storage_size = needed;
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
    gsize size = rows->storage_size + rows->num_cells * sizeof(Cell);
    if (size <= max_storage) {
        return true;
    }
    return fail(error, APP_ERROR_TOO_LARGE, "database: a result of more than %zu MiB",
                max_storage >> 20);
}

bool
db_next(DbRows *rows)
{
    guint num_columns = rows->shape->names->len;
    if ((rows->num_rows_taken + 1) * num_columns > rows->num_cells || num_columns == 0) {
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
    guint num_columns = rows->shape->names->len;
    guint index = rows->last_column;
    for (guint i = 0; i < num_columns; i++) {
        const char *name = rows->shape->names->pdata[index];
        if (name[0] == column[0] && strcmp(name, column) == 0) {
            rows->last_column = index;
            return &rows->cells[(rows->num_rows_taken - 1) * num_columns + index];
        }
        index = index + 1 == num_columns ? 0 : index + 1;
    }
    g_error("no column %s in: %s", column, rows->shape->sql);
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
        g_error("column %s is of another type in: %s", column, rows->shape->sql);
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
    return cell == NULL ? NULL : rows->storage + cell->offset;
}

const void *
db_blob(DbRows *rows, const char *column, gsize *ret_size)
{
    const Cell *cell = find_typed(rows, column, CELL_BLOB);
    *ret_size = cell == NULL ? 0 : cell->size;
    return cell == NULL ? NULL : rows->storage + cell->offset;
}

bool
db_is_null(DbRows *rows, const char *column)
{
    return find_cell(rows, column)->type == CELL_NULL;
}

#include "base/error.h"
#include "db/backend.h"
#include "db/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

enum {
    busy_timeout_ms = 10000, /* another process writes */
    scrub_timeout_ms = 200,  /* a reader reads on; meanwhile nobody can write */
    max_prepared = 300,      /* the program's own statements; more would be SQL made at run time */
};

typedef struct {
    sqlite3_stmt *handle;
    RowsShape *shape;
} Prepared;

/* mmap_size: readers share the pages that the system holds anyway. A page cache of each one's own
 * is thrown away at every commit of the writer, and then copied together again. */
static const char reader_settings[] = "PRAGMA query_only = ON;"
                                      "PRAGMA mmap_size = 1073741824;";

struct DbConnection {
    sqlite3 *handle;
    GHashTable *prepared; /* SQL with tokens -> Prepared */
    Prepared *begin, *commit, *rollback;
};

static bool
fail_sqlite(DbConnection *connection, GError **error)
{
    AppErrorCode code = APP_ERROR_INTERNAL;
    switch (sqlite3_errcode(connection->handle) & 0xff) {
    case SQLITE_CONSTRAINT:
        code = APP_ERROR_CONFLICT;
        break;
    case SQLITE_FULL:
        code = APP_ERROR_NO_SPACE;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
        code = APP_ERROR_UNAVAILABLE;
        break;
    }
    return fail(error, code, "database: %s", sqlite3_errmsg(connection->handle));
}

static bool
sqlite_run_script(DbConnection *connection, const char *sql, GError **error)
{
    g_autofree char *translated = dialect_translate(DB_SQLITE, sql);
    if (sqlite3_exec(connection->handle, translated, NULL, NULL, NULL) != SQLITE_OK) {
        return fail_sqlite(connection, error);
    }
    return true;
}

static void
prepared_free(gpointer data)
{
    Prepared *prepared = data;
    (void)sqlite3_finalize(prepared->handle); /* repeats the error of the last step */
    rows_shape_unref(prepared->shape);
    g_free(prepared);
}

static void
sqlite_disconnect(DbConnection *connection)
{
    if (connection == NULL) {
        return;
    }
    g_hash_table_unref(connection->prepared);
    g_clear_pointer(&connection->begin, prepared_free);
    g_clear_pointer(&connection->commit, prepared_free);
    g_clear_pointer(&connection->rollback, prepared_free);
    int status = sqlite3_close(connection->handle);
    g_assert(status == SQLITE_OK);
    g_free(connection);
}

/* Made by us and not by SQLite, so that nobody else on the machine can read it: what it holds is
 * personal. Its WAL takes over the mode. */
static bool
make_file(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_errno(error, errno, path);
    }
    close(fd);
    return true;
}

static Prepared *
prepared_new(DbConnection *connection, const char *sql, GError **error)
{
    g_autofree char *translated = dialect_translate(DB_SQLITE, sql);
    sqlite3_stmt *handle = NULL;
    const char *rest = NULL;
    if (sqlite3_prepare_v3(connection->handle, translated, -1, SQLITE_PREPARE_PERSISTENT, &handle,
                           &rest) != SQLITE_OK) {
        fail_sqlite(connection, error);
        g_prefix_error(error, "%s: ", sql);
        return NULL;
    }
    g_assert(handle != NULL && rest[strspn(rest, " \n;")] == '\0'); /* one statement */
    Prepared *prepared = g_new0(Prepared, 1);
    prepared->handle = handle;
    prepared->shape = rows_shape_new(sql);
    for (int i = 0; i < sqlite3_column_count(handle); i++) {
        rows_shape_add_column(prepared->shape, sqlite3_column_name(handle, i));
    }
    return prepared;
}

/* What begins and ends every transaction. */
static bool
prepare_ends(DbConnection *connection, DbMode mode, GError **error)
{
    /* A writer that begins as a reader could not become one while another writes. */
    connection->begin =
        prepared_new(connection, mode == DB_READ ? "BEGIN" : "BEGIN IMMEDIATE", error);
    connection->commit =
        connection->begin == NULL ? NULL : prepared_new(connection, "COMMIT", error);
    connection->rollback =
        connection->commit == NULL ? NULL : prepared_new(connection, "ROLLBACK", error);
    return connection->rollback != NULL;
}

static DbConnection *
sqlite_connect(const char *path, DbMode mode, GError **error)
{
    if (!make_file(path, error)) {
        g_prefix_error(error, "database: ");
        return NULL;
    }
    DbConnection *connection = g_new0(DbConnection, 1);
    connection->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, prepared_free);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int status = sqlite3_open_v2(path, &connection->handle, flags, NULL);
    if (connection->handle == NULL) {
        g_error("no memory for a database connection");
    }
    /* The timeout first: the change to WAL needs the file for itself for a moment.
     * synchronous = NORMAL: checkpoints wait for the disk, commits wait in wal_sync.
     * secure_delete: what is deleted is overwritten, for its space may not be used again soon
     * (LST-17, LST-24); temp_store: sorting leaves nothing in files.
     * QPSG: plans do not depend on what is bound, so that binding does not prepare a statement anew
     * each time it runs. What a partial index is to serve must then name its values. */
    if (status != SQLITE_OK ||
        sqlite3_busy_timeout(connection->handle, busy_timeout_ms) != SQLITE_OK ||
        !sqlite_run_script(connection,
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = NORMAL;"
                           "PRAGMA secure_delete = ON;"
                           "PRAGMA foreign_keys = ON;"
                           "PRAGMA temp_store = MEMORY;"
                           "PRAGMA trusted_schema = OFF;",
                           error) ||
        (mode == DB_READ && !sqlite_run_script(connection, reader_settings, error)) ||
        sqlite3_db_config(connection->handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL) != SQLITE_OK ||
        !prepare_ends(connection, mode, error)) {
        if (error != NULL && *error == NULL) {
            fail_sqlite(connection, error);
        }
        g_prefix_error(error, "%s: ", path);
        sqlite_disconnect(connection);
        return NULL;
    }
    return connection;
}

static bool
sqlite_is_lost(const DbConnection *connection)
{
    return false;
}

/* One that begins or ends a transaction. */
static bool
step_once(DbConnection *connection, const Prepared *prepared, GError **error)
{
    bool done = sqlite3_step(prepared->handle) == SQLITE_DONE || fail_sqlite(connection, error);
    (void)sqlite3_reset(prepared->handle); /* repeats the error of the last step */
    return done;
}

static bool
sqlite_begin(DbConnection *connection, DbMode mode, GError **error)
{
    return step_once(connection, connection->begin, error);
}

static void
sqlite_rollback(DbConnection *connection)
{
    /* After some errors (disk full) SQLite has rolled back already. */
    if (!sqlite3_get_autocommit(connection->handle)) {
        (void)step_once(connection, connection->rollback, NULL);
    }
    g_assert(sqlite3_get_autocommit(connection->handle));
}

static bool
sqlite_commit(DbConnection *connection, GError **error)
{
    if (!step_once(connection, connection->commit, error)) {
        sqlite_rollback(connection);
        return false;
    }
    return true;
}

static const Prepared *
prepare(DbConnection *connection, const char *sql, GError **error)
{
    Prepared *prepared = g_hash_table_lookup(connection->prepared, sql);
    if (prepared != NULL) {
        return prepared;
    }
    prepared = prepared_new(connection, sql, error);
    if (prepared == NULL) {
        return NULL;
    }
    if (g_hash_table_size(connection->prepared) >= max_prepared) {
        g_hash_table_remove_all(connection->prepared);
    }
    g_hash_table_insert(connection->prepared, g_strdup(sql), prepared);
    return prepared;
}

static void
bind_one(sqlite3_stmt *prepared, int index, const DbValue *value)
{
    int status = SQLITE_OK;
    switch (value->type) {
    case 'i':
        status = sqlite3_bind_int64(prepared, index, value->integer);
        break;
    case 'd':
        status = sqlite3_bind_double(prepared, index, value->real);
        break;
    case 't':
        status = sqlite3_bind_text64(prepared, index, value->data, value->size, SQLITE_STATIC,
                                     SQLITE_UTF8);
        break;
    case 'b':
        /* A length of zero with a pointer is an empty blob, not null. */
        status = sqlite3_bind_blob64(prepared, index, value->data, value->size, SQLITE_STATIC);
        break;
    default:
        status = sqlite3_bind_null(prepared, index);
    }
    g_assert(status == SQLITE_OK);
}

/* SQLite numbers $2 and $1 by their first appearance in the text, so a parameter is found by its
 * name. */
static void
bind_all(sqlite3_stmt *prepared, const DbStatement *statement)
{
    int num_names = sqlite3_bind_parameter_count(prepared);
    for (int index = 1; index <= num_names; index++) {
        const char *name = sqlite3_bind_parameter_name(prepared, index);
        guint64 number = name == NULL ? 0 : g_ascii_strtoull(name + 1, NULL, 10);
        if (number < 1 || number > statement->num_values) {
            g_error("no value for %s in: %s", name == NULL ? "?" : name, statement->sql);
        }
        bind_one(prepared, index, &statement->values[number - 1]);
    }
}

static void
take_row(sqlite3_stmt *prepared, DbRows *rows)
{
    int num_columns = sqlite3_column_count(prepared);
    for (int i = 0; i < num_columns; i++) {
        switch (sqlite3_column_type(prepared, i)) {
        case SQLITE_INTEGER:
            rows_add_int(rows, sqlite3_column_int64(prepared, i));
            break;
        case SQLITE_FLOAT:
            rows_add_real(rows, sqlite3_column_double(prepared, i));
            break;
        case SQLITE_TEXT: {
            const char *text = (const char *)sqlite3_column_text(prepared, i);
            rows_add_text(rows, text, (gsize)sqlite3_column_bytes(prepared, i));
            break;
        }
        case SQLITE_BLOB: {
            const void *data = sqlite3_column_blob(prepared, i);
            rows_add_blob(rows, data, (gsize)sqlite3_column_bytes(prepared, i));
            break;
        }
        default:
            rows_add_null(rows);
        }
    }
}

static bool
step_all(DbConnection *connection, sqlite3_stmt *prepared, DbRows *rows, GError **error)
{
    int status;
    while ((status = sqlite3_step(prepared)) == SQLITE_ROW) {
        take_row(prepared, rows);
        if (!rows_fit(rows, error)) {
            return false;
        }
    }
    return status == SQLITE_DONE || fail_sqlite(connection, error);
}

static bool
sqlite_run(DbConnection *connection, const DbStatement *statement, DbRows *rows,
           gint64 *ret_changed, GError **error)
{
    const Prepared *prepared = prepare(connection, statement->sql, error);
    if (prepared == NULL) {
        return false;
    }
    bind_all(prepared->handle, statement);
    rows_set_shape(rows, prepared->shape);
    bool done = step_all(connection, prepared->handle, rows, error);
    if (done && ret_changed != NULL) {
        *ret_changed = sqlite3_changes64(connection->handle);
    }
    (void)sqlite3_reset(prepared->handle); /* repeats the error of the last step */
    (void)sqlite3_clear_bindings(prepared->handle);
    return done;
}

static bool
sqlite_scrub(DbConnection *connection, GError **error)
{
    g_autoptr(DbRows) rows = rows_new();
    DbStatement statement = { .sql = "PRAGMA wal_checkpoint(TRUNCATE)", .types = "" };
    (void)sqlite3_busy_timeout(connection->handle, scrub_timeout_ms);
    bool done = sqlite_run(connection, &statement, rows, NULL, error);
    (void)sqlite3_busy_timeout(connection->handle, busy_timeout_ms);
    if (done && db_next(rows) && db_int(rows, "busy") != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "database: a reader keeps the log from ending");
    }
    return done;
}

const DbBackend sqlite_backend = {
    .kind = DB_SQLITE,
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .is_lost = sqlite_is_lost,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .run_script = sqlite_run_script,
    .scrub = sqlite_scrub,
};

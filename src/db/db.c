#include "db/db.h"

#include "base/error.h"
#include "db/backend.h"
#include "db/pool.h"
#include "db/rows.h"
#include "db/wal_sync.h"

#include <stdarg.h>
#include <string.h>

enum { max_parameters = 64 };

/* How long a database that is being restarted is waited for. */
static const gint64 max_reconnect = 5 * G_USEC_PER_SEC;
static const gulong reconnect_pause = 100 * 1000;

struct Db {
    const DbBackend *backend;
    char *location;    /* what the backend connects to */
    WalSync *wal_sync; /* NULL where the backend's commit waits for the disk */
    Pool *readers;
    Pool *writers; /* the same as readers where writers need no place of their own */
    gpointer single_writer_thread; /* GThread *, atomic; SQLite's writer */
};

struct DbTx {
    Db *db;
    Pool *pool;
    DbConnection *connection;
    DbMode mode;
    bool has_failed;
};

static Pool *
pool_for(Db *db, DbMode mode)
{
    return mode == DB_READ ? db->readers : db->writers;
}

static bool
has_single_writer(const Db *db)
{
    return db->readers != db->writers;
}

/* Begins on CONNECTION, or on a new one where that is NULL or turns out to be lost. Returns the
 * connection that has begun, or NULL. Takes CONNECTION. */
static DbConnection *
try_begin(Db *db, DbMode mode, DbConnection *connection, GError **error)
{
    const DbBackend *backend = db->backend;
    if (connection != NULL) {
        if (backend->begin(connection, mode, NULL)) {
            return connection;
        }
        bool is_lost = backend->is_lost(connection);
        backend->disconnect(connection);
        if (is_lost) {
            /* The others of the pool go back to the same server, which has gone away. */
            pool_drop_idle(pool_for(db, mode));
        }
    }
    connection = backend->connect(db->location, mode, error);
    if (connection != NULL && !backend->begin(connection, mode, error)) {
        backend->disconnect(connection);
        return NULL;
    }
    return connection;
}

DbTx *
db_begin(Db *db, DbMode mode, GError **error)
{
    bool is_single = mode != DB_READ && has_single_writer(db);
    if (is_single && g_atomic_pointer_get(&db->single_writer_thread) == g_thread_self()) {
        g_error("a thread that has a writing transaction begins another");
    }
    Pool *pool = pool_for(db, mode);
    DbConnection *connection = NULL;
    if (!pool_take(pool, &connection, error)) {
        return NULL;
    }
    g_autoptr(GError) problem = NULL;
    gint64 deadline = g_get_monotonic_time() + max_reconnect;
    while ((connection = try_begin(db, mode, connection, &problem)) == NULL) {
        if (g_get_monotonic_time() >= deadline ||
            !g_error_matches(problem, APP_ERROR, APP_ERROR_UNAVAILABLE)) {
            pool_give(pool, NULL);
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        g_clear_error(&problem);
        g_usleep(reconnect_pause);
    }
    if (is_single) {
        g_atomic_pointer_set(&db->single_writer_thread, g_thread_self());
    }
    DbTx *tx = g_new0(DbTx, 1);
    *tx = (DbTx){ .db = db, .pool = pool, .connection = connection, .mode = mode };
    return tx;
}

static void
end(DbTx *tx)
{
    Db *db = tx->db;
    if (tx->mode != DB_READ && has_single_writer(db)) {
        g_atomic_pointer_set(&db->single_writer_thread, NULL);
    }
    if (db->backend->is_lost(tx->connection)) {
        db->backend->disconnect(tx->connection);
        tx->connection = NULL;
    }
    pool_give(tx->pool, tx->connection);
    g_free(tx);
}

void
db_rollback(DbTx *tx)
{
    if (tx != NULL) {
        tx->db->backend->rollback(tx->connection);
        end(tx);
    }
}

bool
db_commit(DbTx *tx, GError **error)
{
    if (tx->has_failed) {
        db_rollback(tx);
        return fail(error, APP_ERROR_INTERNAL,
                    "database: commit after a statement that had failed");
    }
    Db *db = tx->db;
    bool must_sync = tx->mode == DB_WRITE && db->wal_sync != NULL;
    bool committed = tx->db->backend->commit(tx->connection, error);
    end(tx); /* before the sync, so that the next writer's commit can share it */
    return committed && (!must_sync || wal_sync_wait(db->wal_sync, error));
}

/* PostgreSQL refuses text that is not UTF-8, SQLite would keep it: one rule for both. */
static bool
check_text(DbValue *value, GError **error)
{
    value->size = value->data == NULL ? 0 : strlen(value->data);
    return g_utf8_validate(value->data == NULL ? "" : value->data, (gssize)value->size, NULL) ||
           fail(error, APP_ERROR_INVALID, "database: a text that is not UTF-8");
}

/* Fills VALUES from ARGS as TYPES says. */
static bool
collect(DbValue *values, const char *types, va_list args, GError **error)
{
    for (guint i = 0; types[i] != '\0'; i++) {
        DbValue *value = &values[i];
        *value = (DbValue){ .type = types[i] };
        switch (types[i]) {
        case 'i':
            value->integer = va_arg(args, gint64);
            break;
        case 'd':
            value->real = va_arg(args, double);
            break;
        case 't':
            value->data = va_arg(args, const char *);
            if (!check_text(value, error)) {
                return false;
            }
            break;
        case 'b':
            value->data = va_arg(args, const void *);
            value->size = va_arg(args, gsize);
            break;
        case 'N':
            break;
        default:
            g_error("no such type of a parameter: %c", types[i]);
        }
    }
    return true;
}

static bool
run_values(DbTx *tx, DbRows *rows, gint64 *ret_changed, GError **error, const char *sql,
           const char *types, const DbValue *values, gsize num_values)
{
    if (tx->has_failed) {
        return fail(error, APP_ERROR_INTERNAL, "database: a statement after one that failed");
    }
    DbStatement statement = { sql, types, values, (guint)num_values };
    tx->has_failed = !tx->db->backend->run(tx->connection, &statement, rows, ret_changed, error);
    return !tx->has_failed;
}

static bool
run(DbTx *tx, DbRows *rows, gint64 *ret_changed, GError **error, const char *sql, const char *types,
    va_list args)
{
    DbValue values[max_parameters];
    g_assert(strlen(types) <= max_parameters);
    if (!collect(values, types, args, error)) {
        tx->has_failed = true;
        return false;
    }
    return run_values(tx, rows, ret_changed, error, sql, types, values, strlen(types));
}

DbRows *
db_query(DbTx *tx, GError **error, const char *sql, const char *types, ...)
{
    g_autoptr(DbRows) rows = rows_new();
    va_list args;
    va_start(args, types);
    bool done = run(tx, rows, NULL, error, sql, types, args);
    va_end(args);
    return done ? g_steal_pointer(&rows) : NULL;
}

bool
db_exec(DbTx *tx, GError **error, gint64 *ret_changed, const char *sql, const char *types, ...)
{
    g_autoptr(DbRows) rows = rows_new();
    va_list args;
    va_start(args, types);
    bool done = run(tx, rows, ret_changed, error, sql, types, args);
    va_end(args);
    return done;
}

/* As `run`, from an array. */
static bool
run_array(DbTx *tx, DbRows *rows, gint64 *ret_changed, GError **error, const char *sql,
          const DbValue *given, gsize num_values)
{
    DbValue values[max_parameters];
    char types[max_parameters + 1] = "";
    g_assert(num_values <= max_parameters);
    for (gsize i = 0; i < num_values; i++) {
        types[i] = given[i].type;
        values[i] = given[i];
        if (types[i] == 't' && !check_text(&values[i], error)) {
            tx->has_failed = true;
            return false;
        }
    }
    return run_values(tx, rows, ret_changed, error, sql, types, values, num_values);
}

DbRows *
db_query_values(DbTx *tx, GError **error, const char *sql, const DbValue *values, gsize num_values)
{
    g_autoptr(DbRows) rows = rows_new();
    return run_array(tx, rows, NULL, error, sql, values, num_values) ? g_steal_pointer(&rows)
                                                                     : NULL;
}

bool
db_exec_values(DbTx *tx, GError **error, gint64 *ret_changed, const char *sql,
               const DbValue *values, gsize num_values)
{
    g_autoptr(DbRows) rows = rows_new();
    return run_array(tx, rows, ret_changed, error, sql, values, num_values);
}

bool
db_run_script(DbTx *tx, const char *sql, GError **error)
{
    tx->has_failed |= !tx->db->backend->run_script(tx->connection, sql, error);
    return !tx->has_failed;
}

DbKind
db_kind(const Db *db)
{
    return db->backend->kind;
}

void
db_close(Db *db)
{
    if (db == NULL) {
        return;
    }
    if (has_single_writer(db)) {
        pool_free(db->readers);
    }
    /* SQLite's writer last: the last connection writes the WAL back and removes it. */
    pool_free(db->writers);
    wal_sync_free(db->wal_sync);
    g_free(db->location);
    g_free(db);
}

Db *
db_open(const char *url, guint max_connections, GError **error)
{
    g_assert(max_connections > 0);
    g_autoptr(Db) db = g_new0(Db, 1);
    if (g_str_has_prefix(url, "sqlite:") && url[strlen("sqlite:")] != '\0') {
        db->backend = &sqlite_backend;
        db->location = g_strdup(url + strlen("sqlite:"));
        db->writers = pool_new(db->backend, 1);
        db->wal_sync = wal_sync_new(db->location);
    } else if (g_str_has_prefix(url, "postgresql://") || g_str_has_prefix(url, "postgres://")) {
        db->backend = &postgresql_backend;
        db->location = g_strdup(url);
    } else {
        g_free(g_steal_pointer(&db));
        return fail_null(error, APP_ERROR_INVALID,
                         "a database is sqlite:PATH or postgresql://..., and not what is given");
    }
    db->readers = pool_new(db->backend, max_connections);
    if (db->writers == NULL) {
        db->writers = db->readers;
    }
    /* A writer's, so that a database that cannot be had is found now. */
    DbTx *tx = db_begin(db, DB_WRITE, error);
    if (tx == NULL) {
        return NULL;
    }
    db_rollback(tx);
    return g_steal_pointer(&db);
}

bool
db_scrub(Db *db, GError **error)
{
    if (db->backend->scrub == NULL) {
        return true;
    }
    DbConnection *connection = NULL;
    if (!pool_take(db->writers, &connection, error)) {
        return false;
    }
    if (connection == NULL) {
        connection = db->backend->connect(db->location, DB_WRITE, error);
    }
    bool done = connection != NULL && db->backend->scrub(connection, error);
    pool_give(db->writers, connection);
    return done;
}

bool
db_server_time(Db *db, Timestamp *ret_time, GError **error)
{
    if (db->backend->kind == DB_SQLITE) {
        *ret_time = g_get_real_time();
        return true;
    }
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error,
                              "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000"
                              "            AS BIGINT) AS microseconds",
                              "");
    if (rows == NULL) {
        return false;
    }
    g_assert(db_next(rows));
    *ret_time = db_int(rows, "microseconds");
    return true;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
db_list_columns(Db *db, GError **error)
{
    static const char *const sql[] = {
        [DB_SQLITE] = "SELECT t.name || '.' || c.name AS name"
                      "  FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c"
                      " WHERE t.schema = 'main' AND t.type = 'table'"
                      "   AND substr(t.name, 1, 7) <> 'sqlite_'",
        [DB_POSTGRESQL] = "SELECT CAST(table_name || '.' || column_name AS TEXT) AS name"
                          "  FROM information_schema.columns"
                          " WHERE table_schema = current_schema()",
    };
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows = tx == NULL ? NULL : db_query(tx, error, sql[db_kind(db)], "");
    if (rows == NULL) {
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    while (db_next(rows)) {
        g_ptr_array_add(names, g_strdup(db_text(rows, "name")));
    }
    g_ptr_array_sort(names, compare_texts);
    return names;
}

/* LST-14: the database of production; every statement of the program runs on it as on SQLite. */
#include "base/error.h"
#include "db/backend.h"
#include "db/rows.h"

#include <libpq-fe.h>
#include <string.h>

enum { max_prepared = 300 };

/* Type numbers, from the server's src/include/catalog/pg_type.dat. */
enum {
    oid_bool = 16,
    oid_bytea = 17,
    oid_int8 = 20,
    oid_int2 = 21,
    oid_int4 = 23,
    oid_text = 25,
    oid_float4 = 700,
    oid_float8 = 701,
    oid_numeric = 1700,
};

struct DbConnection {
    PGconn *handle;
    GHashTable *prepared; /* types, ':', SQL with tokens -> the server's name for it */
    guint num_names;
    bool must_close; /* its prepared statements no longer fit the tables */
};

static const struct {
    const char *state; /* SQLSTATE or its class */
    AppErrorCode code;
} codes[] = {
    { "23", APP_ERROR_CONFLICT },       /* integrity constraint violation */
    { "08", APP_ERROR_UNAVAILABLE },    /* connection exception */
    { "25006", APP_ERROR_UNAVAILABLE }, /* the server has become a read-only standby */
    { "0A000", APP_ERROR_UNAVAILABLE }, /* cached plan must not change result type */
    { "40", APP_ERROR_UNAVAILABLE },    /* deadlock, serialisation */
    { "53100", APP_ERROR_NO_SPACE },
    { "53", APP_ERROR_UNAVAILABLE },    /* out of memory, too many connections */
    { "55P03", APP_ERROR_UNAVAILABLE }, /* lock not available */
    { "57", APP_ERROR_UNAVAILABLE },    /* shutting down, cancelled */
    { "58", APP_ERROR_UNAVAILABLE },    /* input and output */
};

static bool
postgresql_is_lost(const DbConnection *connection)
{
    return connection->must_close || PQstatus(connection->handle) != CONNECTION_OK;
}

/* The primary message only: its details would quote the values of the row. */
static bool
fail_result(DbConnection *connection, const PGresult *result, GError **error)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL || postgresql_is_lost(connection)) {
        return fail(error, APP_ERROR_UNAVAILABLE, "database: the connection is lost");
    }
    AppErrorCode code = APP_ERROR_INTERNAL;
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_str_has_prefix(state, codes[i].state)) {
            code = codes[i].code;
        }
    }
    if (strcmp(state, "0A000") == 0) {
        connection->must_close = true;
    }
    return fail(error, code, "database: %s (%s)", message, state);
}

static bool
is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static bool
postgresql_run_script(DbConnection *connection, const char *sql, GError **error)
{
    g_autofree char *translated = dialect_translate(DB_POSTGRESQL, sql);
    PGresult *result = PQexec(connection->handle, translated);
    bool done = is_good(result) || fail_result(connection, result, error);
    PQclear(result);
    return done;
}

static void
postgresql_disconnect(DbConnection *connection)
{
    if (connection == NULL) {
        return;
    }
    PQfinish(connection->handle);
    g_hash_table_unref(connection->prepared);
    g_free(connection);
}

static void
ignore_notice(void *data, const PGresult *result)
{
}

static DbConnection *
postgresql_connect(const char *url, DbMode mode, GError **error)
{
    const char *const names[] = { "dbname", "client_encoding", "fallback_application_name",
                                  "connect_timeout", NULL };
    const char *const values[] = { url, "UTF8", "cloudpick", "5", NULL };
    DbConnection *connection = g_new0(DbConnection, 1);
    connection->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    connection->handle = PQconnectdbParams(names, values, 1);
    if (connection->handle == NULL) {
        g_error("no memory for a database connection");
    }
    if (PQstatus(connection->handle) != CONNECTION_OK) {
        g_autofree char *message = g_strdup(PQerrorMessage(connection->handle));
        fail(error, APP_ERROR_UNAVAILABLE, "database: %s", g_strstrip(message));
        postgresql_disconnect(connection);
        return NULL;
    }
    PQsetNoticeReceiver(connection->handle, ignore_notice, NULL);
    return connection;
}

static bool
postgresql_begin(DbConnection *connection, DbMode mode, GError **error)
{
    static const char *const begin[] = {
        /* A reader sees one state throughout, as SQLite's does. */
        [DB_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [DB_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED",
        [DB_WRITE_QUICKLY] = "BEGIN ISOLATION LEVEL READ COMMITTED;"
                             "SET LOCAL synchronous_commit = off",
    };
    return postgresql_run_script(connection, begin[mode], error);
}

static void
postgresql_rollback(DbConnection *connection)
{
    if (!postgresql_is_lost(connection) && !postgresql_run_script(connection, "ROLLBACK", NULL)) {
        connection->must_close = true;
    }
}

static bool
postgresql_commit(DbConnection *connection, GError **error)
{
    if (!postgresql_run_script(connection, "COMMIT", error)) {
        postgresql_rollback(connection);
        return false;
    }
    return true;
}

static Oid
oid_of(char type)
{
    switch (type) {
    case 'i':
        return oid_int8;
    case 'd':
        return oid_float8;
    case 't':
        return oid_text;
    case 'b':
        return oid_bytea;
    default:
        return 0; /* the server infers it */
    }
}

/* The server's name for STATEMENT, prepared on first use. */
static const char *
prepare(DbConnection *connection, const DbStatement *statement, GError **error)
{
    g_autofree char *key = g_strconcat(statement->types, ":", statement->sql, NULL);
    const char *name = g_hash_table_lookup(connection->prepared, key);
    if (name != NULL) {
        return name;
    }
    if (g_hash_table_size(connection->prepared) >= max_prepared) {
        if (!postgresql_run_script(connection, "DEALLOCATE ALL", error)) {
            return NULL;
        }
        g_hash_table_remove_all(connection->prepared);
    }
    g_autofree char *translated = dialect_translate(DB_POSTGRESQL, statement->sql);
    g_autofree char *new_name = g_strdup_printf("s%u", ++connection->num_names);
    g_autofree Oid *oids = g_new(Oid, statement->num_values + 1);
    for (guint i = 0; i < statement->num_values; i++) {
        oids[i] = oid_of(statement->types[i]);
    }
    PGresult *result =
        PQprepare(connection->handle, new_name, translated, (int)statement->num_values, oids);
    if (!is_good(result)) {
        fail_result(connection, result, error);
        g_prefix_error(error, "%s: ", statement->sql);
        PQclear(result);
        return NULL;
    }
    PQclear(result);
    name = new_name;
    g_hash_table_insert(connection->prepared, g_steal_pointer(&key), g_steal_pointer(&new_name));
    return name;
}

/* Numbers travel as eight bytes, high byte first. */
static guint64
to_wire(const DbValue *value)
{
    guint64 bits;
    if (value->type == 'd') {
        memcpy(&bits, &value->real, sizeof bits);
    } else {
        bits = (guint64)value->integer;
    }
    return GUINT64_TO_BE(bits);
}

static PGresult *
execute(DbConnection *connection, const char *name, const DbStatement *statement)
{
    guint count = statement->num_values;
    g_autofree guint64 *wire = g_new(guint64, count + 1);
    g_autofree const char **texts = g_new(const char *, count + 1);
    g_autofree int *lengths = g_new(int, count + 1);
    g_autofree int *are_binary = g_new(int, count + 1);
    for (guint i = 0; i < count; i++) {
        const DbValue *value = &statement->values[i];
        bool is_number = value->type == 'i' || value->type == 'd';
        wire[i] = to_wire(value);
        texts[i] = is_number ? (const char *)&wire[i] : value->data;
        lengths[i] = is_number ? (int)sizeof wire[i] : (int)value->size;
        are_binary[i] = value->type != 't';
    }
    return PQexecPrepared(connection->handle, name, (int)count, texts, lengths, are_binary, 0);
}

static void
take_value(const PGresult *result, int row, int column, DbRows *rows)
{
    if (PQgetisnull(result, row, column)) {
        rows_add_null(rows);
        return;
    }
    const char *text = PQgetvalue(result, row, column);
    switch (PQftype(result, column)) {
    case oid_bool:
        rows_add_int(rows, text[0] == 't');
        break;
    case oid_int2:
    case oid_int4:
    case oid_int8:
        rows_add_int(rows, g_ascii_strtoll(text, NULL, 10));
        break;
    case oid_numeric: /* SUM of BIGINT */
        if (strchr(text, '.') == NULL) {
            rows_add_int(rows, g_ascii_strtoll(text, NULL, 10));
            break;
        }
        rows_add_real(rows, g_ascii_strtod(text, NULL));
        break;
    case oid_float4:
    case oid_float8:
        rows_add_real(rows, g_ascii_strtod(text, NULL));
        break;
    case oid_bytea: {
        size_t size;
        unsigned char *data = PQunescapeBytea((const unsigned char *)text, &size);
        g_assert(data != NULL);
        rows_add_blob(rows, data, size);
        PQfreemem(data);
        break;
    }
    default:
        rows_add_text(rows, text, (gsize)PQgetlength(result, row, column));
    }
}

static bool
take_rows(const PGresult *result, DbRows *rows, GError **error)
{
    int num_columns = PQnfields(result);
    for (int column = 0; column < num_columns; column++) {
        rows_add_column(rows, PQfname(result, column));
    }
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < num_columns; column++) {
            take_value(result, row, column, rows);
        }
        if (!rows_fit(rows, error)) {
            return false;
        }
    }
    return true;
}

static bool
postgresql_run(DbConnection *connection, const DbStatement *statement, DbRows *rows,
               gint64 *ret_changed, GError **error)
{
    const char *name = prepare(connection, statement, error);
    if (name == NULL) {
        return false;
    }
    PGresult *result = execute(connection, name, statement);
    bool done =
        is_good(result) ? take_rows(result, rows, error) : fail_result(connection, result, error);
    if (done && ret_changed != NULL) {
        *ret_changed = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
    return done;
}

const DbBackend postgresql_backend = {
    .kind = DB_POSTGRESQL,
    .connect = postgresql_connect,
    .disconnect = postgresql_disconnect,
    .is_lost = postgresql_is_lost,
    .begin = postgresql_begin,
    .commit = postgresql_commit,
    .rollback = postgresql_rollback,
    .run = postgresql_run,
    .run_script = postgresql_run_script,
};

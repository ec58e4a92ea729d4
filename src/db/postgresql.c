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

typedef struct {
    char *name;       /* the server's */
    RowsShape *shape; /* NULL: no result came yet */
} Prepared;

/* Every wait for the server costs more than the work of most statements. So a transaction's begin
 * is sent with its first statement, and the answer to its end is read by whoever is next. */
struct DbConnection {
    PGconn *handle;
    GHashTable *prepared; /* types, ':', SQL with tokens -> Prepared */
    guint num_names;
    bool must_close; /* its prepared statements no longer fit the tables */
    DbMode mode;
    bool owes_begin; /* nothing of the transaction was sent yet */
    guint num_owed;  /* results of an end that was sent and whose answer was not read yet */
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

/* Of the next statement in the pipeline; NULL where the connection is lost. */
static PGresult *
next_result(DbConnection *connection)
{
    PGresult *result = PQgetResult(connection->handle);
    PGresult *end = NULL;
    while (result != NULL && (end = PQgetResult(connection->handle)) != NULL) {
        PQclear(end);
        if (postgresql_is_lost(connection)) {
            break;
        }
    }
    return result;
}

/* Reads what ends a pipeline, and leaves it. */
static void
leave_pipeline(DbConnection *connection)
{
    ExecStatusType status = PGRES_FATAL_ERROR;
    while (status != PGRES_PIPELINE_SYNC && !postgresql_is_lost(connection)) {
        PGresult *result = PQgetResult(connection->handle);
        status = PQresultStatus(result);
        PQclear(result);
    }
    connection->must_close |= PQexitPipelineMode(connection->handle) != 1;
}

/* The first result of NUM that is not good, or the last one. */
static PGresult *
result_of(DbConnection *connection, guint num, guint *ret_num_good)
{
    PGresult *result = next_result(connection);
    guint num_good = 0;
    for (; is_good(result) && ++num_good < num;) {
        PQclear(result);
        result = next_result(connection);
    }
    *ret_num_good = num_good;
    return result;
}

/* Reads the answer to the end of the last transaction, which has mostly come long ago, and sees
 * whether the server has hung up meanwhile. */
static bool
settle(DbConnection *connection)
{
    if (connection->num_owed > 0) {
        guint num_good;
        PGresult *result = result_of(connection, connection->num_owed, &num_good);
        connection->must_close |= !is_good(result);
        PQclear(result);
        leave_pipeline(connection);
        connection->num_owed = 0;
    }
    connection->must_close |= PQconsumeInput(connection->handle) != 1;
    return !postgresql_is_lost(connection);
}

static bool
run_simply(DbConnection *connection, const char *sql, GError **error)
{
    PGresult *result = PQexec(connection->handle, sql);
    bool done = is_good(result) || fail_result(connection, result, error);
    PQclear(result);
    return done;
}

static const struct {
    const char *begin;
    const char *then;
} beginnings[] = {
    /* A reader sees one state throughout, as SQLite's does. */
    [DB_READ] = { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL },
    [DB_WRITE] = { "BEGIN ISOLATION LEVEL READ COMMITTED", NULL },
    [DB_WRITE_QUICKLY] = { "BEGIN ISOLATION LEVEL READ COMMITTED",
                           "SET LOCAL synchronous_commit = off" },
};

static bool
postgresql_run_script(DbConnection *connection, const char *sql, GError **error)
{
    if (connection->owes_begin) {
        connection->owes_begin = false;
        const char *then = beginnings[connection->mode].then;
        if (!run_simply(connection, beginnings[connection->mode].begin, error) ||
            (then != NULL && !run_simply(connection, then, error))) {
            return false;
        }
    }
    g_autofree char *translated = dialect_translate(DB_POSTGRESQL, sql);
    return run_simply(connection, translated, error);
}

static void
prepared_free(gpointer data)
{
    Prepared *prepared = data;
    g_free(prepared->name);
    rows_shape_unref(prepared->shape);
    g_free(prepared);
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
    connection->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, prepared_free);
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

static bool
send_execution(DbConnection *connection, const Prepared *prepared, const DbStatement *statement)
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
    return PQsendQueryPrepared(connection->handle, prepared->name, (int)count, texts, lengths,
                               are_binary, 0) == 1;
}

static bool
send_preparation(DbConnection *connection, const Prepared *prepared, const DbStatement *statement)
{
    g_autofree char *translated = dialect_translate(DB_POSTGRESQL, statement->sql);
    g_autofree Oid *oids = g_new(Oid, statement->num_values + 1);
    for (guint i = 0; i < statement->num_values; i++) {
        oids[i] = oid_of(statement->types[i]);
    }
    return PQsendPrepare(connection->handle, prepared->name, translated, (int)statement->num_values,
                         oids) == 1;
}

/* Sends STATEMENT, what prepares it first where the server does not know it yet. *RET_IS_NEW: the
 * preparation has a result of its own. */
static Prepared *
send_statement(DbConnection *connection, const DbStatement *statement, bool *ret_is_new)
{
    g_autofree char *key = g_strconcat(statement->types, ":", statement->sql, NULL);
    Prepared *prepared = g_hash_table_lookup(connection->prepared, key);
    *ret_is_new = prepared == NULL;
    if (prepared == NULL) {
        prepared = g_new0(Prepared, 1);
        prepared->name = g_strdup_printf("s%u", ++connection->num_names);
        g_hash_table_insert(connection->prepared, g_steal_pointer(&key), prepared);
        connection->must_close |= !send_preparation(connection, prepared, statement);
    }
    connection->must_close |= !send_execution(connection, prepared, statement);
    return prepared;
}

/* One that returns nothing, not even whether it was done: that shows in what comes after it. */
static guint
send_plain(DbConnection *connection, const char *sql)
{
    bool is_new;
    (void)send_statement(connection, &(DbStatement){ .sql = sql, .types = "" }, &is_new);
    return is_new ? 2 : 1;
}

/* Returns how many results come of it. */
static guint
send_begin(DbConnection *connection)
{
    if (!connection->owes_begin) {
        return 0;
    }
    connection->owes_begin = false;
    const char *then = beginnings[connection->mode].then;
    return send_plain(connection, beginnings[connection->mode].begin) +
           (then == NULL ? 0 : send_plain(connection, then));
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
take_rows(const PGresult *result, Prepared *prepared, const char *sql, DbRows *rows, GError **error)
{
    int num_columns = PQnfields(result);
    if (prepared->shape == NULL) {
        prepared->shape = rows_shape_new(sql);
        for (int column = 0; column < num_columns; column++) {
            rows_shape_add_column(prepared->shape, PQfname(result, column));
        }
    }
    rows_set_shape(rows, prepared->shape);
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
keep_few_prepared(DbConnection *connection, GError **error)
{
    if (g_hash_table_size(connection->prepared) < max_prepared) {
        return true;
    }
    g_hash_table_remove_all(connection->prepared);
    return run_simply(connection, "DEALLOCATE ALL", error);
}

static bool
postgresql_run(DbConnection *connection, const DbStatement *statement, DbRows *rows,
               gint64 *ret_changed, GError **error)
{
    if (!keep_few_prepared(connection, error)) {
        return false;
    }
    connection->must_close |= PQenterPipelineMode(connection->handle) != 1;
    guint num_before = send_begin(connection);
    bool is_new;
    Prepared *prepared = send_statement(connection, statement, &is_new);
    connection->must_close |= PQpipelineSync(connection->handle) != 1;
    guint num_prepared = num_before + is_new, num_good = 0;
    PGresult *result = result_of(connection, num_prepared + 1, &num_good);
    bool done = is_good(result);
    if (!done) {
        fail_result(connection, result, error);
    }
    if (num_good < num_prepared) {
        /* The server may not know what is remembered here as prepared. */
        connection->must_close = true;
        g_prefix_error(error, "%s: ", statement->sql);
    }
    leave_pipeline(connection);
    if (done && ret_changed != NULL) {
        *ret_changed = g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    }
    done = done && take_rows(result, prepared, statement->sql, rows, error);
    PQclear(result);
    return done;
}

static bool
postgresql_begin(DbConnection *connection, DbMode mode, GError **error)
{
    connection->mode = mode;
    connection->owes_begin = true;
    return settle(connection) ||
           fail(error, APP_ERROR_UNAVAILABLE, "database: the connection is lost");
}

static void
send_end(DbConnection *connection, const char *sql)
{
    if (connection->owes_begin || postgresql_is_lost(connection)) {
        connection->owes_begin = false;
        return;
    }
    connection->must_close |= PQenterPipelineMode(connection->handle) != 1;
    connection->num_owed = send_plain(connection, sql);
    connection->must_close |= PQpipelineSync(connection->handle) != 1;
}

static void
postgresql_rollback(DbConnection *connection)
{
    send_end(connection, "ROLLBACK");
}

static bool
postgresql_commit(DbConnection *connection, GError **error)
{
    if (connection->mode == DB_READ || connection->owes_begin) {
        send_end(connection, "COMMIT");
        return true;
    }
    if (!run_simply(connection, "COMMIT", error)) {
        postgresql_rollback(connection);
        return false;
    }
    return true;
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

/* What SQLite and PostgreSQL each bring; db.c has the rest. Private to this room. */
#pragma once

#include "db/db.h"

typedef struct DbConnection DbConnection;

typedef struct {
    const char *sql; /* with tokens */
    const char *types;
    const DbValue *values;
    guint num_values;
} DbStatement;

typedef struct {
    DbKind kind;
    DbConnection *(*connect)(const char *location, DbMode mode, GError **error);
    void (*disconnect)(DbConnection *connection);
    /* The server is gone, or this connection to it: only disconnect is left. */
    bool (*is_lost)(const DbConnection *connection);
    bool (*begin)(DbConnection *connection, DbMode mode, GError **error);
    bool (*commit)(DbConnection *connection, GError **error);
    void (*rollback)(DbConnection *connection);
    /* Appends to ROWS (fresh) what the statement returns. */
    bool (*run)(DbConnection *connection, const DbStatement *statement, DbRows *rows,
                gint64 *ret_changed, GError **error);
    /* Several statements without parameters or rows. */
    bool (*run_script)(DbConnection *connection, const char *sql, GError **error);
    /* As db_scrub, on a writer's connection; NULL where there is nothing to do. */
    bool (*scrub)(DbConnection *connection, GError **error);
} DbBackend;

extern const DbBackend sqlite_backend;
extern const DbBackend postgresql_backend;

/* For migrations. */
bool db_run_script(DbTx *tx, const char *sql, GError **error);

/* SQL with its tokens spelled for KIND. Text in quotes and comments stays; an unknown token is a
 * bug and stops the program. */
char *dialect_translate(DbKind kind, const char *sql);

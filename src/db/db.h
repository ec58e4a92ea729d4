/* One SQL text for SQLite and PostgreSQL.
 *
 * A Db is a pool, used from any thread. Nothing runs outside a transaction. Parameters are $1 to
 * $n, always bound; columns are read by name; ids are made by the application (base/id.h). Tokens
 * in braces stand for what the dialects spell differently: {i64} {text} {bool} {blob} {real} column
 * types; {bool} holds 0 or 1 (compare: flag = 1), {text} compares by bytes {strict}       ends
 * CREATE TABLE (...) {strict}; {skip_locked}  FOR UPDATE SKIP LOCKED, or nothing; {for_update} has
 * others who say it for the same row wait for this transaction's end (SQLite has one writer). Use
 * only what both understand: ON CONFLICT, RETURNING, row values, IS DISTINCT FROM, CTE, window,
 * FILTER, COALESCE, CASE. Not: LIKE without care, arrays, GREATEST, 1/0, now(). */
#pragma once

#include "base/clock.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Db Db;
typedef struct DbTx DbTx;
typedef struct DbRows DbRows;

typedef enum { DB_SQLITE, DB_POSTGRESQL } DbKind;

/* URL: "sqlite:PATH" (made when absent, for its owner alone; WAL, durable commits, secure_delete,
 * foreign keys) or "postgresql://...". MAX_CONNECTIONS for PostgreSQL and for SQLite's readers
 * (writers: one). INVALID for another URL, UNAVAILABLE when it cannot be opened. */
Db *db_open(const char *url, guint max_connections, GError **error);
/* All transactions must have ended. NULL is fine. */
void db_close(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)
DbKind db_kind(const Db *db);

/* DB_WRITE_QUICKLY is DB_WRITE but for the end: its commit survives the death of the program and
 * not a power cut or PostgreSQL's crash (unless a DB_WRITE comes after it). For what can be found
 * out again. */
typedef enum { DB_READ, DB_WRITE, DB_WRITE_QUICKLY } DbMode;

/* Waits its turn for a connection. DB_READ sees one state of the database from its first statement
 * to its end. DB_WRITE is the one writer on SQLite (a second in the same thread would wait for
 * itself: that stops the program) and READ COMMITTED on PostgreSQL. A lost connection is opened
 * again (for up to about 5 s), UNAVAILABLE after that. */
DbTx *db_begin(Db *db, DbMode mode, GError **error);
/* Ends and frees TX, also on failure. After `true` the changes survive a power cut; others may
 * see them a moment earlier. After UNAVAILABLE they may be there or not: do again only what may be
 * done twice. */
bool db_commit(DbTx *tx, GError **error);
/* Undoes and frees; NULL is fine. The cleanup of g_autoptr(DbTx): commit with
 * db_commit(g_steal_pointer(&tx), error). */
void db_rollback(DbTx *tx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbTx, db_rollback)

/* After a statement that failed, the transaction can only be rolled back (so PostgreSQL wants it):
 * avoid conflicts by ON CONFLICT, do not try and see.
 *
 * TYPES has a character a parameter: i gint64 (write (gint64)x), d double, t const char * (NULL:
 * null; INVALID unless UTF-8), b const void *, gsize (NULL: null), N null (takes no argument).
 *     db_query(tx, error, "SELECT name FROM batch WHERE id = $1", "t", id.text)
 * The rows are in memory when this returns and stay valid after TX: ask for few (LIMIT); more than
 * 64 MiB is TOO_LARGE. CONFLICT for a broken UNIQUE, CHECK, NOT NULL or foreign key, UNAVAILABLE
 * when the database is not there or asks to try again (deadlock), NO_SPACE when its disk is full,
 * else INTERNAL. */
DbRows *db_query(DbTx *tx, GError **error, const char *sql, const char *types, ...);
/* For what returns no rows. RET_CHANGED may be NULL. */
bool db_exec(DbTx *tx, GError **error, gint64 *ret_changed, const char *sql, const char *types,
             ...);

/* The same for statements that are put together while the program runs. */
typedef struct {
    char type; /* as in TYPES */
    gint64 integer;
    double real;
    const void *data; /* text (its end is found by its zero) or blob; NULL: null */
    gsize size;       /* of a blob */
} DbValue;
DbRows *db_query_values(DbTx *tx, GError **error, const char *sql, const DbValue *values,
                        gsize num_values);
bool db_exec_values(DbTx *tx, GError **error, gint64 *ret_changed, const char *sql,
                    const DbValue *values, gsize num_values);

void db_rows_free(DbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)
/* To the first row, to the next. False at the end. */
bool db_next(DbRows *rows);
/* Always true: errors come from db_query. Kept for callers that ask. */
bool db_rows_finish(DbRows *rows, GError **error);

/* The column of the current row; an unknown name, or another type, is a bug and stops the program.
 * Valid until the rows are freed. */
gint64 db_int(DbRows *rows, const char *column); /* null reads as 0 */
double db_real(DbRows *rows, const char *column);
bool db_bool(DbRows *rows, const char *column);
const char *db_text(DbRows *rows, const char *column); /* null reads as NULL */
const void *db_blob(DbRows *rows, const char *column, gsize *ret_size);
bool db_is_null(DbRows *rows, const char *column);

/* Migrations: appended, never edited. Each is run once, in its own transaction, and remembered with
 * the digest of its text; of several programs that start at once, one runs it. */
typedef struct {
    const char *name; /* "0001 accounts" */
    const char *sql;  /* several statements */
} DbMigration;
/* CONFLICT when the database was made by a newer program or an applied text has changed. */
bool db_migrate(Db *db, const DbMigration *migrations, gsize num_migrations, const Clock *clock,
                GError **error);

/* What a live schema has, for the privacy inventory's test: "table.column" strings, sorted. */
GPtrArray *db_list_columns(Db *db, GError **error);
/* After deletions that must leave no trace: SQLite's WAL is written back and emptied; nothing on
 * PostgreSQL. UNAVAILABLE while a reader is on an older state: again later. */
bool db_scrub(Db *db, GError **error);
/* The clock of the machine the database runs on. */
bool db_server_time(Db *db, Timestamp *ret_time, GError **error);

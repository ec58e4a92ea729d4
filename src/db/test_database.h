/* Databases for tests: a fresh SQLite file, and a fresh database of a PostgreSQL that nobody else
 * uses (scripts/private-postgresql: the one that CLOUDPICK_POSTGRESQL names, which ./test starts,
 * or one for this process, started by the first test that wants it and gone with the process). */
#pragma once

#include "db/db.h"

typedef struct {
    Db *db;    /* a test may close it and set another, or NULL */
    char *url; /* for a second Db, or another process */
} TestDatabase;

typedef void (*DatabaseTest)(TestDatabase *database);

/* Registers TEST twice, PATH/sqlite and PATH/postgresql, each on a fresh database with the tables
 * of the service. Where PostgreSQL is not installed the second says so and is skipped. */
void test_each_database(const char *path, DatabaseTest test);
/* The same without any table. */
void test_each_empty_database(const char *path, DatabaseTest test);

/* For tests of whole programs: the URL of a fresh, empty database; NULL where there is no
 * PostgreSQL. */
char *test_database_create(DbKind kind);
/* Removes it and frees URL. NULL is fine. */
void test_database_destroy(char *url);

/* A PostgreSQL server for one test, to be crashed. NULL where it is not installed. */
typedef struct TestPostgresql TestPostgresql;
TestPostgresql *test_postgresql_start(void);
/* URL of an empty database. */
const char *test_postgresql_url(const TestPostgresql *server);
/* Crashes the server and returns when it is up again. */
void test_postgresql_restart(TestPostgresql *server);
void test_postgresql_stop(TestPostgresql *server);

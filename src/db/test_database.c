#include "db/test_database.h"

#include "db/schema_table.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { max_connections = 8, status_not_installed = 77 };

struct TestPostgresql {
    GPid pid;
    int input;
    FILE *output;
    char *dir;
    char *url;
};

/* A line of the server's script, or NULL at its end. */
static char *
read_line(FILE *stream)
{
    g_autoptr(GString) line = g_string_new(NULL);
    int c;
    while ((c = getc(stream)) != EOF && c != '\n') {
        g_string_append_c(line, (char)c);
    }
    return c == EOF ? NULL : g_string_free(g_steal_pointer(&line), FALSE);
}

static char *
url_of(const char *dir, const char *database)
{
    return g_strdup_printf("postgresql://app@/%s?host=%s", database, dir);
}

TestPostgresql *
test_postgresql_start(void)
{
    char *argv[] = { (char *)SOURCE_ROOT "/scripts/private-postgresql", NULL };
    g_autoptr(GError) error = NULL;
    TestPostgresql *server = g_new0(TestPostgresql, 1);
    int output;
    if (!g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                  &server->pid, &server->input, &output, NULL, &error)) {
        g_error("%s", error->message);
    }
    /* No other child may keep the script's input open. */
    fcntl(server->input, F_SETFD, FD_CLOEXEC);
    server->output = fdopen(output, "r");
    server->dir = read_line(server->output);
    if (server->dir == NULL) {
        int status = 0;
        waitpid(server->pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != status_not_installed) {
            g_error("PostgreSQL does not start");
        }
        close(server->input);
        fclose(server->output);
        g_free(server);
        return NULL;
    }
    server->url = url_of(server->dir, "postgres");
    return server;
}

const char *
test_postgresql_url(const TestPostgresql *server)
{
    return server->url;
}

void
test_postgresql_restart(TestPostgresql *server)
{
    static const char command[] = "restart\n";
    g_assert_cmpint(write(server->input, command, strlen(command)), ==, (gssize)strlen(command));
    g_autofree char *answer = read_line(server->output);
    g_assert_cmpstr(answer, ==, "restarted");
}

void
test_postgresql_stop(TestPostgresql *server)
{
    close(server->input);
    waitpid(server->pid, NULL, 0);
    fclose(server->output);
    g_free(server->dir);
    g_free(server->url);
    g_free(server);
}

static TestPostgresql *own_server;

static void
stop_own_server(void)
{
    test_postgresql_stop(own_server);
}

/* The folder of the socket; NULL where there is no PostgreSQL. */
static const char *
server_dir(void)
{
    static bool has_tried;
    static const char *dir;
    if (!has_tried) {
        has_tried = true;
        dir = g_getenv("CLOUDPICK_POSTGRESQL");
        if (dir == NULL && (own_server = test_postgresql_start()) != NULL) {
            dir = own_server->dir;
            /* A test that is aborted ends the script's input all the same. */
            atexit(stop_own_server);
        }
    }
    return dir;
}

static void
run_on_server(const char *sql)
{
    g_autofree char *url = url_of(server_dir(), "postgres");
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        g_error("%s: %s", sql, PQerrorMessage(connection));
    }
    PQclear(result);
    PQfinish(connection);
}

char *
test_database_create(DbKind kind)
{
    if (kind == DB_SQLITE) {
        g_autofree char *dir = g_dir_make_tmp("cloudpick-test-XXXXXX", NULL);
        g_assert_nonnull(dir);
        return g_strdup_printf("sqlite:%s/test.db", dir);
    }
    static guint num_created;
    if (server_dir() == NULL) {
        return NULL;
    }
    g_autofree char *name = g_strdup_printf("t%d_%u", (int)getpid(), num_created++);
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE %s", name);
    run_on_server(sql);
    return url_of(server_dir(), name);
}

void
test_database_destroy(char *url)
{
    if (url == NULL) {
        return;
    }
    if (g_str_has_prefix(url, "sqlite:")) {
        static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
        const char *path = url + strlen("sqlite:");
        for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
            g_autofree char *file = g_strconcat(path, suffixes[i], NULL);
            g_unlink(file);
        }
        g_autofree char *dir = g_path_get_dirname(path);
        g_rmdir(dir);
    } else {
        const char *name = url + strlen("postgresql://app@/");
        g_autofree char *sql = g_strdup_printf("DROP DATABASE IF EXISTS %.*s WITH (FORCE)",
                                               (int)strcspn(name, "?"), name);
        run_on_server(sql);
    }
    g_free(url);
}

typedef struct {
    DbKind kind;
    bool has_tables;
    DatabaseTest test;
} Case;

static void
run_case(gconstpointer data)
{
    const Case *c = data;
    TestDatabase database = { .url = test_database_create(c->kind) };
    if (database.url == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    g_autoptr(GError) error = NULL;
    database.db = db_open(database.url, max_connections, &error);
    g_assert_no_error(error);
    if (c->has_tables) {
        db_migrate(database.db, schema_migrations, num_schema_migrations, &system_clock, &error);
        g_assert_no_error(error);
    }
    c->test(&database);
    db_close(database.db);
    test_database_destroy(database.url);
}

static void
add(const char *path, DbKind kind, bool has_tables, DatabaseTest test)
{
    Case *c = g_new(Case, 1);
    *c = (Case){ kind, has_tables, test };
    g_autofree char *full = g_strconcat(path, kind == DB_SQLITE ? "/sqlite" : "/postgresql", NULL);
    g_test_add_data_func_full(full, c, run_case, g_free);
}

void
test_each_database(const char *path, DatabaseTest test)
{
    add(path, DB_SQLITE, true, test);
    add(path, DB_POSTGRESQL, true, test);
}

void
test_each_empty_database(const char *path, DatabaseTest test)
{
    add(path, DB_SQLITE, false, test);
    add(path, DB_POSTGRESQL, false, test);
}

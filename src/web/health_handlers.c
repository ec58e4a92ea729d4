/* Whether the service lives, whether it can work, and what it is made of. */
#include "base/error.h"
#include "web/handlers.h"

#include <sys/statvfs.h>

HttpReplied
handle_health(Exchange *exchange)
{
    return http_reply_string(exchange->request, 200, "text/plain; charset=utf-8",
                             g_strdup("alive\n"));
}

static bool
can_read_database(App *app, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(app->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows = db_query(tx, error, "SELECT 1 AS one", "");
    if (rows == NULL) {
        return false;
    }
    while (db_next(rows)) {
    }
    return db_rows_finish(rows, error);
}

HttpReplied
handle_ready(Exchange *exchange)
{
    GError *error = NULL;
    if (!can_read_database(exchange->app, &error)) {
        return exchange_fail(exchange, error);
    }
    return http_reply_string(exchange->request, 200, "text/plain; charset=utf-8",
                             g_strdup("ready\n"));
}

static void
write_jobs(JsonWriter *writer, const JobCounts *counts)
{
    json_begin_object(writer, "jobs");
    json_int(writer, "waiting", counts->num_waiting);
    json_int(writer, "running", counts->num_running);
    json_int(writer, "failed", counts->num_failed);
    json_int(writer, "oldest_seconds", counts->oldest_seconds);
    json_end_object(writer);
}

static void
write_disk(JsonWriter *writer, const char *data_dir)
{
    struct statvfs status;
    if (data_dir == NULL || statvfs(data_dir, &status) != 0) {
        json_null(writer, "disk_free_bytes");
        return;
    }
    json_int(writer, "disk_free_bytes", (gint64)status.f_bavail * (gint64)status.f_frsize);
}

HttpReplied
handle_status(Exchange *exchange)
{
    GError *error = NULL;
    App *app = exchange->app;
    JobCounts counts;
    if (!jobs_count(app->db, app->clock, &counts, &error)) {
        return exchange_fail(exchange, error);
    }
    bool is_s3 = app->settings->storage_us_endpoint[0] != '\0' ||
                 app->settings->storage_eu_endpoint[0] != '\0';
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_string(writer, "version", CLOUDPICK_VERSION);
    json_string(writer, "database", db_kind(app->db) == DB_SQLITE ? "SQLite" : "PostgreSQL");
    json_string(writer, "storage", is_s3 ? "S3" : "directory");
    write_jobs(writer, &counts);
    json_int(writer, "uptime_seconds",
             (clock_now(app->clock) - exchange->site->started_at) / G_USEC_PER_SEC);
    write_disk(writer, app->data_dir);
    json_bool(writer, "test_mode", app->is_test_mode);
    json_end_object(writer);
    return exchange_json(exchange, 200, writer);
}

HttpReplied
handle_openapi(Exchange *exchange)
{
    http_add_header(exchange->request, "Cache-Control", "no-cache");
    return http_reply_bytes(exchange->request, 200, "application/json", exchange->site->openapi);
}

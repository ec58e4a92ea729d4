#include "web/test_service.h"

#include "db/test_database.h"

static void
set(TestService *service, const char *name, const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *assignment = g_strconcat(name, "=", value, NULL);
    settings_set(&service->settings, assignment, &error);
    g_assert_no_error(error);
}

static gpointer
run_server(gpointer server)
{
    g_autoptr(GError) error = NULL;
    http_server_run(server, &error);
    g_assert_no_error(error);
    return NULL;
}

static void
start(TestService *service, DbKind kind)
{
    g_autoptr(GError) error = NULL;
    service->dir = g_dir_make_tmp("cloudpick-service-XXXXXX", NULL);
    const AppOptions options = {
        .settings = &service->settings,
        .clock = &system_clock,
        .data_dir = service->dir,
        .may_be_test_mode = true,
    };
    service->app = app_open(&options, &error);
    g_assert_no_error(error);
    g_assert_cmpint(db_kind(service->app->db), ==, kind);
    service->site = site_new(service->app, &error);
    g_assert_no_error(error);
    HttpApp http_app = site_http_app(service->site);
    HttpServerOptions http_options = { .num_workers = 4,
                                       .num_stream_workers =
                                           site_num_stream_threads(service->site) };
    service->server = http_server_new(&http_options, &http_app, &error);
    g_assert_no_error(error);
    service->peer = test_peer_new(http_server_port(service->server));
    service->thread = g_thread_new("server", run_server, service->server);
}

static void
stop(TestService *service)
{
    http_server_stop(service->server);
    g_thread_join(service->thread);
    http_server_free(service->server);
    test_peer_clear(&service->peer);
    site_tick(service->site);
    site_free(service->site);
    app_close(service->app);
    const char *const argv[] = { "rm", "-rf", "--", service->dir, NULL };
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                 NULL);
    g_free(service->dir);
}

static void
run_on(DbKind kind, gconstpointer data)
{
    ServiceTest test = data;
    TestService service = { 0 };
    char *url = test_database_create(kind);
    if (url == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    settings_init(&service.settings);
    set(&service, "database.url", url);
    start(&service, kind);
    test(&service);
    stop(&service);
    test_database_destroy(url);
}

static void
run_on_sqlite(gconstpointer data)
{
    run_on(DB_SQLITE, data);
}

static void
run_on_postgresql(gconstpointer data)
{
    run_on(DB_POSTGRESQL, data);
}

void
test_each_service(const char *path, ServiceTest test)
{
    g_autofree char *sqlite = g_strconcat(path, "/sqlite", NULL);
    g_autofree char *postgresql = g_strconcat(path, "/postgresql", NULL);
    g_test_add_data_func(sqlite, test, run_on_sqlite);
    g_test_add_data_func(postgresql, test, run_on_postgresql);
}

void
test_run_jobs(TestService *service)
{
    bool has_run = true;
    while (has_run) {
        g_autoptr(GError) error = NULL;
        jobs_run_one(service->app->jobs, &has_run, &error);
        g_assert_no_error(error);
    }
}

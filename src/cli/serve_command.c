/* cloudpick serve: the service, with everything in one process. */
#include "base/error.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/service_options.h"
#include "cli/stop_signal.h"
#include "net/address.h"
#include "web/sample.h"
#include "web/site.h"
#include "web/site_certificates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often the technical log is written and open pictures are looked through. */
#define TICK_SECONDS 5

/* systemd's protocol for handing over sockets: they begin here. */
#define FIRST_PASSED_FD 3

typedef struct {
    bool with_jobs;
    const char *sample; /* NULL: none */
} ServeOptions;

typedef struct {
    Site *site;
    HttpServer *server, *metrics; /* METRICS: NULL where nobody asked for it */
    GMutex mutex;
    GCond changed;
    bool is_stopping; /* under the mutex */
} Service;

static void
stop_service(gpointer data)
{
    Service *service = data;
    g_mutex_lock(&service->mutex);
    service->is_stopping = true;
    g_cond_signal(&service->changed);
    g_mutex_unlock(&service->mutex);
    http_server_stop(service->server);
    if (service->metrics != NULL) {
        http_server_stop(service->metrics);
    }
}

static void
reload_certificates(gpointer data)
{
    Service *service = data;
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&service->mutex);
    if (service->is_stopping) {
        /* The server may be gone already. */
    } else if (http_server_reload_certificates(service->server, &error)) {
        log_line(LOG_INFO_LEVEL, "certificates-read", LOG_END);
    } else {
        log_line(LOG_ERROR_LEVEL, "certificates-kept", LOG_REASON, error->message, LOG_END);
    }
    g_mutex_unlock(&service->mutex);
}

static gpointer
run_ticks(gpointer data)
{
    Service *service = data;
    g_mutex_lock(&service->mutex);
    while (!service->is_stopping) {
        gint64 until = g_get_monotonic_time() + TICK_SECONDS * G_USEC_PER_SEC;
        while (!service->is_stopping &&
               g_cond_wait_until(&service->changed, &service->mutex, until)) {
        }
        g_mutex_unlock(&service->mutex);
        site_tick(service->site);
        g_mutex_lock(&service->mutex);
    }
    g_mutex_unlock(&service->mutex);
    return NULL;
}

static gpointer
run_metrics(gpointer server)
{
    g_autoptr(GError) error = NULL;
    if (!http_server_run(server, &error)) {
        log_line(LOG_ERROR_LEVEL, "metrics-stopped", LOG_REASON, error->message, LOG_END);
    }
    return NULL;
}

/* The socket that systemd opened for us (cloudpick.socket), or -1. */
static int
passed_fd(void)
{
    const char *pid = g_getenv("LISTEN_PID");
    const char *count = g_getenv("LISTEN_FDS");
    return pid != NULL && count != NULL && atoi(pid) == getpid() && atoi(count) >= 1
               ? FIRST_PASSED_FD
               : -1;
}

/* Systemd's socket goes before server.listen, by which test mode was allowed. */
static bool
may_serve_at(const App *app, int fd, GError **error)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (fd < 0 || !app->is_test_mode) {
        return true;
    }
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return fail_errno(error, errno, "the socket that was passed");
    }
    return address_is_loopback((struct sockaddr *)&address) ||
           fail(error, APP_ERROR_INVALID,
                "nobody could sign in: no sign-in.*.client-id is set, and test mode is for a "
                "service on loopback only, which the socket that was passed is not");
}

static HttpServer *
listen_public(Site *site, GError **error)
{
    const Settings *settings = site->app->settings;
    g_autofree char *address = NULL;
    guint16 port;
    int passed = passed_fd();
    if (!app_parse_listen(settings->server_listen, "server.listen", &address, &port, error) ||
        !may_serve_at(site->app, passed, error)) {
        return NULL;
    }
    g_auto(GStrv) proxies = g_strsplit_set(settings->server_trusted_proxies, " ,", -1);
    g_auto(SiteCertificates) certificates = { 0 };
    if (!site_certificates(site, &certificates, error)) {
        return NULL;
    }
    HttpServerOptions options = {
        .address = address,
        .port = port,
        .listen_fd = passed,
        .num_workers = (guint)settings->server_workers,
        .num_stream_workers = site_num_stream_threads(site),
        .min_bytes_per_second = (guint)settings->server_min_rate,
        .max_connections = (guint)settings->server_max_connections,
        .trusted_proxies = (const char *const *)proxies,
        .certificates = certificates.rows,
        .num_certificates = certificates.count,
    };
    HttpApp app = site_http_app(site);
    return http_server_new(&options, &app, error);
}

static bool
listen_metrics(Site *site, HttpServer **ret_server, GError **error)
{
    const Settings *settings = site->app->settings;
    g_autofree char *address = NULL;
    guint16 port;
    *ret_server = NULL;
    if (settings->server_metrics_listen[0] == '\0') {
        return true;
    }
    if (!app_parse_listen(settings->server_metrics_listen, "server.metrics-listen", &address, &port,
                          error)) {
        return false;
    }
    HttpServerOptions options = { .address = address, .port = port, .num_workers = 1 };
    HttpApp app = site_metrics_app(site);
    *ret_server = http_server_new(&options, &app, error);
    return *ret_server != NULL;
}

/* People see the address on standard output; programs read it there. */
static void
announce(const Service *service, bool has_sample)
{
    const App *app = service->site->app;
    printf("Cloudpick is at %s%s\n", service->site->origin,
           app->is_test_mode ? "  (test mode: anybody on this machine can sign in as anybody)"
                             : "");
    if (has_sample) {
        printf("Sign in as %s to see the sample batch.\n", SAMPLE_EMAIL);
    }
    if (service->metrics != NULL) {
        printf("Metrics are at port %u\n", http_server_port(service->metrics));
    }
    fflush(stdout);
    log_line(LOG_INFO_LEVEL, "started", LOG_VERSION, CLOUDPICK_VERSION, LOG_LISTEN,
             app->settings->server_listen, LOG_END);
}

static bool
run_service(Service *service, const ServeOptions *options, GError **error)
{
    App *app = service->site->app;
    if (options->with_jobs && !app_start_jobs(app, error)) {
        return false;
    }
    g_mutex_init(&service->mutex);
    g_cond_init(&service->changed);
    GThread *ticks = g_thread_new("ticks", run_ticks, service);
    GThread *metrics =
        service->metrics == NULL ? NULL : g_thread_new("metrics", run_metrics, service->metrics);
    stop_signal_watch(stop_service, reload_certificates, service);
    announce(service, options->sample != NULL);
    bool has_run = http_server_run(service->server, error);
    stop_service(service);
    g_thread_join(ticks);
    if (metrics != NULL) {
        g_thread_join(metrics);
    }
    if (options->with_jobs && !app_stop_jobs(app)) {
        _exit(EXIT_DONE);
    }
    return has_run;
}

/* The soft limit is for programs that use select(); this one does not, and a connection is a
 * descriptor. */
static void
allow_many_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* then fewer connections fit */
    }
}

static bool
serve(const Settings *settings, const char *data_dir, const ServeOptions *serve_options,
      GError **error)
{
    const AppOptions options = {
        .settings = settings,
        .clock = &system_clock,
        .data_dir = data_dir,
        .may_be_test_mode = true,
    };
    g_autoptr(App) app = app_open(&options, error);
    if (app == NULL) {
        return false;
    }
    g_autoptr(Site) site = site_new(app, error);
    if (site == NULL ||
        (serve_options->sample != NULL && !sample_load(app, serve_options->sample, error))) {
        return false;
    }
    /* Static: the thread of signals may still call stop_service when this returns. */
    static Service service;
    service.site = site;
    service.server = listen_public(site, error);
    if (service.server == NULL || !listen_metrics(site, &service.metrics, error)) {
        g_clear_pointer(&service.server, http_server_free);
        return false;
    }
    bool has_run = run_service(&service, serve_options, error);
    http_server_free(service.server);
    http_server_free(service.metrics);
    return has_run;
}

ExitStatus
serve_command(int argc, char **argv)
{
    g_auto(ServiceOptions) options = { 0 };
    gboolean without_jobs = FALSE;
    g_autofree char *sample = NULL;
    const GOptionEntry extra[] = {
        { "no-jobs", 0, 0, G_OPTION_ARG_NONE, &without_jobs,
          "Leave the work on photos to cloudpick work", NULL },
        { "sample", 0, 0, G_OPTION_ARG_FILENAME, &sample,
          "Begin with a batch of the sheet and photos in DIR (test mode only)", "DIR" },
        G_OPTION_ENTRY_NULL,
    };
    g_autofree GOptionEntry *entries = service_option_entries(&options, extra);
    Settings settings;
    GError *error = NULL;
    stop_signal_block();
    allow_many_descriptors();
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Runs the service: pages, API, pictures, and the work on photos.\n"
            "Without a configuration everything lies in one directory (SQLite, encrypted files),\n"
            "the pages are at http://localhost:8080, and sign-in is in test mode: anybody on this\n"
            "machine can sign in as anybody, nobody else can reach it.",
            "With --config FILE: PostgreSQL, S3 buckets, TLS, sign-in with Google, Microsoft and\n"
            "GitHub. SIGTERM ends it in good order; nothing acknowledged is lost even by SIGKILL.\n"
            "SIGHUP has it read its certificates again.\n"
            "Its log is on standard error, a JSON object a line, without personal data.\n"
            "Exit status: 0 when told to end, 2 when the call or a setting is wrong, 3 when it\n"
            "could not run.",
            entries, NULL, &error) ||
        !service_options_finish(&options, &settings, &error)) {
        return command_fail(error);
    }
    const ServeOptions serve_options = { .with_jobs = !without_jobs, .sample = sample };
    if (!serve(&settings, options.data_dir, &serve_options, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}

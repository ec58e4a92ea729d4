#include "web/site.h"

#include "base/error.h"
#include "base/log.h"
#include "web/exchange.h"
#include "web/handlers.h"
#include "web/openapi.h"
#include "web/problem.h"

#include <string.h>
#include <sys/resource.h>

static bool
is_loopback_name(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
           strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0;
}

bool
site_is_host(const Site *site, const char *host)
{
    return strcmp(host, site->host) == 0 || (site->is_local && is_loopback_name(host));
}

static bool
set_origin(Site *site, const char *origin, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(origin, G_URI_FLAGS_NONE, NULL);
    bool is_http = uri != NULL && (strcmp(g_uri_get_scheme(uri), "https") == 0 ||
                                   strcmp(g_uri_get_scheme(uri), "http") == 0);
    if (!is_http || g_uri_get_host(uri) == NULL || g_uri_get_host(uri)[0] == '\0' ||
        g_uri_get_path(uri)[0] != '\0' || g_uri_get_userinfo(uri) != NULL) {
        return fail(error, APP_ERROR_INVALID,
                    "setting server.public-url: \"%s\" is not http(s)://HOST without a path",
                    origin);
    }
    site->origin = g_strdup(origin);
    site->host = g_ascii_strdown(g_uri_get_host(uri), -1);
    site->is_secure = strcmp(g_uri_get_scheme(uri), "https") == 0;
    site->is_local = !site->is_secure && is_loopback_name(site->host);
    return true;
}

static const char **
new_route_names(gsize *ret_count)
{
    gsize count = num_site_routes + G_N_ELEMENTS(picture_routes);
    const char **names = g_new0(const char *, count);
    for (gsize i = 0; i < count; i++) {
        const Route *route =
            i < num_site_routes ? &site_routes[i] : &picture_routes[i - num_site_routes];
        g_autofree char *name = g_strconcat(route->http.method, " ", route->http.path,
                                            route == &picture_routes[0] ? " (open)" : "", NULL);
        names[i] = g_intern_string(name);
    }
    *ret_count = count;
    return names;
}

/* Each has a descriptor, and connections need theirs: one, and a second while they send a picture
 * that has left the cache. */
static guint
max_open_pictures(const Settings *settings)
{
    struct rlimit limit;
    guint64 wanted = (guint64)settings->server_picture_cache_pictures;
    return (guint)(getrlimit(RLIMIT_NOFILE, &limit) == 0 ? MIN(wanted, limit.rlim_cur / 4)
                                                         : wanted);
}

/* Streams of events of one account: a window each, on a few machines. */
enum { MAX_WATCHES = 32 };

/* Of all accounts: a sheet may be large, and is in memory until the last byte of it is taken. */
enum { MAX_SHEETS = 4 };

Site *
site_new(App *app, GError **error)
{
    g_autoptr(Site) site = g_new0(Site, 1);
    if (!set_origin(site, app->settings->server_public_url, error)) {
        return NULL;
    }
    site->app = app;
    site->started_at = clock_now(app->clock);
    site->limiter = rate_limiter_new(app->clock);
    site->watches = slots_new(MAX_WATCHES);
    site->streams = slots_new_shared((guint)app->settings->server_stream_workers);
    site->sheets = slots_new_shared(MAX_SHEETS);
    /* Half of the threads at most may wait for providers and all but one of the others for a store:
     * who needs neither gets through whatever they do. */
    guint num_workers = (guint)app->settings->server_workers;
    guint num_asking = MAX(num_workers / 2, 1);
    site->asking = slots_new(num_asking);
    site->reads = object_reads_new(app->vault, MAX(num_workers - num_asking, 2) - 1);
    site->pictures = picture_cache_new(app->clock, (gsize)app->settings->server_picture_cache_bytes,
                                       max_open_pictures(app->settings));
    gsize num_names;
    site->route_names = new_route_names(&num_names);
    site->metrics = metrics_new(site->route_names, num_names);
    site->technical_log = technical_log_new(app->db, app->clock);
    site->openapi = openapi_document();
    return g_steal_pointer(&site);
}

void
site_free(Site *site)
{
    if (site == NULL) {
        return;
    }
    g_clear_pointer(&site->openapi, g_bytes_unref);
    technical_log_free(site->technical_log);
    metrics_free(site->metrics);
    g_free(site->route_names);
    picture_cache_free(site->pictures);
    object_reads_free(site->reads);
    slots_free(site->asking);
    slots_free(site->sheets);
    slots_free(site->streams);
    slots_free(site->watches);
    rate_limiter_free(site->limiter);
    g_free(site->origin);
    g_free(site->host);
    g_free(site);
}

static void
free_exchange(gpointer exchange)
{
    exchange_free(exchange);
}

static const HttpRoute *
choose_picture_route(Exchange *exchange, guint *ret_status)
{
    const HttpRoute *found = http_routes_find(
        picture_routes, sizeof(Route), G_N_ELEMENTS(picture_routes), exchange->request, ret_status);
    if (found == NULL) {
        return NULL;
    }
    g_autofree char *path = g_strconcat(http_request_param(exchange->request, "digest"), "/",
                                        http_request_param(exchange->request, "name"), NULL);
    exchange->picture = picture_cache_find_fresh(exchange->site->pictures,
                                                 http_request_host(exchange->request), path);
    return &picture_routes[exchange->picture != NULL ? 0 : 1].http;
}

static const HttpRoute *
find_route(HttpRequest *request, guint *ret_status, gpointer context)
{
    Site *site = context;
    Exchange *exchange = exchange_new(site, request);
    http_request_set_data(request, exchange, free_exchange);
    const HttpRoute *found =
        site_is_host(site, http_request_host(request))
            ? http_routes_find(site_routes, sizeof(Route), num_site_routes, request, ret_status)
            : choose_picture_route(exchange, ret_status);
    exchange->route = (const Route *)(const void *)found;
    return found;
}

/* What no handler answered. A request that could not be read has no host: it gets the words of a
 * picture host, which say nothing. */
static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    Site *site = context;
    Exchange *exchange = http_request_data(request);
    if (exchange == NULL || !site_is_host(site, http_request_host(request))) {
        return delivery_nothing_here(request, status);
    }
    exchange_add_site_headers(exchange);
    http_add_header(request, "Cache-Control", "no-store");
    return http_reply_string(request, status, PROBLEM_CONTENT_TYPE, problem_text(status, reason));
}

static gsize
metrics_index(const Route *route)
{
    if (route == NULL) {
        return num_site_routes + G_N_ELEMENTS(picture_routes);
    }
    return route == &picture_routes[0] || route == &picture_routes[1]
               ? num_site_routes + (gsize)(route - picture_routes)
               : (gsize)(route - site_routes);
}

static void
request_finished(HttpRequest *request, const HttpRoute *http_route, guint status, guint64 bytes,
                 gint64 microseconds, gpointer context)
{
    Site *site = context;
    const Exchange *exchange = http_request_data(request);
    const Route *route = (const Route *)(const void *)http_route;
    metrics_count(site->metrics, metrics_index(route), status, bytes, microseconds);
    /* LST-08: what an account did. Who looks at pictures or pages is nobody's business. */
    if (exchange != NULL && exchange->is_signed_in) {
        g_autofree char *name = g_strconcat(route->http.method, " ", route->http.path, NULL);
        technical_log_add(site->technical_log, &exchange->account.id, name, status, microseconds,
                          http_request_address(request),
                          http_request_header(request, "User-Agent"));
    }
}

HttpApp
site_http_app(Site *site)
{
    return (HttpApp){ find_route, reply_error, request_finished, site };
}

guint
site_num_stream_threads(const Site *site)
{
    return (guint)site->app->settings->server_stream_workers + 1;
}

void
site_tick(Site *site)
{
    g_autoptr(GError) error = NULL;
    picture_cache_purge(site->pictures);
    if (!technical_log_flush(site->technical_log, &error)) {
        log_line(LOG_WARNING_LEVEL, "technical-log-not-written", LOG_REASON, error->message,
                 LOG_END);
    }
}

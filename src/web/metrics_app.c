/* The listener that speaks to Prometheus only, apart from what the public can reach. */
#include "base/log.h"
#include "web/problem.h"
#include "web/site.h"

static void
write_jobs(App *app, GString *text)
{
    g_autoptr(GError) error = NULL;
    JobCounts counts;
    if (!jobs_count(app->db, app->clock, &counts, &error)) {
        log_line(LOG_WARNING_LEVEL, "jobs-not-counted", LOG_REASON, error->message, LOG_END);
        return;
    }
    metrics_write_number(text, "cloudpick_jobs_waiting", "gauge", "Jobs that are due.",
                         (double)counts.num_waiting);
    metrics_write_number(text, "cloudpick_jobs_running", "gauge", "Jobs that somebody works on.",
                         (double)counts.num_running);
    metrics_write_number(text, "cloudpick_jobs_failed", "gauge", "Jobs that were given up.",
                         (double)counts.num_failed);
    metrics_write_number(text, "cloudpick_jobs_oldest_seconds", "gauge",
                         "How long the oldest job has been due.", (double)counts.oldest_seconds);
}

static HttpReplied
reply_metrics(HttpRequest *request, gpointer context)
{
    Site *site = context;
    g_autoptr(GString) text = g_string_new(NULL);
    metrics_write(site->metrics, text);
    write_jobs(site->app, text);
    metrics_write_number(text, "cloudpick_open_pictures_bytes", "gauge",
                         "Published pictures that are open in memory.",
                         (double)picture_cache_size(site->pictures));
    return http_reply_string(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                             g_strdup(text->str));
}

static const HttpRoute routes[] = {
    { "GET", "/metrics", HTTP_BODY_NONE, 0, false, reply_metrics },
};

static const HttpRoute *
find_route(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(routes, sizeof routes[0], G_N_ELEMENTS(routes), request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    return http_reply_string(request, status, PROBLEM_CONTENT_TYPE, problem_text(status, reason));
}

HttpApp
site_metrics_app(Site *site)
{
    return (HttpApp){ .find = find_route, .reply_error = reply_error, .context = site };
}

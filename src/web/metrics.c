#include "web/metrics.h"

#include <stdbool.h>

/* Upper bounds in milliseconds; the last bucket is without bound. */
static const guint bucket_ms[] = { 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000 };
#define NUM_BUCKETS (G_N_ELEMENTS(bucket_ms) + 1)

/* 0: the client left; 1..5: hundreds of the status. */
#define NUM_KINDS 6

typedef struct {
    guint64 num_requests[NUM_KINDS];
    guint64 num_bytes;
    guint64 microseconds;
    guint64 buckets[NUM_BUCKETS]; /* each counts only its own, added up when written */
} RouteNumbers;

struct Metrics {
    const char *const *names;
    gsize num_routes;
    RouteNumbers numbers[]; /* one more than routes; counted atomically */
};

Metrics *
metrics_new(const char *const *route_names, gsize num_routes)
{
    Metrics *metrics = g_malloc0(sizeof *metrics + (num_routes + 1) * sizeof(RouteNumbers));
    metrics->names = route_names;
    metrics->num_routes = num_routes;
    return metrics;
}

void
metrics_free(Metrics *metrics)
{
    g_free(metrics);
}

static void
add(guint64 *counter, guint64 number)
{
    __atomic_fetch_add(counter, number, __ATOMIC_RELAXED);
}

static guint64
get(const guint64 *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void
metrics_count(Metrics *metrics, gsize route, guint status, guint64 num_bytes, gint64 microseconds)
{
    g_assert(route <= metrics->num_routes);
    RouteNumbers *numbers = &metrics->numbers[route];
    gsize bucket = 0;
    while (bucket < G_N_ELEMENTS(bucket_ms) && microseconds > bucket_ms[bucket] * 1000) {
        bucket++;
    }
    add(&numbers->num_requests[MIN(status / 100, NUM_KINDS - 1)], 1);
    add(&numbers->num_bytes, num_bytes);
    add(&numbers->microseconds, (guint64)MAX(microseconds, 0));
    add(&numbers->buckets[bucket], 1);
}

static void
write_durations(const RouteNumbers *numbers, const char *name, GString *text)
{
    guint64 total = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(bucket_ms); i++) {
        total += get(&numbers->buckets[i]);
        g_string_append_printf(text,
                               "cloudpick_request_seconds_bucket{route=\"%s\",le=\"%g\"} "
                               "%" G_GUINT64_FORMAT "\n",
                               name, bucket_ms[i] / 1000.0, total);
    }
    total += get(&numbers->buckets[NUM_BUCKETS - 1]);
    g_string_append_printf(
        text, "cloudpick_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %" G_GUINT64_FORMAT "\n",
        name, total);
    g_string_append_printf(text, "cloudpick_request_seconds_sum{route=\"%s\"} %.6f\n", name,
                           (double)get(&numbers->microseconds) / G_USEC_PER_SEC);
    g_string_append_printf(
        text, "cloudpick_request_seconds_count{route=\"%s\"} %" G_GUINT64_FORMAT "\n", name, total);
}

static bool
was_asked(const RouteNumbers *numbers)
{
    for (gsize kind = 0; kind < NUM_KINDS; kind++) {
        if (get(&numbers->num_requests[kind]) > 0) {
            return true;
        }
    }
    return false;
}

static void
write_head(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
metrics_write(const Metrics *metrics, GString *text)
{
    static const char *const kinds[NUM_KINDS] = { "left", "1xx", "2xx", "3xx", "4xx", "5xx" };
    write_head(text, "cloudpick_requests_total", "counter",
               "Requests by route and kind of status.");
    for (gsize i = 0; i <= metrics->num_routes; i++) {
        const RouteNumbers *numbers = &metrics->numbers[i];
        const char *name = i < metrics->num_routes ? metrics->names[i] : "none";
        for (gsize kind = 0; kind < NUM_KINDS; kind++) {
            if (get(&numbers->num_requests[kind]) > 0) {
                g_string_append_printf(
                    text,
                    "cloudpick_requests_total{route=\"%s\",status=\"%s\"} %" G_GUINT64_FORMAT "\n",
                    name, kinds[kind], get(&numbers->num_requests[kind]));
            }
        }
    }
    write_head(text, "cloudpick_sent_bytes_total", "counter", "Bytes of bodies that were sent.");
    for (gsize i = 0; i <= metrics->num_routes; i++) {
        if (was_asked(&metrics->numbers[i])) {
            g_string_append_printf(
                text, "cloudpick_sent_bytes_total{route=\"%s\"} %" G_GUINT64_FORMAT "\n",
                i < metrics->num_routes ? metrics->names[i] : "none",
                get(&metrics->numbers[i].num_bytes));
        }
    }
    write_head(text, "cloudpick_request_seconds", "histogram",
               "From the header's last byte to the answer's.");
    for (gsize i = 0; i <= metrics->num_routes; i++) {
        if (was_asked(&metrics->numbers[i])) {
            write_durations(&metrics->numbers[i],
                            i < metrics->num_routes ? metrics->names[i] : "none", text);
        }
    }
}

void
metrics_write_number(GString *text, const char *name, const char *type, const char *help,
                     double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    write_head(text, name, type, help);
    g_string_append_printf(text, "%s %s\n", name, g_ascii_dtostr(number, sizeof number, value));
}

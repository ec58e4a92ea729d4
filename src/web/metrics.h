/* Numbers for Prometheus (text format 0.0.4). Counts of requests by route and kind of status, how
 * long they took, what was sent; labels are patterns of routes, never what somebody asked for. */
#pragma once

#include <glib.h>

typedef struct Metrics Metrics;

/* ROUTE_NAMES ("GET /api/v1/batches"), borrowed; requests are counted by index into it, and those
 * without a route by NUM_ROUTES. */
Metrics *metrics_new(const char *const *route_names, gsize num_routes);
void metrics_free(Metrics *metrics);

/* From any thread. STATUS 0: the client left before an answer. */
void metrics_count(Metrics *metrics, gsize route, guint status, guint64 num_bytes,
                   gint64 microseconds);

void metrics_write(const Metrics *metrics, GString *text);

/* One number in the same form. HELP is its one line of explanation; TYPE "gauge" or "counter". */
void metrics_write_number(GString *text, const char *name, const char *type, const char *help,
                          double value);

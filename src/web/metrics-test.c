#include "web/metrics.h"

#include <string.h>

static const char *const names[] = { "GET /a", "POST /b" };

static void
assert_line(const GString *text, const char *line)
{
    if (strstr(text->str, line) == NULL) {
        g_error("no line \"%s\" in:\n%s", line, text->str);
    }
}

static void
test_requests_are_counted_by_route_and_kind(void)
{
    Metrics *metrics = metrics_new(names, G_N_ELEMENTS(names));
    metrics_count(metrics, 0, 200, 100, 500);
    metrics_count(metrics, 0, 204, 0, 500);
    metrics_count(metrics, 0, 404, 20, 500);
    metrics_count(metrics, 2, 400, 0, 10);
    metrics_count(metrics, 0, 0, 0, 10);
    g_autoptr(GString) text = g_string_new(NULL);
    metrics_write(metrics, text);
    assert_line(text, "cloudpick_requests_total{route=\"GET /a\",status=\"2xx\"} 2\n");
    assert_line(text, "cloudpick_requests_total{route=\"GET /a\",status=\"4xx\"} 1\n");
    assert_line(text, "cloudpick_requests_total{route=\"GET /a\",status=\"left\"} 1\n");
    assert_line(text, "cloudpick_requests_total{route=\"none\",status=\"4xx\"} 1\n");
    assert_line(text, "cloudpick_sent_bytes_total{route=\"GET /a\"} 120\n");
    g_assert_null(strstr(text->str, "POST /b")); /* nobody asked for it */
    metrics_free(metrics);
}

/* Prometheus: a bucket counts everything that is not above its bound. */
static void
test_buckets_add_up(void)
{
    Metrics *metrics = metrics_new(names, G_N_ELEMENTS(names));
    metrics_count(metrics, 1, 200, 0, 1000);      /* exactly 1 ms */
    metrics_count(metrics, 1, 200, 0, 1001);      /* just above */
    metrics_count(metrics, 1, 200, 0, 600000000); /* ten minutes */
    g_autoptr(GString) text = g_string_new(NULL);
    metrics_write(metrics, text);
    assert_line(text, "cloudpick_request_seconds_bucket{route=\"POST /b\",le=\"0.001\"} 1\n");
    assert_line(text, "cloudpick_request_seconds_bucket{route=\"POST /b\",le=\"0.002\"} 2\n");
    assert_line(text, "cloudpick_request_seconds_bucket{route=\"POST /b\",le=\"10\"} 2\n");
    assert_line(text, "cloudpick_request_seconds_bucket{route=\"POST /b\",le=\"+Inf\"} 3\n");
    assert_line(text, "cloudpick_request_seconds_count{route=\"POST /b\"} 3\n");
    metrics_free(metrics);
}

static void
test_numbers_are_explained(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    metrics_write_number(text, "cloudpick_x", "gauge", "What x is.", 1.5);
    g_assert_cmpstr(text->str, ==,
                    "# HELP cloudpick_x What x is.\n# TYPE cloudpick_x gauge\ncloudpick_x 1.5\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/routes", test_requests_are_counted_by_route_and_kind);
    g_test_add_func("/metrics/buckets", test_buckets_add_up);
    g_test_add_func("/metrics/number", test_numbers_are_explained);
    return g_test_run();
}

#include "http/exchange.h"

#include <string.h>

/* Adds a parameter whose name stands in braces at PATTERN. */
static void
add_param(HttpRequest *request, const char *pattern, gsize length, const char *value)
{
    g_assert(request->num_params < HTTP_MAX_PARAMS && pattern[length - 1] == '}');
    request->params[request->num_params].name = pattern + 1;
    request->params[request->num_params].name_length = length - 2;
    request->params[request->num_params].value = value;
    request->num_params++;
}

bool
http_route_match(const HttpRoute *route, HttpRequest *request)
{
    request->num_params = 0;
    const HttpTarget *target = &request->target;
    if (target->segments == NULL) {
        return false;
    }
    const char *pattern = route->path;
    const char *rest = target->path; /* from the slash before the segment to be compared */
    guint i = 0;
    for (; i < target->num_segments && pattern[0] == '/' && pattern[1] != '\0'; i++) {
        pattern++;
        gsize length = strcspn(pattern, "/");
        const char *segment = target->segments[i];
        if (g_str_has_suffix(pattern, "...}") && pattern[length] == '\0' && pattern[0] == '{') {
            add_param(request, pattern, length, rest + 1);
            request->params[request->num_params - 1].name_length -= strlen("...");
            return true;
        }
        if (pattern[0] == '{') {
            add_param(request, pattern, length, segment);
        } else if (strncmp(pattern, segment, length) != 0 || segment[length] != '\0') {
            return false;
        }
        pattern += length;
        rest += 1 + strlen(segment);
    }
    bool is_pattern_done = pattern[0] == '\0' || g_str_equal(pattern, "/");
    return i == target->num_segments && is_pattern_done &&
           (i == 0) == g_str_equal(route->path, "/");
}

static bool
method_fits(const HttpRoute *route, const char *method)
{
    return g_str_equal(route->method, method) ||
           (g_str_equal(route->method, "GET") && g_str_equal(method, "HEAD"));
}

const HttpRoute *
http_routes_find(const void *rows, gsize row_size, gsize num_routes, HttpRequest *request,
                 guint *ret_status)
{
    g_autoptr(GString) allow = NULL;
    for (gsize i = 0; i < num_routes; i++) {
        const HttpRoute *route = (const HttpRoute *)((const char *)rows + i * row_size);
        if (!http_route_match(route, request)) {
            continue;
        }
        if (method_fits(route, http_request_method(request))) {
            return route;
        }
        if (allow == NULL) {
            allow = g_string_new(NULL);
        }
        g_string_append_printf(allow, "%s%s%s", allow->len > 0 ? ", " : "", route->method,
                               g_str_equal(route->method, "GET") ? ", HEAD" : "");
    }
    *ret_status = 404;
    if (allow != NULL) {
        *ret_status = 405;
        http_add_header(request, "Allow", allow->str);
    }
    request->num_params = 0;
    return NULL;
}

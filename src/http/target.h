/* What a target ("/path?query") and a Cookie field say (RFC 3986, WHATWG URL 5.1, RFC 6265). Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define HTTP_MAX_SEGMENTS 32
#define HTTP_MAX_QUERY 64

typedef struct {
    char *path;     /* decoded, "/" before each segment */
    GStrv segments; /* decoded; "/" has none. NULL: this path fits no route */
    guint num_segments;
    struct {
        char *name, *value;
    } query[HTTP_MAX_QUERY];
    guint num_query;
    char *raw_query; /* all behind '?', as it came; "" where there is none */
} HttpTarget;

/* False, with a reason, where the query cannot be decoded or has a name twice. */
bool http_target_parse(const char *target, HttpTarget *ret_target, const char **ret_reason);
void http_target_clear(HttpTarget *target);

/* The value of the cookie NAME in the field COOKIES, to be freed; NULL where it is absent or there
 * twice: a cookie planted by a neighbouring host must not be taken for ours. */
char *http_cookie_find(const char *cookies, const char *name);

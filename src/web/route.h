/* The routes of the service as data: who may call, how much, how often, and what comes back. The
 * router, the API reference and a test that walks them all read route_table.c. */
#pragma once

#include "http/http.h"
#include "web/rate_limit.h"

typedef struct Exchange Exchange;

typedef enum {
    CALLER_ANYBODY,
    CALLER_ACCOUNT, /* a session's cookie or an API client's bearer token */
    CALLER_BROWSER, /* a session only: a stolen API token must not make or end access */
} RouteCaller;

typedef HttpReplied (*RouteHandler)(Exchange *exchange);

typedef struct {
    HttpRoute http; /* first: the server walks rows that begin with it */
    RouteCaller caller;
    RateClass rate;
    bool takes_idempotency_key;
    guint status;         /* of success */
    const char *query;    /* names of query parameters, spaces between; "" */
    const char *request;  /* name of a schema, a media type, or "" */
    const char *response; /* name of a schema, "Name[]" for a page of a list, a media type, or "" */
    const char *summary;
    RouteHandler handler;
} Route;

extern const Route site_routes[];
extern const gsize num_site_routes;

/* On every host that is not the site's own. The first is for a picture that is open in memory and
 * answers on the loop; `find` chooses. */
extern const Route picture_routes[2];

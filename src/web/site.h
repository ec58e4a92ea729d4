/* The web side of a process: which hosts are whose, and what is kept in memory between requests
 * (none of it is lost with the process: limits, metrics, open pictures). */
#pragma once

#include "http/http.h"
#include "web/app.h"
#include "web/metrics.h"
#include "web/object_reads.h"
#include "web/picture_cache.h"
#include "web/rate_limit.h"
#include "web/slots.h"
#include "web/technical_log.h"

typedef struct Site {
    App *app;
    char *origin;   /* "https://cloudpick.example": of the pages and the API */
    char *host;     /* of the origin, without port */
    bool is_secure; /* the origin is https: cookies are __Host- ones, HSTS is sent */
    bool is_local;  /* on loopback: localhost, 127.0.0.1 and [::1] are the site, too */
    gint64 started_at;
    RateLimiter *limiter;
    Slots *streams; /* by account: bodies and archives that are on their way; a thread each */
    Slots *sheets;  /* by account: sheets that are in memory for an export */
    Slots *watches; /* by account: streams of events */
    Slots *asking;  /* requests of nobody that wait for a sign-in provider */
    ObjectReads *reads;
    PictureCache *pictures;
    Metrics *metrics;
    const char **route_names; /* which the metrics read */
    TechnicalLog *technical_log;
    GBytes *openapi;
} Site;

/* INVALID for a server.public-url that is no origin. */
Site *site_new(App *app, GError **error);
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* What the public listener serves, and (metrics_app.c) what the one for metrics serves. */
HttpApp site_http_app(Site *site);
HttpApp site_metrics_app(Site *site);

/* Threads for streams that its listener needs: one more than there are streams, to tell who comes
 * then that there is none for them. */
guint site_num_stream_threads(const Site *site);

/* Every few seconds, and once at the end: writes the technical log, closes pictures. */
void site_tick(Site *site);

/* Whether the pages and the API are at HOST; every other host is looked up as a picture host. */
bool site_is_host(const Site *site, const char *host);

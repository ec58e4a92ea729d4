/* Routes, the application behind them, and the server that runs them. */
#pragma once

#include "http/reply.h"

typedef struct HttpServer HttpServer;

typedef HttpReplied (*HttpHandler)(HttpRequest *request, gpointer context);

typedef enum {
    HTTP_BODY_NONE,   /* a body is refused */
    HTTP_BODY_WHOLE,  /* read first, up to max_body (413 above); http_request_body */
    HTTP_BODY_STREAM, /* the handler reads it: http_request_read; back pressure, no copy of it all
                       */
} HttpBodyMode;

/* Callers may keep it as the head of a row of their own. */
typedef struct {
    const char *method; /* "GET" (answers HEAD, too), "POST", ... */
    /* "/api/v1/batches/{batch}/photos"; a last segment "{rest...}" takes what is left, one segment
     * or more, '/' included. */
    const char *path;
    HttpBodyMode body;
    guint64 max_body; /* bytes */
    bool on_loop;
    HttpHandler handler;
} HttpRoute;

/* FIND picks the route on a loop's thread when the headers are in (it must not block): by
 * http_routes_find over a table, by Host, ... Returns NULL after it has set *RET_STATUS (404, 405
 * with an Allow header added, 421, ...). REPLY_ERROR words every answer that no handler gave
 * (hygiene, 404, 405, 408, 413, 500, 503); it must not block either, and REASON says what was
 * wrong, in words that a client may see. FINISHED may run on any thread; ROUTE is NULL where none
 * was found, STATUS 0 where the client was gone before an answer began. */
typedef struct {
    const HttpRoute *(*find)(HttpRequest *request, guint *ret_status, gpointer context);
    HttpReplied (*reply_error)(HttpRequest *request, guint status, const char *reason,
                               gpointer context);
    void (*finished)(HttpRequest *request, const HttpRoute *route, guint status, guint64 bytes,
                     gint64 microseconds, gpointer context);
    gpointer context;
} HttpApp;

/* Whether ROUTE's path fits the request's; remembers the parameters for http_request_param. Percent
 * encoding is decoded per segment; "..", ".", empty and invalid UTF-8 segments, and those with '/'
 * or control characters in them, fit nothing. */
bool http_route_match(const HttpRoute *route, HttpRequest *request);

/* The first of NUM_ROUTES rows, ROW_SIZE bytes apart, that begin with a HttpRoute and fit path and
 * method. Else 404, or 405 with the Allow header added. */
const HttpRoute *http_routes_find(const void *rows, gsize row_size, gsize num_routes,
                                  HttpRequest *request, guint *ret_status);

/* Shown to who asks for NAME, and to nobody else. */
typedef struct HttpCertificate {
    const char *name; /* of a host, as the client asks for it (SNI); "*.DOMAIN": all right below */
    const char *cert_path, *key_path;
    const char *setting; /* which names the file, for errors; NULL: none */
} HttpCertificate;

/* 0 and NULL mean the default that the comment names. */
typedef struct {
    const char *address; /* "127.0.0.1" (default), "::", ... */
    guint16 port;        /* 0: any free one, see http_server_port */
    int listen_fd;       /* a listening socket from systemd instead of these two; 0 or -1: none */
    guint num_loops;     /* threads that move bytes: 1 */
    guint num_workers;   /* threads for handlers: 8 */
    guint num_stream_workers; /* threads for streaming bodies, each may wait for a client: 256 */
    guint max_connections;    /* 4096; above, a newcomer gets 503 */
    guint max_connections_per_address;  /* no limit; not for trusted proxies */
    guint max_header_bytes;             /* 16 KiB; 431 above */
    guint64 max_waiting_bytes;          /* of whole bodies being read, all together: 64 MiB */
    guint64 max_sending_bytes;          /* of bodies that slow clients keep in memory: 256 MiB */
    guint idle_seconds;                 /* a connection that sends and takes nothing: 60 */
    guint min_bytes_per_second;         /* of a body, over idle_seconds of waiting for it: 1024 */
    guint event_seconds;                /* a silent stream of events gets a comment: 15 */
    guint header_seconds;               /* the whole header must be in: 10 */
    guint stop_seconds;                 /* what runs when the server is told to stop may take: 10 */
    const char *const *trusted_proxies; /* addresses, NULL-terminated: none */
    /* TLS (none: plain). Who asks for no name, or for another one, gets no handshake. INVALID for
     * two of which one names what the other is for, or that have one key (LST-19). */
    const HttpCertificate *certificates;
    gsize num_certificates;
} HttpServerOptions;

/* Listens; serves once it runs. Copies what it keeps of OPTIONS and APP. The process ignores
 * SIGPIPE from then on. */
HttpServer *http_server_new(const HttpServerOptions *options, const HttpApp *app, GError **error);
guint16 http_server_port(const HttpServer *server);
/* Serves on the calling thread until http_server_stop. */
bool http_server_run(HttpServer *server, GError **error);
/* From any thread and from a signal handler. Takes no new connection; running handlers end first,
 * streams of events are closed, what takes longer than stop_seconds is cut. */
void http_server_stop(HttpServer *server);
/* Reads the certificates again, for new connections; on failure those that were there stay. */
bool http_server_reload_certificates(HttpServer *server, GError **error);
void http_server_free(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)

/* Connections open now. */
guint http_server_num_connections(const HttpServer *server);

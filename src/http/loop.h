/* A thread that moves bytes: epoll over its connections, edge-triggered, so that a request that
 * comes and goes in one piece each costs no call of epoll_ctl. */
#pragma once

#include "http/tls.h"

typedef struct HttpLoop HttpLoop;
typedef void (*HttpPostFunc)(gpointer data);

/* What the loops, the connections and the workers share. Set once, before anything runs, but for
 * what is atomic. */
typedef struct {
    HttpServerOptions options; /* defaults filled in; without its pointers */
    HttpApp app;
    GStrv trusted_proxies; /* NULL: none */
    HttpTls *tls;          /* NULL: plain */
    int listen_fd;
    int stop_fd;  /* an eventfd: readable once the server is to stop */
    int abort_fd; /* the same once its time for that is over */
    GThreadPool *workers, *stream_workers;
    gint num_connections; /* atomic */
    gssize waiting_bytes; /* atomic: of whole bodies */
    gssize sending_bytes; /* atomic: of bodies that did not go out at once */
    GMutex peers_lock;
    GHashTable *peers; /* address -> number of connections, where they are limited */
} HttpShared;

HttpLoop *http_loop_new(HttpShared *shared, GError **error);
void http_loop_free(HttpLoop *loop);

/* Until the server is told to stop and the last connection is gone. */
void http_loop_run(HttpLoop *loop);

/* Has FUNC called on the loop's thread. */
void http_loop_post(HttpLoop *loop, HttpPostFunc func, gpointer data);
/* The same, but unless *IS_URGENT (atomic) is set once the post can be seen, the loop is not woken
 * for it: it comes to it after its next event, or in a second. */
void http_loop_post_unhurried(HttpLoop *loop, HttpPostFunc func, gpointer data,
                              const gint *is_urgent);

/* A connection, from accepting it to closing it. All functions on its loop's thread, unless they
 * say otherwise. */
#pragma once

#include "http/exchange.h"
#include "http/loop.h"
#include "http/transport.h"

typedef enum {
    HTTP_CONNECTION_HANDSHAKE, /* of TLS */
    HTTP_CONNECTION_HEAD,      /* between requests, or the head of one is coming */
    HTTP_CONNECTION_BODY,      /* a whole body is coming */
    HTTP_CONNECTION_HANDLING,  /* a worker has it, socket and all */
    HTTP_CONNECTION_SENDING,
    HTTP_CONNECTION_EVENTS,    /* a stream of events */
    HTTP_CONNECTION_LINGERING, /* answered; what the client still sends is thrown away, because
                                * closing now would reset the connection and the answer with it */
    HTTP_CONNECTION_CLOSED,
} HttpConnectionState;

struct HttpConnection {
    HttpLoop *loop;
    HttpShared *shared;
    HttpTransport transport;
    HttpConnectionState state;
    char *peer;
    GByteArray *input;   /* read, and not yet used */
    gsize scanned;       /* of input, for the end of a head */
    guint largest_input; /* since its buffer was made */
    bool took_empty_line;
    guint64 num_requests;
    HttpRequest *request; /* from its head to the end of its answer */
    GString *output;      /* the head of an answer, or events */
    gsize sent;           /* of output and the body after it */
    gint64 state_since_us;
    gint64 active_us; /* when bytes moved last */
    guint index;      /* in the loop's list */
    bool is_drained;  /* the last read took all there was; another one would be for nothing until
                       * the socket has an event */
    bool peer_ended;  /* or broke: reads go on until they say so */
    bool is_ready;    /* in the loop's list of those that have more to do */
    gint has_missed;  /* atomic: an event, while a worker had it */
};

/* Takes FD. */
HttpConnection *http_connection_new(HttpLoop *loop, HttpShared *shared, int fd, const char *peer);
void http_connection_free(HttpConnection *connection);

/* The socket has an event, or a timer or a worker has. Goes as far as it can without waiting. */
void http_connection_run(HttpConnection *connection);
/* On a worker's thread, when the handler is done: sends what can be sent of the answer at once, and
 * gives the connection back to its loop. */
void http_connection_give_back(HttpConnection *connection);
/* About once a second: time limits. */
void http_connection_check(HttpConnection *connection, gint64 now_us);
/* The server stops: closes what has no request under way. */
void http_connection_stop(HttpConnection *connection);
/* The time for stopping is over. */
void http_connection_abort(HttpConnection *connection);

/* What connections ask of their loop. */
guint8 *http_loop_scratch(HttpLoop *loop, gsize *ret_size);
gint64 http_loop_now_us(const HttpLoop *loop);
/* From any thread. */
bool http_loop_is_stopping(const HttpLoop *loop);
void http_loop_add_ready(HttpLoop *loop, HttpConnection *connection);
void http_loop_remove(HttpLoop *loop, HttpConnection *connection);

/* A request and its answer, as the files of this room see them. One thread at a time has it: the
 * loop, or the worker that the loop handed it to. */
#pragma once

#include "http/body_decoder.h"
#include "http/head.h"
#include "http/server.h"
#include "http/target.h"

#define HTTP_MAX_PARAMS 8
#define HTTP_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

typedef struct HttpConnection HttpConnection;

/* How a body goes on, by the client: since the last look, while a thread waited. */
typedef struct {
    gint64 waited_us;
    guint64 moved; /* bytes of it at that look */
} HttpPace;

typedef enum {
    HTTP_REPLY_NONE,
    HTTP_REPLY_BYTES,
    HTTP_REPLY_STREAM,
    HTTP_REPLY_EVENTS,
} HttpReplyKind;

typedef struct {
    HttpReplyKind kind;
    guint status;
    char *content_type;
    GBytes *body;       /* NULL: none */
    MemoryPages *pages; /* of which BODY is a part, and which are sent in its place; NULL: none */
    gint64 size;        /* of a stream; -1: unknown */
    HttpWriteFunc write;
    gpointer data;
    GDestroyNotify destroy;
    HttpSse *sse;
} HttpReply;

struct HttpRequest {
    HttpConnection *connection;
    HttpHead head;
    HttpTarget target;
    char *address;
    bool is_tls;

    const HttpRoute *route; /* NULL: none was found */
    struct {
        const char *name; /* in the route's path */
        gsize name_length;
        const char *value;
    } params[HTTP_MAX_PARAMS];
    guint num_params;
    GPtrArray *cookies; /* values handed out */

    HttpBodyDecoder decoder;
    GByteArray *collected;
    GBytes *body;
    gsize waiting_bytes;   /* of collected, counted against the server's limit */
    gsize sending_bytes;   /* of the answer, counted likewise */
    bool owes_continue;    /* 100 Continue has to go out before the body is read */
    HttpPace pace;         /* of its body */
    const gint *must_stop; /* NULL: nothing interrupts that */

    GString *headers;
    HttpReply reply;
    bool is_head_sent;  /* of a stream */
    bool is_streamed;   /* nothing is left to be sent */
    bool is_cut;        /* the stream could not be brought to its end */
    bool closes;        /* the connection, after the answer */
    guint64 bytes_sent; /* of the body */
    gint64 started_us;
    GByteArray *unsent; /* of a stream */
    HttpPace sent_pace; /* of a stream */
    guint64 written;    /* to the socket, of a stream */

    gpointer data;
    GDestroyNotify destroy;
};

HttpRequest *http_request_new(HttpConnection *connection, const char *address, bool is_tls);
void http_request_free(HttpRequest *request);

/* Makes the request's answer, whatever it was, an error's: the application words it. */
void http_request_refuse(HttpRequest *request, const HttpApp *app, guint status,
                         const char *reason);

/* The answer's head, the empty line included. SIZE of the body: -1 chunked, -2 as long as the
 * connection lasts. */
GString *http_reply_head(const HttpRequest *request, gint64 size, const char *date);
bool http_request_is_head(const HttpRequest *request);

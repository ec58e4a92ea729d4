#include "http/connection.h"

#include "http/date.h"
#include "http/peer.h"
#include "http/sse.h"
#include "http/status.h"
#include "http/worker.h"

#include <string.h>

/* Steps a connection may take before the others have their turn. */
static const guint max_steps = 32;
static const gint64 linger_us = 5 * G_USEC_PER_SEC;
/* An idle connection keeps no buffer larger than this. */
static const guint max_idle_input = 16 * 1024;

typedef enum {
    STEP_AGAIN,
    STEP_WAIT,
} Step;

static void
set_state(HttpConnection *connection, HttpConnectionState state)
{
    connection->state = state;
    connection->state_since_us = connection->active_us = http_loop_now_us(connection->loop);
}

HttpConnection *
http_connection_new(HttpLoop *loop, HttpShared *shared, int fd, const char *peer)
{
    HttpConnection *connection = g_new0(HttpConnection, 1);
    connection->loop = loop;
    connection->shared = shared;
    connection->transport.fd = fd;
    connection->transport.ssl = shared->tls == NULL ? NULL : http_tls_accept(shared->tls, fd);
    connection->peer = g_strdup(peer);
    connection->input = g_byte_array_new();
    set_state(connection, shared->tls == NULL ? HTTP_CONNECTION_HEAD : HTTP_CONNECTION_HANDSHAKE);
    return connection;
}

void
http_connection_free(HttpConnection *connection)
{
    g_assert(connection->state == HTTP_CONNECTION_CLOSED);
    g_byte_array_unref(connection->input);
    g_free(connection->peer);
    g_free(connection);
}

/* The request is over, answered or not. */
static void
end_request(HttpConnection *connection)
{
    HttpRequest *request = g_steal_pointer(&connection->request);
    if (request == NULL) {
        return;
    }
    HttpShared *shared = connection->shared;
    if (request->reply.sse != NULL) {
        http_sse_detach(request->reply.sse);
    }
    if (shared->app.finished != NULL) {
        shared->app.finished(request, request->route, request->reply.status, request->bytes_sent,
                             g_get_monotonic_time() - request->started_us, shared->app.context);
    }
    (void)g_atomic_pointer_add(&shared->waiting_bytes, -(gssize)request->waiting_bytes);
    (void)g_atomic_pointer_add(&shared->sending_bytes, -(gssize)request->sending_bytes);
    http_request_free(request);
    if (connection->output != NULL) {
        g_string_free(g_steal_pointer(&connection->output), TRUE);
    }
    connection->sent = 0;
}

static void
close_connection(HttpConnection *connection)
{
    g_assert(connection->state != HTTP_CONNECTION_HANDLING);
    if (connection->state == HTTP_CONNECTION_CLOSED) {
        return;
    }
    connection->state = HTTP_CONNECTION_CLOSED;
    end_request(connection);
    http_transport_close(&connection->transport);
    http_loop_remove(connection->loop, connection);
}

/* Reads once into the input. False when that is all for now; then the connection may be closed. */
static bool
read_more(HttpConnection *connection)
{
    if (connection->is_drained) {
        return false;
    }
    gsize size;
    guint8 *scratch = http_loop_scratch(connection->loop, &size);
    gssize count = http_transport_read(&connection->transport, scratch, size);
    if (count == 0 || count == HTTP_GONE) {
        close_connection(connection);
        return false;
    }
    connection->is_drained =
        connection->transport.ssl == NULL && !connection->peer_ended && count < (gssize)size;
    if (count < 0) {
        return false;
    }
    g_byte_array_append(connection->input, scratch, (guint)count);
    connection->active_us = http_loop_now_us(connection->loop);
    return true;
}

/* From here on it is a worker's, until it comes back. */
static void
begin_handling(HttpConnection *connection)
{
    set_state(connection, HTTP_CONNECTION_HANDLING);
    g_atomic_int_set(&connection->has_missed, false);
}

/* SIZE of the body: as for http_reply_head. */
static void
start_output(HttpConnection *connection, gint64 size)
{
    HttpRequest *request = connection->request;
    request->closes |= !request->decoder.is_done || http_loop_is_stopping(connection->loop) ||
                       request->reply.kind == HTTP_REPLY_EVENTS;
    connection->output = http_reply_head(request, size, http_date_now());
    connection->sent = 0;
}

static gint64
body_size(const HttpReply *reply)
{
    return reply->body == NULL ? 0 : (gint64)g_bytes_get_size(reply->body);
}

static void
start_reply(HttpConnection *connection)
{
    HttpReply *reply = &connection->request->reply;
    bool has_body = !http_request_is_head(connection->request);
    switch (reply->kind) {
    case HTTP_REPLY_NONE:
        g_assert_not_reached();
    case HTTP_REPLY_BYTES:
        start_output(connection, body_size(reply));
        break;
    case HTTP_REPLY_STREAM:
        if (has_body) {
            begin_handling(connection);
            g_thread_pool_push(connection->shared->stream_workers, connection, NULL);
            return;
        }
        start_output(connection, reply->size);
        break;
    case HTTP_REPLY_EVENTS:
        start_output(connection, -2);
        break;
    }
    set_state(connection, reply->kind == HTTP_REPLY_EVENTS && has_body ? HTTP_CONNECTION_EVENTS
                                                                       : HTTP_CONNECTION_SENDING);
}

static void
refuse(HttpConnection *connection, guint status, const char *reason)
{
    http_request_refuse(connection->request, &connection->shared->app, status, reason);
    start_reply(connection);
}

static void
dispatch(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    const HttpRoute *route = request->route;
    if (request->body == NULL) {
        request->body = g_bytes_new_static("", 0);
    }
    if (route->on_loop) {
        g_assert(route->body != HTTP_BODY_STREAM);
        (void)route->handler(request, connection->shared->app.context);
        start_reply(connection);
        return;
    }
    begin_handling(connection);
    g_thread_pool_push(route->body == HTTP_BODY_STREAM ? connection->shared->stream_workers
                                                       : connection->shared->workers,
                       connection, NULL);
}

/* Asks for the body of a client that waits for that (RFC 9110 10.1.1). */
static void
start_body(HttpConnection *connection)
{
    connection->request->collected = g_byte_array_new();
    set_state(connection, HTTP_CONNECTION_BODY);
    if (!connection->request->owes_continue || connection->input->len > 0) {
        return;
    }
    struct iovec line = { .iov_base = (char *)HTTP_CONTINUE, .iov_len = strlen(HTTP_CONTINUE) };
    if (http_transport_write(&connection->transport, &line, 1) != (gssize)line.iov_len) {
        close_connection(connection); /* nothing else is under way: there is room, or it is gone */
    }
}

static void
route_request(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    const HttpApp *app = &connection->shared->app;
    guint status = 404;
    const HttpRoute *route = app->find(request, &status, app->context);
    request->route = route;
    if (route == NULL) {
        refuse(connection, status, http_status_reason(status));
        return;
    }
    gint64 content_length = request->head.content_length;
    request->decoder.max_body = route->max_body;
    if (content_length != 0 && route->body == HTTP_BODY_NONE) {
        refuse(connection, 400, "this request may have no body");
    } else if (content_length > 0 && (guint64)content_length > route->max_body) {
        refuse(connection, 413, "the body is too large");
    } else if (content_length != 0 && route->body == HTTP_BODY_WHOLE) {
        start_body(connection);
    } else {
        dispatch(connection);
    }
}

/* Over TLS a client asks for a certificate by name before it asks a host: the two are the same, or
 * it tries whether this server has both (LST-19). */
static bool
names_same_host(const HttpConnection *connection, const char *host)
{
    const char *name =
        connection->transport.ssl == NULL
            ? NULL
            : SSL_get_servername(connection->transport.ssl, TLSEXT_NAMETYPE_host_name);
    return name == NULL || g_ascii_strcasecmp(name, host) == 0;
}

static void
begin_request(HttpConnection *connection, gsize head_size)
{
    HttpShared *shared = connection->shared;
    HttpRequest *request =
        http_request_new(connection, connection->peer, connection->transport.ssl != NULL);
    connection->request = request;
    const char *reason = NULL;
    guint status = head_size > shared->options.max_header_bytes
                       ? 431
                       : http_head_parse((const char *)connection->input->data, head_size,
                                         &request->head, &reason);
    if (status == 0 && !http_target_parse(request->head.target, &request->target, &reason)) {
        status = 400;
    }
    g_byte_array_remove_range(connection->input, 0, (guint)head_size);
    connection->scanned = 0;
    connection->took_empty_line = false;
    connection->num_requests++;
    if (status != 0) {
        request->closes = true;
        refuse(connection, status, reason == NULL ? "the header is too large" : reason);
        return;
    }
    if (!names_same_host(connection, request->head.host)) {
        request->closes = true;
        refuse(connection, 421, "the certificate was asked for another host");
        return;
    }
    request->closes = !request->head.keep_alive;
    request->owes_continue = request->head.expects_continue;
    http_body_decoder_init(&request->decoder, request->head.content_length, G_MAXUINT64);
    http_peer_resolve(request, (const char *const *)shared->trusted_proxies);
    route_request(connection);
}

static Step
take_head(HttpConnection *connection)
{
    GByteArray *input = connection->input;
    /* RFC 9112 2.2: an empty line before a request is forgiven, once. */
    if (!connection->took_empty_line && input->len >= 2 && memcmp(input->data, "\r\n", 2) == 0) {
        g_byte_array_remove_range(input, 0, 2);
        connection->took_empty_line = true;
        connection->scanned = 0;
    }
    gsize head_size = input->len == 0 ? 0
                                      : http_head_end((const char *)input->data, input->len,
                                                      &connection->scanned);
    if (head_size == 0 && input->len > connection->shared->options.max_header_bytes) {
        head_size = input->len;
    }
    if (head_size > 0) {
        begin_request(connection, head_size);
        return STEP_AGAIN;
    }
    if (http_loop_is_stopping(connection->loop) && input->len == 0) {
        close_connection(connection);
        return STEP_WAIT;
    }
    bool was_idle = input->len == 0;
    if (!read_more(connection)) {
        return STEP_WAIT;
    }
    if (was_idle && connection->num_requests > 0) {
        connection->state_since_us = connection->active_us; /* the head's time begins */
    }
    return STEP_AGAIN;
}

static Step
take_body(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    GByteArray *input = connection->input;
    if (input->len == 0) {
        return read_more(connection) ? STEP_AGAIN : STEP_WAIT;
    }
    gsize used, written;
    guint collected = request->collected->len;
    g_byte_array_set_size(request->collected, collected + input->len);
    HttpBodyProgress progress =
        http_body_decode(&request->decoder, input->data, input->len, &used,
                         request->collected->data + collected, input->len, &written);
    g_byte_array_set_size(request->collected, collected + (guint)written);
    g_byte_array_remove_range(input, 0, (guint)used);

    HttpShared *shared = connection->shared;
    request->waiting_bytes += written;
    gssize waiting = g_atomic_pointer_add(&shared->waiting_bytes, (gssize)written);
    if (progress == HTTP_BODY_BROKEN) {
        refuse(connection, 400, "the body is not chunked as it should be");
    } else if (progress == HTTP_BODY_TOO_LARGE) {
        refuse(connection, 413, "the body is too large");
    } else if ((guint64)waiting + written > shared->options.max_waiting_bytes) {
        refuse(connection, 503, "too many bodies are being received");
    } else if (progress == HTTP_BODY_DONE) {
        request->body = g_byte_array_free_to_bytes(g_steal_pointer(&request->collected));
        dispatch(connection);
    }
    return STEP_AGAIN;
}

/* Waits for the next request. */
static void
await_request(HttpConnection *connection)
{
    set_state(connection, HTTP_CONNECTION_HEAD);
    if (connection->input->len == 0 && connection->largest_input > max_idle_input) {
        g_byte_array_unref(connection->input);
        connection->input = g_byte_array_new();
        connection->largest_input = 0;
    }
}

static void
end_reply(HttpConnection *connection)
{
    bool closes = connection->request->closes;
    bool is_cut = connection->request->is_cut;
    bool has_unread = !connection->request->decoder.is_done || connection->input->len > 0;
    end_request(connection);
    if (closes && has_unread && !is_cut) {
        http_transport_end(&connection->transport);
        set_state(connection, HTTP_CONNECTION_LINGERING);
    } else if (closes || is_cut) {
        close_connection(connection);
    } else {
        await_request(connection);
    }
}

/* Counts an answer of SIZE bytes that its client keeps waiting in memory. False where there are too
 * many such: a crowd that reads nothing must not fill the memory with pictures. */
static bool
may_wait(HttpConnection *connection, gsize size)
{
    HttpShared *shared = connection->shared;
    HttpRequest *request = connection->request;
    if (request->sending_bytes > 0) {
        return true;
    }
    request->sending_bytes = size;
    gssize sending = g_atomic_pointer_add(&shared->sending_bytes, (gssize)size);
    /* One alone may be as large as it likes. */
    return sending == 0 || (guint64)sending + size <= shared->options.max_sending_bytes;
}

/* What is left of the head, and of the SIZE bytes at BODY. */
static gssize
send_bytes(HttpConnection *connection, const char *body, gsize size)
{
    GString *head = connection->output;
    gsize head_sent = MIN(connection->sent, head->len);
    gsize body_sent = connection->sent - head_sent;
    struct iovec pieces[] = {
        { .iov_base = head->str + head_sent, .iov_len = head->len - head_sent },
        { .iov_base = (char *)body + body_sent, .iov_len = size - body_sent },
    };
    int skip = head_sent == head->len ? 1 : 0;
    return http_transport_write(&connection->transport, pieces + skip, 2 - skip);
}

/* The same; BODY is a part of PAGES. */
static gssize
send_pages(HttpConnection *connection, const MemoryPages *pages, const char *body, gsize size)
{
    GString *head = connection->output;
    if (connection->sent < head->len) {
        return http_transport_write_head(&connection->transport, head->str + connection->sent,
                                         head->len - connection->sent);
    }
    gsize body_sent = connection->sent - head->len;
    const char *first = g_bytes_get_data(memory_pages_bytes(pages), NULL);
    return http_transport_send_file(&connection->transport, memory_pages_fd(pages),
                                    (gsize)(body - first) + body_sent, size - body_sent);
}

/* Sends until all is sent (0), or as a transport's result says. */
static gssize
send_output(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    GString *head = connection->output;
    gsize size = 0;
    const char *body = NULL;
    if (request->reply.body != NULL && !http_request_is_head(request)) {
        body = g_bytes_get_data(request->reply.body, &size);
    }
    /* TLS has to read the bytes. */
    const MemoryPages *pages =
        connection->transport.ssl == NULL && size > 0 ? request->reply.pages : NULL;
    while (connection->sent < head->len + size) {
        gssize count = pages == NULL ? send_bytes(connection, body, size)
                                     : send_pages(connection, pages, body, size);
        if (count < 0) {
            return count;
        }
        connection->sent += (gsize)count;
        request->bytes_sent = connection->sent - MIN(connection->sent, head->len);
    }
    return 0;
}

static Step
send_reply(HttpConnection *connection)
{
    gsize sent_before = connection->sent;
    gssize result = send_output(connection);
    if (connection->sent > sent_before) {
        connection->active_us = http_loop_now_us(connection->loop);
    }
    if (result == 0) {
        end_reply(connection);
        return STEP_AGAIN;
    }
    if (result == HTTP_GONE ||
        !may_wait(connection, (gsize)body_size(&connection->request->reply))) {
        close_connection(connection);
    }
    return STEP_WAIT;
}

/* Throws away what comes in. */
static Step
drain(HttpConnection *connection)
{
    gsize size;
    guint8 *scratch = http_loop_scratch(connection->loop, &size);
    gssize count = http_transport_read(&connection->transport, scratch, size);
    if (count == 0 || count == HTTP_GONE) {
        close_connection(connection);
        return STEP_WAIT;
    }
    return count < 0 ? STEP_WAIT : STEP_AGAIN;
}

static Step
send_events(HttpConnection *connection)
{
    GString *output = connection->output;
    while (connection->sent < output->len) {
        struct iovec piece = { .iov_base = output->str + connection->sent,
                               .iov_len = output->len - connection->sent };
        gssize count = http_transport_write(&connection->transport, &piece, 1);
        if (count == HTTP_GONE || (count < 0 && http_sse_is_cut(connection->request->reply.sse))) {
            close_connection(connection);
            return STEP_WAIT;
        }
        if (count < 0) {
            return drain(connection); /* which also tells when the client is gone */
        }
        connection->sent += (gsize)count;
        connection->request->bytes_sent += (guint64)count;
        connection->active_us = http_loop_now_us(connection->loop);
    }
    GString *text = NULL;
    switch (http_sse_take(connection->request->reply.sse, &text)) {
    case HTTP_SSE_IDLE:
        return drain(connection);
    case HTTP_SSE_HAS_TEXT:
        g_string_free(connection->output, TRUE);
        connection->output = text;
        connection->sent = 0;
        return STEP_AGAIN;
    case HTTP_SSE_ENDED:
        break;
    }
    close_connection(connection);
    return STEP_WAIT;
}

static Step
shake_hands(HttpConnection *connection)
{
    gssize result = connection->transport.ssl == NULL
                        ? HTTP_GONE
                        : http_transport_handshake(&connection->transport);
    if (result == HTTP_GONE) {
        close_connection(connection);
    } else if (result == 0) {
        set_state(connection, HTTP_CONNECTION_HEAD);
        return STEP_AGAIN;
    }
    return STEP_WAIT;
}

static Step
take_step(HttpConnection *connection)
{
    connection->largest_input = MAX(connection->largest_input, connection->input->len);
    switch (connection->state) {
    case HTTP_CONNECTION_HANDSHAKE:
        return shake_hands(connection);
    case HTTP_CONNECTION_HEAD:
        return take_head(connection);
    case HTTP_CONNECTION_BODY:
        return take_body(connection);
    case HTTP_CONNECTION_HANDLING:
        return STEP_WAIT;
    case HTTP_CONNECTION_SENDING:
        return send_reply(connection);
    case HTTP_CONNECTION_EVENTS:
        return send_events(connection);
    case HTTP_CONNECTION_LINGERING:
        return drain(connection);
    case HTTP_CONNECTION_CLOSED:
        return STEP_WAIT;
    }
    g_assert_not_reached();
}

void
http_connection_run(HttpConnection *connection)
{
    if (connection->state == HTTP_CONNECTION_HANDLING) {
        /* Whatever it is, the worker sees it, or it is seen when the worker is done. */
        g_atomic_int_set(&connection->has_missed, true);
        return;
    }
    connection->is_drained = false;
    for (guint i = 0; i < max_steps; i++) {
        if (take_step(connection) == STEP_WAIT) {
            return;
        }
    }
    http_loop_add_ready(connection->loop, connection);
}

/* A worker has given it back. */
static void
take_back(gpointer data)
{
    HttpConnection *connection = data;
    g_assert(connection->state == HTTP_CONNECTION_HANDLING);
    connection->state = HTTP_CONNECTION_SENDING;
    if (connection->request == NULL) {
        await_request(connection);
    } else if (connection->request->is_streamed) {
        end_reply(connection);
    } else if (connection->output == NULL) {
        start_reply(connection);
    } else {
        set_state(connection, HTTP_CONNECTION_SENDING);
    }
    http_connection_run(connection);
}

/* Whether all of the answer is sent, and the next request may come. */
static bool
answer_at_once(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    if (request->is_streamed || request->reply.kind != HTTP_REPLY_BYTES) {
        return false;
    }
    start_output(connection, body_size(&request->reply));
    return send_output(connection) == 0 && !request->closes;
}

void
http_connection_give_back(HttpConnection *connection)
{
    HttpLoop *loop = connection->loop;
    if (!answer_at_once(connection)) {
        http_loop_post(loop, take_back, connection);
        return;
    }
    end_request(connection);
    /* Most clients say nothing before they have the answer, and what they say then wakes the loop,
     * which takes the connection back first: waking it for that alone would cost as much again. An
     * event that came meanwhile found the connection away; what was not read yet makes none. */
    if (!connection->is_drained || connection->input->len > 0) {
        g_atomic_int_set(&connection->has_missed, true);
    }
    http_loop_post_unhurried(loop, take_back, connection, &connection->has_missed);
}

/* The client did not send in time what it began. */
static void
time_out(HttpConnection *connection)
{
    if (connection->request == NULL && connection->input->len == 0) {
        close_connection(connection);
        return;
    }
    if (connection->request == NULL) {
        connection->request =
            http_request_new(connection, connection->peer, connection->transport.ssl != NULL);
        connection->request->closes = true;
    }
    refuse(connection, 408, "the request did not come in time");
    http_connection_run(connection);
}

static bool
body_is_late(const HttpConnection *connection, gint64 now_us, gint64 idle_us)
{
    gint64 elapsed_us = now_us - connection->state_since_us;
    return now_us - connection->active_us > idle_us ||
           (elapsed_us > idle_us &&
            connection->request->decoder.received / (guint64)(elapsed_us / G_USEC_PER_SEC) <
                connection->shared->options.min_bytes_per_second);
}

void
http_connection_check(HttpConnection *connection, gint64 now_us)
{
    if (connection->state == HTTP_CONNECTION_HANDLING) {
        return;
    }
    const HttpServerOptions *options = &connection->shared->options;
    gint64 idle_us = (gint64)options->idle_seconds * G_USEC_PER_SEC;
    gint64 header_us = (gint64)options->header_seconds * G_USEC_PER_SEC;
    gint64 age_us = now_us - connection->state_since_us;
    gint64 silence_us = now_us - connection->active_us;
    bool is_idle = connection->num_requests > 0 && connection->input->len == 0;
    switch (connection->state) {
    case HTTP_CONNECTION_HANDSHAKE:
    case HTTP_CONNECTION_HEAD:
        if (age_us > (is_idle ? idle_us : header_us)) {
            time_out(connection);
        }
        return;
    case HTTP_CONNECTION_BODY:
        if (body_is_late(connection, now_us, idle_us)) {
            time_out(connection);
        }
        return;
    case HTTP_CONNECTION_SENDING:
        if (silence_us > idle_us) {
            close_connection(connection);
        }
        return;
    case HTTP_CONNECTION_EVENTS:
        if (connection->sent < connection->output->len) {
            if (silence_us > idle_us) {
                close_connection(connection);
            }
        } else if (silence_us >= (gint64)options->event_seconds * G_USEC_PER_SEC) {
            http_sse_keep_alive(connection->request->reply.sse);
        }
        return;
    case HTTP_CONNECTION_LINGERING:
        if (age_us > linger_us) {
            close_connection(connection);
        }
        return;
    case HTTP_CONNECTION_HANDLING:
    case HTTP_CONNECTION_CLOSED:
        return;
    }
}

void
http_connection_stop(HttpConnection *connection)
{
    bool is_between = connection->state == HTTP_CONNECTION_HEAD && connection->input->len == 0;
    if (is_between || connection->state == HTTP_CONNECTION_HANDSHAKE ||
        connection->state == HTTP_CONNECTION_LINGERING) {
        close_connection(connection);
    } else if (connection->state == HTTP_CONNECTION_EVENTS) {
        http_sse_close(connection->request->reply.sse);
    }
}

void
http_connection_abort(HttpConnection *connection)
{
    if (connection->state != HTTP_CONNECTION_HANDLING) {
        close_connection(connection);
    }
}

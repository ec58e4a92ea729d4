#include "http/worker.h"

#include "base/error.h"
#include "http/date.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

static const gsize flush_size = 32 * 1024;
/* How often a wait looks whether it is to be interrupted. */
static const gint64 interrupt_us = G_USEC_PER_SEC / 10;

static bool
is_interrupted(const gint *must_stop)
{
    return must_stop != NULL && g_atomic_int_get(must_stop) != 0;
}

/* poll() for TIME_US; 0 also where MUST_STOP (or NULL) ended it. */
static int
poll_until(struct pollfd *fds, nfds_t num_fds, gint64 time_us, const gint *must_stop)
{
    gint64 until_us = g_get_monotonic_time() + time_us;
    int num_ready = 0;
    for (gint64 left_us = time_us; num_ready == 0 && left_us > 0 && !is_interrupted(must_stop);
         left_us = until_us - g_get_monotonic_time()) {
        gint64 pause_us = must_stop == NULL ? left_us : MIN(left_us, interrupt_us);
        num_ready = poll(fds, num_fds, (int)(pause_us / 1000) + 1);
    }
    return num_ready;
}

/* Bytes that the client has sent, or taken. What lies in the socket it has not taken, however much
 * that is: a socket of megabytes would hide for minutes whether anybody reads. */
static guint64
count_moved(const HttpRequest *request, bool is_writing)
{
    int unsent = 0;
    if (!is_writing) {
        return request->decoder.received;
    }
    (void)ioctl(request->connection->transport.fd, SIOCOUTQ, &unsent);
    return request->written - MIN(request->written, (guint64)MAX(unsent, 0));
}

/* A client that moves hardly anything holds a thread for nothing, however long its body may take
 * otherwise. Every idle_seconds of waiting are looked at alone, so that nobody lives on what went
 * fast before. */
static bool
keep_pace(const HttpRequest *request, HttpPace *pace, bool is_writing, GError **error)
{
    const HttpServerOptions *options = &request->connection->shared->options;
    if (pace->waited_us < (gint64)options->idle_seconds * G_USEC_PER_SEC) {
        return true;
    }
    guint64 moved = count_moved(request, is_writing);
    if (moved - MIN(moved, pace->moved) <
        (guint64)options->idle_seconds * options->min_bytes_per_second) {
        return fail(
            error, APP_ERROR_TIMEOUT, "the client %s less than %u bytes a second for %u seconds",
            is_writing ? "took" : "sent", options->min_bytes_per_second, options->idle_seconds);
    }
    *pace = (HttpPace){ .moved = moved };
    return true;
}

/* Waits until the socket is ready for what WAIT (a result of the transport) asks. */
static bool
wait_for(HttpRequest *request, gssize wait, bool is_writing, GError **error)
{
    HttpConnection *connection = request->connection;
    HttpPace *pace = is_writing ? &request->sent_pace : &request->pace;
    const gint *must_stop = is_writing ? NULL : request->must_stop;
    if (wait != HTTP_WAIT_READ && wait != HTTP_WAIT_WRITE) {
        return fail(error, APP_ERROR_CANCELLED, "the client went away");
    }
    struct pollfd fds[] = {
        { .fd = connection->transport.fd, .events = wait == HTTP_WAIT_READ ? POLLIN : POLLOUT },
        { .fd = connection->shared->abort_fd, .events = POLLIN },
    };
    gint64 window_us = (gint64)connection->shared->options.idle_seconds * G_USEC_PER_SEC;
    gint64 before_us = g_get_monotonic_time();
    int num_ready =
        poll_until(fds, G_N_ELEMENTS(fds), MAX(window_us - pace->waited_us, 1), must_stop);
    if (num_ready < 0 && errno != EINTR) {
        return fail_errno(error, errno, "waiting for the client");
    }
    if (num_ready == 0 && is_interrupted(must_stop)) {
        return fail(error, APP_ERROR_CANCELLED, "the reading was interrupted");
    }
    if (num_ready > 0 && fds[1].revents != 0) {
        return fail(error, APP_ERROR_CANCELLED, "the server is stopping");
    }
    pace->waited_us += g_get_monotonic_time() - before_us;
    return keep_pace(request, pace, is_writing, error);
}

static bool
write_all(HttpRequest *request, struct iovec *pieces, int count, GError **error)
{
    while (count > 0) {
        gssize sent = http_transport_write(&request->connection->transport, pieces, count);
        if (sent < 0) {
            if (!wait_for(request, sent, true, error)) {
                return false;
            }
            continue;
        }
        request->written += (guint64)sent;
        gsize left = (gsize)sent;
        for (; count > 0 && left >= pieces->iov_len; count--) {
            left -= pieces->iov_len;
            pieces++;
        }
        if (count > 0) {
            pieces->iov_base = (char *)pieces->iov_base + left;
            pieces->iov_len -= left;
        }
    }
    return true;
}

static bool
send_continue(HttpRequest *request, GError **error)
{
    struct iovec line = { .iov_base = (char *)HTTP_CONTINUE, .iov_len = strlen(HTTP_CONTINUE) };
    bool owes = request->owes_continue && request->connection->input->len == 0;
    request->owes_continue = false;
    return !owes || write_all(request, &line, 1, error);
}

/* Takes what was read already; -1 with ERROR, or how much there was. */
static gssize
read_input(HttpRequest *request, void *buffer, gsize size, GError **error)
{
    GByteArray *input = request->connection->input;
    gsize used, written;
    HttpBodyProgress progress =
        http_body_decode(&request->decoder, input->data, input->len, &used, buffer, size, &written);
    g_byte_array_remove_range(input, 0, (guint)used);
    if (progress == HTTP_BODY_BROKEN) {
        fail(error, APP_ERROR_INVALID, "the body is not chunked as it should be");
        return -1;
    }
    if (progress == HTTP_BODY_TOO_LARGE) {
        fail(error, APP_ERROR_TOO_LARGE, "the body is larger than %" G_GUINT64_FORMAT " bytes",
             request->decoder.max_body);
        return -1;
    }
    return (gssize)written;
}

/* Reads once from the socket: straight into BUFFER, or, where there are chunks to be taken apart,
 * into the connection's input. -1 with ERROR; 0 in the second case. */
static gssize
read_socket(HttpRequest *request, void *buffer, gsize size, GError **error)
{
    HttpConnection *connection = request->connection;
    guint8 chunks[16 * 1024];
    bool is_chunked = request->decoder.is_chunked;
    gsize wanted = is_chunked ? sizeof chunks : (gsize)MIN(size, request->decoder.remaining);
    gssize count;
    while ((count = http_transport_read(&connection->transport, is_chunked ? chunks : buffer,
                                        wanted)) < 0) {
        if (!wait_for(request, count, false, error)) {
            return -1;
        }
    }
    if (count == 0) {
        fail(error, APP_ERROR_CANCELLED, "the client went away");
        return -1;
    }
    if (is_chunked) {
        g_byte_array_append(connection->input, chunks, (guint)count);
        return 0;
    }
    http_body_decoder_skip(&request->decoder, (gsize)count);
    return count;
}

gssize
http_request_read(HttpRequest *request, void *buffer, gsize size, GError **error)
{
    g_assert(request->route->body == HTTP_BODY_STREAM && size > 0);
    gssize count = 0;
    while (count == 0 && !request->decoder.is_done) {
        if (request->connection->input->len > 0) {
            count = read_input(request, buffer, size, error);
        } else if (send_continue(request, error)) {
            count = read_socket(request, buffer, size, error);
        } else {
            count = -1;
        }
    }
    request->closes |= count < 0;
    return count;
}

/* Sends what has been kept back and DATA after it, in one chunk where the size was not known. */
static bool
flush(HttpRequest *request, const void *data, gsize size, GError **error)
{
    GByteArray *unsent = request->unsent;
    g_autoptr(GString) before = g_string_new(NULL);
    bool is_chunked = request->reply.size < 0 && request->head.minor_version > 0;
    if (!request->is_head_sent) {
        g_autoptr(GString) head = http_reply_head(request,
                                                  request->reply.size >= 0 ? request->reply.size
                                                  : is_chunked             ? -1
                                                                           : -2,
                                                  http_date_now());
        g_string_append_len(before, head->str, (gssize)head->len);
    }
    gsize total = unsent->len + size;
    bool is_chunk = is_chunked && total > 0;
    if (is_chunk) {
        g_string_append_printf(before, "%" G_GSIZE_MODIFIER "x\r\n", total);
    }
    struct iovec pieces[] = {
        { .iov_base = before->str, .iov_len = before->len },
        { .iov_base = unsent->data, .iov_len = unsent->len },
        { .iov_base = (void *)data, .iov_len = size },
        { .iov_base = (char *)"\r\n", .iov_len = is_chunk ? 2 : 0 },
    };
    request->is_head_sent = true;
    bool is_sent = write_all(request, pieces, G_N_ELEMENTS(pieces), error);
    g_byte_array_set_size(unsent, 0);
    return is_sent;
}

bool
http_write(HttpRequest *request, const void *data, gsize size, GError **error)
{
    gint64 expected = request->reply.size;
    g_assert(request->reply.kind == HTTP_REPLY_STREAM);
    g_assert(expected < 0 || request->bytes_sent + size <= (guint64)expected);
    request->bytes_sent += size;
    if (request->unsent->len + size >= flush_size) {
        return flush(request, data, size, error);
    }
    g_byte_array_append(request->unsent, data, (guint)size);
    return true;
}

static bool
end_stream(HttpRequest *request, GError **error)
{
    gint64 expected = request->reply.size;
    if (expected >= 0 && request->bytes_sent != (guint64)expected) {
        return fail(error, APP_ERROR_INTERNAL, "the answer ended early");
    }
    if (!flush(request, NULL, 0, error)) {
        return false;
    }
    struct iovec end = { .iov_base = (char *)"0\r\n\r\n", .iov_len = 5 };
    return expected >= 0 || request->head.minor_version == 0 || write_all(request, &end, 1, error);
}

static void
run_stream(HttpRequest *request)
{
    g_autoptr(GError) error = NULL;
    request->unsent = g_byte_array_new();
    request->closes |=
        !request->decoder.is_done || (request->reply.size < 0 && request->head.minor_version == 0);
    if (request->reply.write(request, request->reply.data, &error) && end_stream(request, &error)) {
        request->is_streamed = true;
        return;
    }
    if (request->is_head_sent) {
        request->is_streamed = request->is_cut = true;
        return;
    }
    request->bytes_sent = 0;
    g_string_truncate(request->headers, 0); /* they were about the answer that cannot be made */
    http_request_refuse(request, &request->connection->shared->app, 500,
                        "the answer could not be made");
}

static void
run_handler(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    (void)request->route->handler(request, connection->shared->app.context);
    g_assert(request->reply.kind != HTTP_REPLY_NONE);
}

void
http_worker_handle(gpointer data, gpointer shared)
{
    HttpConnection *connection = data;
    run_handler(connection);
    http_connection_give_back(connection);
}

void
http_worker_stream(gpointer data, gpointer shared)
{
    HttpConnection *connection = data;
    if (connection->request->reply.kind == HTTP_REPLY_NONE) {
        run_handler(connection);
    }
    if (connection->request->reply.kind == HTTP_REPLY_STREAM &&
        !http_request_is_head(connection->request)) {
        run_stream(connection->request);
    }
    http_connection_give_back(connection);
}

/* Bodies that handlers read and write while they travel. */
#include "base/error.h"
#include "http/test_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the handlers of a test saw, and what it tells them. */
typedef struct {
    GMutex lock;
    GCond changed;
    guint64 received;
    int error_code; /* of the last read or write that failed; -1: none */
    bool may_read;
    guint num_finished;
    guint last_status;
} Seen;

static void
seen_init(Seen *seen)
{
    *seen = (Seen){ .error_code = -1 };
    g_mutex_init(&seen->lock);
    g_cond_init(&seen->changed);
}

static void
report(Seen *seen, guint64 received, const GError *error)
{
    g_mutex_lock(&seen->lock);
    seen->received = received;
    seen->error_code = error == NULL ? -1 : error->code;
    g_cond_broadcast(&seen->changed);
    g_mutex_unlock(&seen->lock);
}

static void
wait_until_finished(Seen *seen, guint count)
{
    g_mutex_lock(&seen->lock);
    while (seen->num_finished < count) {
        g_cond_wait(&seen->changed, &seen->lock);
    }
    g_mutex_unlock(&seen->lock);
}

static HttpReplied
count_body(HttpRequest *request, gpointer context)
{
    char buffer[7000];
    guint64 received = 0, sum = 0;
    gssize count;
    g_autoptr(GError) error = NULL;
    while ((count = http_request_read(request, buffer, sizeof buffer, &error)) > 0) {
        for (gssize i = 0; i < count; i++) {
            sum += (guchar)buffer[i] * (received + (guint64)i + 1);
        }
        received += (guint64)count;
    }
    report(context, received, error);
    if (count < 0) {
        return http_reply_string(request, 400, "text/plain", g_strdup(error->message));
    }
    return http_reply_string(
        request, 200, "text/plain",
        g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, received, sum));
}

static HttpReplied
refuse_unread(HttpRequest *request, gpointer context)
{
    return http_reply_string(request, 409, "text/plain", g_strdup("conflict"));
}

static HttpReplied
read_when_told(HttpRequest *request, gpointer context)
{
    Seen *seen = context;
    g_mutex_lock(&seen->lock);
    while (!seen->may_read) {
        g_cond_wait(&seen->changed, &seen->lock);
    }
    g_mutex_unlock(&seen->lock);
    return count_body(request, context);
}

static bool
write_numbers(HttpRequest *request, gpointer data, GError **error)
{
    for (guint i = 0; i < GPOINTER_TO_UINT(data); i++) {
        g_autofree char *line = g_strdup_printf("%07u\n", i);
        if (!http_write(request, line, strlen(line), error)) {
            return false;
        }
    }
    return true;
}

static HttpReplied
send_known(HttpRequest *request, gpointer context)
{
    return http_reply_stream(request, 200, "text/plain", 8 * 20000, write_numbers,
                             GUINT_TO_POINTER(20000), NULL);
}

static HttpReplied
send_unknown(HttpRequest *request, gpointer context)
{
    return http_reply_stream(request, 200, "text/plain", -1, write_numbers, GUINT_TO_POINTER(20000),
                             NULL);
}

static bool
write_for_ever(HttpRequest *request, gpointer data, GError **error)
{
    g_autofree char *block = g_malloc0(100000);
    GError *cause = NULL;
    while (http_write(request, block, 100000, &cause)) {
    }
    report(data, 0, cause);
    g_propagate_error(error, cause);
    return false;
}

static HttpReplied
send_for_ever(HttpRequest *request, gpointer context)
{
    return http_reply_stream(request, 200, "text/plain", -1, write_for_ever, context, NULL);
}

static bool
fail_at_once(HttpRequest *request, gpointer data, GError **error)
{
    return http_write(request, "a few bytes", 11, error) &&
           fail(error, APP_ERROR_UNAVAILABLE, "the disk is gone");
}

static HttpReplied
fail_early(HttpRequest *request, gpointer context)
{
    http_add_header(request, "Content-Disposition", "attachment");
    return http_reply_stream(request, 200, "text/plain", -1, fail_at_once, NULL, NULL);
}

static bool
fail_after_much(HttpRequest *request, gpointer data, GError **error)
{
    return write_numbers(request, GUINT_TO_POINTER(20000), error) &&
           fail(error, APP_ERROR_UNAVAILABLE, "the disk is gone");
}

static HttpReplied
fail_late(HttpRequest *request, gpointer context)
{
    return http_reply_stream(request, 200, "text/plain", -1, fail_after_much, NULL, NULL);
}

static const HttpRoute routes[] = {
    { "POST", "/count", HTTP_BODY_STREAM, 64 * 1024 * 1024, false, count_body },
    { "POST", "/small", HTTP_BODY_STREAM, 10, false, count_body },
    { "POST", "/refuse", HTTP_BODY_STREAM, G_MAXUINT64, false, refuse_unread },
    { "POST", "/told", HTTP_BODY_STREAM, G_MAXUINT64, false, read_when_told },
    { "GET", "/known", HTTP_BODY_NONE, 0, false, send_known },
    { "GET", "/unknown", HTTP_BODY_NONE, 0, true, send_unknown },
    { "GET", "/ever", HTTP_BODY_NONE, 0, false, send_for_ever },
    { "GET", "/fail-early", HTTP_BODY_NONE, 0, false, fail_early },
    { "GET", "/fail-late", HTTP_BODY_NONE, 0, false, fail_late },
};

static const HttpRoute *
find(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(routes, sizeof *routes, G_N_ELEMENTS(routes), request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    return http_reply_string(request, status, "text/plain", g_strdup(reason));
}

static void
finished(HttpRequest *request, const HttpRoute *route, guint status, guint64 bytes,
         gint64 microseconds, gpointer context)
{
    Seen *seen = context;
    g_mutex_lock(&seen->lock);
    seen->num_finished++;
    seen->last_status = status;
    g_cond_broadcast(&seen->changed);
    g_mutex_unlock(&seen->lock);
}

static TestHttp
start(Seen *seen, const HttpServerOptions *options)
{
    seen_init(seen);
    HttpApp app = {
        .find = find, .reply_error = reply_error, .finished = finished, .context = seen
    };
    return test_http_start(options, &app);
}

/* So that a client that takes little is seen to take it. */
static int
listen_with_small_buffers(void)
{
    const int size = 64 * 1024;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), ==, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 8), ==, 0);
    return fd;
}

static char *
make_body(gsize size, guint64 *ret_sum)
{
    char *body = g_malloc(size);
    *ret_sum = 0;
    for (gsize i = 0; i < size; i++) {
        body[i] = (char)(i * 31 >> 3);
        *ret_sum += (guchar)body[i] * (i + 1);
    }
    return body;
}

static void
test_handlers_read_bodies_of_known_length(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    const gsize size = 3 * 1000 * 1000;
    guint64 sum;
    g_autofree char *body = make_body(size, &sum);
    int fd = test_connect(server.port);
    g_autofree char *head = g_strdup_printf(
        "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", size);
    g_autofree char *expected =
        g_strdup_printf("%" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT, size, sum);
    for (guint i = 0; i < 3; i++) { /* on one connection */
        test_send(fd, head, strlen(head));
        test_send(fd, body, size);
        g_autofree char *answer = test_read_answer(fd, true);
        g_assert_cmpstr(test_body_of(answer), ==, expected);
    }
    close(fd);
}

static void
test_handlers_read_chunked_bodies(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    const gsize size = 1000 * 1000;
    guint64 sum;
    g_autofree char *body = make_body(size, &sum);
    g_autoptr(GString) request =
        g_string_new("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    gsize chunk = 1;
    for (gsize at = 0; at < size; at += chunk, chunk = chunk * 7 % 70001) {
        chunk = MIN(chunk, size - at);
        g_string_append_printf(request, "%" G_GSIZE_MODIFIER "x\r\n", chunk);
        g_string_append_len(request, body + at, (gssize)chunk);
        g_string_append(request, "\r\n");
    }
    g_string_append(request, "0\r\n\r\n");
    g_autofree char *answer = test_exchange(server.port, request->str, (gssize)request->len, NULL);
    g_autofree char *expected =
        g_strdup_printf("%" G_GSIZE_FORMAT " %" G_GUINT64_FORMAT, size, sum);
    g_assert_cmpstr(test_body_of(answer), ==, expected);
}

static void
test_limits_chunked_bodies(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    bool closed;
    g_autofree char *answer =
        test_exchange(server.port,
                      "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "6\r\nabcdef\r\n6\r\nabcdef\r\n",
                      -1, &closed);
    g_assert_cmpuint(test_status_of(answer), ==, 400);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_TOO_LARGE);
    g_assert_true(closed);
    g_autofree char *announced = test_exchange(
        server.port, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", -1, &closed);
    g_assert_cmpuint(test_status_of(announced), ==, 413);
    g_assert_true(closed);
}

static void
test_a_slow_reader_holds_the_sender_back(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    int fd = test_connect(server.port);
    int small = 64 * 1024;
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), ==, 0);
    const char *head = "POST /told HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n";
    test_send(fd, head, strlen(head));
    g_autofree char *block = g_malloc0(50 * 1000 * 1000);
    /* Only what the kernel holds for the two sockets goes out while nobody reads. */
    gsize sent = 0;
    for (guint idle_rounds = 0; idle_rounds < 20;) {
        gssize count = send(fd, block + sent, 50 * 1000 * 1000 - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += count > 0 ? (gsize)count : 0;
        idle_rounds = count > 0 ? 0 : idle_rounds + 1;
        g_usleep(2000);
    }
    g_assert_cmpuint(sent, <, 40 * 1000 * 1000);
    g_mutex_lock(&seen.lock);
    seen.may_read = true;
    g_cond_broadcast(&seen.changed);
    g_mutex_unlock(&seen.lock);
    test_send(fd, block + sent, 50 * 1000 * 1000 - sent);
    g_autofree char *answer = test_read_answer(fd, true);
    g_assert_cmpstr(test_body_of(answer), ==, "50000000 0");
    close(fd);
}

static void
test_tells_the_handler_when_the_client_goes_away(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    int fd = test_connect(server.port);
    const char *half = "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabcde";
    test_send(fd, half, strlen(half));
    close(fd);
    wait_until_finished(&seen, 1);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_CANCELLED);
    g_assert_cmpuint(seen.received, ==, 5);
}

static void
test_tells_the_handler_when_the_client_falls_silent(void)
{
    Seen seen;
    HttpServerOptions options = { .idle_seconds = 1 };
    g_auto(TestHttp) server = start(&seen, &options);
    int fd = test_connect(server.port);
    const char *half = "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabcde";
    test_send(fd, half, strlen(half));
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(answer), ==, 400);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_TIMEOUT);
    close(fd);
}

static void
test_says_continue_only_when_the_body_is_wanted(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    int fd = test_connect(server.port);
    const char *head = "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                       "Expect: 100-continue\r\n\r\n";
    test_send(fd, head, strlen(head));
    g_autofree char *interim = test_read_answer(fd, false);
    g_assert_cmpstr(interim, ==, "HTTP/1.1 100 Continue\r\n\r\n");
    test_send(fd, "abc", 3);
    g_autofree char *answer = test_read_answer(fd, true);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
    close(fd);
    g_autofree char *refused = test_exchange(server.port,
                                             "POST /refuse HTTP/1.1\r\nHost: a\r\n"
                                             "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
                                             -1, NULL);
    g_assert_cmpuint(test_status_of(refused), ==, 409);
}

static void
test_an_answer_before_the_body_is_read_arrives(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    int fd = test_connect(server.port);
    const char *head = "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n";
    g_autofree char *block = g_malloc0(5000000);
    test_send(fd, head, strlen(head));
    test_send(fd, block, 5000000); /* a client that looks at the answer only afterwards */
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(answer), ==, 409);
    g_assert_nonnull(strstr(answer, "\r\nConnection: close\r\n"));
    close(fd);
}

/* The numbers that write_numbers wrote, without the framing of chunks. */
static char *
unchunk(const char *body)
{
    GString *text = g_string_new(NULL);
    while (true) {
        char *end;
        gsize size = (gsize)g_ascii_strtoull(body, &end, 16);
        g_assert_true(g_str_has_prefix(end, "\r\n"));
        if (size == 0) {
            g_assert_cmpstr(end, ==, "\r\n\r\n");
            return g_string_free(text, FALSE);
        }
        g_string_append_len(text, end + 2, (gssize)size);
        body = end + 2 + size;
        g_assert_true(g_str_has_prefix(body, "\r\n"));
        body += 2;
    }
}

static void
assert_numbers(const char *text)
{
    g_assert_cmpuint(strlen(text), ==, 8 * 20000);
    for (guint i = 0; i < 20000; i++) {
        g_assert_cmpuint(g_ascii_strtoull(text + 8 * i, NULL, 10), ==, i);
    }
}

static void
test_streams_of_known_and_unknown_length(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *known =
        test_exchange(server.port, "GET /known HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
    assert_numbers(test_body_of(known));
    int fd = test_connect(server.port);
    const char *request = "GET /unknown HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    test_send(fd, request, strlen(request));
    g_autofree char *chunked = test_read_to_end(fd);
    g_autofree char *numbers = unchunk(test_body_of(chunked));
    assert_numbers(numbers);
    close(fd);
    fd = test_connect(server.port);
    test_send(fd, "GET /unknown HTTP/1.0\r\n\r\n", 25);
    g_autofree char *old = test_read_to_end(fd);
    assert_numbers(test_body_of(old));
    close(fd);
}

static void
test_head_of_a_stream_runs_nothing(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    bool closed;
    g_autofree char *answer =
        test_exchange(server.port, "HEAD /ever HTTP/1.1\r\nHost: a\r\n\r\n", -1, &closed);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
    g_assert_cmpstr(test_body_of(answer), ==, "");
    g_assert_false(closed);
}

static void
test_tells_the_writer_when_the_client_goes_away(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    int fd = test_connect(server.port);
    const char *request = "GET /ever HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(fd, request, strlen(request));
    char buffer[1000];
    g_assert_cmpint(recv(fd, buffer, sizeof buffer, 0), >, 0);
    close(fd);
    wait_until_finished(&seen, 1);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_CANCELLED);
}

static void
test_tells_the_writer_when_the_client_stops_reading(void)
{
    Seen seen;
    HttpServerOptions options = { .idle_seconds = 1 };
    g_auto(TestHttp) server = start(&seen, &options);
    int fd = test_connect(server.port);
    const char *request = "GET /ever HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(fd, request, strlen(request));
    wait_until_finished(&seen, 1);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_TIMEOUT);
    close(fd);
}

/* Asks for a body without an end and takes some SIZE bytes of it each time, twenty times a second,
 * NUM_TIMES or until the server has had enough. */
static void
take_slowly(guint16 port, gsize size, guint num_times)
{
    int fd = test_connect(port);
    const char *request = "GET /ever HTTP/1.1\r\nHost: a\r\n\r\n";
    const int room = 64 * 1024; /* so that what it takes is news to the other side */
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), ==, 0);
    g_autofree char *buffer = g_malloc(size);
    test_send(fd, request, strlen(request));
    for (guint i = 0; i < num_times && recv(fd, buffer, size, 0) > 0; i++) {
        g_usleep(G_USEC_PER_SEC / 20);
    }
    close(fd);
}

/* It takes something every moment, and would have a thread for days. */
static void
test_a_download_that_hardly_moves_ends(void)
{
    Seen seen;
    HttpServerOptions options = { .idle_seconds = 1, .min_bytes_per_second = 1024 * 1024 };
    options.listen_fd = listen_with_small_buffers();
    g_auto(TestHttp) server = start(&seen, &options);
    take_slowly(server.port, 20000, 200);
    wait_until_finished(&seen, 1);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_TIMEOUT);
}

/* Its bytes lie in sockets of megabytes, which have no room for more for longer than the time in
 * which something has to move. */
static void
test_a_long_download_that_moves_goes_on(void)
{
    Seen seen;
    HttpServerOptions options = { .idle_seconds = 1, .min_bytes_per_second = 1024 };
    g_auto(TestHttp) server = start(&seen, &options);
    take_slowly(server.port, 20000, 100);
    wait_until_finished(&seen, 1);
    g_assert_cmpint(seen.error_code, ==, APP_ERROR_CANCELLED); /* it was the client that left */
}

static void
test_a_stream_that_fails_is_an_error_or_cut(void)
{
    Seen seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *early =
        test_exchange(server.port, "GET /fail-early HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
    g_assert_cmpuint(test_status_of(early), ==, 500);
    g_assert_null(strstr(early, "Content-Disposition"));
    int fd = test_connect(server.port);
    const char *request = "GET /fail-late HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(fd, request, strlen(request));
    g_autofree char *late = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(late), ==, 200);
    g_assert_false(g_str_has_suffix(late, "0\r\n\r\n"));
    close(fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/stream/known", test_handlers_read_bodies_of_known_length);
    g_test_add_func("/http/stream/chunked", test_handlers_read_chunked_bodies);
    g_test_add_func("/http/stream/limit", test_limits_chunked_bodies);
    g_test_add_func("/http/stream/back-pressure", test_a_slow_reader_holds_the_sender_back);
    g_test_add_func("/http/stream/gone", test_tells_the_handler_when_the_client_goes_away);
    g_test_add_func("/http/stream/silent", test_tells_the_handler_when_the_client_falls_silent);
    g_test_add_func("/http/stream/continue", test_says_continue_only_when_the_body_is_wanted);
    g_test_add_func("/http/stream/early", test_an_answer_before_the_body_is_read_arrives);
    g_test_add_func("/http/stream/write", test_streams_of_known_and_unknown_length);
    g_test_add_func("/http/stream/head", test_head_of_a_stream_runs_nothing);
    g_test_add_func("/http/stream/writer-gone", test_tells_the_writer_when_the_client_goes_away);
    g_test_add_func("/http/stream/writer-stuck",
                    test_tells_the_writer_when_the_client_stops_reading);
    g_test_add_func("/http/stream/hardly-moves", test_a_download_that_hardly_moves_ends);
    g_test_add_func("/http/stream/moves", test_a_long_download_that_moves_goes_on);
    g_test_add_func("/http/stream/fails", test_a_stream_that_fails_is_an_error_or_cut);
    return g_test_run();
}

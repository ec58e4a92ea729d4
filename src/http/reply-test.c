/* Answers as a client sees them, proxies in front, and how the server ends. */
#include "http/test_http.h"

#include <string.h>
#include <unistd.h>

typedef struct {
    GMutex lock;
    GCond changed;
    bool is_entered, may_go;
    guint num_finished;
    guint64 bytes;
    guint status;
    GBytes *picture;
} Seen;

static HttpReplied
send_picture(HttpRequest *request, gpointer context)
{
    Seen *seen = context;
    return http_reply_content(request, "image/jpeg", seen->picture, "\"tag\"",
                              784111777 * (gint64)G_USEC_PER_SEC);
}

static HttpReplied
say_address(HttpRequest *request, gpointer context)
{
    return http_reply_string(request, 200, "text/plain", g_strdup(http_request_address(request)));
}

static HttpReplied
say_cookie_and_query(HttpRequest *request, gpointer context)
{
    const char *cookie = http_request_cookie(request, "__Host-session");
    const char *query = http_request_query(request, "q");
    return http_reply_string(
        request, 200, "text/plain",
        g_strdup_printf("%s %s %s", cookie, query, http_request_query(request, "missing")));
}

static HttpReplied
say_nothing(HttpRequest *request, gpointer context)
{
    http_add_header(request, "Set-Cookie", "a=1");
    http_add_header(request, "Set-Cookie", "b=2");
    return http_reply_empty(request, 204);
}

static HttpReplied
take_a_while(HttpRequest *request, gpointer context)
{
    Seen *seen = context;
    g_mutex_lock(&seen->lock);
    seen->is_entered = true;
    g_cond_broadcast(&seen->changed);
    while (!seen->may_go) {
        g_cond_wait(&seen->changed, &seen->lock);
    }
    g_mutex_unlock(&seen->lock);
    return http_reply_string(request, 200, "text/plain", g_strdup("done"));
}

static HttpReplied
read_for_ever(HttpRequest *request, gpointer context)
{
    Seen *seen = context;
    char byte;
    g_mutex_lock(&seen->lock);
    seen->is_entered = true;
    g_cond_broadcast(&seen->changed);
    g_mutex_unlock(&seen->lock);
    while (http_request_read(request, &byte, 1, NULL) > 0) {
    }
    return http_reply_empty(request, 204);
}

static const HttpRoute routes[] = {
    { "GET", "/picture", HTTP_BODY_NONE, 0, true, send_picture },
    { "GET", "/address", HTTP_BODY_NONE, 0, true, say_address },
    { "GET", "/asked", HTTP_BODY_NONE, 0, false, say_cookie_and_query },
    { "DELETE", "/thing", HTTP_BODY_NONE, 0, false, say_nothing },
    { "GET", "/while", HTTP_BODY_NONE, 0, false, take_a_while },
    { "POST", "/ever", HTTP_BODY_STREAM, 100, false, read_for_ever },
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
    seen->status = status;
    seen->bytes = bytes;
    g_cond_broadcast(&seen->changed);
    g_mutex_unlock(&seen->lock);
}

static TestHttp
start(Seen *seen, const HttpServerOptions *options)
{
    *seen = (Seen){ .picture = g_bytes_new_take(g_strnfill(500000, 'j'), 500000) };
    g_mutex_init(&seen->lock);
    g_cond_init(&seen->changed);
    HttpApp app = {
        .find = find, .reply_error = reply_error, .finished = finished, .context = seen
    };
    return test_http_start(options, &app);
}

static void
seen_clear(Seen *seen)
{
    g_bytes_unref(seen->picture);
    g_mutex_clear(&seen->lock);
    g_cond_clear(&seen->changed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)

static void
wait_until_entered(Seen *seen)
{
    g_mutex_lock(&seen->lock);
    while (!seen->is_entered) {
        g_cond_wait(&seen->changed, &seen->lock);
    }
    g_mutex_unlock(&seen->lock);
}

static char *
get(guint16 port, const char *path, const char *headers)
{
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, headers);
    return test_exchange(port, request, -1, NULL);
}

static void
assert_has(const char *answer, const char *line)
{
    g_test_message("%.300s", answer);
    g_assert_nonnull(strstr(answer, line));
}

static void
test_content_in_whole_and_in_part(void)
{
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *whole = get(server.port, "/picture", "");
    assert_has(whole, "HTTP/1.1 200 OK\r\n");
    assert_has(whole, "\r\nAccept-Ranges: bytes\r\n");
    assert_has(whole, "\r\nETag: \"tag\"\r\n");
    assert_has(whole, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    g_assert_cmpuint(strlen(test_body_of(whole)), ==, 500000);
    g_autofree char *part = get(server.port, "/picture", "Range: bytes=10-29\r\n");
    assert_has(part, "HTTP/1.1 206 Partial Content\r\n");
    assert_has(part, "\r\nContent-Range: bytes 10-29/500000\r\n");
    g_assert_cmpuint(strlen(test_body_of(part)), ==, 20);
    g_autofree char *none = get(server.port, "/picture", "Range: bytes=500000-\r\n");
    assert_has(none, "HTTP/1.1 416 ");
    assert_has(none, "\r\nContent-Range: bytes */500000\r\n");
    g_autofree char *same = get(server.port, "/picture", "If-None-Match: \"tag\"\r\n");
    assert_has(same, "HTTP/1.1 304 Not Modified\r\n");
    assert_has(same, "\r\nETag: \"tag\"\r\n");
    g_assert_null(strstr(same, "Content-Length"));
    g_assert_null(strstr(same, "Content-Type"));
}

static void
test_empty_answers_have_no_length_and_many_headers(void)
{
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *answer =
        test_exchange(server.port, "DELETE /thing HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
    assert_has(answer, "HTTP/1.1 204 No Content\r\n");
    assert_has(answer, "\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
    g_assert_null(strstr(answer, "Content-Length"));
}

static void
test_handlers_see_cookies_and_query(void)
{
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *answer =
        get(server.port, "/asked?q=a%2Bb+c", "Cookie: x=1; __Host-session=abc\r\n");
    g_assert_cmpstr(test_body_of(answer), ==, "abc a+b c (null)");
    g_autofree char *twice = get(server.port, "/asked?q=1&q=2", "");
    g_assert_cmpuint(test_status_of(twice), ==, 400);
}

static void
test_only_trusted_proxies_speak_for_others(void)
{
    g_auto(Seen) seen;
    static const char *const proxies[] = { "127.0.0.1", "10.0.0.1", NULL };
    HttpServerOptions options = { .trusted_proxies = proxies };
    g_auto(TestHttp) server = start(&seen, &options);
    static const struct {
        const char *header, *address;
    } cases[] = {
        { "", "127.0.0.1" },
        { "X-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7" },
        { "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n", "192.0.2.7" },
        { "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7, 10.0.0.1\r\n", "192.0.2.7" },
        { "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1" },
        { "X-Forwarded-For: nonsense\r\n", "127.0.0.1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = get(server.port, "/address", cases[i].header);
        g_assert_cmpstr(test_body_of(answer), ==, cases[i].address);
    }
    g_auto(Seen) other_seen;
    g_auto(TestHttp) untrusting = start(&other_seen, NULL);
    g_autofree char *answer = get(untrusting.port, "/address", "X-Forwarded-For: 192.0.2.7\r\n");
    g_assert_cmpstr(test_body_of(answer), ==, "127.0.0.1");
}

static void
test_tells_what_was_sent(void)
{
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    g_autofree char *answer = get(server.port, "/picture", "Range: bytes=0-99\r\n");
    g_mutex_lock(&seen.lock);
    while (seen.num_finished < 1) {
        g_cond_wait(&seen.changed, &seen.lock);
    }
    g_mutex_unlock(&seen.lock);
    g_assert_cmpuint(seen.status, ==, 206);
    g_assert_cmpuint(seen.bytes, ==, 100);
}

static void
test_a_client_that_leaves_in_the_middle_hurts_nobody(void)
{
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    for (guint i = 0; i < 20; i++) {
        int fd = test_connect(server.port);
        const char *request = "GET /picture HTTP/1.1\r\nHost: a\r\n\r\n";
        test_send(fd, request, strlen(request));
        close(fd);
    }
    g_autofree char *answer = get(server.port, "/picture", "");
    g_assert_cmpuint(test_status_of(answer), ==, 200);
}

static void
test_stopping_lets_handlers_end(void)
{
    g_auto(Seen) seen;
    TestHttp server = start(&seen, NULL);
    int busy = test_connect(server.port), idle = test_connect(server.port);
    const char *request = "GET /while HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(busy, request, strlen(request));
    wait_until_entered(&seen);
    http_server_stop(server.server);
    g_autofree char *nothing = test_read_to_end(idle);
    g_assert_cmpstr(nothing, ==, "");
    g_mutex_lock(&seen.lock);
    seen.may_go = true;
    g_cond_broadcast(&seen.changed);
    g_mutex_unlock(&seen.lock);
    g_autofree char *answer = test_read_to_end(busy);
    g_assert_cmpstr(test_body_of(answer), ==, "done");
    assert_has(answer, "\r\nConnection: close\r\n");
    test_http_clear(&server);
    close(busy);
    close(idle);
}

static void
test_stopping_cuts_what_takes_too_long(void)
{
    g_auto(Seen) seen;
    HttpServerOptions options = { .stop_seconds = 1 };
    TestHttp server = start(&seen, &options);
    int fd = test_connect(server.port);
    const char *half = "POST /ever HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n";
    test_send(fd, half, strlen(half));
    wait_until_entered(&seen);
    test_http_clear(&server); /* returns */
    close(fd);
}

static void
test_refuses_to_listen_where_it_cannot(void)
{
    HttpApp app = { .find = find, .reply_error = reply_error };
    HttpServerOptions nowhere = { .address = "localhost" };
    g_autoptr(GError) error = NULL;
    g_assert_null(http_server_new(&nowhere, &app, &error));
    g_assert_nonnull(strstr(error->message, "localhost"));
    g_clear_error(&error);
    g_auto(Seen) seen;
    g_auto(TestHttp) server = start(&seen, NULL);
    HttpServerOptions taken = { .port = server.port };
    g_assert_null(http_server_new(&taken, &app, &error));
    g_assert_nonnull(strstr(error->message, "listening on 127.0.0.1 port"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/reply/content", test_content_in_whole_and_in_part);
    g_test_add_func("/http/reply/empty", test_empty_answers_have_no_length_and_many_headers);
    g_test_add_func("/http/request/asked", test_handlers_see_cookies_and_query);
    g_test_add_func("/http/request/proxies", test_only_trusted_proxies_speak_for_others);
    g_test_add_func("/http/reply/finished", test_tells_what_was_sent);
    g_test_add_func("/http/reply/leaves", test_a_client_that_leaves_in_the_middle_hurts_nobody);
    g_test_add_func("/http/stop/graceful", test_stopping_lets_handlers_end);
    g_test_add_func("/http/stop/cuts", test_stopping_cuts_what_takes_too_long);
    g_test_add_func("/http/listen", test_refuses_to_listen_where_it_cannot);
    return g_test_run();
}

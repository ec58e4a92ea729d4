#include "http/test_http.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static HttpReplied
say_hello(HttpRequest *request, gpointer context)
{
    return http_reply_string(request, 200, "text/plain", g_strdup("hello"));
}

static HttpReplied
echo_param(HttpRequest *request, gpointer context)
{
    return http_reply_string(request, 200, "text/plain",
                             g_strdup(http_request_param(request, "name")));
}

static HttpReplied
echo_body(HttpRequest *request, gpointer context)
{
    return http_reply_bytes(request, 200, "text/plain", http_request_body(request));
}

static const HttpRoute routes[] = {
    { "GET", "/", HTTP_BODY_NONE, 0, true, say_hello },
    { "GET", "/worker", HTTP_BODY_NONE, 0, false, say_hello },
    { "GET", "/things/{name}", HTTP_BODY_NONE, 0, false, echo_param },
    { "POST", "/echo", HTTP_BODY_WHOLE, 100000, false, echo_body },
    { "GET", "/files/{name...}", HTTP_BODY_NONE, 0, true, echo_param },
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

static const HttpApp app = { .find = find, .reply_error = reply_error };

static void
assert_answer(guint16 port, const char *request, guint status, const char *body)
{
    g_autofree char *answer = test_exchange(port, request, -1, NULL);
    g_assert_cmpuint(test_status_of(answer), ==, status);
    if (body != NULL) {
        g_assert_cmpstr(test_body_of(answer), ==, body);
    }
}

static void
test_answers_on_the_loop_and_from_workers(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    assert_answer(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "hello");
    assert_answer(server.port, "GET /worker HTTP/1.1\r\nHost: a\r\n\r\n", 200, "hello");
}

static void
test_routes_by_path_and_method(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    assert_answer(server.port, "GET /things/a%20b HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a b");
    assert_answer(server.port, "GET /files/a/b.css HTTP/1.1\r\nHost: a\r\n\r\n", 200, "a/b.css");
    assert_answer(server.port, "GET /things HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL);
    assert_answer(server.port, "GET /things/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL);
    assert_answer(server.port, "GET /files/../x HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL);
    assert_answer(server.port, "GET /things/%2e%2E HTTP/1.1\r\nHost: a\r\n\r\n", 404, NULL);
    g_autofree char *answer =
        test_exchange(server.port, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
    g_assert_cmpuint(test_status_of(answer), ==, 405);
    g_assert_nonnull(strstr(answer, "\r\nAllow: POST\r\n"));
}

static void
test_reads_whole_bodies(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    assert_answer(server.port, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
                  200, "abcde");
    assert_answer(server.port,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
                  200, "abcde");
    assert_answer(server.port,
                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\nabcde", 413,
                  NULL);
}

static void
test_keeps_connections_and_answers_in_order(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    int fd = test_connect(server.port);
    const char *requests = "GET /worker HTTP/1.1\r\nHost: a\r\n\r\n"
                           "GET /things/second HTTP/1.1\r\nHost: a\r\n\r\n"
                           "GET /things/third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    test_send(fd, requests, strlen(requests));
    g_autofree char *answers = test_read_to_end(fd);
    close(fd);
    const char *second = strstr(answers, "second");
    g_assert_nonnull(second);
    g_assert_nonnull(strstr(second, "third"));
}

static void
test_head_has_the_length_and_no_body(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    int fd = test_connect(server.port);
    const char *request = "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    test_send(fd, request, strlen(request));
    g_autofree char *answer = test_read_to_end(fd);
    close(fd);
    g_assert_nonnull(strstr(answer, "\r\nContent-Length: 5\r\n"));
    g_assert_cmpstr(test_body_of(answer), ==, "");
}

/* Long before the connection would be idle for too long. */
static void
test_a_client_that_ends_gets_its_answer_and_the_end(void)
{
    g_auto(TestHttp) server = test_http_start(NULL, &app);
    static const char *const paths[] = { "/", "/worker" };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        for (guint round = 0; round < 20; round++) {
            g_autofree char *request =
                g_strdup_printf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", paths[i]);
            int fd = test_connect(server.port);
            test_send(fd, request, strlen(request));
            g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
            g_autofree char *answer = test_read_to_end(fd);
            g_assert_cmpstr(test_body_of(answer), ==, "hello");
            close(fd);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/server/answers", test_answers_on_the_loop_and_from_workers);
    g_test_add_func("/http/server/routes", test_routes_by_path_and_method);
    g_test_add_func("/http/server/whole-bodies", test_reads_whole_bodies);
    g_test_add_func("/http/server/keep-alive", test_keeps_connections_and_answers_in_order);
    g_test_add_func("/http/server/head", test_head_has_the_length_and_no_body);
    g_test_add_func("/http/server/ends", test_a_client_that_ends_gets_its_answer_and_the_end);
    return g_test_run();
}

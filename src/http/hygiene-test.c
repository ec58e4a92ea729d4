/* What a server in front and a server behind could read differently, sent as bytes: all refused,
 * and the connection closed, so that nothing after it is taken for a request. */
#include "http/test_http.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static HttpReplied
answer_body(HttpRequest *request, gpointer context)
{
    g_atomic_int_inc((gint *)context);
    return http_reply_bytes(request, 200, "text/plain", http_request_body(request));
}

static const HttpRoute routes[] = {
    { "GET", "/", HTTP_BODY_NONE, 0, true, answer_body },
    { "POST", "/", HTTP_BODY_WHOLE, 1000, false, answer_body },
};

static const HttpRoute *
find(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(routes, sizeof *routes, G_N_ELEMENTS(routes), request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    /* Nothing that was asked may be missing from what is at hand when an error is worded. */
    g_assert_nonnull(http_request_method(request));
    g_assert_nonnull(http_request_path(request));
    g_assert_nonnull(http_request_host(request));
    g_assert_cmpstr(http_request_address(request), ==, "127.0.0.1");
    return http_reply_string(request, status, "text/plain", g_strdup(reason));
}

typedef struct {
    gint num_handled;
    TestHttp server;
} Fixture;

static void
fixture_start(Fixture *fixture, const HttpServerOptions *options)
{
    fixture->num_handled = 0;
    HttpApp app = { .find = find, .reply_error = reply_error, .context = &fixture->num_handled };
    fixture->server = test_http_start(options, &app);
}

static void
fixture_clear(Fixture *fixture)
{
    test_http_clear(&fixture->server);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* A second request hides behind each. */
#define HIDDEN "GET / HTTP/1.1\r\nHost: b\r\n\r\n"

#define BYTES(text) text, sizeof text - 1

static const struct {
    const char *why;
    const char *request;
    gsize size;
    guint status;
} refused_table[] = {
    { "two Content-Length",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 28\r\n\r\n" HIDDEN),
      400 },
    { "Content-Length and Transfer-Encoding",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0\r\n\r\n" HIDDEN),
      400 },
    { "two Hosts", BYTES("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" HIDDEN), 400 },
    { "no Host", BYTES("GET / HTTP/1.1\r\n\r\n" HIDDEN), 400 },
    { "a space before the colon",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 28\r\n\r\n" HIDDEN), 400 },
    { "a folded line",
      BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n Content-Length: 28\r\n\r\n" HIDDEN), 400 },
    { "a NUL", BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n" HIDDEN), 400 },
    { "line feeds alone", BYTES("GET / HTTP/1.1\nHost: a\n\n" HIDDEN), 400 },
    { "absolute form of another host", BYTES("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n" HIDDEN),
      400 },
    { "a body nobody expects",
      BYTES("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\n" HIDDEN), 400 },
    { "a chunk's size that is none",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" HIDDEN),
      400 },
    { "a chunk's size with 0x",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0x5\r\nabcde\r\n" HIDDEN),
      400 },
    { "a chunk longer than it says",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n" HIDDEN),
      400 },
    { "a disguised encoding",
      BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" HIDDEN),
      501 },
};

static void
test_refuses_and_closes(void)
{
    g_auto(Fixture) fixture = { 0 };
    fixture_start(&fixture, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(refused_table); i++) {
        g_test_message("%s", refused_table[i].why);
        int fd = test_connect(fixture.server.port);
        test_send(fd, refused_table[i].request, refused_table[i].size);
        g_autofree char *answers = test_read_to_end(fd);
        close(fd);
        g_assert_cmpuint(test_status_of(answers), ==, refused_table[i].status);
        g_assert_nonnull(strstr(answers, "\r\nConnection: close\r\n"));
        g_assert_null(strstr(test_body_of(answers), "HTTP/1.1"));
    }
    g_assert_cmpint(g_atomic_int_get(&fixture.num_handled), ==, 0);
}

static void
test_refuses_headers_that_do_not_end(void)
{
    g_auto(Fixture) fixture = { 0 };
    fixture_start(&fixture, NULL);
    g_autofree char *value = g_strnfill(70 * 1024, 'x');
    g_autofree char *request = g_strdup_printf("GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", value);
    int fd = test_connect(fixture.server.port);
    test_send(fd, request, strlen(request));
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(answer), ==, 431);
    close(fd);
}

static void
test_a_header_must_be_in_in_time(void)
{
    g_auto(Fixture) fixture = { 0 };
    HttpServerOptions options = { .header_seconds = 1 };
    fixture_start(&fixture, &options);
    int fd = test_connect(fixture.server.port);
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";
    char byte;
    gsize sent = 0;
    /* A byte now and then keeps nobody waiting for longer. */
    while (sent < strlen(request) && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 1) {
        test_send(fd, request + sent, 1);
        sent++;
        g_usleep(100000);
    }
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(answer), ==, 408);
    g_assert_cmpuint(sent, <, strlen(request));
    close(fd);
}

static void
test_who_says_nothing_is_sent_away(void)
{
    g_auto(Fixture) fixture = { 0 };
    HttpServerOptions options = { .header_seconds = 1, .idle_seconds = 1 };
    fixture_start(&fixture, &options);
    int silent = test_connect(fixture.server.port);
    int idle = test_connect(fixture.server.port);
    test_send(idle, HIDDEN, strlen(HIDDEN));
    g_autofree char *answer = test_read_answer(idle, true);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
    g_autofree char *nothing = test_read_to_end(silent);
    g_autofree char *no_more = test_read_to_end(idle);
    g_assert_cmpstr(nothing, ==, "");
    g_assert_cmpstr(no_more, ==, "");
    close(silent);
    close(idle);
}

static void
test_a_body_must_go_on(void)
{
    g_auto(Fixture) fixture = { 0 };
    HttpServerOptions options = { .idle_seconds = 1 };
    fixture_start(&fixture, &options);
    int fd = test_connect(fixture.server.port);
    const char *half = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabcde";
    test_send(fd, half, strlen(half));
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_cmpuint(test_status_of(answer), ==, 408);
    close(fd);
}

static void
test_bodies_together_have_a_limit(void)
{
    g_auto(Fixture) fixture = { 0 };
    HttpServerOptions options = { .max_waiting_bytes = 1000 };
    fixture_start(&fixture, &options);
    const char *half = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
    g_autofree char *block = g_strnfill(900, 'x');
    int first = test_connect(fixture.server.port);
    test_send(first, half, strlen(half));
    test_send(first, block, 900);
    guint status = 0;
    for (guint i = 0; i < 1000 && status != 503; i++) { /* until the first one has been read */
        int second = test_connect(fixture.server.port);
        test_send(second, half, strlen(half));
        test_send(second, block, 900);
        test_send(second, block, 100);
        g_autofree char *answer = test_read_answer(second, true);
        status = test_status_of(answer);
        close(second);
    }
    g_assert_cmpuint(status, ==, 503);
    test_send(first, block, 100);
    g_autofree char *answer = test_read_answer(first, true);
    g_assert_cmpuint(test_status_of(answer), ==, 200); /* and the first one is none the worse */
    close(first);
}

static void
test_pieces_make_a_whole(void)
{
    g_auto(Fixture) fixture = { 0 };
    fixture_start(&fixture, NULL);
    static const char requests[] =
        "\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "\r\n3\r\nabc\r\n0\r\n\r\n" HIDDEN;
    int fd = test_connect(fixture.server.port);
    for (gsize i = 0; i < sizeof requests - 1; i++) {
        test_send(fd, requests + i, 1);
        g_usleep(200);
    }
    g_autofree char *first = test_read_answer(fd, true);
    g_assert_cmpuint(test_status_of(first), ==, 200);
    g_assert_nonnull(strstr(first, "abc"));
    close(fd);
    for (guint i = 0; i < 1000 && g_atomic_int_get(&fixture.num_handled) < 2; i++) {
        g_usleep(1000);
    }
    g_assert_cmpint(g_atomic_int_get(&fixture.num_handled), ==, 2);
}

static void
spoil(GRand *random, GString *text)
{
    static const char *const pieces[] = { "\r\n", "\r\n\r\n", "Content-Length: 5\r\n",         ":",
                                          " ",    "0",        "Transfer-Encoding: chunked\r\n" };
    gssize at = g_rand_int_range(random, 0, (gint32)text->len);
    gssize length = g_rand_int_range(random, 1, 9); /* MIN would draw twice */
    switch (g_rand_int_range(random, 0, 3)) {
    case 0:
        text->str[at] = (char)(text->str[at] ^ 1 << g_rand_int_range(random, 0, 8));
        break;
    case 1:
        g_string_erase(text, at, MIN(length, (gssize)text->len - at));
        break;
    default:
        g_string_insert(text, at, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
    }
}

/* A few requests in a row, most of them spoilt, in pieces, by clients that leave at any moment. */
static void
storm(GRand *random, guint16 port)
{
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\n\r\n",
        "HEAD /?a=%41 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: "
        "100-continue\r\n\r\n0123456789",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    };
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = g_rand_int_range(random, 1, 5); i > 0; i--) {
        g_autoptr(GString) one =
            g_string_new(requests[g_rand_int_range(random, 0, G_N_ELEMENTS(requests))]);
        for (int spoils = g_rand_int_range(random, 0, 3); spoils > 0 && one->len > 0; spoils--) {
            spoil(random, one);
        }
        g_string_append_len(text, one->str, (gssize)one->len);
    }
    int fd = test_connect(port);
    for (gsize sent = 0; sent < text->len;) {
        gsize piece = (gsize)g_rand_int_range(random, 1, (gint32)(text->len - sent) + 1);
        test_send(fd, text->str + sent, piece);
        sent += piece;
    }
    char buffer[1000];
    if (g_rand_boolean(random)) {
        (void)shutdown(fd, SHUT_WR); /* the server may have closed already */
    }
    if (g_rand_boolean(random)) {
        (void)!recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    }
    close(fd);
}

static void
test_survives_anything(void)
{
    g_auto(Fixture) fixture = { 0 };
    fixture_start(&fixture, NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(9112);
    for (guint i = 0; i < 3000; i++) {
        storm(random, fixture.server.port);
    }
    g_autofree char *answer = test_exchange(fixture.server.port, HIDDEN, -1, NULL);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
    for (guint i = 0; i < 5000 && http_server_num_connections(fixture.server.server) > 0; i++) {
        g_usleep(1000);
    }
    g_assert_cmpuint(http_server_num_connections(fixture.server.server), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/hygiene/refuses", test_refuses_and_closes);
    g_test_add_func("/http/hygiene/long-header", test_refuses_headers_that_do_not_end);
    g_test_add_func("/http/hygiene/late-header", test_a_header_must_be_in_in_time);
    g_test_add_func("/http/hygiene/silent", test_who_says_nothing_is_sent_away);
    g_test_add_func("/http/hygiene/late-body", test_a_body_must_go_on);
    g_test_add_func("/http/hygiene/many-bodies", test_bodies_together_have_a_limit);
    g_test_add_func("/http/hygiene/pieces", test_pieces_make_a_whole);
    g_test_add_func("/http/hygiene/anything", test_survives_anything);
    return g_test_run();
}

/* Many at once, slow ones, and those that block. */
#include "http/test_http.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    GMutex lock;
    GCond changed;
    bool may_go;
    GBytes *picture;
} Gate;

static HttpReplied
say_hello(HttpRequest *request, gpointer context)
{
    return http_reply_string(request, 200, "text/plain", g_strdup("hello"));
}

static HttpReplied
wait_at_the_gate(HttpRequest *request, gpointer context)
{
    Gate *gate = context;
    g_mutex_lock(&gate->lock);
    while (!gate->may_go) {
        g_cond_wait(&gate->changed, &gate->lock);
    }
    g_mutex_unlock(&gate->lock);
    return say_hello(request, context);
}

static HttpReplied
send_picture(HttpRequest *request, gpointer context)
{
    Gate *gate = context;
    return http_reply_content(request, "image/jpeg", gate->picture, "\"a\"", 0);
}

static const HttpRoute routes[] = {
    { "GET", "/loop", HTTP_BODY_NONE, 0, true, say_hello },
    { "GET", "/worker", HTTP_BODY_NONE, 0, false, say_hello },
    { "GET", "/gate", HTTP_BODY_NONE, 0, false, wait_at_the_gate },
    { "GET", "/picture", HTTP_BODY_NONE, 0, true, send_picture },
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
open_gate(Gate *gate)
{
    g_mutex_lock(&gate->lock);
    gate->may_go = true;
    g_cond_broadcast(&gate->changed);
    g_mutex_unlock(&gate->lock);
}

static void
gate_clear(Gate *gate)
{
    g_bytes_unref(gate->picture);
    g_mutex_clear(&gate->lock);
    g_cond_clear(&gate->changed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Gate, gate_clear)

static void
gate_init(Gate *gate)
{
    *gate = (Gate){ .picture = g_bytes_new_take(g_strnfill(200000, 'j'), 200000) };
    g_mutex_init(&gate->lock);
    g_cond_init(&gate->changed);
}

static TestHttp
start(Gate *gate, const HttpServerOptions *options)
{
    HttpApp app = { .find = find, .reply_error = reply_error, .context = gate };
    return test_http_start(options, &app);
}

/* NUM requests at the same moment, over connections that stand already, ROUNDS times. */
static void
burst(guint16 port, const char *path, guint num, guint rounds)
{
    g_autofree int *fds = g_new(int, num);
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    for (guint i = 0; i < num; i++) {
        fds[i] = test_connect(port);
    }
    for (guint round = 0; round < rounds; round++) {
        for (guint i = 0; i < num; i++) {
            test_send(fds[i], request, strlen(request));
        }
        for (guint i = 0; i < num; i++) {
            g_autofree char *answer = test_read_answer(fds[i], true);
            g_assert_cmpuint(test_status_of(answer), ==, 200);
        }
    }
    for (guint i = 0; i < num; i++) {
        close(fds[i]);
    }
}

/* A well-known server library stalls when exactly as many sockets are ready as it asks its kernel
 * for at a time. */
static void
test_any_number_of_requests_at_once(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    g_auto(TestHttp) server = start(&gate, NULL);
    static const guint nums[] = { 1, 127, 128, 129, 255, 256, 257 };
    for (gsize i = 0; i < G_N_ELEMENTS(nums); i++) {
        burst(server.port, "/loop", nums[i], 3);
        burst(server.port, "/worker", nums[i], 3);
    }
}

static void
test_a_blocked_handler_blocks_nobody_else(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    HttpServerOptions options = { .num_workers = 2 };
    g_auto(TestHttp) server = start(&gate, &options);
    int fd = test_connect(server.port);
    const char *request = "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(fd, request, strlen(request));
    burst(server.port, "/worker", 20, 2);
    burst(server.port, "/loop", 20, 2);
    char byte;
    g_assert_cmpint(recv(fd, &byte, 1, MSG_DONTWAIT), ==, -1);
    open_gate(&gate);
    g_autofree char *answer = test_read_answer(fd, true);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
    close(fd);
}

/* Slow in each way: who never ends a header, a body, or the reading of an answer. */
static void
hold(guint16 port, int *fds, guint num)
{
    for (guint i = 0; i < num; i++) {
        fds[i] = test_connect(port);
        int small = 4096;
        g_assert_cmpint(setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), ==, 0);
        const char *request = i % 3 == 0   ? "GET /lo"
                              : i % 3 == 1 ? "GET /picture HTTP/1.1\r\nHost: a\r\n\r\n"
                                           : "";
        test_send(fds[i], request, strlen(request));
    }
}

static void
test_a_thousand_slow_ones_hold_up_nobody(void)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    limit.rlim_cur = limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    if (limit.rlim_cur < 2200) { /* both ends are ours */
        g_test_skip("this process may not open 2,200 files");
        return;
    }
    g_auto(Gate) gate;
    gate_init(&gate);
    g_auto(TestHttp) server = start(&gate, NULL);
    enum { NUM_SLOW = 1000 };
    g_autofree int *fds = g_new(int, NUM_SLOW);
    hold(server.port, fds, NUM_SLOW);
    burst(server.port, "/loop", 10, 5);
    burst(server.port, "/worker", 10, 5);
    burst(server.port, "/picture", 10, 5);
    g_assert_cmpuint(http_server_num_connections(server.server), >=, NUM_SLOW);
    for (guint i = 0; i < NUM_SLOW; i++) {
        close(fds[i]);
    }
}

/* How much of an answer comes until it is whole or cut. */
static gsize
read_whole_or_cut(int fd, gsize whole)
{
    g_autofree char *buffer = g_malloc(100000);
    gsize total = 0;
    gssize count;
    while (total < whole && (count = recv(fd, buffer, 100000, 0)) > 0) {
        total += (gsize)count;
    }
    return total;
}

/* The bodies that wait in memory for those who do not read them have a limit. */
static void
test_answers_that_nobody_reads_are_dropped(void)
{
    enum { NUM = 10, NUM_KEPT = 2, LARGE = 20 * 1000 * 1000 };
    g_auto(Gate) gate;
    gate_init(&gate);
    g_bytes_unref(gate.picture);
    gate.picture = g_bytes_new_take(g_malloc0(LARGE), LARGE);
    HttpServerOptions options = { .max_sending_bytes = NUM_KEPT * LARGE + 1 };
    g_auto(TestHttp) server = start(&gate, &options);
    int fds[NUM];
    for (guint i = 0; i < NUM; i++) {
        fds[i] = test_connect(server.port);
        const char *request = "GET /picture HTTP/1.1\r\nHost: a\r\n\r\n";
        test_send(fds[i], request, strlen(request));
    }
    for (guint i = 0; i < 5000 && http_server_num_connections(server.server) != NUM_KEPT; i++) {
        g_usleep(1000);
    }
    guint num_whole = 0;
    for (guint i = 0; i < NUM; i++) {
        num_whole += read_whole_or_cut(fds[i], LARGE) >= LARGE;
        close(fds[i]);
    }
    g_assert_cmpuint(num_whole, ==, NUM_KEPT);
    burst(server.port, "/worker", 10, 2);
}

static void
test_above_the_limit_idle_ones_make_room(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    HttpServerOptions options = { .max_connections = 4 };
    g_auto(TestHttp) server = start(&gate, &options);
    const char *request = "GET /loop HTTP/1.1\r\nHost: a\r\n\r\n";
    int fds[5];
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(server.port);
        test_send(fds[i], request, strlen(request));
        g_autofree char *answer = test_read_answer(fds[i], true);
        g_assert_cmpuint(test_status_of(answer), ==, 200);
    }
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
}

/* Whether a request of a newcomer is served, sooner or later. */
static bool
newcomer_is_served(guint16 port)
{
    const char *request = "GET /loop HTTP/1.1\r\nHost: a\r\n\r\n";
    bool is_served = false;
    for (guint i = 0; i < 100 && !is_served; i++) {
        int fd = test_connect(port);
        test_send(fd, request, strlen(request));
        g_autofree char *answer = test_read_answer(fd, true);
        is_served = test_status_of(answer) == 200;
        close(fd);
        g_usleep(is_served ? 0 : G_USEC_PER_SEC / 10);
    }
    return is_served;
}

/* Slowloris: heads that never end, which is as good as silence. */
static void
test_above_the_limit_unfinished_heads_make_room(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    HttpServerOptions options = { .max_connections = 4, .header_seconds = 3600 };
    g_auto(TestHttp) server = start(&gate, &options);
    int fds[4];
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(server.port);
        test_send(fds[i], "GET /lo", 7);
    }
    g_assert_true(newcomer_is_served(server.port));
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
}

static void
test_above_the_limit_newcomers_are_sent_away(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    HttpServerOptions options = { .max_connections_per_address = 2 };
    g_auto(TestHttp) server = start(&gate, &options);
    const char *half = "GET /loop HTTP/1.1\r\n";
    int first = test_connect(server.port), second = test_connect(server.port);
    test_send(first, half, strlen(half));
    test_send(second, half, strlen(half));
    int third = test_connect(server.port);
    g_autofree char *answer = test_read_to_end(third);
    g_assert_cmpuint(test_status_of(answer), ==, 503);
    test_send(first, "Host: a\r\n\r\n", 11);
    g_autofree char *served = test_read_answer(first, true);
    g_assert_cmpuint(test_status_of(served), ==, 200);
    close(first);
    close(second);
    close(third);
}

static void
test_several_loops_serve_as_one(void)
{
    g_auto(Gate) gate;
    gate_init(&gate);
    HttpServerOptions options = { .num_loops = 3 };
    g_auto(TestHttp) server = start(&gate, &options);
    burst(server.port, "/worker", 100, 3);
    burst(server.port, "/picture", 100, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/crowd/at-once", test_any_number_of_requests_at_once);
    g_test_add_func("/http/crowd/blocked", test_a_blocked_handler_blocks_nobody_else);
    g_test_add_func("/http/crowd/slow", test_a_thousand_slow_ones_hold_up_nobody);
    g_test_add_func("/http/crowd/unread", test_answers_that_nobody_reads_are_dropped);
    g_test_add_func("/http/crowd/idle-make-room", test_above_the_limit_idle_ones_make_room);
    g_test_add_func("/http/crowd/unfinished-make-room",
                    test_above_the_limit_unfinished_heads_make_room);
    g_test_add_func("/http/crowd/limit", test_above_the_limit_newcomers_are_sent_away);
    g_test_add_func("/http/crowd/loops", test_several_loops_serve_as_one);
    return g_test_run();
}

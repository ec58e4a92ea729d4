/* For tests: a server on a free port of loopback, and raw sockets to talk to it. Everything here
 * fails the test itself. */
#pragma once

#include "http/http.h"

typedef struct {
    HttpServer *server;
    GThread *thread;
    guint16 port;
} TestHttp;

/* Runs on its own thread until cleared. OPTIONS may be NULL. */
TestHttp test_http_start(const HttpServerOptions *options, const HttpApp *app);
void test_http_clear(TestHttp *server);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestHttp, test_http_clear)

/* A connected socket that gives up waiting after 10 seconds. */
int test_connect(guint16 port);
void test_send(int fd, const char *data, gsize size);
/* Everything until the server closes; fails the test when it does not. */
char *test_read_to_end(int fd);
/* One answer: the head and as much body as its Content-Length says (none after HEAD). */
char *test_read_answer(int fd, bool has_body);
/* Connects, sends REQUEST (SIZE -1: a string), and reads one answer; *RET_CLOSED (may be NULL) says
 * whether the server closed after it. */
char *test_exchange(guint16 port, const char *request, gssize size, bool *ret_closed);
guint test_status_of(const char *answer);
/* What follows the head. */
const char *test_body_of(const char *answer);

/* For tests: an HTTP server on loopback that answers what a function says, byte for byte, so that
 * it can also lie, stall and break off. A thread a connection, a request a connection. */
#pragma once

#include <glib.h>

/* HEAD: request line and headers. The bytes to send, then the connection is closed; NULL: closed at
 * once. Called from many threads. */
typedef GBytes *(*TestServerFunc)(const char *head, GBytes *body, gpointer data);

typedef struct TestServer TestServer;

TestServer *test_server_new(TestServerFunc func, gpointer data);
void test_server_free(TestServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestServer, test_server_free)

/* "http://127.0.0.1:PORT" */
const char *test_server_origin(const TestServer *server);

/* An answer of this STATUS with a Content-Length; HEADERS are lines that end in \r\n. */
GBytes *test_server_answer(guint status, const char *headers, const void *body, gsize size);
GBytes *test_server_text(guint status, const char *text);

#include "net/test_server.h"

#include <gio/gio.h>
#include <string.h>

struct TestServer {
    GSocketService *service;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    TestServerFunc func;
    gpointer data;
    char *origin;
};

/* The request's head, and as much body as its Content-Length says. NULL when it breaks off. */
static char *
read_request(GInputStream *input, GBytes **ret_body)
{
    g_autoptr(GString) head = g_string_new(NULL);
    char c;
    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        if (g_input_stream_read(input, &c, 1, NULL, NULL) != 1) {
            return NULL;
        }
        g_string_append_c(head, c);
    }
    g_autofree char *lower = g_ascii_strdown(head->str, -1);
    const char *length = strstr(lower, "\r\ncontent-length:");
    gsize size = length == NULL ? 0 : g_ascii_strtoull(length + 17, NULL, 10);
    g_autofree guint8 *body = g_malloc(size + 1);
    gsize got = 0;
    if (!g_input_stream_read_all(input, body, size, &got, NULL, NULL) || got < size) {
        return NULL;
    }
    *ret_body = g_bytes_new(body, size);
    return g_string_free(g_steal_pointer(&head), FALSE);
}

static gboolean
serve(GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
      gpointer data)
{
    TestServer *server = data;
    g_autoptr(GInputStream) input =
        g_buffered_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(input), FALSE);
    g_autoptr(GBytes) body = NULL;
    g_autofree char *head = read_request(input, &body);
    g_autoptr(GBytes) answer = head == NULL ? NULL : server->func(head, body, server->data);
    if (answer != NULL) {
        gsize size;
        const void *bytes = g_bytes_get_data(answer, &size);
        GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
        (void)g_output_stream_write_all(output, bytes, size, NULL, NULL,
                                        NULL); /* a client may go */
    }
    (void)g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    return TRUE;
}

static gpointer
run_loop(gpointer data)
{
    TestServer *server = data;
    g_main_context_push_thread_default(server->context);
    g_main_loop_run(server->loop);
    g_main_context_pop_thread_default(server->context);
    return NULL;
}

TestServer *
test_server_new(TestServerFunc func, gpointer data)
{
    TestServer *server = g_new0(TestServer, 1);
    server->func = func;
    server->data = data;
    server->context = g_main_context_new();
    server->loop = g_main_loop_new(server->context, FALSE);
    g_main_context_push_thread_default(server->context);
    server->service = g_threaded_socket_service_new(64);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) wanted = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) bound = NULL;
    g_autoptr(GError) error = NULL;
    g_socket_listener_add_address(G_SOCKET_LISTENER(server->service), wanted, G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
    g_assert_no_error(error);
    g_signal_connect(server->service, "run", G_CALLBACK(serve), server);
    g_socket_service_start(server->service);
    g_main_context_pop_thread_default(server->context);
    server->origin = g_strdup_printf("http://127.0.0.1:%u",
                                     g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    server->thread = g_thread_new("test-server", run_loop, server);
    return server;
}

static gboolean
quit_loop(gpointer data)
{
    TestServer *server = data;
    g_socket_service_stop(server->service);
    g_socket_listener_close(G_SOCKET_LISTENER(server->service));
    g_main_loop_quit(server->loop);
    return G_SOURCE_REMOVE;
}

void
test_server_free(TestServer *server)
{
    if (server == NULL) {
        return;
    }
    g_main_context_invoke(server->context, quit_loop, server);
    g_thread_join(server->thread);
    g_object_unref(server->service);
    g_main_loop_unref(server->loop);
    g_main_context_unref(server->context);
    g_free(server->origin);
    g_free(server);
}

const char *
test_server_origin(const TestServer *server)
{
    return server->origin;
}

GBytes *
test_server_answer(guint status, const char *headers, const void *body, gsize size)
{
    GString *answer = g_string_new(NULL);
    g_string_printf(answer,
                    "HTTP/1.1 %u Test\r\nConnection: close\r\nContent-Length: %" G_GSIZE_FORMAT
                    "\r\n%s\r\n",
                    status, size, headers);
    g_string_append_len(answer, body, (gssize)size);
    return g_string_free_to_bytes(answer);
}

GBytes *
test_server_text(guint status, const char *text)
{
    return test_server_answer(status, "", text, strlen(text));
}

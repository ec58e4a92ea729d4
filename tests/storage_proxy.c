#include "tests/storage_proxy.h"

#include <gio/gio.h>
#include <string.h>

struct StorageProxy {
    char *endpoint;
    char *upstream; /* "127.0.0.1:PORT" */
    GSocketListener *listener;
    GCancellable *stop;
    GThread *accepts;
    gint mood;          /* atomic */
    gint num_met;       /* atomic */
    gint num_connected; /* atomic: threads of connections */
};

/* One direction of a connection. */
typedef struct {
    StorageProxy *proxy;
    GIOStream *from, *to;
    bool is_answer;
} Pump;

enum { PIECE_BYTES = 16 * 1024, SLOW_BYTES = 1024 };

/* Not closed: the other direction's thread may wait on them. */
static void
cut(const Pump *pump)
{
    GIOStream *const both[] = { pump->from, pump->to };
    for (gsize i = 0; i < G_N_ELEMENTS(both); i++) {
        (void)g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(both[i])), TRUE,
                                TRUE, NULL);
    }
}

static void
wait_while_stuck(StorageProxy *proxy)
{
    while (g_atomic_int_get(&proxy->mood) == STORAGE_STUCK &&
           !g_cancellable_is_cancelled(proxy->stop)) {
        g_usleep(5000);
    }
}

static bool
pass(const Pump *pump, const char *data, gsize size)
{
    return g_output_stream_write_all(g_io_stream_get_output_stream(pump->to), data, size, NULL,
                                     pump->proxy->stop, NULL);
}

static bool
refuse(const Pump *pump)
{
    static const char answer[] = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    (void)g_output_stream_write_all(g_io_stream_get_output_stream(pump->from), answer,
                                    strlen(answer), NULL, NULL, NULL);
    return false;
}

/* False: the connection ends here. */
static bool
meet(const Pump *pump, const char *data, gsize size)
{
    StorageProxy *proxy = pump->proxy;
    StorageMood mood = (StorageMood)g_atomic_int_get(&proxy->mood);
    if (mood != STORAGE_PASSES) {
        g_atomic_int_inc(&proxy->num_met);
    }
    switch (mood) {
    case STORAGE_PASSES:
        break;
    case STORAGE_SLOW:
        g_usleep(2000);
        break;
    case STORAGE_STUCK:
        wait_while_stuck(proxy);
        break;
    case STORAGE_FAILS:
        return pump->is_answer ? pass(pump, data, size) : refuse(pump);
    case STORAGE_ANSWERS_HALF:
        return pass(pump, data, pump->is_answer ? size / 2 : size) && !pump->is_answer;
    case STORAGE_TAKES_HALF:
        return pass(pump, data, pump->is_answer ? size : size / 2) && pump->is_answer;
    }
    return pass(pump, data, size);
}

static gpointer
run_pump(gpointer data)
{
    const Pump *pump = data;
    StorageProxy *proxy = pump->proxy;
    char buffer[PIECE_BYTES];
    for (;;) {
        bool is_slow = g_atomic_int_get(&proxy->mood) == STORAGE_SLOW;
        gssize got = g_input_stream_read(g_io_stream_get_input_stream(pump->from), buffer,
                                         is_slow ? SLOW_BYTES : PIECE_BYTES, proxy->stop, NULL);
        if (got <= 0 || !meet(pump, buffer, (gsize)got)) {
            break;
        }
    }
    cut(pump);
    return NULL;
}

typedef struct {
    StorageProxy *proxy;
    GSocketConnection *client;
} Connection;

static gpointer
run_connection(gpointer data)
{
    g_autofree Connection *connection = data;
    StorageProxy *proxy = connection->proxy;
    g_autoptr(GSocketConnection) client = connection->client;
    g_autoptr(GSocketClient) connector = g_socket_client_new();
    g_autoptr(GSocketConnection) upstream =
        g_socket_client_connect_to_host(connector, proxy->upstream, 80, proxy->stop, NULL);
    if (upstream != NULL) {
        Pump requests = { proxy, G_IO_STREAM(client), G_IO_STREAM(upstream), false };
        Pump answers = { proxy, G_IO_STREAM(upstream), G_IO_STREAM(client), true };
        GThread *thread = g_thread_new("answers", run_pump, &answers);
        (void)run_pump(&requests);
        g_thread_join(thread);
    }
    g_atomic_int_add(&proxy->num_connected, -1);
    return NULL;
}

static gpointer
run_accepts(gpointer data)
{
    StorageProxy *proxy = data;
    for (;;) {
        GSocketConnection *client =
            g_socket_listener_accept(proxy->listener, NULL, proxy->stop, NULL);
        if (client == NULL) {
            return NULL;
        }
        Connection *connection = g_new(Connection, 1);
        *connection = (Connection){ proxy, client };
        g_atomic_int_inc(&proxy->num_connected);
        g_thread_unref(g_thread_new("storage", run_connection, connection));
    }
}

StorageProxy *
storage_proxy_new(const char *endpoint)
{
    g_assert_true(g_str_has_prefix(endpoint, "http://"));
    g_autoptr(GError) error = NULL;
    StorageProxy *proxy = g_new0(StorageProxy, 1);
    proxy->upstream = g_strdup(endpoint + strlen("http://"));
    proxy->listener = g_socket_listener_new();
    proxy->stop = g_cancellable_new();
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) address = NULL;
    g_assert_true(g_socket_listener_add_address(proxy->listener, any, G_SOCKET_TYPE_STREAM,
                                                G_SOCKET_PROTOCOL_TCP, NULL, &address, &error));
    g_assert_no_error(error);
    proxy->endpoint = g_strdup_printf(
        "http://127.0.0.1:%u", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
    proxy->accepts = g_thread_new("accepts", run_accepts, proxy);
    return proxy;
}

void
storage_proxy_free(StorageProxy *proxy)
{
    if (proxy == NULL) {
        return;
    }
    g_cancellable_cancel(proxy->stop);
    g_thread_join(proxy->accepts);
    while (g_atomic_int_get(&proxy->num_connected) > 0) {
        g_usleep(5000);
    }
    g_object_unref(proxy->listener);
    g_object_unref(proxy->stop);
    g_free(proxy->upstream);
    g_free(proxy->endpoint);
    g_free(proxy);
}

const char *
storage_proxy_endpoint(const StorageProxy *proxy)
{
    return proxy->endpoint;
}

void
storage_proxy_set(StorageProxy *proxy, StorageMood mood)
{
    g_atomic_int_set(&proxy->mood, (gint)mood);
}

guint
storage_proxy_num_met(const StorageProxy *proxy)
{
    return (guint)g_atomic_int_get(&proxy->num_met);
}

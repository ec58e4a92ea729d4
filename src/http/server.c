#include "http/server.h"

#include "base/error.h"
#include "http/loop.h"
#include "http/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct HttpServer {
    HttpShared shared;
    HttpLoop **loops;
    guint16 port;
};

/* IPv4 or IPv6 text into a socket address. */
static bool
parse_address(const char *text, guint16 port, struct sockaddr_storage *ret_address,
              socklen_t *ret_size)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
    *ret_address = (struct sockaddr_storage){ 0 };
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *ret_size = sizeof *v4;
        return true;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    *ret_size = sizeof *v6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static int
open_listener(const HttpServerOptions *options, GError **error)
{
    const char *text = options->address == NULL ? "127.0.0.1" : options->address;
    struct sockaddr_storage address;
    socklen_t size;
    if (!parse_address(text, options->port, &address, &size)) {
        fail(error, APP_ERROR_INVALID, "%s: not an IP address to listen on", text);
        return -1;
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0) {
        g_autofree char *name = g_strdup_printf("listening on %s port %u", text, options->port);
        fail_errno(error, errno, name);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static guint16
port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static void
fill_defaults(HttpServerOptions *options)
{
#define DEFAULT(field, value) options->field = options->field == 0 ? (value) : options->field
    DEFAULT(num_loops, 1);
    DEFAULT(num_workers, 8);
    DEFAULT(num_stream_workers, 256);
    DEFAULT(max_connections, 4096);
    DEFAULT(max_header_bytes, 16 * 1024);
    DEFAULT(max_waiting_bytes, 64 * 1024 * 1024);
    DEFAULT(max_sending_bytes, 256 * 1024 * 1024);
    DEFAULT(idle_seconds, 60);
    DEFAULT(min_bytes_per_second, 1024);
    DEFAULT(event_seconds, 15);
    DEFAULT(header_seconds, 10);
    DEFAULT(stop_seconds, 10);
#undef DEFAULT
}

static void
prepare_socket(int fd)
{
    int one = 1;
    /* Accepted sockets inherit it; without, small answers wait for the client's delayed ACK. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

HttpServer *
http_server_new(const HttpServerOptions *options, const HttpApp *app, GError **error)
{
    g_autoptr(HttpServer) server = g_new0(HttpServer, 1);
    HttpShared *shared = &server->shared;
    signal(SIGPIPE, SIG_IGN); /* sendfile() to a client that is gone raises it */
    shared->options = *options;
    fill_defaults(&shared->options);
    shared->app = *app;
    shared->trusted_proxies = g_strdupv((GStrv)options->trusted_proxies);
    g_mutex_init(&shared->peers_lock);
    shared->peers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    shared->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    shared->abort_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    shared->listen_fd = -1;
    if (shared->stop_fd < 0 || shared->abort_fd < 0) {
        fail_errno(error, errno, "event of the server");
        return NULL;
    }
    if (!http_tls_new(options, &shared->tls, error)) {
        return NULL;
    }
    shared->listen_fd = options->listen_fd > 0 ? options->listen_fd : open_listener(options, error);
    if (shared->listen_fd < 0) {
        return NULL;
    }
    prepare_socket(shared->listen_fd);
    server->port = port_of(shared->listen_fd);
    server->loops = g_new0(HttpLoop *, shared->options.num_loops);
    for (guint i = 0; i < shared->options.num_loops; i++) {
        server->loops[i] = http_loop_new(shared, error);
        if (server->loops[i] == NULL) {
            return NULL;
        }
    }
    shared->workers = g_thread_pool_new(http_worker_handle, shared,
                                        (int)shared->options.num_workers, FALSE, NULL);
    shared->stream_workers = g_thread_pool_new(
        http_worker_stream, shared, (int)shared->options.num_stream_workers, FALSE, NULL);
    return g_steal_pointer(&server);
}

guint16
http_server_port(const HttpServer *server)
{
    return server->port;
}

guint
http_server_num_connections(const HttpServer *server)
{
    return (guint)g_atomic_int_get(&server->shared.num_connections);
}

static gpointer
run_loop(gpointer loop)
{
    http_loop_run(loop);
    return NULL;
}

bool
http_server_run(HttpServer *server, GError **error)
{
    guint num_others = server->shared.options.num_loops - 1;
    g_autofree GThread **threads = g_new0(GThread *, num_others + 1);
    bool is_started = true;
    for (guint i = 0; i < num_others && is_started; i++) {
        threads[i] = g_thread_try_new("http-loop", run_loop, server->loops[i + 1], error);
        is_started = threads[i] != NULL;
    }
    if (is_started) {
        http_loop_run(server->loops[0]);
    } else {
        http_server_stop(server);
    }
    for (guint i = 0; i < num_others && threads[i] != NULL; i++) {
        g_thread_join(threads[i]);
    }
    return is_started;
}

void
http_server_stop(HttpServer *server)
{
    guint64 one = 1;
    (void)!write(server->shared.stop_fd, &one, sizeof one); /* fails only when it is set already */
}

bool
http_server_reload_certificates(HttpServer *server, GError **error)
{
    return server->shared.tls == NULL || http_tls_reload(server->shared.tls, error);
}

void
http_server_free(HttpServer *server)
{
    if (server == NULL) {
        return;
    }
    HttpShared *shared = &server->shared;
    if (shared->workers != NULL) {
        g_thread_pool_free(shared->workers, FALSE, TRUE);
    }
    if (shared->stream_workers != NULL) {
        g_thread_pool_free(shared->stream_workers, FALSE, TRUE);
    }
    for (guint i = 0; server->loops != NULL && i < shared->options.num_loops; i++) {
        http_loop_free(server->loops[i]);
    }
    g_free(server->loops);
    int fds[] = { shared->listen_fd, shared->stop_fd, shared->abort_fd };
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    http_tls_free(shared->tls);
    g_strfreev(shared->trusted_proxies);
    g_hash_table_unref(shared->peers);
    g_mutex_clear(&shared->peers_lock);
    g_free(server);
}

#include "http/test_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static gpointer
run(gpointer server)
{
    g_autoptr(GError) error = NULL;
    http_server_run(server, &error);
    g_assert_no_error(error);
    return NULL;
}

TestHttp
test_http_start(const HttpServerOptions *options, const HttpApp *app)
{
    static const HttpServerOptions defaults = { 0 };
    g_autoptr(GError) error = NULL;
    TestHttp server = { .server =
                            http_server_new(options == NULL ? &defaults : options, app, &error) };
    g_assert_no_error(error);
    server.port = http_server_port(server.server);
    server.thread = g_thread_new("server", run, server.server);
    return server;
}

void
test_http_clear(TestHttp *server)
{
    if (server->server != NULL) {
        http_server_stop(server->server);
        g_thread_join(server->thread);
        g_clear_pointer(&server->server, http_server_free);
    }
}

int
test_connect(guint16 port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = { .tv_sec = 10 };
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), ==, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

void
test_send(int fd, const char *data, gsize size)
{
    while (size > 0) {
        gssize sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0) {
            return; /* closed by the server: the test looks at its answer */
        }
        data += sent;
        size -= (gsize)sent;
    }
}

/* False at the end, which a reset is, too. */
static bool
read_some(int fd, GString *text)
{
    char buffer[16 * 1024];
    gssize count = recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && errno != ECONNRESET) {
        g_error("the server neither sent nor closed; so far: %s", text->str);
    }
    if (count > 0) {
        g_string_append_len(text, buffer, count);
    }
    return count > 0;
}

char *
test_read_to_end(int fd)
{
    GString *text = g_string_new(NULL);
    while (read_some(fd, text)) {
    }
    return g_string_free(text, FALSE);
}

char *
test_read_answer(int fd, bool has_body)
{
    GString *text = g_string_new(NULL);
    const char *end;
    while ((end = strstr(text->str, "\r\n\r\n")) == NULL) {
        if (!read_some(fd, text)) {
            return g_string_free(text, FALSE);
        }
    }
    const char *length = strstr(text->str, "Content-Length: ");
    gsize wanted = (gsize)(end + 4 - text->str);
    if (has_body && length != NULL && length < end) {
        wanted += strtoul(length + strlen("Content-Length: "), NULL, 10);
    }
    while (text->len < wanted) {
        g_assert_true(read_some(fd, text));
    }
    return g_string_free(text, FALSE);
}

static bool
is_closed(int fd)
{
    char byte;
    gssize count = recv(fd, &byte, 1, MSG_DONTWAIT);
    for (guint i = 0; i < 50 && count < 0 && errno == EAGAIN; i++) {
        g_usleep(2000);
        count = recv(fd, &byte, 1, MSG_DONTWAIT);
    }
    return count == 0 || (count < 0 && errno == ECONNRESET);
}

char *
test_exchange(guint16 port, const char *request, gssize size, bool *ret_closed)
{
    int fd = test_connect(port);
    test_send(fd, request, size < 0 ? strlen(request) : (gsize)size);
    char *answer = test_read_answer(fd, !g_str_has_prefix(request, "HEAD "));
    if (ret_closed != NULL) {
        *ret_closed = is_closed(fd);
    }
    close(fd);
    return answer;
}

guint
test_status_of(const char *answer)
{
    return g_str_has_prefix(answer, "HTTP/1.1 ") ? (guint)strtoul(answer + 9, NULL, 10) : 0;
}

const char *
test_body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

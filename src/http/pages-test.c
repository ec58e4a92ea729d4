/* Answers that are sent from files in memory: the same bytes as from the heap, whoever reads how
 * slowly, goes away, or drops the file meanwhile. */
#include "http/test_http.h"
#include "http/test_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than the buffers of two sockets hold, so that a slow reader has the server wait. */
enum { SIZE = 24 * 1000 * 1000 + 17 };

typedef struct {
    GMutex lock;
    MemoryPages *pages; /* under the lock */
    GBytes *bytes;      /* what they hold, on the heap */
} Shelf;

static guint8
byte_at(gsize at)
{
    return (guint8)(at ^ (at >> 8) ^ (at >> 16));
}

static HttpReplied
send_picture(HttpRequest *request, gpointer context)
{
    Shelf *shelf = context;
    g_mutex_lock(&shelf->lock);
    g_autoptr(MemoryPages) pages = memory_pages_ref(shelf->pages);
    g_mutex_unlock(&shelf->lock);
    return http_reply_pages(request, "image/jpeg", pages, "\"tag\"", 0);
}

static const HttpRoute routes[] = {
    { "GET", "/loop", HTTP_BODY_NONE, 0, true, send_picture },
    { "GET", "/worker", HTTP_BODY_NONE, 0, false, send_picture },
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
shelf_init(Shelf *shelf, gsize size)
{
    guint8 *data = g_malloc(size);
    for (gsize i = 0; i < size; i++) {
        data[i] = byte_at(i);
    }
    g_mutex_init(&shelf->lock);
    shelf->bytes = g_bytes_new_take(data, size);
    shelf->pages = memory_pages_new(data, size, NULL);
    g_assert_nonnull(shelf->pages);
}

static void
shelf_clear(Shelf *shelf)
{
    memory_pages_unref(shelf->pages);
    g_bytes_unref(shelf->bytes);
    g_mutex_clear(&shelf->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Shelf, shelf_clear)

static TestHttp
start(Shelf *shelf, const HttpServerOptions *options)
{
    HttpApp app = { .find = find, .reply_error = reply_error, .context = shelf };
    return test_http_start(options, &app);
}

static void
ask(int fd, const char *method, const char *path, const char *headers)
{
    g_autofree char *request =
        g_strdup_printf("%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, path, headers);
    test_send(fd, request, strlen(request));
}

/* The head of an answer, and not a byte more. */
static char *
read_head(int fd)
{
    g_autoptr(GString) head = g_string_new(NULL);
    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        char c;
        g_assert_cmpint(recv(fd, &c, 1, 0), ==, 1);
        g_string_append_c(head, c);
    }
    return g_strdup(head->str);
}

/* Reads COUNT bytes, PIECE at a time, which are those from FIRST on. */
static void
assert_body(int fd, gsize first, gsize count, gsize piece)
{
    g_autofree guint8 *buffer = g_malloc(piece);
    for (gsize done = 0; done < count;) {
        gssize got = recv(fd, buffer, MIN(piece, count - done), 0);
        g_assert_cmpint(got, >, 0);
        for (gssize i = 0; i < got; i++) {
            g_assert_cmpuint(buffer[i], ==, byte_at(first + done + (gsize)i));
        }
        done += (gsize)got;
    }
}

static void
assert_whole(int fd)
{
    g_autofree char *head = read_head(fd);
    g_assert_cmpuint(test_status_of(head), ==, 200);
    g_assert_nonnull(strstr(head, "\r\nContent-Length: 24000017\r\n"));
    assert_body(fd, 0, SIZE, 100 * 1000);
}

/* One answer follows the other on a connection, so that each must end where its head says. */
static void
test_whole_and_part_and_head(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    g_auto(TestHttp) server = start(&shelf, NULL);
    static const char *const paths[] = { "/loop", "/worker" };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        int fd = test_connect(server.port);
        ask(fd, "GET", paths[i], "");
        assert_whole(fd);
        ask(fd, "HEAD", paths[i], "");
        g_autofree char *none = read_head(fd);
        g_assert_nonnull(strstr(none, "\r\nContent-Length: 24000017\r\n"));
        ask(fd, "GET", paths[i], "Range: bytes=5000001-15000000\r\n");
        g_autofree char *large = read_head(fd);
        g_assert_nonnull(strstr(large, "\r\nContent-Range: bytes 5000001-15000000/24000017\r\n"));
        assert_body(fd, 5000001, 10 * 1000 * 1000, 100 * 1000);
        ask(fd, "GET", paths[i], "Range: bytes=777-786\r\n");
        g_autofree char *small = read_head(fd);
        g_assert_cmpuint(test_status_of(small), ==, 206);
        assert_body(fd, 777, 10, 10);
        ask(fd, "GET", paths[i], "If-None-Match: \"tag\"\r\n");
        g_autofree char *same = read_head(fd);
        g_assert_cmpuint(test_status_of(same), ==, 304);
        ask(fd, "GET", paths[i], "Range: bytes=-20000\r\n");
        g_autofree char *last = read_head(fd);
        g_assert_cmpuint(test_status_of(last), ==, 206);
        assert_body(fd, SIZE - 20000, 20000, 999);
        close(fd);
    }
}

/* Around the size from which on a file is used. */
static void
test_every_size_has_its_bytes(void)
{
    static const gsize sizes[] = { 1,     HTTP_MIN_PAGES - 1, HTTP_MIN_PAGES, HTTP_MIN_PAGES + 1,
                                   65536, 200 * 1000 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(Shelf) shelf;
        shelf_init(&shelf, sizes[i]);
        g_auto(TestHttp) server = start(&shelf, NULL);
        int fd = test_connect(server.port);
        for (guint round = 0; round < 3; round++) {
            ask(fd, "GET", "/loop", "");
            g_autofree char *head = read_head(fd);
            g_assert_cmpuint(test_status_of(head), ==, 200);
            assert_body(fd, 0, sizes[i], 5000);
        }
        close(fd);
    }
}

static void
test_slow_reader_gets_all_of_it(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    g_auto(TestHttp) server = start(&shelf, NULL);
    int fds[3];
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(server.port);
        int some = 256 * 1024; /* or it grows until it takes all at once */
        g_assert_cmpint(setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &some, sizeof some), ==, 0);
        ask(fds[i], "GET", i % 2 == 0 ? "/loop" : "/worker", "");
        g_autofree char *head = read_head(fds[i]);
        g_assert_cmpuint(test_status_of(head), ==, 200);
    }
    /* In turns, so that each has long been waiting when it goes on. */
    enum { STEP = 600 * 1000 };
    for (gsize done = 0; done < SIZE; done += STEP) {
        for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
            assert_body(fds[i], done, MIN(STEP, SIZE - done), 3000);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
}

/* What an eviction and a deletion do: the answer under way still ends well, and the file goes with
 * it. */
static void
test_file_that_is_dropped_meanwhile_is_sent_to_its_end(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    g_auto(TestHttp) server = start(&shelf, NULL);
    int fd = test_connect(server.port);
    int file = memory_pages_fd(shelf.pages);
    ask(fd, "GET", "/loop", "");
    g_autofree char *head = read_head(fd);
    g_assert_cmpuint(test_status_of(head), ==, 200);
    assert_body(fd, 0, 1000, 1000);

    g_mutex_lock(&shelf.lock);
    memory_pages_unref(shelf.pages);
    shelf.pages = memory_pages_new("another", 7, NULL);
    g_mutex_unlock(&shelf.lock);
    g_assert_cmpint(fcntl(file, F_GETFD), >=, 0); /* the answer's */
    g_autofree char *other =
        test_exchange(server.port, "GET /loop HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
    g_assert_cmpstr(test_body_of(other), ==, "another");

    assert_body(fd, 1000, SIZE - 1000, 100 * 1000);
    ask(fd, "GET", "/loop", "Range: bytes=0-2\r\n");
    g_autofree char *next = read_head(fd); /* so the answer before it is over */
    g_assert_cmpuint(test_status_of(next), ==, 206);
    g_assert_cmpint(fcntl(file, F_GETFD), ==, -1);
    close(fd);
}

/* Also one that resets the connection, which raises SIGPIPE in sendfile(). */
static void
test_client_that_leaves_in_the_middle_leaves_nothing(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    signal(SIGPIPE, SIG_DFL);
    g_auto(TestHttp) server = start(&shelf, NULL);
    for (guint i = 0; i < 40; i++) {
        int fd = test_connect(server.port);
        ask(fd, "GET", i % 4 < 2 ? "/loop" : "/worker", "");
        g_autofree char *head = i % 3 == 0 ? NULL : read_head(fd);
        struct linger reset = { .l_onoff = 1, .l_linger = 0 };
        if (i % 2 == 0) {
            g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), ==, 0);
        }
        close(fd);
    }
    int fd = test_connect(server.port);
    ask(fd, "GET", "/worker", "");
    assert_whole(fd);
    close(fd);
    while (http_server_num_connections(server.server) > 0) {
        g_usleep(1000);
    }
    int file = memory_pages_fd(shelf.pages);
    memory_pages_unref(shelf.pages);
    g_assert_cmpint(fcntl(file, F_GETFD), ==, -1); /* it was the last reference */
    shelf.pages = memory_pages_new("another", 7, NULL);
}

/* Those who do not read keep no more than they may. */
static void
test_unread_answers_are_dropped(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    HttpServerOptions options = { .max_sending_bytes = 2 * SIZE + 1 };
    g_auto(TestHttp) server = start(&shelf, &options);
    int fds[6];
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = test_connect(server.port);
        ask(fds[i], "GET", "/loop", "");
    }
    while (http_server_num_connections(server.server) != 2) {
        g_usleep(1000);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
}

/* No kernel's TLS is needed: the bytes are read where they are mapped. */
static void
test_over_tls_the_bytes_are_the_same(void)
{
    g_auto(Shelf) shelf;
    shelf_init(&shelf, SIZE);
    g_autofree char *dir = g_dir_make_tmp("http-pages-XXXXXX", NULL);
    test_certificate_make(dir, "a", "a");
    g_autofree char *cert = g_build_filename(dir, "a.pem", NULL);
    g_autofree char *key = g_build_filename(dir, "a.key", NULL);
    const HttpCertificate certificate = { "a", cert, key, NULL };
    HttpServerOptions options = { .certificates = &certificate, .num_certificates = 1 };
    g_auto(TestHttp) server = start(&shelf, &options);
    static const char request[] = "GET /loop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    g_auto(TestTls) client = test_tls_connect(server.port, "a", TLS1_3_VERSION);
    g_assert_cmpint(SSL_write(client.ssl, request, sizeof request - 1), ==, sizeof request - 1);
    g_autoptr(GByteArray) answer = g_byte_array_new();
    guint8 buffer[20000];
    for (int got; (got = SSL_read(client.ssl, buffer, sizeof buffer)) > 0;) {
        g_byte_array_append(answer, buffer, (guint)got);
    }
    g_assert_cmpuint(answer->len, >, SIZE);
    g_assert_cmpmem(answer->data + answer->len - SIZE, SIZE, g_bytes_get_data(shelf.bytes, NULL),
                    SIZE);
    g_unlink(cert);
    g_unlink(key);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/pages/parts", test_whole_and_part_and_head);
    g_test_add_func("/http/pages/sizes", test_every_size_has_its_bytes);
    g_test_add_func("/http/pages/slow", test_slow_reader_gets_all_of_it);
    g_test_add_func("/http/pages/dropped", test_file_that_is_dropped_meanwhile_is_sent_to_its_end);
    g_test_add_func("/http/pages/leaves", test_client_that_leaves_in_the_middle_leaves_nothing);
    g_test_add_func("/http/pages/unread", test_unread_answers_are_dropped);
    g_test_add_func("/http/pages/tls", test_over_tls_the_bytes_are_the_same);
    return g_test_run();
}

/* Sends GET requests at a fixed rate over kept connections and prints how long the answers took,
 * from the moment each request was due: an answer that holds up the next ones counts for all of
 * them.
 *
 *     http-load PORT RATE SECONDS CONNECTIONS PATHS [HEADER...]
 *
 * PATHS is a file, a path a line, asked for in turn; behind a tab a line may have a header of its
 * own. Each HEADER is "Name: value"; Host is "localhost" unless one of them is a Host. Answers must
 * have a Content-Length. */
#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int fd;
    bool is_waiting; /* for an answer */
    gint64 due_us;
    GString *answer;
} Link;

typedef struct {
    guint16 port;
    int epoll_fd;
    GStrv paths;
    guint num_paths;
    char *headers;
    Link *links;
    guint num_links;
    GArray *times_us; /* of gint64 */
    guint64 num_sent, num_failed;
} Load;

static void
link_connect(Load *load, Link *link)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(load->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = link };
    if (connect(link->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, link->fd, &event) != 0) {
        g_error("port %u: %s", load->port, g_strerror(errno));
    }
    g_string_truncate(link->answer, 0);
    link->is_waiting = false;
}

static void
link_ask(Load *load, Link *link, gint64 due_us)
{
    g_auto(GStrv) line = g_strsplit(load->paths[load->num_sent % load->num_paths], "\t", 2);
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\n%s%s%s\r\n", line[0], load->headers,
                        line[1] == NULL ? "" : line[1], line[1] == NULL ? "" : "\r\n");
    link->due_us = due_us;
    link->is_waiting = true;
    load->num_sent++;
    (void)!send(link->fd, request, strlen(request), MSG_NOSIGNAL); /* a failure shows as an end */
}

/* The size of the whole answer; 0: its head is not all there. */
static gsize
answer_size(const GString *answer)
{
    const char *end = strstr(answer->str, "\r\n\r\n");
    const char *length = end == NULL ? NULL : strstr(answer->str, "Content-Length: ");
    return end == NULL ? 0
                       : (gsize)(end + 4 - answer->str) +
                             (length == NULL ? 0 : strtoul(length + 16, NULL, 10));
}

static void
link_read(Load *load, Link *link)
{
    char buffer[256 * 1024];
    gssize count = recv(link->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) {
        return;
    }
    if (count <= 0) {
        load->num_failed += link->is_waiting;
        close(link->fd);
        link_connect(load, link);
        return;
    }
    g_string_append_len(link->answer, buffer, count);
    gsize size = answer_size(link->answer);
    if (size == 0 || link->answer->len < size) {
        return;
    }
    gint64 time_us = g_get_monotonic_time() - link->due_us;
    g_array_append_val(load->times_us, time_us);
    load->num_failed += !g_str_has_prefix(link->answer->str, "HTTP/1.1 2");
    g_string_truncate(link->answer, 0);
    link->is_waiting = false;
}

static void
run(Load *load, double rate, double seconds)
{
    gint64 start_us = g_get_monotonic_time();
    guint64 num_due = (guint64)(rate * seconds);
    guint next_link = 0;
    while (true) {
        gint64 now_us = g_get_monotonic_time();
        guint num_idle = 0;
        for (guint i = 0; i < load->num_links; i++) {
            Link *link = &load->links[next_link++ % load->num_links];
            gint64 due_us = start_us + (gint64)((double)load->num_sent * 1e6 / rate);
            if (!link->is_waiting && load->num_sent < num_due && due_us <= now_us) {
                link_ask(load, link, due_us);
            }
            num_idle += !link->is_waiting;
        }
        if (load->num_sent == num_due && num_idle == load->num_links) {
            return;
        }
        if (now_us - start_us > (gint64)((seconds + 30) * 1e6)) {
            load->num_failed += load->num_links - num_idle;
            return;
        }
        struct epoll_event events[64];
        int num_events = epoll_wait(load->epoll_fd, events, 64, 1);
        for (int i = 0; i < num_events; i++) {
            link_read(load, events[i].data.ptr);
        }
    }
}

static int
compare(gconstpointer a, gconstpointer b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return left < right ? -1 : left > right;
}

static double
percentile_ms(GArray *sorted_us, double part)
{
    guint at = (guint)((double)(sorted_us->len - 1) * part);
    return (double)g_array_index(sorted_us, gint64, at) / 1000;
}

int
main(int argc, char **argv)
{
    g_autofree char *text = NULL;
    if (argc < 6 || !g_file_get_contents(argv[5], &text, NULL, NULL)) {
        fprintf(stderr, "usage: %s PORT RATE SECONDS CONNECTIONS PATHS [HEADER...]\n", argv[0]);
        return 2;
    }
    double rate = strtod(argv[2], NULL), seconds = strtod(argv[3], NULL);
    g_autoptr(GString) headers = g_string_new(NULL);
    bool has_host = false;
    for (int i = 6; i < argc; i++) {
        g_string_append_printf(headers, "%s\r\n", argv[i]);
        has_host |= g_ascii_strncasecmp(argv[i], "Host:", 5) == 0;
    }
    g_string_append(headers, has_host ? "" : "Host: localhost\r\n");
    Load load = { .port = (guint16)strtoul(argv[1], NULL, 10),
                  .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                  .paths = g_strsplit(g_strstrip(text), "\n", -1),
                  .headers = headers->str,
                  .num_links = (guint)strtoul(argv[4], NULL, 10),
                  .times_us = g_array_new(FALSE, FALSE, sizeof(gint64)) };
    load.num_paths = g_strv_length(load.paths);
    load.links = g_new0(Link, load.num_links);
    for (guint i = 0; i < load.num_links; i++) {
        load.links[i].answer = g_string_new(NULL);
        link_connect(&load, &load.links[i]);
    }
    run(&load, rate, seconds);
    if (load.times_us->len == 0) {
        fprintf(stderr, "no answer came\n");
        return 1;
    }
    g_array_sort(load.times_us, compare);
    printf("%u answers at %.0f/s, %" G_GUINT64_FORMAT " failed; ms: p50 %.2f p90 %.2f p99 %.2f "
           "p99.9 %.2f max %.2f\n",
           load.times_us->len, rate, load.num_failed, percentile_ms(load.times_us, 0.5),
           percentile_ms(load.times_us, 0.9), percentile_ms(load.times_us, 0.99),
           percentile_ms(load.times_us, 0.999), percentile_ms(load.times_us, 1));
    return load.num_failed > 0;
}

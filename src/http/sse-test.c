#include "http/test_http.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* All who listen. */
typedef struct {
    GMutex lock;
    GCond changed;
    GPtrArray *streams;
    guint num_closed;
} Room;

static void
leave(HttpSse *sse, gpointer data)
{
    Room *room = data;
    g_mutex_lock(&room->lock);
    room->num_closed++;
    g_cond_broadcast(&room->changed);
    g_mutex_unlock(&room->lock);
}

static HttpReplied
join(HttpRequest *request, gpointer context)
{
    Room *room = context;
    HttpSse *sse;
    HttpReplied replied = http_reply_sse(request, leave, room, &sse);
    http_sse_send(sse, "welcome", "1", "two\nlines");
    g_mutex_lock(&room->lock);
    g_ptr_array_add(room->streams, sse);
    g_cond_broadcast(&room->changed);
    g_mutex_unlock(&room->lock);
    return replied;
}

static const HttpRoute route = { "GET", "/events", HTTP_BODY_NONE, 0, false, join };

static const HttpRoute *
find(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(&route, sizeof route, 1, request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    return http_reply_string(request, status, "text/plain", g_strdup(reason));
}

static TestHttp
start(Room *room, const HttpServerOptions *options)
{
    *room = (Room){ .streams = g_ptr_array_new_with_free_func((GDestroyNotify)http_sse_unref) };
    g_mutex_init(&room->lock);
    g_cond_init(&room->changed);
    HttpApp app = { .find = find, .reply_error = reply_error, .context = room };
    return test_http_start(options, &app);
}

static void
room_clear(Room *room)
{
    g_ptr_array_unref(room->streams);
    g_mutex_clear(&room->lock);
    g_cond_clear(&room->changed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Room, room_clear)

static void
wait_for_streams(Room *room, guint num)
{
    g_mutex_lock(&room->lock);
    while (room->streams->len < num) {
        g_cond_wait(&room->changed, &room->lock);
    }
    g_mutex_unlock(&room->lock);
}

static void
wait_for_closed(Room *room, guint num)
{
    g_mutex_lock(&room->lock);
    while (room->num_closed < num) {
        g_cond_wait(&room->changed, &room->lock);
    }
    g_mutex_unlock(&room->lock);
}

static void
broadcast(Room *room, const char *data)
{
    g_mutex_lock(&room->lock);
    for (guint i = 0; i < room->streams->len; i++) {
        http_sse_send(room->streams->pdata[i], "batch", NULL, data);
    }
    g_mutex_unlock(&room->lock);
}

static int
subscribe(guint16 port)
{
    int fd = test_connect(port);
    const char *request = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
    test_send(fd, request, strlen(request));
    return fd;
}

static void
read_until(int fd, const char *text)
{
    g_autoptr(GString) seen = g_string_new(NULL);
    while (strstr(seen->str, text) == NULL) {
        char buffer[4096];
        gssize count = recv(fd, buffer, sizeof buffer, 0);
        g_assert_cmpint(count, >, 0);
        g_string_append_len(seen, buffer, count);
    }
}

static void
test_events_have_their_form(void)
{
    g_auto(Room) room;
    g_auto(TestHttp) server = start(&room, NULL);
    int fd = subscribe(server.port);
    wait_for_streams(&room, 1);
    http_sse_send(room.streams->pdata[0], NULL, NULL, "{}");
    http_sse_close(room.streams->pdata[0]);
    g_autofree char *answer = test_read_to_end(fd);
    g_assert_nonnull(strstr(answer, "\r\nContent-Type: text/event-stream\r\n"));
    g_assert_cmpstr(test_body_of(answer), ==,
                    "event: welcome\nid: 1\ndata: two\ndata: lines\n\ndata: {}\n\n");
    wait_for_closed(&room, 1);
    close(fd);
}

static void
test_300_hear_everything_while_one_does_not_read(void)
{
    enum { NUM = 300, NUM_EVENTS = 20 };
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    limit.rlim_cur = limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_auto(Room) room;
    g_auto(TestHttp) server = start(&room, NULL);
    int deaf = subscribe(server.port);
    wait_for_streams(&room, 1);
    g_autofree char *long_text = g_strnfill(100 * 1000, 'x');
    int fds[NUM];
    for (guint i = 0; i < NUM; i++) {
        fds[i] = subscribe(server.port);
    }
    wait_for_streams(&room, NUM + 1);
    for (guint i = 0; i < NUM_EVENTS; i++) {
        g_autofree char *text = g_strdup_printf("event number %u", i);
        broadcast(&room, text);
    }
    for (guint i = 0; i < NUM; i++) {
        read_until(fds[i], "event number 19\n\n");
    }
    /* The kernel holds some megabytes for who does not read; then it is cut off. */
    for (guint i = 0; i < 2000 && g_atomic_int_get((gint *)&room.num_closed) == 0; i++) {
        http_sse_send(room.streams->pdata[0], NULL, NULL, long_text);
        g_usleep(500);
    }
    for (guint i = 0; i < NUM; i++) {
        close(fds[i]);
    }
    wait_for_closed(&room, NUM + 1);
    close(deaf);
}

static void
test_who_leaves_is_noticed(void)
{
    g_auto(Room) room;
    g_auto(TestHttp) server = start(&room, NULL);
    int fd = subscribe(server.port);
    read_until(fd, "lines\n\n");
    close(fd);
    wait_for_closed(&room, 1);
    broadcast(&room, "to nobody");
}

static void
test_silence_is_broken_by_comments(void)
{
    g_auto(Room) room;
    HttpServerOptions options = { .event_seconds = 1 };
    g_auto(TestHttp) server = start(&room, &options);
    int fd = subscribe(server.port);
    read_until(fd, "lines\n\n:\n\n:\n\n");
    close(fd);
}

static void
test_streams_end_when_the_server_stops(void)
{
    g_auto(Room) room;
    TestHttp server = start(&room, NULL);
    int fd = subscribe(server.port);
    read_until(fd, "lines\n\n");
    test_http_clear(&server);
    g_autofree char *rest = test_read_to_end(fd);
    g_assert_cmpstr(rest, ==, "");
    g_assert_cmpuint(room.num_closed, ==, 1);
    http_sse_send(room.streams->pdata[0], NULL, NULL, "to nobody");
    close(fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/sse/form", test_events_have_their_form);
    g_test_add_func("/http/sse/300", test_300_hear_everything_while_one_does_not_read);
    g_test_add_func("/http/sse/leave", test_who_leaves_is_noticed);
    g_test_add_func("/http/sse/silence", test_silence_is_broken_by_comments);
    g_test_add_func("/http/sse/stop", test_streams_end_when_the_server_stops);
    return g_test_run();
}

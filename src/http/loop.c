#include "http/loop.h"

#include "base/error.h"
#include "http/connection.h"
#include "http/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static const gsize scratch_size = 256 * 1024;
static const gint64 check_us = G_USEC_PER_SEC;
/* Connections taken from the queue before those that are here have their turn. */
static const guint max_accepts = 64;
static const guint max_evictions_tried = 64;
enum { MAX_EVENTS = 256 };

typedef struct {
    HttpPostFunc func;
    gpointer data;
} Post;

struct HttpLoop {
    HttpShared *shared;
    int epoll_fd;
    int wake_fd;
    GMutex lock;
    GArray *posts;     /* of Post; below the lock */
    GArray *run_posts; /* those that are being run; the loop's own */
    bool is_woken;     /* below the lock: wake_fd is set, or about to be */
    GPtrArray *connections;
    GPtrArray *ready;
    GPtrArray *removed; /* freed when no event can name them any more */
    guint8 *scratch;
    gint64 now_us;
    gint64 next_check_us;
    gint64 stop_us;   /* when it was told to stop; 0: not yet */
    gint is_stopping; /* atomic */
    bool is_listening;
    guint next_evicted;
};

guint8 *
http_loop_scratch(HttpLoop *loop, gsize *ret_size)
{
    *ret_size = scratch_size;
    return loop->scratch;
}

gint64
http_loop_now_us(const HttpLoop *loop)
{
    return loop->now_us;
}

bool
http_loop_is_stopping(const HttpLoop *loop)
{
    return g_atomic_int_get(&loop->is_stopping) != 0;
}

void
http_loop_add_ready(HttpLoop *loop, HttpConnection *connection)
{
    if (!connection->is_ready) {
        connection->is_ready = true;
        g_ptr_array_add(loop->ready, connection);
    }
}

/* Counts a connection of ADDRESS, or says that there are enough. */
static bool
count_peer(HttpShared *shared, const char *address)
{
    guint limit = shared->options.max_connections_per_address;
    if (limit == 0 || (shared->trusted_proxies != NULL &&
                       g_strv_contains((const char *const *)shared->trusted_proxies, address))) {
        return true;
    }
    g_mutex_lock(&shared->peers_lock);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(shared->peers, address));
    if (count < limit) {
        g_hash_table_replace(shared->peers, g_strdup(address), GUINT_TO_POINTER(count + 1));
    }
    g_mutex_unlock(&shared->peers_lock);
    return count < limit;
}

static void
uncount_peer(HttpShared *shared, const char *address)
{
    g_mutex_lock(&shared->peers_lock);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(shared->peers, address));
    if (count > 1) {
        g_hash_table_replace(shared->peers, g_strdup(address), GUINT_TO_POINTER(count - 1));
    } else {
        g_hash_table_remove(shared->peers, address);
    }
    g_mutex_unlock(&shared->peers_lock);
}

void
http_loop_remove(HttpLoop *loop, HttpConnection *connection)
{
    HttpConnection *last = loop->connections->pdata[loop->connections->len - 1];
    last->index = connection->index;
    loop->connections->pdata[connection->index] = last;
    g_ptr_array_set_size(loop->connections, (int)loop->connections->len - 1);
    g_ptr_array_add(loop->removed, connection);
    g_atomic_int_add(&loop->shared->num_connections, -1);
    uncount_peer(loop->shared, connection->peer);
}

/* Who waits for its next request, or has for a second not said, or not finished saying, what it
 * wants. An honest head comes in one piece. */
static bool
gives_way(const HttpLoop *loop, const HttpConnection *connection)
{
    switch (connection->state) {
    case HTTP_CONNECTION_HEAD:
        if (connection->num_requests > 0 && connection->input->len == 0) {
            return true;
        }
        break;
    case HTTP_CONNECTION_HANDSHAKE:
    case HTTP_CONNECTION_LINGERING:
        break;
    case HTTP_CONNECTION_BODY:
    case HTTP_CONNECTION_HANDLING:
    case HTTP_CONNECTION_SENDING:
    case HTTP_CONNECTION_EVENTS:
    case HTTP_CONNECTION_CLOSED:
        return false;
    }
    return loop->now_us - connection->state_since_us > G_USEC_PER_SEC;
}

/* Makes room for a newcomer, so that a crowd of half-said requests holds all connections only as
 * long as it makes new ones faster. */
static void
evict_one(HttpLoop *loop)
{
    for (guint i = 0; i < max_evictions_tried && i < loop->connections->len; i++) {
        guint at = loop->next_evicted++ % loop->connections->len;
        HttpConnection *connection = loop->connections->pdata[at];
        if (gives_way(loop, connection)) {
            http_connection_abort(connection);
            return;
        }
    }
}

static void
turn_away(HttpShared *shared, int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                 "Content-Length: 0\r\nConnection: close\r\n\r\n";
    if (shared->tls == NULL) {
        (void)send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* or not at all */
    }
    close(fd);
}

static void
add_connection(HttpLoop *loop, int fd, const struct sockaddr_storage *address)
{
    HttpShared *shared = loop->shared;
    guint max_connections = shared->options.max_connections;
    if ((guint)g_atomic_int_get(&shared->num_connections) >= max_connections) {
        evict_one(loop);
    }
    g_autofree char *peer = http_peer_name(address);
    if ((guint)g_atomic_int_get(&shared->num_connections) >= max_connections ||
        !count_peer(shared, peer)) {
        turn_away(shared, fd);
        return;
    }
    HttpConnection *connection = http_connection_new(loop, shared, fd, peer);
    connection->index = loop->connections->len;
    g_ptr_array_add(loop->connections, connection);
    g_atomic_int_inc(&shared->num_connections);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                 .data.ptr = connection };
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        http_connection_abort(connection);
        return;
    }
    http_connection_run(connection);
}

static void
listen_again(HttpLoop *loop, bool is_wanted)
{
    if (is_wanted == loop->is_listening) {
        return;
    }
    struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL };
    int done = epoll_ctl(loop->epoll_fd, is_wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                         loop->shared->listen_fd, &event);
    loop->is_listening = done == 0 ? is_wanted : loop->is_listening;
}

static void
accept_some(HttpLoop *loop)
{
    for (guint i = 0; i < max_accepts && loop->is_listening; i++) {
        struct sockaddr_storage address = { 0 };
        socklen_t size = sizeof address;
        int fd = accept4(loop->shared->listen_fd, (struct sockaddr *)&address, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_connection(loop, fd, &address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            /* The listener would report again at once: rest until the next check. */
            evict_one(loop);
            listen_again(loop, false);
        }
        if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static void
for_each_connection(HttpLoop *loop, void (*func)(HttpConnection *connection))
{
    /* From the end, because a closed one's place is taken by the last. */
    for (guint i = loop->connections->len; i > 0; i--) {
        if (i <= loop->connections->len) {
            func(loop->connections->pdata[i - 1]);
        }
    }
}

static void
begin_stop(HttpLoop *loop)
{
    loop->stop_us = loop->now_us;
    g_atomic_int_set(&loop->is_stopping, true);
    listen_again(loop, false);
    if (loop->shared->options.listen_fd <= 0) {
        (void)shutdown(loop->shared->listen_fd, SHUT_RD); /* newcomers are refused, not kept */
    }
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->shared->stop_fd, NULL);
    for_each_connection(loop, http_connection_stop);
}

static void
check(HttpLoop *loop)
{
    loop->next_check_us = loop->now_us + check_us;
    for (guint i = loop->connections->len; i > 0; i--) {
        if (i <= loop->connections->len) {
            http_connection_check(loop->connections->pdata[i - 1], loop->now_us);
        }
    }
    if (loop->stop_us == 0) {
        listen_again(loop, true);
        return;
    }
    gint64 stop_limit_us = (gint64)loop->shared->options.stop_seconds * G_USEC_PER_SEC;
    if (loop->now_us - loop->stop_us > stop_limit_us) {
        guint64 one = 1;
        (void)!write(loop->shared->abort_fd, &one, sizeof one); /* it needs to be set, no more */
        for_each_connection(loop, http_connection_abort);
    }
}

static void
run_posts(HttpLoop *loop)
{
    g_mutex_lock(&loop->lock);
    bool has_some = loop->posts->len > 0;
    GArray *posts = loop->posts;
    if (has_some) {
        loop->posts = loop->run_posts;
        loop->run_posts = posts;
    }
    g_mutex_unlock(&loop->lock);
    for (guint i = 0; has_some && i < posts->len; i++) {
        Post *post = &g_array_index(posts, Post, i);
        post->func(post->data);
    }
    if (has_some) {
        g_array_set_size(posts, 0);
    }
}

/* What is posted from now on wakes again; what was before is run after the events. */
static void
reset_wake(HttpLoop *loop)
{
    guint64 count;
    (void)!read(loop->wake_fd, &count, sizeof count); /* only resets it */
    g_mutex_lock(&loop->lock);
    loop->is_woken = false;
    g_mutex_unlock(&loop->lock);
}

static void
run_ready(HttpLoop *loop)
{
    if (loop->ready->len == 0) {
        return;
    }
    g_autoptr(GPtrArray) ready = loop->ready;
    loop->ready = g_ptr_array_new();
    for (guint i = 0; i < ready->len; i++) {
        HttpConnection *connection = ready->pdata[i];
        connection->is_ready = false;
        http_connection_run(connection);
    }
}

static void
free_removed(HttpLoop *loop)
{
    for (guint i = loop->removed->len; i > 0; i--) {
        HttpConnection *connection = loop->removed->pdata[i - 1];
        if (!connection->is_ready) {
            g_ptr_array_remove_index_fast(loop->removed, i - 1);
            http_connection_free(connection);
        }
    }
}

static int
timeout_ms(HttpLoop *loop)
{
    if (loop->ready->len > 0) {
        return 0;
    }
    bool needs_check = loop->connections->len > 0 || (loop->stop_us == 0 && !loop->is_listening);
    gint64 left_us = loop->next_check_us - g_get_monotonic_time();
    return needs_check ? (int)(MAX(left_us, 0) / 1000 + 1) : -1;
}

void
http_loop_run(HttpLoop *loop)
{
    struct epoll_event events[MAX_EVENTS];
    loop->now_us = g_get_monotonic_time();
    listen_again(loop, true);
    while (loop->stop_us == 0 || loop->connections->len > 0) {
        int num_events = epoll_wait(loop->epoll_fd, events, MAX_EVENTS, timeout_ms(loop));
        loop->now_us = g_get_monotonic_time();
        /* Before the events, for a newcomer may need the place of a connection that came back. */
        run_posts(loop);
        for (int i = 0; i < num_events; i++) {
            gpointer source = events[i].data.ptr;
            if (source == NULL) {
                accept_some(loop);
            } else if (source == &loop->wake_fd) {
                reset_wake(loop);
            } else if (source == loop->shared) {
                begin_stop(loop);
            } else {
                HttpConnection *connection = source;
                connection->peer_ended |=
                    (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
                http_connection_run(connection);
            }
        }
        /* And after them, for an event of a connection that was away has said nothing to it. */
        run_posts(loop);
        run_ready(loop);
        if (loop->now_us >= loop->next_check_us) {
            check(loop);
        }
        free_removed(loop);
    }
}

void
http_loop_post_unhurried(HttpLoop *loop, HttpPostFunc func, gpointer data, const gint *is_urgent)
{
    Post post = { func, data };
    g_mutex_lock(&loop->lock);
    g_array_append_val(loop->posts, post);
    /* Under the lock: as soon as the loop can see the post it may free what IS_URGENT is part of.
     */
    bool must_wake = (is_urgent == NULL || g_atomic_int_get(is_urgent) != 0) && !loop->is_woken;
    loop->is_woken |= must_wake;
    g_mutex_unlock(&loop->lock);
    if (must_wake) {
        guint64 one = 1;
        (void)!write(loop->wake_fd, &one, sizeof one); /* fails only when it is set already */
    }
}

void
http_loop_post(HttpLoop *loop, HttpPostFunc func, gpointer data)
{
    http_loop_post_unhurried(loop, func, data, NULL);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpLoop, http_loop_free)

HttpLoop *
http_loop_new(HttpShared *shared, GError **error)
{
    g_autoptr(HttpLoop) loop = g_new0(HttpLoop, 1);
    loop->shared = shared;
    g_mutex_init(&loop->lock);
    loop->posts = g_array_new(FALSE, FALSE, sizeof(Post));
    loop->run_posts = g_array_new(FALSE, FALSE, sizeof(Post));
    loop->connections = g_ptr_array_new();
    loop->ready = g_ptr_array_new();
    loop->removed = g_ptr_array_new();
    loop->scratch = g_malloc(scratch_size);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wake = { .events = EPOLLIN, .data.ptr = &loop->wake_fd };
    struct epoll_event stop = { .events = EPOLLIN, .data.ptr = shared };
    if (loop->wake_fd < 0 || loop->epoll_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &wake) != 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, shared->stop_fd, &stop) != 0) {
        fail_errno(error, errno, "event loop");
        return NULL;
    }
    return g_steal_pointer(&loop);
}

void
http_loop_free(HttpLoop *loop)
{
    if (loop == NULL) {
        return;
    }
    g_assert(loop->connections->len == 0);
    run_posts(loop); /* streams of events drop their references */
    free_removed(loop);
    if (loop->epoll_fd > 0) {
        close(loop->epoll_fd);
    }
    if (loop->wake_fd > 0) {
        close(loop->wake_fd);
    }
    g_array_unref(loop->posts);
    g_array_unref(loop->run_posts);
    g_ptr_array_unref(loop->connections);
    g_ptr_array_unref(loop->ready);
    g_ptr_array_unref(loop->removed);
    g_mutex_clear(&loop->lock);
    g_free(loop->scratch);
    g_free(loop);
}

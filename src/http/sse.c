#include "http/sse.h"

#include "http/connection.h"
#include "http/loop.h"

#include <string.h>

/* A reader this far behind has stopped reading; it comes again and asks for what it missed. */
static const gsize max_pending = 256 * 1024;

struct HttpSse {
    gatomicrefcount references;
    HttpSseClosedFunc closed;
    gpointer data;
    GMutex lock;
    /* Below the lock. */
    HttpConnection *connection; /* NULL once it is gone */
    GString *pending;
    bool is_ended;
    bool is_cut;
    bool is_posted; /* the loop has been told */
};

HttpSse *
http_sse_new(HttpConnection *connection, HttpSseClosedFunc closed, gpointer data)
{
    HttpSse *sse = g_new0(HttpSse, 1);
    g_atomic_ref_count_init(&sse->references);
    sse->closed = closed;
    sse->data = data;
    g_mutex_init(&sse->lock);
    sse->connection = connection;
    sse->pending = g_string_new(NULL);
    return sse;
}

HttpSse *
http_sse_ref(HttpSse *sse)
{
    g_atomic_ref_count_inc(&sse->references);
    return sse;
}

void
http_sse_unref(HttpSse *sse)
{
    if (sse != NULL && g_atomic_ref_count_dec(&sse->references)) {
        g_string_free(sse->pending, TRUE);
        g_mutex_clear(&sse->lock);
        g_free(sse);
    }
}

/* On the loop's thread, which alone ends connections. */
static void
wake_connection(gpointer user_data)
{
    HttpSse *sse = user_data;
    g_mutex_lock(&sse->lock);
    sse->is_posted = false;
    HttpConnection *connection = sse->connection;
    g_mutex_unlock(&sse->lock);
    if (connection != NULL) {
        http_connection_run(connection);
    }
    http_sse_unref(sse);
}

/* With the lock held. */
static void
post(HttpSse *sse)
{
    if (!sse->is_posted && sse->connection != NULL) {
        sse->is_posted = true;
        http_loop_post(sse->connection->loop, wake_connection, http_sse_ref(sse));
    }
}

static void
append(HttpSse *sse, const char *text, gsize size)
{
    g_mutex_lock(&sse->lock);
    if (sse->connection != NULL && !sse->is_ended) {
        if (sse->pending->len + size > max_pending) {
            sse->is_ended = sse->is_cut = true;
            g_string_truncate(sse->pending, 0);
        } else {
            g_string_append_len(sse->pending, text, (gssize)size);
        }
        post(sse);
    }
    g_mutex_unlock(&sse->lock);
}

/* A line end inside of what must be one line would begin a field of its own. */
static void
append_field(GString *text, const char *name, const char *value)
{
    if (value != NULL) {
        g_assert(strpbrk(value, "\r\n") == NULL);
        g_string_append_printf(text, "%s: %s\n", name, value);
    }
}

void
http_sse_send(HttpSse *sse, const char *event, const char *id, const char *data)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_field(text, "event", event);
    append_field(text, "id", id);
    while (true) {
        gsize length = strcspn(data, "\r\n");
        g_string_append(text, "data: ");
        g_string_append_len(text, data, (gssize)length);
        g_string_append_c(text, '\n');
        data += length;
        if (*data == '\0') {
            break;
        }
        data += g_str_has_prefix(data, "\r\n") ? 2 : 1;
    }
    g_string_append_c(text, '\n');
    append(sse, text->str, text->len);
}

void
http_sse_close(HttpSse *sse)
{
    g_mutex_lock(&sse->lock);
    sse->is_ended = true;
    post(sse);
    g_mutex_unlock(&sse->lock);
}

void
http_sse_keep_alive(HttpSse *sse)
{
    append(sse, ":\n\n", 3);
}

HttpSseState
http_sse_take(HttpSse *sse, GString **ret_text)
{
    HttpSseState state = HTTP_SSE_IDLE;
    g_mutex_lock(&sse->lock);
    if (sse->pending->len > 0) {
        *ret_text = sse->pending;
        sse->pending = g_string_new(NULL);
        state = HTTP_SSE_HAS_TEXT;
    } else if (sse->is_ended) {
        state = HTTP_SSE_ENDED;
    }
    g_mutex_unlock(&sse->lock);
    return state;
}

bool
http_sse_is_cut(HttpSse *sse)
{
    g_mutex_lock(&sse->lock);
    bool is_cut = sse->is_cut;
    g_mutex_unlock(&sse->lock);
    return is_cut;
}

void
http_sse_detach(HttpSse *sse)
{
    g_mutex_lock(&sse->lock);
    sse->connection = NULL;
    g_mutex_unlock(&sse->lock);
    sse->closed(sse, sse->data);
}

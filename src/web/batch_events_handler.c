/* Progress of a batch as server-sent events. */
#include "accounts/api_token.h"
#include "accounts/session.h"
#include "base/error.h"
#include "batches/watch.h"
#include "web/handlers.h"
#include "web/resource_json.h"

/* Of the handler, which starts the watch, of the watch, and of the stream, whose end may come
 * before the watch's beginning. */
typedef struct {
    HttpSse *sse;
    Accounts *accounts;
    char *cookie, *bearer; /* what the stream was opened with; one of them is NULL */
    GMutex mutex;
    BatchWatch *watch; /* under the mutex; NULL: not yet, or no more */
    bool is_closed;    /* under the mutex */
} Listener;

static void
listener_clear(gpointer data)
{
    Listener *listener = data;
    g_clear_pointer(&listener->sse, http_sse_unref);
    g_free(listener->cookie);
    g_free(listener->bearer);
    g_mutex_clear(&listener->mutex);
}

static void
listener_unref(gpointer listener)
{
    g_atomic_rc_box_release_full(listener, listener_clear);
}

static void
send_batch(HttpSse *sse, const BatchInfo *batch)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, batch->revision);
    json_batch(writer, NULL, batch);
    http_sse_send(sse, "batch", id, json_writer_text(writer)->str);
}

static void
send_photos(HttpSse *sse, const Id *photos, gsize num_photos)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    bool is_all = num_photos == WATCH_TOO_MANY;
    json_begin_object(writer, NULL);
    json_bool(writer, "all", is_all);
    json_begin_array(writer, "ids");
    for (gsize i = 0; !is_all && i < num_photos; i++) {
        json_string(writer, NULL, photos[i].text);
    }
    json_end_array(writer);
    json_end_object(writer);
    http_sse_send(sse, "photos", NULL, json_writer_text(writer)->str);
}

/* A stream outlives the request that began it: who signed out meanwhile, or whose token was revoked
 * or ran out, is told nothing more. */
static bool
may_listen(const Listener *listener)
{
    g_auto(Account) account = { 0 };
    return listener->bearer != NULL
               ? api_token_check(listener->accounts, listener->bearer, &account, NULL, NULL)
               : session_find(listener->accounts, listener->cookie, NULL, NULL, NULL);
}

/* The photos go first: the id that comes with the batch tells a browser that comes again where it
 * was, and what belongs to that revision must have been sent by then. */
static void
on_changed(const BatchInfo *batch, const Id *photos, gsize num_photos, gpointer data)
{
    Listener *listener = data;
    if (batch == NULL || !may_listen(listener)) {
        if (batch == NULL) {
            http_sse_send(listener->sse, "deleted", NULL, "{}");
        }
        http_sse_close(listener->sse);
        return;
    }
    if (num_photos > 0) {
        send_photos(listener->sse, photos, num_photos);
    }
    send_batch(listener->sse, batch);
}

/* On the loop, which must not wait. */
static void
on_closed(HttpSse *sse, gpointer data)
{
    Listener *listener = data;
    g_mutex_lock(&listener->mutex);
    listener->is_closed = true;
    BatchWatch *watch = g_steal_pointer(&listener->watch);
    g_mutex_unlock(&listener->mutex);
    batch_watch_free(watch);
    listener_unref(listener);
}

/* False when the stream has ended meanwhile. */
static bool
start_watch(Exchange *exchange, Listener *listener, const BatchInfo *batch, gint64 since)
{
    g_autoptr(GError) error = NULL;
    BatchWatch *watch =
        batch_watch_new(exchange->app->batches, &exchange->account.id, &batch->id, since,
                        on_changed, g_atomic_rc_box_acquire(listener), listener_unref, &error);
    if (watch == NULL) {
        listener_unref(listener);
        return false;
    }
    g_mutex_lock(&listener->mutex);
    bool is_closed = listener->is_closed;
    if (!is_closed) {
        listener->watch = watch;
    }
    g_mutex_unlock(&listener->mutex);
    if (is_closed) {
        batch_watch_free(watch);
    }
    return !is_closed;
}

/* A browser that comes again says what it saw last; one that comes first has loaded the page's
 * photos before or will do so, and needs changes from now on. */
static gint64
seen_revision(Exchange *exchange, const BatchInfo *batch)
{
    const char *text = http_request_header(exchange->request, "Last-Event-ID");
    guint64 revision;
    return text != NULL && g_ascii_string_to_unsigned(text, 10, 1, (guint64)batch->revision,
                                                      &revision, NULL)
               ? (gint64)revision
               : batch->revision;
}

HttpReplied
handle_batches_events(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        (batch = batches_get(exchange->app->batches, &exchange->account.id, &id, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    if (!exchange_take_slot(exchange, exchange->site->watches)) {
        return exchange_refuse_slot(exchange, exchange->site->watches,
                                    "too many windows watch at once; close some");
    }
    Listener *listener = g_atomic_rc_box_new0(Listener);
    g_mutex_init(&listener->mutex);
    listener->accounts = exchange->app->accounts;
    listener->cookie = g_strdup(exchange_cookie(exchange));
    listener->bearer = g_strdup(exchange_bearer(exchange));
    gint64 since = seen_revision(exchange, batch);
    HttpReplied replied = http_reply_sse(exchange->request, on_closed,
                                         g_atomic_rc_box_acquire(listener), &listener->sse);
    send_batch(listener->sse, batch);
    if (!start_watch(exchange, listener, batch, since)) {
        http_sse_close(listener->sse);
    }
    listener_unref(listener);
    return replied;
}

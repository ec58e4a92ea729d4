#include "batches/watch.h"

#include "base/error.h"
#include "batches/batch_row.h"
#include "batches/service.h"
#include "batches/watches.h"

#include <string.h>

/* At most four times a second to a page; what other processes did is looked for once a second. */
static const gint64 notice_pause_us = G_USEC_PER_SEC / 4;
static const gint64 poll_pause_us = G_USEC_PER_SEC;

struct BatchWatch {
    Watches *watches;
    Id account, batch;
    gint64 seen; /* revision that was told of */
    BatchChangedFunc changed;
    gpointer data;
    GDestroyNotify destroy;
    bool is_noticed; /* this process changed the batch */
    bool is_over;    /* told that the batch is gone */
    bool is_freed;   /* while it was told */
};

struct Watches {
    Batches *batches;
    GMutex mutex;
    GCond woken;
    GPtrArray *all;   /* of BatchWatch, borrowed */
    BatchWatch *told; /* who is being told now */
    GThread *thread;  /* from the first watch on */
    bool is_noticed;  /* one of them is */
    bool must_end;
};

Watches *
watches_new(Batches *batches)
{
    Watches *watches = g_new0(Watches, 1);
    watches->batches = batches;
    g_mutex_init(&watches->mutex);
    g_cond_init(&watches->woken);
    watches->all = g_ptr_array_new();
    return watches;
}

void
watches_free(Watches *watches)
{
    g_mutex_lock(&watches->mutex);
    watches->must_end = true;
    g_cond_broadcast(&watches->woken);
    g_mutex_unlock(&watches->mutex);
    if (watches->thread != NULL) {
        g_thread_join(watches->thread);
    }
    g_assert(watches->all->len == 0); /* their owners end before we do */
    g_ptr_array_unref(watches->all);
    g_mutex_clear(&watches->mutex);
    g_cond_clear(&watches->woken);
    g_free(watches);
}

void
watches_notify(Watches *watches, const Id *batch)
{
    g_mutex_lock(&watches->mutex);
    for (guint i = 0; i < watches->all->len; i++) {
        BatchWatch *watch = watches->all->pdata[i];
        if (id_equal(&watch->batch, batch)) {
            watch->is_noticed = watches->is_noticed = true;
        }
    }
    if (watches->is_noticed) {
        g_cond_broadcast(&watches->woken);
    }
    g_mutex_unlock(&watches->mutex);
}

/* What one batch looks like now, and what changed since SINCE. */
typedef struct {
    BatchInfo *batch; /* NULL: it is gone */
    GArray *photos;   /* of Id */
    bool are_too_many;
} News;

static void
news_clear(News *news)
{
    batch_info_free(news->batch);
    g_clear_pointer(&news->photos, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(News, news_clear)

static bool
load_photos(DbTx *tx, const Id *batch, gint64 since, News *news)
{
    g_autoptr(DbRows) rows = db_query(tx, NULL,
                                      "SELECT id FROM photo WHERE batch_id = $1 AND revision > $2"
                                      " ORDER BY revision LIMIT $3",
                                      "tii", batch->text, since, (gint64)WATCH_MAX_PHOTOS + 1);
    news->photos = g_array_new(FALSE, FALSE, sizeof(Id));
    while (rows != NULL && db_next(rows)) {
        Id id;
        (void)row_id(rows, "id", &id);
        g_array_append_val(news->photos, id);
    }
    news->are_too_many = news->photos->len > WATCH_MAX_PHOTOS;
    return rows != NULL;
}

/* False: the database is not there, or nothing is new. */
static bool
load_news(Batches *batches, const BatchWatch *watch, News *ret_news)
{
    g_auto(News) news = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, &error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(BatchRow) row = batch_row_load(tx, &watch->account, &watch->batch, &error);
    bool is_gone = g_error_matches(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    bool is_new = row != NULL && row->info->revision > watch->seen &&
                  batch_count_uploading(tx, &watch->batch, &row->info->counts.uploading, NULL) &&
                  load_photos(tx, &watch->batch, watch->seen, &news);
    if (!is_gone && !is_new) {
        return false;
    }
    news.batch = row == NULL ? NULL : g_steal_pointer(&row->info);
    *ret_news = news;
    news = (News){ 0 };
    return true;
}

static void
destroy_watch(BatchWatch *watch)
{
    watch->destroy(watch->data);
    g_free(watch);
}

static void
tell(Watches *watches, BatchWatch *watch)
{
    g_auto(News) news = { 0 };
    watches->told = watch;
    watch->is_noticed = false;
    g_mutex_unlock(&watches->mutex);
    if (load_news(watches->batches, watch, &news)) {
        gsize count = news.photos == NULL ? 0 : news.photos->len;
        watch->is_over = news.batch == NULL;
        watch->seen = news.batch == NULL ? watch->seen : news.batch->revision;
        watch->changed(news.batch,
                       news.photos == NULL ? NULL : (const Id *)(void *)news.photos->data,
                       news.are_too_many ? WATCH_TOO_MANY : count, watch->data);
    }
    g_mutex_lock(&watches->mutex);
    watches->told = NULL;
    if (watch->is_freed) {
        g_mutex_unlock(&watches->mutex);
        destroy_watch(watch);
        g_mutex_lock(&watches->mutex);
    }
}

/* All of them, to find out what other processes did, or only those that were noticed. */
static void
tell_all(Watches *watches, bool is_poll)
{
    g_autoptr(GPtrArray) now = g_ptr_array_copy(watches->all, NULL, NULL);
    for (guint i = 0; i < now->len && !watches->must_end; i++) {
        BatchWatch *watch = now->pdata[i];
        /* It may have been freed while another one was told. */
        if (g_ptr_array_find(watches->all, watch, NULL) && !watch->is_over &&
            (is_poll || watch->is_noticed)) {
            tell(watches, watch);
        }
    }
}

/* Until TIME, or until something is noticed where that WAKES. */
static void
pause_until(Watches *watches, gint64 time, bool wakes)
{
    while (!watches->must_end && !(wakes && watches->is_noticed)) {
        if (watches->all->len == 0) {
            g_cond_wait(&watches->woken, &watches->mutex); /* nobody listens: sleep for good */
        } else if (!g_cond_wait_until(&watches->woken, &watches->mutex, time)) {
            return;
        }
    }
}

static gpointer
watch_thread(gpointer data)
{
    Watches *watches = data;
    gint64 next_poll = 0;
    g_mutex_lock(&watches->mutex);
    while (!watches->must_end) {
        gint64 now = g_get_monotonic_time();
        bool is_poll = now >= next_poll;
        watches->is_noticed = false;
        tell_all(watches, is_poll);
        next_poll = is_poll ? now + poll_pause_us : next_poll;
        pause_until(watches, now + notice_pause_us, false);
        pause_until(watches, next_poll, true);
    }
    g_mutex_unlock(&watches->mutex);
    return NULL;
}

BatchWatch *
batch_watch_new(Batches *batches, const Id *account, const Id *batch, gint64 since,
                BatchChangedFunc changed, gpointer data, GDestroyNotify destroy, GError **error)
{
    g_autoptr(BatchInfo) info = batches_get(batches, account, batch, error);
    if (info == NULL) {
        return NULL;
    }
    Watches *watches = batches->watches;
    BatchWatch *watch = g_new0(BatchWatch, 1);
    *watch = (BatchWatch){ .watches = watches,
                           .account = *account,
                           .batch = *batch,
                           .seen = since > 0 ? since : info->revision,
                           .changed = changed,
                           .data = data,
                           .destroy = destroy };
    g_mutex_lock(&watches->mutex);
    g_ptr_array_add(watches->all, watch);
    watch->is_noticed = watches->is_noticed = true;
    if (watches->thread == NULL) {
        watches->thread = g_thread_new("watch", watch_thread, watches);
    }
    g_cond_broadcast(&watches->woken);
    g_mutex_unlock(&watches->mutex);
    return watch;
}

void
batch_watch_free(BatchWatch *watch)
{
    if (watch == NULL) {
        return;
    }
    Watches *watches = watch->watches;
    g_mutex_lock(&watches->mutex);
    g_ptr_array_remove(watches->all, watch);
    watch->is_freed = watches->told == watch;
    bool is_told = watch->is_freed;
    g_mutex_unlock(&watches->mutex);
    if (!is_told) {
        destroy_watch(watch);
    }
}

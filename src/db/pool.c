#include "db/pool.h"

#include "base/error.h"

static const gint64 max_wait = 30 * G_USEC_PER_SEC;

typedef struct {
    GCond granted_cond;
    bool granted;
} Waiter;

struct Pool {
    const DbBackend *backend;
    guint max_connections;
    GMutex lock;
    guint num_free_places;
    GQueue idle;    /* DbConnection, the last used in front: its caches are warm */
    GQueue waiters; /* Waiter, in order of arrival: no thread starves */
};

Pool *
pool_new(const DbBackend *backend, guint max_connections)
{
    Pool *pool = g_new0(Pool, 1);
    pool->backend = backend;
    pool->max_connections = pool->num_free_places = max_connections;
    g_mutex_init(&pool->lock);
    g_queue_init(&pool->idle);
    g_queue_init(&pool->waiters);
    return pool;
}

void
pool_drop_idle(Pool *pool)
{
    g_mutex_lock(&pool->lock);
    GQueue dropped = pool->idle;
    g_queue_init(&pool->idle);
    g_mutex_unlock(&pool->lock);
    DbConnection *connection;
    while ((connection = g_queue_pop_head(&dropped)) != NULL) {
        pool->backend->disconnect(connection);
    }
}

void
pool_free(Pool *pool)
{
    if (pool == NULL) {
        return;
    }
    g_assert(pool->num_free_places == pool->max_connections);
    pool_drop_idle(pool);
    g_mutex_clear(&pool->lock);
    g_free(pool);
}

bool
pool_take(Pool *pool, DbConnection **ret_connection, GError **error)
{
    g_mutex_lock(&pool->lock);
    bool taken = true;
    if (pool->num_free_places > 0) {
        pool->num_free_places--;
    } else {
        Waiter waiter = { .granted = false };
        g_cond_init(&waiter.granted_cond);
        g_queue_push_tail(&pool->waiters, &waiter);
        gint64 deadline = g_get_monotonic_time() + max_wait;
        while (!waiter.granted && g_cond_wait_until(&waiter.granted_cond, &pool->lock, deadline)) {
        }
        taken = waiter.granted;
        if (!taken) {
            g_queue_remove(&pool->waiters, &waiter);
        }
        g_cond_clear(&waiter.granted_cond);
    }
    if (taken) {
        *ret_connection = g_queue_pop_head(&pool->idle);
    }
    g_mutex_unlock(&pool->lock);
    if (!taken) {
        return fail(error, APP_ERROR_UNAVAILABLE, "database: all %u connections are busy",
                    pool->max_connections);
    }
    return true;
}

void
pool_give(Pool *pool, DbConnection *connection)
{
    g_mutex_lock(&pool->lock);
    if (connection != NULL) {
        g_queue_push_head(&pool->idle, connection);
    }
    Waiter *next = g_queue_pop_head(&pool->waiters);
    if (next != NULL) {
        next->granted = true;
        g_cond_signal(&next->granted_cond);
    } else {
        pool->num_free_places++;
    }
    g_mutex_unlock(&pool->lock);
}

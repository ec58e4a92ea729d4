#include "batches/appends.h"

/* A client comes back when it believes its line is broken, which we may not have noticed. A read
 * from that line ends when it is told to; what is left to wait for is the disk. */
static const gint64 max_wait_us = 2 * G_USEC_PER_SEC;

static bool
stop_locked(Batches *batches, const Id *upload)
{
    gint64 until = g_get_monotonic_time() + max_wait_us;
    AppendState *state;
    while ((state = g_hash_table_lookup(batches->appends, upload->text)) != NULL) {
        g_atomic_int_set(&state->must_stop, 1);
        if (!g_cond_wait_until(&batches->appended, &batches->mutex, until)) {
            return g_hash_table_lookup(batches->appends, upload->text) == NULL;
        }
    }
    return true;
}

bool
appends_stop(Batches *batches, const Id *upload)
{
    g_mutex_lock(&batches->mutex);
    bool is_free = stop_locked(batches, upload);
    g_mutex_unlock(&batches->mutex);
    return is_free;
}

bool
appends_enter(Batches *batches, const Id *upload, AppendState *state)
{
    g_mutex_lock(&batches->mutex);
    bool is_free = stop_locked(batches, upload);
    if (is_free) {
        g_hash_table_insert(batches->appends, g_strdup(upload->text), state);
    }
    g_mutex_unlock(&batches->mutex);
    return is_free;
}

void
appends_leave(Batches *batches, const Id *upload)
{
    g_mutex_lock(&batches->mutex);
    g_hash_table_remove(batches->appends, upload->text);
    g_cond_broadcast(&batches->appended);
    g_mutex_unlock(&batches->mutex);
}

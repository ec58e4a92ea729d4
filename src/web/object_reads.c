#include "web/object_reads.h"

#include "base/error.h"

/* Of a picture: at most what the marketplaces accept; this bounds memory, not them. */
static const gsize max_bytes = 64 * 1024 * 1024;
/* Stores answer within milliseconds or, far away and with a large picture, in a second. */
static const gint64 patience_us = 2 * G_USEC_PER_SEC;

typedef struct {
    guint num_inside;
    gint64 answered_us; /* the last time, or when somebody began to wait where nobody did */
} Lane;

struct ObjectReads {
    Vault *vault;
    guint max_at_once;
    GMutex mutex;
    GCond left;
    GHashTable *lanes; /* region -> Lane */
};

ObjectReads *
object_reads_new(Vault *vault, guint max_at_once)
{
    ObjectReads *reads = g_new0(ObjectReads, 1);
    reads->vault = vault;
    reads->max_at_once = max_at_once;
    g_mutex_init(&reads->mutex);
    g_cond_init(&reads->left);
    reads->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return reads;
}

void
object_reads_free(ObjectReads *reads)
{
    if (reads != NULL) {
        g_hash_table_unref(reads->lanes);
        g_cond_clear(&reads->left);
        g_mutex_clear(&reads->mutex);
        g_free(reads);
    }
}

static Lane *
lane_of(ObjectReads *reads, const char *region)
{
    Lane *lane = g_hash_table_lookup(reads->lanes, region);
    if (lane == NULL) {
        lane = g_new0(Lane, 1);
        g_hash_table_insert(reads->lanes, g_strdup(region), lane);
    }
    return lane;
}

/* Its lane; NULL: the store is silent. */
static Lane *
enter(ObjectReads *reads, const char *region, GError **error)
{
    g_mutex_lock(&reads->mutex);
    Lane *lane = lane_of(reads, region);
    while (lane->num_inside >= reads->max_at_once &&
           g_get_monotonic_time() < lane->answered_us + patience_us) {
        (void)g_cond_wait_until(&reads->left, &reads->mutex, lane->answered_us + patience_us);
    }
    bool may_enter = lane->num_inside < reads->max_at_once;
    if (may_enter && lane->num_inside++ == 0) {
        lane->answered_us = g_get_monotonic_time();
    }
    g_mutex_unlock(&reads->mutex);
    return may_enter ? lane
                     : fail_null(error, APP_ERROR_UNAVAILABLE,
                                 "the storage of region %s does not answer", region);
}

/* Only an answer is a sign of life: a store that fails everybody after a minute is none. */
static void
leave(ObjectReads *reads, Lane *lane, bool has_answered)
{
    g_mutex_lock(&reads->mutex);
    lane->num_inside--;
    if (has_answered) {
        lane->answered_us = g_get_monotonic_time();
    }
    g_cond_broadcast(&reads->left);
    g_mutex_unlock(&reads->mutex);
}

GBytes *
object_reads_get(ObjectReads *reads, const Id *object, GError **error)
{
    g_autoptr(VaultReader) reader = vault_open(reads->vault, object, error);
    if (reader == NULL) {
        return NULL;
    }
    gsize size = vault_size(reader);
    if (size > max_bytes) {
        return fail_null(error, APP_ERROR_TOO_LARGE,
                         "object %s: %" G_GSIZE_FORMAT " bytes, the limit is %" G_GSIZE_FORMAT,
                         object->text, size, max_bytes);
    }
    Lane *lane = enter(reads, vault_region(reader), error);
    if (lane == NULL) {
        return NULL;
    }
    g_autofree guint8 *buffer = g_malloc(size + 1);
    bool is_read = vault_read(reader, 0, buffer, size, error);
    leave(reads, lane, is_read);
    return is_read ? g_bytes_new_take(g_steal_pointer(&buffer), size) : NULL;
}

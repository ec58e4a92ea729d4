#include "web/picture_cache.h"

#include "http/reply.h"

#include <string.h>

struct PictureCache {
    const Clock *clock;
    gsize max_bytes;
    guint max_pictures;
    GMutex mutex;
    GHashTable *slots; /* "host path" -> Slot, which it owns */
    GQueue by_use;     /* the one used longest ago first */
    gsize num_bytes;
};

typedef struct {
    PictureEntry *entry;
    char *key;
    Timestamp confirmed_at;
    GList link; /* in by_use, data: the slot */
} Slot;

PictureEntry *
picture_entry_new(GBytes *bytes, const char *etag, Timestamp published_at, Timestamp expires_at)
{
    PictureEntry *entry = g_atomic_rc_box_new0(PictureEntry);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    entry->pages = size < HTTP_MIN_PAGES ? NULL : memory_pages_new(data, size, NULL);
    entry->bytes = g_bytes_ref(entry->pages == NULL ? bytes : memory_pages_bytes(entry->pages));
    entry->etag = g_strdup(etag);
    entry->published_at = published_at;
    entry->expires_at = expires_at;
    return entry;
}

PictureEntry *
picture_entry_ref(PictureEntry *entry)
{
    return g_atomic_rc_box_acquire(entry);
}

static void
picture_entry_clear(gpointer data)
{
    PictureEntry *entry = data;
    g_bytes_unref(entry->bytes);
    g_clear_pointer(&entry->pages, memory_pages_unref);
    g_free(entry->etag);
}

void
picture_entry_unref(PictureEntry *entry)
{
    g_atomic_rc_box_release_full(entry, picture_entry_clear);
}

static gsize
slot_size(const Slot *slot)
{
    return g_bytes_get_size(slot->entry->bytes) + strlen(slot->key) + sizeof *slot;
}

static void
slot_free(gpointer data)
{
    Slot *slot = data;
    picture_entry_unref(slot->entry);
    g_free(slot->key);
    g_free(slot);
}

PictureCache *
picture_cache_new(const Clock *clock, gsize max_bytes, guint max_pictures)
{
    PictureCache *cache = g_new0(PictureCache, 1);
    cache->clock = clock;
    cache->max_bytes = max_bytes;
    cache->max_pictures = max_pictures;
    g_mutex_init(&cache->mutex);
    cache->slots = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, slot_free);
    g_queue_init(&cache->by_use);
    return cache;
}

void
picture_cache_free(PictureCache *cache)
{
    if (cache == NULL) {
        return;
    }
    g_hash_table_unref(cache->slots);
    g_mutex_clear(&cache->mutex);
    g_free(cache);
}

/* Everything below that takes a Slot runs under the mutex. */
static void
remove_slot(PictureCache *cache, Slot *slot)
{
    cache->num_bytes -= slot_size(slot);
    g_queue_unlink(&cache->by_use, &slot->link);
    g_hash_table_remove(cache->slots, slot->key);
}

static Slot *
find_slot(PictureCache *cache, const char *host, const char *path)
{
    g_autofree char *key = g_strconcat(host, " ", path, NULL);
    return g_hash_table_lookup(cache->slots, key);
}

static PictureEntry *
use_slot(PictureCache *cache, Slot *slot)
{
    g_queue_unlink(&cache->by_use, &slot->link);
    g_queue_push_tail_link(&cache->by_use, &slot->link);
    return picture_entry_ref(slot->entry);
}

PictureEntry *
picture_cache_find_fresh(PictureCache *cache, const char *host, const char *path)
{
    Timestamp now = clock_now(cache->clock);
    PictureEntry *found = NULL;
    g_mutex_lock(&cache->mutex);
    Slot *slot = find_slot(cache, host, path);
    if (slot != NULL && now - slot->confirmed_at <= PICTURE_FRESH &&
        slot->entry->expires_at > now) {
        found = use_slot(cache, slot);
    }
    g_mutex_unlock(&cache->mutex);
    return found;
}

PictureEntry *
picture_cache_confirm(PictureCache *cache, const char *host, const char *path, const char *etag)
{
    Timestamp now = clock_now(cache->clock);
    PictureEntry *found = NULL;
    g_mutex_lock(&cache->mutex);
    Slot *slot = find_slot(cache, host, path);
    if (slot != NULL && strcmp(slot->entry->etag, etag) == 0) {
        slot->confirmed_at = now;
        found = use_slot(cache, slot);
    }
    g_mutex_unlock(&cache->mutex);
    return found;
}

void
picture_cache_put(PictureCache *cache, const char *host, const char *path, PictureEntry *entry)
{
    Slot *slot = g_new0(Slot, 1);
    slot->key = g_strconcat(host, " ", path, NULL);
    slot->entry = picture_entry_ref(entry);
    slot->confirmed_at = clock_now(cache->clock);
    slot->link.data = slot;
    gsize size = slot_size(slot);
    if (size > cache->max_bytes / 4 || cache->max_pictures == 0) {
        slot_free(slot);
        return;
    }
    g_mutex_lock(&cache->mutex);
    Slot *old = g_hash_table_lookup(cache->slots, slot->key);
    if (old != NULL) {
        remove_slot(cache, old);
    }
    while (cache->num_bytes + size > cache->max_bytes ||
           cache->by_use.length >= cache->max_pictures) {
        remove_slot(cache, cache->by_use.head->data);
    }
    cache->num_bytes += size;
    g_hash_table_insert(cache->slots, slot->key, slot);
    g_queue_push_tail_link(&cache->by_use, &slot->link);
    g_mutex_unlock(&cache->mutex);
}

void
picture_cache_forget(PictureCache *cache, const char *host, const char *path)
{
    g_mutex_lock(&cache->mutex);
    Slot *slot = find_slot(cache, host, path);
    if (slot != NULL) {
        remove_slot(cache, slot);
    }
    g_mutex_unlock(&cache->mutex);
}

void
picture_cache_purge(PictureCache *cache)
{
    Timestamp now = clock_now(cache->clock);
    g_mutex_lock(&cache->mutex);
    for (GList *link = cache->by_use.head; link != NULL;) {
        Slot *slot = link->data;
        link = link->next;
        if (now - slot->confirmed_at > PICTURE_KEPT || slot->entry->expires_at <= now) {
            remove_slot(cache, slot);
        }
    }
    g_mutex_unlock(&cache->mutex);
}

gsize
picture_cache_size(PictureCache *cache)
{
    g_mutex_lock(&cache->mutex);
    gsize size = cache->num_bytes;
    g_mutex_unlock(&cache->mutex);
    return size;
}

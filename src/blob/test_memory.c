#include "blob/test_memory.h"

#include "base/error.h"

#include <string.h>

typedef struct {
    BlobStore base;
    GHashTable *objects; /* key -> GByteArray */
    guint num_reads;
} MemoryStore;

typedef struct {
    BlobWriter base;
    char *key;
    GByteArray *bytes;
} MemoryWriter;

static BlobWriter *
memory_create(BlobStore *store, const char *key, GError **error)
{
    MemoryWriter *writer = g_new0(MemoryWriter, 1);
    writer->key = g_strdup(key);
    writer->bytes = g_byte_array_new();
    return &writer->base;
}

static bool
memory_write(BlobWriter *base, const void *data, gsize size, GError **error)
{
    g_byte_array_append(((MemoryWriter *)base)->bytes, data, (guint)size);
    return true;
}

static bool
memory_commit(BlobWriter *base, GError **error)
{
    MemoryWriter *writer = (MemoryWriter *)base;
    g_hash_table_insert(((MemoryStore *)base->store)->objects, g_strdup(writer->key),
                        g_byte_array_ref(writer->bytes));
    return true;
}

static void
memory_writer_free(BlobWriter *base)
{
    MemoryWriter *writer = (MemoryWriter *)base;
    g_byte_array_unref(writer->bytes);
    g_free(writer->key);
    g_free(writer);
}

static bool
memory_read(BlobStore *base, const char *key, guint64 offset, void *buffer, gsize size,
            GError **error)
{
    MemoryStore *store = (MemoryStore *)base;
    store->num_reads++;
    GByteArray *bytes = g_hash_table_lookup(store->objects, key);
    if (bytes == NULL) {
        return fail(error, APP_ERROR_NOT_FOUND, "%s: no such object", key);
    }
    if (offset > bytes->len || size > bytes->len - offset) {
        return fail(error, APP_ERROR_INVALID, "%s: ends too early", key);
    }
    memcpy(buffer, bytes->data + offset, size);
    return true;
}

static bool
memory_remove_unfinished(BlobStore *base, const char *key, GError **error)
{
    g_hash_table_remove(((MemoryStore *)base)->objects, key);
    return true;
}

static bool
memory_remove(BlobStore *base, GPtrArray *keys, GError **error)
{
    for (guint i = 0; i < keys->len; i++) {
        (void)memory_remove_unfinished(base, keys->pdata[i], error);
    }
    return true;
}

static void
memory_free(BlobStore *base)
{
    g_hash_table_unref(((MemoryStore *)base)->objects);
    g_free(base);
}

static const BlobBackend memory_backend = {
    .create = memory_create,
    .write = memory_write,
    .commit = memory_commit,
    .writer_free = memory_writer_free,
    .read = memory_read,
    .remove = memory_remove,
    .remove_unfinished = memory_remove_unfinished,
    .free = memory_free,
    .read_ahead = 256 * 1024,
};

BlobStore *
memory_store_new(void)
{
    MemoryStore *store = g_new0(MemoryStore, 1);
    store->base.backend = &memory_backend;
    store->objects =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
    return &store->base;
}

GByteArray *
memory_store_bytes(BlobStore *store, const char *key)
{
    return g_hash_table_lookup(((MemoryStore *)store)->objects, key);
}

guint
memory_store_num_reads(const BlobStore *store)
{
    return ((const MemoryStore *)store)->num_reads;
}

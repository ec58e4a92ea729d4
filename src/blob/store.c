#include "blob/store.h"

#include "base/error.h"

#include <string.h>

static const gsize max_key_length = 200;

/* Keys are ours; a wrong one is a bug, not an input. */
static bool
is_key(const char *key)
{
    gsize length = strlen(key);
    return length > 0 && length <= max_key_length &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-/") == length && key[0] != '/' &&
           key[length - 1] != '/' && strstr(key, "//") == NULL;
}

void
blob_store_free(BlobStore *store)
{
    if (store != NULL) {
        store->backend->free(store);
    }
}

BlobWriter *
blob_create(BlobStore *store, const char *key, GError **error)
{
    g_assert(is_key(key));
    BlobWriter *writer = store->backend->create(store, key, error);
    if (writer != NULL) {
        writer->store = store;
    }
    return writer;
}

bool
blob_write(BlobWriter *writer, const void *data, gsize size, GError **error)
{
    return writer->store->backend->write(writer, data, size, error);
}

bool
blob_commit(BlobWriter *writer, GError **error)
{
    return writer->store->backend->commit(writer, error);
}

void
blob_writer_free(BlobWriter *writer)
{
    if (writer != NULL) {
        writer->store->backend->writer_free(writer);
    }
}

bool
blob_read(BlobStore *store, const char *key, guint64 offset, void *buffer, gsize size,
          GError **error)
{
    g_assert(is_key(key));
    return size == 0 || store->backend->read(store, key, offset, buffer, size, error);
}

bool
blob_remove(BlobStore *store, GPtrArray *keys, GError **error)
{
    g_assert(keys->len <= 1000);
    for (guint i = 0; i < keys->len; i++) {
        g_assert(is_key(keys->pdata[i]));
    }
    return keys->len == 0 || store->backend->remove(store, keys, error);
}

bool
blob_remove_unfinished(BlobStore *store, const char *key, GError **error)
{
    g_assert(is_key(key));
    return store->backend->remove_unfinished(store, key, error);
}

GPtrArray *
blob_list(BlobStore *store, const char *after, guint max_keys, GError **error)
{
    return store->backend->list(store, after, max_keys, error);
}

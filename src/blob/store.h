/* Where sealed bytes lie: a struct of functions with a backend a file. A key is made by us and
 * never used twice: "pictures/7x/01hzx...", lower-case letters, digits, '-' and '/'. A store knows
 * nothing of accounts and cannot read what it holds. All functions from any thread; a writer is
 * one thread's at a time. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct BlobStore BlobStore;
typedef struct BlobWriter BlobWriter;

/* What a backend provides. The wrappers below say what each promises. */
typedef struct {
    BlobWriter *(*create)(BlobStore *store, const char *key, GError **error);
    bool (*write)(BlobWriter *writer, const void *data, gsize size, GError **error);
    bool (*commit)(BlobWriter *writer, GError **error);
    void (*writer_free)(BlobWriter *writer);
    bool (*read)(BlobStore *store, const char *key, guint64 offset, void *buffer, gsize size,
                 GError **error);
    bool (*remove)(BlobStore *store, GPtrArray *keys, GError **error);
    bool (*remove_unfinished)(BlobStore *store, const char *key, GError **error);
    GPtrArray *(*list)(BlobStore *store, const char *after, guint max_keys, GError **error);
    void (*free)(BlobStore *store);
    gsize read_ahead; /* bytes worth fetching at once where a reader goes on in order */
} BlobBackend;

/* Backends' structs begin with these. */
struct BlobStore {
    const BlobBackend *backend;
};
struct BlobWriter {
    BlobStore *store;
};

void blob_store_free(BlobStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobStore, blob_store_free)

/* Begins the object KEY. CONFLICT when somebody is writing it; UNAVAILABLE. */
BlobWriter *blob_create(BlobStore *store, const char *key, GError **error);
/* UNAVAILABLE when the disk is full, the server does not answer (after retries). */
bool blob_write(BlobWriter *writer, const void *data, gsize size, GError **error);
/* All bytes, and that they are there, survive a power cut after this. CONFLICT when KEY exists.
 * Once per writer, last. */
bool blob_commit(BlobWriter *writer, GError **error);
/* Without a commit before it nothing of the object is left, unless the store cannot be reached:
 * then blob_remove_unfinished does it later. */
void blob_writer_free(BlobWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlobWriter, blob_writer_free)

/* Exactly SIZE bytes from OFFSET. NOT_FOUND; INVALID when the object ends before that. */
bool blob_read(BlobStore *store, const char *key, guint64 offset, void *buffer, gsize size,
               GError **error);

/* Removes finished objects, at most 1,000; such as are not there are fine. After true none of them
 * comes back with a power cut; after false some may be left: call again. */
bool blob_remove(BlobStore *store, GPtrArray *keys, GError **error);
/* The same for one object that a killed process may have been in the middle of writing. */
bool blob_remove_unfinished(BlobStore *store, const char *key, GError **error);

/* Up to MAX_KEYS keys after AFTER ("": from the start) in the order of bytes, unfinished objects
 * included where they are files. */
GPtrArray *blob_list(BlobStore *store, const char *after, guint max_keys, GError **error);

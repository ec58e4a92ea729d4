#include "blob/sealed_stream.h"

#include "base/error.h"
#include "base/secret.h"

#include <string.h>

static const gsize sealed_chunk_size = SEALED_CHUNK_SIZE + SEALED_TAG_SIZE;
/* Sealed chunks that are handed to the store at once. */
enum { BATCH = 4, MAX_WINDOW = 16 };

struct SealedWriter {
    BlobWriter *blob;
    Seal *seal;
    guint64 num_sealed; /* chunks */
    guint8 *plain;      /* of the chunk that is not full, or of which is not known yet whether it is
                         * the last */
    gsize plain_size;
    guint8 *sealed; /* the header or BATCH chunks */
    gsize sealed_size;
};

SealedWriter *
sealed_writer_new(BlobStore *store, const char *key_in_store, const SealKey *key,
                  const char *object, GError **error)
{
    BlobWriter *blob = blob_create(store, key_in_store, error);
    if (blob == NULL) {
        return NULL;
    }
    SealedWriter *writer = g_new0(SealedWriter, 1);
    writer->blob = blob;
    writer->plain = g_malloc(SEALED_CHUNK_SIZE);
    writer->sealed = g_malloc(SEALED_HEADER_SIZE + BATCH * sealed_chunk_size);
    writer->seal = seal_new(key, object, writer->sealed);
    writer->sealed_size = SEALED_HEADER_SIZE;
    return writer;
}

static bool
flush(SealedWriter *writer, GError **error)
{
    gsize size = writer->sealed_size;
    writer->sealed_size = 0;
    return size == 0 || blob_write(writer->blob, writer->sealed, size, error);
}

static bool
put_chunk(SealedWriter *writer, const guint8 *plain, gsize size, bool is_last, GError **error)
{
    if (writer->sealed_size + sealed_chunk_size > BATCH * sealed_chunk_size &&
        !flush(writer, error)) {
        return false;
    }
    seal_chunk(writer->seal, writer->num_sealed++, is_last, plain, size,
               writer->sealed + writer->sealed_size);
    writer->sealed_size += size + SEALED_TAG_SIZE;
    return true;
}

bool
sealed_write(SealedWriter *writer, const void *data, gsize size, GError **error)
{
    const guint8 *at = data;
    while (size > 0) {
        if (writer->plain_size == SEALED_CHUNK_SIZE) {
            if (!put_chunk(writer, writer->plain, SEALED_CHUNK_SIZE, false, error)) {
                return false;
            }
            writer->plain_size = 0;
        }
        gsize count = MIN(size, SEALED_CHUNK_SIZE - writer->plain_size);
        /* More follows a whole chunk here, so it is sealed where it lies. */
        if (count == SEALED_CHUNK_SIZE && size > count) {
            if (!put_chunk(writer, at, count, false, error)) {
                return false;
            }
        } else {
            memcpy(writer->plain + writer->plain_size, at, count);
            writer->plain_size += count;
        }
        at += count;
        size -= count;
    }
    return true;
}

bool
sealed_finish(SealedWriter *writer, guint64 *ret_size, GError **error)
{
    guint64 size = writer->num_sealed * SEALED_CHUNK_SIZE + writer->plain_size;
    if (!put_chunk(writer, writer->plain, writer->plain_size, true, error) ||
        !flush(writer, error) || !blob_commit(writer->blob, error)) {
        return false;
    }
    *ret_size = size;
    return true;
}

void
sealed_writer_free(SealedWriter *writer)
{
    if (writer != NULL) {
        blob_writer_free(writer->blob);
        seal_free(writer->seal);
        secret_clear(writer->plain, SEALED_CHUNK_SIZE);
        g_free(writer->plain);
        g_free(writer->sealed);
        g_free(writer);
    }
}

struct SealedReader {
    BlobStore *store;
    char *key_in_store;
    SealKey key;
    char *object;
    guint64 size, num_chunks;
    Seal *seal; /* NULL before the header was read */
    /* Chunks as they lie in the store, from number `first`. */
    guint8 *window;
    gsize window_capacity;
    guint64 first, num_in_window;
    /* One chunk opened, of which only a part was asked for so far. */
    guint8 *plain;
    guint64 plain_index;
    bool has_plain;
};

SealedReader *
sealed_reader_new(BlobStore *store, const char *key_in_store, const SealKey *key,
                  const char *object, guint64 size)
{
    SealedReader *reader = g_new0(SealedReader, 1);
    reader->store = store;
    reader->key_in_store = g_strdup(key_in_store);
    reader->key = *key;
    reader->object = g_strdup(object);
    reader->size = size;
    reader->num_chunks = sealed_num_chunks(size);
    return reader;
}

void
sealed_reader_free(SealedReader *reader)
{
    if (reader == NULL) {
        return;
    }
    seal_free(reader->seal);
    if (reader->plain != NULL) {
        secret_clear(reader->plain, SEALED_CHUNK_SIZE);
    }
    secret_clear(&reader->key, sizeof reader->key);
    g_free(reader->plain);
    g_free(reader->window);
    g_free(reader->object);
    g_free(reader->key_in_store);
    g_free(reader);
}

static gsize
chunk_size(const SealedReader *reader, guint64 index)
{
    return index + 1 < reader->num_chunks ? SEALED_CHUNK_SIZE
                                          : (gsize)(reader->size - index * SEALED_CHUNK_SIZE);
}

static bool
open_seal(SealedReader *reader, const guint8 *header, GError **error)
{
    reader->seal = seal_open(&reader->key, reader->object, header, error);
    return reader->seal != NULL;
}

/* Fetches chunks from INDEX on. The header comes along with chunk 0, and alone before any other. */
static bool
fetch(SealedReader *reader, guint64 index, guint64 num_wanted, GError **error)
{
    guint64 count = MIN(num_wanted, reader->num_chunks - index);
    guint64 last = index + count - 1;
    gsize header_size = index == 0 ? SEALED_HEADER_SIZE : 0;
    gsize size = header_size + (gsize)(count - 1) * sealed_chunk_size + chunk_size(reader, last) +
                 SEALED_TAG_SIZE;
    reader->num_in_window = 0;
    if (reader->window_capacity < size) {
        g_free(reader->window);
        reader->window = g_malloc(size);
        reader->window_capacity = size;
    }
    guint8 header[SEALED_HEADER_SIZE];
    if (index > 0 && reader->seal == NULL &&
        (!blob_read(reader->store, reader->key_in_store, 0, header, sizeof header, error) ||
         !open_seal(reader, header, error))) {
        return false;
    }
    guint64 offset = index == 0 ? 0 : SEALED_HEADER_SIZE + index * sealed_chunk_size;
    if (!blob_read(reader->store, reader->key_in_store, offset, reader->window, size, error) ||
        (reader->seal == NULL && !open_seal(reader, reader->window, error))) {
        return false;
    }
    reader->first = index;
    reader->num_in_window = count;
    return true;
}

static bool
is_in_window(const SealedReader *reader, guint64 index)
{
    return index >= reader->first && index - reader->first < reader->num_in_window;
}

/* Opens chunk INDEX into RET_PLAIN; NUM_WANTED from it on will be asked for by this call. */
static bool
open_chunk(SealedReader *reader, guint64 index, guint64 num_wanted, guint8 *ret_plain,
           GError **error)
{
    if (!is_in_window(reader, index)) {
        bool goes_on = reader->num_in_window > 0 && index == reader->first + reader->num_in_window;
        guint64 ahead = goes_on ? reader->store->backend->read_ahead / SEALED_CHUNK_SIZE : 1;
        guint64 most = MAX(ahead, MAX_WINDOW);
        if (!fetch(reader, index, MIN(MAX(num_wanted, ahead), most), error)) {
            return false;
        }
    }
    const guint8 *sealed = reader->window + (reader->first == 0 ? SEALED_HEADER_SIZE : 0) +
                           (index - reader->first) * sealed_chunk_size;
    bool is_last = index + 1 == reader->num_chunks;
    gsize size = chunk_size(reader, index);
    return unseal_chunk(reader->seal, index, is_last, sealed, size, ret_plain) ||
           fail(error, APP_ERROR_INVALID,
                "object %s: chunk %" G_GUINT64_FORMAT " is not as it was written", reader->object,
                index);
}

bool
sealed_read(SealedReader *reader, guint64 offset, void *buffer, gsize size, GError **error)
{
    if (offset > reader->size || size > reader->size - offset) {
        return fail(error, APP_ERROR_INVALID, "object %s: has only %" G_GUINT64_FORMAT " bytes",
                    reader->object, reader->size);
    }
    guint8 *at = buffer;
    while (size > 0) {
        guint64 index = offset / SEALED_CHUNK_SIZE;
        gsize within = (gsize)(offset % SEALED_CHUNK_SIZE);
        gsize whole = chunk_size(reader, index);
        gsize count = MIN(size, whole - within);
        guint64 num_wanted = (offset + size - 1) / SEALED_CHUNK_SIZE - index + 1;
        if (count == whole) {
            if (!open_chunk(reader, index, num_wanted, at, error)) {
                return false;
            }
        } else {
            if (reader->plain == NULL) {
                reader->plain = g_malloc(SEALED_CHUNK_SIZE);
            }
            if (!reader->has_plain || reader->plain_index != index) {
                reader->has_plain = false;
                if (!open_chunk(reader, index, num_wanted, reader->plain, error)) {
                    return false;
                }
                reader->has_plain = true;
                reader->plain_index = index;
            }
            memcpy(at, reader->plain + within, count);
        }
        at += count;
        offset += count;
        size -= count;
    }
    return true;
}

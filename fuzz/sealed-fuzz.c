/* A stored object after any change. What is read from it is what was written, or nothing.
 *
 * The first byte chooses: 0, and the rest is stored as it is (after four bytes, the size that the
 * reader is told); else the rest is a list of changes to an object of four chunks, ten bytes each:
 * what (1), where (3), how many (3), and a range's start or another place (3). */
#include "blob/sealed_stream.h"
#include "blob/test_memory.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const SealKey key = { { 3, 1, 4, 1, 5 } };
static const char object[] = "01hzy0000000000000000000aa";
static const char name[] = "pictures/aa/a";
enum { PLAIN_SIZE = 3 * SEALED_CHUNK_SIZE + 100, CHANGE_SIZE = 10, MAX_CHANGES = 8 };

static guint8
plain_byte(guint64 at)
{
    return (guint8)(at * 7 + at / 251);
}

static BlobStore *
store_with_object(void)
{
    BlobStore *store = memory_store_new();
    g_autoptr(SealedWriter) writer = sealed_writer_new(store, name, &key, object, NULL);
    static guint8 plain[PLAIN_SIZE];
    for (guint i = 0; i < PLAIN_SIZE; i++) {
        plain[i] = plain_byte(i);
    }
    guint64 written;
    g_assert_true(sealed_write(writer, plain, PLAIN_SIZE, NULL));
    g_assert_true(sealed_finish(writer, &written, NULL));
    return store;
}

static guint32
read_uint24(const uint8_t *at)
{
    return (guint32)at[0] | (guint32)at[1] << 8 | (guint32)at[2] << 16;
}

static void
change_bytes(GByteArray *bytes, const uint8_t *change)
{
    if (bytes->len == 0) {
        return;
    }
    guint at = read_uint24(change + 1) % bytes->len;
    guint count = MIN(read_uint24(change + 4), bytes->len - at);
    guint other = read_uint24(change + 7) % bytes->len;
    switch (change[0] % 5) {
    case 0:
        bytes->data[at] ^= (guint8)(1 << change[4] % 8);
        break;
    case 1:
        g_byte_array_set_size(bytes, at);
        break;
    case 2:
        g_byte_array_remove_range(bytes, at, count);
        break;
    case 3: /* a chunk over another */
    {
        guint chunk = SEALED_CHUNK_SIZE + SEALED_TAG_SIZE;
        guint to = SEALED_HEADER_SIZE + at % 3 * chunk,
              from = SEALED_HEADER_SIZE + other % 3 * chunk;
        if (MAX(to, from) + chunk <= bytes->len) {
            memmove(bytes->data + to, bytes->data + from, chunk);
        }
        break;
    }
    default:
        memmove(bytes->data + MIN(at, other), bytes->data + MAX(at, other),
                MIN(count, bytes->len - MAX(at, other)));
    }
}

/* Reads and compares with what was written. */
static void
check_range(SealedReader *reader, guint64 offset, gsize count)
{
    g_autofree guint8 *buffer = g_malloc(count + 1);
    g_autoptr(GError) error = NULL;
    if (!sealed_read(reader, offset, buffer, count, &error)) {
        g_assert_nonnull(error);
        return;
    }
    for (gsize i = 0; i < count; i++) {
        g_assert_cmpuint(buffer[i], ==, plain_byte(offset + i));
    }
}

static void
check_object(BlobStore *store, guint64 size, const uint8_t *range)
{
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, size);
    check_range(reader, 0, MIN(size, PLAIN_SIZE));
    if (range != NULL && size > 0) {
        guint64 offset = read_uint24(range) % size;
        check_range(reader, offset, MIN(read_uint24(range + 3), size - offset));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static BlobStore *whole;
    if (whole == NULL) {
        whole = store_with_object();
    }
    if (size < 5) {
        return 0;
    }
    g_autoptr(BlobStore) store = memory_store_new();
    g_autoptr(BlobWriter) writer = blob_create(store, name, NULL);
    g_assert_true(blob_commit(writer, NULL));
    GByteArray *bytes = memory_store_bytes(store, name);
    if (data[0] == 0) {
        g_byte_array_append(bytes, data + 5, (guint)size - 5);
        check_object(store, read_uint24(data + 1), NULL);
        return 0;
    }
    const GByteArray *original = memory_store_bytes(whole, name);
    g_byte_array_append(bytes, original->data, original->len);
    size_t num_changes = MIN((size - 1) / CHANGE_SIZE, MAX_CHANGES);
    for (size_t i = 0; i < num_changes; i++) {
        change_bytes(bytes, data + 1 + i * CHANGE_SIZE);
    }
    const uint8_t *range = num_changes == 0 ? NULL : data + 1 + (num_changes - 1) * CHANGE_SIZE + 4;
    check_object(store, PLAIN_SIZE, range);
    check_object(store, MIN(bytes->len, PLAIN_SIZE), range);
    return 0;
}

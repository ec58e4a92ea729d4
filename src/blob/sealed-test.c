#include "blob/sealed_stream.h"

#include "base/error.h"
#include "blob/test_memory.h"

#include <string.h>

static const SealKey key = { { 1, 2, 3 } };
static const SealKey other_key = { { 1, 2, 4 } };
static const char object[] = "01hzy0000000000000000000aa";
static const char name[] = "pictures/aa/01hzy0000000000000000000aa";

static GBytes *
make_plain(gsize size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)size + 1);
    guint8 *data = g_malloc(size + 4);
    for (gsize i = 0; i < size; i += 4) {
        guint32 word = g_rand_int(random);
        memcpy(data + i, &word, 4);
    }
    return g_bytes_new_take(data, size);
}

/* Stores PLAIN in pieces of PIECE bytes. */
static BlobStore *
store_of(GBytes *plain, gsize piece)
{
    g_autoptr(GError) error = NULL;
    BlobStore *store = memory_store_new();
    g_autoptr(SealedWriter) writer = sealed_writer_new(store, name, &key, object, &error);
    g_assert_no_error(error);
    gsize size;
    const guint8 *data = g_bytes_get_data(plain, &size);
    for (gsize at = 0; at < size; at += piece) {
        sealed_write(writer, data + at, MIN(piece, size - at), &error);
        g_assert_no_error(error);
    }
    guint64 written;
    sealed_finish(writer, &written, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(written, ==, size);
    return store;
}

static void
assert_reads_back(BlobStore *store, GBytes *plain)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(plain, &size);
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, size);
    g_autofree guint8 *buffer = g_malloc(size + 1);
    g_autoptr(GError) error = NULL;
    sealed_read(reader, 0, buffer, size, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(buffer, size, data, size);
}

/* Whether all of the object, read with KEY as OBJECT, is refused as not what was written. */
static bool
is_refused(BlobStore *store, const SealKey *with, const char *as, gsize size)
{
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, with, as, size);
    g_autofree guint8 *buffer = g_malloc(size + 1);
    g_autoptr(GError) error = NULL;
    return !sealed_read(reader, 0, buffer, size, &error) &&
           g_error_matches(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_round_trip(void)
{
    static const gsize sizes[] = { 0,
                                   1,
                                   15,
                                   16,
                                   65535,
                                   65536,
                                   65537,
                                   131071,
                                   131072,
                                   131073,
                                   4 * 65536,
                                   4 * 65536 + 1,
                                   300000,
                                   1 << 20,
                                   (1 << 20) + 1,
                                   17 * 65536 + 3 };
    static const gsize pieces[] = { 1000, 65536, 65537, 100000, 10000000 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) plain = make_plain(sizes[i]);
        for (gsize j = 0; j < G_N_ELEMENTS(pieces); j++) {
            g_autoptr(BlobStore) store = store_of(plain, pieces[j]);
            g_assert_cmpuint(memory_store_bytes(store, name)->len, ==, sealed_size(sizes[i]));
            assert_reads_back(store, plain);
        }
    }
}

static void
test_any_range(void)
{
    g_autoptr(GBytes) plain = make_plain(5 * 65536 + 77);
    g_autoptr(BlobStore) store = store_of(plain, 70000);
    gsize size;
    const guint8 *data = g_bytes_get_data(plain, &size);
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, size);
    g_autofree guint8 *buffer = g_malloc(size);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < 500; i++) {
        gsize offset = (gsize)g_rand_int_range(random, 0, (gint32)size + 1);
        gsize count = (gsize)g_rand_int_range(random, 0, (gint32)(size - offset) + 1);
        g_autoptr(GError) error = NULL;
        sealed_read(reader, offset, buffer, count, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(buffer, count, data + offset, count);
    }
}

static void
test_past_the_end(void)
{
    g_autoptr(GBytes) plain = make_plain(100);
    g_autoptr(BlobStore) store = store_of(plain, 100);
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, 100);
    guint8 buffer[101];
    g_autoptr(GError) error = NULL;
    g_assert_false(sealed_read(reader, 0, buffer, 101, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(sealed_read(reader, G_MAXUINT64, buffer, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

/* Small steps in order are few requests to the store. */
static void
test_reading_on_fetches_ahead(void)
{
    g_autoptr(GBytes) plain = make_plain(40 * 65536);
    g_autoptr(BlobStore) store = store_of(plain, 1 << 20);
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, 40 * 65536);
    guint8 buffer[1024];
    for (gsize at = 0; at < 40 * 65536; at += sizeof buffer) {
        g_assert_true(sealed_read(reader, at, buffer, sizeof buffer, NULL));
    }
    g_assert_cmpuint(memory_store_num_reads(store), <=, 11);
}

/* LST-16: what is stored shows nothing of what was written. */
static void
test_bytes_are_hidden(void)
{
    g_autofree char *text = g_strnfill(200000, 'A');
    g_autoptr(GBytes) plain = g_bytes_new(text, 200000);
    g_autoptr(BlobStore) store = store_of(plain, 1000);
    GByteArray *bytes = memory_store_bytes(store, name);
    g_assert_null(memmem(bytes->data, bytes->len, "AAAA", 4));
    g_autoptr(BlobStore) again = store_of(plain, 1000);
    GByteArray *other = memory_store_bytes(again, name);
    g_assert_cmpint(memcmp(bytes->data + 32, other->data + 32, 1000), !=, 0);
}

static void
test_any_changed_byte_is_found(void)
{
    g_autoptr(GBytes) plain = make_plain(2 * 65536 + 50);
    g_autoptr(BlobStore) store = store_of(plain, 100000);
    GByteArray *bytes = memory_store_bytes(store, name);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    for (guint i = 0; i < 300; i++) {
        /* All of the header and of the last chunk, some of the rest. */
        guint at = i < 32    ? i
                   : i < 100 ? bytes->len - 1 - (i - 32)
                             : (guint)g_rand_int_range(random, 32, (gint32)bytes->len);
        guint8 change = (guint8)(1 << (i % 8));
        bytes->data[at] ^= change;
        g_assert_true(is_refused(store, &key, object, 2 * 65536 + 50));
        bytes->data[at] ^= change;
    }
    assert_reads_back(store, plain);
}

static void
test_truncation_is_found(void)
{
    const gsize size = 3 * 65536;
    g_autoptr(GBytes) plain = make_plain(size);
    g_autoptr(BlobStore) store = store_of(plain, size);
    GByteArray *bytes = memory_store_bytes(store, name);
    const guint chunk = 65536 + 16;
    g_byte_array_set_size(bytes, 32 + 2 * chunk);
    g_assert_true(is_refused(store, &key, object, size));
    /* Also by a reader that was told the smaller size: chunk 1 was not the last one. */
    g_assert_true(is_refused(store, &key, object, 2 * 65536));
}

static void
test_longer_is_found(void)
{
    g_autoptr(GBytes) plain = make_plain(65536);
    g_autoptr(BlobStore) store = store_of(plain, 65536);
    GByteArray *bytes = memory_store_bytes(store, name);
    g_autofree guint8 *chunk = g_memdup2(bytes->data + 32, 65536 + 16);
    g_byte_array_append(bytes, chunk, 65536 + 16);
    g_assert_true(is_refused(store, &key, object, 2 * 65536));
}

static void
test_exchanged_chunks_are_found(void)
{
    g_autoptr(GBytes) plain = make_plain(4 * 65536);
    g_autoptr(BlobStore) store = store_of(plain, 4 * 65536);
    guint8 *data = memory_store_bytes(store, name)->data + 32;
    const gsize chunk = 65536 + 16;
    g_autofree guint8 *first = g_memdup2(data, chunk);
    memcpy(data, data + chunk, chunk);
    memcpy(data + chunk, first, chunk);
    g_assert_true(is_refused(store, &key, object, 4 * 65536));
}

static void
test_exchanged_objects_are_found(void)
{
    g_autoptr(GBytes) plain = make_plain(1000);
    g_autoptr(BlobStore) store = store_of(plain, 1000);
    g_assert_true(is_refused(store, &key, "01hzy0000000000000000000ab", 1000));
    g_assert_true(is_refused(store, &other_key, object, 1000));
    g_assert_false(is_refused(store, &key, object, 1000));
}

/* The bytes of a range that fails its check do not get out. */
static void
test_nothing_unchecked_gets_out(void)
{
    g_autoptr(GBytes) plain = make_plain(65536);
    g_autoptr(BlobStore) store = store_of(plain, 65536);
    memory_store_bytes(store, name)->data[40] ^= 1;
    g_autoptr(SealedReader) reader = sealed_reader_new(store, name, &key, object, 65536);
    g_autofree guint8 *buffer = g_malloc0(65536);
    g_autofree guint8 *zeros = g_malloc0(65536);
    g_assert_false(sealed_read(reader, 0, buffer, 65536, NULL));
    g_assert_cmpmem(buffer, 65536, zeros, 65536);
    g_assert_false(sealed_read(reader, 10, buffer, 20, NULL));
    g_assert_false(sealed_read(reader, 11, buffer, 20, NULL));
    g_assert_cmpmem(buffer, 65536, zeros, 65536);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sealed/round-trip", test_round_trip);
    g_test_add_func("/sealed/any-range", test_any_range);
    g_test_add_func("/sealed/past-the-end", test_past_the_end);
    g_test_add_func("/sealed/reading-on-fetches-ahead", test_reading_on_fetches_ahead);
    g_test_add_func("/sealed/bytes-are-hidden-LST-16", test_bytes_are_hidden);
    g_test_add_func("/sealed/any-changed-byte-is-found", test_any_changed_byte_is_found);
    g_test_add_func("/sealed/truncation-is-found", test_truncation_is_found);
    g_test_add_func("/sealed/longer-is-found", test_longer_is_found);
    g_test_add_func("/sealed/exchanged-chunks-are-found", test_exchanged_chunks_are_found);
    g_test_add_func("/sealed/exchanged-objects-are-found", test_exchanged_objects_are_found);
    g_test_add_func("/sealed/nothing-unchecked-gets-out", test_nothing_unchecked_gets_out);
    return g_test_run();
}

/* blob [DIRECTORY]: how fast objects are sealed, opened and stored, beside the same bytes through
 * OpenSSL alone and through plain files. Rounds are interleaved; ratios are medians. */
#include "blob/directory.h"
#include "blob/sealed_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 9,
    BUFFER_SIZE = 16 * 1024 * 1024,
    NUM_LARGE = 8,
    SMALL_SIZE = 200 * 1024,
    NUM_SMALL = 200
};

static const SealKey key = { { 1 } };
static guint8 *buffer;

static double
now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A store that keeps the last object in memory that is there already. */
typedef struct {
    BlobStore base;
    guint8 *bytes;
    gsize size;
} Sink;

static BlobWriter *
sink_create(BlobStore *store, const char *name, GError **error)
{
    ((Sink *)store)->size = 0;
    return g_new0(BlobWriter, 1);
}

static bool
sink_write(BlobWriter *writer, const void *data, gsize size, GError **error)
{
    /* Not copied but for the first time around: a store's own cost is measured apart. */
    Sink *sink = (Sink *)writer->store;
    if (sink->bytes != NULL) {
        memcpy(sink->bytes + sink->size, data, size);
    }
    sink->size += size;
    return true;
}

static bool
sink_commit(BlobWriter *writer, GError **error)
{
    return true;
}

static void
sink_writer_free(BlobWriter *writer)
{
    g_free(writer);
}

static bool
sink_read(BlobStore *store, const char *name, guint64 offset, void *into, gsize size,
          GError **error)
{
    memcpy(into, ((Sink *)store)->bytes + offset, size);
    return true;
}

static const BlobBackend sink_backend = { .create = sink_create,
                                          .write = sink_write,
                                          .commit = sink_commit,
                                          .writer_free = sink_writer_free,
                                          .read = sink_read,
                                          .read_ahead = 1024 * 1024 };

static double
seconds_of_openssl(void)
{
    static guint8 out[SEALED_CHUNK_SIZE + SEALED_TAG_SIZE];
    guint8 nonce[12] = { 0 };
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key.bytes, nonce);
    for (gsize at = 0; at < BUFFER_SIZE; at += SEALED_CHUNK_SIZE) {
        int length;
        nonce[0]++;
        EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce);
        EVP_EncryptUpdate(context, out, &length, buffer + at, SEALED_CHUNK_SIZE);
        EVP_EncryptFinal_ex(context, out + length, &length);
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG_SIZE, out);
    }
    double seconds = now(CLOCK_THREAD_CPUTIME_ID) - start;
    EVP_CIPHER_CTX_free(context);
    return seconds;
}

static double
seconds_to_seal(BlobStore *store, gsize piece)
{
    guint64 written;
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    g_autoptr(SealedWriter) writer = sealed_writer_new(store, "a", &key, "object", NULL);
    for (gsize at = 0; at < BUFFER_SIZE; at += piece) {
        if (!sealed_write(writer, buffer + at, MIN(piece, BUFFER_SIZE - at), NULL)) {
            g_error("not sealed");
        }
    }
    if (!sealed_finish(writer, &written, NULL)) {
        g_error("not sealed");
    }
    return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double
seconds_to_open(BlobStore *store, guint8 *into)
{
    const gsize piece = 256 * 1024;
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    g_autoptr(SealedReader) reader = sealed_reader_new(store, "a", &key, "object", BUFFER_SIZE);
    for (gsize at = 0; at < BUFFER_SIZE; at += piece) {
        if (!sealed_read(reader, at, into + at, piece, NULL)) {
            g_error("not opened");
        }
    }
    return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void
write_plain(const char *path, gsize size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (gsize at = 0; at < size; at += 256 * 1024) {
        gsize count = MIN(256 * 1024, size - at);
        if (write(fd, buffer + at % BUFFER_SIZE, count) != (gssize)count) {
            g_error("%s: %s", path, g_strerror(errno));
        }
    }
    fsync(fd);
    close(fd);
}

static double
seconds_of_plain_files(const char *dir, guint count, gsize size)
{
    double start = now(CLOCK_MONOTONIC);
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/plain-%u", dir, i);
        write_plain(path, size);
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    fsync(fd);
    close(fd);
    double seconds = now(CLOCK_MONOTONIC) - start;
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/plain-%u", dir, i);
        g_unlink(path);
    }
    return seconds;
}

static double
seconds_of_objects(BlobStore *store, guint count, gsize size)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    double start = now(CLOCK_MONOTONIC);
    for (guint i = 0; i < count; i++) {
        guint64 written;
        g_ptr_array_add(keys, g_strdup_printf("pictures/%02u/%u", i % 32, i));
        g_autoptr(SealedWriter) writer =
            sealed_writer_new(store, keys->pdata[i], &key, "object", &error);
        for (gsize at = 0; at < size; at += BUFFER_SIZE) {
            if (!sealed_write(writer, buffer, MIN(BUFFER_SIZE, size - at), &error)) {
                g_error("%s", error->message);
            }
        }
        if (!sealed_finish(writer, &written, &error)) {
            g_error("%s", error->message);
        }
    }
    double seconds = now(CLOCK_MONOTONIC) - start;
    if (!blob_remove(store, keys, &error)) {
        g_error("%s", error->message);
    }
    return seconds;
}

static int
compare_doubles(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return first < second ? -1 : first > second;
}

static double
median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare_doubles);
    return values[ROUNDS / 2];
}

static void
measure_sealing(void)
{
    Sink sink = { .base = { &sink_backend } };
    (void)seconds_to_seal(&sink.base, BUFFER_SIZE);
    sink.bytes = g_malloc0(sink.size);
    g_autofree guint8 *into = g_malloc0(BUFFER_SIZE);
    double floor[ROUNDS], whole[ROUNDS], pieces[ROUNDS], opened[ROUNDS];
    for (guint i = 0; i < ROUNDS; i++) {
        floor[i] = seconds_of_openssl();
        whole[i] = seconds_to_seal(&sink.base, BUFFER_SIZE);
        pieces[i] = seconds_to_seal(&sink.base, 10000);
        opened[i] = seconds_to_open(&sink.base, into);
    }
    if (memcmp(into, buffer, BUFFER_SIZE) != 0) {
        g_error("not what was sealed");
    }
    double openssl = median(floor);
    const struct {
        const char *what;
        double seconds;
    } lines[] = { { "OpenSSL alone, 64 KiB at a time", openssl },
                  { "sealed, handed over whole", median(whole) },
                  { "sealed, in pieces of 10,000 bytes", median(pieces) },
                  { "opened, in pieces of 256 KiB", median(opened) } };
    printf("16 MiB in memory, processor time of one core\n");
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        printf("  %-36s %6.2f GB/s  %.2f of OpenSSL\n", lines[i].what,
               BUFFER_SIZE / lines[i].seconds / 1e9, openssl / lines[i].seconds);
    }
    g_free(sink.bytes);
}

static void
measure_directory(const char *dir, guint count, gsize size, const char *what)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(dir, "store", NULL);
    g_autoptr(BlobStore) store = directory_store_new(path, &error);
    if (store == NULL) {
        g_error("%s", error->message);
    }
    double plain[ROUNDS], objects[ROUNDS];
    for (guint i = 0; i < ROUNDS; i++) {
        plain[i] = seconds_of_plain_files(dir, count, size);
        objects[i] = seconds_of_objects(store, count, size);
    }
    double plain_median = median(plain), objects_median = median(objects);
    double megabytes = (double)count * (double)size / 1e6;
    printf("%s, on the disk, wall time\n", what);
    printf("  %-36s %6.0f MB/s  %6.0f a second\n", "plain files, each synced",
           megabytes / plain_median, count / plain_median);
    printf("  %-36s %6.0f MB/s  %6.0f a second, %.2f of plain files\n", "sealed objects",
           megabytes / objects_median, count / objects_median, plain_median / objects_median);
}

int
main(int argc, char **argv)
{
    g_autofree char *dir = argc > 1 ? g_build_filename(argv[1], "blob-bench-XXXXXX", NULL) : NULL;
    dir = dir == NULL ? g_dir_make_tmp("blob-bench-XXXXXX", NULL) : g_mkdtemp(dir);
    if (dir == NULL) {
        fprintf(stderr, "no directory to write to\n");
        return 1;
    }
    buffer = g_malloc(BUFFER_SIZE);
    for (gsize i = 0; i < BUFFER_SIZE; i++) {
        buffer[i] = (guint8)(i * 31 + i / 4093);
    }
    measure_sealing();
    measure_directory(dir, NUM_LARGE, 2 * BUFFER_SIZE, "8 objects of 32 MiB");
    measure_directory(dir, NUM_SMALL, SMALL_SIZE, "200 objects of 200 KiB");
    const char *argv_remove[] = { "rm", "-rf", dir, NULL };
    g_spawn_sync(NULL, (char **)argv_remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                 NULL, NULL);
    g_free(buffer);
    return 0;
}

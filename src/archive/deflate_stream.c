#include "archive/deflate_stream.h"

#include "base/error.h"

#include <libdeflate.h>
#include <string.h>
#include <zlib.h>

enum {
    CHUNK_SIZE = 256 * 1024, /* a window of 32 KiB is lost at each: 0.5 % more bytes */
    MAX_THREADS = 4,         /* one thread reads and scans for them; four outrun it */
    JOIN_SIZE = 5,           /* what joining a chunk to the next adds at most */
};

typedef struct {
    struct libdeflate_compressor *compressor;
    guint8 *in;
    gsize in_size;
    guint8 *out;
    gsize out_size; /* 0: could not be compressed */
    bool is_last;
    bool is_busy; /* under the stream's lock: handed to a thread and not finished */
    bool is_full; /* handed to a thread and not yet given to the sink */
} Chunk;

struct DeflateStream {
    DeflateSink sink;
    gpointer user_data;
    int level;
    gsize out_bound;
    Chunk *chunks; /* a ring */
    guint num_chunks;
    guint current;     /* the one being filled */
    GThreadPool *pool; /* from the second chunk on */
    GMutex lock;
    GCond finished;
};

/* Where the last block begins and where the stream ends, in bits. */
static bool
find_last_block(const guint8 *data, gsize size, gsize *ret_begin, gsize *ret_end)
{
    guint8 window[32 * 1024];
    z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
        return false;
    }
    gsize begin = 0;
    bool found = false;
    int status = Z_OK;
    while (status == Z_OK && !found) {
        stream.next_out = window;
        stream.avail_out = sizeof window;
        status = inflate(&stream, Z_BLOCK);
        /* zlib.h: data_type is the number of unused bits in the last byte taken, plus 64 in the
         * last block, plus 128 right behind a block. */
        if (status == Z_OK && stream.data_type & 128) {
            gsize position = (size - stream.avail_in) * 8 - ((guint)stream.data_type & 7);
            if (stream.data_type & 64) {
                *ret_begin = begin;
                *ret_end = position;
                found = true;
            }
            begin = position;
        }
    }
    inflateEnd(&stream);
    return found;
}

/* Turns a finished stream into one that goes on. */
static bool
make_joinable(Chunk *chunk)
{
    gsize begin, end;
    if (!find_last_block(chunk->out, chunk->out_size, &begin, &end) ||
        (end + 7) / 8 != chunk->out_size) {
        return false;
    }
    chunk->out[begin / 8] &= (guint8) ~(1u << (begin % 8)); /* BFINAL */
    /* A stored block of length 0: three zero bits, zero bits up to the byte's border, LEN, NLEN. */
    if (chunk->out_size * 8 - end < 3) {
        chunk->out[chunk->out_size++] = 0;
    }
    static const guint8 lengths[] = { 0x00, 0x00, 0xff, 0xff };
    memcpy(chunk->out + chunk->out_size, lengths, sizeof lengths);
    chunk->out_size += sizeof lengths;
    return true;
}

static void
compress_chunk(gpointer data, gpointer user_data)
{
    Chunk *chunk = data;
    DeflateStream *stream = user_data;
    chunk->out_size = libdeflate_deflate_compress(chunk->compressor, chunk->in, chunk->in_size,
                                                  chunk->out, stream->out_bound);
    if (chunk->out_size > 0 && !chunk->is_last && !make_joinable(chunk)) {
        chunk->out_size = 0;
    }
    g_mutex_lock(&stream->lock);
    chunk->is_busy = false;
    g_cond_broadcast(&stream->finished);
    g_mutex_unlock(&stream->lock);
}

static bool
pass_on(DeflateStream *stream, Chunk *chunk, GError **error)
{
    g_mutex_lock(&stream->lock);
    while (chunk->is_busy) {
        g_cond_wait(&stream->finished, &stream->lock);
    }
    g_mutex_unlock(&stream->lock);
    chunk->is_full = false;
    chunk->in_size = 0;
    if (chunk->out_size == 0) {
        return fail(error, APP_ERROR_INTERNAL, "compressing gave bytes that cannot be read back");
    }
    return stream->sink(chunk->out, chunk->out_size, stream->user_data, error);
}

static void
submit(DeflateStream *stream, Chunk *chunk, bool is_last)
{
    chunk->is_last = is_last;
    chunk->is_full = true;
    if (is_last && stream->pool == NULL) { /* a small member is not worth a thread */
        compress_chunk(chunk, stream);
        return;
    }
    if (stream->pool == NULL) {
        stream->pool =
            g_thread_pool_new(compress_chunk, stream, (gint)stream->num_chunks - 2, FALSE, NULL);
    }
    chunk->is_busy = true;
    g_thread_pool_push(stream->pool, chunk, NULL);
}

/* Most members are small and need one chunk only. */
static void
prepare(DeflateStream *stream, Chunk *chunk)
{
    if (chunk->compressor == NULL) {
        chunk->compressor = libdeflate_alloc_compressor(stream->level);
        g_assert(chunk->compressor != NULL); /* memory, or a level that does not exist */
        chunk->in = g_malloc(CHUNK_SIZE);
        chunk->out = g_malloc(stream->out_bound + JOIN_SIZE);
    }
}

DeflateStream *
deflate_stream_new(int level, DeflateSink sink, gpointer user_data)
{
    DeflateStream *stream = g_new0(DeflateStream, 1);
    stream->sink = sink;
    stream->user_data = user_data;
    /* One chunk is being filled and one waits to be written while each thread works on another. */
    stream->num_chunks = MIN(g_get_num_processors(), MAX_THREADS) + 2;
    stream->chunks = g_new0(Chunk, stream->num_chunks);
    stream->out_bound = libdeflate_deflate_compress_bound(NULL, CHUNK_SIZE);
    stream->level = level;
    prepare(stream, &stream->chunks[0]);
    g_mutex_init(&stream->lock);
    g_cond_init(&stream->finished);
    return stream;
}

void
deflate_stream_free(DeflateStream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->pool != NULL) {
        g_thread_pool_free(stream->pool, TRUE, TRUE);
    }
    for (guint i = 0; i < stream->num_chunks; i++) {
        if (stream->chunks[i].compressor != NULL) {
            libdeflate_free_compressor(stream->chunks[i].compressor);
        }
        g_free(stream->chunks[i].in);
        g_free(stream->chunks[i].out);
    }
    g_mutex_clear(&stream->lock);
    g_cond_clear(&stream->finished);
    g_free(stream->chunks);
    g_free(stream);
}

bool
deflate_stream_append(DeflateStream *stream, const guint8 *data, gsize size, GError **error)
{
    while (size > 0) {
        Chunk *chunk = &stream->chunks[stream->current];
        if (chunk->in_size == CHUNK_SIZE) {
            submit(stream, chunk, false);
            stream->current = (stream->current + 1) % stream->num_chunks;
            chunk = &stream->chunks[stream->current];
            if (chunk->is_full && !pass_on(stream, chunk, error)) {
                return false;
            }
            prepare(stream, chunk);
        }
        gsize part = MIN(size, CHUNK_SIZE - chunk->in_size);
        memcpy(chunk->in + chunk->in_size, data, part);
        chunk->in_size += part;
        data += part;
        size -= part;
    }
    return true;
}

bool
deflate_stream_finish(DeflateStream *stream, GError **error)
{
    submit(stream, &stream->chunks[stream->current], true);
    for (guint i = 1; i <= stream->num_chunks; i++) {
        Chunk *chunk = &stream->chunks[(stream->current + i) % stream->num_chunks];
        if (chunk->is_full && !pass_on(stream, chunk, error)) {
            return false;
        }
    }
    return true;
}

/* One DEFLATE stream (RFC 1951) from data that comes in pieces, made by several threads, in memory
 * that does not grow with the data.
 *
 * libdeflate is twice as fast as zlib at better compression, but knows whole buffers only. So
 * chunks of 256 KiB are compressed apart and joined: the mark "last block" of each chunk but the
 * last is taken back, and an empty stored block brings the bit stream to a byte's border (five
 * bytes a chunk). Where a chunk's last block begins is found by inflating it again up to each
 * block's border, which also proves, for every byte written, that it can be read back. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct DeflateStream DeflateStream;

/* Takes the next bytes of the stream; called in order, on the thread that appends. */
typedef bool (*DeflateSink)(const guint8 *data, gsize size, gpointer user_data, GError **error);

/* LEVEL: 1 to 12, libdeflate's. */
DeflateStream *deflate_stream_new(int level, DeflateSink sink, gpointer user_data);
/* May be called at any time; waits for the threads. */
void deflate_stream_free(DeflateStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeflateStream, deflate_stream_free)

bool deflate_stream_append(DeflateStream *stream, const guint8 *data, gsize size, GError **error);
/* Writes what is left. Nothing may be appended after it. */
bool deflate_stream_finish(DeflateStream *stream, GError **error);

#include "http/body_decoder.h"

#include <string.h>

/* A chunk's line holds at most 15 digits, and extensions that nobody reads; a sender that fills
 * more is up to something. */
static const guint max_chunk_line = 256;
static const guint max_trailers = 4096;

enum {
    PART_SIZE,
    PART_EXTENSION,
    PART_SIZE_LF,
    PART_DATA,
    PART_DATA_CR,
    PART_DATA_LF,
    PART_TRAILER,
    PART_TRAILER_LF
};

void
http_body_decoder_init(HttpBodyDecoder *decoder, gint64 content_length, guint64 max_body)
{
    *decoder = (HttpBodyDecoder){
        .is_chunked =
            content_length<0, .is_done = content_length == 0, .remaining = content_length> 0
                ? (guint64)content_length
                : 0,
        .max_body = max_body,
    };
}

/* Copies data of the body, or of a chunk. */
static gsize
copy(HttpBodyDecoder *decoder, const guint8 *raw, gsize size, guint8 *out, gsize out_size)
{
    gsize count = (gsize)MIN(decoder->remaining, (guint64)MIN(size, out_size));
    memcpy(out, raw, count);
    decoder->remaining -= count;
    decoder->received += count;
    return count;
}

static bool
take_size_char(HttpBodyDecoder *decoder, guint8 c)
{
    int digit = g_ascii_xdigit_value((char)c);
    if (digit >= 0 && decoder->num_digits < 15) {
        decoder->remaining = decoder->remaining * 16 + (guint)digit;
        decoder->num_digits++;
        return true;
    }
    if (decoder->num_digits == 0 || (c != '\r' && c != ';')) {
        return false;
    }
    decoder->part = c == '\r' ? PART_SIZE_LF : PART_EXTENSION;
    return true;
}

static bool
end_size_line(HttpBodyDecoder *decoder)
{
    decoder->part = decoder->remaining == 0 ? PART_TRAILER : PART_DATA;
    decoder->num_digits = 0;
    decoder->line_length = 0;
    return decoder->remaining <= decoder->max_body - decoder->received;
}

/* One character between the data; false where it may not stand there. */
static bool
take_frame_char(HttpBodyDecoder *decoder, guint8 c)
{
    bool is_text = c == '\t' || (c >= 0x20 && c != 0x7f);
    switch (decoder->part) {
    case PART_SIZE:
        return ++decoder->line_length <= max_chunk_line && take_size_char(decoder, c);
    case PART_EXTENSION:
        if (c == '\r') {
            decoder->part = PART_SIZE_LF;
            return true;
        }
        return is_text && ++decoder->line_length <= max_chunk_line;
    case PART_DATA_CR:
        decoder->part = PART_DATA_LF;
        return c == '\r';
    case PART_DATA_LF:
        decoder->part = PART_SIZE;
        return c == '\n';
    case PART_TRAILER: /* a field that nobody reads, or, where the line is empty, the end */
        if (c == '\r') {
            decoder->part = PART_TRAILER_LF;
            return true;
        }
        decoder->line_length++;
        return is_text && ++decoder->trailer_length <= max_trailers;
    case PART_TRAILER_LF:
        decoder->is_done = decoder->line_length == 0;
        decoder->line_length = 0;
        decoder->part = PART_TRAILER;
        return c == '\n' && ++decoder->trailer_length <= max_trailers;
    }
    return false;
}

HttpBodyProgress
http_body_decode(HttpBodyDecoder *decoder, const guint8 *raw, gsize size, gsize *ret_used,
                 guint8 *out, gsize out_size, gsize *ret_written)
{
    gsize used = 0, written = 0;
    HttpBodyProgress progress = HTTP_BODY_MORE;
    if (!decoder->is_chunked) {
        if (decoder->remaining > decoder->max_body - decoder->received) {
            progress = HTTP_BODY_TOO_LARGE;
        } else {
            used = written = copy(decoder, raw, size, out, out_size);
            decoder->is_done = decoder->remaining == 0;
        }
    }
    while (decoder->is_chunked && !decoder->is_done && used < size && progress == HTTP_BODY_MORE) {
        if (decoder->part == PART_DATA) {
            gsize count = copy(decoder, raw + used, size - used, out + written, out_size - written);
            used += count;
            written += count;
            if (decoder->remaining > 0 && count == 0) {
                break; /* OUT is full */
            }
            if (decoder->remaining == 0) {
                decoder->part = PART_DATA_CR;
            }
        } else if (decoder->part == PART_SIZE_LF) {
            if (raw[used] != '\n') {
                progress = HTTP_BODY_BROKEN;
            } else if (!end_size_line(decoder)) {
                progress = HTTP_BODY_TOO_LARGE;
            }
            used++;
        } else if (!take_frame_char(decoder, raw[used++])) {
            progress = HTTP_BODY_BROKEN;
        }
    }
    *ret_used = used;
    *ret_written = written;
    return progress == HTTP_BODY_MORE && decoder->is_done ? HTTP_BODY_DONE : progress;
}

void
http_body_decoder_skip(HttpBodyDecoder *decoder, gsize count)
{
    g_assert(!decoder->is_chunked && count <= decoder->remaining);
    decoder->remaining -= count;
    decoder->received += count;
    decoder->is_done = decoder->remaining == 0;
}

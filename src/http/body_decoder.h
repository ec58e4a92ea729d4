/* Takes the framing off a request's body (RFC 9112 6, 7.1). Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HTTP_BODY_MORE, /* as far as the bytes went, or OUT is full */
    HTTP_BODY_DONE,
    HTTP_BODY_BROKEN,
    HTTP_BODY_TOO_LARGE,
} HttpBodyProgress;

typedef struct {
    bool is_chunked;
    bool is_done;
    guint part;        /* of a chunk: see body_decoder.c */
    guint line_length; /* of the line being read */
    guint num_digits;
    guint trailer_length;
    guint64 remaining; /* bytes of the body, or of the chunk */
    guint64 received;
    guint64 max_body;
} HttpBodyDecoder;

/* CONTENT_LENGTH -1: chunked. */
void http_body_decoder_init(HttpBodyDecoder *decoder, gint64 content_length, guint64 max_body);

/* Decodes from SIZE bytes of RAW into OUT, which has room for OUT_SIZE; *RET_USED and *RET_WRITTEN
 * say how far it went. After DONE nothing more belongs to this body. */
HttpBodyProgress http_body_decode(HttpBodyDecoder *decoder, const guint8 *raw, gsize size,
                                  gsize *ret_used, guint8 *out, gsize out_size, gsize *ret_written);

/* COUNT bytes of a body that is not chunked were taken another way. */
void http_body_decoder_skip(HttpBodyDecoder *decoder, gsize count);

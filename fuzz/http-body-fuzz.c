/* The framing of a chunked body, taken in one piece and in small ones: both must see the same. */
#include "http/body_decoder.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static HttpBodyProgress
decode(const uint8_t *data, gsize size, gsize piece, gsize room, GByteArray *body, gsize *ret_used)
{
    HttpBodyDecoder decoder;
    http_body_decoder_init(&decoder, -1, 3000);
    HttpBodyProgress progress = HTTP_BODY_MORE;
    gsize at = 0;
    while (progress == HTTP_BODY_MORE && at < size) {
        guint8 out[4096];
        gsize used = 0, written = 0;
        progress = http_body_decode(&decoder, data + at, MIN(piece, size - at), &used, out, room,
                                    &written);
        g_assert(used <= size - at && written <= room && (used > 0 || written > 0));
        g_byte_array_append(body, out, (guint)written);
        at += used;
    }
    *ret_used = at;
    g_assert(body->len <= 3000);
    return progress;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_autoptr(GByteArray) pieces = g_byte_array_new();
    gsize used_whole, used_pieces;
    HttpBodyProgress progress = decode(data, size, size, 4096, whole, &used_whole);
    g_assert(progress == decode(data, size, 3, 2, pieces, &used_pieces));
    g_assert(used_whole == used_pieces);
    if (progress != HTTP_BODY_TOO_LARGE && progress != HTTP_BODY_BROKEN) {
        g_assert(whole->len == pieces->len);
        g_assert(whole->len == 0 || memcmp(whole->data, pieces->data, whole->len) == 0);
    }
    return 0;
}

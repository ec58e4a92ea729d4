#include "http/body_decoder.h"

#include <string.h>

/* Decodes TEXT fed in pieces of PIECE bytes; the last progress, and the body. */
static HttpBodyProgress
decode(const char *text, gint64 content_length, guint64 max_body, gsize piece, GString *ret_body,
       gsize *ret_used)
{
    HttpBodyDecoder decoder;
    http_body_decoder_init(&decoder, content_length, max_body);
    HttpBodyProgress progress = HTTP_BODY_MORE;
    gsize at = 0, size = strlen(text);
    while (progress == HTTP_BODY_MORE && at < size) {
        guint8 out[3];
        gsize used, written;
        progress = http_body_decode(&decoder, (const guint8 *)text + at, MIN(piece, size - at),
                                    &used, out, sizeof out, &written);
        g_string_append_len(ret_body, (const char *)out, (gssize)written);
        at += used;
    }
    *ret_used = at;
    return progress;
}

static void
test_takes_chunks_however_they_come_in(void)
{
    static const char text[] = "4\r\nabcd\r\n0A;name=\"v\"\r\n0123456789\r\n0\r\nX: y\r\n\r\nnext";
    for (gsize piece = 1; piece < sizeof text; piece++) {
        g_autoptr(GString) body = g_string_new(NULL);
        gsize used;
        g_assert_cmpint(decode(text, -1, 100, piece, body, &used), ==, HTTP_BODY_DONE);
        g_assert_cmpstr(body->str, ==, "abcd0123456789");
        g_assert_cmpuint(used, ==, strlen(text) - strlen("next"));
    }
}

static void
test_takes_as_much_as_was_announced(void)
{
    g_autoptr(GString) body = g_string_new(NULL);
    gsize used;
    g_assert_cmpint(decode("abcdefgh", 5, 5, 8, body, &used), ==, HTTP_BODY_DONE);
    g_assert_cmpstr(body->str, ==, "abcde");
    g_assert_cmpuint(used, ==, 5);
}

static void
test_refuses_chunks_with_two_meanings(void)
{
    static const char *const texts[] = {
        "0x5\r\nabcde\r\n0\r\n\r\n",
        "-1\r\n",
        " 5\r\nabcde\r\n",
        "5 \r\nabcde\r\n",
        "5\nabcde\r\n",
        "5\r\nabcdeX",
        "5\r\nabcde\n",
        "\r\n",
        "fffffffffffffffff\r\n",
        "5\r\rabcde",
        "0\r\nX\n\r\n",
        "5;\x01\r\nabcde\r\n",
        "g\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) body = g_string_new(NULL);
        gsize used;
        g_test_message("%s", texts[i]);
        g_assert_cmpint(decode(texts[i], -1, 100, 64, body, &used), ==, HTTP_BODY_BROKEN);
    }
}

static void
test_bounds_what_comes(void)
{
    g_autoptr(GString) body = g_string_new(NULL);
    gsize used;
    g_assert_cmpint(decode("abcdef", 6, 5, 8, body, &used), ==, HTTP_BODY_TOO_LARGE);
    g_assert_cmpint(decode("3\r\nabc\r\n3\r\nabc\r\n", -1, 5, 64, body, &used), ==,
                    HTTP_BODY_TOO_LARGE);
    g_assert_cmpint(decode("fffffffffffffff\r\n", -1, 5, 64, body, &used), ==, HTTP_BODY_TOO_LARGE);
    g_autofree char *long_line = g_strnfill(300, ';');
    long_line[0] = '5';
    g_assert_cmpint(decode(long_line, -1, 5, 64, body, &used), ==, HTTP_BODY_BROKEN);
    g_autoptr(GString) trailers = g_string_new("0\r\n");
    for (guint i = 0; i < 1000; i++) {
        g_string_append(trailers, "X: y\r\n");
    }
    g_assert_cmpint(decode(trailers->str, -1, 5, 64, body, &used), ==, HTTP_BODY_BROKEN);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/body/chunks", test_takes_chunks_however_they_come_in);
    g_test_add_func("/http/body/length", test_takes_as_much_as_was_announced);
    g_test_add_func("/http/body/two-meanings", test_refuses_chunks_with_two_meanings);
    g_test_add_func("/http/body/bounds", test_bounds_what_comes);
    return g_test_run();
}

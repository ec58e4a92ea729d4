#include "image/bmp.h"

#include "base/error.h"

#include <string.h>

static void
put_16(GByteArray *out, guint value)
{
    const guint8 bytes[] = { (guint8)value, (guint8)(value >> 8) };
    g_byte_array_append(out, bytes, sizeof bytes);
}

static void
put_32(GByteArray *out, guint32 value)
{
    put_16(out, value & 0xffff);
    put_16(out, value >> 16);
}

typedef struct {
    gint32 width, height;
    guint bits, compression;
    guint num_extra; /* bytes between the 40-byte header and the pixels: masks, palette */
    const void *extra;
    guint header_size; /* 0: 40 */
    gsize num_pixel_bytes;
    const void *pixels;
} Source;

static GByteArray *
make_bmp(const Source *source)
{
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)"BM", 2);
    put_32(out, 0);
    put_32(out, 0);
    put_32(out, 14 + 40 + source->num_extra);
    put_32(out, source->header_size == 0 ? 40 : source->header_size);
    put_32(out, (guint32)source->width);
    put_32(out, (guint32)source->height);
    put_16(out, 1);
    put_16(out, source->bits);
    put_32(out, source->compression);
    for (guint i = 0; i < 5; i++) {
        put_32(out, 0);
    }
    g_byte_array_append(out, source->extra, source->num_extra);
    g_byte_array_append(out, source->pixels, (guint)source->num_pixel_bytes);
    return out;
}

/* All rows, as bytes in hexadecimal, a bar between rows. */
static char *
decode(const Source *source)
{
    g_autoptr(GByteArray) file = make_bmp(source);
    /* Of exactly this size, so that a read past the end shows. */
    g_autofree guint8 *data = g_memdup2(file->data, file->len);
    g_auto(Bmp) bmp = { 0 };
    g_autoptr(GError) error = NULL;
    if (!bmp_open(data, file->len, 1000, 1000000, &bmp, &error)) {
        return g_strdup(error->message);
    }
    GString *text = g_string_new(NULL);
    gsize row_bytes = (gsize)bmp.width * (bmp.has_alpha ? 4 : 3);
    for (guint32 y = 0; y < bmp.height; y++) {
        g_autofree guint8 *row = g_malloc(row_bytes);
        bmp_read_row(&bmp, y, row);
        for (gsize i = 0; i < row_bytes; i++) {
            g_string_append_printf(text, "%02x", row[i]);
        }
        g_string_append_c(text, '|');
    }
    if (bmp.is_truncated) {
        g_string_append(text, "cut");
    }
    return g_string_free(text, FALSE);
}

#define PIXELS(bytes) .pixels = bytes, .num_pixel_bytes = sizeof(bytes) - 1
#define EXTRA(bytes) .extra = bytes, .num_extra = sizeof(bytes) - 1
#define PALETTE EXTRA("\x10\x20\x30\0\xff\xff\xff\0") /* blue, green, red */

typedef struct {
    const char *name;
    Source source;
    const char *expected;
} Case;

static const Case cases[] = {
    { "24-bits-bottom-up", { 1, 2, 24, 0, PIXELS("\1\2\3\0\4\5\6\0") }, "060504|030201|" },
    { "24-bits-top-down", { 1, -2, 24, 0, PIXELS("\1\2\3\0\4\5\6\0") }, "030201|060504|" },
    { "1-bit",
      { 3, 1, 1, 0, PALETTE, .header_size = 0, PIXELS("\xa0\0\0\0") },
      "ffffff302010ffffff|" },
    { "4-bits", { 2, 1, 4, 0, EXTRA("\1\0\0\0\2\0\0\0"), PIXELS("\x10\0\0\0") }, "000002000001|" },
    { "8-bits-above-the-palette-are-black",
      { 2, 1, 8, 0, PALETTE, PIXELS("\1\x80\0\0") },
      "ffffff000000|" },
    /* Without fields, 5 bits each: 31 is 255, 16 is 132. */
    { "16-bits", { 1, 1, 16, 0, PIXELS("\x1f\x42\0\0") }, "8484ff|" },
    { "16-bits-with-fields",
      { 1, 1, 16, 3, EXTRA("\0\xf8\0\0\xe0\7\0\0\x1f\0\0\0"), PIXELS("\xe0\7\0\0") },
      "00ff00|" },
    { "32-bits-ignore-the-fourth-byte", { 1, 1, 32, 0, PIXELS("\1\2\3\x80") }, "030201|" },
    { "32-bits-with-alpha",
      { 1, 1, 32, 3, .header_size = 56, EXTRA("\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff"),
        PIXELS("\1\2\3\x80") },
      "03020180|" },
    { "alpha-that-is-zero-everywhere-is-none",
      { 1, 1, 32, 3, .header_size = 56, EXTRA("\0\0\xff\0\0\xff\0\0\xff\0\0\0\0\0\0\xff"),
        PIXELS("\1\2\3\0") },
      "030201|" },
    /* Three of index 1; end of line; two literals, padded; end. */
    { "runs-of-8-bits",
      { 3, 2, 8, 1, PALETTE, PIXELS("\3\1\0\0\0\3\1\0\1\0\0\1") },
      "ffffff302010ffffff|ffffffffffffffffff|" },
    { "runs-of-4-bits-alternate",
      { 3, 1, 4, 2, PALETTE, PIXELS("\3\x10\0\1") },
      "ffffff302010ffffff|" },
    { "jump-leaves-index-0",
      { 3, 1, 8, 1, PALETTE, PIXELS("\0\2\2\0\1\1\0\1") },
      "302010302010ffffff|" },
    { "runs-past-the-edges-are-cut",
      { 1, 1, 8, 1, PALETTE, PIXELS("\xff\1\0\2\xff\xff\xff\1\0\1") },
      "ffffff|" },
    { "pixels-that-are-missing-are-black",
      { 1, 2, 24, 0, PIXELS("\1\2\3\0\4") },
      "000000|030201|cut" },
    { "no-pixels", { 1, 1, 24, 0, .pixels = "" }, "is a bitmap that ends before its pixels" },
    { "no-width", { 0, 1, 24, 0, PIXELS("\0\0\0\0") }, "is a bitmap without pixels" },
    { "too-wide", { 1001, 1, 24, 0, PIXELS("\0\0\0\0") }, "is a bitmap of 1001x1 pixels" },
    { "lowest-height",
      { 1, G_MININT32, 24, 0, PIXELS("\0\0\0\0") },
      "is a bitmap of 1x2147483648 pixels" },
    { "embedded-jpeg",
      { 1, 1, 24, 4, PIXELS("\0\0\0\0") },
      "is a bitmap that wraps a JPEG or PNG for a printer" },
    { "unknown-kind",
      { 1, 1, 24, 1, PIXELS("\0\0\0\0") },
      "is a bitmap of an unknown kind (24 bits, compression 1)" },
};

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autofree char *decoded = decode(&c->source);
    g_assert_cmpstr(decoded, ==, c->expected);
}

static void
test_os2_header(void)
{
    static const char file[] = "BM\0\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\1\0\1\0\1\0\x18\0\1\2\3\0";
    g_auto(Bmp) bmp = { 0 };
    g_assert_true(bmp_open((const guint8 *)file, sizeof file - 1, 10, 100, &bmp, NULL));
    guint8 row[3];
    bmp_read_row(&bmp, 0, row);
    g_assert_cmpmem(row, 3, "\3\2\1", 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/bmp/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/bmp/os2-header", test_os2_header);
    return g_test_run();
}

#include "image/format.h"
#include "image/image.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *bytes;
    gsize size;
    ImageFormat format;
    const char *kind; /* of what is not a photo */
} Case;

#define BYTES(text) text, sizeof(text) - 1

static const Case cases[] = {
    { "jpeg", BYTES("\xff\xd8\xff\xe0\0\x10JFIF"), IMAGE_FORMAT_JPEG, NULL },
    { "png", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), IMAGE_FORMAT_PNG, NULL },
    { "webp", BYTES("RIFF\x10\0\0\0WEBPVP8 "), IMAGE_FORMAT_WEBP, NULL },
    { "gif", BYTES("GIF89a\1\0\1\0"), IMAGE_FORMAT_GIF, NULL },
    { "tiff-little-endian", BYTES("II*\0\x08\0\0\0"), IMAGE_FORMAT_TIFF, NULL },
    { "tiff-big-endian", BYTES("MM\0*\0\0\0\x08"), IMAGE_FORMAT_TIFF, NULL },
    { "bigtiff", BYTES("II+\0\x08\0\0\0\x10\0\0\0"), IMAGE_FORMAT_TIFF, NULL },
    { "heic",
      BYTES("\0\0\0\x18"
            "ftypheic\0\0\0\0mif1heic"),
      IMAGE_FORMAT_HEIC, NULL },
    { "heic-by-second-brand",
      BYTES("\0\0\0\x18"
            "ftypmif1\0\0\0\0mif1heic"),
      IMAGE_FORMAT_HEIC, NULL },
    { "avif",
      BYTES("\0\0\0\x1c"
            "ftypavif\0\0\0\0avifmif1miaf"),
      IMAGE_FORMAT_AVIF, NULL },
    { "avif-by-second-brand",
      BYTES("\0\0\0\x18"
            "ftypmif1\0\0\0\0mif1avif"),
      IMAGE_FORMAT_AVIF, NULL },
    { "bmp", BYTES("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"), IMAGE_FORMAT_BMP,
      NULL },
    { "two-letters-are-no-bmp", BYTES("BM is what this text begins with"), IMAGE_FORMAT_UNKNOWN,
      "text" },
    { "photoshop", BYTES("8BPS\0\1"), IMAGE_FORMAT_UNKNOWN, "a Photoshop document" },
    { "pdf", BYTES("%PDF-1.7\n"), IMAGE_FORMAT_UNKNOWN, "a PDF document" },
    { "canon-raw", BYTES("II*\0\x10\0\0\0CR\2\0"), IMAGE_FORMAT_UNKNOWN, "a Canon raw file" },
    { "canon-raw-3",
      BYTES("\0\0\0\x18"
            "ftypcrx \0\0\0\1"),
      IMAGE_FORMAT_UNKNOWN, "a Canon raw file" },
    { "jpeg-xl", BYTES("\xff\x0a\0\0"), IMAGE_FORMAT_UNKNOWN, "a JPEG XL picture" },
    { "video",
      BYTES("\0\0\0\x18"
            "ftypisom\0\0\0\0"),
      IMAGE_FORMAT_UNKNOWN, "a video" },
    { "svg", BYTES("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
      IMAGE_FORMAT_UNKNOWN, "an SVG drawing" },
    { "web-page", BYTES("\n<!doctype HTML><title>404</title>"), IMAGE_FORMAT_UNKNOWN,
      "a web page" },
    { "zip", BYTES("PK\3\4\x14\0"), IMAGE_FORMAT_UNKNOWN, "a ZIP archive or an office document" },
    { "text", BYTES("README\n"), IMAGE_FORMAT_UNKNOWN, "text" },
    { "noise", BYTES("\1\2\3\4\5\6\7"), IMAGE_FORMAT_UNKNOWN, NULL },
    { "nothing", "", 0, IMAGE_FORMAT_UNKNOWN, NULL },
};

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    /* Exactly as long as it is, so that a read past its end shows. */
    g_autofree guint8 *bytes = g_memdup2(c->bytes, c->size);
    g_assert_cmpint(image_format_recognise(bytes, c->size), ==, c->format);
    if (c->format == IMAGE_FORMAT_UNKNOWN) {
        g_assert_cmpstr(image_unsupported_kind(bytes, c->size), ==, c->kind);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/format/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}

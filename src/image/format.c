#include "image/format.h"

#include "image/image.h"

#include <string.h>

typedef struct {
    guint offset;
    guint8 length;
    const char *bytes;
} Magic;

#define MAGIC(offset, bytes)                                                                       \
    {                                                                                              \
        offset, sizeof(bytes) - 1, bytes                                                           \
    }

typedef struct {
    Magic magic;
    const char *kind;
} UnsupportedKind;

/* The camera raw formats that are TIFF files outwardly are told apart in container.c. */
static const UnsupportedKind unsupported_kinds[] = {
    { MAGIC(0, "8BPS"), "a Photoshop document" },
    { MAGIC(0, "%PDF-"), "a PDF document" },
    { MAGIC(0, "%!PS"), "a PostScript document" },
    { MAGIC(0, "\xc5\xd0\xd3\xc6"), "a PostScript document" },
    { MAGIC(8, "CR\x02"), "a Canon raw file" },
    { MAGIC(4, "ftypcrx "), "a Canon raw file" },
    { MAGIC(0, "HEAPCCDR"), "a Canon raw file" },
    { MAGIC(6, "HEAPCCDR"), "a Canon raw file" },
    { MAGIC(0, "FUJIFILMCCD-RAW"), "a Fujifilm raw file" },
    { MAGIC(0, "IIRO"), "an Olympus raw file" },
    { MAGIC(0, "IIRS"), "an Olympus raw file" },
    { MAGIC(0, "MMOR"), "an Olympus raw file" },
    { MAGIC(0, "IIU\0"), "a Panasonic raw file" },
    { MAGIC(0, "FOVb"), "a Sigma raw file" },
    { MAGIC(0, "\0MRM"), "a Minolta raw file" },
    { MAGIC(0, "\xff\x0a"), "a JPEG XL picture" },
    { MAGIC(0, "\0\0\0\x0cJXL \r\n\x87\n"), "a JPEG XL picture" },
    { MAGIC(0, "\0\0\0\x0cjP  \r\n\x87\n"), "a JPEG 2000 picture" },
    { MAGIC(0, "\xff\x4f\xff\x51"), "a JPEG 2000 picture" },
    { MAGIC(0, "\x76\x2f\x31\x01"), "an OpenEXR picture" },
    { MAGIC(0, "#?RADIANCE"), "a Radiance picture" },
    { MAGIC(0, "\0\0\x01\0"), "an icon" },
    { MAGIC(0, "\0\0\x02\0"), "a mouse pointer" },
    { MAGIC(0, "gimp xcf"), "a GIMP document" },
    { MAGIC(0, "DDS "), "a DirectDraw texture" },
    { MAGIC(0, "qoif"), "a QOI picture" },
    { MAGIC(0, "II\xbc"), "a JPEG XR picture" },
    { MAGIC(36, "acsp"), "a colour profile" },
    { MAGIC(4, "ftyp"), "a video" },
    { MAGIC(4, "moov"), "a video" },
    { MAGIC(4, "mdat"), "a video" },
    { MAGIC(0, "\x1a\x45\xdf\xa3"), "a video" },
    { MAGIC(8, "AVI "), "a video" },
    { MAGIC(8, "WAVE"), "a sound" },
    { MAGIC(0, "OggS"), "a sound or a video" },
    { MAGIC(0, "ID3"), "a sound" },
    { MAGIC(0, "PK\x03\x04"), "a ZIP archive or an office document" },
    { MAGIC(0, "\xd0\xcf\x11\xe0"), "an old office document" },
    { MAGIC(0, "Rar!"), "a RAR archive" },
    { MAGIC(0, "7z\xbc\xaf"), "a 7-Zip archive" },
    { MAGIC(0, "\x1f\x8b"), "a gzip archive" },
    { MAGIC(0, "MZ"), "a program" },
    { MAGIC(0, "\x7f"
               "ELF"),
      "a program" },
    { MAGIC(0, "\0\x05\x16\x07"), "a macOS resource file, not the photo itself" },
};

static bool
has_magic(const guint8 *data, gsize size, const Magic *magic)
{
    return size >= magic->offset + magic->length &&
           memcmp(data + magic->offset, magic->bytes, magic->length) == 0;
}

/* ISO/IEC 23008-12, annex B, and the AV1 image format: the major brand, and behind a general one
 * (mif1, msf1) the first compatible brand that decides. */
static ImageFormat
recognise_heif(const guint8 *data, gsize size)
{
    static const struct {
        const char *brand;
        ImageFormat format;
    } brands[] = {
        { "heic", IMAGE_FORMAT_HEIC }, { "heix", IMAGE_FORMAT_HEIC }, { "heim", IMAGE_FORMAT_HEIC },
        { "heis", IMAGE_FORMAT_HEIC }, { "hevc", IMAGE_FORMAT_HEIC }, { "hevx", IMAGE_FORMAT_HEIC },
        { "hevm", IMAGE_FORMAT_HEIC }, { "hevs", IMAGE_FORMAT_HEIC }, { "avif", IMAGE_FORMAT_AVIF },
        { "avis", IMAGE_FORMAT_AVIF },
    };
    bool is_general = false;
    gsize box_size = MIN(size, ((gsize)data[2] << 8) | data[3]);
    for (gsize at = 8; at + 4 <= box_size; at += at == 8 ? 8 : 4) {
        for (gsize i = 0; i < G_N_ELEMENTS(brands); i++) {
            if (memcmp(data + at, brands[i].brand, 4) == 0) {
                return brands[i].format;
            }
        }
        is_general |=
            at == 8 && (memcmp(data + at, "mif1", 4) == 0 || memcmp(data + at, "msf1", 4) == 0);
        if (!is_general) {
            return IMAGE_FORMAT_UNKNOWN;
        }
    }
    return is_general ? IMAGE_FORMAT_HEIC : IMAGE_FORMAT_UNKNOWN;
}

ImageFormat
image_format_recognise(const guint8 *data, gsize size)
{
    static const struct {
        Magic magic;
        ImageFormat format;
    } formats[] = {
        { MAGIC(0, "\xff\xd8\xff"), IMAGE_FORMAT_JPEG },
        { MAGIC(0, "\x89PNG\r\n\x1a\n"), IMAGE_FORMAT_PNG },
        { MAGIC(0, "GIF87a"), IMAGE_FORMAT_GIF },
        { MAGIC(0, "GIF89a"), IMAGE_FORMAT_GIF },
        { MAGIC(0, "II*\0"), IMAGE_FORMAT_TIFF },
        { MAGIC(0, "MM\0*"), IMAGE_FORMAT_TIFF },
        { MAGIC(0, "II+\0\x08\0\0\0"), IMAGE_FORMAT_TIFF },
        { MAGIC(0, "MM\0+\0\x08\0\0"), IMAGE_FORMAT_TIFF },
    };
    static const Magic canon_raw = MAGIC(8, "CR\x02"), riff = MAGIC(0, "RIFF"),
                       webp = MAGIC(8, "WEBP"), ftyp = MAGIC(4, "ftyp"), bmp = MAGIC(0, "BM");
    size = MIN(size, 64);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (has_magic(data, size, &formats[i].magic)) {
            bool is_raw =
                formats[i].format == IMAGE_FORMAT_TIFF && has_magic(data, size, &canon_raw);
            return is_raw ? IMAGE_FORMAT_UNKNOWN : formats[i].format;
        }
    }
    if (has_magic(data, size, &riff) && has_magic(data, size, &webp)) {
        return IMAGE_FORMAT_WEBP;
    }
    if (has_magic(data, size, &ftyp)) {
        return recognise_heif(data, size);
    }
    /* Two letters are little: the size of the header that follows must be one that exists. */
    static const guint8 bmp_headers[] = { 12, 16, 40, 52, 56, 64, 108, 124 };
    if (size >= 26 && has_magic(data, size, &bmp) &&
        memchr(bmp_headers, data[14], sizeof bmp_headers) != NULL && data[15] == 0 &&
        data[16] == 0 && data[17] == 0) {
        return IMAGE_FORMAT_BMP;
    }
    return IMAGE_FORMAT_UNKNOWN;
}

const char *
image_format_name(ImageFormat format)
{
    switch (format) {
    case IMAGE_FORMAT_UNKNOWN:
        return "unknown";
    case IMAGE_FORMAT_JPEG:
        return "JPEG";
    case IMAGE_FORMAT_PNG:
        return "PNG";
    case IMAGE_FORMAT_WEBP:
        return "WebP";
    case IMAGE_FORMAT_TIFF:
        return "TIFF";
    case IMAGE_FORMAT_GIF:
        return "GIF";
    case IMAGE_FORMAT_HEIC:
        return "HEIC";
    case IMAGE_FORMAT_AVIF:
        return "AVIF";
    case IMAGE_FORMAT_BMP:
        return "BMP";
    }
    g_assert_not_reached();
}

static bool
begins_with(const guint8 *data, gsize size, const char *text)
{
    return size >= strlen(text) && g_ascii_strncasecmp((const char *)data, text, strlen(text)) == 0;
}

static const char *
kind_of_text(const guint8 *data, gsize size)
{
    size = MIN(size, 1024);
    gsize start = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (start < size && g_ascii_isspace(data[start])) {
        start++;
    }
    const guint8 *text = data + start;
    gsize length = size - start;
    if (begins_with(text, length, "<!DOCTYPE html") || begins_with(text, length, "<html")) {
        return "a web page";
    }
    if (begins_with(text, length, "<") &&
        (memmem(text, length, "<svg", 4) != NULL || memmem(text, length, "<!DOCTYPE svg", 13))) {
        return "an SVG drawing";
    }
    for (gsize i = 0; i < size; i++) {
        if (data[i] < ' ' && !g_ascii_isspace(data[i])) {
            return NULL;
        }
    }
    return size == 0 ? NULL : "text";
}

const char *
image_unsupported_kind(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < G_N_ELEMENTS(unsupported_kinds); i++) {
        if (has_magic(data, size, &unsupported_kinds[i].magic)) {
            return unsupported_kinds[i].kind;
        }
    }
    return kind_of_text(data, size);
}

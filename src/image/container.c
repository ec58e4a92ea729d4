#include "image/container.h"

#include "image/colour.h"
#include "image/exif.h"

#include <string.h>

void
container_facts_clear(ContainerFacts *facts)
{
    g_clear_pointer(&facts->icc, g_bytes_unref);
}

static guint32
big_endian_32(const guint8 *at)
{
    return (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3];
}

static guint32
little_endian_32(const guint8 *at)
{
    return (guint32)at[3] << 24 | (guint32)at[2] << 16 | (guint32)at[1] << 8 | at[0];
}

bool
container_xmp_has_location(const guint8 *data, gsize size)
{
    /* exif:GPSLatitude, as element or attribute (XMP specification part 2). */
    static const char name[] = ":GPSLatitude";
    return size > 0 && memmem(data, size, name, sizeof name - 1) != NULL;
}

/* An EXIF block with or without the "Exif" that JPEG puts before it. */
static void
take_exif(const guint8 *data, gsize size, ContainerFacts *facts)
{
    if (size >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        size -= 6;
    }
    ExifFacts exif = exif_facts(data, size);
    facts->orientation = exif.orientation;
    facts->had_location |= exif.has_location;
}

typedef struct {
    bool has_profile; /* iCCP or sRGB: they win over gAMA and cHRM */
    bool has_cicp;
    guint8 cicp_primaries, cicp_transfer;
    double gamma; /* as stored: of the encoding; 0: none */
    bool has_chromaticities;
    ColourPrimaries primaries;
} PngColour;

static double
png_fixed(const guint8 *at)
{
    return big_endian_32(at) / 100000.0;
}

static void
read_png_colour(const guint8 *type, const guint8 *data, guint32 length, PngColour *colour)
{
    if (memcmp(type, "iCCP", 4) == 0 || memcmp(type, "sRGB", 4) == 0) {
        colour->has_profile = true;
    } else if (memcmp(type, "gAMA", 4) == 0 && length == 4) {
        colour->gamma = png_fixed(data);
    } else if (memcmp(type, "cICP", 4) == 0 && length == 4) {
        colour->has_cicp = true;
        colour->cicp_primaries = data[0];
        colour->cicp_transfer = data[1];
    } else if (memcmp(type, "cHRM", 4) == 0 && length == 32) {
        colour->has_chromaticities = true;
        colour->primaries = (ColourPrimaries){
            png_fixed(data),      png_fixed(data + 4),  png_fixed(data + 8),  png_fixed(data + 12),
            png_fixed(data + 16), png_fixed(data + 20), png_fixed(data + 24), png_fixed(data + 28),
        };
    }
}

/* PNG specification, third edition, 12.1: cICP wins over iCCP, that over sRGB, that over the rest.
 */
static GBytes *
png_icc(const PngColour *colour)
{
    static const ColourPrimaries bt709 = { 0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06 };
    if (colour->has_cicp) {
        return colour_icc_from_cicp(colour->cicp_primaries, colour->cicp_transfer);
    }
    /* 1/2.2, which nearly every writer means sRGB by. */
    bool is_srgb_gamma = colour->gamma > 0.4500 && colour->gamma < 0.4600;
    if (colour->has_profile || colour->gamma <= 0 ||
        (is_srgb_gamma && !colour->has_chromaticities)) {
        return NULL;
    }
    const ColourPrimaries *primaries = colour->has_chromaticities ? &colour->primaries : &bt709;
    return colour_icc_from_primaries(primaries, 1 / colour->gamma);
}

static void
read_png(const guint8 *data, gsize size, ContainerFacts *facts)
{
    PngColour colour = { 0 };
    facts->is_truncated = true;
    for (gsize at = 8; size - at >= 12;) {
        guint32 length = big_endian_32(data + at);
        const guint8 *type = data + at + 4, *body = data + at + 8;
        if (length > size - at - 12) {
            break;
        }
        if (memcmp(type, "IHDR", 4) == 0 && length >= 8) {
            facts->width = big_endian_32(body);
            facts->height = big_endian_32(body + 4);
        } else if (memcmp(type, "eXIf", 4) == 0) {
            take_exif(body, length, facts);
        } else if (memcmp(type, "acTL", 4) == 0 && length == 8) {
            facts->num_frames = MAX(1, big_endian_32(body));
        } else if (memcmp(type, "IEND", 4) == 0) {
            facts->is_truncated = false;
            break;
        } else {
            read_png_colour(type, body, length, &colour);
        }
        at += 12 + (gsize)length;
    }
    facts->icc = png_icc(&colour);
}

static void
read_webp(const guint8 *data, gsize size, ContainerFacts *facts)
{
    guint32 num_frames = 0;
    facts->is_truncated = (guint64)little_endian_32(data + 4) + 8 > size;
    for (gsize at = 12; size - at >= 8;) {
        guint32 length = little_endian_32(data + at + 4);
        const guint8 *type = data + at, *body = data + at + 8;
        gsize left = size - at - 8;
        if (memcmp(type, "ANMF", 4) == 0) {
            num_frames++;
        }
        if (memcmp(type, "EXIF", 4) == 0 && length <= left) {
            take_exif(body, length, facts);
        }
        guint64 step = (guint64)length + (length & 1);
        if (step > left) {
            break;
        }
        at += 8 + (gsize)step;
    }
    facts->num_frames = MAX(1, num_frames);
}

typedef struct {
    const guint8 *data;
    gsize size;
    bool is_big_endian;
} Tiff;

static guint32
tiff_16(const Tiff *tiff, gsize at)
{
    const guint8 *b = tiff->data + at;
    return tiff->is_big_endian ? (guint32)b[0] << 8 | b[1] : (guint32)b[1] << 8 | b[0];
}

static guint32
tiff_32(const Tiff *tiff, gsize at)
{
    return tiff->is_big_endian ? big_endian_32(tiff->data + at) : little_endian_32(tiff->data + at);
}

/* DNG tells its version. In the other raw formats the first directory holds a reduced picture (tag
 * 254, value 1) and points to the raw data (tag 330). */
static bool
tiff_is_camera_raw(const Tiff *tiff)
{
    if (tiff->size < 10 || tiff_16(tiff, 2) != 42) {
        return false;
    }
    gsize at = tiff_32(tiff, 4);
    if (at + 2 > tiff->size) {
        return false;
    }
    guint num_entries = tiff_16(tiff, at);
    bool is_reduced = false, has_sub_directories = false;
    for (at += 2; num_entries > 0 && at + 12 <= tiff->size; num_entries--, at += 12) {
        guint tag = tiff_16(tiff, at);
        is_reduced |= tag == 254 && tiff_32(tiff, at + 8) == 1;
        has_sub_directories |= tag == 330;
        if (tag == 50706) {
            return true;
        }
    }
    return is_reduced && has_sub_directories;
}

static void
read_tiff(const guint8 *data, gsize size, ContainerFacts *facts)
{
    const Tiff tiff = { data, size, data[0] == 'M' };
    take_exif(data, size, facts);
    facts->is_camera_raw = tiff_is_camera_raw(&tiff);
}

static void
read_gif(const guint8 *data, gsize size, ContainerFacts *facts)
{
    if (size >= 10) {
        facts->width = (guint32)data[7] << 8 | data[6];
        facts->height = (guint32)data[9] << 8 | data[8];
    }
    facts->is_truncated = memrchr(data, 0x3b, size) == NULL;
}

void
container_read(ImageFormat format, const guint8 *data, gsize size, ContainerFacts *ret_facts)
{
    *ret_facts = (ContainerFacts){ .orientation = 1, .num_frames = 1 };
    switch (format) {
    case IMAGE_FORMAT_PNG:
        read_png(data, size, ret_facts);
        break;
    case IMAGE_FORMAT_WEBP:
        read_webp(data, size, ret_facts);
        break;
    case IMAGE_FORMAT_TIFF:
        read_tiff(data, size, ret_facts);
        break;
    case IMAGE_FORMAT_GIF:
        read_gif(data, size, ret_facts);
        break;
    case IMAGE_FORMAT_UNKNOWN:
    case IMAGE_FORMAT_JPEG:
    case IMAGE_FORMAT_HEIC:
    case IMAGE_FORMAT_AVIF:
    case IMAGE_FORMAT_BMP:
        return;
    }
    ret_facts->had_location |= container_xmp_has_location(data, size);
}

#include "image/bmp.h"

#include "base/error.h"

#include <string.h>

enum {
    BI_RGB = 0,
    BI_RLE8 = 1,
    BI_RLE4 = 2,
    BI_BITFIELDS = 3,
    BI_JPEG = 4,
    BI_PNG = 5,
    BI_ALPHABITFIELDS = 6
};

#define FILE_HEADER_SIZE 14

void
bmp_clear(Bmp *bmp)
{
    g_clear_pointer(&bmp->indexes, g_free);
}

static guint32
get_16(const guint8 *at)
{
    return (guint32)at[1] << 8 | at[0];
}

static guint32
get_32(const guint8 *at)
{
    return get_16(at + 2) << 16 | get_16(at);
}

/* What the header says beyond what Bmp keeps. */
typedef struct {
    guint32 header_size;
    guint32 compression;
    guint32 num_colours; /* in the palette; 0: all that the bits can name */
    gsize pixel_offset;
} Header;

static bool
read_size(const guint8 *info, guint32 header_size, Bmp *bmp, GError **error)
{
    gint64 height;
    if (header_size == 12) {
        bmp->width = get_16(info + 4);
        height = get_16(info + 6);
        bmp->bits = get_16(info + 10);
    } else {
        gint32 width = (gint32)get_32(info + 4);
        bmp->width = width < 0 ? 0 : (guint32)width;
        height = (gint32)get_32(info + 8);
        bmp->bits = get_16(info + 14);
    }
    bmp->is_top_down = height < 0;
    height = ABS(height);
    if (bmp->width == 0 || height == 0) {
        return fail(error, APP_ERROR_INVALID, "is a bitmap without pixels");
    }
    bmp->height = (guint32)height;
    return true;
}

static bool
check_kind(const Bmp *bmp, guint32 compression, GError **error)
{
    static const struct {
        guint bits;
        guint compressions; /* bit set */
    } kinds[] = {
        { 1, 1 << BI_RGB },
        { 2, 1 << BI_RGB },
        { 4, 1 << BI_RGB | 1 << BI_RLE4 },
        { 8, 1 << BI_RGB | 1 << BI_RLE8 },
        { 16, 1 << BI_RGB | 1 << BI_BITFIELDS | 1 << BI_ALPHABITFIELDS },
        { 24, 1 << BI_RGB },
        { 32, 1 << BI_RGB | 1 << BI_BITFIELDS | 1 << BI_ALPHABITFIELDS },
    };
    if (compression == BI_JPEG || compression == BI_PNG) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "is a bitmap that wraps a JPEG or PNG for a printer");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].bits == bmp->bits && compression < 32 &&
            (kinds[i].compressions >> compression & 1) != 0) {
            return true;
        }
    }
    return fail(error, APP_ERROR_INVALID,
                "is a bitmap of an unknown kind (%u bits, compression %u)", bmp->bits, compression);
}

static void
read_masks(const guint8 *data, gsize size, const Header *header, Bmp *bmp)
{
    static const guint32 masks_16[] = { 0x7c00, 0x03e0, 0x001f, 0 };
    static const guint32 masks_32[] = { 0xff0000, 0x00ff00, 0x0000ff, 0 };
    memcpy(bmp->masks, bmp->bits == 16 ? masks_16 : masks_32, sizeof bmp->masks);
    if (header->compression != BI_BITFIELDS && header->compression != BI_ALPHABITFIELDS) {
        return;
    }
    /* Inside the larger headers, right behind the 40-byte one: the same place. */
    bool has_alpha_mask = header->header_size >= 56 || header->compression == BI_ALPHABITFIELDS;
    guint num_masks = has_alpha_mask ? 4 : 3;
    gsize at = FILE_HEADER_SIZE + 40;
    for (guint i = 0; i < num_masks && at + 4 <= size; i++, at += 4) {
        bmp->masks[i] = get_32(data + at);
    }
}

static void
read_palette(const guint8 *data, gsize size, const Header *header, Bmp *bmp)
{
    guint entry_size = header->header_size == 12 ? 3 : 4;
    guint num_colours = 1u << bmp->bits;
    if (header->num_colours > 0) {
        num_colours = MIN(num_colours, header->num_colours);
    }
    gsize at = FILE_HEADER_SIZE + header->header_size;
    for (guint i = 0; i < num_colours && at + entry_size <= size; i++, at += entry_size) {
        bmp->palette[i] = (guint32)data[at + 2] << 16 | (guint32)data[at + 1] << 8 | data[at];
    }
}

/* Run-length codes: (count, value), or 0 with 0 end of line, 1 end of picture, 2 a jump, and from 3
 * on so many literal pixels, padded to 16 bits. What is never painted stays index 0. */
static void
unpack_runs(Bmp *bmp)
{
    const guint8 *codes = bmp->pixels;
    gsize size = bmp->num_pixel_bytes;
    guint64 x = 0, y = 0;
    bool is_4 = bmp->bits == 4;
    bmp->is_truncated = true;
    for (gsize at = 0; at + 2 <= size && y < bmp->height;) {
        guint count = codes[at], value = codes[at + 1];
        at += 2;
        bool is_literal = count == 0 && value >= 3;
        if (count == 0 && value == 0) {
            x = 0;
            y++;
            continue;
        }
        if (count == 0 && value == 1) {
            bmp->is_truncated = false;
            return;
        }
        if (count == 0 && value == 2) {
            if (at + 2 > size) {
                return;
            }
            x += codes[at];
            y += codes[at + 1];
            at += 2;
            continue;
        }
        guint num_pixels = is_literal ? value : count;
        gsize num_bytes = is_literal ? (is_4 ? (num_pixels + 1) / 2 : num_pixels) : 0;
        if (at + num_bytes > size) {
            return;
        }
        for (guint i = 0; i < num_pixels; i++, x++) {
            guint8 index = (guint8)value;
            if (is_literal) {
                index = codes[at + (is_4 ? i / 2 : i)];
            }
            if (is_4) {
                index = i % 2 == 0 ? index >> 4 : index & 15;
            }
            if (x < bmp->width) {
                bmp->indexes[y * bmp->width + x] = index;
            }
        }
        at += (num_bytes + 1) & ~(gsize)1;
    }
    bmp->is_truncated = y < bmp->height;
}

static gsize
row_size(const Bmp *bmp)
{
    return ((gsize)bmp->width * bmp->bits + 31) / 32 * 4;
}

/* Many writers leave the fourth byte zero although they name a field for it. */
static bool
alpha_is_used(const Bmp *bmp)
{
    guint step = bmp->bits / 8;
    if (bmp->masks[3] == 0) {
        return false;
    }
    for (gsize at = 0; at + step <= bmp->num_pixel_bytes; at += step) {
        guint32 value = step == 2 ? get_16(bmp->pixels + at) : get_32(bmp->pixels + at);
        if ((value & bmp->masks[3]) != 0) {
            return true;
        }
    }
    return false;
}

static bool
read_pixels(const guint8 *data, gsize size, const Header *header, Bmp *bmp, GError **error)
{
    if (header->pixel_offset >= size) {
        return fail(error, APP_ERROR_INVALID, "is a bitmap that ends before its pixels");
    }
    bmp->pixels = data + header->pixel_offset;
    bmp->num_pixel_bytes = size - header->pixel_offset;
    if (header->compression == BI_RLE4 || header->compression == BI_RLE8) {
        bmp->indexes = g_try_malloc0((gsize)bmp->width * bmp->height);
        if (bmp->indexes == NULL) {
            return fail(error, APP_ERROR_UNAVAILABLE, "no memory for the bitmap");
        }
        unpack_runs(bmp);
        return true;
    }
    guint64 needed = (guint64)row_size(bmp) * bmp->height;
    bmp->is_truncated = needed > bmp->num_pixel_bytes;
    bmp->num_pixel_bytes = MIN(needed, bmp->num_pixel_bytes);
    if (bmp->bits == 16 || bmp->bits == 32) {
        read_masks(data, size, header, bmp);
        bmp->has_alpha = alpha_is_used(bmp);
    }
    return true;
}

bool
bmp_open(const guint8 *data, gsize size, guint32 max_side, guint64 max_pixels, Bmp *ret_bmp,
         GError **error)
{
    if (size < FILE_HEADER_SIZE + 12 || memcmp(data, "BM", 2) != 0) {
        return fail(error, APP_ERROR_INVALID, "is not a bitmap");
    }
    const guint8 *info = data + FILE_HEADER_SIZE;
    Header header = { .header_size = get_32(info), .pixel_offset = get_32(data + 10) };
    if ((header.header_size != 12 && header.header_size < 40 && header.header_size != 16) ||
        header.header_size > 256 || size - FILE_HEADER_SIZE < MAX(header.header_size, 12)) {
        return fail(error, APP_ERROR_INVALID, "is a bitmap with an unknown header");
    }
    g_auto(Bmp) bmp = { 0 };
    if (!read_size(info, header.header_size, &bmp, error)) {
        return false;
    }
    if (header.header_size >= 40) {
        header.compression = get_32(info + 16);
        header.num_colours = get_32(info + 32);
    }
    if (bmp.width > max_side || bmp.height > max_side ||
        (guint64)bmp.width * bmp.height > max_pixels) {
        return fail(error, APP_ERROR_TOO_LARGE, "is a bitmap of %ux%u pixels", bmp.width,
                    bmp.height);
    }
    if (!check_kind(&bmp, header.compression, error)) {
        return false;
    }
    if (bmp.bits <= 8) {
        read_palette(data, size, &header, &bmp);
    }
    if (!read_pixels(data, size, &header, &bmp, error)) {
        return false;
    }
    *ret_bmp = bmp;
    bmp = (Bmp){ 0 };
    return true;
}

/* A field of any width to 8 bits, to the nearest level. */
static guint8
field(guint32 value, guint32 mask)
{
    if (mask == 0) {
        return 0;
    }
    guint shift = (guint)__builtin_ctz(mask);
    guint64 max = mask >> shift;
    return (guint8)((((guint64)((value & mask) >> shift)) * 255 + max / 2) / max);
}

static void
put_colour(guint8 *pixel, guint32 colour)
{
    pixel[0] = (guint8)(colour >> 16);
    pixel[1] = (guint8)(colour >> 8);
    pixel[2] = (guint8)colour;
}

static void
read_packed_row(const Bmp *bmp, const guint8 *row, gsize num_bytes, guint8 *ret_pixels)
{
    guint num_channels = bmp->has_alpha ? 4 : 3;
    for (guint32 x = 0; x < bmp->width; x++) {
        guint8 *pixel = ret_pixels + (gsize)x * num_channels;
        gsize at = (gsize)x * bmp->bits / 8;
        if (at + MAX(bmp->bits, 8) / 8 > num_bytes) {
            return;
        }
        if (bmp->bits <= 8) {
            guint shift = 8 - bmp->bits - (guint)((gsize)x * bmp->bits % 8);
            put_colour(pixel, bmp->palette[row[at] >> shift & ((1u << bmp->bits) - 1)]);
        } else if (bmp->bits == 24) {
            put_colour(pixel, get_16(row + at + 1) << 8 | row[at]);
        } else {
            guint32 value = bmp->bits == 16 ? get_16(row + at) : get_32(row + at);
            for (guint c = 0; c < num_channels; c++) {
                pixel[c] = field(value, bmp->masks[c]);
            }
        }
    }
}

void
bmp_read_row(const Bmp *bmp, guint32 y, guint8 *ret_pixels)
{
    g_assert(y < bmp->height);
    gsize stored_y = bmp->is_top_down ? y : bmp->height - 1 - y;
    if (bmp->indexes != NULL) {
        for (guint32 x = 0; x < bmp->width; x++) {
            put_colour(ret_pixels + 3 * (gsize)x,
                       bmp->palette[bmp->indexes[stored_y * bmp->width + x]]);
        }
        return;
    }
    memset(ret_pixels, 0, (gsize)bmp->width * (bmp->has_alpha ? 4 : 3));
    gsize start = stored_y * row_size(bmp);
    if (start < bmp->num_pixel_bytes) {
        read_packed_row(bmp, bmp->pixels + start, bmp->num_pixel_bytes - start, ret_pixels);
    }
}

/* Windows bitmaps: 1, 4, 8, 16, 24 and 32 bits, run-length encoded, bit fields, top-down, with the
 * headers of OS/2 1 to Windows 5 (the layout is that of BITMAPV5HEADER in wingdi.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint32 width, height;
    bool has_alpha;    /* a bit field for it that is not zero everywhere */
    bool is_truncated; /* pixels that are missing are black */

    /* For bmp_read_row only. */
    const guint8 *pixels;
    gsize num_pixel_bytes;
    guint bits;
    bool is_top_down;
    guint32 palette[256]; /* 0xRRGGBB; black above its end */
    guint32 masks[4];     /* red, green, blue, alpha, of 16 and 32 bits */
    guint8 *indexes;      /* of a run-length encoded one: a byte a pixel, bottom-up */
} Bmp;

void bmp_clear(Bmp *bmp);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bmp, bmp_clear)

/* DATA must outlive RET_BMP. INVALID when it is no bitmap, TOO_LARGE above MAX_SIDE or MAX_PIXELS,
 * UNSUPPORTED for embedded JPEG and PNG, UNAVAILABLE without memory. */
bool bmp_open(const guint8 *data, gsize size, guint32 max_side, guint64 max_pixels, Bmp *ret_bmp,
              GError **error);

/* Row Y from the top, as R, G, B and, when has_alpha, A. Rows may be read in any order. */
void bmp_read_row(const Bmp *bmp, guint32 y, guint8 *ret_pixels);

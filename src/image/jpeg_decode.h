/* JPEG to pixels: resized while it is decoded where that can be (jpeg_decode_to), which costs less
 * than the samples of the full size would and gives the same; else at the smallest DCT scale that
 * still has the wanted size.
 *
 * Runs libjpeg on hostile bytes: in a worker only. Memory: the planes that are returned, plus
 * jpeg_decode_memory(). */
#pragma once

#include "image/jpeg_markers.h"
#include "image/plane_resize.h"

typedef enum {
    /* Chroma planes keep the sampling of the file where planes.h can say it (4:4:4, 4:2:2, 4:4:0,
     * 4:2:0, 4:1:1); any other sampling comes out 4:4:4. */
    JPEG_CHROMA_AS_STORED,
    /* When scaled down, chroma planes come out as large as the file's samples allow, up to 4:4:4:
     * for an encoder that may choose 4:4:4. */
    JPEG_CHROMA_FINEST,
} JpegChroma;

typedef struct {
    guint8 scale;         /* eighths: 1..8 */
    guint32 num_warnings; /* of libjpeg: damage that it bridged */
    bool was_truncated;   /* data ended early; the rest is filled in */
} JpegDecodeReport;

/* What the decoder itself allocates at most: rows, and for a progressive file the coefficients of
 * the whole picture, two bytes a sample (150 MB at 50 megapixels 4:2:0). */
guint64 jpeg_decode_memory(const JpegInfo *info);

/* The scale, in eighths, at which the longest side is at least LONGEST_SIDE (0: 8). */
guint8 jpeg_decode_scale(const JpegInfo *info, guint32 longest_side);

/* Decodes DATA, of which INFO tells, when its colour is grey or YCbCr. The planes are as stored:
 * neither turned upright nor colour-managed. Damage is bridged and counted; INVALID only when not
 * one row could be decoded, UNAVAILABLE without memory. */
bool jpeg_decode_planes(const guint8 *data, gsize size, const JpegInfo *info, guint32 longest_side,
                        JpegChroma chroma, ImagePlanes *ret_planes, JpegDecodeReport *ret_report,
                        GError **error);

/* Whether jpeg_decode_to() can make TARGET: grey or YCbCr, in one of the samplings of planes.h,
 * made smaller and not by more than 8. */
bool jpeg_can_decode_to(const JpegInfo *info, const PlaneTarget *target);

/* Decodes and resizes in one go (block_resize.h) and turns upright: no samples of the full size are
 * made. Of chroma that would have to grow for TARGET the planes have as many samples as the file
 * does at this size. Else like jpeg_decode_planes(). */
bool jpeg_decode_to(const guint8 *data, gsize size, const JpegInfo *info, const PlaneTarget *target,
                    ImagePlanes *ret_planes, JpegDecodeReport *ret_report, GError **error);

/* Pixels side by side, as colour management wants them. */
typedef struct {
    guint32 width, height;
    guint8 num_channels; /* 1 grey, 3 RGB, 4 CMYK with 0 for no ink, whatever the file's habit */
    gsize stride;        /* bytes */
    guint8 *data;        /* g_free */
} JpegPixels;

void jpeg_pixels_clear(JpegPixels *pixels);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JpegPixels, jpeg_pixels_clear)

/* The same for any colour: grey stays grey, YCbCr and RGB become RGB, CMYK and YCCK become CMYK. */
bool jpeg_decode_pixels(const guint8 *data, gsize size, const JpegInfo *info, guint32 longest_side,
                        JpegPixels *ret_pixels, JpegDecodeReport *ret_report, GError **error);

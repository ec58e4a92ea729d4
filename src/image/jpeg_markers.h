/* The structure of a JPEG file (ITU-T T.81) without decoding it: what the picture is, what its
 * markers say about how it must be seen, and the same picture with nothing else around it.
 *
 * The file ends at its first EOI: what follows (second pictures, gain maps, videos) is no part of
 * it. Where decoders differ, this follows libjpeg, which decodes for us. */
#pragma once

#include "image/exif.h"
#include "image/image.h"

#define JPEG_MAX_COMPONENTS 4

typedef enum {
    JPEG_COLOR_GREY,
    JPEG_COLOR_YCBCR,
    JPEG_COLOR_RGB,
    JPEG_COLOR_CMYK,
    JPEG_COLOR_YCCK,
    JPEG_COLOR_OTHER, /* two components: nothing decodes it to a picture */
} JpegColor;

typedef enum {
    JPEG_ICC_NONE,
    JPEG_ICC_WHOLE,
    JPEG_ICC_BROKEN, /* pieces missing, doubled or contradicting: there was one, it is lost */
} JpegIccState;

typedef struct {
    guint8 id;   /* as the file names it */
    guint8 h, v; /* sampling factors, 1..4 */
} JpegComponent;

typedef struct {
    guint32 width, height; /* as stored, before the orientation */
    guint8 precision;      /* bits a sample */
    guint8 num_components; /* 1..JPEG_MAX_COMPONENTS */
    JpegComponent components[JPEG_MAX_COMPONENTS];
    JpegColor color;
    guint8 frame_marker; /* the low byte of SOFn: 0xc0 baseline, 0xc1 extended, 0xc2 progressive */
    bool is_progressive;
    guint32 num_scans;

    ExifFacts exif;    /* of the first EXIF segment */
    bool had_location; /* in EXIF or XMP */
    JpegIccState icc_state;
    GBytes *icc; /* set when icc_state is JPEG_ICC_WHOLE */
    bool has_jfif;
    bool has_adobe;
    guint8 adobe_transform;
    bool has_other_pictures; /* MPF, or a gain map, is announced */

    gsize end; /* offset of the byte after the first EOI; the size when truncated */
    gsize num_bytes_after;
    bool is_truncated;       /* no EOI */
    guint32 num_stray_bytes; /* between segments, where only markers may stand */
    bool has_odd_scan_data;  /* fill bytes inside entropy-coded data: legal, hides bytes */
} JpegInfo;

void jpeg_info_clear(JpegInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JpegInfo, jpeg_info_clear)

/* Walks the whole of DATA once. INVALID: no frame or no scan; TOO_LARGE: a side, the pixels or the
 * scans exceed LIMITS; UNSUPPORTED: lossless, hierarchical, 12 bits or a height that only a later
 * marker tells (DNL). A file that is cut short, or has garbage between its segments, is described
 * as far as it goes. */
bool jpeg_parse(const guint8 *data, gsize size, const ImageLimits *limits, JpegInfo *ret_info,
                GError **error);

/* Why the entropy-coded data of this file cannot be carried over, as text for the report, or NULL
 * when it can. Answers for what the structure tells; the caller adds what it knows: the profile
 * (one that is not sRGB forbids it), the sizes in pixels and bytes, and that a decoder read the
 * file without a warning (jpeg_decode.h), which rules out bytes hidden behind the last block of a
 * scan. */
const char *jpeg_carry_over_obstacle(const JpegInfo *info);

/* DATA, which INFO describes and which has no obstacle, reduced to what a decoder needs: SOI, a
 * JFIF header for colour, and per scan the tables that it uses, as far as they are not set already;
 * EOI. The components are numbered from 1. Decodes to the same pixels. What could still be hidden:
 * values that no decoder can tell from coding choices (coefficients, quantisers, code lengths,
 * padding bits) and, in a file of several scans, up to 7 bytes behind the last block of each, which
 * libjpeg reads ahead without a word. INVALID when a table is missing or damaged. */
GBytes *jpeg_carry_over(const guint8 *data, gsize size, const JpegInfo *info, GError **error);

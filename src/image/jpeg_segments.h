/* Walks the segments of a JPEG file (ITU-T T.81 annex B) as libjpeg does, without judging them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum {
    JPEG_MARKER_TEM = 0x01,
    JPEG_MARKER_SOF0 = 0xc0,
    JPEG_MARKER_SOF1 = 0xc1,
    JPEG_MARKER_SOF2 = 0xc2,
    JPEG_MARKER_DHT = 0xc4,
    JPEG_MARKER_SOF9 = 0xc9,
    JPEG_MARKER_SOF10 = 0xca,
    JPEG_MARKER_DAC = 0xcc,
    JPEG_MARKER_SOF15 = 0xcf,
    JPEG_MARKER_RST0 = 0xd0,
    JPEG_MARKER_RST7 = 0xd7,
    JPEG_MARKER_SOI = 0xd8,
    JPEG_MARKER_EOI = 0xd9,
    JPEG_MARKER_SOS = 0xda,
    JPEG_MARKER_DQT = 0xdb,
    JPEG_MARKER_DRI = 0xdd,
    JPEG_MARKER_APP0 = 0xe0,
    JPEG_MARKER_APP1 = 0xe1,
    JPEG_MARKER_APP2 = 0xe2,
    JPEG_MARKER_APP14 = 0xee,
};

typedef struct {
    guint8 marker;
    const guint8 *body; /* after the length */
    gsize body_size;
    const guint8 *scan; /* the entropy-coded data behind an SOS, restart markers in it */
    gsize scan_size;
    bool scan_has_restarts;
    bool scan_has_fill; /* 0xff bytes that a decoder skips, inside the data */
} JpegSegment;

typedef struct {
    const guint8 *data;
    gsize size;
    gsize at;
    gsize num_stray_bytes; /* skipped so far where a marker had to stand */
} JpegSegments;

/* Begins behind the SOI. False when DATA does not begin with one. */
bool jpeg_segments_init(JpegSegments *segments, const guint8 *data, gsize size);

/* The next segment; EOI is one, with no body. False when the data end before a whole one. A scan
 * that the end of the data cuts is whole as far as it goes. */
bool jpeg_segments_next(JpegSegments *segments, JpegSegment *ret_segment);

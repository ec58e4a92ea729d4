/* Planes to JPEG: SOI, JFIF, tables, frame, scans, EOI, and nothing else. */
#pragma once

#include "image/planes.h"

typedef struct {
    gint32 quality; /* 1..100 on libjpeg's scale */
    /* 3 to 6 % smaller and nine times slower: the codes are made for the picture. A baseline file
     * has the standard's codes; codes of its own would make it 1 % smaller (7 % where it is soft)
     * and twice as slow. */
    bool is_progressive;
} JpegEncodeOptions;

/* The chroma sampling is that of the planes. The padding of
 * the planes' rows (from the width to the stride) is written to. TOO_LARGE above 65,500 pixels a
 * side, UNAVAILABLE without memory. */
GBytes *jpeg_encode_planes(const ImagePlanes *planes, const JpegEncodeOptions *options,
                           GError **error);

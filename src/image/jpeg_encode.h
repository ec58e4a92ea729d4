/* Planes to JPEG: SOI, JFIF, tables, frame, scans, EOI, and nothing else. */
#pragma once

#include "image/planes.h"

typedef struct {
    gint32 quality;      /* 1..100 on libjpeg's scale */
    bool is_progressive; /* about 5 % smaller, several times slower to encode */
} JpegEncodeOptions;

/* The chroma sampling is that of the planes. Huffman tables are always optimised. The padding of
 * the planes' rows (from the width to the stride) is written to. TOO_LARGE above 65,500 pixels a
 * side, UNAVAILABLE without memory. */
GBytes *jpeg_encode_planes(const ImagePlanes *planes, const JpegEncodeOptions *options,
                           GError **error);

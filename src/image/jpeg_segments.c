#include "image/jpeg_segments.h"

#include "image/vector_clones.h"

#include <string.h>

bool
jpeg_segments_init(JpegSegments *segments, const guint8 *data, gsize size)
{
    *segments = (JpegSegments){ .data = data, .size = size, .at = 2 };
    return size >= 2 && data[0] == 0xff && data[1] == JPEG_MARKER_SOI;
}

static bool
is_restart(guint8 marker)
{
    return marker >= JPEG_MARKER_RST0 && marker <= JPEG_MARKER_RST7;
}

/* Whether a marker, or a fill byte, begins in the 64 bytes at DATA, of which a 65th can be read.
 * Without branches, so that the compiler makes a few vector instructions of it: a photo has a
 * stuffed 0xff every 200 bytes, and stopping at each made this walk cost more than the resize. */
ALWAYS_INLINE bool
block_has_marker(const guint8 *data)
{
    guint8 found = 0;
    for (int i = 0; i < 64; i++) {
        found |= (guint8)((data[i] == 0xff) & (data[i + 1] != 0));
    }
    return found != 0;
}

/* The offset of the next 0xff that is not followed by a 0, or the size. */
VECTOR_CLONES static gsize
find_marker(const guint8 *data, gsize size, gsize at)
{
    while (at < size) {
        while (size - at > 64 && !block_has_marker(data + at)) {
            at += 64;
        }
        gsize block_end = MIN(at + 64, size);
        for (; at < block_end; at++) {
            if (data[at] == 0xff && (at + 1 == size || data[at + 1] != 0)) {
                return at;
            }
        }
    }
    return size;
}

static void
read_scan(JpegSegments *segments, JpegSegment *segment)
{
    gsize start = segments->at;
    gsize at = start;
    for (;;) {
        at = find_marker(segments->data, segments->size, at);
        gsize after_fill = at;
        while (after_fill < segments->size && segments->data[after_fill] == 0xff) {
            after_fill++;
        }
        if (after_fill >= segments->size) {
            break;
        }
        guint8 marker = segments->data[after_fill];
        if (marker != 0 && !is_restart(marker)) {
            break;
        }
        segment->scan_has_fill |= after_fill - at > 1;
        segment->scan_has_restarts |= marker != 0;
        at = after_fill + 1;
    }
    segment->scan = segments->data + start;
    segment->scan_size = at - start;
    segments->at = at;
}

/* Moves behind the next marker. */
static bool
next_marker(JpegSegments *segments, guint8 *ret_marker)
{
    for (;;) {
        const guint8 *found =
            segments->at < segments->size
                ? memchr(segments->data + segments->at, 0xff, segments->size - segments->at)
                : NULL;
        if (found == NULL) {
            segments->num_stray_bytes += segments->size - segments->at;
            segments->at = segments->size;
            return false;
        }
        gsize at = (gsize)(found - segments->data);
        segments->num_stray_bytes += at - segments->at;
        while (at < segments->size && segments->data[at] == 0xff) {
            at++;
        }
        if (at >= segments->size) {
            segments->at = at;
            return false;
        }
        segments->at = at + 1;
        if (segments->data[at] != 0) {
            *ret_marker = segments->data[at];
            return true;
        }
        segments->num_stray_bytes += 2;
    }
}

bool
jpeg_segments_next(JpegSegments *segments, JpegSegment *ret_segment)
{
    JpegSegment segment = { 0 };
    do {
        if (!next_marker(segments, &segment.marker)) {
            return false;
        }
        /* Standing alone, these mean nothing; libjpeg passes over them, too. */
    } while (is_restart(segment.marker) || segment.marker == JPEG_MARKER_TEM);
    if (segment.marker != JPEG_MARKER_EOI && segment.marker != JPEG_MARKER_SOI) {
        if (segments->size - segments->at < 2) {
            return false;
        }
        const guint8 *p = segments->data + segments->at;
        gsize length = (gsize)p[0] << 8 | p[1];
        if (length < 2 || length > segments->size - segments->at) {
            return false;
        }
        segment.body = p + 2;
        segment.body_size = length - 2;
        segments->at += length;
        if (segment.marker == JPEG_MARKER_SOS) {
            read_scan(segments, &segment);
        }
    }
    *ret_segment = segment;
    return true;
}

#include "image/jpeg_markers.h"

#include "base/error.h"
#include "image/jpeg_segments.h"
#include "image/picture.h"

#include <string.h>

typedef struct {
    const guint8 *data;
    gsize size;
} Piece;

/* The pieces of the profile (ICC.1 annex B.4): numbered from 1, each knows how many there are. */
typedef struct {
    Piece pieces[256];
    guint num_pieces; /* as the first one says; 0: none seen */
    bool is_broken;
} IccPieces;

static const char exif_name[] = "Exif\0";
static const char xmp_name[] = "http://ns.adobe.com/xap/1.0/";
static const char xmp_extension_name[] = "http://ns.adobe.com/xmp/extension/";
static const char icc_name[] = "ICC_PROFILE";
static const char mpf_name[] = "MPF";
static const char gain_map_name[] = "urn:iso:std:iso:ts:21496:-1";

/* Whether the segment is the one that begins with NAME and its final 0. */
static bool
segment_is(const JpegSegment *segment, const char *name, gsize name_size)
{
    return segment->body_size >= name_size && memcmp(segment->body, name, name_size) == 0;
}

static bool
segment_contains(const JpegSegment *segment, const char *text)
{
    return memmem(segment->body, segment->body_size, text, strlen(text)) != NULL;
}

static void
read_icc_piece(const JpegSegment *segment, IccPieces *icc)
{
    const gsize head = sizeof icc_name + 2;
    if (segment->body_size < head) {
        icc->is_broken = true;
        return;
    }
    guint number = segment->body[head - 2];
    guint num_pieces = segment->body[head - 1];
    if (icc->num_pieces == 0) {
        icc->num_pieces = num_pieces;
    }
    if (number == 0 || number > num_pieces || num_pieces != icc->num_pieces ||
        icc->pieces[number].data != NULL) {
        icc->is_broken = true;
        return;
    }
    icc->pieces[number] = (Piece){ segment->body + head, segment->body_size - head };
}

static void
assemble_icc(const IccPieces *icc, JpegInfo *info)
{
    if (icc->num_pieces == 0 && !icc->is_broken) {
        return;
    }
    info->icc_state = JPEG_ICC_BROKEN;
    g_autoptr(GByteArray) profile = g_byte_array_new();
    for (guint i = 1; i <= icc->num_pieces; i++) {
        if (icc->pieces[i].data == NULL) {
            return;
        }
        g_byte_array_append(profile, icc->pieces[i].data, (guint)icc->pieces[i].size);
    }
    if (!icc->is_broken) {
        info->icc_state = JPEG_ICC_WHOLE;
        info->icc = g_byte_array_free_to_bytes(g_steal_pointer(&profile));
    }
}

static void
read_app1(const JpegSegment *segment, JpegInfo *info, bool *has_exif)
{
    if (segment_is(segment, exif_name, sizeof exif_name - 1) && segment->body_size > 6) {
        ExifFacts facts = exif_facts(segment->body + 6, segment->body_size - 6);
        info->had_location |= facts.has_location;
        if (!*has_exif) {
            info->exif = facts;
            *has_exif = true;
        }
    } else if (segment_is(segment, xmp_name, sizeof xmp_name) ||
               segment_is(segment, xmp_extension_name, sizeof xmp_extension_name)) {
        info->had_location |=
            segment_contains(segment, "exif:GPSL") || segment_contains(segment, "exif:GPSDest");
        info->has_other_pictures |= segment_contains(segment, "ns.adobe.com/hdr-gain-map") ||
                                    segment_contains(segment, "ns.apple.com/HDRGainMap") ||
                                    segment_contains(segment, "GCamera:MotionPhoto") ||
                                    segment_contains(segment, "GCamera:MicroVideo");
    }
}

static void
read_app(const JpegSegment *segment, JpegInfo *info, IccPieces *icc, bool *has_exif)
{
    switch (segment->marker) {
    case JPEG_MARKER_APP0:
        info->has_jfif |= segment->body_size >= 14 && segment_is(segment, "JFIF", 5);
        break;
    case JPEG_MARKER_APP1:
        read_app1(segment, info, has_exif);
        break;
    case JPEG_MARKER_APP2:
        if (segment_is(segment, icc_name, sizeof icc_name)) {
            read_icc_piece(segment, icc);
        }
        info->has_other_pictures |= segment_is(segment, mpf_name, sizeof mpf_name) ||
                                    segment_is(segment, gain_map_name, sizeof gain_map_name);
        break;
    case JPEG_MARKER_APP14:
        if (segment->body_size >= 12 && segment_is(segment, "Adobe", 5)) {
            info->has_adobe = true;
            info->adobe_transform = segment->body[11];
        }
        break;
    default:
        break;
    }
}

static bool
read_frame(const JpegSegment *segment, const ImageLimits *limits, JpegInfo *info, GError **error)
{
    const guint8 *body = segment->body;
    switch (segment->marker) {
    case JPEG_MARKER_SOF0:
    case JPEG_MARKER_SOF1:
    case JPEG_MARKER_SOF2:
    case JPEG_MARKER_SOF9:
    case JPEG_MARKER_SOF10:
        break;
    default:
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "JPEG of a kind that is not handled (lossless or hierarchical, SOF%d)",
                    segment->marker - JPEG_MARKER_SOF0);
    }
    if (segment->body_size < 6 || segment->body_size != 6 + (gsize)3 * body[5]) {
        return fail(error, APP_ERROR_INVALID, "JPEG frame header is damaged");
    }
    info->frame_marker = segment->marker;
    info->is_progressive =
        segment->marker == JPEG_MARKER_SOF2 || segment->marker == JPEG_MARKER_SOF10;
    info->precision = body[0];
    info->height = (guint32)body[1] << 8 | body[2];
    info->width = (guint32)body[3] << 8 | body[4];
    info->num_components = body[5];
    if (info->width == 0 || info->num_components == 0) {
        return fail(error, APP_ERROR_INVALID, "JPEG without width or components");
    }
    if (info->height == 0) {
        return fail(error, APP_ERROR_UNSUPPORTED, "JPEG that does not tell its height in front");
    }
    if (info->precision != 8) {
        return fail(error, APP_ERROR_UNSUPPORTED, "JPEG with %u bits a sample", info->precision);
    }
    if (info->num_components > JPEG_MAX_COMPONENTS) {
        return fail(error, APP_ERROR_UNSUPPORTED, "JPEG with %u components", info->num_components);
    }
    for (guint i = 0; i < info->num_components; i++) {
        const guint8 *p = body + 6 + (gsize)3 * i;
        info->components[i] = (JpegComponent){ p[0], p[1] >> 4, p[1] & 15 };
        if (info->components[i].h < 1 || info->components[i].h > 4 || info->components[i].v < 1 ||
            info->components[i].v > 4) {
            return fail(error, APP_ERROR_INVALID, "JPEG with sampling factors %ux%u",
                        info->components[i].h, info->components[i].v);
        }
    }
    return picture_check_size(info->width, info->height, limits, error);
}

/* What libjpeg takes the components for (jdapimin.c), which is what the common viewers do. */
static JpegColor
recognise_color(const JpegInfo *info)
{
    const JpegComponent *c = info->components;
    switch (info->num_components) {
    case 1:
        return JPEG_COLOR_GREY;
    case 3:
        if (info->has_jfif) {
            return JPEG_COLOR_YCBCR;
        }
        if (info->has_adobe) {
            return info->adobe_transform == 0 ? JPEG_COLOR_RGB : JPEG_COLOR_YCBCR;
        }
        return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B' ? JPEG_COLOR_RGB
                                                                  : JPEG_COLOR_YCBCR;
    case 4:
        return info->has_adobe && info->adobe_transform != 0 ? JPEG_COLOR_YCCK : JPEG_COLOR_CMYK;
    default:
        return JPEG_COLOR_OTHER;
    }
}

static bool
is_frame_marker(guint8 marker)
{
    return marker >= JPEG_MARKER_SOF0 && marker <= JPEG_MARKER_SOF15 && marker != JPEG_MARKER_DHT &&
           marker != 0xc8 && marker != JPEG_MARKER_DAC;
}

/* Reads on to the EOI or to where the structure breaks: a second SOI or frame is where libjpeg
 * gives up, so the file ends there for us, too. */
static bool
read_segments(JpegSegments *segments, const ImageLimits *limits, JpegInfo *info, IccPieces *icc,
              GError **error)
{
    JpegSegment segment;
    bool has_exif = false;
    guint restart_interval = 0;
    info->is_truncated = true;
    for (;;) {
        info->end = segments->at;
        if (!jpeg_segments_next(segments, &segment) || segment.marker == JPEG_MARKER_SOI) {
            return true;
        }
        if (segment.marker == JPEG_MARKER_EOI) {
            info->end = segments->at;
            info->is_truncated = false;
            return true;
        }
        if (is_frame_marker(segment.marker)) {
            if (info->num_components != 0) {
                return true;
            }
            if (!read_frame(&segment, limits, info, error)) {
                return false;
            }
        } else if (segment.marker == JPEG_MARKER_DRI && segment.body_size == 2) {
            restart_interval = (guint)segment.body[0] << 8 | segment.body[1];
        } else if (segment.marker == JPEG_MARKER_SOS) {
            if (info->num_components == 0) {
                return fail(error, APP_ERROR_INVALID, "JPEG scan before its frame");
            }
            info->num_scans++;
            if (info->num_scans > limits->max_scans) {
                return fail(error, APP_ERROR_TOO_LARGE,
                            "JPEG with more scans than image.max-scans, %u", limits->max_scans);
            }
            info->has_odd_scan_data |=
                segment.scan_has_fill || (segment.scan_has_restarts && restart_interval == 0);
        } else if (info->num_scans == 0) {
            read_app(&segment, info, icc, &has_exif);
        }
    }
}

bool
jpeg_parse(const guint8 *data, gsize size, const ImageLimits *limits, JpegInfo *ret_info,
           GError **error)
{
    g_auto(JpegInfo) info = { .exif = { .orientation = 1 } };
    JpegSegments segments;
    if (!jpeg_segments_init(&segments, data, size)) {
        return fail(error, APP_ERROR_INVALID, "not a JPEG");
    }
    IccPieces icc = { 0 };
    if (!read_segments(&segments, limits, &info, &icc, error)) {
        return false;
    }
    if (info.num_components == 0 || info.num_scans == 0) {
        return fail(error, APP_ERROR_INVALID, "JPEG without a picture in it");
    }
    /* A scan's data end at a marker or with the file: then there is no EOI, and nothing behind. */
    if (info.is_truncated) {
        info.end = size;
    }
    info.num_bytes_after = size - info.end;
    info.num_stray_bytes = (guint32)MIN(segments.num_stray_bytes, G_MAXUINT32);
    info.color = recognise_color(&info);
    assemble_icc(&icc, &info);
    *ret_info = info;
    info = (JpegInfo){ 0 };
    return true;
}

void
jpeg_info_clear(JpegInfo *info)
{
    g_clear_pointer(&info->icc, g_bytes_unref);
    *info = (JpegInfo){ 0 };
}

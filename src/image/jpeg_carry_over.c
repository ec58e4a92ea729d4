#include "base/error.h"
#include "image/jpeg_markers.h"
#include "image/jpeg_segments.h"

#include <string.h>

#define NUM_TABLES 4

/* A table of the source, and whether the output has this very definition of it already. */
typedef struct {
    const guint8 *data; /* the class and number byte, then the values; NULL: not defined */
    gsize size;
    bool is_written;
} Table;

typedef struct {
    const JpegInfo *info;
    GByteArray *out;
    Table quantizers[NUM_TABLES];
    Table huffman[2][NUM_TABLES]; /* DC, AC */
    guint8 quantizer_of[JPEG_MAX_COMPONENTS];
    bool has_frame;
    bool has_scanned[JPEG_MAX_COMPONENTS];
    guint restart_interval;
    guint written_interval;
} Rewriter;

const char *
jpeg_carry_over_obstacle(const JpegInfo *info)
{
    if (info->is_truncated) {
        return "it is cut short";
    }
    if (info->frame_marker != JPEG_MARKER_SOF0 && info->frame_marker != JPEG_MARKER_SOF1 &&
        info->frame_marker != JPEG_MARKER_SOF2) {
        return "its coding is one that few viewers know";
    }
    if (info->color != JPEG_COLOR_GREY && info->color != JPEG_COLOR_YCBCR) {
        return "its colours are not those of the web";
    }
    if (info->num_components == 3 && info->has_jfif && info->has_adobe &&
        info->adobe_transform == 0) {
        return "its markers contradict each other about the colours";
    }
    if (info->exif.orientation != 1) {
        return "it has to be turned upright";
    }
    if (info->exif.is_adobe_rgb) {
        return "its colours are AdobeRGB";
    }
    if (info->has_odd_scan_data) {
        return "there are foreign bytes inside the picture's data";
    }
    return NULL;
}

static void
put_bytes(Rewriter *rewriter, const void *data, gsize size)
{
    g_byte_array_append(rewriter->out, data, (guint)size);
}

static void
put_head(Rewriter *rewriter, guint8 marker, gsize body_size)
{
    const guint8 head[] = { 0xff, marker, (guint8)((body_size + 2) >> 8), (guint8)(body_size + 2) };
    put_bytes(rewriter, head, sizeof head);
}

static void
remember(Table *table, const guint8 *data, gsize size)
{
    if (table->data != NULL && table->size == size && memcmp(table->data, data, size) == 0) {
        return;
    }
    *table = (Table){ data, size, false };
}

static bool
read_quantizers(Rewriter *rewriter, const JpegSegment *segment)
{
    const guint8 *p = segment->body;
    gsize left = segment->body_size;
    while (left > 0) {
        gsize size = 1 + (p[0] >> 4 == 0 ? 64 : 128);
        if (p[0] >> 4 > 1 || (p[0] & 15) >= NUM_TABLES || size > left) {
            return false;
        }
        remember(&rewriter->quantizers[p[0] & 15], p, size);
        p += size;
        left -= size;
    }
    return true;
}

static bool
read_huffman(Rewriter *rewriter, const JpegSegment *segment)
{
    const guint8 *p = segment->body;
    gsize left = segment->body_size;
    while (left > 0) {
        if (left < 17 || p[0] >> 4 > 1 || (p[0] & 15) >= NUM_TABLES) {
            return false;
        }
        gsize size = 17;
        for (int i = 1; i <= 16; i++) {
            size += p[i];
        }
        if (size > 17 + 256 || size > left) {
            return false;
        }
        remember(&rewriter->huffman[p[0] >> 4][p[0] & 15], p, size);
        p += size;
        left -= size;
    }
    return true;
}

static void
write_frame(Rewriter *rewriter, const JpegSegment *segment)
{
    put_head(rewriter, segment->marker, segment->body_size);
    g_autofree guint8 *body = g_memdup2(segment->body, segment->body_size);
    for (guint i = 0; i < rewriter->info->num_components; i++) {
        guint8 *component = body + 6 + (gsize)3 * i;
        component[0] = (guint8)(i + 1);
        rewriter->quantizer_of[i] = component[2];
    }
    put_bytes(rewriter, body, segment->body_size);
    rewriter->has_frame = true;
}

static bool
write_table(Rewriter *rewriter, guint8 marker, Table *table)
{
    if (table->data == NULL) {
        return false;
    }
    if (!table->is_written) {
        put_head(rewriter, marker, table->size);
        put_bytes(rewriter, table->data, table->size);
        table->is_written = true;
    }
    return true;
}

/* The tables that a scan's component needs. A component's quantiser is what it is at its first scan
 * (libjpeg keeps that one, whatever comes later); DC refinement needs no codes. */
static bool
write_tables(Rewriter *rewriter, guint component, guint8 codes, guint8 spectral_start,
             guint8 approximation_high)
{
    if (!rewriter->has_scanned[component]) {
        guint8 number = rewriter->quantizer_of[component];
        if (number >= NUM_TABLES ||
            !write_table(rewriter, JPEG_MARKER_DQT, &rewriter->quantizers[number])) {
            return false;
        }
        rewriter->has_scanned[component] = true;
    }
    bool is_progressive = rewriter->info->is_progressive;
    bool needs_dc = !is_progressive || (spectral_start == 0 && approximation_high == 0);
    bool needs_ac = !is_progressive || spectral_start > 0;
    guint dc = codes >> 4;
    guint ac = codes & 15;
    if (dc >= NUM_TABLES || ac >= NUM_TABLES) {
        return false;
    }
    return (!needs_dc || write_table(rewriter, JPEG_MARKER_DHT, &rewriter->huffman[0][dc])) &&
           (!needs_ac || write_table(rewriter, JPEG_MARKER_DHT, &rewriter->huffman[1][ac]));
}

static bool
component_by_id(const JpegInfo *info, guint8 id, guint *ret_component)
{
    for (guint i = 0; i < info->num_components; i++) {
        if (info->components[i].id == id) {
            *ret_component = i;
            return true;
        }
    }
    return false;
}

static bool
write_scan(Rewriter *rewriter, const JpegSegment *segment)
{
    gsize num_components = segment->body_size == 0 ? 0 : segment->body[0];
    if (!rewriter->has_frame || num_components < 1 || num_components > JPEG_MAX_COMPONENTS ||
        segment->body_size != 4 + 2 * num_components) {
        return false;
    }
    g_autofree guint8 *body = g_memdup2(segment->body, segment->body_size);
    const guint8 *spectral = body + 1 + 2 * num_components;
    for (gsize i = 0; i < num_components; i++) {
        guint component = 0;
        if (!component_by_id(rewriter->info, body[1 + 2 * i], &component) ||
            !write_tables(rewriter, component, body[2 + 2 * i], spectral[0], spectral[2] >> 4)) {
            return false;
        }
        body[1 + 2 * i] = (guint8)(component + 1);
    }
    if (rewriter->restart_interval != rewriter->written_interval) {
        put_head(rewriter, JPEG_MARKER_DRI, 2);
        const guint8 interval[] = { (guint8)(rewriter->restart_interval >> 8),
                                    (guint8)rewriter->restart_interval };
        put_bytes(rewriter, interval, sizeof interval);
        rewriter->written_interval = rewriter->restart_interval;
    }
    put_head(rewriter, JPEG_MARKER_SOS, segment->body_size);
    put_bytes(rewriter, body, segment->body_size);
    put_bytes(rewriter, segment->scan, segment->scan_size);
    return true;
}

static bool
rewrite_segment(Rewriter *rewriter, const JpegSegment *segment)
{
    switch (segment->marker) {
    case JPEG_MARKER_DQT:
        return read_quantizers(rewriter, segment);
    case JPEG_MARKER_DHT:
        return read_huffman(rewriter, segment);
    case JPEG_MARKER_DRI:
        if (segment->body_size != 2) {
            return false;
        }
        rewriter->restart_interval = (guint)segment->body[0] << 8 | segment->body[1];
        return true;
    case JPEG_MARKER_SOS:
        return write_scan(rewriter, segment);
    default:
        if (segment->marker == rewriter->info->frame_marker) {
            write_frame(rewriter, segment);
        }
        return true;
    }
}

static bool
has_equal_ids(const JpegInfo *info)
{
    for (guint i = 1; i < info->num_components; i++) {
        guint first = 0;
        if (component_by_id(info, info->components[i].id, &first) && first != i) {
            return true;
        }
    }
    return false;
}

GBytes *
jpeg_carry_over(const guint8 *data, gsize size, const JpegInfo *info, GError **error)
{
    g_assert(jpeg_carry_over_obstacle(info) == NULL);
    g_assert(info->end <= size);
    /* JFIF 1.01, no density, no thumbnail. */
    static const guint8 front[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F',
                                    0,    1,    1,    0,    0, 1,  0,   1,   0,   0 };
    static const guint8 back[] = { 0xff, JPEG_MARKER_EOI };
    g_autoptr(GByteArray) out = g_byte_array_sized_new((guint)MIN(info->end, G_MAXUINT));
    Rewriter rewriter = { .info = info, .out = out };
    JpegSegments segments;
    if (has_equal_ids(info) || !jpeg_segments_init(&segments, data, info->end)) {
        return fail_null(error, APP_ERROR_INVALID, "JPEG whose components cannot be told apart");
    }
    put_bytes(&rewriter, front, sizeof front);
    JpegSegment segment;
    while (jpeg_segments_next(&segments, &segment) && segment.marker != JPEG_MARKER_EOI) {
        if (!rewrite_segment(&rewriter, &segment)) {
            return fail_null(error, APP_ERROR_INVALID, "JPEG with damaged or missing tables");
        }
    }
    put_bytes(&rewriter, back, sizeof back);
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

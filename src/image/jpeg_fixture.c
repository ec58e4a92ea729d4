#include "image/jpeg_fixture.h"

#include "image/jpeg_segments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* One sample of the drawing, anywhere on it. */
static guint8
draw(double x, double y, guint channel)
{
    double wave = sin(x * 0.11 + channel) * cos(y * 0.07 - channel);
    double texture = sin(x * 1.9) * sin(y * 2.3) * 14;
    double disc = hypot(x - 40, y - 24) < 15 ? (channel == 0 ? 70 : -60) : 0;
    return (guint8)CLAMP(128 + 60 * wave + texture + disc + 0.5, 0, 255);
}

static void
set_color(struct jpeg_compress_struct *cinfo, JpegColor color)
{
    static const J_COLOR_SPACE stored[] = {
        [JPEG_COLOR_GREY] = JCS_GRAYSCALE, [JPEG_COLOR_YCBCR] = JCS_YCbCr,
        [JPEG_COLOR_RGB] = JCS_RGB,        [JPEG_COLOR_CMYK] = JCS_CMYK,
        [JPEG_COLOR_YCCK] = JCS_YCCK,
    };
    static const int num_components[] = {
        [JPEG_COLOR_GREY] = 1, [JPEG_COLOR_YCBCR] = 3, [JPEG_COLOR_RGB] = 3,
        [JPEG_COLOR_CMYK] = 4, [JPEG_COLOR_YCCK] = 4,
    };
    cinfo->input_components = num_components[color];
    cinfo->in_color_space = color == JPEG_COLOR_YCBCR  ? JCS_RGB
                            : color == JPEG_COLOR_YCCK ? JCS_CMYK
                                                       : stored[color];
    jpeg_set_defaults(cinfo);
    jpeg_set_colorspace(cinfo, stored[color]);
}

GBytes *
fixture_jpeg(const Fixture *fixture)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors; /* the default one ends the test with a message */
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &bytes, &size);
    cinfo.image_width = fixture->width == 0 ? 64 : fixture->width;
    cinfo.image_height = fixture->height == 0 ? 48 : fixture->height;
    set_color(&cinfo, fixture->color);
    jpeg_set_quality(&cinfo, fixture->quality == 0 ? 90 : fixture->quality, TRUE);
    for (int i = 0; i < cinfo.num_components; i++) {
        cinfo.comp_info[i].h_samp_factor = i == 0 ? MAX(fixture->h, 1) : 1;
        cinfo.comp_info[i].v_samp_factor = i == 0 ? MAX(fixture->v, 1) : 1;
    }
    cinfo.restart_interval = fixture->restart_interval;
    cinfo.arith_code = fixture->is_arithmetic;
    if (fixture->has_no_adobe) {
        cinfo.write_Adobe_marker = FALSE;
    }
    if (fixture->is_progressive) {
        jpeg_simple_progression(&cinfo);
    }
    jpeg_start_compress(&cinfo, TRUE);
    g_autofree guint8 *row = g_malloc((gsize)cinfo.image_width * (gsize)cinfo.input_components);
    while (cinfo.next_scanline < cinfo.image_height) {
        for (guint32 x = 0; x < cinfo.image_width; x++) {
            for (int i = 0; i < cinfo.input_components; i++) {
                row[x * (guint)cinfo.input_components + (guint)i] =
                    draw(x, cinfo.next_scanline, (guint)i);
            }
        }
        JSAMPROW rows = row;
        jpeg_write_scanlines(&cinfo, &rows, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return g_bytes_new_with_free_func(bytes, size, free, bytes);
}

GBytes *
fixture_splice(GBytes *jpeg, gsize at, const void *bytes, gsize size)
{
    gsize jpeg_size;
    const guint8 *data = g_bytes_get_data(jpeg, &jpeg_size);
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, data, (guint)at);
    g_byte_array_append(out, bytes, (guint)size);
    g_byte_array_append(out, data + at, (guint)(jpeg_size - at));
    return g_byte_array_free_to_bytes(out);
}

GBytes *
fixture_insert(GBytes *jpeg, gsize at, guint8 marker, const void *body, gsize size)
{
    g_autoptr(GByteArray) segment = g_byte_array_new();
    const guint8 head[] = { 0xff, marker, (guint8)((size + 2) >> 8), (guint8)(size + 2) };
    g_byte_array_append(segment, head, sizeof head);
    g_byte_array_append(segment, body, (guint)size);
    return fixture_splice(jpeg, at, segment->data, segment->len);
}

gsize
fixture_find(GBytes *jpeg, guint8 marker, guint number)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    JpegSegments segments;
    JpegSegment segment;
    g_assert_true(jpeg_segments_init(&segments, data, size));
    while (jpeg_segments_next(&segments, &segment)) {
        if (segment.marker == marker && number-- == 0) {
            return segment.body == NULL ? segments.at - 2 : (gsize)(segment.body - data) - 4;
        }
    }
    g_error("no such segment");
}

GBytes *
fixture_exif(guint8 orientation, bool has_location)
{
    /* Header, a directory of two entries, and the GPS directory of one, at 8 + 2 + 24 + 4. */
    guint8 exif[] = {
        'E', 'x',         'i', 'f', 0,    0,    'M', 'M', 0, 42, 0, 0,
        0,   8,           0,   2,   0x01, 0x12, 0,   3,   0, 0,  0, 1,
        0,   orientation, 0,   0,   0x88, 0x25, 0,   4,   0, 0,  0, 1,
        0,   0,           0,   38,  0,    0,    0,   0,   0, 1,  0, has_location ? 2 : 0,
        0,   1,           0,   0,   0,    4,    2,   3,   0, 0,  0, 0,
        0,   0,
    };
    return g_bytes_new(exif, sizeof exif);
}

ImageLimits
fixture_limits(void)
{
    return (ImageLimits){ .max_input_bytes = G_MAXINT32,
                          .max_pixels = 200 * 1000 * 1000,
                          .max_side = 65535,
                          .max_frames = 100,
                          .max_scans = 100 };
}

JpegInfo
fixture_parse(GBytes *jpeg)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    ImageLimits limits = fixture_limits();
    JpegInfo info;
    g_autoptr(GError) error = NULL;
    bool ok = jpeg_parse(data, size, &limits, &info, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return info;
}

void
fixture_planes(ImagePlanes *ret_planes, guint32 width, guint32 height, guint8 num_planes,
               guint8 shift_x, guint8 shift_y)
{
    g_autoptr(GError) error = NULL;
    bool ok = image_planes_init(ret_planes, width, height, num_planes, shift_x, shift_y, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    for (guint i = 0; i < num_planes; i++) {
        double scale_x = i == 0 ? 1 : 1U << shift_x;
        double scale_y = i == 0 ? 1 : 1U << shift_y;
        for (guint32 y = 0; y < image_planes_height(ret_planes, i); y++) {
            for (guint32 x = 0; x < image_planes_width(ret_planes, i); x++) {
                ret_planes->data[i][ret_planes->stride[i] * y + x] =
                    draw((x + 0.5) * scale_x - 0.5, (y + 0.5) * scale_y - 0.5, i);
            }
        }
    }
}

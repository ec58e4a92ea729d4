/* The JPEG walk, the carry-over and the EXIF reader. What is carried over must be a JPEG to our own
 * parser and to libjpeg, which must find in it the pixels that it finds in the input. */
#include "image/jpeg_decode.h"
#include "image/jpeg_markers.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ImageLimits limits = { .max_input_bytes = 1 << 20,
                                    .max_pixels = 256 * 1024,
                                    .max_side = 4096,
                                    .max_frames = 1,
                                    .max_scans = 20 };

static void
check_same_pixels(const ImagePlanes *a, const ImagePlanes *b)
{
    g_assert(a->width == b->width && a->height == b->height && a->num_planes == b->num_planes);
    for (guint i = 0; i < a->num_planes; i++) {
        for (guint32 y = 0; y < image_planes_height(a, i); y++) {
            g_assert(memcmp(a->data[i] + a->stride[i] * y, b->data[i] + b->stride[i] * y,
                            image_planes_width(a, i)) == 0);
        }
    }
}

static void
check_carried_over(GBytes *carried, const JpegInfo *info, const ImagePlanes *planes)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(carried, &size);
    g_auto(JpegInfo) carried_info = { 0 };
    g_assert(jpeg_parse(data, size, &limits, &carried_info, NULL));
    g_assert(jpeg_carry_over_obstacle(&carried_info) == NULL);
    g_assert(carried_info.width == info->width && carried_info.height == info->height);
    g_assert(carried_info.num_bytes_after == 0 && carried_info.num_stray_bytes == 0);
    g_assert(carried_info.icc_state == JPEG_ICC_NONE && !carried_info.had_location);
    g_auto(ImagePlanes) carried_planes = { 0 };
    JpegDecodeReport carried_report;
    g_assert(jpeg_decode_planes(data, size, &carried_info, 0, JPEG_CHROMA_AS_STORED,
                                &carried_planes, &carried_report, NULL));
    check_same_pixels(planes, &carried_planes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)exif_facts(data, size);
    g_auto(JpegInfo) info = { 0 };
    if (!jpeg_parse(data, size, &limits, &info, NULL)) {
        return 0;
    }
    g_assert(info.end <= size);
    if (info.color != JPEG_COLOR_GREY && info.color != JPEG_COLOR_YCBCR) {
        return 0;
    }
    g_auto(ImagePlanes) planes = { 0 };
    g_auto(ImagePlanes) smaller = { 0 };
    JpegDecodeReport report;
    PlaneTarget target = { .chroma_shift_x = 1, .chroma_shift_y = 1, .orientation = 1 };
    plane_fit(info.width, info.height, MAX(info.width, info.height) / 2 + size % 3, &target.width,
              &target.height);
    if (jpeg_can_decode_to(&info, &target)) {
        (void)jpeg_decode_to(data, size, &info, &target, &smaller, &report, NULL);
    }
    bool is_decoded =
        jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, &planes, &report, NULL);
    /* Damage is bridged, but nobody promised how: such a file is not carried over. */
    if (is_decoded && report.num_warnings == 0 && jpeg_carry_over_obstacle(&info) == NULL) {
        g_autoptr(GBytes) carried = jpeg_carry_over(data, size, &info, NULL);
        if (carried != NULL) {
            check_carried_over(carried, &info, &planes);
        }
    }
    return 0;
}

#include "image/plane_resize.h"

#include "base/error.h"
#include "image/plane_orient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zimg.h>

#define BUFFER_ALIGNMENT 64

/* A piece of one axis of a source plane, in its samples, and the samples to make of it. */
typedef struct {
    double start, extent;
    guint32 num_source, num_target;
} Axis;

void
plane_fit(guint32 width, guint32 height, guint32 longest_side, guint32 *ret_width,
          guint32 *ret_height)
{
    guint64 longest = MAX(width, height);
    if (longest_side == 0 || longest <= longest_side) {
        *ret_width = width;
        *ret_height = height;
        return;
    }
    guint64 shortest = MIN(width, height);
    guint32 other = (guint32)MAX((shortest * longest_side + longest / 2) / longest, 1);
    *ret_width = width >= height ? longest_side : other;
    *ret_height = width >= height ? other : longest_side;
}

/* How a plane's axis maps to the target's. Sample j of the target covers the target's pixels from
 * j << target_shift. With an odd number of pixels the last chroma sample covers one too many; when
 * the axis will be mirrored, the one too many must lie in front, to be at the end afterwards. */
static Axis
plane_axis(double covered, guint32 num_source, guint source_shift, guint32 size, guint target_shift,
           bool is_mirrored)
{
    guint32 num_target = (size + (1U << target_shift) - 1) >> target_shift;
    double excess = (double)((guint64)num_target << target_shift) - size;
    double ratio = covered / size / (1U << source_shift);
    return (Axis){
        .start = is_mirrored ? -excess * ratio : 0,
        .extent = (size + excess) * ratio,
        .num_source = num_source,
        .num_target = num_target,
    };
}

static bool
axis_is_copy(Axis axis)
{
    return axis.num_source == axis.num_target && fabs(axis.start) < 1e-9 &&
           fabs(axis.extent - axis.num_source) < 1e-9;
}

static void
copy_plane(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride,
           guint32 width, guint32 height)
{
    for (guint32 y = 0; y < height; y++) {
        memcpy(target + target_stride * y, source + source_stride * y, width);
    }
}

static void
describe_plane(zimg_image_format *format, Axis x, Axis y, bool is_source)
{
    zimg_image_format_default(format, ZIMG_API_VERSION);
    format->width = is_source ? x.num_source : x.num_target;
    format->height = is_source ? y.num_source : y.num_target;
    format->pixel_type = ZIMG_PIXEL_BYTE;
    format->color_family = ZIMG_COLOR_GREY;
    format->matrix_coefficients = ZIMG_MATRIX_UNSPECIFIED;
    format->pixel_range = ZIMG_RANGE_FULL;
    if (is_source) {
        format->active_region.left = x.start;
        format->active_region.top = y.start;
        format->active_region.width = x.extent;
        format->active_region.height = y.extent;
    }
}

static bool
fail_zimg(GError **error)
{
    char text[256]; /* zimg's messages are fixed texts; it cuts them itself */
    zimg_error_code_e code = zimg_get_last_error(text, sizeof text);
    return fail(error,
                code == ZIMG_ERROR_OUT_OF_MEMORY ? APP_ERROR_UNAVAILABLE : APP_ERROR_INTERNAL,
                "picture cannot be resized: %s", text);
}

static bool
resize_plane(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride, Axis x,
             Axis y, GError **error)
{
    zimg_image_format from;
    zimg_image_format to;
    describe_plane(&from, x, y, true);
    describe_plane(&to, x, y, false);
    zimg_graph_builder_params params;
    zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
    params.resample_filter = ZIMG_RESIZE_LANCZOS;
    params.filter_param_a = 3;
    params.dither_type = ZIMG_DITHER_NONE;
    params.cpu_type = ZIMG_CPU_AUTO_64B;
    zimg_filter_graph *graph = zimg_filter_graph_build(&from, &to, &params);
    gsize scratch_size = 0;
    if (graph == NULL ||
        zimg_filter_graph_get_tmp_size(graph, &scratch_size) != ZIMG_ERROR_SUCCESS) {
        zimg_filter_graph_free(graph);
        return fail_zimg(error);
    }
    scratch_size = (scratch_size + BUFFER_ALIGNMENT) / BUFFER_ALIGNMENT * BUFFER_ALIGNMENT;
    void *scratch = aligned_alloc(BUFFER_ALIGNMENT, scratch_size);
    zimg_image_buffer_const in = { .version = ZIMG_API_VERSION };
    in.plane[0].data = source;
    in.plane[0].stride = (ptrdiff_t)source_stride;
    in.plane[0].mask = ZIMG_BUFFER_MAX;
    zimg_image_buffer out = { .version = ZIMG_API_VERSION };
    out.plane[0].data = target;
    out.plane[0].stride = (ptrdiff_t)target_stride;
    out.plane[0].mask = ZIMG_BUFFER_MAX;
    bool is_done = scratch != NULL &&
                   zimg_filter_graph_process(graph, &in, &out, scratch, NULL, NULL, NULL, NULL) ==
                       ZIMG_ERROR_SUCCESS;
    zimg_filter_graph_free(graph);
    free(scratch);
    return is_done || fail_zimg(error);
}

bool
image_planes_resize(const ImagePlanes *source, double covered_width, double covered_height,
                    const PlaneTarget *target, ImagePlanes *ret_planes, GError **error)
{
    bool swaps = image_orientation_swaps(target->orientation);
    bool mirrors_x;
    bool mirrors_y;
    image_orientation_mirrors(target->orientation, &mirrors_x, &mirrors_y);
    guint32 width = swaps ? target->height : target->width;
    guint32 height = swaps ? target->width : target->height;
    guint8 shift_x = swaps ? target->chroma_shift_y : target->chroma_shift_x;
    guint8 shift_y = swaps ? target->chroma_shift_x : target->chroma_shift_y;
    g_auto(ImagePlanes) planes = { 0 };
    if (!image_planes_init(&planes, width, height, source->num_planes, shift_x, shift_y, error)) {
        return false;
    }
    for (guint i = 0; i < source->num_planes; i++) {
        Axis x =
            plane_axis(covered_width, image_planes_width(source, i),
                       i == 0 ? 0 : source->chroma_shift_x, width, i == 0 ? 0 : shift_x, mirrors_x);
        Axis y = plane_axis(covered_height, image_planes_height(source, i),
                            i == 0 ? 0 : source->chroma_shift_y, height, i == 0 ? 0 : shift_y,
                            mirrors_y);
        if (axis_is_copy(x) && axis_is_copy(y)) {
            copy_plane(source->data[i], source->stride[i], planes.data[i], planes.stride[i],
                       x.num_target, y.num_target);
        } else if (!resize_plane(source->data[i], source->stride[i], planes.data[i],
                                 planes.stride[i], x, y, error)) {
            return false;
        }
    }
    if (!image_planes_orient(&planes, target->orientation, error)) {
        return false;
    }
    *ret_planes = planes;
    planes = (ImagePlanes){ 0 };
    return true;
}

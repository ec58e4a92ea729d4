#include "image/plane_resize.h"

#include "base/error.h"
#include "image/plane_orient.h"
#include "image/plane_scale.h"

#include <string.h>

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

ScaleAxis
image_plane_axis(double covered, guint32 num_source, guint source_shift, guint32 size,
                 guint target_shift, bool is_mirrored)
{
    guint32 num_target = (size + (1U << target_shift) - 1) >> target_shift;
    double excess = (double)((guint64)num_target << target_shift) - size;
    double ratio = covered / size / (1U << source_shift);
    return (ScaleAxis){
        .start = is_mirrored ? -excess * ratio : 0,
        .extent = (size + excess) * ratio,
        .num_source = num_source,
        .num_target = num_target,
    };
}

static void
copy_plane(const guint8 *source, gsize source_stride, guint8 *target, gsize target_stride,
           guint32 width, guint32 height)
{
    for (guint32 y = 0; y < height; y++) {
        memcpy(target + target_stride * y, source + source_stride * y, width);
    }
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
        ScaleAxis x = image_plane_axis(covered_width, image_planes_width(source, i),
                                       i == 0 ? 0 : source->chroma_shift_x, width,
                                       i == 0 ? 0 : shift_x, mirrors_x);
        ScaleAxis y = image_plane_axis(covered_height, image_planes_height(source, i),
                                       i == 0 ? 0 : source->chroma_shift_y, height,
                                       i == 0 ? 0 : shift_y, mirrors_y);
        if (scale_axis_is_copy(x) && scale_axis_is_copy(y)) {
            copy_plane(source->data[i], source->stride[i], planes.data[i], planes.stride[i],
                       x.num_target, y.num_target);
        } else if (!plane_scale(source->data[i], source->stride[i], planes.data[i],
                                planes.stride[i], x, y)) {
            return fail(error, APP_ERROR_UNAVAILABLE,
                        "no memory to resize a picture to %ux%u pixels", width, height);
        }
    }
    if (!image_planes_orient(&planes, target->orientation, error)) {
        return false;
    }
    *ret_planes = planes;
    planes = (ImagePlanes){ 0 };
    return true;
}

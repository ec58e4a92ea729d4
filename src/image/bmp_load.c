/* BMP: rows from bmp.h through libvips, so that a large one is shrunk while it is read. */
#include "base/error.h"
#include "image/bmp.h"
#include "image/picture.h"
#include "image/vips_pixels.h"

typedef VipsImage VipsImageRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImageRef, g_object_unref)

static int
generate(VipsRegion *region, void *sequence, void *bmp_pointer, void *unused, gboolean *stop)
{
    const Bmp *bmp = bmp_pointer;
    gsize pixel_size = bmp->has_alpha ? 4 : 3;
    const VipsRect *area = &region->valid;
    g_autofree guint8 *row = g_malloc(bmp->width * pixel_size);
    for (int y = area->top; y < area->top + area->height; y++) {
        bmp_read_row(bmp, (guint32)y, row);
        memcpy(VIPS_REGION_ADDR(region, area->left, y), row + (gsize)area->left * pixel_size,
               (gsize)area->width * pixel_size);
    }
    return 0;
}

bool
picture_decode_bmp(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                   Picture *ret_picture, GError **error)
{
    g_auto(Bmp) bmp = { 0 };
    if (!bmp_open(data, size, limits->max_side, limits->max_pixels, &bmp, error)) {
        return false;
    }
    g_autoptr(VipsImageRef) image = vips_image_new();
    vips_image_init_fields(image, (int)bmp.width, (int)bmp.height, bmp.has_alpha ? 4 : 3,
                           VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
    if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) != 0 ||
        vips_image_generate(image, NULL, generate, NULL, &bmp, NULL) != 0) {
        return fail_vips(error);
    }
    g_auto(Picture) picture = {
        .width = bmp.width,
        .height = bmp.height,
        .num_frames = 1,
        .orientation = 1,
        .was_truncated = bmp.is_truncated,
    };
    if (!vips_pixels_to_picture(image, NULL, longest_side, &picture, error)) {
        return false;
    }
    *ret_picture = picture;
    picture = (Picture){ 0 };
    return true;
}

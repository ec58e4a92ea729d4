/* PNG, WebP, TIFF and GIF. Each loader of libvips is called by its name: the one that guesses would
 * also find loaders that run ImageMagick, draw SVG or read files. */
#include "base/error.h"
#include "image/container.h"
#include "image/picture.h"
#include "image/vips_pixels.h"

#include <math.h>

typedef VipsImage VipsImageRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImageRef, g_object_unref)

typedef VipsImage *Loader(const guint8 *data, gsize size, double scale);

static VipsImage *
load_png(const guint8 *data, gsize size, double scale)
{
    VipsImage *image = NULL;
    (void)vips_pngload_buffer((void *)data, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    return image;
}

static VipsImage *
load_webp(const guint8 *data, gsize size, double scale)
{
    VipsImage *image = NULL;
    (void)vips_webpload_buffer((void *)data, size, &image, "access", VIPS_ACCESS_SEQUENTIAL,
                               "scale", scale, NULL);
    return image;
}

static VipsImage *
load_tiff(const guint8 *data, gsize size, double scale)
{
    VipsImage *image = NULL;
    (void)vips_tiffload_buffer((void *)data, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    return image;
}

static VipsImage *
load_gif(const guint8 *data, gsize size, double scale)
{
    VipsImage *image = NULL;
    (void)vips_gifload_buffer((void *)data, size, &image, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    return image;
}

static GBytes *
embedded_profile(const VipsImage *image)
{
    const void *data;
    size_t size;
    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) == 0 ||
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size) != 0) {
        return NULL;
    }
    return g_bytes_new(data, size);
}

static guint32
count_frames(const VipsImage *image, const ContainerFacts *facts)
{
    int num_pages = 1;
    if (vips_image_get_typeof(image, VIPS_META_N_PAGES) != 0) {
        (void)vips_image_get_int(image, VIPS_META_N_PAGES, &num_pages);
    }
    return MAX(facts->num_frames, (guint32)MAX(1, num_pages));
}

/* libwebp shrinks while it decodes, by averaging: as far as twice the size that is wanted, so that
 * the better filter has the last word. */
static double
webp_scale(const VipsImage *image, guint32 longest_side)
{
    guint32 longest = (guint32)MAX(image->Xsize, image->Ysize);
    if (longest_side == 0 || longest_side * (guint64)2 >= longest) {
        return 1;
    }
    return longest_side * 2.0 / longest;
}

static bool
decode(ImageFormat format, Loader *load, const guint8 *data, gsize size, const ImageLimits *limits,
       guint32 longest_side, Picture *ret_picture, GError **error)
{
    g_auto(ContainerFacts) facts = { 0 };
    container_read(format, data, size, &facts);
    if (facts.is_camera_raw) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "is a camera raw file, not a photo that can be used");
    }
    if ((facts.width != 0 && !picture_check_size(facts.width, facts.height, limits, error)) ||
        !picture_check_frames(facts.num_frames, limits, error)) {
        return false;
    }
    g_autoptr(VipsImageRef) image = load(data, size, 1);
    if (image == NULL) {
        return fail_vips(error);
    }
    g_auto(Picture) picture = {
        .width = (guint32)image->Xsize,
        .height = (guint32)image->Ysize,
        .num_frames = count_frames(image, &facts),
        .orientation = facts.orientation,
        .was_truncated = facts.is_truncated,
        .had_location = facts.had_location,
    };
    if (!picture_check_size(picture.width, picture.height, limits, error) ||
        !picture_check_frames(picture.num_frames, limits, error)) {
        return false;
    }
    if (format == IMAGE_FORMAT_TIFF) {
        picture.orientation = (guint8)CLAMP(vips_image_get_orientation(image), 1, 8);
    }
    double scale = format == IMAGE_FORMAT_WEBP ? webp_scale(image, longest_side) : 1;
    if (scale < 1) {
        g_clear_object(&image);
        image = load(data, size, scale);
        if (image == NULL) {
            return fail_vips(error);
        }
    }
    g_autoptr(GBytes) icc = facts.icc == NULL ? embedded_profile(image) : g_bytes_ref(facts.icc);
    if (!vips_pixels_to_picture(image, icc, longest_side, &picture, error)) {
        return false;
    }
    *ret_picture = picture;
    picture = (Picture){ 0 };
    return true;
}

bool
picture_decode_png(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                   Picture *ret_picture, GError **error)
{
    return decode(IMAGE_FORMAT_PNG, load_png, data, size, limits, longest_side, ret_picture, error);
}

bool
picture_decode_webp(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                    Picture *ret_picture, GError **error)
{
    return decode(IMAGE_FORMAT_WEBP, load_webp, data, size, limits, longest_side, ret_picture,
                  error);
}

bool
picture_decode_tiff(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                    Picture *ret_picture, GError **error)
{
    return decode(IMAGE_FORMAT_TIFF, load_tiff, data, size, limits, longest_side, ret_picture,
                  error);
}

bool
picture_decode_gif(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                   Picture *ret_picture, GError **error)
{
    return decode(IMAGE_FORMAT_GIF, load_gif, data, size, limits, longest_side, ret_picture, error);
}

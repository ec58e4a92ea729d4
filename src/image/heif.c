/* HEIC and AVIF. libheif applies the rotation, mirroring and cropping of the container (irot, imir,
 * clap); the EXIF orientation beside them repeats the same and must not be applied again. */
#include "base/error.h"
#include "image/container.h"
#include "image/exif.h"
#include "image/picture.h"
#include "image/vips_pixels.h"

#include <libheif/heif.h>

typedef struct heif_context HeifContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifContext, heif_context_free)
typedef const struct heif_image_handle HeifHandle;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifHandle, heif_image_handle_release)
typedef const struct heif_image HeifImage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifImage, heif_image_release)
typedef VipsImage VipsImageRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImageRef, g_object_unref)

static bool
fail_heif(struct heif_error status, GError **error)
{
    bool no_memory = status.code == heif_error_Memory_allocation_error &&
                     status.subcode != heif_suberror_Security_limit_exceeded;
    AppErrorCode code = no_memory ? APP_ERROR_UNAVAILABLE
                        : status.code == heif_error_Unsupported_filetype ||
                                status.code == heif_error_Unsupported_feature
                            ? APP_ERROR_UNSUPPORTED
                            : APP_ERROR_INVALID;
    return fail(error, code, "cannot be decoded (%s)", status.message);
}

static bool
exif_tells_location(const struct heif_image_handle *handle)
{
    heif_item_id ids[16];
    int num_ids =
        heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", ids, G_N_ELEMENTS(ids));
    bool found = false;
    for (int i = 0; i < num_ids && !found; i++) {
        size_t size = heif_image_handle_get_metadata_size(handle, ids[i]);
        g_autofree guint8 *data = size > 4 ? g_try_malloc(size) : NULL;
        if (data == NULL || heif_image_handle_get_metadata(handle, ids[i], data).code != 0) {
            continue;
        }
        /* ISO/IEC 23008-12, A.2.1: four bytes tell how much stands before the TIFF header. */
        gsize skip =
            4 + ((gsize)data[0] << 24 | (gsize)data[1] << 16 | (gsize)data[2] << 8 | data[3]);
        found = skip < size && exif_facts(data + skip, size - skip).has_location;
    }
    return found;
}

static GBytes *
raw_profile(const struct heif_image_handle *handle)
{
    size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    g_autofree guint8 *data = size > 0 ? g_try_malloc(size) : NULL;
    if (data == NULL || heif_image_handle_get_raw_color_profile(handle, data).code != 0) {
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&data), size);
}

/* The container's word; the decoder has used the matrix that it also tells. */
static GBytes *
profile_in_numbers(const struct heif_image_handle *handle)
{
    struct heif_color_profile_nclx *nclx = NULL;
    if (heif_image_handle_get_nclx_color_profile(handle, &nclx).code != 0 || nclx == NULL) {
        return NULL;
    }
    GBytes *icc =
        colour_icc_from_cicp(nclx->color_primaries, (guint)nclx->transfer_characteristics);
    heif_nclx_color_profile_free(nclx);
    return icc;
}

/* The planes of a decoded picture, to be read as pixels. */
typedef struct {
    guint num_bands; /* R, G, B and perhaps alpha */
    guint bits;
    const guint8 *data[4];
    int stride[4];
} HeifPlanes;

static bool
read_planes(const struct heif_image *image, int width, int height, HeifPlanes *ret_planes,
            GError **error)
{
    static const enum heif_channel channels[] = { heif_channel_R, heif_channel_G, heif_channel_B,
                                                  heif_channel_Alpha };
    HeifPlanes planes = { .num_bands = heif_image_has_channel(image, heif_channel_Alpha) ? 4 : 3 };
    planes.bits = (guint)heif_image_get_bits_per_pixel_range(image, heif_channel_R);
    for (guint i = 0; i < planes.num_bands; i++) {
        planes.data[i] = heif_image_get_plane_readonly(image, channels[i], &planes.stride[i]);
        if (planes.data[i] == NULL || heif_image_get_width(image, channels[i]) < width ||
            heif_image_get_height(image, channels[i]) < height ||
            (guint)heif_image_get_bits_per_pixel_range(image, channels[i]) != planes.bits) {
            return fail(error, APP_ERROR_INVALID, "cannot be decoded (its planes do not match)");
        }
    }
    if (planes.bits < 8 || planes.bits > 16) {
        return fail(error, APP_ERROR_UNSUPPORTED, "has %u bits a sample", planes.bits);
    }
    *ret_planes = planes;
    return true;
}

/* Samples of 9 to 15 bits fill 16 by repeating their highest bits below. */
static int
generate(VipsRegion *region, void *sequence, void *planes_pointer, void *unused, gboolean *stop)
{
    const HeifPlanes *planes = planes_pointer;
    const VipsRect *area = &region->valid;
    for (int y = area->top; y < area->top + area->height; y++) {
        void *to = VIPS_REGION_ADDR(region, area->left, y);
        for (guint band = 0; band < planes->num_bands; band++) {
            const guint8 *from = planes->data[band] + (gsize)planes->stride[band] * (gsize)y;
            for (gsize x = 0; x < (gsize)area->width; x++) {
                gsize at = (gsize)area->left + x;
                if (planes->bits == 8) {
                    ((guint8 *)to)[x * planes->num_bands + band] = from[at];
                } else {
                    guint value = ((const guint16 *)(const void *)from)[at];
                    ((guint16 *)to)[x * planes->num_bands + band] =
                        (guint16)(value << (16 - planes->bits) | value >> (2 * planes->bits - 16));
                }
            }
        }
    }
    return 0;
}

static VipsImage *
planes_as_image(HeifPlanes *planes, int width, int height, bool is_premultiplied, GError **error)
{
    g_autoptr(VipsImageRef) image = vips_image_new();
    vips_image_init_fields(
        image, width, height, (int)planes->num_bands,
        planes->bits == 8 ? VIPS_FORMAT_UCHAR : VIPS_FORMAT_USHORT, VIPS_CODING_NONE,
        planes->bits == 8 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_RGB16, 1, 1);
    if (vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL) != 0 ||
        vips_image_generate(image, NULL, generate, NULL, planes, NULL) != 0) {
        (void)fail_vips(error);
        return NULL;
    }
    if (planes->num_bands == 4 && is_premultiplied) {
        VipsImage *weighed = NULL, *plain = NULL;
        double max = planes->bits == 8 ? 255 : 65535;
        if (vips_unpremultiply(image, &weighed, "max_alpha", max, NULL) != 0) {
            (void)fail_vips(error);
            return NULL;
        }
        int status = vips_cast(weighed, &plain, image->BandFmt, NULL);
        g_object_unref(weighed);
        if (status != 0) {
            (void)fail_vips(error);
            return NULL;
        }
        return plain;
    }
    return g_steal_pointer(&image);
}

static bool
take_picture(const struct heif_image_handle *handle, guint32 longest_side, Picture *picture,
             GError **error)
{
    struct heif_image *decoded = NULL;
    /* Planes, as libheif holds grids of tiles itself: any other form would be a second copy. */
    struct heif_error status =
        heif_decode_image(handle, &decoded, heif_colorspace_RGB, heif_chroma_444, NULL);
    if (status.code != heif_error_Ok) {
        return fail_heif(status, error);
    }
    g_autoptr(HeifImage) image = decoded;
    int width = heif_image_get_width(image, heif_channel_R);
    int height = heif_image_get_height(image, heif_channel_R);
    HeifPlanes planes;
    if (width < 1 || height < 1) {
        return fail(error, APP_ERROR_INVALID, "cannot be decoded (no pixels)");
    }
    if (!read_planes(image, width, height, &planes, error)) {
        return false;
    }
    g_autoptr(VipsImageRef) pixels = planes_as_image(
        &planes, width, height, heif_image_handle_is_premultiplied_alpha(handle) != 0, error);
    g_autoptr(GBytes) icc = raw_profile(handle);
    if (icc == NULL) {
        icc = profile_in_numbers(handle);
    }
    return pixels != NULL && vips_pixels_to_picture(pixels, icc, longest_side, picture, error);
}

bool
picture_decode_heif(const guint8 *data, gsize size, const ImageLimits *limits, guint32 longest_side,
                    Picture *ret_picture, GError **error)
{
    g_autoptr(HeifContext) context = heif_context_alloc();
    heif_context_set_maximum_image_size_limit(context, (int)MIN(limits->max_side, G_MAXINT));
    /* The pool has a process for each core already. */
    heif_context_set_max_decoding_threads(context, 0);
    struct heif_error status =
        heif_context_read_from_memory_without_copy(context, data, size, NULL);
    if (status.code != heif_error_Ok) {
        return fail_heif(status, error);
    }
    struct heif_image_handle *primary = NULL;
    status = heif_context_get_primary_image_handle(context, &primary);
    if (status.code != heif_error_Ok) {
        return fail_heif(status, error);
    }
    g_autoptr(HeifHandle) handle = primary;
    int width = heif_image_handle_get_width(handle), height = heif_image_handle_get_height(handle);
    int num_frames = heif_context_get_number_of_top_level_images(context);
    if (width < 1 || height < 1) {
        return fail(error, APP_ERROR_INVALID, "cannot be decoded (no size)");
    }
    g_auto(Picture) picture = {
        .width = (guint32)width,
        .height = (guint32)height,
        .num_frames = (guint32)MAX(1, num_frames),
        .orientation = 1,
        .had_location = exif_tells_location(handle) || container_xmp_has_location(data, size),
    };
    if (!picture_check_size(picture.width, picture.height, limits, error) ||
        !picture_check_frames(picture.num_frames, limits, error) ||
        !take_picture(handle, longest_side, &picture, error)) {
        return false;
    }
    *ret_picture = picture;
    picture = (Picture){ 0 };
    return true;
}

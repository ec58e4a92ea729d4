/* HEIC and AVIF. libheif applies the rotation, mirroring and cropping of the container (irot, imir,
 * clap); the EXIF orientation beside them repeats the same and must not be applied again. */
#include "base/error.h"
#include "image/container.h"
#include "image/exif.h"
#include "image/picture.h"
#include "image/vips_pixels.h"

#include <libheif/heif.h>
#include <string.h>

typedef struct heif_context HeifContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifContext, heif_context_free)
typedef const struct heif_image_handle HeifHandle;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifHandle, heif_image_handle_release)
typedef const struct heif_image HeifImage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifImage, heif_image_release)
typedef struct heif_decoding_options HeifOptions;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeifOptions, heif_decoding_options_free)
typedef VipsImage VipsImageRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImageRef, g_object_unref)

/* ITU-T H.273, table 4. */
enum {
    MATRIX_RGB = 0,
    MATRIX_BT709 = 1,
    MATRIX_UNSPECIFIED = 2,
    MATRIX_BT470 = 5,
    MATRIX_BT601 = 6,
    MATRIX_BT2020 = 9
};

typedef struct {
    guint primaries, transfer, matrix;
    bool is_full_range;
} Cicp;

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

/* The container's word, else the video stream's, else what libheif itself assumes. */
static Cicp
read_cicp(const struct heif_image_handle *handle, const struct heif_image *image)
{
    Cicp cicp = { 1, 13, MATRIX_BT601, true };
    struct heif_color_profile_nclx *nclx = NULL;
    if (heif_image_handle_get_nclx_color_profile(handle, &nclx).code != 0) {
        nclx = NULL;
        if (heif_image_get_nclx_color_profile(image, &nclx).code != 0) {
            return cicp;
        }
    }
    cicp = (Cicp){ nclx->color_primaries, nclx->transfer_characteristics, nclx->matrix_coefficients,
                   nclx->full_range_flag != 0 };
    heif_nclx_color_profile_free(nclx);
    return cicp;
}

/* One plane to 8 bits, full range, to the nearest level. */
static void
copy_plane(const struct heif_image *image, enum heif_channel channel, const Cicp *cicp,
           ImagePlanes *planes, guint plane)
{
    int stride;
    const guint8 *source = heif_image_get_plane_readonly(image, channel, &stride);
    guint bits = (guint)heif_image_get_bits_per_pixel_range(image, channel);
    guint num_levels = 1u << bits;
    double low = 0, high = num_levels - 1;
    if (!cicp->is_full_range) {
        low = 16u << (bits - 8);
        high = (plane == 0 ? 235u : 240u) << (bits - 8);
    }
    g_autofree guint8 *levels = g_malloc(num_levels);
    for (guint i = 0; i < num_levels; i++) {
        double middle = num_levels / 2.0;
        double value =
            plane == 0 ? (i - low) / (high - low) * 255 : (i - middle) / (high - low) * 255 + 128;
        levels[i] = (guint8)(CLAMP(value, 0, 255) + 0.5);
    }
    for (guint32 y = 0; y < image_planes_height(planes, plane); y++) {
        const guint8 *from = source + (gsize)stride * y;
        guint8 *to = planes->data[plane] + planes->stride[plane] * y;
        guint32 width = image_planes_width(planes, plane);
        if (bits == 8 && cicp->is_full_range) {
            memcpy(to, from, width);
            continue;
        }
        for (guint32 x = 0; x < width; x++) {
            guint value = bits == 8 ? from[x] : ((const guint16 *)(const void *)from)[x];
            to[x] = levels[value & (num_levels - 1)];
        }
    }
}

/* From another matrix of Y, Cb, Cr to BT.601's. Grey stays grey, so chroma depends on chroma only,
 * and luma changes by a part of it. */
static void
change_matrix(ImagePlanes *planes, double kr, double kb)
{
    const double kr6 = 0.299, kb6 = 0.114, kg = 1 - kr - kb, kg6 = 1 - kr6 - kb6;
    /* R - Y, B - Y and G - Y of the source, for a unit of Cb and Cr. */
    const double r_cr = 2 * (1 - kr), b_cb = 2 * (1 - kb);
    const double g_cr = -kr * r_cr / kg, g_cb = -kb * b_cb / kg;
    const double y_cb = kg6 * g_cb + kb6 * b_cb, y_cr = kr6 * r_cr + kg6 * g_cr;
    const double cb_cb = (b_cb - y_cb) / (2 * (1 - kb6)), cb_cr = -y_cr / (2 * (1 - kb6));
    const double cr_cr = (r_cr - y_cr) / (2 * (1 - kr6)), cr_cb = -y_cb / (2 * (1 - kr6));
    for (guint32 y = 0; y < planes->height; y++) {
        guint8 *luma = planes->data[0] + planes->stride[0] * y;
        gsize chroma_y = y >> planes->chroma_shift_y;
        const guint8 *cb = planes->data[1] + planes->stride[1] * chroma_y;
        const guint8 *cr = planes->data[2] + planes->stride[2] * chroma_y;
        for (guint32 x = 0; x < planes->width; x++) {
            guint32 at = x >> planes->chroma_shift_x;
            double value = luma[x] + y_cb * (cb[at] - 128) + y_cr * (cr[at] - 128);
            luma[x] = (guint8)(CLAMP(value, 0, 255) + 0.5);
        }
    }
    for (guint32 y = 0; y < image_planes_height(planes, 1); y++) {
        guint8 *cb_row = planes->data[1] + planes->stride[1] * y;
        guint8 *cr_row = planes->data[2] + planes->stride[2] * y;
        for (guint32 x = 0; x < image_planes_width(planes, 1); x++) {
            double cb = cb_row[x] - 128, cr = cr_row[x] - 128;
            cb_row[x] = (guint8)(CLAMP(cb_cb * cb + cb_cr * cr + 128, 0, 255) + 0.5);
            cr_row[x] = (guint8)(CLAMP(cr_cb * cb + cr_cr * cr + 128, 0, 255) + 0.5);
        }
    }
}

/* Whether the decoded samples can become planes as they are, which spares a full-size RGB copy. */
static bool
is_plain_ycbcr(const struct heif_image *image, const Cicp *cicp)
{
    if (heif_image_get_colorspace(image) == heif_colorspace_monochrome) {
        return true;
    }
    bool is_known = cicp->matrix == MATRIX_BT709 || cicp->matrix == MATRIX_UNSPECIFIED ||
                    cicp->matrix == MATRIX_BT470 || cicp->matrix == MATRIX_BT601 ||
                    cicp->matrix == MATRIX_BT2020;
    return is_known && heif_image_get_colorspace(image) == heif_colorspace_YCbCr;
}

/* libheif's planes, checked to be as large as they will be read. */
static bool
has_plane(const struct heif_image *image, enum heif_channel channel, const ImagePlanes *planes,
          guint plane)
{
    int stride = 0;
    int bits = heif_image_get_bits_per_pixel_range(image, channel);
    return heif_image_get_plane_readonly(image, channel, &stride) != NULL && bits >= 8 &&
           bits <= 16 &&
           heif_image_get_width(image, channel) >= (int)image_planes_width(planes, plane) &&
           heif_image_get_height(image, channel) >= (int)image_planes_height(planes, plane);
}

static bool
take_planes(const struct heif_image *image, const Cicp *cicp, ImagePlanes *ret_planes,
            GError **error)
{
    static const enum heif_channel channels[] = { heif_channel_Y, heif_channel_Cb,
                                                  heif_channel_Cr };
    enum heif_chroma chroma = heif_image_get_chroma_format(image);
    bool is_grey = heif_image_get_colorspace(image) == heif_colorspace_monochrome;
    int width = heif_image_get_width(image, heif_channel_Y);
    int height = heif_image_get_height(image, heif_channel_Y);
    if (width < 1 || height < 1) {
        return fail(error, APP_ERROR_INVALID, "cannot be decoded (no luma)");
    }
    g_auto(ImagePlanes) planes = { 0 };
    if (!image_planes_init(&planes, (guint32)width, (guint32)height, is_grey ? 1 : 3,
                           chroma == heif_chroma_420 || chroma == heif_chroma_422,
                           chroma == heif_chroma_420, error)) {
        return false;
    }
    for (guint i = 0; i < planes.num_planes; i++) {
        if (!has_plane(image, channels[i], &planes, i)) {
            return fail(error, APP_ERROR_INVALID, "cannot be decoded (a plane is missing)");
        }
        copy_plane(image, channels[i], cicp, &planes, i);
    }
    if (!is_grey && cicp->matrix == MATRIX_BT709) {
        change_matrix(&planes, 0.2126, 0.0722);
    } else if (!is_grey && cicp->matrix == MATRIX_BT2020) {
        change_matrix(&planes, 0.2627, 0.0593);
    }
    *ret_planes = planes;
    planes = (ImagePlanes){ 0 };
    return true;
}

/* With alpha, or in a matrix that libheif knows better. */
static bool
take_pixels(const struct heif_image_handle *handle, const struct heif_decoding_options *options,
            GBytes *icc, guint32 longest_side, ImagePlanes *ret_planes, GError **error)
{
    bool has_alpha = heif_image_handle_has_alpha_channel(handle) != 0;
    struct heif_image *decoded = NULL;
    struct heif_error status = heif_decode_image(
        handle, &decoded, heif_colorspace_RGB,
        has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, options);
    if (status.code != heif_error_Ok) {
        return fail_heif(status, error);
    }
    g_autoptr(HeifImage) image = decoded;
    int stride = 0;
    const guint8 *data = heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    int width = heif_image_get_width(image, heif_channel_interleaved);
    int height = heif_image_get_height(image, heif_channel_interleaved);
    int num_bands = has_alpha ? 4 : 3;
    if (data == NULL || width < 1 || height < 1 || stride < width * num_bands) {
        return fail(error, APP_ERROR_INVALID, "cannot be decoded (no pixels)");
    }
    /* libvips has no stride: rows with their padding, cropped to what is picture. */
    gsize row_pixels = (gsize)stride / (gsize)num_bands;
    g_autofree guint8 *packed = NULL;
    if ((gsize)stride % (gsize)num_bands != 0) {
        packed = g_try_malloc((gsize)width * (gsize)height * (gsize)num_bands);
        if (packed == NULL) {
            return fail(error, APP_ERROR_UNAVAILABLE, "no memory for the pixels");
        }
        for (int y = 0; y < height; y++) {
            memcpy(packed + (gsize)y * (gsize)width * (gsize)num_bands,
                   data + (gsize)y * (gsize)stride, (gsize)width * (gsize)num_bands);
        }
        data = packed;
        row_pixels = (gsize)width;
    }
    g_autoptr(VipsImageRef) rows =
        vips_image_new_from_memory(data, row_pixels * (gsize)height * (gsize)num_bands,
                                   (int)row_pixels, height, num_bands, VIPS_FORMAT_UCHAR);
    VipsImage *pixels = NULL, *plain = NULL;
    if (rows == NULL || vips_crop(rows, &pixels, 0, 0, width, height, NULL) != 0) {
        return fail_vips(error);
    }
    g_autoptr(VipsImageRef) cropped = pixels;
    if (has_alpha && heif_image_handle_is_premultiplied_alpha(handle) != 0) {
        if (vips_unpremultiply(cropped, &plain, NULL) != 0) {
            return fail_vips(error);
        }
        g_object_unref(cropped);
        cropped = plain;
    }
    return vips_pixels_to_planes(cropped, icc, longest_side, ret_planes, error);
}

static bool
take_picture(const struct heif_image_handle *handle, guint32 longest_side, Picture *picture,
             GError **error)
{
    g_autoptr(HeifOptions) options = heif_decoding_options_alloc();
    options->convert_hdr_to_8bit = 1;
    g_autoptr(GBytes) icc = raw_profile(handle);
    if (heif_image_handle_has_alpha_channel(handle) != 0) {
        return take_pixels(handle, options, icc, longest_side, &picture->planes, error);
    }
    struct heif_image *decoded = NULL;
    options->convert_hdr_to_8bit = 0;
    struct heif_error status = heif_decode_image(handle, &decoded, heif_colorspace_undefined,
                                                 heif_chroma_undefined, options);
    if (status.code != heif_error_Ok) {
        return fail_heif(status, error);
    }
    g_autoptr(HeifImage) image = decoded;
    Cicp cicp = read_cicp(handle, image);
    if (icc == NULL) {
        icc = colour_icc_from_cicp(cicp.primaries, cicp.transfer);
    }
    if (!is_plain_ycbcr(image, &cicp)) {
        g_clear_pointer(&image, heif_image_release);
        options->convert_hdr_to_8bit = 1;
        return take_pixels(handle, options, icc, longest_side, &picture->planes, error);
    }
    if (!take_planes(image, &cicp, &picture->planes, error)) {
        return false;
    }
    ColourSpace space = picture->planes.num_planes == 1 ? COLOUR_GREY : COLOUR_RGB;
    picture->colour = colour_transform_new(icc, space, 8, NULL);
    return true;
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
    picture.covered_width = picture.planes.width;
    picture.covered_height = picture.planes.height;
    *ret_picture = picture;
    picture = (Picture){ 0 };
    return true;
}

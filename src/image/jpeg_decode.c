#include "image/jpeg_decode.h"

#include "base/error.h"
#include "image/block_resize.h"
#include "image/fast_huffman.h"
#include "image/libjpeg_error.h"
#include "image/plane_orient.h"

#include <jpegint.h>
#include <string.h>

#if JPEG_LIB_VERSION >= 70
#error "the fields of a component are those of the libjpeg 6.2 interface"
#endif

/* An iMCU row has at most 4 block rows of 8 samples. */
#define MAX_IMCU_ROWS 32

/* What libjpeg allocates beside coefficients: its structures, tables and one row of MCUs. */
#define FIXED_MEMORY (512 * 1024)

typedef struct {
    struct jpeg_decompress_struct cinfo;
    LibjpegErrors errors;
    ImagePlanes planes;
    JpegPixels pixels;
    BlockResize *resizes[3];
    guint8 *scratch;          /* a row for what lies below the picture, or of interleaved samples */
    guint32 num_rows_done[3]; /* of planes; of pixels the first */
} Decoder;

static void
decoder_clear(Decoder *decoder)
{
    jpeg_destroy_decompress(&decoder->cinfo);
    image_planes_clear(&decoder->planes);
    jpeg_pixels_clear(&decoder->pixels);
    g_free(decoder->scratch);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Decoder, decoder_clear)

void
jpeg_pixels_clear(JpegPixels *pixels)
{
    g_free(pixels->data);
    *pixels = (JpegPixels){ 0 };
}

guint64
jpeg_decode_memory(const JpegInfo *info)
{
    guint max_h = 1;
    guint max_v = 1;
    for (guint i = 0; i < info->num_components; i++) {
        max_h = MAX(max_h, info->components[i].h);
        max_v = MAX(max_v, info->components[i].v);
    }
    guint64 num_mcus_x = (info->width + 8 * max_h - 1) / (8 * max_h);
    guint64 num_mcus_y = (info->height + 8 * max_v - 1) / (8 * max_v);
    guint64 num_blocks = 0;
    for (guint i = 0; i < info->num_components; i++) {
        num_blocks += num_mcus_x * info->components[i].h * info->components[i].v *
                      (info->num_scans > 1 ? num_mcus_y : 2);
    }
    ScaleAxis x = { 0, info->width, info->width, info->width };
    ScaleAxis y = { 0, info->height, info->height, info->height };
    return num_blocks * sizeof(JBLOCK) + info->num_components * block_resize_memory(x, y) +
           FIXED_MEMORY;
}

guint8
jpeg_decode_scale(const JpegInfo *info, guint32 longest_side)
{
    guint64 side = MAX(info->width, info->height);
    for (guint8 scale = 1; longest_side > 0 && scale < 8; scale *= 2) {
        if ((side * scale + 7) / 8 >= longest_side) {
            return scale;
        }
    }
    return 8;
}

static void
open_decoder(Decoder *decoder, const guint8 *data, gsize size, const JpegInfo *info, guint8 scale)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    jpeg_create_decompress(cinfo);
    jpeg_mem_src(cinfo, data, (unsigned long)MIN(size, info->end));
    jpeg_read_header(cinfo, TRUE);
    cinfo->scale_num = scale;
    cinfo->scale_denom = 8;
    cinfo->dct_method = JDCT_ISLOW;
}

/* How many times smaller than the first plane a component is, as a shift; -1 where planes.h has no
 * word for it. SIZE is of one block, FACTOR the sampling factor. */
static int
shift_of(int first_size, int first_factor, int size, int factor)
{
    int whole = first_size * first_factor;
    int part = size * factor;
    return whole == part ? 0 : whole == 2 * part ? 1 : whole == 4 * part ? 2 : -1;
}

/* libjpeg lets the inverse transform enlarge subsampled chroma where the scale allows it: at 1/2, a
 * 4:2:0 picture gets chroma blocks of 8x8 beside luma blocks of 4x4. For the file's own sampling
 * the chroma blocks get the size of the luma blocks. Between the start of an output pass and its
 * first row nothing has read the sizes yet. */
static void
force_stored_sampling(struct jpeg_decompress_struct *cinfo)
{
    for (int i = 1; i < cinfo->num_components; i++) {
        jpeg_component_info *component = &cinfo->comp_info[i];
        component->DCT_scaled_size = cinfo->min_DCT_scaled_size;
        cinfo->idct->inverse_DCT[i] = cinfo->idct->inverse_DCT[0];
    }
    for (int i = 0; i < cinfo->comps_in_scan; i++) {
        jpeg_component_info *component = cinfo->cur_comp_info[i];
        component->MCU_sample_width = component->MCU_width * component->DCT_scaled_size;
    }
}

/* The shifts of the chroma planes that raw data would have. False when they need resampling that
 * planes.h cannot say. */
static bool
raw_shifts(const struct jpeg_decompress_struct *cinfo, JpegChroma chroma, guint8 *ret_shift_x,
           guint8 *ret_shift_y)
{
    const jpeg_component_info *c = cinfo->comp_info;
    if (c[0].h_samp_factor != cinfo->max_h_samp_factor ||
        c[0].v_samp_factor != cinfo->max_v_samp_factor) {
        return false;
    }
    int shift_x = 0;
    int shift_y = 0;
    for (int i = 1; i < cinfo->num_components; i++) {
        int size = chroma == JPEG_CHROMA_AS_STORED ? c[0].DCT_scaled_size : c[i].DCT_scaled_size;
        int x = shift_of(c[0].DCT_scaled_size, c[0].h_samp_factor, size, c[i].h_samp_factor);
        int y = shift_of(c[0].DCT_scaled_size, c[0].v_samp_factor, size, c[i].v_samp_factor);
        if (x < 0 || y < 0 || (i > 1 && (x != shift_x || y != shift_y))) {
            return false;
        }
        shift_x = x;
        shift_y = y;
    }
    *ret_shift_x = (guint8)shift_x;
    *ret_shift_y = (guint8)shift_y;
    return true;
}

static void
read_raw_rows(Decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    ImagePlanes *planes = &decoder->planes;
    JSAMPROW rows[3][MAX_IMCU_ROWS];
    JSAMPARRAY components[3] = { rows[0], rows[1], rows[2] };
    guint32 first_row[3] = { 0 };
    guint num_lines = (guint)(cinfo->max_v_samp_factor * cinfo->min_DCT_scaled_size);
    while (cinfo->output_scanline < cinfo->output_height) {
        for (guint i = 0; i < planes->num_planes; i++) {
            const jpeg_component_info *component = &cinfo->comp_info[i];
            guint num_rows = (guint)(component->v_samp_factor * component->DCT_scaled_size);
            guint32 height = image_planes_height(planes, i);
            for (guint row = 0; row < num_rows; row++) {
                guint32 y = first_row[i] + row;
                rows[i][row] =
                    y < height ? planes->data[i] + planes->stride[i] * y : decoder->scratch;
            }
            first_row[i] += num_rows;
        }
        jpeg_read_raw_data(cinfo, components, num_lines);
        for (guint i = 0; i < planes->num_planes; i++) {
            decoder->num_rows_done[i] = MIN(first_row[i], image_planes_height(planes, i));
        }
    }
}

static void
read_resized_rows(Decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    JSAMPROW rows[3][MAX_IMCU_ROWS];
    JSAMPARRAY components[3] = { rows[0], rows[1], rows[2] };
    while (cinfo->output_scanline < cinfo->output_height) {
        for (guint i = 0; i < decoder->planes.num_planes; i++) {
            block_resize_rows(decoder->resizes[i], rows[i]);
        }
        jpeg_read_raw_data(cinfo, components, (JDIMENSION)(cinfo->max_v_samp_factor * DCTSIZE));
        for (guint i = 0; i < decoder->planes.num_planes; i++) {
            decoder->num_rows_done[i] = block_resize_take(decoder->resizes[i]);
        }
    }
}

/* For samplings without a name: libjpeg's own upsampling, then the samples are taken apart. */
static void
read_interleaved_rows(Decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    ImagePlanes *planes = &decoder->planes;
    while (cinfo->output_scanline < cinfo->output_height) {
        gsize y = cinfo->output_scanline;
        JSAMPROW row = decoder->scratch;
        if (jpeg_read_scanlines(cinfo, &row, 1) != 1) {
            return;
        }
        for (guint i = 0; i < 3; i++) {
            guint8 *plane = planes->data[i] + planes->stride[i] * y;
            for (guint32 x = 0; x < planes->width; x++) {
                plane[x] = row[3 * (gsize)x + i];
            }
        }
        for (guint i = 0; i < 3; i++) {
            decoder->num_rows_done[i] = cinfo->output_scanline;
        }
    }
}

/* Damage that libjpeg gives up on: the rows that are missing become grey, as its own filling is. */
static void
fill_missing_rows(ImagePlanes *planes, const guint32 num_rows_done[3])
{
    for (guint i = 0; i < planes->num_planes; i++) {
        for (guint32 y = num_rows_done[i]; y < image_planes_height(planes, i); y++) {
            memset(planes->data[i] + planes->stride[i] * y, 128, image_planes_width(planes, i));
        }
    }
}

static void
report_decoding(const Decoder *decoder, guint8 scale, bool gave_up, JpegDecodeReport *ret_report)
{
    *ret_report = (JpegDecodeReport){
        .scale = scale,
        .num_warnings = decoder->errors.num_warnings + gave_up,
        .was_truncated = decoder->errors.ran_out_of_data || gave_up,
    };
}

/* Everything between setjmp and the last call of libjpeg. */
static bool
decode_planes(Decoder *decoder, const guint8 *data, gsize size, const JpegInfo *info, guint8 scale,
              JpegChroma chroma, GError **error)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    guint8 shift_x = 0;
    guint8 shift_y = 0;
    open_decoder(decoder, data, size, info, scale);
    jpeg_calc_output_dimensions(cinfo);
    cinfo->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    cinfo->raw_data_out = raw_shifts(cinfo, chroma, &shift_x, &shift_y);
    jpeg_start_decompress(cinfo);
    fast_huffman_install(cinfo);
    if (!image_planes_init(&decoder->planes, cinfo->output_width, cinfo->output_height,
                           info->num_components, shift_x, shift_y, error)) {
        return false;
    }
    if (cinfo->raw_data_out) {
        decoder->scratch = g_malloc(decoder->planes.stride[0]);
        if (chroma == JPEG_CHROMA_AS_STORED) {
            force_stored_sampling(cinfo);
        }
        read_raw_rows(decoder);
    } else {
        decoder->scratch = g_malloc((gsize)cinfo->output_width * 3);
        read_interleaved_rows(decoder);
    }
    jpeg_finish_decompress(cinfo);
    return true;
}

bool
jpeg_decode_planes(const guint8 *data, gsize size, const JpegInfo *info, guint32 longest_side,
                   JpegChroma chroma, ImagePlanes *ret_planes, JpegDecodeReport *ret_report,
                   GError **error)
{
    g_assert(info->color == JPEG_COLOR_GREY || info->color == JPEG_COLOR_YCBCR);
    guint8 scale = jpeg_decode_scale(info, longest_side);
    g_auto(Decoder) decoder = { 0 };
    decoder.cinfo.err = libjpeg_errors_init(&decoder.errors);
    bool gave_up = false;
    if (setjmp(decoder.errors.escape) == 0) {
        if (!decode_planes(&decoder, data, size, info, scale, chroma, error)) {
            return false;
        }
    } else if (decoder.num_rows_done[0] == 0) {
        return libjpeg_fail(&decoder.errors, (j_common_ptr)&decoder.cinfo, "JPEG cannot be decoded",
                            error);
    } else {
        gave_up = true;
        fill_missing_rows(&decoder.planes, decoder.num_rows_done);
    }
    report_decoding(&decoder, scale, gave_up, ret_report);
    *ret_planes = decoder.planes;
    decoder.planes = (ImagePlanes){ 0 };
    return true;
}

/* What jpeg_decode_to makes: the planes before they are turned upright, and their axes. */
typedef struct {
    guint32 width, height;
    guint8 shift_x, shift_y;
    ScaleAxis x[3], y[3];
} Resized;

/* How many times smaller a component is, as a shift; -1 where planes.h has no word for it. */
static int
sampling_shift(guint8 factor, guint8 max_factor)
{
    return shift_of(1, max_factor, 1, factor);
}

/* An axis of chroma with the wanted shift, or with one as much larger as it takes not to grow. */
static ScaleAxis
chroma_axis(guint32 size, int source_shift, guint32 target_size, bool is_mirrored, guint8 *shift)
{
    guint32 num_source = (size + (1U << source_shift) - 1) >> source_shift;
    for (;; (*shift)++) {
        ScaleAxis axis = image_plane_axis(size, num_source, (guint)source_shift, target_size,
                                          *shift, is_mirrored);
        if (scale_axis_ratio(axis) >= 1 || *shift >= source_shift) {
            return axis;
        }
    }
}

/* False where jpeg_decode_to cannot. */
static bool
plan_resized(const JpegInfo *info, const PlaneTarget *target, Resized *resized)
{
    if (info->color != JPEG_COLOR_GREY && info->color != JPEG_COLOR_YCBCR) {
        return false;
    }
    bool swaps = image_orientation_swaps(target->orientation);
    bool mirrors_x, mirrors_y;
    image_orientation_mirrors(target->orientation, &mirrors_x, &mirrors_y);
    *resized = (Resized){
        .width = swaps ? target->height : target->width,
        .height = swaps ? target->width : target->height,
        .shift_x = swaps ? target->chroma_shift_y : target->chroma_shift_x,
        .shift_y = swaps ? target->chroma_shift_x : target->chroma_shift_y,
    };
    const JpegComponent *c = info->components;
    resized->x[0] = image_plane_axis(info->width, info->width, 0, resized->width, 0, mirrors_x);
    resized->y[0] = image_plane_axis(info->height, info->height, 0, resized->height, 0, mirrors_y);
    if (scale_axis_is_copy(resized->x[0]) && scale_axis_is_copy(resized->y[0])) {
        return false;
    }
    for (guint i = 0; i < info->num_components; i++) {
        int shift_x = sampling_shift(c[i].h, c[0].h);
        int shift_y = sampling_shift(c[i].v, c[0].v);
        if (shift_x < 0 || shift_y < 0 || c[i].h != c[MIN(i, 1)].h || c[i].v != c[MIN(i, 1)].v) {
            return false;
        }
        if (i > 0) {
            resized->x[i] =
                chroma_axis(info->width, shift_x, resized->width, mirrors_x, &resized->shift_x);
            resized->y[i] =
                chroma_axis(info->height, shift_y, resized->height, mirrors_y, &resized->shift_y);
        }
        if (!block_resize_can(resized->x[i]) || !block_resize_can(resized->y[i])) {
            return false;
        }
    }
    return true;
}

bool
jpeg_can_decode_to(const JpegInfo *info, const PlaneTarget *target)
{
    Resized resized;
    return plan_resized(info, target, &resized);
}

static bool
decode_resized(Decoder *decoder, const guint8 *data, gsize size, const JpegInfo *info,
               const Resized *resized, GError **error)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    ImagePlanes *planes = &decoder->planes;
    open_decoder(decoder, data, size, info, DCTSIZE);
    cinfo->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    cinfo->raw_data_out = TRUE;
    jpeg_start_decompress(cinfo);
    fast_huffman_install(cinfo);
    if (!image_planes_init(planes, resized->width, resized->height, info->num_components,
                           resized->shift_x, resized->shift_y, error)) {
        return false;
    }
    for (guint i = 0; i < planes->num_planes; i++) {
        decoder->resizes[i] =
            block_resize_new(cinfo, (int)i, resized->x[i], resized->y[i], planes->data[i],
                             planes->stride[i], i == 2 ? decoder->resizes[1] : NULL);
    }
    read_resized_rows(decoder);
    jpeg_finish_decompress(cinfo);
    return true;
}

bool
jpeg_decode_to(const guint8 *data, gsize size, const JpegInfo *info, const PlaneTarget *target,
               ImagePlanes *ret_planes, JpegDecodeReport *ret_report, GError **error)
{
    Resized resized;
    bool can = plan_resized(info, target, &resized);
    g_assert(can);
    g_auto(Decoder) decoder = { 0 };
    decoder.cinfo.err = libjpeg_errors_init(&decoder.errors);
    bool gave_up = false;
    if (setjmp(decoder.errors.escape) == 0) {
        if (!decode_resized(&decoder, data, size, info, &resized, error)) {
            return false;
        }
    } else if (decoder.num_rows_done[0] == 0) {
        return libjpeg_fail(&decoder.errors, (j_common_ptr)&decoder.cinfo, "JPEG cannot be decoded",
                            error);
    } else {
        gave_up = true;
        fill_missing_rows(&decoder.planes, decoder.num_rows_done);
    }
    if (!image_planes_orient(&decoder.planes, target->orientation, error)) {
        return false;
    }
    report_decoding(&decoder, DCTSIZE, gave_up, ret_report);
    *ret_planes = decoder.planes;
    decoder.planes = (ImagePlanes){ 0 };
    return true;
}

static void
invert(guint8 *samples, gsize num_samples)
{
    for (gsize i = 0; i < num_samples; i++) {
        samples[i] = (guint8)(255 - samples[i]);
    }
}

static bool
decode_pixels(Decoder *decoder, const guint8 *data, gsize size, const JpegInfo *info, guint8 scale,
              GError **error)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    JpegPixels *pixels = &decoder->pixels;
    open_decoder(decoder, data, size, info, scale);
    cinfo->out_color_space = info->num_components == 1   ? JCS_GRAYSCALE
                             : info->num_components == 3 ? JCS_RGB
                                                         : JCS_CMYK;
    jpeg_start_decompress(cinfo);
    fast_huffman_install(cinfo);
    pixels->width = cinfo->output_width;
    pixels->height = cinfo->output_height;
    pixels->num_channels = (guint8)cinfo->output_components;
    pixels->stride = (gsize)pixels->width * pixels->num_channels;
    pixels->data = g_try_malloc0(pixels->stride * pixels->height);
    if (pixels->data == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "no memory for a picture of %ux%u pixels",
                    pixels->width, pixels->height);
    }
    while (cinfo->output_scanline < cinfo->output_height) {
        JSAMPROW row = pixels->data + pixels->stride * cinfo->output_scanline;
        if (jpeg_read_scanlines(cinfo, &row, 1) != 1) {
            break;
        }
        decoder->num_rows_done[0] = cinfo->output_scanline;
    }
    jpeg_finish_decompress(cinfo);
    return true;
}

bool
jpeg_decode_pixels(const guint8 *data, gsize size, const JpegInfo *info, guint32 longest_side,
                   JpegPixels *ret_pixels, JpegDecodeReport *ret_report, GError **error)
{
    if (info->color == JPEG_COLOR_OTHER) {
        return fail(error, APP_ERROR_UNSUPPORTED, "JPEG with %u components", info->num_components);
    }
    guint8 scale = jpeg_decode_scale(info, longest_side);
    g_auto(Decoder) decoder = { 0 };
    decoder.cinfo.err = libjpeg_errors_init(&decoder.errors);
    bool gave_up = false;
    if (setjmp(decoder.errors.escape) == 0) {
        if (!decode_pixels(&decoder, data, size, info, scale, error)) {
            return false;
        }
    } else if (decoder.num_rows_done[0] == 0) {
        return libjpeg_fail(&decoder.errors, (j_common_ptr)&decoder.cinfo, "JPEG cannot be decoded",
                            error);
    } else {
        gave_up = true;
    }
    /* Adobe writes CMYK upside down, 255 for no ink; without its marker 0 is no ink (Adobe
     * Technical Note 5116). */
    if (info->num_components == 4 && info->has_adobe) {
        invert(decoder.pixels.data, decoder.pixels.stride * decoder.pixels.height);
    }
    report_decoding(&decoder, scale, gave_up, ret_report);
    *ret_pixels = decoder.pixels;
    decoder.pixels = (JpegPixels){ 0 };
    return true;
}

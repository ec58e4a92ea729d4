#include "image/jpeg_decode.h"

#include "base/error.h"
#include "image/block_halving.h"
#include "image/fast_huffman.h"
#include "image/libjpeg_error.h"
#include "image/reduced_idct.h"

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
    BlockHalving *halving; /* of plane 0, or NULL */
    guint8 *scratch;       /* a row for what lies below the picture, or of interleaved samples */
    guint32 num_rows_done;
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
    return num_blocks * sizeof(JBLOCK) + block_halving_memory(info->width) + FIXED_MEMORY;
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
            if (i == 0 && decoder->halving != NULL) {
                block_halving_rows(decoder->halving, rows[0]);
                continue;
            }
            for (guint row = 0; row < num_rows; row++) {
                guint32 y = first_row[i] + row;
                rows[i][row] =
                    y < height ? planes->data[i] + planes->stride[i] * y : decoder->scratch;
            }
            first_row[i] += num_rows;
        }
        jpeg_read_raw_data(cinfo, components, num_lines);
        decoder->num_rows_done =
            decoder->halving == NULL
                ? cinfo->output_scanline
                : block_halving_take(decoder->halving, planes->data[0], planes->stride[0],
                                     planes->width, planes->height);
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
        decoder->num_rows_done = cinfo->output_scanline;
    }
}

/* Damage that libjpeg gives up on: the rows that are missing become grey, as its own filling is. */
static void
fill_missing_rows(ImagePlanes *planes, guint32 num_rows_done)
{
    for (guint i = 0; i < planes->num_planes; i++) {
        guint32 first = i == 0 ? num_rows_done : num_rows_done >> planes->chroma_shift_y;
        for (guint32 y = first; y < image_planes_height(planes, i); y++) {
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
        reduced_idct_install(cinfo);
        /* A component that no scan has brings no table. */
        if (cinfo->comp_info[0].DCT_scaled_size == DCTSIZE / 2 &&
            cinfo->comp_info[0].quant_table != NULL) {
            decoder->halving = block_halving_new(cinfo, 0);
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
    } else if (decoder.num_rows_done == 0) {
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
        decoder->num_rows_done = cinfo->output_scanline;
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
    } else if (decoder.num_rows_done == 0) {
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

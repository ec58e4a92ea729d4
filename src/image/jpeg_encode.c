#include "image/jpeg_encode.h"

#include "base/error.h"
#include "image/libjpeg_error.h"

#include <string.h>

#define MAX_IMCU_ROWS 32

#define FIRST_BUFFER_SIZE (256 * 1024)

typedef struct {
    struct jpeg_compress_struct cinfo;
    LibjpegErrors errors;
    struct jpeg_destination_mgr destination;
    GByteArray *bytes; /* its length is what has been allocated, until the end */
} Encoder;

static void
encoder_clear(Encoder *encoder)
{
    jpeg_destroy_compress(&encoder->cinfo);
    g_byte_array_unref(encoder->bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Encoder, encoder_clear)

static void
grow(Encoder *encoder, gsize used)
{
    g_byte_array_set_size(encoder->bytes, (guint)MAX(used * 2, FIRST_BUFFER_SIZE));
    encoder->destination.next_output_byte = encoder->bytes->data + used;
    encoder->destination.free_in_buffer = encoder->bytes->len - used;
}

/* libjpeg's own memory destination loses its buffer when the encoder escapes after it has grown. */
static void
begin_output(j_compress_ptr cinfo)
{
    grow(cinfo->client_data, 0);
}

static boolean
continue_output(j_compress_ptr cinfo)
{
    Encoder *encoder = cinfo->client_data;
    grow(encoder, encoder->bytes->len);
    return TRUE;
}

static void
end_output(j_compress_ptr cinfo)
{
    Encoder *encoder = cinfo->client_data;
    g_byte_array_set_size(encoder->bytes,
                          (guint)(encoder->bytes->len - encoder->destination.free_in_buffer));
}

/* Blocks reach up to 7 samples past the width; repeating the last sample costs the fewest bits. */
static void
extend_rows(const ImagePlanes *planes)
{
    for (guint i = 0; i < planes->num_planes; i++) {
        guint32 width = image_planes_width(planes, i);
        guint32 padded = (width + DCTSIZE - 1) / DCTSIZE * DCTSIZE;
        for (guint32 y = 0; y < image_planes_height(planes, i); y++) {
            guint8 *row = planes->data[i] + planes->stride[i] * y;
            memset(row + width, row[width - 1], padded - width);
        }
    }
}

static void
set_parameters(struct jpeg_compress_struct *cinfo, const ImagePlanes *planes,
               const JpegEncodeOptions *options)
{
    cinfo->image_width = planes->width;
    cinfo->image_height = planes->height;
    cinfo->input_components = planes->num_planes;
    cinfo->in_color_space = planes->num_planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(cinfo);
    jpeg_set_quality(cinfo, options->quality, TRUE);
    cinfo->raw_data_in = TRUE;
    cinfo->dct_method = JDCT_ISLOW;
    for (guint i = 0; i < planes->num_planes; i++) {
        cinfo->comp_info[i].h_samp_factor = i == 0 ? 1 << planes->chroma_shift_x : 1;
        cinfo->comp_info[i].v_samp_factor = i == 0 ? 1 << planes->chroma_shift_y : 1;
    }
    if (options->is_progressive) {
        jpeg_simple_progression(cinfo);
    }
}

static void
write_rows(struct jpeg_compress_struct *cinfo, const ImagePlanes *planes)
{
    JSAMPROW rows[3][MAX_IMCU_ROWS];
    JSAMPARRAY components[3] = { rows[0], rows[1], rows[2] };
    guint num_lines = DCTSIZE << planes->chroma_shift_y;
    for (guint32 imcu_row = 0; cinfo->next_scanline < cinfo->image_height; imcu_row++) {
        for (guint i = 0; i < planes->num_planes; i++) {
            guint num_rows = i == 0 ? num_lines : DCTSIZE;
            guint32 last = image_planes_height(planes, i) - 1;
            for (guint row = 0; row < num_rows; row++) {
                guint32 y = MIN(imcu_row * num_rows + row, last);
                rows[i][row] = planes->data[i] + planes->stride[i] * y;
            }
        }
        jpeg_write_raw_data(cinfo, components, num_lines);
    }
}

GBytes *
jpeg_encode_planes(const ImagePlanes *planes, const JpegEncodeOptions *options, GError **error)
{
    g_assert(planes->chroma_shift_x <= 2 && planes->chroma_shift_y <= 2);
    g_assert(options->quality >= 1 && options->quality <= 100);
    if (planes->width > JPEG_MAX_DIMENSION || planes->height > JPEG_MAX_DIMENSION) {
        return fail_null(error, APP_ERROR_TOO_LARGE,
                         "%ux%u pixels do not fit into a JPEG, which ends at %ld a side",
                         planes->width, planes->height, JPEG_MAX_DIMENSION);
    }
    extend_rows(planes);
    g_auto(Encoder) encoder = {
        .bytes = g_byte_array_new(),
        .destination = { .init_destination = begin_output,
                         .empty_output_buffer = continue_output,
                         .term_destination = end_output },
    };
    encoder.cinfo.err = libjpeg_errors_init(&encoder.errors);
    if (setjmp(encoder.errors.escape) != 0) {
        libjpeg_fail(&encoder.errors, (j_common_ptr)&encoder.cinfo, "JPEG cannot be encoded",
                     error);
        return NULL;
    }
    jpeg_create_compress(&encoder.cinfo);
    encoder.cinfo.client_data = &encoder;
    encoder.cinfo.dest = &encoder.destination;
    set_parameters(&encoder.cinfo, planes, options);
    jpeg_start_compress(&encoder.cinfo, TRUE);
    write_rows(&encoder.cinfo, planes);
    jpeg_finish_compress(&encoder.cinfo);
    return g_byte_array_free_to_bytes(g_byte_array_ref(encoder.bytes));
}

/* What bench/image needs beside its peers: the room's own pipeline timed in process, photos made to
 * size, commands timed, and outputs scored against a reference that is resized in floating point.
 */
#include "base/error.h"
#include "image/fast_huffman.h"
#include "image/image.h"
#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/libjpeg_error.h"
#include "image/plane_orient.h"
#include "image/plane_resize.h"
#include "image/ssimulacra2.h"

#include <jpegint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const ImageLimits limits = { .max_input_bytes = 1 << 30,
                                    .max_pixels = 500 * 1000 * 1000,
                                    .max_side = 65535,
                                    .max_frames = 1000,
                                    .max_scans = 100 };

static void
check(bool ok, GError *error)
{
    if (!ok) {
        fprintf(stderr, "image-bench: %s\n", error == NULL ? "failed" : error->message);
        exit(1);
    }
}

static GBytes *
read_photo(const char *path)
{
    char *data;
    gsize size;
    GError *error = NULL;
    check(g_file_get_contents(path, &data, &size, &error), error);
    return g_bytes_new_take(data, size);
}

static void
write_photo(const char *path, GBytes *photo)
{
    GError *error = NULL;
    check(g_file_set_contents(path, g_bytes_get_data(photo, NULL), (gssize)g_bytes_get_size(photo),
                              &error),
          error);
}

static double
milliseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* image-bench time PHOTO SIDE QUALITY REPEATS OUT: processor milliseconds a photo, one a line. */
static int
time_pipeline(char **argv)
{
    GError *error = NULL;
    check(image_init(&error), error);
    g_autoptr(GBytes) photo = read_photo(argv[0]);
    ImageRequest request = { .limits = limits, .num_outputs = 1 };
    request.outputs[0] = (ImageOutputSpec){
        .longest_side = (guint32)atoi(argv[1]),
        .quality = strcmp(argv[2], "auto") == 0 ? IMAGE_QUALITY_AUTO : atoi(argv[2]),
    };
    int num_repeats = atoi(argv[3]);
    for (int i = 0; i <= num_repeats; i++) {
        g_auto(ImageResult) result = { 0 };
        double start = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
        check(image_clean(photo, &request, &result, &error), error);
        double took = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
        if (i > 0) { /* the first one warms up */
            printf("%.2f\n", took);
        } else {
            write_photo(argv[4], result.outputs[0].jpeg);
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("memory %ld\n", usage.ru_maxrss / 1024);
    return 0;
}

/* image-bench run COMMAND...: the same for a command, its start included. */
static int
time_command(char **argv)
{
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        fprintf(stderr, "image-bench: %s failed\n", argv[0]);
        return 1;
    }
    printf("%.2f\nmemory %ld\n",
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3,
           usage.ru_maxrss / 1024);
    return 0;
}

static void
decode(GBytes *photo, ImagePlanes *ret_planes)
{
    GError *error = NULL;
    gsize size;
    const guint8 *data = g_bytes_get_data(photo, &size);
    g_auto(JpegInfo) info = { 0 };
    JpegDecodeReport report;
    check(jpeg_parse(data, size, &limits, &info, &error) &&
              jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, ret_planes, &report,
                                 &error),
          error);
}

/* image-bench make PHOTO WIDTH HEIGHT QUALITY OUT: a 4:2:0 photo of this size with the grain of a
 * sensor, without which a photo that was enlarged would be easier to decode than one that was
 * taken. PHOTO "-" draws one. */
static int
make_photo(char **argv)
{
    GError *error = NULL;
    g_auto(ImagePlanes) source = { 0 };
    g_auto(ImagePlanes) made = { 0 };
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    if (strcmp(argv[0], "-") != 0) {
        g_autoptr(GBytes) photo = read_photo(argv[0]);
        decode(photo, &source);
    } else {
        check(image_planes_init(&source, 2000, 1500, 3, 0, 0, &error), error);
        for (guint i = 0; i < 3; i++) {
            for (guint32 y = 0; y < 1500; y++) {
                for (guint32 x = 0; x < 2000; x++) {
                    double value = 128 + (i == 0 ? 60 : 25) * sin(x * 0.004 + i) * cos(y * 0.006) +
                                   (i == 0 ? 40 * sin(x * x * 0.0004) * cos(y * 0.2) : 0);
                    source.data[i][source.stride[i] * y + x] = (guint8)value;
                }
            }
        }
    }
    PlaneTarget target = { (guint32)atoi(argv[1]), (guint32)atoi(argv[2]), 1, 1, 1 };
    check(image_planes_resize(&source, source.width, source.height, &target, &made, &error), error);
    for (guint32 y = 0; y < made.height; y++) {
        guint8 *row = made.data[0] + made.stride[0] * y;
        for (guint32 x = 0; x < made.width; x++) {
            guint32 bits = g_rand_int(random);
            int grain = (int)(bits & 7) + (int)(bits >> 8 & 7) - 7;
            row[x] = (guint8)CLAMP(row[x] + grain / 2, 0, 255);
        }
    }
    JpegEncodeOptions options = { .quality = atoi(argv[3]) };
    g_autoptr(GBytes) jpeg = jpeg_encode_planes(&made, &options, &error);
    check(jpeg != NULL, error);
    write_photo(argv[4], jpeg);
    return 0;
}

static void
no_samples(j_decompress_ptr cinfo, jpeg_component_info *component, JCOEFPTR block, JSAMPARRAY rows,
           JDIMENSION column)
{
    (void)cinfo, (void)component, (void)block, (void)rows, (void)column;
}

/* Milliseconds to read all coefficients of PHOTO, which nothing is made of. */
static double
time_huffman_decoding(GBytes *photo, bool is_fast)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(photo, &size);
    struct jpeg_decompress_struct cinfo;
    LibjpegErrors errors;
    cinfo.err = libjpeg_errors_init(&errors);
    check(setjmp(errors.escape) == 0, NULL);
    double start = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, data, size);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.raw_data_out = TRUE;
    jpeg_start_decompress(&cinfo);
    if (is_fast) {
        fast_huffman_install(&cinfo);
    }
    for (int i = 0; i < cinfo.num_components; i++) {
        cinfo.idct->inverse_DCT[i] = no_samples;
    }
    JSAMPROW rows[MAX_SAMP_FACTOR * DCTSIZE] = { 0 };
    JSAMPARRAY components[] = { rows, rows, rows };
    while (cinfo.output_scanline < cinfo.output_height) {
        jpeg_read_raw_data(&cinfo, components, (JDIMENSION)(cinfo.max_v_samp_factor * DCTSIZE));
    }
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    return milliseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* Milliseconds to write the coefficients of PHOTO again, which are there already. */
static double
time_huffman_encoding(GBytes *photo)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(photo, &size);
    struct jpeg_decompress_struct from;
    struct jpeg_compress_struct to;
    LibjpegErrors errors;
    from.err = to.err = libjpeg_errors_init(&errors);
    check(setjmp(errors.escape) == 0, NULL);
    jpeg_create_decompress(&from);
    jpeg_create_compress(&to);
    jpeg_mem_src(&from, data, size);
    jpeg_read_header(&from, TRUE);
    jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&from);
    unsigned char *out = g_malloc(size * 2);
    unsigned long out_size = size * 2;
    unsigned char *grown = out;
    double start = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
    jpeg_mem_dest(&to, &grown, &out_size);
    jpeg_copy_critical_parameters(&from, &to);
    jpeg_write_coefficients(&to, coefficients);
    jpeg_finish_compress(&to);
    double took = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    jpeg_destroy_compress(&to);
    jpeg_destroy_decompress(&from);
    g_free(out);
    return took;
}

/* image-bench floor PHOTO OUTPUT REPEATS: what no way of making OUTPUT of PHOTO can do without, one
 * repeat a line: reading the Huffman codes as libjpeg-turbo does, and as we do; writing them. */
static int
time_floor(char **argv)
{
    g_autoptr(GBytes) photo = read_photo(argv[0]);
    g_autoptr(GBytes) output = read_photo(argv[1]);
    for (int i = atoi(argv[2]); i >= 0; i--) {
        double turbo = time_huffman_decoding(photo, false);
        double own = time_huffman_decoding(photo, true);
        double writing = time_huffman_encoding(output);
        if (i < atoi(argv[2])) { /* the first one warms up */
            printf("%.2f %.2f %.2f\n", turbo, own, writing);
        }
    }
    return 0;
}

static double
lanczos3(double x)
{
    x = fabs(x);
    return x < 1e-9 ? 1 : x < 3 ? 3 * sin(G_PI * x) * sin(G_PI * x / 3) / (G_PI * G_PI * x * x) : 0;
}

/* One axis of an image of interleaved RGB in floating point. */
static float *
resize_axis(const float *from, guint32 num_lines, gsize line_step, guint32 num_from,
            gsize from_step, guint32 num_to, gsize to_line_step, gsize to_step)
{
    float *to = g_new0(float, (gsize)num_lines *num_to * 3);
    double ratio = (double)num_from / num_to;
    double width = MAX(ratio, 1);
    g_autofree double *taps = g_new(double, (gsize)(6 * width) + 4);
    for (guint32 at = 0; at < num_to; at++) {
        double center = (at + 0.5) * ratio;
        int first = (int)ceil(center - 3 * width - 0.5);
        int last = (int)floor(center + 3 * width - 0.5);
        double sum = 0;
        for (int i = first; i <= last; i++) {
            sum += taps[i - first] = lanczos3((i + 0.5 - center) / width);
        }
        for (guint32 line = 0; line < num_lines; line++) {
            double value[3] = { 0 };
            for (int i = first; i <= last; i++) {
                const float *p =
                    from + line_step * line + from_step * (gsize)CLAMP(i, 0, (int)num_from - 1);
                for (int k = 0; k < 3; k++) {
                    value[k] += taps[i - first] * p[k];
                }
            }
            for (int k = 0; k < 3; k++) {
                to[to_line_step * line + to_step * at + (gsize)k] = (float)(value[k] / sum);
            }
        }
    }
    return to;
}

/* Interleaved RGB turned upright: colour planes have the code for it. */
static void
turn_upright(JpegPixels *pixels, guint8 orientation)
{
    GError *error = NULL;
    g_auto(ImagePlanes) planes = { 0 };
    check(image_planes_init(&planes, pixels->width, pixels->height, 3, 0, 0, &error), error);
    for (guint32 y = 0; y < planes.height; y++) {
        for (gsize i = 0; i < 3 * (gsize)planes.width; i++) {
            planes.data[i % 3][planes.stride[i % 3] * y + i / 3] =
                pixels->data[pixels->stride * y + i];
        }
    }
    check(image_planes_orient(&planes, orientation, &error), error);
    pixels->width = planes.width;
    pixels->height = planes.height;
    pixels->stride = 3 * (gsize)planes.width;
    for (guint32 y = 0; y < planes.height; y++) {
        for (gsize i = 0; i < 3 * (gsize)planes.width; i++) {
            pixels->data[pixels->stride * y + i] =
                planes.data[i % 3][planes.stride[i % 3] * y + i / 3];
        }
    }
}

/* The whole photo decoded, turned upright and resized in floating point. */
static float *
reference(GBytes *photo, guint32 side, guint32 *ret_width, guint32 *ret_height)
{
    GError *error = NULL;
    gsize size;
    const guint8 *data = g_bytes_get_data(photo, &size);
    g_auto(JpegInfo) info = { 0 };
    g_auto(JpegPixels) pixels = { 0 };
    JpegDecodeReport report;
    check(jpeg_parse(data, size, &limits, &info, &error) &&
              jpeg_decode_pixels(data, size, &info, 0, &pixels, &report, &error),
          error);
    check(pixels.num_channels == 3, NULL);
    turn_upright(&pixels, info.exif.orientation);
    guint32 width;
    guint32 height;
    plane_fit(pixels.width, pixels.height, side, &width, &height);
    g_autofree float *all = g_new(float, pixels.stride *pixels.height);
    for (gsize i = 0; i < pixels.stride * pixels.height; i++) {
        all[i] = pixels.data[i];
    }
    g_autofree float *narrow =
        resize_axis(all, pixels.height, pixels.stride, pixels.width, 3, width, (gsize)width * 3, 3);
    *ret_width = width;
    *ret_height = height;
    return resize_axis(narrow, width, 3, pixels.height, (gsize)width * 3, height, 3,
                       (gsize)width * 3);
}

static float *
blur(const float *in, guint32 width, guint32 height)
{
    float taps[11];
    float sum = 0;
    for (int i = 0; i < 11; i++) {
        sum += taps[i] = expf(-(float)((i - 5) * (i - 5)) / (2 * 1.5f * 1.5f));
    }
    float *rows = g_new0(float, (gsize)width *height);
    float *out = g_new0(float, (gsize)width *height);
    for (int i = 0; i < 11; i++) {
        for (guint32 y = 0; y < height; y++) {
            for (guint32 x = 5; x + 5 < width; x++) {
                rows[(gsize)y * width + x] +=
                    taps[i] / sum * in[(gsize)y * width + x + (gsize)i - 5];
            }
        }
    }
    for (guint32 y = 5; y + 5 < height; y++) {
        for (int i = 0; i < 11; i++) {
            for (guint32 x = 0; x < width; x++) {
                out[(gsize)y * width + x] +=
                    taps[i] / sum * rows[(gsize)(y + (guint32)i - 5) * width + x];
            }
        }
    }
    g_free(rows);
    return out;
}

static float *
product(const float *a, const float *b, gsize size)
{
    float *out = g_new(float, size);
    for (gsize i = 0; i < size; i++) {
        out[i] = a[i] * b[i];
    }
    return out;
}

/* Z. Wang and others, Image quality assessment (2004): the mean over windows of 11x11. */
static double
ssim(const float *a, const float *b, guint32 width, guint32 height)
{
    gsize size = (gsize)width * height;
    g_autofree float *aa = product(a, a, size);
    g_autofree float *bb = product(b, b, size);
    g_autofree float *ab = product(a, b, size);
    g_autofree float *mean_a = blur(a, width, height);
    g_autofree float *mean_b = blur(b, width, height);
    g_autofree float *square_a = blur(aa, width, height);
    g_autofree float *square_b = blur(bb, width, height);
    g_autofree float *mixed = blur(ab, width, height);
    double sum = 0;
    for (guint32 y = 5; y + 5 < height; y++) {
        for (guint32 x = 5; x + 5 < width; x++) {
            gsize i = (gsize)y * width + x;
            double ma = mean_a[i];
            double mb = mean_b[i];
            sum += (2 * ma * mb + 6.5025) * (2 * (mixed[i] - ma * mb) + 58.5225) /
                   ((ma * ma + mb * mb + 6.5025) *
                    (square_a[i] - ma * ma + square_b[i] - mb * mb + 58.5225));
        }
    }
    return sum / (double)(width - 10) / (double)(height - 10);
}

static void
reference_planes(const float *rgb, guint32 width, guint32 height, ImagePlanes *ret_planes)
{
    GError *error = NULL;
    check(image_planes_init(ret_planes, width, height, 3, 0, 0, &error), error);
    for (guint32 y = 0; y < height; y++) {
        for (guint32 x = 0; x < width; x++) {
            const float *p = rgb + 3 * ((gsize)y * width + x);
            float r = CLAMP(p[0], 0, 255);
            float g = CLAMP(p[1], 0, 255);
            float b = CLAMP(p[2], 0, 255);
            float luma = 0.299f * r + 0.587f * g + 0.114f * b;
            const float values[] = { luma, (b - luma) / 1.772f + 128, (r - luma) / 1.402f + 128 };
            for (guint i = 0; i < 3; i++) {
                ret_planes->data[i][ret_planes->stride[i] * y + x] =
                    (guint8)(CLAMP(values[i], 0, 255) + 0.5f);
            }
        }
    }
}

/* The luma of a JPEG as a viewer shows it: of the RGB that it comes to, in which there are none of
 * the colours that its planes may hold beyond RGB. */
static void
luma_as_seen(GBytes *jpeg, float *luma)
{
    GError *error = NULL;
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = { 0 };
    g_auto(JpegPixels) pixels = { 0 };
    JpegDecodeReport report;
    check(jpeg_parse(data, size, &limits, &info, &error) &&
              jpeg_decode_pixels(data, size, &info, 0, &pixels, &report, &error),
          error);
    check(pixels.num_channels == 3, NULL);
    for (gsize i = 0; i < (gsize)pixels.width * pixels.height; i++) {
        const guint8 *p = pixels.data + 3 * i;
        luma[i] = 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
    }
}

/* image-bench score PHOTO SIDE OUTPUT...: SSIM of the luma, SSIMULACRA 2 and bytes of each. */
static int
score_outputs(char **argv)
{
    g_autoptr(GBytes) photo = read_photo(argv[0]);
    guint32 width;
    guint32 height;
    g_autofree float *rgb = reference(photo, (guint32)atoi(argv[1]), &width, &height);
    g_auto(ImagePlanes) planes = { 0 };
    reference_planes(rgb, width, height, &planes);
    g_autoptr(Ssimulacra2) measure = ssimulacra2_new(&planes);
    gsize size = (gsize)width * height;
    g_autofree float *luma = g_new(float, size);
    g_autofree float *other = g_new(float, size);
    for (gsize i = 0; i < size; i++) {
        for (gsize k = 3 * i; k < 3 * i + 3; k++) {
            rgb[k] = CLAMP(rgb[k], 0, 255);
        }
        luma[i] = 0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2];
    }
    for (char **path = argv + 2; *path != NULL; path++) {
        g_autoptr(GBytes) output = read_photo(*path);
        g_auto(ImagePlanes) decoded = { 0 };
        decode(output, &decoded);
        if (decoded.width != width || decoded.height != height) {
            fprintf(stderr, "image-bench: %s has %ux%u pixels, not %ux%u\n", *path, decoded.width,
                    decoded.height, width, height);
            return 1;
        }
        luma_as_seen(output, other);
        printf("%s %.5f %.2f %zu\n", *path, ssim(luma, other, width, height),
               ssimulacra2_score(measure, &decoded), g_bytes_get_size(output));
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "time") == 0) {
        return time_pipeline(argv + 2);
    }
    if (argc == 7 && strcmp(argv[1], "make") == 0) {
        return make_photo(argv + 2);
    }
    if (argc > 2 && strcmp(argv[1], "run") == 0) {
        return time_command(argv + 2);
    }
    if (argc > 4 && strcmp(argv[1], "score") == 0) {
        return score_outputs(argv + 2);
    }
    if (argc == 5 && strcmp(argv[1], "floor") == 0) {
        return time_floor(argv + 2);
    }
    fprintf(stderr,
            "usage: %s time PHOTO SIDE QUALITY|auto REPEATS OUT\n"
            "       %s make PHOTO|- WIDTH HEIGHT QUALITY OUT\n"
            "       %s run COMMAND...\n"
            "       %s score PHOTO SIDE OUTPUT...\n"
            "       %s floor PHOTO OUTPUT REPEATS\n",
            argv[0], argv[0], argv[0], argv[0], argv[0]);
    return 2;
}

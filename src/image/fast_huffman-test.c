#include "image/fast_huffman.h"

#include "image/jpeg_fixture.h"
#include "image/jpeg_segments.h"

#include <jpegint.h>
#include <string.h>

/* All samples of a JPEG, component after component, rows padded to whole blocks. */
static GByteArray *
read_samples(GBytes *jpeg, bool is_fast, guint scale, guint32 *ret_num_warnings)
{
    struct jpeg_decompress_struct cinfo;
    LibjpegErrors errors;
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    GByteArray *samples = g_byte_array_new();
    cinfo.err = libjpeg_errors_init(&errors);
    if (setjmp(errors.escape) != 0) {
        g_error("libjpeg gave up");
    }
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, data, size);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.raw_data_out = TRUE;
    cinfo.scale_num = scale;
    cinfo.scale_denom = 8;
    jpeg_start_decompress(&cinfo);
    if (is_fast) {
        struct jpeg_entropy_decoder *own = cinfo.entropy;
        fast_huffman_install(&cinfo);
        g_assert_true(cinfo.entropy != own);
    }
    guint8 rows[3][32][512];
    JSAMPROW pointers[3][32];
    JSAMPARRAY components[3];
    for (guint i = 0; i < 3; i++) {
        components[i] = pointers[i];
        for (guint row = 0; row < 32; row++) {
            pointers[i][row] = rows[i][row];
        }
    }
    while (cinfo.output_scanline < cinfo.output_height) {
        memset(rows, 0, sizeof rows);
        jpeg_read_raw_data(&cinfo, components,
                           (JDIMENSION)(cinfo.max_v_samp_factor * cinfo.min_DCT_scaled_size));
        g_byte_array_append(samples, (const guint8 *)rows, sizeof rows);
    }
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    *ret_num_warnings = errors.num_warnings;
    return samples;
}

static guint32
assert_same_samples(GBytes *jpeg)
{
    guint32 num_warnings = 0;
    for (guint scale = 1; scale <= 8; scale *= 2) {
        guint32 own_warnings;
        g_autoptr(GByteArray) fast = read_samples(jpeg, true, scale, &num_warnings);
        g_autoptr(GByteArray) own = read_samples(jpeg, false, scale, &own_warnings);
        g_assert_cmpmem(fast->data, fast->len, own->data, own->len);
        g_assert_cmpuint(num_warnings, >=, own_warnings);
    }
    return num_warnings;
}

static void
test_same_samples_as_libjpeg(void)
{
    static const guint8 samplings[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 2, 2 }, { 4, 2 } };
    static const gint32 qualities[] = { 5, 60, 100 };
    for (guint i = 0; i < G_N_ELEMENTS(samplings); i++) {
        for (guint j = 0; j < G_N_ELEMENTS(qualities) * 4; j++) {
            Fixture fixture = { .width = 301,
                                .height = 133,
                                .color = j & 1 ? JPEG_COLOR_YCBCR : JPEG_COLOR_GREY,
                                .restart_interval = j & 2 ? 7 : 0,
                                .quality = qualities[j / 4],
                                .h = samplings[i][0],
                                .v = samplings[i][1] };
            g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
            g_assert_cmpuint(assert_same_samples(jpeg), ==, 0);
        }
    }
}

/* One in SPARSITY coefficients is not 0, anywhere in a block: runs of every length, and blocks that
 * end at their last place. */
static GBytes *
jpeg_of_coefficients(GRand *random, gint32 sparsity, gint32 limit, bool has_own_codes)
{
    struct jpeg_compress_struct cinfo;
    LibjpegErrors errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    cinfo.err = libjpeg_errors_init(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = 256;
    cinfo.image_height = 128;
    cinfo.input_components = 1;
    cinfo.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, 100, TRUE);
    cinfo.optimize_coding = has_own_codes;
    jvirt_barray_ptr array =
        cinfo.mem->request_virt_barray((j_common_ptr)&cinfo, JPOOL_IMAGE, TRUE, 32, 16, 16);
    jpeg_write_coefficients(&cinfo, &array);
    JBLOCKARRAY blocks = cinfo.mem->access_virt_barray((j_common_ptr)&cinfo, array, 0, 16, TRUE);
    for (guint i = 0; i < 16 * 32 * DCTSIZE2; i++) {
        blocks[i / DCTSIZE2 / 32][i / DCTSIZE2 % 32][i % DCTSIZE2] =
            (JCOEF)(g_rand_int_range(random, 0, sparsity) == 0
                        ? g_rand_int_range(random, -limit, limit + 1)
                        : 0);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return g_bytes_new_with_free_func(data, size, free, data);
}

static void
test_any_coefficients(void)
{
    static const gint32 sparsities[] = { 1, 2, 5, 20, 60 };
    static const gint32 limits[] = { 1, 3, 30, 900 };
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (guint i = 0; i < G_N_ELEMENTS(sparsities) * G_N_ELEMENTS(limits) * 2; i++) {
        g_autoptr(GBytes) jpeg =
            jpeg_of_coefficients(random, sparsities[i / 2 % G_N_ELEMENTS(sparsities)],
                                 limits[i / 2 / G_N_ELEMENTS(sparsities)], i % 2 != 0);
        g_assert_cmpuint(assert_same_samples(jpeg), ==, 0);
    }
}

/* Codes that lead out of their block, or mean nothing, write nowhere else (the sanitizers look). */
static void
test_damaged_anywhere(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    g_autoptr(GBytes) jpeg = jpeg_of_coefficients(random, 20, 3, true);
    gsize first = fixture_find(jpeg, JPEG_MARKER_SOS, 0) + 10;
    for (guint i = 0; i < 200; i++) {
        gsize size = g_bytes_get_size(jpeg);
        g_autofree guint8 *data = g_memdup2(g_bytes_get_data(jpeg, NULL), size);
        gsize at = (gsize)g_rand_int_range(random, (gint32)first, (gint32)size - 2);
        data[at] = (guint8)g_rand_int_range(random, 0, 255);
        if (data[at - 1] == 0xff) {
            continue; /* a marker, which moves the end */
        }
        g_autoptr(GBytes) damaged = g_bytes_new(data, size);
        guint32 num_warnings;
        g_autoptr(GByteArray) samples = read_samples(damaged, true, 8, &num_warnings);
        g_assert_cmpuint(samples->len, >, 0);
    }
}

static void
test_cut_anywhere(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .width = 40,
                                                      .height = 30,
                                                      .color = JPEG_COLOR_YCBCR,
                                                      .restart_interval = 3,
                                                      .quality = 95 });
    gsize first = fixture_find(jpeg, JPEG_MARKER_SOS, 0) + 14;
    for (gsize size = first; size < g_bytes_get_size(jpeg) - 2; size += 5) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(jpeg, 0, size);
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(cut, NULL), size);
        g_autoptr(GBytes) exact = g_bytes_new(copy, size);
        g_assert_cmpuint(assert_same_samples(exact), >, 0);
    }
}

static void
test_missing_restart_marker(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(
        &(Fixture){ .width = 100, .height = 60, .color = JPEG_COLOR_YCBCR, .restart_interval = 2 });
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    const guint8 *marker = memmem(data, size, "\xff\xd3", 2);
    g_assert_nonnull(marker);
    gsize at = (gsize)(marker - data);
    g_autoptr(GBytes) front = g_bytes_new_from_bytes(jpeg, 0, at);
    g_autoptr(GBytes) without = fixture_splice(front, at, data + at + 2, size - at - 2);
    g_assert_cmpuint(assert_same_samples(without), >, 0);
}

/* libjpeg reads ahead and does not notice these; what is carried over must not hide them. */
static void
test_one_byte_behind_the_last_block_is_noticed(void)
{
    g_autoptr(GBytes) jpeg =
        fixture_jpeg(&(Fixture){ .width = 100, .height = 60, .color = JPEG_COLOR_YCBCR });
    g_autoptr(GBytes) spoiled = fixture_splice(jpeg, g_bytes_get_size(jpeg) - 2, "x", 1);
    guint32 num_warnings;
    g_autoptr(GByteArray) samples = read_samples(spoiled, true, 8, &num_warnings);
    g_assert_cmpuint(num_warnings, ==, 1);
}

static void
test_other_codings_are_left_to_libjpeg(void)
{
    g_autoptr(GBytes) jpeg = fixture_jpeg(&(Fixture){ .is_progressive = true });
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    struct jpeg_decompress_struct cinfo;
    LibjpegErrors errors;
    cinfo.err = libjpeg_errors_init(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, data, size);
    jpeg_read_header(&cinfo, TRUE);
    jpeg_start_decompress(&cinfo);
    struct jpeg_entropy_decoder *own = cinfo.entropy;
    fast_huffman_install(&cinfo);
    g_assert_true(cinfo.entropy == own);
    jpeg_destroy_decompress(&cinfo);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/image/fast-huffman/same-samples", test_same_samples_as_libjpeg);
    g_test_add_func("/image/fast-huffman/any-coefficients", test_any_coefficients);
    g_test_add_func("/image/fast-huffman/damaged-anywhere", test_damaged_anywhere);
    g_test_add_func("/image/fast-huffman/cut-anywhere", test_cut_anywhere);
    g_test_add_func("/image/fast-huffman/missing-restart", test_missing_restart_marker);
    g_test_add_func("/image/fast-huffman/byte-behind",
                    test_one_byte_behind_the_last_block_is_noticed);
    g_test_add_func("/image/fast-huffman/other-codings", test_other_codings_are_left_to_libjpeg);
    return g_test_run();
}

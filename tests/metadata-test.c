/* LST-18: whatever a photo says about itself is gone from what comes out. For every input format, a
 * picture is made here, ExifTool fills it with metadata, the decoders' pool cleans it, and ExifTool
 * is asked what it still finds. The same for every sample photo, where they are present. */
#include "tests/support.h"

#include "base/error.h"
#include "image/pool.h"

#include <fcntl.h>
#include <libheif/heif.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

/* In every text that ExifTool writes; it must be in the source and nowhere in the output. */
#define SECRET "Cloudpick-Secret"

static ImagePool *
new_pool(void)
{
    const ImagePoolOptions options = {
        .num_workers = 2,
        .max_memory_bytes = G_GUINT64_CONSTANT(4) * 1024 * 1024 * 1024,
        .max_seconds = 300,
        .program = g_getenv("CLOUDPICK"),
    };
    g_autoptr(GError) error = NULL;
    ImagePool *pool = image_pool_new(&options, &error);
    g_assert_no_error(error);
    return pool;
}

static const ImageRequest request = {
    .limits = {
        .max_input_bytes = 256 * 1024 * 1024,
        .max_pixels = 200 * 1000 * 1000,
        .max_side = 65535,
        .max_frames = 1000,
        .max_scans = 100,
    },
    .num_outputs = 2,
    .outputs = {
        { .longest_side = 500, .quality = 80 },
        { .longest_side = 1600, .quality = 80, .allow_carry_over = true },
    },
};

/* Cleans PATH into DIR/NAME.0.jpg and DIR/NAME.1.jpg. */
static bool
clean(ImagePool *pool, const char *path, const char *dir, const char *name, ImageFacts *ret_facts,
      GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_auto(ImageResult) result = { 0 };
    bool ok = image_pool_run(pool, fd, &request, &result, error);
    close(fd);
    if (!ok) {
        return false;
    }
    for (guint i = 0; i < result.num_outputs; i++) {
        gsize size;
        const void *data = g_bytes_get_data(result.outputs[i].jpeg, &size);
        g_autofree char *output = g_strdup_printf("%s.%u.jpg", name, i);
        write_file(dir, output, data, size);
    }
    *ret_facts = result.facts;
    return true;
}

static bool
contains(GBytes *bytes, const char *text)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return memmem(data, size, text, strlen(text)) != NULL;
}

/* A gradient, so that there is something to compress. */
static VipsImage *
drawing(void)
{
    VipsImage *ramp = NULL, *scaled = NULL, *image = NULL;
    g_assert_cmpint(vips_xyz(&ramp, 640, 480, NULL), ==, 0);
    VipsImage *x = NULL, *y = NULL;
    g_assert_cmpint(vips_extract_band(ramp, &x, 0, NULL), ==, 0);
    g_assert_cmpint(vips_extract_band(ramp, &y, 1, NULL), ==, 0);
    VipsImage *bands[] = { x, y, x };
    g_assert_cmpint(vips_bandjoin(bands, &scaled, 3, NULL), ==, 0);
    VipsImage *eighth = NULL, *cast = NULL;
    g_assert_cmpint(vips_linear1(scaled, &eighth, 0.39, 0, NULL), ==, 0);
    g_assert_cmpint(vips_cast(eighth, &cast, VIPS_FORMAT_UCHAR, NULL), ==, 0);
    g_assert_cmpint(vips_copy(cast, &image, "interpretation", VIPS_INTERPRETATION_sRGB, NULL), ==,
                    0);
    VipsImage *const made[] = { ramp, x, y, scaled, eighth, cast };
    for (gsize i = 0; i < G_N_ELEMENTS(made); i++) {
        g_object_unref(made[i]);
    }
    return image;
}

static void
write_by_vips(const char *path)
{
    VipsImage *image = drawing();
    if (vips_image_write_to_file(image, path, NULL) != 0) {
        g_error("%s: %s", path, vips_error_buffer());
    }
    g_object_unref(image);
}

static void
write_heif(const char *path, enum heif_compression_format format)
{
    VipsImage *image = drawing();
    size_t size;
    g_autofree guint8 *pixels = vips_image_write_to_memory(image, &size);
    struct heif_image *picture;
    g_assert_cmpint(
        heif_image_create(640, 480, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &picture)
            .code,
        ==, 0);
    g_assert_cmpint(heif_image_add_plane(picture, heif_channel_interleaved, 640, 480, 8).code, ==,
                    0);
    int stride;
    guint8 *plane = heif_image_get_plane(picture, heif_channel_interleaved, &stride);
    for (int y = 0; y < 480; y++) {
        memcpy(plane + (gsize)y * (gsize)stride, pixels + (gsize)y * 640 * 3, (gsize)640 * 3);
    }
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder;
    g_assert_cmpint(heif_context_get_encoder_for_format(context, format, &encoder).code, ==, 0);
    g_assert_cmpint(heif_context_encode_image(context, picture, encoder, NULL, NULL).code, ==, 0);
    g_assert_cmpint(heif_context_write_to_file(context, path).code, ==, 0);
    heif_encoder_release(encoder);
    heif_image_release(picture);
    heif_context_free(context);
    g_object_unref(image);
}

static void
write_heic(const char *path)
{
    write_heif(path, heif_compression_HEVC);
}

static void
write_avif(const char *path)
{
    write_heif(path, heif_compression_AV1);
}

/* No metadata has a place in a bitmap but the end of the file, where bytes are ignored. */
static void
write_bmp(const char *path)
{
    static const guint8 header[] = { 'B', 'M', 0, 0, 0,   0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0,
                                     200, 0,   0, 0, 100, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0,  0, 0, 0,
                                     0,   0,   0, 0, 0,   0, 0, 0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0 };
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_byte_array_append(file, header, sizeof header);
    for (guint i = 0; i < 200 * 100 * 3; i++) {
        const guint8 value = (guint8)(i / 240);
        g_byte_array_append(file, &value, 1);
    }
    g_byte_array_append(file, (const guint8 *)SECRET, sizeof SECRET);
    g_assert_true(g_file_set_contents(path, (char *)file->data, file->len, NULL));
}

/* What is behind the end of the first picture, as phones append second pictures and videos. */
static void
append_secret(const char *path)
{
    g_autoptr(GBytes) bytes = read_bytes(path);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(GByteArray) longer = g_byte_array_new();
    g_byte_array_append(longer, data, (guint)size);
    g_byte_array_append(longer, (const guint8 *)SECRET, sizeof SECRET);
    g_assert_true(g_file_set_contents(path, (char *)longer->data, longer->len, NULL));
}

typedef struct {
    const char *name;
    void (*write)(const char *path);
    ImageFormat format;
    bool has_exif; /* ExifTool can write a position into it */
    bool has_iptc;
    bool has_comment;
} Format;

static const Format formats[] = {
    { "photo.jpg", write_by_vips, IMAGE_FORMAT_JPEG, true, true, true },
    { "photo.png", write_by_vips, IMAGE_FORMAT_PNG, true, false, true },
    { "photo.webp", write_by_vips, IMAGE_FORMAT_WEBP, true, false, false },
    { "photo.tif", write_by_vips, IMAGE_FORMAT_TIFF, true, true, false },
    { "photo.gif", write_by_vips, IMAGE_FORMAT_GIF, false, false, true },
    { "photo.heic", write_heic, IMAGE_FORMAT_HEIC, true, false, false },
    { "photo.avif", write_avif, IMAGE_FORMAT_AVIF, true, false, false },
};

static void
fill_with_metadata(const Format *format, const char *path)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    static const char *const always[] = { "exiftool",
                                          "-q",
                                          "-overwrite_original",
                                          "-XMP-dc:Creator=" SECRET,
                                          "-XMP-xmp:Label=" SECRET,
                                          "-XMP-exif:GPSLatitude=52.5" };
    static const char *const exif[] = { "-EXIF:Artist=" SECRET,
                                        "-EXIF:Make=" SECRET,
                                        "-EXIF:GPSLatitude=52.5",
                                        "-EXIF:GPSLatitudeRef=N",
                                        "-EXIF:GPSLongitude=13.37",
                                        "-EXIF:GPSLongitudeRef=E",
                                        "-EXIF:DateTimeOriginal=2020:02:02 02:02:02" };
    for (gsize i = 0; i < G_N_ELEMENTS(always); i++) {
        g_ptr_array_add(argv, (gpointer)always[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(exif) && format->has_exif; i++) {
        g_ptr_array_add(argv, (gpointer)exif[i]);
    }
    if (format->has_iptc) {
        g_ptr_array_add(argv, (gpointer) "-IPTC:By-line=" SECRET);
    }
    if (format->has_comment) {
        g_ptr_array_add(argv, (gpointer) "-Comment=" SECRET);
    }
    g_ptr_array_add(argv, (gpointer)path);
    g_ptr_array_add(argv, NULL);
    g_auto(CommandResult) result = run_command(NULL, (const char *const *)argv->pdata);
    assert_status(&result, 0);
}

static void
assert_clean_output(const char *dir)
{
    g_autoptr(GPtrArray) files = list_files(dir);
    g_assert_cmpuint(files->len, ==, 2);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = g_build_filename(dir, files->pdata[i], NULL);
        g_autoptr(GBytes) output = read_bytes(path);
        g_assert_false(contains(output, SECRET));
    }
    assert_nothing_private(dir);
}

static void
test_format(gconstpointer data)
{
    const Format *format = data;
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, format->name, NULL);
    format->write(path);
    fill_with_metadata(format, path);
    append_secret(path);
    g_autoptr(GBytes) source = read_bytes(path);
    g_assert_true(contains(source, SECRET));

    g_autoptr(ImagePool) pool = new_pool();
    ImageFacts facts;
    g_autoptr(GError) error = NULL;
    (void)clean(pool, path, out, format->name, &facts, &error);
    g_assert_no_error(error);
    g_assert_cmpint(facts.format, ==, format->format);
    g_assert_true(facts.had_location);
    assert_clean_output(out);
}

static void
test_bitmap(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, "photo.bmp", NULL);
    write_bmp(path);
    g_autoptr(ImagePool) pool = new_pool();
    ImageFacts facts;
    g_autoptr(GError) error = NULL;
    (void)clean(pool, path, out, "photo.bmp", &facts, &error);
    g_assert_no_error(error);
    g_assert_cmpint(facts.format, ==, IMAGE_FORMAT_BMP);
    assert_clean_output(out);
}

/* The position alone, where no text gives it away. */
static void
test_location_in_exif_alone(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, "photo.jpg", NULL);
    write_by_vips(path);
    const char *const argv[] = {
        "exiftool", "-q", "-overwrite_original", "-EXIF:GPSLatitude=52.5", "-EXIF:GPSLatitudeRef=N",
        path,       NULL
    };
    g_auto(CommandResult) result = run_command(NULL, argv);
    assert_status(&result, 0);
    g_autoptr(ImagePool) pool = new_pool();
    ImageFacts facts;
    g_assert_true(clean(pool, path, out, "photo", &facts, NULL));
    g_assert_true(facts.had_location);
    assert_nothing_private(out);
}

static void
test_plain_photo_has_no_location(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, "photo.png", NULL);
    write_by_vips(path);
    g_autoptr(ImagePool) pool = new_pool();
    ImageFacts facts;
    g_assert_true(clean(pool, path, out, "photo", &facts, NULL));
    g_assert_false(facts.had_location);
}

typedef struct {
    ImagePool *pool;
    const char *photos;
    const char *out;
    GPtrArray *files;
    gint next;
    gint num_cleaned;
} Tree;

static gpointer
clean_tree(gpointer user_data)
{
    Tree *tree = user_data;
    for (;;) {
        guint at = (guint)g_atomic_int_add(&tree->next, 1);
        if (at >= tree->files->len) {
            return NULL;
        }
        g_autofree char *path = g_build_filename(tree->photos, tree->files->pdata[at], NULL);
        g_autofree char *name = g_strdup_printf("%03u", at);
        g_autoptr(GError) error = NULL;
        ImageFacts facts;
        if (clean(tree->pool, path, tree->out, name, &facts, &error)) {
            g_atomic_int_inc(&tree->num_cleaned);
            continue;
        }
        /* Refused is an answer; a decoder that died or hung is none. */
        g_test_message("%s: %s", (char *)tree->files->pdata[at], error->message);
        g_assert_true(g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
                      g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED) ||
                      g_error_matches(error, APP_ERROR, APP_ERROR_TOO_LARGE));
    }
}

static void
test_sample_photos(void)
{
    if (sample_data_dir() == NULL) {
        g_test_skip("sample data not present");
        return;
    }
    g_autofree char *photos = g_build_filename(sample_data_dir(), "photos", NULL);
    g_auto(TempDir) out = temp_dir_new();
    g_autoptr(ImagePool) pool = new_pool();
    g_autoptr(GPtrArray) files = list_files(photos);
    Tree tree = { .pool = pool, .photos = photos, .out = out, .files = files };
    GThread *other = g_thread_new("photos", clean_tree, &tree);
    (void)clean_tree(&tree);
    g_thread_join(other);
    /* Beside photos there are a profile, some text, and files that are beyond use or the limits. */
    g_assert_cmpint(tree.num_cleaned, >=, (gint)files->len - 12);
    assert_nothing_private(out);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("VIPSHOME", "/nonexistent",
             TRUE); /* its modules are not needed, and are slow to load */
    VIPS_INIT(argv[0]);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autofree char *path = g_strconcat("/metadata/", formats[i].name, NULL);
        g_test_add_data_func(path, &formats[i], test_format);
    }
    g_test_add_func("/metadata/photo.bmp", test_bitmap);
    g_test_add_func("/metadata/location-in-exif-alone", test_location_in_exif_alone);
    g_test_add_func("/metadata/plain-photo", test_plain_photo_has_no_location);
    g_test_add_func("/metadata/sample-photos", test_sample_photos);
    return g_test_run();
}

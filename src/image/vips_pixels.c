#include "image/vips_pixels.h"

#include "base/error.h"
#include "image/box_shrink.h"
#include "image/plane_resize.h"

#include <string.h>

/* Rows that are pulled in one go; libvips works in strips of 16 and more. */
#define STRIP_ROWS 32

typedef VipsImage VipsImageRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsImageRef, g_object_unref)
typedef VipsRegion VipsRegionRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VipsRegionRef, g_object_unref)

/* What the bands of an image are. */
typedef struct {
    ColourSpace space;
    guint num_colours; /* bands that make the colour */
    bool has_alpha;    /* the band after them */
    guint bits;        /* of a colour sample that goes into colour management */
    double max;        /* of a sample, alpha too */
} Layout;

bool
fail_vips(GError **error)
{
    g_autofree char *text = g_strdup(vips_error_buffer());
    vips_error_clear();
    AppErrorCode code =
        strstr(text, "out of memory") != NULL ? APP_ERROR_UNAVAILABLE : APP_ERROR_INVALID;
    char *end = strchr(text, '\n');
    if (end != NULL) {
        *end = '\0';
    }
    return fail(error, code, "cannot be decoded (%s)", text[0] == '\0' ? "damaged" : text);
}

static bool
is_lab(const VipsImage *image)
{
    return image->Type == VIPS_INTERPRETATION_LAB || image->Type == VIPS_INTERPRETATION_LABS ||
           image->Type == VIPS_INTERPRETATION_LABQ;
}

/* Samples as 8 or 16 bits without sign, or Lab as float. */
static VipsImage *
to_plain_samples(VipsImage *image, GError **error)
{
    VipsImage *plain = NULL;
    int status;
    if (is_lab(image)) {
        status = vips_colourspace(image, &plain, VIPS_INTERPRETATION_LAB, NULL);
    } else if (image->Coding != VIPS_CODING_NONE || image->BandFmt == VIPS_FORMAT_FLOAT ||
               image->BandFmt == VIPS_FORMAT_DOUBLE) {
        status = vips_colourspace(image, &plain, VIPS_INTERPRETATION_sRGB, NULL);
    } else if (image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT) {
        status = vips_copy(image, &plain, NULL);
    } else {
        status = vips_cast(image, &plain, VIPS_FORMAT_USHORT, "shift", TRUE, NULL);
    }
    if (status != 0) {
        (void)fail_vips(error);
        return NULL;
    }
    return plain;
}

static bool
describe(const VipsImage *image, Layout *ret_layout, GError **error)
{
    bool is_16 = image->BandFmt == VIPS_FORMAT_USHORT;
    Layout layout = { .bits = is_16 ? 16 : 8, .max = is_16 ? 65535 : 255 };
    if (image->Bands < 1) {
        return fail(error, APP_ERROR_INVALID, "has no colour channels");
    }
    if (is_lab(image)) {
        layout.space = COLOUR_LAB;
        layout.num_colours = 3;
    } else if (image->Type == VIPS_INTERPRETATION_CMYK && image->Bands >= 4) {
        /* A fifth band may be a spot colour as well as alpha: it is left out. */
        layout.space = COLOUR_CMYK;
        layout.num_colours = 4;
    } else {
        layout.space = image->Bands <= 2 ? COLOUR_GREY : COLOUR_RGB;
        layout.num_colours = image->Bands <= 2 ? 1 : 3;
        layout.has_alpha = image->Bands == 2 || image->Bands >= 4;
    }
    if ((guint)image->Bands < layout.num_colours + layout.has_alpha) {
        return fail(error, APP_ERROR_INVALID, "has too few colour channels");
    }
    *ret_layout = layout;
    return true;
}

/* What is transparent has a colour that nobody saw: it must not bleed into its neighbours, so
 * colours are weighed by alpha while they are averaged. The result is then float. */
static VipsImage *
shrink(VipsImage *image, const Layout *layout, guint32 longest_side, GError **error)
{
    guint32 width, height;
    plane_fit((guint32)image->Xsize, (guint32)image->Ysize, longest_side, &width, &height);
    if (width == (guint32)image->Xsize && height == (guint32)image->Ysize) {
        return g_object_ref(image);
    }
    g_autoptr(VipsImageRef) weighed = NULL;
    VipsImage *resized = NULL;
    if (layout->has_alpha &&
        vips_premultiply(image, &weighed, "max_alpha", layout->max, NULL) != 0) {
        (void)fail_vips(error);
        return NULL;
    }
    if (vips_resize(weighed == NULL ? image : weighed, &resized, (double)width / image->Xsize,
                    "vscale", (double)height / image->Ysize, "kernel", VIPS_KERNEL_LANCZOS3,
                    NULL) != 0) {
        (void)fail_vips(error);
        return NULL;
    }
    return resized;
}

/* One row on its way from libvips to the planes. */
typedef struct {
    const Layout *layout;
    const ColourTransform *colour;
    ImagePlanes *planes;
    guint num_bands;       /* of the image */
    VipsBandFormat format; /* of its samples */
    bool is_weighed;       /* colours are multiplied by alpha, samples are float */
    guint32 width;
    void *colours; /* width x num_colours samples of layout->bits */
    double *alpha; /* width, 0..1 */
    guint8 *rgb;
} PreciseRow;

static double
sample_value(const PreciseRow *row, const void *samples, gsize i)
{
    switch (row->format) {
    case VIPS_FORMAT_UCHAR:
        return ((const guint8 *)samples)[i];
    case VIPS_FORMAT_USHORT:
        return ((const guint16 *)samples)[i];
    default:
        return ((const float *)samples)[i];
    }
}

static void
set_colour(PreciseRow *row, gsize i, double value)
{
    double rounded = CLAMP(value, 0, row->layout->max) + 0.5;
    if (row->layout->bits == 8) {
        ((guint8 *)row->colours)[i] = (guint8)rounded;
    } else {
        ((guint16 *)row->colours)[i] = (guint16)rounded;
    }
}

static void
split_alpha(PreciseRow *row, const void *samples)
{
    guint n = row->layout->num_colours;
    for (gsize x = 0; x < row->width; x++) {
        gsize at = x * row->num_bands;
        double alpha = CLAMP(sample_value(row, samples, at + n) / row->layout->max, 0, 1);
        row->alpha[x] = alpha;
        for (guint c = 0; c < n; c++) {
            double value = sample_value(row, samples, at + c);
            if (row->is_weighed) {
                value = alpha > 0 ? value / alpha : 0;
            }
            set_colour(row, x * n + c, value);
        }
    }
}

static void
copy_colours(PreciseRow *row, const void *samples)
{
    gsize n = row->layout->num_colours;
    gsize sample_size = row->layout->space == COLOUR_LAB ? sizeof(float) : row->layout->bits / 8;
    if (row->num_bands == n) {
        memcpy(row->colours, samples, row->width * n * sample_size);
        return;
    }
    for (gsize x = 0; x < row->width; x++) {
        memcpy((guint8 *)row->colours + x * n * sample_size,
               (const guint8 *)samples + x * row->num_bands * sample_size, n * sample_size);
    }
}

static void
flatten_on_white(PreciseRow *row)
{
    for (gsize i = 0; i < 3 * (gsize)row->width; i++) {
        double alpha = row->alpha[i / 3];
        row->rgb[i] = (guint8)(row->rgb[i] * alpha + 255 * (1 - alpha) + 0.5);
    }
}

static void
move_precisely(gpointer user_data, const void *samples, guint32 y)
{
    PreciseRow *row = user_data;
    if (row->layout->has_alpha) {
        split_alpha(row, samples);
    } else {
        copy_colours(row, samples);
    }
    colour_transform_pixels(row->colour, row->colours, row->rgb, row->width);
    if (row->layout->has_alpha) {
        flatten_on_white(row);
    }
    colour_rgb_to_planes(row->rgb, row->planes, y);
}

/* Strips of rows from top to bottom. */
typedef void RowFunc(gpointer user_data, const void *samples, guint32 y);

static bool
for_each_row(VipsImage *image, RowFunc *func, gpointer user_data, GError **error)
{
    g_autoptr(VipsRegionRef) region = vips_region_new(image);
    for (int y = 0; y < image->Ysize; y += STRIP_ROWS) {
        const VipsRect strip = { 0, y, image->Xsize, MIN(STRIP_ROWS, image->Ysize - y) };
        if (vips_region_prepare(region, &strip) != 0) {
            return fail_vips(error);
        }
        for (int i = 0; i < strip.height; i++) {
            func(user_data, VIPS_REGION_ADDR(region, 0, y + i), (guint32)(y + i));
        }
    }
    return true;
}

/* At full precision: libvips resizes, in the depth and the channels that there are, and each pixel
 * of the result goes through colour management once. */
static bool
pull_precisely(VipsImage *image, const Layout *layout, const ColourTransform *colour,
               guint32 longest_side, Picture *picture, GError **error)
{
    g_autoptr(VipsImageRef) shrunk = shrink(image, layout, longest_side, error);
    if (shrunk == NULL) {
        return false;
    }
    gsize width = (gsize)shrunk->Xsize;
    g_autofree float *colours = g_new(float, width * layout->num_colours);
    g_autofree double *alpha = g_new(double, width);
    g_autofree guint8 *rgb = g_malloc(width * 3);
    PreciseRow row = {
        .layout = layout,
        .colour = colour,
        .planes = &picture->planes,
        .num_bands = (guint)shrunk->Bands,
        .format = shrunk->BandFmt,
        .is_weighed = layout->has_alpha && shrunk->BandFmt == VIPS_FORMAT_FLOAT,
        .width = (guint32)width,
        .colours = colours,
        .alpha = alpha,
        .rgb = rgb,
    };
    if (!image_planes_init(&picture->planes, row.width, (guint32)shrunk->Ysize,
                           layout->space == COLOUR_GREY ? 1 : 3, 0, 0, error) ||
        !for_each_row(shrunk, move_precisely, &row, error)) {
        return false;
    }
    picture->covered_width = picture->planes.width;
    picture->covered_height = picture->planes.height;
    return true;
}

typedef struct {
    const Layout *layout;
    guint num_bands;
    guint32 width;
    guint8 *flat; /* width x num_colours */
    BoxShrink *shrink;
} FastRow;

static void
flatten_8(FastRow *row, const guint8 *samples)
{
    guint n = row->layout->num_colours;
    for (gsize x = 0; x < row->width; x++) {
        const guint8 *pixel = samples + x * row->num_bands;
        guint alpha = row->layout->has_alpha ? pixel[n] : 255;
        for (guint c = 0; c < n; c++) {
            row->flat[x * n + c] = (guint8)((pixel[c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }
}

static void
flatten_16(FastRow *row, const guint16 *samples)
{
    guint n = row->layout->num_colours;
    const guint64 max = 65535, to_8_bits = max * 257;
    for (gsize x = 0; x < row->width; x++) {
        const guint16 *pixel = samples + x * row->num_bands;
        guint64 alpha = row->layout->has_alpha ? pixel[n] : max;
        for (guint c = 0; c < n; c++) {
            guint64 value = pixel[c] * alpha + max * (max - alpha);
            row->flat[x * n + c] = (guint8)((value + to_8_bits / 2) / to_8_bits);
        }
    }
}

static void
move_fast(gpointer user_data, const void *samples, guint32 y)
{
    FastRow *row = user_data;
    const guint8 *flat = row->flat;
    if (row->layout->bits == 16) {
        flatten_16(row, samples);
    } else if (row->num_bands == row->layout->num_colours) {
        flat = samples;
    } else {
        flatten_8(row, samples);
    }
    box_shrink_add_row(row->shrink, flat);
}

/* In eight bits, colour management left for later, when there are fewer pixels. */
static bool
pull_fast(VipsImage *image, const Layout *layout, guint32 longest_side, Picture *picture,
          GError **error)
{
    guint32 width = (guint32)image->Xsize, height = (guint32)image->Ysize;
    guint32 factor = box_shrink_factor(width, height, longest_side);
    g_autoptr(BoxShrink) box = box_shrink_new(width, height, layout->num_colours, factor, error);
    if (box == NULL) {
        return false;
    }
    g_autofree guint8 *flat = g_malloc((gsize)width * layout->num_colours);
    FastRow row = { layout, (guint)image->Bands, width, flat, box };
    if (!for_each_row(image, move_fast, &row, error)) {
        return false;
    }
    box_shrink_finish(box, &picture->planes, &picture->covered_width, &picture->covered_height);
    return true;
}

/* Eight bits of the picture's own colours lose nothing that shows, unless they had more bits and
 * are spread over a wide space, or nothing is averaged afterwards. */
static bool
needs_precision(const VipsImage *image, const Layout *layout, const ColourTransform *colour,
                guint32 longest_side)
{
    if (layout->space == COLOUR_CMYK || layout->space == COLOUR_LAB) {
        return true;
    }
    bool is_shrunk = longest_side != 0 && (guint32)MAX(image->Xsize, image->Ysize) > longest_side;
    return !colour_transform_is_identity(colour) && (layout->bits == 16 || !is_shrunk);
}

bool
vips_pixels_to_picture(VipsImage *image, GBytes *icc, guint32 longest_side, Picture *picture,
                       GError **error)
{
    g_autoptr(VipsImageRef) plain = to_plain_samples(image, error);
    Layout layout = { 0 };
    if (plain == NULL || !describe(plain, &layout, error)) {
        return false;
    }
    g_autoptr(ColourTransform) colour = colour_transform_new(icc, layout.space, layout.bits, NULL);
    if (needs_precision(plain, &layout, colour, longest_side)) {
        return pull_precisely(plain, &layout, colour, longest_side, picture, error);
    }
    if (!pull_fast(plain, &layout, longest_side, picture, error)) {
        return false;
    }
    if (!colour_transform_is_identity(colour)) {
        picture->colour = g_steal_pointer(&colour);
    }
    return true;
}

/* The pipeline: recognise, decode once, bring to sRGB, and per output resize, turn upright, encode.
 *
 * Colour comes after the first resize, where there are the fewest pixels, and before the others.
 * The orientation is applied while resizing, which touches every pixel anyway. */
#include "image/image.h"

#include "base/error.h"
#include "image/colour.h"
#include "image/format.h"
#include "image/jpeg_decode.h"
#include "image/look.h"
#include "image/picture.h"
#include "image/plane_orient.h"
#include "image/plane_resize.h"
#include "image/quality.h"

#include <math.h>
#include <string.h>

/* What is looked at when nothing has to be encoded. */
#define LOOK_SIDE 500

/* From this quality on a file is asked for in which nothing shows, chroma included (libvips and
 * ImageMagick draw the line at the same place). */
#define MIN_QUALITY_OF_444 90

void
picture_clear(Picture *picture)
{
    image_planes_clear(&picture->planes);
    g_clear_pointer(&picture->colour, colour_transform_free);
}

void
image_result_clear(ImageResult *result)
{
    for (guint i = 0; i < IMAGE_MAX_OUTPUTS; i++) {
        g_clear_pointer(&result->outputs[i].jpeg, g_bytes_unref);
    }
    result->num_outputs = 0;
}

bool
picture_check_size(guint64 width, guint64 height, const ImageLimits *limits, GError **error)
{
    if (width > limits->max_side || height > limits->max_side) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "has %" G_GUINT64_FORMAT "x%" G_GUINT64_FORMAT
                    " pixels (limit image.max-side, %u)",
                    width, height, limits->max_side);
    }
    if (width * height > limits->max_pixels) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "has %" G_GUINT64_FORMAT "x%" G_GUINT64_FORMAT
                    " pixels (limit image.max-pixels, %" G_GUINT64_FORMAT ")",
                    width, height, limits->max_pixels);
    }
    return true;
}

bool
picture_check_frames(guint64 num_frames, const ImageLimits *limits, GError **error)
{
    if (num_frames > limits->max_frames) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "has %" G_GUINT64_FORMAT " frames (limit image.max-frames, %u)", num_frames,
                    limits->max_frames);
    }
    return true;
}

static bool
wants_444(const ImageOutputSpec *spec)
{
    return spec->quality == IMAGE_QUALITY_AUTO || spec->quality >= MIN_QUALITY_OF_444;
}

/* The largest side that an output, of those in MASK, is made at; 0: as large as the source. */
static guint32
largest_side(const ImageRequest *request, guint mask)
{
    guint32 longest = 1;
    for (guint i = 0; i < request->num_outputs; i++) {
        if ((mask >> i & 1) != 0 && request->outputs[i].longest_side == 0) {
            return 0;
        }
        if ((mask >> i & 1) != 0) {
            longest = MAX(longest, request->outputs[i].longest_side);
        }
    }
    return longest;
}

static bool
fits(guint32 width, guint32 height, const ImageOutputSpec *spec)
{
    return spec->longest_side == 0 || MAX(width, height) <= spec->longest_side;
}

static PlaneTarget
target_for(const Picture *picture, guint32 longest_side, bool is_444)
{
    bool swaps = image_orientation_swaps(picture->orientation);
    PlaneTarget target = {
        .chroma_shift_x = !is_444,
        .chroma_shift_y = !is_444,
        .orientation = picture->orientation,
    };
    plane_fit(swaps ? picture->height : picture->width, swaps ? picture->width : picture->height,
              longest_side, &target.width, &target.height);
    return target;
}

/* The planes are all of the picture now, with its orientation applied. */
static void
turned_upright(Picture *picture)
{
    picture->covered_width = picture->planes.width;
    picture->covered_height = picture->planes.height;
    if (image_orientation_swaps(picture->orientation)) {
        guint32 width = picture->width;
        picture->width = picture->height;
        picture->height = width;
    }
    picture->orientation = 1;
}

/* Upright sRGB at the size of the largest output, all chroma samples: from here on the picture is
 * as if it had come that way. */
static bool
apply_colour(Picture *picture, guint32 longest_side, GError **error)
{
    PlaneTarget target = target_for(picture, longest_side, true);
    g_auto(ImagePlanes) planes = { 0 };
    if (!image_planes_resize(&picture->planes, picture->covered_width, picture->covered_height,
                             &target, &planes, error)) {
        return false;
    }
    colour_transform_planes(picture->colour, &planes);
    image_planes_clear(&picture->planes);
    g_clear_pointer(&picture->colour, colour_transform_free);
    picture->planes = planes;
    planes = (ImagePlanes){ 0 };
    turned_upright(picture);
    return true;
}

static bool
is_as_wanted(const Picture *picture, const PlaneTarget *target)
{
    const ImagePlanes *planes = &picture->planes;
    return picture->orientation == 1 && planes->width == target->width &&
           planes->height == target->height && planes->width == picture->covered_width &&
           planes->height == picture->covered_height &&
           (planes->num_planes == 1 || (planes->chroma_shift_x == target->chroma_shift_x &&
                                        planes->chroma_shift_y == target->chroma_shift_y));
}

static bool
encode(const ImagePlanes *planes, const ImageOutputSpec *spec, ImageOutput *output, GError **error)
{
    g_auto(QualityResult) encoded = { 0 };
    bool ok = spec->quality == IMAGE_QUALITY_AUTO
                  ? quality_encode_auto(planes, spec->max_bytes, &encoded, error)
                  : quality_encode_fixed(planes, spec->quality, spec->max_bytes, &encoded, error);
    if (!ok) {
        return false;
    }
    *output = (ImageOutput){
        .jpeg = g_steal_pointer(&encoded.jpeg),
        .width = planes->width,
        .height = planes->height,
        .method = IMAGE_ENCODED,
        .quality = encoded.quality,
        .is_444 = encoded.is_444,
        .score = encoded.score,
    };
    return true;
}

/* IS_LAST: nobody needs the picture's own planes afterwards, so they make room for the encoder. */
static bool
make_output(Picture *picture, const ImageOutputSpec *spec, bool is_last, ImageFacts *facts,
            ImageOutput *output, GError **error)
{
    PlaneTarget target = target_for(picture, spec->longest_side, wants_444(spec));
    g_auto(ImagePlanes) resized = { 0 };
    const ImagePlanes *planes = &picture->planes;
    if (!is_as_wanted(picture, &target)) {
        if (!image_planes_resize(&picture->planes, picture->covered_width, picture->covered_height,
                                 &target, &resized, error)) {
            return false;
        }
        planes = &resized;
        if (is_last) {
            image_planes_clear(&picture->planes);
        }
    }
    if (isnan(facts->frame_fill)) {
        look_measure(planes, facts);
    }
    return encode(planes, spec, output, error);
}

static void
take_facts(const Picture *picture, ImageFacts *facts)
{
    bool swaps = image_orientation_swaps(picture->orientation);
    facts->width = swaps ? picture->height : picture->width;
    facts->height = swaps ? picture->width : picture->height;
    facts->num_frames = picture->num_frames;
    facts->was_truncated = picture->was_truncated;
    facts->had_location = picture->had_location;
    facts->frame_fill = NAN; /* not measured yet */
}

/* Encodes the outputs in MASK; the others are there already. */
static bool
render(Picture *picture, const ImageRequest *request, guint mask, ImageResult *result,
       GError **error)
{
    take_facts(picture, &result->facts);
    if (picture->colour != NULL && !colour_transform_is_identity(picture->colour) &&
        !apply_colour(picture, largest_side(request, mask), error)) {
        return false;
    }
    for (guint i = 0; i < request->num_outputs; i++) {
        bool is_last = mask >> i == 1;
        if ((mask >> i & 1) != 0 && !make_output(picture, &request->outputs[i], is_last,
                                                 &result->facts, &result->outputs[i], error)) {
            return false;
        }
    }
    if (isnan(result->facts.frame_fill)) {
        look_measure(&picture->planes, &result->facts);
    }
    result->num_outputs = request->num_outputs;
    return true;
}

/* From the colour of the file to planes in which it is sRGB. */
static bool
pixels_to_planes(const JpegPixels *pixels, const ColourTransform *colour, ImagePlanes *ret_planes,
                 GError **error)
{
    g_auto(ImagePlanes) planes = { 0 };
    if (!image_planes_init(&planes, pixels->width, pixels->height, 3, 0, 0, error)) {
        return false;
    }
    g_autofree guint8 *rgb = g_malloc(3 * (gsize)pixels->width);
    for (guint32 y = 0; y < pixels->height; y++) {
        colour_transform_pixels(colour, pixels->data + pixels->stride * y, rgb, pixels->width);
        colour_rgb_to_planes(rgb, &planes, y);
    }
    *ret_planes = planes;
    planes = (ImagePlanes){ 0 };
    return true;
}

/* A JPEG, between its structure and its pixels. */
typedef struct {
    const guint8 *data;
    gsize size;
    JpegInfo info;
    ColourTransform *colour;
    GBytes *carried; /* the picture with nothing around it; NULL: it cannot be had */
} Jpeg;

static void
jpeg_clear(Jpeg *jpeg)
{
    jpeg_info_clear(&jpeg->info);
    g_clear_pointer(&jpeg->colour, colour_transform_free);
    g_clear_pointer(&jpeg->carried, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Jpeg, jpeg_clear)

static ColourTransform *
jpeg_colour(const JpegInfo *info)
{
    ColourSpace space = info->color == JPEG_COLOR_GREY ? COLOUR_GREY
                        : info->color == JPEG_COLOR_CMYK || info->color == JPEG_COLOR_YCCK
                            ? COLOUR_CMYK
                            : COLOUR_RGB;
    g_autoptr(GBytes) icc = NULL;
    if (info->icc != NULL) {
        icc = g_bytes_ref(info->icc);
    } else if (info->exif.is_adobe_rgb && space == COLOUR_RGB) {
        icc = colour_icc_adobe_rgb();
    }
    return colour_transform_new(icc, space, 8, NULL);
}

/* The outputs that the carried picture serves as it is. */
static guint
carried_outputs(const Jpeg *jpeg, const ImageRequest *request)
{
    guint mask = 0;
    for (guint i = 0; i < request->num_outputs && jpeg->carried != NULL; i++) {
        const ImageOutputSpec *spec = &request->outputs[i];
        gsize num_bytes = g_bytes_get_size(jpeg->carried);
        if (spec->allow_carry_over && fits(jpeg->info.width, jpeg->info.height, spec) &&
            (spec->max_bytes == 0 || num_bytes <= spec->max_bytes)) {
            mask |= 1u << i;
        }
    }
    return mask;
}

static void
carry(const Jpeg *jpeg, ImageOutput *output)
{
    const JpegComponent *components = jpeg->info.components;
    *output = (ImageOutput){
        .jpeg = g_bytes_ref(jpeg->carried),
        .width = jpeg->info.width,
        .height = jpeg->info.height,
        .method = IMAGE_CARRIED_OVER,
        .is_444 = jpeg->info.num_components == 3 && components[0].h == components[1].h &&
                  components[0].v == components[1].v,
        .score = NAN,
    };
}

static bool
decode_jpeg(Jpeg *jpeg, const ImageRequest *request, guint mask, Picture *ret_picture,
            JpegDecodeReport *ret_report, GError **error)
{
    const JpegInfo *info = &jpeg->info;
    guint32 longest_side = mask == 0 ? LOOK_SIDE : largest_side(request, mask);
    bool finest = !colour_transform_is_identity(jpeg->colour);
    for (guint i = 0; i < request->num_outputs; i++) {
        finest |= (mask >> i & 1) != 0 && wants_444(&request->outputs[i]);
    }
    JpegDecodeReport report = { 0 };
    g_auto(Picture) picture = {
        .width = info->width,
        .height = info->height,
        .num_frames = 1,
        .orientation = info->exif.orientation,
        .had_location = info->had_location,
    };
    PlaneTarget target = target_for(&picture, longest_side, finest);
    if (jpeg_can_decode_to(info, &target)) {
        if (!jpeg_decode_to(jpeg->data, jpeg->size, info, &target, &picture.planes, &report,
                            error)) {
            return false;
        }
        picture.colour = g_steal_pointer(&jpeg->colour);
        turned_upright(&picture);
    } else if (info->color == JPEG_COLOR_GREY || info->color == JPEG_COLOR_YCBCR) {
        if (!jpeg_decode_planes(jpeg->data, jpeg->size, info, longest_side,
                                finest ? JPEG_CHROMA_FINEST : JPEG_CHROMA_AS_STORED,
                                &picture.planes, &report, error)) {
            return false;
        }
        picture.colour = g_steal_pointer(&jpeg->colour);
    } else {
        g_auto(JpegPixels) pixels = { 0 };
        if (!jpeg_decode_pixels(jpeg->data, jpeg->size, info, longest_side, &pixels, &report,
                                error) ||
            !pixels_to_planes(&pixels, jpeg->colour, &picture.planes, error)) {
            return false;
        }
    }
    if (picture.covered_width == 0) {
        picture.covered_width = info->width * (report.scale / 8.0);
        picture.covered_height = info->height * (report.scale / 8.0);
    }
    picture.was_truncated = report.was_truncated;
    *ret_picture = picture;
    *ret_report = report;
    picture = (Picture){ 0 };
    return true;
}

/* Whether the carried picture may stand in for ENCODED, if that is no smaller: the picture at the
 * same size and a quality chosen here, or one a little above the side that was wished for. */
static bool
may_replace(const Jpeg *jpeg, const ImageOutputSpec *spec, const ImageOutput *encoded)
{
    bool is_same_size = encoded->width == jpeg->info.width && encoded->height == jpeg->info.height;
    return (is_same_size && spec->quality == IMAGE_QUALITY_AUTO) ||
           (spec->allow_carry_over &&
            MAX(jpeg->info.width, jpeg->info.height) <= spec->carry_over_side);
}

/* Encoding must not make a file larger than carrying over would have. */
static void
prefer_smaller(const Jpeg *jpeg, const ImageRequest *request, ImageResult *result)
{
    for (guint i = 0; i < result->num_outputs && jpeg->carried != NULL; i++) {
        ImageOutput *output = &result->outputs[i];
        if (output->method == IMAGE_ENCODED && may_replace(jpeg, &request->outputs[i], output) &&
            g_bytes_get_size(jpeg->carried) <= g_bytes_get_size(output->jpeg)) {
            g_bytes_unref(output->jpeg);
            carry(jpeg, output);
        }
    }
}

static bool
clean_jpeg(const guint8 *data, gsize size, const ImageRequest *request, ImageResult *result,
           GError **error)
{
    g_auto(Jpeg) jpeg = { .data = data, .size = size };
    if (!jpeg_parse(data, size, &request->limits, &jpeg.info, error)) {
        return false;
    }
    jpeg.info.exif.orientation =
        image_orientation_turned(jpeg.info.exif.orientation, request->turn);
    jpeg.colour = jpeg_colour(&jpeg.info);
    if (jpeg_carry_over_obstacle(&jpeg.info) == NULL && colour_transform_is_identity(jpeg.colour)) {
        jpeg.carried = jpeg_carry_over(data, size, &jpeg.info, NULL);
    }
    guint all = (1u << request->num_outputs) - 1;
    guint carried = carried_outputs(&jpeg, request);
    g_auto(Picture) picture = { 0 };
    JpegDecodeReport report;
    if (!decode_jpeg(&jpeg, request, all & ~carried, &picture, &report, error)) {
        return false;
    }
    if (report.num_warnings > 0 || report.was_truncated) {
        /* What a decoder stumbles over must not be handed on. */
        g_clear_pointer(&jpeg.carried, g_bytes_unref);
        if (carried != 0) {
            carried = 0;
            picture_clear(&picture);
            jpeg.colour = jpeg_colour(&jpeg.info);
            if (!decode_jpeg(&jpeg, request, all, &picture, &report, error)) {
                return false;
            }
        }
    }
    if (!render(&picture, request, all & ~carried, result, error)) {
        return false;
    }
    for (guint i = 0; i < request->num_outputs; i++) {
        if ((carried >> i & 1) != 0) {
            carry(&jpeg, &result->outputs[i]);
        }
    }
    prefer_smaller(&jpeg, request, result);
    return true;
}

static bool
clean_decoded(PictureDecoder *decode, const guint8 *data, gsize size, const ImageRequest *request,
              ImageResult *result, GError **error)
{
    guint all = (1u << request->num_outputs) - 1;
    g_auto(Picture) picture = { 0 };
    if (!decode(data, size, &request->limits, largest_side(request, all), &picture, error)) {
        return false;
    }
    picture.orientation = image_orientation_turned(picture.orientation, request->turn);
    return render(&picture, request, all, result, error);
}

static bool
clean(ImageFormat format, const guint8 *data, gsize size, const ImageRequest *request,
      ImageResult *result, GError **error)
{
    switch (format) {
    case IMAGE_FORMAT_JPEG:
        return clean_jpeg(data, size, request, result, error);
    case IMAGE_FORMAT_PNG:
        return clean_decoded(picture_decode_png, data, size, request, result, error);
    case IMAGE_FORMAT_WEBP:
        return clean_decoded(picture_decode_webp, data, size, request, result, error);
    case IMAGE_FORMAT_TIFF:
        return clean_decoded(picture_decode_tiff, data, size, request, result, error);
    case IMAGE_FORMAT_GIF:
        return clean_decoded(picture_decode_gif, data, size, request, result, error);
    case IMAGE_FORMAT_HEIC:
    case IMAGE_FORMAT_AVIF:
        return clean_decoded(picture_decode_heif, data, size, request, result, error);
    case IMAGE_FORMAT_BMP:
        return clean_decoded(picture_decode_bmp, data, size, request, result, error);
    case IMAGE_FORMAT_UNKNOWN:
        break;
    }
    if (size == 0) {
        return fail(error, APP_ERROR_INVALID, "is empty");
    }
    const char *kind = image_unsupported_kind(data, size);
    return fail(error, APP_ERROR_UNSUPPORTED, "is %s, not a photo that can be used",
                kind == NULL ? "of an unknown kind" : kind);
}

bool
image_clean(GBytes *input, const ImageRequest *request, ImageResult *ret_result, GError **error)
{
    g_assert(request->num_outputs >= 1 && request->num_outputs <= IMAGE_MAX_OUTPUTS);
    gsize size;
    const guint8 *data = g_bytes_get_data(input, &size);
    if (size > request->limits.max_input_bytes) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "has %" G_GSIZE_FORMAT " bytes (limit image.max-input-bytes, %" G_GUINT64_FORMAT
                    ")",
                    size, request->limits.max_input_bytes);
    }
    g_auto(ImageResult) result = { 0 };
    result.facts.format = image_format_recognise(data, size);
    if (!clean(result.facts.format, data, size, request, &result, error)) {
        return false;
    }
    *ret_result = result;
    result = (ImageResult){ 0 };
    return true;
}

/* A photo in, clean pictures out (LST-06, LST-18).
 *
 * Whatever the input says about itself beyond its pixels is gone from the output: no EXIF, XMP,
 * IPTC, maker notes, comments, thumbnails, second images, profiles, bytes after the end. What the
 * metadata said about how the pixels must be seen (orientation, colour space, alpha, depth) is
 * applied to them first. Outputs are JPEG, sRGB, upright, never larger than the input.
 *
 * image_clean() runs decoders on hostile bytes: call it through image/pool.h, which puts it into a
 * process that can reach nothing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    IMAGE_FORMAT_UNKNOWN,
    IMAGE_FORMAT_JPEG,
    IMAGE_FORMAT_PNG,
    IMAGE_FORMAT_WEBP,
    IMAGE_FORMAT_TIFF,
    IMAGE_FORMAT_GIF,
    IMAGE_FORMAT_HEIC, /* HEIF with HEVC */
    IMAGE_FORMAT_AVIF,
    IMAGE_FORMAT_BMP,
} ImageFormat;

const char *image_format_name(ImageFormat format); /* "JPEG" */

/* By content, never by name. Looks at no more than the first 64 bytes. */
ImageFormat image_format_recognise(const guint8 *data, gsize size);

typedef struct {
    guint64 max_input_bytes;
    guint64 max_pixels;
    guint32 max_side;
    guint32 max_frames;
    guint32 max_scans;
} ImageLimits;

#define IMAGE_QUALITY_AUTO 0
#define IMAGE_MAX_OUTPUTS 4

typedef struct {
    guint32 longest_side;    /* px; an input below it keeps its size; 0: any */
    gint32 quality;          /* IMAGE_QUALITY_AUTO or 1..100 on libjpeg's scale */
    guint64 max_bytes;       /* 0: any; otherwise quality goes down, not below 50, to keep it */
    bool allow_carry_over;   /* a JPEG that already complies keeps its entropy-coded data; without
                              * this it does so only where a picture of the same size at automatic
                              * quality would become the larger file */
    guint32 carry_over_side; /* px; above longest_side where that is a wish and no limit: a JPEG up
                              * to this is carried over where encoding makes no smaller file; 0:
                              * longest_side is a limit */
} ImageOutputSpec;

typedef struct {
    ImageLimits limits;
    guint32 turn; /* 0, 90, 180, 270: a person's word, clockwise, on top of what the photo says
                   * about itself */
    guint32 num_outputs; /* 1..IMAGE_MAX_OUTPUTS; decoded once for all */
    ImageOutputSpec outputs[IMAGE_MAX_OUTPUTS];
} ImageRequest;

typedef enum {
    IMAGE_CARRIED_OVER, /* entropy-coded data of the input, new markers */
    IMAGE_ENCODED,
} ImageMethod;

typedef struct {
    GBytes *jpeg;
    guint32 width, height;
    ImageMethod method;
    gint32 quality; /* what was used; 0 when carried over */
    bool is_444;    /* full chroma resolution */
    double score;   /* of the perceptual measure (image/quality.h); NaN when not measured */
} ImageOutput;

/* What the source was, and how the picture looks; the marketplace rules are held against these. */
typedef struct {
    ImageFormat format;
    guint32 width, height; /* upright */
    guint32 num_frames;
    bool was_truncated;        /* the decoder filled in what was missing */
    bool had_location;         /* there was a GPS position: the report says that it was removed */
    double border_white_share; /* of the pixels along the four edges, those that are white (all
                                * channels at least 250) */
    double frame_fill;         /* longer side of the bounding box of what is not white over the
                                * picture's same side, 0..1; single specks do not count; 1 when less
                                * than half of the border is white */
} ImageFacts;

typedef struct {
    ImageFacts facts;
    guint32 num_outputs;
    ImageOutput outputs[IMAGE_MAX_OUTPUTS];
} ImageResult;

void image_result_clear(ImageResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImageResult, image_result_clear)

/* Once, before the first image_clean, while there is one thread (loads libraries, sets their
 * environment; after this no file is opened). libvips loads no other format than ours from then. */
bool image_init(GError **error);

/* The whole pipeline, in this process. Errors: UNSUPPORTED (not a picture of a kind in
 * ImageFormat), INVALID (damaged beyond use), TOO_LARGE (a limit, which is named). */
bool image_clean(GBytes *input, const ImageRequest *request, ImageResult *ret_result,
                 GError **error);

/* What every decoder hands to the pipeline. */
#pragma once

#include "image/colour.h"
#include "image/image.h"

typedef struct {
    ImagePlanes planes;
    double covered_width, covered_height; /* see image_planes_resize */
    guint8 orientation;                   /* EXIF, still to be applied */
    ColourTransform *colour;              /* still to be applied; NULL: sRGB already */
    guint32 width, height;                /* of the source at full size, as stored */
    guint32 num_frames;
    bool was_truncated;
    bool had_location;
} Picture;

void picture_clear(Picture *picture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picture, picture_clear)

/* Each decoder brings the first frame of DATA to at least LONGEST_SIDE (0: any) or its own size,
 * whichever is less. INVALID: damaged beyond use; TOO_LARGE: a limit; UNAVAILABLE: memory. */
typedef bool PictureDecoder(const guint8 *data, gsize size, const ImageLimits *limits,
                            guint32 longest_side, Picture *ret_picture, GError **error);

/* PNG, WebP, TIFF and GIF, by libvips. */
PictureDecoder picture_decode_png;
PictureDecoder picture_decode_webp;
PictureDecoder picture_decode_tiff;
PictureDecoder picture_decode_gif;
/* HEIC and AVIF, by libheif. */
PictureDecoder picture_decode_heif;
PictureDecoder picture_decode_bmp;

/* TOO_LARGE, with the setting's name, when a limit is exceeded. */
bool picture_check_size(guint64 width, guint64 height, const ImageLimits *limits, GError **error);
bool picture_check_frames(guint64 num_frames, const ImageLimits *limits, GError **error);

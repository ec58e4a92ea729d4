/* Colour: from whatever a picture's samples mean to sRGB.
 *
 * The rendering intent is relative colorimetric with black point compensation. A colour that sRGB
 * has stays that colour, whatever else the profile's space could hold; paper white becomes 255,
 * 255, 255, which the marketplaces' white backgrounds need; and it is what Adobe's programs, in
 * which most product pictures are judged, do by default. Perceptual tables differ only for profiles
 * that have them (printers), and differ by maker. */
#pragma once

#include "image/planes.h"

typedef enum {
    COLOUR_GREY,
    COLOUR_RGB,
    COLOUR_CMYK, /* 0: no ink */
    COLOUR_LAB,  /* three floats, D50, as TIFF's CIELab and ICCLab mean it */
} ColourSpace;

typedef struct ColourTransform ColourTransform;

/* From samples of BITS (8 or 16; ignored for LAB) to 8-bit sRGB. ICC is the picture's profile or
 * NULL, which means sRGB, its grey, a common offset press's CMYK, or plain Lab. A profile that
 * cannot be used (damaged, or for another kind of samples) counts as NULL and sets RET_IS_BROKEN
 * (may be NULL). Never fails; remembers what it made. */
ColourTransform *colour_transform_new(GBytes *icc, ColourSpace space, guint bits,
                                      bool *ret_is_broken);
void colour_transform_free(ColourTransform *transform);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ColourTransform, colour_transform_free)

/* Whether the samples are sRGB (or its grey) already, within the rounding of 8 bits. */
bool colour_transform_is_identity(const ColourTransform *transform);

/* NUM_PIXELS pixels, side by side, to R, G, B. SOURCE holds guint8, guint16 or float samples; LAB
 * is L 0..100, a, b. */
void colour_transform_pixels(const ColourTransform *transform, const void *source, guint8 *rgb,
                             guint32 num_pixels);

/* Planes of the same space (grey or 4:4:4) as the transform, in place. */
void colour_transform_planes(const ColourTransform *transform, ImagePlanes *planes);

/* A row of R, G, B into row Y of planes (3 planes, 4:4:4; or grey, which takes G). */
void colour_rgb_to_planes(const guint8 *rgb, ImagePlanes *planes, guint32 y);
/* And back. */
void colour_planes_to_rgb(const ImagePlanes *planes, guint32 y, guint8 *rgb);

/* Profiles for pictures that tell their colour in numbers. */
typedef struct {
    double white_x, white_y, red_x, red_y, green_x, green_y, blue_x, blue_y;
} ColourPrimaries;

/* The exponent that decodes (2.2, not 0.45455). NULL when the numbers make no space. */
GBytes *colour_icc_from_primaries(const ColourPrimaries *primaries, double gamma);
GBytes *colour_icc_adobe_rgb(void);
/* Code points of ITU-T H.273, as HEIF, AVIF and PNG (cICP) carry them. NULL for those that mean
 * sRGB or nothing that is known. PQ and HLG are brought down to what a screen of 203 cd/m2 shows.
 */
GBytes *colour_icc_from_cicp(guint primaries, guint transfer);

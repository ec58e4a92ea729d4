/* The smallest JPEG that a person cannot tell from its source at normal size.
 *
 * The measure is SSIMULACRA 2 (ssimulacra2.h) of the published picture against the same pixels
 * before encoding. On its authors' scale an average observer, at normal viewing distance, sees no
 * difference side by side from 80 on, when one picture replaces the other from 85 on, when they
 * flicker from 90 on. Marketplaces compress once more and ask for high quality, so the target lies
 * between the last two; above it bytes buy noise. */
#pragma once

#include "image/planes.h"

#define QUALITY_TARGET_SCORE 88.0
#define QUALITY_MIN 50 /* what max_bytes may push it to, and where the search begins to end */
#define QUALITY_MAX 96

/* Pictures above this are measured on a regular sample of their tiles. */
#define QUALITY_MEASURED_PIXELS (4 * 1000 * 1000)

/* Whether 4:2:0 would blur edges of saturated colour so that it shows. PLANES are 4:4:4. */
bool quality_needs_444(const ImagePlanes *planes);

typedef struct {
    GBytes *jpeg;
    gint32 quality;
    bool is_444;
    double score; /* NaN when nothing was measured */
} QualityResult;

void quality_result_clear(QualityResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QualityResult, quality_result_clear)

/* Encodes PLANES (grey or 4:4:4, upright, final size) at the lowest quality whose score reaches
 * QUALITY_TARGET_SCORE, within QUALITY_MIN..QUALITY_MAX: where even QUALITY_MAX does not reach it,
 * QUALITY_MAX. Lowest within one step of the quality scale: the step below was either measured or
 * lies below by the slope of those that were. With MAX_BYTES (0: any) goes lower until the file
 * fits, not below QUALITY_MIN: then the file at QUALITY_MIN is returned, larger or not. */
bool quality_encode_auto(const ImagePlanes *planes, guint64 max_bytes, QualityResult *ret_result,
                         GError **error);

/* The same at a fixed QUALITY and the planes' own sampling, lower only for MAX_BYTES. Measures
 * nothing. */
bool quality_encode_fixed(const ImagePlanes *planes, gint32 quality, guint64 max_bytes,
                          QualityResult *ret_result, GError **error);

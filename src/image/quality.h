/* The smallest JPEG that a person cannot tell from its source at normal size.
 *
 * The measure is SSIMULACRA 2 (J. Sneyers, Cloudinary, 2022/2023), of the picture as it will be
 * published against the same pixels before encoding: 100 is equal, 90 visually lossless side by
 * side at normal viewing distance, 85 hardly to be told from the source when flipping. */
#pragma once

#include "image/planes.h"

/* Marketplaces compress again, and ask for high quality: above "visually lossless" in a flip test
 * for most pictures, below the point where bytes only buy noise. */
#define QUALITY_TARGET_SCORE 88.0
#define QUALITY_MIN 50 /* what max_bytes may push it to */
#define QUALITY_MAX 96

/* The score of DISTORTED against REFERENCE: same size, any chroma sampling, both grey or both
 * colour. NaN when there is no memory for it. */
double quality_score(const ImagePlanes *reference, const ImagePlanes *distorted);

/* Whether 4:2:0 would blur edges of saturated colour so that it shows. REFERENCE has 4:4:4. */
bool quality_needs_444(const ImagePlanes *reference);

typedef struct {
    GBytes *jpeg;
    gint32 quality;
    bool is_444;
    double score; /* of the whole picture as it is returned */
} QualityResult;

void quality_result_clear(QualityResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QualityResult, quality_result_clear)

/* Encodes PLANES (grey or 4:4:4, upright, final size) at the lowest quality whose score reaches
 * QUALITY_TARGET_SCORE, within QUALITY_MIN..QUALITY_MAX. With MAX_BYTES (0: any) goes lower until
 * the file fits, not below QUALITY_MIN: then the file at QUALITY_MIN is returned, larger or not. */
bool quality_encode_auto(const ImagePlanes *planes, guint64 max_bytes, QualityResult *ret_result,
                         GError **error);

/* The same at a fixed QUALITY and the planes' own sampling, lower only for MAX_BYTES. Measures
 * nothing: the score is NaN. */
bool quality_encode_fixed(const ImagePlanes *planes, gint32 quality, guint64 max_bytes,
                          QualityResult *ret_result, GError **error);

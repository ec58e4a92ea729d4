/* SSIMULACRA 2, the perceptual measure of J. Sneyers (Cloudinary, 2022; weights of version 2.1,
 * April 2023): how visible the difference of two pictures is at normal viewing distance, trained on
 * the judgements of people. 100: equal; 90: not to be told apart side by side; 70: good; 30: poor.
 *
 * Colour is XYB (ISO/IEC 18181-1), the Gaussian windows are the truncated-cosine ones of D.
 * Charalampidis (IEEE Trans. Signal Processing 64(19), 2016). Terms whose weight is below 0.003 are
 * left out: all of them together move a score by less than 0.1, and they are two thirds of the
 * work.
 */
#pragma once

#include "image/planes.h"

/* A reference, prepared for many comparisons. About 20 bytes a pixel. */
typedef struct Ssimulacra2 Ssimulacra2;

/* NULL when there is no memory for it. Sees the planes as a viewer would: chroma interpolated,
 * colours rounded to 8-bit RGB. The planes are not needed afterwards. */
Ssimulacra2 *ssimulacra2_new(const ImagePlanes *reference);
void ssimulacra2_free(Ssimulacra2 *measure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ssimulacra2, ssimulacra2_free)

/* The score of a picture of the same size, of any chroma sampling. NaN without memory. */
double ssimulacra2_score(const Ssimulacra2 *measure, const ImagePlanes *distorted);

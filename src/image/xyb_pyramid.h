/* The colour space and the scales of SSIMULACRA 2 (ssimulacra2.h): 1:1 to 1:32, halved in linear
 * light, each in XYB shifted so that all channels are positive. */
#pragma once

#include "image/planes.h"

#define XYB_NUM_SCALES 6
#define XYB_NUM_CHANNELS 3

typedef struct {
    guint32 width, height;             /* 0: the picture is too small for this scale */
    gsize stride;                      /* floats */
    float *channels[XYB_NUM_CHANNELS]; /* X, Y, B; NULL where not wanted */
} XybScale;

typedef struct {
    XybScale scales[XYB_NUM_SCALES];
} XybPyramid;

/* WANTED[scale] has a bit for each channel to make. False without memory. */
bool xyb_pyramid_init(XybPyramid *pyramid, const ImagePlanes *planes,
                      const guint8 wanted[XYB_NUM_SCALES]);
void xyb_pyramid_clear(XybPyramid *pyramid);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(XybPyramid, xyb_pyramid_clear)

/* Floats in rows that loops over vectors of 16 may overrun. NULL without memory; free(). */
float *xyb_plane_new(guint32 width, guint32 height, gsize *ret_stride);

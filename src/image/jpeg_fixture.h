/* For tests: small JPEG files of every make, drawn and written with libjpeg. */
#pragma once

#include "image/jpeg_markers.h"
#include "image/planes.h"

typedef struct {
    guint32 width, height; /* 0: 64x48 */
    JpegColor color;       /* JPEG_COLOR_GREY unless set */
    guint8 h, v;           /* sampling of the first component against the others; 0: 1 */
    gint32 quality;        /* 0: 90 */
    bool is_progressive;
    bool is_arithmetic;
    guint restart_interval; /* in MCUs */
    bool has_no_adobe;      /* leave APP14 out where libjpeg would write it */
} Fixture;

GBytes *fixture_jpeg(const Fixture *fixture);

/* A copy with a segment put in at AT: 2 is behind the SOI. */
GBytes *fixture_insert(GBytes *jpeg, gsize at, guint8 marker, const void *body, gsize size);
/* A copy with bytes put in at AT. */
GBytes *fixture_splice(GBytes *jpeg, gsize at, const void *bytes, gsize size);
/* Where the NUMBER-th (from 0) segment of this kind begins, at its 0xff. */
gsize fixture_find(GBytes *jpeg, guint8 marker, guint number);

/* An EXIF segment's body, big-endian, with an orientation and, when asked, a GPS directory. */
GBytes *fixture_exif(guint8 orientation, bool has_location);

/* Wide limits. */
ImageLimits fixture_limits(void);

JpegInfo fixture_parse(GBytes *jpeg); /* fails the test when it cannot be parsed */

/* Planes of a drawing: smooth areas, texture, edges of saturated colour. */
void fixture_planes(ImagePlanes *ret_planes, guint32 width, guint32 height, guint8 num_planes,
                    guint8 shift_x, guint8 shift_y);

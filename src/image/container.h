/* What the containers of PNG, WebP, TIFF and GIF say around the pixels, read without a decoder. */
#pragma once

#include "image/image.h"

typedef struct {
    guint8 orientation; /* EXIF, 1..8 */
    bool had_location;  /* in EXIF or XMP */
    bool is_truncated;  /* the end that the format prescribes is missing */
    bool is_camera_raw; /* a TIFF outwardly; the pictures that a TIFF reader finds are previews */
    guint32 num_frames; /* of an animated PNG or WebP; 1 otherwise, and for GIF and TIFF, where
                         * only the decoder counts */
    guint32 width, height; /* of PNG, WebP and GIF; 0 where not told */
    GBytes *icc;           /* PNG only: a profile made of cICP, or of gAMA and cHRM */
} ContainerFacts;

void container_facts_clear(ContainerFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ContainerFacts, container_facts_clear)

/* Never fails: what is damaged is left out, as decoders do. */
void container_read(ImageFormat format, const guint8 *data, gsize size, ContainerFacts *ret_facts);

/* Whether an XMP packet that lies in DATA uncompressed, wherever it is, tells a position. */
bool container_xmp_has_location(const guint8 *data, gsize size);

/* The four facts of an EXIF block that change how a picture must be seen, or what the report says;
 * everything else in it is only removed. The block is a TIFF structure (TIFF 6.0; EXIF 2.32,
 * CIPA DC-008), as JPEG, PNG, WebP, HEIC and TIFF files all carry it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint8 orientation; /* 1..8; 1 when absent or not a value of the standard */
    bool has_location;  /* a GPS directory with more than its version in it */
    bool is_adobe_rgb;  /* interoperability index R03 (DCF 2.0): AdobeRGB without a profile */
} ExifFacts;

/* Reads DATA, which begins with the byte order mark "II" or "MM" (no "Exif" before it). Never
 * fails: what is damaged is left out, as the viewers do. Reads no more than a fixed number of
 * directory entries, whatever the data say. */
ExifFacts exif_facts(const guint8 *data, gsize size);

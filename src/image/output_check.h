/* A picture from a worker, held against what a clean picture is (LST-18): the worker may have been
 * taken over by the photo that it decoded. */
#pragma once

#include <glib.h>

/* JPEG written anew by its structure alone (jpeg_markers.h): no segment of the worker's making but
 * the tables that its scans use, and nothing behind the end. A clean picture comes out with the
 * same pixels and the same entropy-coded data. INTERNAL when it is none: not upright, other
 * colours, foreign bytes, or not WIDTH x HEIGHT pixels. */
GBytes *output_check(GBytes *jpeg, guint32 width, guint32 height, GError **error);

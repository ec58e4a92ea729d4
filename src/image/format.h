/* What a file is that is not one of ImageFormat, in the words of an error. */
#pragma once

#include <glib.h>

/* "a Photoshop document"; NULL when nothing is known about it. Looks at the first 1024 bytes. */
const char *image_unsupported_kind(const guint8 *data, gsize size);

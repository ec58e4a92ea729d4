/* bulk-upload.zip: the pictures under the names that a marketplace's bulk uploader wants
 * (naming.h). */
#pragma once

#include "listing/batch.h"

#include <glib.h>
#include <stdbool.h>

/* Writes OUT_DIR/bulk-upload.zip. A photo that cannot be named (Amazon, no ASIN in the sheet) is
 * left out with a note. */
bool bulk_zip_write(Batch *batch, const char *out_dir, GError **error);

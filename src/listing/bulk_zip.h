/* bulk-upload.zip: the pictures under the names that a marketplace's bulk uploader wants. Amazon:
 * ASIN.CODE.jpg (facts: Seller Central, JV4FNMT7563SF5F); elsewhere SKU_CODE.jpg. */
#pragma once

#include "listing/batch.h"

#include <glib.h>
#include <stdbool.h>

/* Writes OUT_DIR/bulk-upload.zip. A photo that cannot be named (Amazon, no ASIN in the sheet) is
 * left out with a note. */
bool bulk_zip_write(Batch *batch, const char *out_dir, GError **error);

/* From finished pictures to URLs: paths, notes on the marketplace's rules, what each SKU has and
 * lacks, and the seller's sheet with the URLs in it (LST-07). */
#pragma once

#include "listing/batch.h"

#include <glib.h>
#include <stdbool.h>

/* What a matched photo's picture is called: "AB-12_MAIN". */
char *publish_picture_name(const Batch *batch, const BatchPhoto *photo);

/* Gives every matched photo that has a picture its path and URL, and notes what the marketplace's
 * rules say about it and what was taken out of it. */
void publish_pictures(Batch *batch);

/* Fills in the SKUs and the counts. */
void publish_summarise(Batch *batch);

/* Writes the sheet, under its own name, into OUT_DIR. Pictures for which the sheet has no place get
 * a note. */
bool publish_sheet(Batch *batch, const char *out_dir, GError **error);

/* What came of a batch, for people and programs: report.csv (a line a file), skus.csv (a line a
 * SKU), report.json (both), report.html (one page to look at). */
#pragma once

#include "listing/batch.h"

#include <glib.h>
#include <stdbool.h>

/* Writes all four into OUT_DIR. */
bool report_write(const Batch *batch, const char *out_dir, GError **error);

GString *report_photos_csv(const Batch *batch);
GString *report_skus_csv(const Batch *batch);
char *report_json(const Batch *batch);
GString *report_html(const Batch *batch);

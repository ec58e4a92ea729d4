/* What came of a batch, for people and programs: report.csv (a line a file), skus.csv (a line a
 * SKU), report.json (both), report.html (one page to look at). */
#pragma once

#include "listing/batch.h"

#include <glib.h>
#include <stdbool.h>

/* Writes all four into OUT_DIR. */
bool report_write(const Batch *batch, const char *out_dir, GError **error);

/* A line of report.csv, for whoever has its columns from elsewhere. Numbers that are 0 are left
 * empty. */
typedef struct {
    const char *photo, *verdict, *sku, *slot, *rule, *url, *notes; /* none of them NULL */
    guint32 width, height;
    guint64 bytes_in, bytes_out;
} ReportLine;
void report_append_header(GString *csv);
void report_append_line(GString *csv, const ReportLine *line);

GString *report_photos_csv(const Batch *batch);
GString *report_skus_csv(const Batch *batch);
char *report_json(const Batch *batch);
GString *report_html(const Batch *batch);

/* What Amazon's templates say of themselves in their first row: "settings=..." in the current ones,
 * continued in the next cells where it is long, "TemplateType=..." and settings among the cells
 * after it in the older ones. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *template_type;  /* "fptcustom", "unified", "Offer", or "" */
    char *marketplace_id; /* the primary marketplace's ("A1PA6795UKMFR9"), or "" */
    guint32 label_row;    /* 0 where not said, here and below */
    guint32 attribute_row;
    guint32 data_row;
} AmazonSettings;

void amazon_settings_clear(AmazonSettings *settings);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AmazonSettings, amazon_settings_clear)

/* CELLS: the texts of the first row that are not empty, in order. False: not Amazon's. */
bool amazon_settings_read(const char *const *cells, gsize num_cells, AmazonSettings *ret_settings);

/* What a sheet is: which marketplace's grammar, which worksheet, which rows, which columns (LST-02).
 * Found from the content, never from column positions, labels in a language or worksheet names. */
#pragma once

#include "listing/marketplace.h"
#include "sheet/sheet.h"

typedef struct {
    guint32 column;      /* from 1 */
    char *key;           /* the header cell as it stands */
    Slot slot;
} PictureColumn;

typedef enum {
    PICTURES_ONE_PER_CELL, /* a column a slot */
    PICTURES_JOINED,       /* one column, URLs joined (eBay "|", WooCommerce ", ") */
    PICTURES_ONE_PER_ROW,  /* Shopify: further pictures are further rows */
} PictureStyle;

typedef struct {
    MarketplaceId marketplace;
    const char *grammar;  /* static: "amazon, current", "shopify, since 2024", "plain" */
    guint worksheet;
    guint32 key_row;
    guint32 data_row;     /* the first row of data */
    guint32 last_row;     /* the last row that has anything in it */
    guint32 num_columns;
    guint32 sku_column;
    guint32 asin_column;     /* 0: none; the same below */
    guint32 barcode_column;
    guint32 parent_column;   /* the parent's SKU */
    guint32 handle_column;   /* Shopify */
    guint32 position_column; /* Shopify's "Image Position" */
    PictureStyle style;
    const char *separator;   /* of PICTURES_JOINED */
    GArray *pictures;        /* of PictureColumn, in slot order */
} Layout;

void layout_free(Layout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layout, layout_free)

/* MARKETPLACE: NULL to recognise it. INVALID, saying what was looked for and what was found, when the
 * sheet has no SKU column, or CONFLICT when two worksheets claim to be the one (naming both). */
Layout *layout_detect(Sheet *sheet, const Marketplace *marketplace, GError **error);

/* One SKU of the sheet. */
typedef struct {
    guint32 row;         /* the first row that has it */
    char *sku;
    char *asin;          /* "" when there is none, here and below */
    char *barcode;
    char *parent;
    bool is_parent;      /* a variation's parent row: it need not have pictures */
    GStrv pictures;      /* what the picture columns hold now, in the order of layout->pictures;
                          * "" for empty */
    GArray *other_rows;  /* guint32: further rows with the same SKU (other marketplaces) */
    char *problem;       /* NULL, or why this SKU cannot be trusted ("8.41E+11": digits are lost) */
} ListedSku;

/* The SKUs in the order of rows; at most MAX_SKUS. Free with g_ptr_array_unref. */
GPtrArray *layout_read_skus(Sheet *sheet, const Layout *layout, guint64 max_skus, GError **error);

/* A URL for a slot of a SKU. */
typedef struct {
    guint32 sku; /* index into the array of ListedSku */
    Slot slot;
    const char *url;
} PublishedPicture;

/* What must be written so that the sheet says this, by the grammar's own way (columns, joined cell,
 * further rows). Slots for which the sheet has no place are left out and listed in RET_NO_PLACE
 * (indices into PICTURES). Cells of slots that get no new picture stay as they are. */
bool layout_plan_edits(Sheet *sheet, const Layout *layout, const GPtrArray *skus,
                       const PublishedPicture *pictures, gsize num_pictures,
                       GArray **ret_edits,    /* of SheetEdit, texts owned by the array */
                       GArray **ret_inserted, /* of SheetInsertedLine */
                       GArray **ret_no_place, /* of gsize */
                       GError **error);

/* What a sheet is: which marketplace's grammar, which worksheet, which rows, which columns
 * (LST-02). Found from the content, never from column positions, labels in a language or worksheet
 * names.
 *
 * In order: layout_detect, layout_read_skus, layout_add_skus where the sheet lacks some,
 * layout_plan_edits, and then sheet_patch with what was planned. */
#pragma once

#include "listing/marketplace.h"
#include "sheet/sheet.h"

typedef struct {
    guint32 column; /* from 1 */
    char *key;      /* the header cell as it stands */
    Slot slot;
} PictureColumn;

typedef enum {
    PICTURES_ONE_PER_CELL, /* a column a slot; several columns of one slot hold the same picture */
    PICTURES_JOINED,       /* one column, URLs joined (eBay "|", WooCommerce ", ") */
    PICTURES_ONE_PER_ROW,  /* Shopify: further pictures are further rows */
} PictureStyle;

typedef struct {
    MarketplaceId marketplace;
    const char *grammar; /* static: "amazon, current", "shopify, before 2024", "plain" */
    guint worksheet;
    guint32 key_row;
    guint32 data_row;    /* the first row of data */
    guint32 last_row;    /* the last row that has anything in it */
    guint32 num_columns; /* the last column that has anything in it */
    guint32 sku_column;
    guint32 asin_column;    /* 0: none; the same below */
    guint32 barcode_column; /* EAN, UPC, ...; an ASIN where id_type_column says so */
    guint32 id_type_column;
    guint32 parent_column;          /* the parent's SKU */
    guint32 family_column;          /* says which rows are parents */
    guint32 handle_column;          /* Shopify */
    guint32 position_column;        /* Shopify's "Image Position" */
    guint32 variant_picture_column; /* Shopify's "Variant Image" */
    PictureStyle style;
    const char *separator; /* of PICTURES_JOINED; static */
    GArray *pictures;      /* of PictureColumn, in slot order; for the two other styles one column,
                            * the main slot. Empty: the sheet has no place for pictures */
    char *notes;           /* NULL, or what a person should know of these choices */
} Layout;

void layout_free(Layout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layout, layout_free)

/* MARKETPLACE: NULL to recognise it; given, its rules hold and only its grammars and the plain one
 * are tried. WORKSHEET: a worksheet's name, or NULL for all of them. INVALID, saying what was
 * looked for and what was found, when no worksheet has a SKU column, and, naming them, when several
 * claim to be the one; UNSUPPORTED for a file that has no pictures by its nature; NOT_FOUND for a
 * WORKSHEET that is not there. */
Layout *layout_detect(Sheet *sheet, const Marketplace *marketplace, const char *worksheet,
                      GError **error);

/* One SKU of the sheet. Texts are trimmed. */
typedef struct {
    guint32 row; /* the first row that has it */
    char *sku;
    const char *asin; /* "" when there is none, here and below */
    const char *barcode;
    const char *parent;
    const char *handle; /* Shopify's product */
    bool is_parent;     /* a variation's parent row: it need not have pictures */
    GStrv pictures;     /* what the sheet holds now, or NULL when it holds none. A column a slot: in
                         * the order of layout->pictures, "" for empty; otherwise main first */
    GArray *other_rows; /* guint32: further rows with the same SKU (other marketplaces); or NULL */
    char *problem;      /* NULL, or why this SKU cannot be trusted ("8.41E+11": digits are lost) */
} ListedSku;

/* The SKUs in the order of rows, and LAYOUT's last row and column. TOO_LARGE above MAX_SKUS. Free
 * with g_ptr_array_unref. */
GPtrArray *layout_read_skus(Sheet *sheet, Layout *layout, guint64 max_skus, GError **error);

/* What the sheet holds for this slot now; "" for nothing. */
const char *listed_sku_picture(const Layout *layout, const ListedSku *sku, Slot slot);

/* For sheets that are still blank, as a marketplace's templates are: gives each of the NUM_NEW SKUs
 * that SKUS does not have a new row below the last one, appends it to SKUS, and appends the edits
 * that write the SKU cells to EDITS (of SheetEdit, as layout_plan_edits makes them).
 * UNSUPPORTED where a row needs more than its SKU (Shopify), INVALID for a SKU that no cell can
 * hold; nothing is changed then. */
bool layout_add_skus(Layout *layout, GPtrArray *skus, const char *const *new_skus, gsize num_new,
                     GArray *edits, GError **error);

/* A URL for a slot of a SKU. */
typedef struct {
    guint32 sku; /* index into the array of ListedSku */
    Slot slot;
    const char *url;
} PublishedPicture;

/* A picture whose URL cannot be written into the sheet, or not everywhere. */
typedef struct {
    gsize picture; /* index into the array of PublishedPicture */
    char *reason;  /* "the sheet has no place for it" */
} NoPlace;

/* Sets the problem of each SKU whose cell for the main picture is hidden inside a merged one. */
bool layout_note_hidden(Sheet *sheet, const Layout *layout, const GPtrArray *skus, GError **error);

/* An empty array of SheetEdit that owns their texts. */
GArray *sheet_edit_array_new(void);

/* Moves all of FROM, which is freed, to the end of EDITS. */
void sheet_edit_array_take(GArray *edits, GArray *from);

/* What must be written so that the sheet says this, by the grammar's own way (columns, joined cell,
 * further rows). Pictures for which the sheet has no place are left out and listed in RET_NO_PLACE
 * with the reason: no such column, more than the marketplace takes, a further picture that
 * would stand first in a joined cell because there is no main one, a further row in a workbook, a
 * cell that is hidden inside a merged one (another row of the SKU may have got the URL).
 * Cells of slots that get no new picture stay as they are. INVALID for a URL that the marketplace
 * would refuse (listing/compliance.h).
 *
 * Where several SKUs share a Shopify product, its gallery is the pictures of all of them: the first
 * SKU's main picture leads, and each SKU's main picture is also its variant's. */
bool layout_plan_edits(Sheet *sheet, const Layout *layout, const GPtrArray *skus,
                       const PublishedPicture *pictures, gsize num_pictures,
                       GArray **ret_edits,    /* of SheetEdit, texts owned by the array */
                       GArray **ret_inserted, /* of SheetInsertedLine, texts owned by the array */
                       GArray **ret_no_place, /* of NoPlace */
                       GError **error);

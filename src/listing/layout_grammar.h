/* How the sheets of the marketplaces name their columns, as data (marketplace_table.c): one row a
 * grammar, and what a header cell must say to be the SKU, a picture and so on.
 *
 * Header cells and patterns are compared in the form that header_normalise() gives them. In a
 * pattern
 * '%' stands for a number and a final '*' for anything. */
#pragma once

#include "listing/layout.h"

typedef enum {
    COLUMN_MARKER, /* has no meaning to us, but says which grammar this is */
    COLUMN_SKU,
    COLUMN_ASIN,
    COLUMN_ID, /* a barcode, or an ASIN when COLUMN_ID_TYPE says so */
    COLUMN_ID_TYPE,
    COLUMN_PARENT, /* the parent's SKU */
    COLUMN_FAMILY, /* says whether the row is a parent */
    COLUMN_HANDLE,
    COLUMN_POSITION,
    COLUMN_MAIN,
    COLUMN_NUMBERED,     /* the number in the header is the number of the further picture */
    COLUMN_ANY_IN_ORDER, /* by number and place; the first is the main one if no column is */
    COLUMN_EXTRA_IN_ORDER,
    COLUMN_SWATCH,
    COLUMN_PRODUCT_SAFETY, /* numbered */
    COLUMN_ENERGY_LABEL,
    COLUMN_OFFER_MAIN,      /* counts only where the sheet has no product pictures */
    COLUMN_OFFER_NUMBERED,  /* the same */
    COLUMN_JOINED,          /* all pictures in this one cell */
    COLUMN_ROW_PICTURE,     /* one picture a row (Shopify) */
    COLUMN_VARIANT_PICTURE, /* the picture of the row's variant (Shopify) */
} ColumnRole;

typedef struct {
    ColumnRole role;
    const char *pattern; /* of several that fit one role the first in the table wins */
} ColumnRule;

typedef struct {
    MarketplaceId marketplace;
    const char *name;
    PictureStyle style;
    const char *separator;       /* of PICTURES_JOINED */
    bool needs_marker;           /* the header row must have a COLUMN_MARKER */
    const char *template_type;   /* the prefix of Amazon's TemplateType, or NULL */
    guint32 default_data_offset; /* rows from the keys to the data, where the sheet does not say */
    const ColumnRule *columns;   /* up to a row whose pattern is NULL */
} Grammar;

/* In the order in which they are tried; the last one is the plain sheet. */
extern const Grammar grammar_table[];
extern const gsize grammar_table_size;

/* The words that make up the headers of a plain sheet's picture columns. Such a header consists of
 * them and at most one number, glued or apart: "Image URL 1", "hauptbild", "商品图片2". */
typedef enum {
    WORD_PICTURE = 1 << 0,
    WORD_PICTURES = 1 << 1, /* plural: one cell for all, when it is the only picture column */
    WORD_MAIN = 1 << 2,
    WORD_EXTRA = 1 << 3,
    WORD_SWATCH = 1 << 4,
    WORD_URL = 1 << 5,
    WORD_FILLER = 1 << 6,
} WordKind;

typedef struct {
    WordKind kind;
    const char *word;
} PictureWord;

extern const PictureWord picture_word_table[];
extern const gsize picture_word_table_size;

/* What the sheets write in a COLUMN_FAMILY cell of a variation's parent, in their languages. */
extern const char *const parent_value_table[];

/* What each marketplace asks of pictures and of their URLs, as data (marketplace_table.c). How its
 * sheets name things: layout_grammar.h. Sources stand beside the rows. */
#pragma once

#include "listing/slot.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    MARKETPLACE_PLAIN, /* any sheet with a SKU column and picture columns; no rules */
    MARKETPLACE_AMAZON,
    MARKETPLACE_WALMART,
    MARKETPLACE_EBAY,
    MARKETPLACE_SHOPIFY,
    MARKETPLACE_WOOCOMMERCE,
    MARKETPLACE_ETSY,
    MARKETPLACE_TIKTOK,
    MARKETPLACE_TEMU,
    MARKETPLACE_COUNT,
} MarketplaceId;

/* A rule that does not apply is 0. None of them refuses a picture: they become notes. */
typedef struct {
    guint32 min_longest_side; /* below this it is not accepted */
    guint32 zoom_side;        /* from here on shoppers can zoom */
    guint32 max_side;
    guint64 max_bytes;
    guint64 max_pixels;
    double main_border_white; /* share of white border pixels that a main picture needs */
    double main_frame_fill;   /* how much of the frame the product must fill */
    guint32 max_pictures;     /* main and further ones together */
    guint32 target_side;      /* what build makes when --longest-side is not given */
} PictureRules;

typedef struct {
    bool https_only;
    guint32 max_length;    /* characters; 0: any */
    const char *forbidden; /* characters that it refuses beside those that no URL has; or NULL */
} UrlRules;

typedef struct {
    MarketplaceId id;
    const char *name;  /* "amazon", as typed after --marketplace */
    const char *title; /* "Amazon" */
    PictureRules rules;
    UrlRules url_rules;
} Marketplace;

const Marketplace *marketplace_by_id(MarketplaceId id);
const Marketplace *marketplace_by_name(const char *name); /* NULL: none */

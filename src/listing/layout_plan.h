/* What the three ways of holding pictures share; inside the layout files only. */
#pragma once

#include "listing/layout.h"

/* A plan in the making. */
typedef struct {
    const Layout *layout;
    const GPtrArray *skus;
    const PublishedPicture *pictures;
    guint32 max_pictures; /* the marketplace's; G_MAXUINT32 for any number */
    GArray *edits;
    GArray *inserted;
    GArray *no_place; /* of NoPlace */
} Plan;

/* Copies TEXT. */
void plan_edit(Plan *plan, guint32 row, guint32 column, const char *text);

/* The same in every row of the SKU. */
void plan_edit_sku(Plan *plan, const ListedSku *sku, guint32 column, const char *text);

void plan_no_place(Plan *plan, gsize picture);

/* 0 for the main picture, 1.. for the further ones, -1 for what has no place among them. */
gint64 slot_index(Slot slot);

/* The pictures of each SKU that has some: GArrays of indices into plan->pictures, in slot order;
 * the outer array in the order of SKUs. */
GPtrArray *plan_pictures_by_sku(const Plan *plan, gsize num_pictures);

/* Shopify: BY_SKU as above. Reads the sheet once more for the rows of the products. */
bool plan_product_rows(Plan *plan, Sheet *sheet, const GPtrArray *by_sku, GError **error);

/* What the columns of one header row mean under one grammar. Pure. */
#pragma once

#include "listing/layout_grammar.h"
#include "listing/layout_grid.h"

typedef struct {
    guint32 sku, asin, id, id_type, parent, family, handle, position, variant_picture; /* 0: none */
    bool has_marker;
    PictureStyle style;
    const char *separator;
    GArray *pictures; /* of PictureColumn, in slot order */
    guint
        num_other_marketplaces; /* picture columns left alone, because they are another country's */
} ColumnMap;

void column_map_clear(ColumnMap *map);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ColumnMap, column_map_clear)

/* MARKETPLACE_ID: whose columns count where the keys name one, or "" for all. */
void column_map_read(const Grammar *grammar, const GridRow *row, const char *marketplace_id,
                     ColumnMap *ret_map);

/* For a plain sheet: is NORMAL made of picture words and at most one number? Returns the WordKinds
 * that were seen, 0 if not. */
guint picture_words_read(const char *normal, guint32 *ret_number);

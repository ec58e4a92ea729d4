/* The part of layout_detect that sees only the tops of the worksheets. Pure. */
#pragma once

#include "listing/layout.h"
#include "listing/layout_grid.h"

/* GRIDS: of Grid. Last row and number of columns are left at what the grid shows. Errors as in
 * layout_detect. */
Layout *layout_detect_in_grids(const GPtrArray *grids, const Marketplace *marketplace,
                               GError **error);

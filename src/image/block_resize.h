/* One component of a JPEG, from its coefficients straight to the samples of a smaller size, exactly
 * as Lanczos would make them of the picture decoded in full. The samples of the full size never
 * exist.
 *
 * A sample of the target is a sum of samples of the source, and each of those a sum of the
 * coefficients of its block: so there is one weight for each coefficient. Along the rows this is
 * done block by block as they come, which gives rows of vertical frequencies; of these, the rows of
 * the blocks that a target row reaches, the target row is made. */
#pragma once

#include "image/libjpeg_error.h"
#include "image/scale_axis.h"

typedef struct BlockResize BlockResize;

/* Whether axes like this one can be had: not larger, and not much smaller, where less than a
 * block's lowest frequencies is wanted. */
bool block_resize_can(ScaleAxis axis);

/* What block_resize_new() allocates at most for a component brought to WIDTH x HEIGHT samples. */
guint64 block_resize_memory(ScaleAxis x, ScaleAxis y);

/* Takes over the inverse transform of COMPONENT, whose blocks are decoded at 8x8, between
 * jpeg_start_decompress and the first row. The axes are those of the component's samples. The
 * samples go to PLANE, which has room for a multiple of 32 in a row. SIBLING, or NULL: of another
 * component, whose tables do where the axes are the same. The memory is libjpeg's. */
BlockResize *block_resize_new(j_decompress_ptr cinfo, int component, ScaleAxis x, ScaleAxis y,
                              guint8 *plane, gsize stride, const BlockResize *sibling);

/* What to hand to the next jpeg_read_raw_data as the component's rows: they are not rows of
 * samples.
 */
void block_resize_rows(BlockResize *resize, JSAMPARRAY ret_rows);

/* After each jpeg_read_raw_data: makes the rows that are complete. Returns how many there are. */
guint32 block_resize_take(BlockResize *resize);

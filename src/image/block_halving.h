/* One component of a JPEG at half its size, exactly as Lanczos with three lobes halves a picture
 * that was decoded in full, for hardly more than it costs to halve each block for itself.
 *
 * The filter reaches five samples beyond a block's sides. So each block gives not 4x4 samples but
 * 8x8: its own and what it has to say about the two beyond each side. Where blocks overlap the
 * samples add up. One transform makes the 8x8 from the coefficients; the samples of the full size
 * never exist. */
#pragma once

#include "image/libjpeg_error.h"

#include <glib.h>

typedef struct BlockHalving BlockHalving;

/* What block_halving_new() allocates at most for a component of WIDTH samples at full size. */
guint64 block_halving_memory(guint32 width);

/* Takes over the inverse transform of COMPONENT, whose blocks are decoded at 4x4, between
 * jpeg_start_decompress and the first row. The memory is libjpeg's. */
BlockHalving *block_halving_new(j_decompress_ptr cinfo, int component);

/* What to hand to jpeg_read_raw_data as the component's rows: they are not rows of samples. */
void block_halving_rows(BlockHalving *halving, JSAMPARRAY ret_rows);

/* After each jpeg_read_raw_data: writes the samples that are complete to PLANE, of WIDTH x HEIGHT,
 * and returns how many rows there are by now: two fewer than were read, and all at the end. */
guint32 block_halving_take(BlockHalving *halving, guint8 *plane, gsize stride, guint32 width,
                           guint32 height);

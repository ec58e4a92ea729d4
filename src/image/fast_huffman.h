/* A faster reader of baseline entropy-coded data for libjpeg: most coefficients, code and value,
 * come out of one table look-up. Huffman decoding is what remains of the time when a photo is
 * decoded at a reduced scale, and libjpeg spends two look-ups and two refills on each coefficient.
 *
 * Same samples as from libjpeg's own reader where the data are sound or cut short. Where they are
 * damaged, the same promises: nothing outside the data is read, what can be bridged is, with a
 * warning. One warning more: not even one byte may stand between the last block and the marker. */
#pragma once

#include "image/libjpeg_error.h"

/* Takes the place of CINFO's entropy decoder until the file ends, between jpeg_start_decompress and
 * the first row. Does nothing for files it is not made for (several scans, arithmetic coding). The
 * memory is libjpeg's. */
void fast_huffman_install(j_decompress_ptr cinfo);

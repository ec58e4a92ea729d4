#include "image/bmp.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(Bmp) bmp = { 0 };
    if (!bmp_open(data, size, 4096, 256 * 1024, &bmp, NULL)) {
        return 0;
    }
    g_autofree guint8 *row = g_malloc((gsize)bmp.width * (bmp.has_alpha ? 4 : 3));
    for (guint32 y = 0; y < bmp.height; y++) {
        bmp_read_row(&bmp, y, row);
    }
    return 0;
}

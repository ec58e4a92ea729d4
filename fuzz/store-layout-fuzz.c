#include "store/store_layout.h"

#include <math.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(StoreLayout) layout =
        store_layout_parse((const char *)data, size, "layout.json", NULL);
    if (layout == NULL) {
        return 0;
    }
    for (guint i = 0; i < layout->num_plates; i++) {
        const LayoutPlate *plate = &layout->plates[i];
        g_assert_true(plate->shelf < layout->num_shelves);
        for (guint k = 0; k < plate->num_products; k++) {
            g_assert_true(plate->products[k] < layout->num_products);
        }
    }
    for (guint i = 0; i < layout->num_shelves; i++) {
        const LayoutShelf *shelf = &layout->shelves[i];
        g_assert_true(shelf->first_plate + shelf->num_plates <= layout->num_plates);
        g_assert_true(fabs(hypot(shelf->front.x, shelf->front.y) - 1) < 1e-6);
    }
    return 0;
}

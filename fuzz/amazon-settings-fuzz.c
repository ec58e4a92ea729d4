/* The first row of a sheet: cells apart by '\0'. */
#include "listing/amazon_settings.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (size_t at = 0; at < size;) {
        char *cell = g_strndup((const char *)data + at, size - at);
        at += strlen(cell) + 1;
        g_ptr_array_add(cells, cell);
    }
    g_auto(AmazonSettings) settings = { 0 };
    if (amazon_settings_read((const char *const *)cells->pdata, cells->len, &settings)) {
        g_assert(settings.template_type != NULL && settings.marketplace_id != NULL);
        g_assert(settings.attribute_row <= 50 && settings.data_row <= 50);
    }
    return 0;
}

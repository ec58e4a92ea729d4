/* What PNG, WebP, TIFF and GIF say around their pixels. */
#include "image/container.h"
#include "image/format.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ImageFormat format = image_format_recognise(data, size);
    if (format == IMAGE_FORMAT_UNKNOWN) {
        (void)image_unsupported_kind(data, size);
        return 0;
    }
    g_auto(ContainerFacts) facts = { 0 };
    container_read(format, data, size, &facts);
    g_assert(facts.orientation >= 1 && facts.orientation <= 8);
    g_assert(facts.num_frames >= 1);
    return 0;
}

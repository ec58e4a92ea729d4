/* Any bytes as a workbook's styles: whether they can be read decides whether its numbers can. */
#include "sheet/test_book.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char numbers[] = "<row><c><v>1</v></c><c s=\"1\"><v>45352</v></c>"
                                  "<c s=\"4294967295\"><v>2</v></c></row>";
    g_autoptr(GError) error = NULL;
    g_autofree char *worksheet = book_worksheet(numbers);
    g_autofree char *text = book_dump(&(BookParts){ .worksheet = worksheet,
                                                    .styles = size == 0 ? " " : (const char *)data,
                                                    .styles_size = size },
                                      &error);
    g_assert_true((text == NULL) == (error != NULL));
    return 0;
}

/* What is taken for an id or for base64url has one spelling: it comes back as it was. */
#include "base/id.h"
#include "base/secret.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    Id id;
    if (id_parse(text, &id)) {
        g_assert_cmpstr(id.text, ==, text);
    }
    g_autoptr(GBytes) bytes = base64url_decode((const char *)data, (gssize)size);
    if (bytes != NULL) {
        g_autofree char *again =
            base64url_encode(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_assert_cmpmem(again, strlen(again), data, size);
    }
    return 0;
}

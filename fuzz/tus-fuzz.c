/* Headers of the upload protocol: Upload-Metadata, Upload-Checksum and numbers, a line each. */
#include "web/attachment.h"
#include "web/tus.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
check_metadata(const char *text)
{
    g_autoptr(GHashTable) metadata = tus_parse_metadata(text, NULL);
    if (metadata == NULL) {
        return;
    }
    GHashTableIter iter;
    gpointer key, value;
    g_assert(g_hash_table_size(metadata) <= TUS_MAX_METADATA_KEYS);
    for (g_hash_table_iter_init(&iter, metadata); g_hash_table_iter_next(&iter, &key, &value);) {
        g_assert(g_utf8_validate(value, -1, NULL));
        g_assert(strpbrk(value, "\r\n\t\x7f") == NULL);
        /* A name becomes a header of a download: nothing in it may end the line or the quotes. */
        g_autofree char *disposition = attachment_disposition(value);
        g_assert(strpbrk(disposition, "\r\n") == NULL && g_str_is_ascii(disposition));
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
    TusChecksum checksum;
    gint64 number;
    guint count = g_strv_length(lines);
    if (count > 0) {
        check_metadata(lines[0]);
    }
    if (count > 1 && tus_parse_checksum(lines[1], &checksum, NULL)) {
        g_assert(checksum.kind != TUS_CHECKSUM_NONE && checksum.size <= sizeof checksum.bytes);
    }
    if (count > 2 && tus_parse_number(lines[2], &number)) {
        g_assert(number >= 0);
    }
    return 0;
}

/* What an S3 server may answer. Whatever it is, each text is UTF-8, no element is deeper than
 * allowed, and a document that is refused once is refused again. */
#include "blob/s3_xml.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    gsize num_leaves, num_chars;
} Seen;

static bool
look(const char *path, const char *text, gpointer data)
{
    Seen *seen = data;
    guint depth = 1;
    for (const char *c = path; *c != '\0'; c++) {
        depth += *c == '/';
    }
    g_assert_cmpuint(depth, <=, S3_XML_MAX_DEPTH);
    g_assert_true(path[0] != '\0' && path[0] != '/');
    g_assert_true(g_utf8_validate(text, -1, NULL));
    seen->num_leaves++;
    seen->num_chars += strlen(text);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) document = g_bytes_new(data, size);
    Seen first = { 0 }, second = { 0 };
    g_autoptr(GError) error = NULL;
    bool is_read = s3_xml_walk(document, look, &first, &error);
    g_assert_true(is_read == (error == NULL));
    g_assert_true(s3_xml_walk(document, look, &second, NULL) == is_read);
    g_assert_cmpuint(first.num_leaves, ==, second.num_leaves);
    /* No text grows out of nothing. */
    g_assert_cmpuint(first.num_chars + first.num_leaves, <=, size);
    return 0;
}

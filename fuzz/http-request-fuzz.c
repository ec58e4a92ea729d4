/* The head of a request, its target and its cookies, as a stranger writes them. */
#include "http/head.h"
#include "http/target.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value that was let through cannot end a line or a string in a log or a header. */
static void
assert_clean(const char *text)
{
    for (const guchar *c = (const guchar *)text; *c != '\0'; c++) {
        g_assert((*c >= 0x20 || *c == '\t') && *c != 0x7f);
    }
}

static void
check_target(const char *text)
{
    HttpTarget target = { 0 };
    const char *reason = NULL;
    bool is_good = http_target_parse(text, &target, &reason);
    g_assert(is_good || reason != NULL);
    for (guint i = 0; target.segments != NULL && i < target.num_segments; i++) {
        const char *segment = target.segments[i];
        assert_clean(segment);
        g_assert(segment[0] != '\0' && strchr(segment, '/') == NULL &&
                 !g_str_equal(segment, "..") && g_utf8_validate(segment, -1, NULL));
    }
    http_target_clear(&target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    gsize scanned = 0;
    gsize end = http_head_end(text, size, &scanned);
    gsize scanned_in_halves = 0;
    gsize end_in_halves = http_head_end(text, size / 2, &scanned_in_halves);
    if (end_in_halves == 0) {
        end_in_halves = http_head_end(text, size, &scanned_in_halves);
    }
    g_assert(end == end_in_halves && end <= size);

    HttpHead head;
    const char *reason = NULL;
    guint status = http_head_parse(text, end == 0 ? size : end, &head, &reason);
    g_assert(status == 0 || (status >= 400 && status <= 599 && reason != NULL));
    if (status == 0) {
        g_assert(end != 0 && head.target[0] == '/' && head.content_length >= -1);
        assert_clean(head.host);
        for (guint i = 0; i < head.num_fields; i++) {
            assert_clean(head.fields[i].name);
            assert_clean(head.fields[i].value);
        }
        check_target(head.target);
        g_autofree char *cookie = http_cookie_find(http_head_field(&head, "cookie"), "a");
    }
    http_head_clear(&head);
    return 0;
}

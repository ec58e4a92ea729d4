/* Conditional requests and ranges: a line for each field. What is sent lies inside of the whole. */
#include "http/condition.h"
#include "http/date.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 6);
    guint num_lines = g_strv_length(lines);
    const char *values[6] = { NULL };
    for (guint i = 0; i < num_lines; i++) {
        values[i] = lines[i][0] == '\0' ? NULL : lines[i];
    }
    HttpConditions conditions = {
        .if_match = values[0],
        .if_unmodified_since = values[1],
        .if_none_match = values[2],
        .if_modified_since = values[3],
        .range = values[4],
        .if_range = values[5],
    };
    static const guint64 sizes[] = { 0, 1, 1000, G_MAXINT64 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        guint64 first = 0, count = 0;
        guint status =
            http_condition_decide(&conditions, "\"a\"", 784111777, sizes[i], &first, &count);
        g_assert(status == 200 || status == 206 || status == 304 || status == 412 || status == 416);
        g_assert(status != 206 || (count > 0 && first < sizes[i] && count <= sizes[i] - first));
        g_assert(status != 200 || (first == 0 && count == sizes[i]));
    }
    gint64 seconds;
    if (values[3] != NULL && http_date_parse(values[3], &seconds)) {
        g_autofree char *formatted = http_date_format(seconds);
        gint64 again;
        g_assert(http_date_parse(formatted, &again) && again == seconds);
    }
    return 0;
}

#include "http/target.h"

#include <string.h>

/* SIZE bytes of TEXT with %XX decoded and, in forms, '+' as a space. NULL where a %XX is broken or
 * the result is no text: invalid UTF-8 or a control character. */
static char *
decode(const char *text, gsize size, bool is_form)
{
    g_autofree char *decoded = g_malloc(size + 1);
    gsize length = 0;
    for (gsize i = 0; i < size; i++) {
        int c = (guchar)text[i];
        if (c == '%') {
            if (size - i < 3 || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2])) {
                return NULL;
            }
            c = g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]);
            i += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        decoded[length++] = (char)c;
    }
    decoded[length] = '\0';
    for (gsize i = 0; i < length; i++) {
        bool is_line = decoded[i] == '\t' || decoded[i] == '\n' || decoded[i] == '\r';
        if (((guchar)decoded[i] < 0x20 && !(is_form && is_line)) || decoded[i] == 0x7f) {
            return NULL;
        }
    }
    return g_utf8_validate(decoded, (gssize)length, NULL) ? g_steal_pointer(&decoded) : NULL;
}

/* NULL where the path SIZE bytes long fits nothing (http_route_match says what does not). */
static GStrv
split_path(const char *path, gsize size, guint *ret_num_segments)
{
    g_autoptr(GStrvBuilder) segments = g_strv_builder_new();
    guint num_segments = 0;
    const char *end = path + size;
    for (const char *at = path + 1; size > 1 && at <= end;) {
        const char *slash = memchr(at, '/', (gsize)(end - at));
        const char *segment_end = slash == NULL ? end : slash;
        g_autofree char *segment = decode(at, (gsize)(segment_end - at), false);
        if (segment == NULL || segment[0] == '\0' || g_str_equal(segment, ".") ||
            g_str_equal(segment, "..") || strchr(segment, '/') != NULL ||
            num_segments == HTTP_MAX_SEGMENTS) {
            return NULL;
        }
        g_strv_builder_add(segments, segment);
        num_segments++;
        at = segment_end + 1;
    }
    *ret_num_segments = num_segments;
    return g_strv_builder_end(segments);
}

static char *
join_path(GStrv segments)
{
    g_autofree char *joined = g_strjoinv("/", segments);
    return g_strconcat("/", joined, NULL);
}

static bool
add_query(HttpTarget *target, const char *pair, gsize size, const char **ret_reason)
{
    const char *equals = memchr(pair, '=', size);
    gsize name_size = equals == NULL ? size : (gsize)(equals - pair);
    g_autofree char *name = decode(pair, name_size, true);
    g_autofree char *value =
        equals == NULL ? g_strdup("") : decode(equals + 1, size - name_size - 1, true);
    if (name == NULL || value == NULL || target->num_query == HTTP_MAX_QUERY) {
        *ret_reason = "the query cannot be decoded";
        return false;
    }
    for (guint i = 0; i < target->num_query; i++) {
        if (g_str_equal(target->query[i].name, name)) {
            *ret_reason = "a parameter of the query came twice";
            return false;
        }
    }
    target->query[target->num_query].name = g_steal_pointer(&name);
    target->query[target->num_query].value = g_steal_pointer(&value);
    target->num_query++;
    return true;
}

bool
http_target_parse(const char *text, HttpTarget *ret_target, const char **ret_reason)
{
    HttpTarget *target = ret_target;
    target->num_query = 0;
    target->num_segments = 0;
    const char *mark = strchr(text, '?');
    gsize path_size = mark == NULL ? strlen(text) : (gsize)(mark - text);
    target->raw_query = g_strdup(mark == NULL ? "" : mark + 1);
    target->segments = split_path(text, path_size, &target->num_segments);
    target->path =
        target->segments == NULL ? g_strndup(text, path_size) : join_path(target->segments);
    while (mark != NULL) {
        const char *pair = mark + 1;
        mark = strchr(pair, '&');
        gsize size = mark == NULL ? strlen(pair) : (gsize)(mark - pair);
        if (size > 0 && !add_query(target, pair, size, ret_reason)) {
            return false;
        }
    }
    return true;
}

void
http_target_clear(HttpTarget *target)
{
    g_clear_pointer(&target->path, g_free);
    g_clear_pointer(&target->raw_query, g_free);
    g_clear_pointer(&target->segments, g_strfreev);
    for (guint i = 0; i < target->num_query; i++) {
        g_free(target->query[i].name);
        g_free(target->query[i].value);
    }
    target->num_query = 0;
}

char *
http_cookie_find(const char *cookies, const char *name)
{
    g_autofree char *found = NULL;
    gsize name_size = strlen(name);
    while (cookies != NULL && *cookies != '\0') {
        cookies += strspn(cookies, "; \t");
        gsize size = strcspn(cookies, ";");
        if (size > name_size && strncmp(cookies, name, name_size) == 0 &&
            cookies[name_size] == '=') {
            if (found != NULL) {
                return NULL;
            }
            found = g_strstrip(g_strndup(cookies + name_size + 1, size - name_size - 1));
        }
        cookies += size;
    }
    return g_steal_pointer(&found);
}

#include "blob/s3_xml.h"

#include "base/error.h"

#include <string.h>

typedef struct {
    const char *at, *end;
    GString *path; /* of the open elements */
    guint depth;
    guint num_roots;
    GString *text; /* since the last tag */
    bool is_leaf;  /* nothing but text since the innermost element was opened */
} Walker;

static bool
is_name_char(char c)
{
    return g_ascii_isalnum(c) || strchr("_-.:", c) != NULL;
}

static bool
skip_past(Walker *walker, const char *mark)
{
    const char *found = memmem(walker->at, (gsize)(walker->end - walker->at), mark, strlen(mark));
    if (found == NULL) {
        return false;
    }
    walker->at = found + strlen(mark);
    return true;
}

/* A name, without its namespace prefix. */
static bool
read_name(Walker *walker, const char **ret_name, gsize *ret_length)
{
    const char *start = walker->at;
    while (walker->at < walker->end && *walker->at != '\0' && is_name_char(*walker->at)) {
        if (*walker->at == ':') {
            start = walker->at + 1;
        }
        walker->at++;
    }
    *ret_name = start;
    *ret_length = (gsize)(walker->at - start);
    return *ret_length > 0;
}

/* To behind the '>' of a start tag; a '>' in a quoted value does not count. */
static bool
skip_attributes(Walker *walker, bool *ret_is_empty)
{
    char quote = '\0', last = '\0';
    for (; walker->at < walker->end; walker->at++) {
        char c = *walker->at;
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '<') {
            return false;
        } else if (c == '>') {
            walker->at++;
            *ret_is_empty = last == '/';
            return true;
        }
        last = c;
    }
    return false;
}

/* "&lt;" and the like, "&#xE9;", "&#233;"; WALKER is behind the '&'. */
static bool
read_reference(Walker *walker)
{
    static const struct {
        const char *name;
        char c;
    } named[] = {
        { "lt;", '<' }, { "gt;", '>' }, { "amp;", '&' }, { "quot;", '"' }, { "apos;", '\'' }
    };
    gsize left = (gsize)(walker->end - walker->at);
    for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
        gsize length = strlen(named[i].name);
        if (left >= length && memcmp(walker->at, named[i].name, length) == 0) {
            g_string_append_c(walker->text, named[i].c);
            walker->at += length;
            return true;
        }
    }
    const char *semicolon = memchr(walker->at, ';', MIN(left, 10));
    if (semicolon == NULL || left < 2 || walker->at[0] != '#') {
        return false;
    }
    bool is_hex = walker->at[1] == 'x';
    g_autofree char *digits = g_strndup(walker->at + (is_hex ? 2 : 1),
                                        (gsize)(semicolon - walker->at) - (is_hex ? 2 : 1));
    guint64 number;
    if (!g_ascii_string_to_unsigned(digits, is_hex ? 16 : 10, 1, 0x10ffff, &number, NULL) ||
        !g_unichar_validate((gunichar)number)) {
        return false;
    }
    g_string_append_unichar(walker->text, (gunichar)number);
    walker->at = semicolon + 1;
    return true;
}

static bool
open_element(Walker *walker, S3XmlFunc func, gpointer data)
{
    const char *name;
    gsize length;
    bool is_empty;
    if (walker->depth == S3_XML_MAX_DEPTH || !read_name(walker, &name, &length) ||
        !skip_attributes(walker, &is_empty)) {
        return false;
    }
    gsize outer_length = walker->path->len;
    if (walker->depth > 0) {
        g_string_append_c(walker->path, '/');
    } else {
        walker->num_roots++;
    }
    g_string_append_len(walker->path, name, (gssize)length);
    g_string_truncate(walker->text, 0);
    if (is_empty) {
        bool goes_on = func(walker->path->str, "", data);
        g_string_truncate(walker->path, outer_length);
        walker->is_leaf = false;
        return goes_on;
    }
    walker->depth++;
    walker->is_leaf = true;
    return true;
}

static bool
close_element(Walker *walker, S3XmlFunc func, gpointer data)
{
    const char *name;
    gsize length;
    const char *slash = strrchr(walker->path->str, '/');
    const char *open_name = slash == NULL ? walker->path->str : slash + 1;
    if (walker->depth == 0 || !read_name(walker, &name, &length) || length != strlen(open_name) ||
        memcmp(name, open_name, length) != 0) {
        return false;
    }
    while (walker->at < walker->end && g_ascii_isspace(*walker->at)) {
        walker->at++;
    }
    if (walker->at == walker->end || *walker->at++ != '>') {
        return false;
    }
    bool goes_on =
        !walker->is_leaf || (g_utf8_validate(walker->text->str, (gssize)walker->text->len, NULL) &&
                             func(walker->path->str, walker->text->str, data));
    g_string_truncate(walker->path, slash == NULL ? 0 : (gsize)(slash - walker->path->str));
    g_string_truncate(walker->text, 0);
    walker->is_leaf = false;
    walker->depth--;
    return goes_on;
}

/* One tag, comment, instruction, reference or character. */
static bool
step(Walker *walker, S3XmlFunc func, gpointer data)
{
    char c = *walker->at++;
    if (c == '&') {
        return walker->depth > 0 && read_reference(walker);
    }
    if (c != '<') {
        g_string_append_c(walker->text, c);
        return walker->depth > 0 || g_ascii_isspace(c);
    }
    if (walker->at == walker->end) {
        return false;
    }
    if (*walker->at == '/') {
        walker->at++;
        return close_element(walker, func, data);
    }
    if (*walker->at == '?') {
        return skip_past(walker, "?>");
    }
    if (g_str_has_prefix(walker->at, "!--")) {
        return skip_past(walker, "-->");
    }
    return open_element(walker, func, data);
}

bool
s3_xml_walk(GBytes *document, S3XmlFunc func, gpointer data, GError **error)
{
    gsize size;
    const char *start = g_bytes_get_data(document, &size);
    /* With an end that string functions see. */
    g_autofree char *copy = g_strndup(start == NULL ? "" : start, size);
    Walker walker = { .at = copy,
                      .end = copy + strlen(copy),
                      .path = g_string_new(NULL),
                      .text = g_string_new(NULL) };
    bool is_right = strlen(copy) == size;
    if (is_right && g_str_has_prefix(copy, "\xef\xbb\xbf")) {
        walker.at += 3;
    }
    while (is_right && walker.at < walker.end) {
        is_right = step(&walker, func, data);
    }
    is_right = is_right && walker.depth == 0 && walker.num_roots == 1;
    g_string_free(walker.path, TRUE);
    g_string_free(walker.text, TRUE);
    return is_right || fail(error, APP_ERROR_INVALID, "the storage answered what cannot be read");
}

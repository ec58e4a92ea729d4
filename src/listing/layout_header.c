#include "listing/layout_header.h"

#include <string.h>

/* The longest real key is 150 bytes; a longer cell is prose. */
static const gsize max_header_bytes = 400;

/* Drops "[name=value]". Brackets without '=' stay, because "Image [2]" means something. */
static char *
without_selectors(const char *text)
{
    GString *kept = g_string_new(NULL);
    while (*text != '\0') {
        const char *end = *text == '[' ? strchr(text, ']') : NULL;
        if (end != NULL && memchr(text, '=', (gsize)(end - text)) != NULL) {
            text = end + 1;
            continue;
        }
        g_string_append_c(kept, *text++);
    }
    return g_string_free(kept, FALSE);
}

static void
append_word_character(GString *normal, bool *after_gap, gunichar c)
{
    if (*after_gap && normal->len > 0) {
        g_string_append_c(normal, ' ');
    }
    *after_gap = false;
    g_string_append_unichar(normal, c);
}

/* Most cells of most sheets; a tenth of the time. */
static char *
normalise_ascii(const char *text)
{
    GString *normal = g_string_sized_new(strlen(text));
    bool after_gap = false;
    for (; *text != '\0'; text++) {
        if (g_ascii_isalnum(*text)) {
            append_word_character(normal, &after_gap, (gunichar)g_ascii_tolower(*text));
        } else {
            after_gap = true;
        }
    }
    return g_string_free(normal, FALSE);
}

static char *
normalise_unicode(const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    /* Full-width letters become plain ones, and accents stand alone, so that Latin ones can be
     * dropped; the marks of kana and the parts of Hangul are letters, and are put together again.
     */
    g_autofree char *split = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
    g_autoptr(GString) normal = g_string_sized_new(strlen(split));
    bool after_gap = false;
    for (const char *p = split; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        bool is_accent = c >= 0x300 && c <= 0x36f;
        if (g_unichar_isalnum(c) || (g_unichar_ismark(c) && !is_accent)) {
            append_word_character(normal, &after_gap, g_unichar_tolower(c));
        } else if (!is_accent && !g_unichar_iszerowidth(c)) {
            after_gap = true;
        }
    }
    return g_utf8_normalize(normal->str, -1, G_NORMALIZE_NFC);
}

char *
header_normalise(const char *text)
{
    if (strlen(text) > max_header_bytes || !g_utf8_validate(text, -1, NULL)) {
        return g_strdup("");
    }
    g_autofree char *bare = without_selectors(text);
    return g_str_is_ascii(bare) ? normalise_ascii(bare) : normalise_unicode(bare);
}

/* Reads digits at *TEXT; numbers above any picture count do not fit. */
static bool
read_number(const char **text, guint32 *ret_number)
{
    guint32 number = 0;
    const char *p = *text;
    for (; g_ascii_isdigit(*p) && p - *text < 4; p++) {
        number = number * 10 + (guint32)g_ascii_digit_value(*p);
    }
    if (p == *text || g_ascii_isdigit(*p)) {
        return false;
    }
    *text = p;
    *ret_number = number;
    return true;
}

bool
header_matches(const char *normal, const char *pattern, guint32 *ret_number)
{
    guint32 number = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*' && pattern[1] == '\0') {
            *ret_number = number;
            return true;
        }
        if (*pattern == '%') {
            if (!read_number(&normal, &number)) {
                return false;
            }
        } else if (*pattern != *normal++) {
            return false;
        }
    }
    if (*normal != '\0') {
        return false;
    }
    *ret_number = number;
    return true;
}

char *
header_selector(const char *key, const char *name)
{
    g_autofree char *start = g_strdup_printf("[%s=", name);
    const char *value = strstr(key, start);
    const char *end = value == NULL ? NULL : strchr(value, ']');
    if (end == NULL) {
        return NULL;
    }
    value += strlen(start);
    return g_strndup(value, (gsize)(end - value));
}

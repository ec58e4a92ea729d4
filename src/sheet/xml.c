#include "sheet/xml.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name_end(char c)
{
    return is_space(c) || c == '>' || c == '/' || c == '=' || c == '<' || c == '"' || c == '\'';
}

/* The token from AT to the end of MARK, which must stand OFFSET or more bytes behind AT. */
static XmlResult
up_to(const char *at, const char *end, gsize offset, const char *mark, XmlKind kind,
      XmlToken *ret_token)
{
    gsize mark_size = strlen(mark);
    if ((gsize)(end - at) < offset + mark_size) {
        return XML_MORE;
    }
    const char *found = memmem(at + offset, (gsize)(end - at) - offset, mark, mark_size);
    if (found == NULL) {
        return XML_MORE;
    }
    ret_token->kind = kind;
    ret_token->whole = (XmlSpan){ at, (gsize)(found - at) + mark_size };
    ret_token->body = (XmlSpan){ at + offset, (gsize)(found - at) - offset };
    return XML_FOUND;
}

/* "<!": a comment, a CDATA section, or what is refused. */
static XmlResult
next_declaration(const char *at, const char *end, XmlToken *ret_token)
{
    static const char comment[] = "<!--", cdata[] = "<![CDATA[";
    gsize available = (gsize)(end - at);
    if (memcmp(at, comment, MIN(available, sizeof comment - 1)) == 0) {
        return available < sizeof comment - 1
                   ? XML_MORE
                   : up_to(at, end, sizeof comment - 1, "-->", XML_OTHER, ret_token);
    }
    if (memcmp(at, cdata, MIN(available, sizeof cdata - 1)) == 0) {
        return available < sizeof cdata - 1
                   ? XML_MORE
                   : up_to(at, end, sizeof cdata - 1, "]]>", XML_CDATA, ret_token);
    }
    return XML_BAD;
}

/* The '>' that ends the tag at AT: one inside quotes does not. */
static const char *
find_tag_end(const char *at, const char *end)
{
    for (char quote = 0; at < end; at++) {
        if (quote != 0) {
            at = memchr(at, quote, (gsize)(end - at));
            if (at == NULL) {
                return NULL;
            }
            quote = 0;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '>') {
            return at;
        }
    }
    return NULL;
}

XmlResult
xml_next(const char *at, const char *end, XmlToken *ret_token)
{
    if (at == end) {
        return XML_MORE;
    }
    if (*at != '<') {
        const char *next = memchr(at, '<', (gsize)(end - at));
        if (next == NULL) {
            return XML_MORE;
        }
        ret_token->kind = XML_TEXT;
        ret_token->whole = ret_token->body = (XmlSpan){ at, (gsize)(next - at) };
        return XML_FOUND;
    }
    if (end - at < 2) {
        return XML_MORE;
    }
    if (at[1] == '!') {
        return next_declaration(at, end, ret_token);
    }
    if (at[1] == '?') {
        return up_to(at, end, 2, "?>", XML_OTHER, ret_token);
    }
    const char *close = find_tag_end(at + 1, end);
    if (close == NULL) {
        return XML_MORE;
    }
    bool is_end = at[1] == '/';
    bool is_empty = !is_end && close[-1] == '/';
    const char *name = at + 1 + is_end;
    const char *name_end = name;
    while (name_end < close && !is_name_end(*name_end)) {
        name_end++;
    }
    if (name_end == name) {
        return XML_BAD;
    }
    ret_token->kind = is_end ? XML_END : is_empty ? XML_EMPTY : XML_START;
    ret_token->whole = (XmlSpan){ at, (gsize)(close + 1 - at) };
    ret_token->name = (XmlSpan){ name, (gsize)(name_end - name) };
    ret_token->body = (XmlSpan){ name_end, (gsize)(close - is_empty - name_end) };
    return XML_FOUND;
}

const char *
xml_find_end(const XmlToken *start, const char *end, XmlSpan *ret_inside)
{
    const char *inside = start->whole.data + start->whole.size, *at = inside;
    gsize size = start->name.size;
    while ((at = memchr(at, '<', (gsize)(end - at))) != NULL && end - at > 1) {
        if (at[1] == '!' || at[1] == '?') { /* may hold anything, even the end tag */
            XmlToken token;
            if (xml_next(at, end, &token) != XML_FOUND) {
                return NULL;
            }
            at += token.whole.size;
        } else if (at[1] == '/' && (gsize)(end - at) > 2 + size &&
                   memcmp(at + 2, start->name.data, size) == 0 && is_name_end(at[2 + size])) {
            const char *close = memchr(at, '>', (gsize)(end - at));
            *ret_inside = (XmlSpan){ inside, (gsize)(at - inside) };
            return close == NULL ? NULL : close + 1;
        } else {
            at++;
        }
    }
    return NULL;
}

bool
xml_next_attribute(XmlSpan attributes, gsize *at, XmlSpan *ret_name, XmlSpan *ret_value)
{
    const char *p = attributes.data + *at, *end = attributes.data + attributes.size;
    while (p < end && is_space(*p)) {
        p++;
    }
    const char *name = p;
    while (p < end && !is_name_end(*p)) {
        p++;
    }
    const char *name_end = p;
    while (p < end && is_space(*p)) {
        p++;
    }
    if (name_end == name || p == end || *p++ != '=') {
        return false;
    }
    while (p < end && is_space(*p)) {
        p++;
    }
    if (p == end || (*p != '"' && *p != '\'')) {
        return false;
    }
    const char *close = memchr(p + 1, *p, (gsize)(end - p - 1));
    if (close == NULL) {
        return false;
    }
    *ret_name = (XmlSpan){ name, (gsize)(name_end - name) };
    *ret_value = (XmlSpan){ p + 1, (gsize)(close - p - 1) };
    *at = (gsize)(close + 1 - attributes.data);
    return true;
}

bool
xml_attribute(XmlSpan attributes, const char *name, XmlSpan *ret_value)
{
    XmlSpan found_name, value;
    for (gsize at = 0; xml_next_attribute(attributes, &at, &found_name, &value);) {
        if (xml_span_is(found_name, name)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* The character that the reference between '&' and ';' stands for; 0 if it is unknown. */
static gunichar
resolve(XmlSpan reference)
{
    static const struct {
        const char *name;
        char character;
    } known[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' } };
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (xml_span_is(reference, known[i].name)) {
            return (guchar)known[i].character;
        }
    }
    if (reference.size < 2 || reference.data[0] != '#') {
        return 0;
    }
    bool is_hex = reference.data[1] == 'x';
    gsize first = is_hex ? 2 : 1;
    gunichar character = 0;
    for (gsize i = first; i < reference.size; i++) {
        int digit = is_hex ? g_ascii_xdigit_value(reference.data[i])
                           : g_ascii_digit_value(reference.data[i]);
        if (digit < 0 || character > 0x10ffff) {
            return 0;
        }
        character = character * (is_hex ? 16 : 10) + (gunichar)digit;
    }
    return g_unichar_validate(character) ? character : 0;
}

bool
xml_decode(XmlSpan raw, GString *text)
{
    gsize size_before = text->len;
    const char *p = raw.data, *end = p + raw.size;
    while (p < end) {
        const char *ampersand = memchr(p, '&', (gsize)(end - p));
        if (ampersand == NULL) {
            g_string_append_len(text, p, end - p);
            return true;
        }
        g_string_append_len(text, p, ampersand - p);
        const char *semicolon = memchr(ampersand, ';', (gsize)(end - ampersand));
        gunichar character = 0;
        if (semicolon != NULL) {
            character = resolve((XmlSpan){ ampersand + 1, (gsize)(semicolon - ampersand - 1) });
        }
        if (character == 0) {
            g_string_truncate(text, size_before);
            return false;
        }
        g_string_append_unichar(text, character);
        p = semicolon + 1;
    }
    return true;
}

char *
xml_attribute_text(XmlSpan attributes, const char *name)
{
    XmlSpan raw;
    g_autoptr(GString) text = g_string_new(NULL);
    if (!xml_attribute(attributes, name, &raw) || !xml_decode(raw, text) ||
        !g_utf8_validate(text->str, (gssize)text->len, NULL)) {
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

void
xml_append_escaped(GString *xml, const char *text)
{
    for (;;) {
        gsize plain = strcspn(text, "&<>");
        g_string_append_len(xml, text, (gssize)plain);
        text += plain;
        if (*text == '\0') {
            return;
        }
        g_string_append(xml, *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : "&gt;");
        text++;
    }
}

bool
xml_parse_number(XmlSpan span, guint32 *ret_number)
{
    guint64 number = 0;
    if (span.size == 0 || span.size > 10) {
        return false;
    }
    for (gsize i = 0; i < span.size; i++) {
        if (!g_ascii_isdigit(span.data[i])) {
            return false;
        }
        number = number * 10 + (guint64)(span.data[i] - '0');
    }
    if (number > G_MAXUINT32) {
        return false;
    }
    *ret_number = (guint32)number;
    return true;
}

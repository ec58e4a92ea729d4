#include "sheet/cell.h"

static const int max_exponent = 400; /* a double ends at 308 */
static const int num_significant = 15;

bool
cell_parse_reference(XmlSpan text, guint32 *ret_row, guint32 *ret_column)
{
    guint32 row = 0, column = 0;
    gsize i = 0;
    for (; i < text.size && (g_ascii_isalpha(text.data[i]) || (text.data[i] == '$' && i == 0));
         i++) {
        if (text.data[i] != '$') {
            column = column * 26 + (guint32)(g_ascii_toupper(text.data[i]) - 'A' + 1);
        }
        if (column > CELL_MAX_COLUMN) {
            return false;
        }
    }
    if (i < text.size && text.data[i] == '$') {
        i++;
    }
    if (i < text.size &&
        (!xml_parse_number((XmlSpan){ text.data + i, text.size - i }, &row) || row == 0)) {
        return false;
    }
    if (row > CELL_MAX_ROW || (row == 0 && column == 0)) {
        return false;
    }
    *ret_row = row;
    *ret_column = column;
    return true;
}

bool
cell_parse_range(XmlSpan text, CellRange *ret_range)
{
    const char *colon = memchr(text.data, ':', text.size);
    XmlSpan first = text, last = text;
    if (colon != NULL) {
        first.size = (gsize)(colon - text.data);
        last = (XmlSpan){ colon + 1, text.size - first.size - 1 };
    }
    CellRange range;
    if (!cell_parse_reference(first, &range.first_row, &range.first_column) ||
        !cell_parse_reference(last, &range.last_row, &range.last_column)) {
        return false;
    }
    if (range.first_row == 0) { /* whole columns */
        range.first_row = 1;
        range.last_row = CELL_MAX_ROW;
    }
    if (range.first_column == 0) { /* whole rows */
        range.first_column = 1;
        range.last_column = CELL_MAX_COLUMN;
    }
    if (range.last_row < range.first_row || range.last_column < range.first_column) {
        return false;
    }
    *ret_range = range;
    return true;
}

bool
cell_range_contains(const CellRange *range, guint32 row, guint32 column)
{
    return row >= range->first_row && row <= range->last_row && column >= range->first_column &&
           column <= range->last_column;
}

void
cell_append_reference(GString *text, guint32 row, guint32 column)
{
    char letters[4];
    gsize at = sizeof letters;
    for (; column > 0; column = (column - 1) / 26) {
        letters[--at] = (char)('A' + (column - 1) % 26);
    }
    g_string_append_len(text, letters + at, (gssize)(sizeof letters - at));
    char digits[10];
    at = sizeof digits;
    do {
        digits[--at] = (char)('0' + row % 10);
        row /= 10;
    } while (row > 0);
    g_string_append_len(text, digits + at, (gssize)(sizeof digits - at));
}

XmlResult
cell_next(const char *at, const char *end, XmlPrefix prefix, guint32 row, guint32 previous_column,
          Cell *ret_cell)
{
    XmlToken token;
    for (;; at += token.whole.size) {
        XmlResult result = at == end ? XML_MORE : xml_next(at, end, &token);
        if (result == XML_MORE) {
            /* Only spaces may stand behind the last cell. */
            for (; at < end; at++) {
                if (!g_ascii_isspace(*at)) {
                    return XML_BAD;
                }
            }
        }
        if (result != XML_FOUND) {
            return result;
        }
        if (token.kind == XML_START || token.kind == XML_EMPTY) {
            if (xml_is_element(token.name, prefix, "c")) {
                break;
            }
            if (!xml_is_element(token.name, prefix, "extLst")) {
                return XML_BAD;
            }
            XmlSpan inside;
            if (token.kind == XML_START) {
                const char *element_end = xml_find_end(&token, end, &inside);
                if (element_end == NULL) {
                    return XML_BAD;
                }
                token.whole.size = (gsize)(element_end - at);
            }
        } else if (token.kind == XML_END || token.kind == XML_CDATA) {
            return XML_BAD;
        }
    }
    Cell cell = {
        .column = previous_column + 1,
        .whole = token.whole,
        .attributes = token.body,
        .inner = XML_NOTHING,
        .type = XML_NOTHING,
        .style = XML_NOTHING,
    };
    XmlSpan name, value;
    for (gsize position = 0; xml_next_attribute(token.body, &position, &name, &value);) {
        guint32 cell_row;
        if (name.size != 1) {
            continue;
        }
        if (name.data[0] == 't') {
            cell.type = value;
        } else if (name.data[0] == 's') {
            cell.style = value;
        } else if (name.data[0] == 'r' &&
                   (!cell_parse_reference(value, &cell_row, &cell.column) || cell_row != row)) {
            return XML_BAD;
        }
    }
    if (cell.column <= previous_column || cell.column > CELL_MAX_COLUMN) {
        return XML_BAD;
    }
    if (token.kind == XML_START) {
        const char *cell_end = xml_find_end(&token, end, &cell.inner);
        if (cell_end == NULL) {
            return XML_BAD;
        }
        cell.whole.size = (gsize)(cell_end - cell.whole.data);
    }
    *ret_cell = cell;
    return XML_FOUND;
}

static XmlSpan
without_spaces_around(XmlSpan span)
{
    while (span.size > 0 && g_ascii_isspace(span.data[0])) {
        span.data++;
        span.size--;
    }
    while (span.size > 0 && g_ascii_isspace(span.data[span.size - 1])) {
        span.size--;
    }
    return span;
}

bool
cell_read_content(const Cell *cell, XmlPrefix prefix, CellContent *ret_content)
{
    CellContent content = { .formula_attributes = XML_NOTHING,
                            .value = XML_NOTHING,
                            .string = XML_NOTHING };
    const char *at = cell->inner.data, *end = at + cell->inner.size;
    while (at < end) {
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_MORE && *at != '<') {
            break; /* spaces at the end */
        }
        if (result != XML_FOUND) {
            return false;
        }
        at += token.whole.size;
        if (token.kind != XML_START && token.kind != XML_EMPTY) {
            continue;
        }
        XmlSpan inside = { at, 0 };
        if (token.kind == XML_START) {
            const char *element_end = xml_find_end(&token, end, &inside);
            if (element_end == NULL) {
                return false;
            }
            at = element_end;
        }
        if (xml_is_element(token.name, prefix, "v")) {
            content.has_value = true;
            content.value = xml_span_is(cell->type, "str") ? inside : without_spaces_around(inside);
        } else if (xml_is_element(token.name, prefix, "f")) {
            content.has_formula = true;
            content.formula_attributes = token.body;
        } else if (xml_is_element(token.name, prefix, "is")) {
            content.string = inside;
        }
    }
    *ret_content = content;
    return true;
}

/* Resolves _xHHHH_ from FROM on: Excel's way to write what XML cannot hold. */
static void
resolve_escapes(GString *text, gsize from)
{
    const char *found = strstr(text->str + from, "_x");
    if (found == NULL) {
        return;
    }
    g_autoptr(GString) resolved = g_string_new(NULL);
    const char *p = text->str + from;
    while (*p != '\0') {
        gunichar character = 0;
        bool is_escape = p[0] == '_' && p[1] == 'x';
        for (guint i = 2; i < 6 && is_escape; i++) {
            is_escape = g_ascii_isxdigit(p[i]);
            character = character << 4 | (gunichar)(is_escape ? g_ascii_xdigit_value(p[i]) : 0);
        }
        if (is_escape && p[6] == '_' && character != 0 && g_unichar_validate(character)) {
            g_string_append_unichar(resolved, character);
            p += 7;
        } else {
            g_string_append_c(resolved, *p++);
        }
    }
    g_string_truncate(text, from);
    g_string_append_len(text, resolved->str, (gssize)resolved->len);
}

bool
cell_append_value(XmlSpan value, GString *text)
{
    gsize from = text->len;
    bool done = true;
    for (const char *at = value.data, *end = at + value.size; at < end && done;) {
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_MORE && *at != '<') { /* the rest is text */
            token = (XmlToken){ .kind = XML_TEXT, .body = { at, (gsize)(end - at) } };
            token.whole = token.body;
        } else if (result != XML_FOUND) {
            done = false;
            break;
        }
        at += token.whole.size;
        if (token.kind == XML_CDATA) {
            g_string_append_len(text, token.body.data, (gssize)token.body.size);
        } else if (token.kind != XML_OTHER) {
            done = token.kind == XML_TEXT && xml_decode(token.body, text);
        }
    }
    done = done && g_utf8_validate(text->str + from, (gssize)(text->len - from), NULL);
    if (!done) {
        g_string_truncate(text, from);
    }
    return done;
}

bool
cell_append_string(XmlSpan item, GString *text)
{
    gsize from = text->len;
    guint phonetic_depth = 0;
    bool is_in_text = false;
    for (const char *at = item.data, *end = at + item.size; at < end;) {
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_MORE && *at != '<') {
            break;
        }
        if (result != XML_FOUND) {
            return false;
        }
        at += token.whole.size;
        if (token.kind == XML_START || token.kind == XML_END) {
            XmlSpan local = xml_local_name(token.name);
            if (xml_span_is(local, "rPh")) {
                phonetic_depth = token.kind == XML_START;
            } else if (xml_span_is(local, "t")) {
                is_in_text = token.kind == XML_START;
            }
        } else if (is_in_text && phonetic_depth == 0) {
            if (token.kind == XML_CDATA) {
                g_string_append_len(text, token.body.data, (gssize)token.body.size);
            } else if (token.kind == XML_TEXT && !xml_decode(token.body, text)) {
                return false;
            }
        }
    }
    if (!g_utf8_validate(text->str + from, (gssize)(text->len - from), NULL)) {
        return false;
    }
    resolve_escapes(text, from);
    return true;
}

typedef struct {
    bool is_negative;
    GString *digits; /* without leading zeros */
    int point;       /* the value is 0.DIGITS * 10^point */
} Decimal;

static bool
parse_decimal(XmlSpan value, Decimal *decimal)
{
    gsize i = 0;
    bool has_digit = false, has_point = false;
    int exponent = 0;
    if (i < value.size && (value.data[i] == '-' || value.data[i] == '+')) {
        decimal->is_negative = value.data[i++] == '-';
    }
    for (; i < value.size && (g_ascii_isdigit(value.data[i]) || value.data[i] == '.'); i++) {
        if (value.data[i] == '.') {
            if (has_point) {
                return false;
            }
            has_point = true;
            continue;
        }
        has_digit = true;
        if (decimal->digits->len > 0 || value.data[i] != '0') {
            g_string_append_c(decimal->digits, value.data[i]);
            decimal->point += !has_point;
        } else {
            decimal->point -= has_point;
        }
    }
    if (has_digit && i < value.size && (value.data[i] == 'e' || value.data[i] == 'E')) {
        i++;
        bool is_negative = i < value.size && value.data[i] == '-';
        i += i < value.size && (value.data[i] == '-' || value.data[i] == '+');
        has_digit = i < value.size;
        for (; i < value.size && g_ascii_isdigit(value.data[i]); i++) {
            exponent = MIN(exponent * 10 + (value.data[i] - '0'), max_exponent + 1);
        }
        exponent = is_negative ? -exponent : exponent;
    }
    decimal->point += exponent;
    return has_digit && i == value.size && ABS(exponent) <= max_exponent &&
           ABS(decimal->point) <= 2 * max_exponent;
}

static void
drop_trailing_zeros(GString *digits)
{
    while (digits->len > 0 && digits->str[digits->len - 1] == '0') {
        g_string_truncate(digits, digits->len - 1);
    }
}

/* A double's 17 digits show what binary fractions cannot say (4.9900000000000002). */
static void
round_digits(Decimal *decimal)
{
    if (decimal->digits->len <= (gsize)num_significant) {
        return;
    }
    bool carry = decimal->digits->str[num_significant] >= '5';
    g_string_truncate(decimal->digits, (gsize)num_significant);
    for (gsize i = (gsize)num_significant; carry && i-- > 0;) {
        carry = decimal->digits->str[i] == '9';
        decimal->digits->str[i] = carry ? '0' : (char)(decimal->digits->str[i] + 1);
    }
    if (carry) {
        g_string_prepend_c(decimal->digits, '1');
        decimal->point++;
    }
}

bool
cell_append_number(XmlSpan value, GString *text, bool *ret_is_exact)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    Decimal decimal = { .digits = digits };
    value = without_spaces_around(value);
    if (value.size > 1000 || !parse_decimal(value, &decimal)) {
        return false;
    }
    drop_trailing_zeros(digits);
    *ret_is_exact = digits->len == 0 || decimal.point <= num_significant;
    if (decimal.point <= num_significant) {
        round_digits(&decimal);
        drop_trailing_zeros(digits);
    }
    if (digits->len == 0) {
        g_string_append_c(text, '0');
        return true;
    }
    if (decimal.is_negative) {
        g_string_append_c(text, '-');
    }
    if (decimal.point <= 0) {
        g_string_append(text, "0.");
        for (int i = decimal.point; i < 0; i++) {
            g_string_append_c(text, '0');
        }
        g_string_append(text, digits->str);
        return true;
    }
    for (int i = 0; i < MAX(decimal.point, (int)digits->len); i++) {
        if (i == decimal.point) {
            g_string_append_c(text, '.');
        }
        g_string_append_c(text, i < (int)digits->len ? digits->str[i] : '0');
    }
    return true;
}

/* An underscore that would begin an escape is escaped itself. */
static void
append_text(GString *xml, const char *text)
{
    const char *from = text;
    for (const char *p = text; (p = strstr(p, "_x")) != NULL; p++) {
        if (g_ascii_isxdigit(p[2]) && g_ascii_isxdigit(p[3]) && g_ascii_isxdigit(p[4]) &&
            g_ascii_isxdigit(p[5]) && p[6] == '_') {
            g_autofree char *before = g_strndup(from, (gsize)(p - from));
            xml_append_escaped(xml, before);
            g_string_append(xml, "_x005F_");
            from = p + 1;
        }
    }
    xml_append_escaped(xml, from);
}

static void
append_tag(GString *xml, const char *open, XmlPrefix prefix, const char *name)
{
    g_string_append(xml, open);
    g_string_append_len(xml, prefix.data, (gssize)prefix.size);
    g_string_append(xml, name);
}

/* NAME="VALUE" with the quotes that VALUE stands in. */
static void
append_attribute(GString *xml, const char *name, XmlSpan value, char quote)
{
    g_string_append_c(xml, ' ');
    g_string_append(xml, name);
    g_string_append_c(xml, '=');
    g_string_append_c(xml, quote);
    g_string_append_len(xml, value.data, (gssize)value.size);
    g_string_append_c(xml, quote);
}

void
cell_append_inline(GString *xml, XmlPrefix prefix, XmlSpan attributes, guint32 row, guint32 column,
                   XmlSpan style, const char *text)
{
    append_tag(xml, "<", prefix, "c");
    if (attributes.size > 0) {
        XmlSpan value;
        if (xml_attribute(attributes, "r", &value)) {
            append_attribute(xml, "r", value, value.data[-1]);
        }
        if (xml_attribute(attributes, "s", &value)) {
            append_attribute(xml, "s", value, value.data[-1]);
        }
    } else {
        g_string_append(xml, " r=\"");
        cell_append_reference(xml, row, column);
        g_string_append_c(xml, '"');
        if (style.size > 0) {
            append_attribute(xml, "s", style, '"');
        }
    }
    if (text[0] == '\0') {
        g_string_append(xml, "/>");
        return;
    }
    append_tag(xml, " t=\"inlineStr\"><", prefix, "is>");
    append_tag(xml, "<", prefix, "t");
    /* A reader may drop spaces at either end without this. */
    if (g_ascii_isspace(text[0]) || g_ascii_isspace(text[strlen(text) - 1])) {
        g_string_append(xml, " xml:space=\"preserve\"");
    }
    g_string_append_c(xml, '>');
    append_text(xml, text);
    append_tag(xml, "</", prefix, "t>");
    append_tag(xml, "</", prefix, "is>");
    append_tag(xml, "</", prefix, "c>");
}

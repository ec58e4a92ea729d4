#include "sheet/calc_chain.h"

#include "base/error.h"

static bool
not_well_formed(GError **error)
{
    return fail(error, APP_ERROR_INVALID, "a part of the workbook's package is not well formed");
}

/* Appends the entry with the sheet's number, which it had from the entry before it. */
static void
append_with_sheet(GString *copy, const XmlToken *entry, guint32 sheet_id)
{
    gsize head = (gsize)(entry->body.data + entry->body.size - entry->whole.data);
    g_string_append_len(copy, entry->whole.data, (gssize)head);
    g_string_append_printf(copy, " i=\"%u\"", sheet_id);
    g_string_append_len(copy, entry->whole.data + head, (gssize)(entry->whole.size - head));
}

GString *
calc_chain_without(XmlSpan chain, guint32 sheet_id, CalcChainFunc is_gone, gpointer user_data,
                   bool *ret_is_empty, GError **error)
{
    g_autoptr(GString) copy = g_string_sized_new(chain.size);
    guint32 current_sheet = 0, written_sheet = 0, num_entries = 0;
    bool is_dropping_end = false;
    for (const char *at = chain.data, *end = at + chain.size; at < end;) {
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_MORE && *at != '<') {
            g_string_append_len(copy, at, end - at);
            break;
        }
        if (result != XML_FOUND) {
            (void)not_well_formed(error);
            return NULL;
        }
        at += token.whole.size;
        bool is_entry = (token.kind == XML_START || token.kind == XML_EMPTY) &&
                        xml_span_is(xml_local_name(token.name), "c");
        if (is_dropping_end) {
            is_dropping_end = token.kind != XML_END;
            continue;
        }
        if (!is_entry) {
            g_string_append_len(copy, token.whole.data, (gssize)token.whole.size);
            continue;
        }
        XmlSpan sheet = { 0 }, reference;
        guint32 row, column;
        bool has_sheet = xml_attribute(token.body, "i", &sheet);
        if ((has_sheet && !xml_parse_number(sheet, &current_sheet)) ||
            !xml_attribute(token.body, "r", &reference) ||
            !cell_parse_reference(reference, &row, &column)) {
            (void)not_well_formed(error);
            return NULL;
        }
        if (current_sheet == sheet_id && is_gone(row, column, user_data)) {
            is_dropping_end = token.kind == XML_START;
            continue;
        }
        num_entries++;
        if (has_sheet || written_sheet == current_sheet) {
            g_string_append_len(copy, token.whole.data, (gssize)token.whole.size);
        } else {
            append_with_sheet(copy, &token, current_sheet);
        }
        written_sheet = current_sheet;
    }
    *ret_is_empty = num_entries == 0;
    return g_steal_pointer(&copy);
}

GString *
calc_chain_drop_mention(XmlSpan xml, const char *attribute, const char *suffix, GError **error)
{
    g_autoptr(GString) copy = g_string_sized_new(xml.size);
    for (const char *at = xml.data, *end = at + xml.size; at < end;) {
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_MORE && *at != '<') {
            g_string_append_len(copy, at, end - at);
            break;
        }
        if (result != XML_FOUND) {
            (void)not_well_formed(error);
            return NULL;
        }
        at += token.whole.size;
        g_autofree char *value =
            token.kind == XML_EMPTY ? xml_attribute_text(token.body, attribute) : NULL;
        if (value == NULL || !g_str_has_suffix(value, suffix)) {
            g_string_append_len(copy, token.whole.data, (gssize)token.whole.size);
        }
    }
    return g_steal_pointer(&copy);
}

#include "sheet/worksheet.h"

#include "base/error.h"
#include "sheet/pieces.h"

/* Of the head, or of one row: 16,384 cells of a thousand bytes. */
static const gsize max_kept = 16 * 1024 * 1024;

typedef enum {
    IN_HEAD,
    IN_ROWS,
    IN_TAIL,
} State;

struct WorksheetStream {
    WorksheetEvents events;
    gpointer user_data;
    Pieces pieces;
    State state;
    GString *prefix;
    bool is_in_root;
    bool is_root_closed;
    guint32 last_row;
    gsize head_size; /* as far as the head has been looked through */
    gsize dimension_offset;
    gsize dimension_size; /* 0: none */
    GArray *columns;      /* of ColumnStyle */
};

WorksheetStream *
worksheet_stream_new(const WorksheetEvents *events, gpointer user_data)
{
    WorksheetStream *stream = g_new0(WorksheetStream, 1);
    stream->events = *events;
    stream->user_data = user_data;
    stream->prefix = g_string_new(NULL);
    stream->columns = g_array_new(FALSE, FALSE, sizeof(ColumnStyle));
    pieces_init(&stream->pieces, max_kept, "row of the worksheet");
    return stream;
}

void
worksheet_stream_free(WorksheetStream *stream)
{
    if (stream == NULL) {
        return;
    }
    pieces_clear(&stream->pieces);
    g_string_free(stream->prefix, TRUE);
    g_array_free(stream->columns, TRUE);
    g_free(stream);
}

static XmlPrefix
prefix_of(const WorksheetStream *stream)
{
    return (XmlPrefix){ stream->prefix->str, stream->prefix->len };
}

bool
worksheet_check_encoding(const char *data, gsize size, GError **error)
{
    if (size >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0 ||
                      memcmp(data, "<\0", 2) == 0 || memcmp(data, "\0<", 2) == 0)) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "the workbook's XML is in UTF-16: open it in a spreadsheet program and save it "
                    "again");
    }
    static const char bom[] = "\xef\xbb\xbf";
    gsize skip = size >= 3 && memcmp(data, bom, 3) == 0 ? 3 : 0;
    XmlToken token;
    if (size < skip + 6 || memcmp(data + skip, "<?xml", 5) != 0 ||
        !g_ascii_isspace(data[skip + 5]) ||
        xml_next(data + skip, data + size, &token) != XML_FOUND) {
        return true;
    }
    XmlSpan attributes = { token.body.data + 3, token.body.size - 3 }, encoding;
    if (xml_attribute(attributes, "encoding", &encoding)) {
        g_autofree char *name = g_strndup(encoding.data, encoding.size);
        if (g_ascii_strcasecmp(name, "UTF-8") != 0 && g_ascii_strcasecmp(name, "US-ASCII") != 0) {
            g_autofree char *shown = g_strescape(name, NULL);
            return fail(error, APP_ERROR_UNSUPPORTED,
                        "the workbook's XML is in %s: open it in a spreadsheet program and save it "
                        "again",
                        shown);
        }
    }
    return true;
}

static bool
add_column_style(WorksheetStream *stream, XmlSpan attributes)
{
    XmlSpan first, last, style;
    ColumnStyle column;
    if (!xml_attribute(attributes, "style", &style)) {
        return true;
    }
    if (!xml_attribute(attributes, "min", &first) || !xml_attribute(attributes, "max", &last) ||
        !xml_parse_number(first, &column.first) || !xml_parse_number(last, &column.last) ||
        !xml_parse_number(style, &column.style) || stream->columns->len >= CELL_MAX_COLUMN) {
        return false;
    }
    g_array_append_val(stream->columns, column);
    return true;
}

static bool
note_head_element(WorksheetStream *stream, const char *data, const XmlToken *token, GError **error)
{
    XmlSpan local = xml_local_name(token->name), value;
    if (!stream->is_in_root) {
        if (!xml_span_is(local, "worksheet") || token->kind != XML_START) {
            return fail(error, APP_ERROR_INVALID, "the part is not a worksheet");
        }
        g_string_append_len(stream->prefix, token->name.data,
                            (gssize)(token->name.size - local.size));
        stream->is_in_root = true;
    } else if (xml_is_element(token->name, prefix_of(stream), "dimension") &&
               xml_attribute(token->body, "ref", &value)) {
        stream->dimension_offset = (gsize)(value.data - data);
        stream->dimension_size = value.size;
    } else if (xml_is_element(token->name, prefix_of(stream), "col") &&
               !add_column_style(stream, token->body)) {
        return fail(error, APP_ERROR_INVALID, "a <col> of the worksheet cannot be");
    }
    return true;
}

static bool
pass_head(WorksheetStream *stream, const char *data, gsize size, bool is_empty, GError **error)
{
    WorksheetHead head = {
        .whole = { data, size },
        .prefix = prefix_of(stream),
        .columns = (const ColumnStyle *)stream->columns->data,
        .num_columns = stream->columns->len,
        .is_empty = is_empty,
    };
    if (stream->dimension_size > 0) {
        head.dimension = (XmlSpan){ data + stream->dimension_offset, stream->dimension_size };
    }
    return stream->events.head == NULL || stream->events.head(&head, stream->user_data, error);
}

static bool
pass_end_of_rows(WorksheetStream *stream, GError **error)
{
    return stream->events.end_of_rows == NULL ||
           stream->events.end_of_rows(stream->user_data, error);
}

/* Looks through the head from where it stopped; passes it on when <sheetData> has come. */
static bool
use_head(WorksheetStream *stream, const char *data, gsize size, gsize *used, GError **error)
{
    if (stream->head_size == 0 && !worksheet_check_encoding(data, size, error)) {
        return false;
    }
    while (stream->state == IN_HEAD) {
        XmlToken token;
        XmlResult result = xml_next(data + stream->head_size, data + size, &token);
        if (result == XML_BAD) {
            return fail(error, APP_ERROR_INVALID,
                        "the worksheet is not well formed, or declares a document type");
        }
        if (result == XML_MORE) {
            return true;
        }
        stream->head_size += token.whole.size;
        if (token.kind != XML_START && token.kind != XML_EMPTY) {
            continue;
        }
        if (!stream->is_in_root || !xml_is_element(token.name, prefix_of(stream), "sheetData")) {
            if (!note_head_element(stream, data, &token, error)) {
                return false;
            }
            continue;
        }
        bool is_empty = token.kind == XML_EMPTY;
        if (!pass_head(stream, data, stream->head_size, is_empty, error) ||
            (is_empty && !pass_end_of_rows(stream, error))) {
            return false;
        }
        *used = stream->head_size;
        stream->state = is_empty ? IN_TAIL : IN_ROWS;
    }
    return true;
}

static bool
pass_row(WorksheetStream *stream, const XmlToken *token, XmlSpan whole, XmlSpan inside,
         GError **error)
{
    WorksheetRow row = {
        .row = stream->last_row + 1, .whole = whole, .attributes = token->body, .inside = inside
    };
    XmlSpan number;
    if (xml_attribute(token->body, "r", &number) && !xml_parse_number(number, &row.row)) {
        return fail(error, APP_ERROR_INVALID, "the row after row %u has no proper number",
                    stream->last_row);
    }
    if (row.row <= stream->last_row || row.row > CELL_MAX_ROW) {
        return fail(error, APP_ERROR_INVALID, "row %u comes after row %u", row.row,
                    stream->last_row);
    }
    stream->last_row = row.row;
    return stream->events.row == NULL || stream->events.row(&row, stream->user_data, error);
}

/* One row, or what stands between two; *USED does not move if it is not all there yet. */
static bool
use_row(WorksheetStream *stream, const char *at, const char *end, gsize *used, GError **error)
{
    XmlToken token;
    XmlResult result = xml_next(at, end, &token);
    if (result == XML_MORE) {
        return true;
    }
    if (result == XML_FOUND && (token.kind == XML_TEXT || token.kind == XML_OTHER)) {
        for (gsize i = 0; token.kind == XML_TEXT && i < token.whole.size; i++) {
            if (!g_ascii_isspace(at[i])) {
                return fail(error, APP_ERROR_INVALID, "text stands between rows, after row %u",
                            stream->last_row);
            }
        }
        *used += token.whole.size;
        return stream->events.between == NULL ||
               stream->events.between(token.whole, stream->user_data, error);
    }
    if (result == XML_FOUND && token.kind == XML_END &&
        xml_is_element(token.name, prefix_of(stream), "sheetData")) {
        stream->state = IN_TAIL;
        return pass_end_of_rows(stream, error);
    }
    if (result != XML_FOUND || (token.kind != XML_START && token.kind != XML_EMPTY) ||
        !xml_is_element(token.name, prefix_of(stream), "row")) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "what follows row %u of the worksheet is not a row", stream->last_row);
    }
    XmlSpan whole = token.whole, inside = { NULL, 0 };
    if (token.kind == XML_START) {
        const char *row_end = xml_find_end(&token, end, &inside);
        if (row_end == NULL) {
            return true;
        }
        whole.size = (gsize)(row_end - at);
    }
    *used += whole.size;
    return pass_row(stream, &token, whole, inside, error);
}

static bool
use_tail(WorksheetStream *stream, const char *at, const char *end, bool is_last, gsize *used,
         GError **error)
{
    const char *from = at;
    XmlToken token;
    XmlResult result;
    while ((result = xml_next(at, end, &token)) == XML_FOUND) {
        at += token.whole.size;
        XmlSpan reference;
        CellRange range;
        if (token.kind == XML_END) {
            stream->is_root_closed = stream->is_root_closed ||
                                     xml_is_element(token.name, prefix_of(stream), "worksheet");
        } else if ((token.kind == XML_EMPTY || token.kind == XML_START) &&
                   xml_is_element(token.name, prefix_of(stream), "mergeCell") &&
                   stream->events.merged != NULL && xml_attribute(token.body, "ref", &reference) &&
                   cell_parse_range(reference, &range) &&
                   !stream->events.merged(&range, stream->user_data, error)) {
            return false;
        }
    }
    if (result == XML_BAD) {
        return fail(error, APP_ERROR_INVALID, "the worksheet is not well formed after its rows");
    }
    if (is_last) { /* a line end behind the root */
        at = end;
    }
    *used += (gsize)(at - from);
    return stream->events.tail == NULL || at == from ||
           stream->events.tail((XmlSpan){ from, (gsize)(at - from) }, stream->user_data, error);
}

static bool
use_pieces(const char *data, gsize size, bool is_last, gpointer user_data, gsize *used,
           GError **error)
{
    WorksheetStream *stream = user_data;
    if (stream->state == IN_HEAD && !use_head(stream, data, size, used, error)) {
        return false;
    }
    while (stream->state == IN_ROWS) {
        gsize used_before = *used;
        if (!use_row(stream, data + *used, data + size, used, error)) {
            return false;
        }
        if (*used == used_before && stream->state == IN_ROWS) {
            return true;
        }
    }
    return stream->state != IN_TAIL ||
           use_tail(stream, data + *used, data + size, is_last, used, error);
}

bool
worksheet_stream_feed(WorksheetStream *stream, const char *data, gsize size, GError **error)
{
    return pieces_feed(&stream->pieces, data, size, false, use_pieces, stream, error);
}

bool
worksheet_stream_finish(WorksheetStream *stream, GError **error)
{
    if (!pieces_feed(&stream->pieces, "", 0, true, use_pieces, stream, error)) {
        return false;
    }
    if (!stream->is_root_closed) {
        return fail(error, APP_ERROR_INVALID,
                    "the worksheet ends after row %u, without its end tag", stream->last_row);
    }
    return true;
}

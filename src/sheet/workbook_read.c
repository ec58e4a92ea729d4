#include "sheet/workbook.h"

#include "base/error.h"
#include "sheet/shared_strings.h"
#include "sheet/styles.h"
#include "sheet/worksheet.h"

typedef struct {
    const Workbook *workbook;
    WorksheetStream *stream;
    SharedStrings *strings; /* NULL until a cell refers to one */
    Styles *styles;         /* NULL until a cell holds a number */
    SheetRowFunc func;
    gpointer user_data;
    GString *prefix;
    GArray *cells;  /* of SheetCell; TEXT holds an offset into TEXTS until the row is complete */
    GString *texts; /* of the row, each with a zero byte */
    bool stop;
} Reader;

static bool
take_head(const WorksheetHead *head, gpointer user_data, GError **error)
{
    Reader *reader = user_data;
    g_string_append_len(reader->prefix, head->prefix.data, (gssize)head->prefix.size);
    return true;
}

static bool
bad_cell(guint32 row, guint32 column, const char *what, GError **error)
{
    g_autoptr(GString) reference = g_string_new(NULL);
    cell_append_reference(reference, row, MAX(column, 1));
    return fail(error, APP_ERROR_INVALID, "cell %s %s", reference->str, what);
}

static bool
append_shared(Reader *reader, XmlSpan index_text, GError **error)
{
    guint32 index;
    if (reader->strings == NULL) {
        if (reader->workbook->shared_strings == NULL) {
            return fail(error, APP_ERROR_INVALID, "the workbook has no shared strings");
        }
        reader->strings =
            shared_strings_read(reader->workbook->zip, reader->workbook->shared_strings, error);
        if (reader->strings == NULL) {
            return false;
        }
    }
    const char *text =
        xml_parse_number(index_text, &index) ? shared_strings_get(reader->strings, index) : NULL;
    if (text == NULL) {
        return fail(error, APP_ERROR_INVALID, "there is no shared string %.*s",
                    (int)MIN(index_text.size, 20), index_text.data);
    }
    g_string_append(reader->texts, text);
    return true;
}

/* *RET_IS_DATE: whether the number in CELL is shown as a date. */
static bool
find_format(Reader *reader, const Cell *cell, bool *ret_is_date, GError **error)
{
    const Workbook *workbook = reader->workbook;
    guint32 style = 0;
    if (workbook->styles == NULL) {
        *ret_is_date = false;
        return true;
    }
    if (reader->styles == NULL) {
        reader->styles = styles_read(workbook->zip, workbook->styles, error);
        if (reader->styles == NULL) {
            return false;
        }
    }
    bool has_style = cell->style.size == 0 || xml_parse_number(cell->style, &style);
    *ret_is_date = has_style && styles_is_date(reader->styles, style);
    return true;
}

static bool
append_number(Reader *reader, const Cell *cell, XmlSpan value, SheetCellFlags *flags,
              GError **error)
{
    bool is_exact, is_date;
    if (value.size == 0) {
        return true;
    }
    if (!cell_append_number(value, reader->texts, &is_exact) ||
        !find_format(reader, cell, &is_date, error)) {
        return false;
    }
    *flags |=
        SHEET_CELL_NUMBER | (is_exact ? 0 : SHEET_CELL_DESTROYED) | (is_date ? SHEET_CELL_DATE : 0);
    return true;
}

/* Appends the cell's text to the row's. */
static bool
append_cell_text(Reader *reader, const Cell *cell, const CellContent *content,
                 SheetCellFlags *flags, GError **error)
{
    GString *texts = reader->texts;
    if (content->has_formula) {
        *flags |= SHEET_CELL_FORMULA;
    }
    if (xml_span_is(cell->type, "inlineStr")) {
        return cell_append_string(content->string, texts);
    }
    bool is_number = cell->type.size == 0 || xml_span_is(cell->type, "n");
    if (content->has_formula && is_number && content->value.size == 0) {
        *flags |= SHEET_CELL_NOT_CALCULATED;
        g_string_append_c(texts, '?');
        return true;
    }
    if (!content->has_value) {
        return true;
    }
    if (xml_span_is(cell->type, "s")) {
        return append_shared(reader, content->value, error);
    }
    if (xml_span_is(cell->type, "b")) {
        g_string_append(texts, xml_span_is(content->value, "1") ? "TRUE" : "FALSE");
        return true;
    }
    if (is_number) {
        return append_number(reader, cell, content->value, flags, error);
    }
    if (xml_span_is(cell->type, "e")) {
        *flags |= SHEET_CELL_ERROR;
    } else if (xml_span_is(cell->type, "d")) {
        *flags |= SHEET_CELL_DATE;
    }
    return cell_append_value(content->value, texts); /* "str", "e", "d" */
}

static bool
take_cell(Reader *reader, guint32 row, const Cell *cell, GError **error)
{
    CellContent content;
    XmlPrefix prefix = { reader->prefix->str, reader->prefix->len };
    gsize offset = reader->texts->len;
    SheetCell found = { .row = row, .column = cell->column };
    GError *reason = NULL;
    if (!cell_read_content(cell, prefix, &content) ||
        !append_cell_text(reader, cell, &content, &found.flags, &reason)) {
        if (reason != NULL) {
            g_propagate_error(error, reason);
            return false;
        }
        return bad_cell(row, cell->column, "is not well formed", error);
    }
    if (reader->texts->len == offset) {
        return true;
    }
    found.text = GSIZE_TO_POINTER(offset);
    g_string_append_len(reader->texts, "", 1);
    g_array_append_val(reader->cells, found);
    return true;
}

static bool
take_row(const WorksheetRow *row, gpointer user_data, GError **error)
{
    Reader *reader = user_data;
    if (reader->stop || row->inside.size == 0) {
        return true;
    }
    XmlPrefix prefix = { reader->prefix->str, reader->prefix->len };
    g_array_set_size(reader->cells, 0);
    g_string_truncate(reader->texts, 0);
    const char *at = row->inside.data, *end = at + row->inside.size;
    guint32 column = 0;
    Cell cell;
    XmlResult result;
    while ((result = cell_next(at, end, prefix, row->row, column, &cell)) == XML_FOUND) {
        if (cell.inner.size > 0 && !take_cell(reader, row->row, &cell, error)) {
            return false;
        }
        column = cell.column;
        at = cell.whole.data + cell.whole.size;
    }
    if (result == XML_BAD) {
        return bad_cell(row->row, column + 1, "or a later one in its row is not a proper cell",
                        error);
    }
    if (reader->cells->len == 0) {
        return true;
    }
    for (guint i = 0; i < reader->cells->len; i++) {
        SheetCell *found = &g_array_index(reader->cells, SheetCell, i);
        found->text = reader->texts->str + GPOINTER_TO_SIZE(found->text);
    }
    return reader->func(row->row, (const SheetCell *)reader->cells->data, reader->cells->len,
                        reader->user_data, &reader->stop, error);
}

static bool
feed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Reader *reader = user_data;
    if (!worksheet_stream_feed(reader->stream, (const char *)data, size, error)) {
        return false;
    }
    /* Ends the reading; workbook_read_rows takes it for no error. */
    return !reader->stop || fail(error, APP_ERROR_CANCELLED, "enough was read");
}

bool
workbook_read_rows(const Workbook *workbook, const Worksheet *worksheet, SheetRowFunc func,
                   gpointer user_data, GError **error)
{
    static const WorksheetEvents events = { .head = take_head, .row = take_row };
    Reader reader = { .workbook = workbook, .func = func, .user_data = user_data };
    reader.stream = worksheet_stream_new(&events, &reader);
    reader.prefix = g_string_new(NULL);
    reader.texts = g_string_new(NULL);
    reader.cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
    GError *reason = NULL;
    bool done = zip_read_chunks(workbook->zip, worksheet->part, feed, &reader, &reason) &&
                worksheet_stream_finish(reader.stream, &reason);
    if (!done && reader.stop) {
        done = true;
        g_clear_error(&reason);
    }
    worksheet_stream_free(reader.stream);
    shared_strings_free(reader.strings);
    styles_free(reader.styles);
    g_string_free(reader.prefix, TRUE);
    g_string_free(reader.texts, TRUE);
    g_array_free(reader.cells, TRUE);
    if (!done) {
        g_propagate_prefixed_error(error, reason, "worksheet %s: ", worksheet->name);
    }
    return done;
}

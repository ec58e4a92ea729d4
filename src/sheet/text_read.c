#include "sheet/text.h"

#include "base/error.h"
#include "sheet/cell.h"
#include "sheet/pieces.h"

/* A line may hold a product description with line ends in quotes; this is hundreds of them. */
static const gsize max_line = 16 * 1024 * 1024;

/* The character at AT, as far as the parser must know it: ASCII ones as they are, others as 0xff.
 * 0 bytes: it is cut. */
static inline gsize
next_character(const TextFormat *format, const char *at, const char *end, guint *ret_character)
{
    if (format->unit_size == 2) {
        if (end - at < 2) {
            return 0;
        }
        guint high = (guint8)at[format->is_big_endian ? 0 : 1];
        guint low = (guint8)at[format->is_big_endian ? 1 : 0];
        *ret_character = high != 0 || low >= 0x80 ? 0xff : low;
        return 2;
    }
    guint8 byte = (guint8)*at;
    *ret_character = byte < 0x80 ? byte : 0xff;
    if (!format->is_lead[byte]) {
        return 1;
    }
    if (end - at < 2) {
        return 0;
    }
    return (guint8)at[1] >= 0x40 ? 2 : 1;
}

/* One more than is allowed is kept, so that the caller sees it. */
static void
add_field(GArray *fields, const char *from, const char *to, bool is_quoted)
{
    TextField field = { from, (gsize)(to - from), is_quoted };
    if (fields->len <= CELL_MAX_COLUMN) {
        g_array_append_val(fields, field);
    }
}

bool
text_parse_line(const TextFormat *format, const char *data, gsize size, bool is_last,
                GArray *fields, TextLine *ret_line, bool *ret_is_open)
{
    const char *at = data, *end = data + size, *field = data, *closed_at = NULL;
    const guint delimiter = (guchar)format->delimiter;
    bool is_quoted = false; /* the field began with a quote */
    bool is_open = false;   /* and it has not been closed yet */
    gsize line_end_size = 0;
    g_array_set_size(fields, 0);
    for (;;) {
        guint c;
        gsize step = at < end ? next_character(format, at, end, &c) : 0;
        if (step == 0) {
            *ret_is_open = is_open;
            if (!is_last) {
                return false;
            }
            add_field(fields, field, end, is_quoted);
            at = end;
            break;
        }
        if (is_open) {
            is_open = c != '"';
            closed_at = at + step;
        } else if (c == '"' && (at == field || (is_quoted && at == closed_at))) {
            is_open = true; /* the field's first quote, or the second of two inside it */
            is_quoted = true;
        } else if (c == delimiter) {
            add_field(fields, field, at, is_quoted);
            field = at + step;
            is_quoted = false;
        } else if (c == '\n' || c == '\r') {
            add_field(fields, field, at, is_quoted);
            line_end_size = step;
            at += step;
            if (c == '\r') {
                gsize next_step = at < end ? next_character(format, at, end, &c) : 0;
                if (next_step == 0 && !is_last) {
                    *ret_is_open = false;
                    return false;
                }
                if (next_step > 0 && c == '\n') {
                    line_end_size += next_step;
                    at += next_step;
                }
            }
            break;
        }
        at += step;
    }
    *ret_line = (TextLine){
        .data = data,
        .size = (gsize)(at - data),
        .line_end_size = line_end_size,
        .fields = (const TextField *)fields->data,
        .num_fields = fields->len,
    };
    *ret_is_open = is_open;
    return true;
}

typedef struct {
    const TextFile *text;
    TextLineFunc func;
    gpointer user_data;
    Pieces pieces;
    GArray *fields;
    guint32 row;
    bool stop;
} LineReader;

static bool
use_lines(const char *data, gsize size, bool is_last, gpointer user_data, gsize *used,
          GError **error)
{
    LineReader *reader = user_data;
    TextLine line;
    bool is_open = false;
    while (*used < size && !reader->stop &&
           text_parse_line(&reader->text->format, data + *used, size - *used, is_last,
                           reader->fields, &line, &is_open)) {
        reader->row++;
        if (is_open) {
            return fail(error, APP_ERROR_INVALID, "%s: line %u opens a quote that is never closed",
                        reader->text->path, reader->row);
        }
        if (reader->row > CELL_MAX_ROW) {
            return fail(error, APP_ERROR_TOO_LARGE, "%s: more than %d lines", reader->text->path,
                        CELL_MAX_ROW);
        }
        if (line.num_fields > CELL_MAX_COLUMN) {
            return fail(error, APP_ERROR_TOO_LARGE, "%s: line %u has more than %d columns",
                        reader->text->path, reader->row, CELL_MAX_COLUMN);
        }
        *used += line.size;
        if (!reader->func(reader->row, &line, reader->user_data, &reader->stop, error)) {
            return false;
        }
    }
    if (reader->stop) {
        *used = size;
    }
    return true;
}

static bool
take_piece(const char *data, gsize size, gpointer user_data, bool *stop, GError **error)
{
    LineReader *reader = user_data;
    if (!pieces_feed(&reader->pieces, data, size, false, use_lines, reader, error)) {
        return false;
    }
    *stop = reader->stop;
    return true;
}

bool
text_each_line(const TextFile *text, TextLineFunc func, gpointer user_data, GError **error)
{
    LineReader reader = { .text = text, .func = func, .user_data = user_data };
    reader.fields = g_array_new(FALSE, FALSE, sizeof(TextField));
    pieces_init(&reader.pieces, max_line, "line");
    bool done = text_each_piece(text, text->format.bom_size, take_piece, &reader, error) &&
                pieces_feed(&reader.pieces, "", 0, true, use_lines, &reader, error);
    pieces_clear(&reader.pieces);
    g_array_free(reader.fields, TRUE);
    return done;
}

static void
append_undecodable(const TextFormat *format, const TextField *field, GString *text)
{
    for (gsize i = 0; i < field->size; i++) {
        if ((guint8)field->data[i] < 0x80 && field->data[i] != '\0') {
            g_string_append_c(text, field->data[i]);
        } else {
            g_string_append(text, "\xef\xbf\xbd");
        }
    }
}

/* Takes the quotes off the text from FROM on: the first one, the one that closes, and one of each
 * pair between them. What stands behind the closing one stays. */
static void
unquote(GString *text, gsize from)
{
    gsize to = from;
    bool is_open = true;
    for (gsize i = from + 1; i < text->len; i++) {
        if (is_open && text->str[i] == '"') {
            is_open = text->str[i + 1] == '"';
            i += is_open;
            if (!is_open) {
                continue;
            }
        }
        text->str[to++] = text->str[i];
    }
    g_string_truncate(text, to);
}

void
text_decode_field(const TextFormat *format, GIConv decoder, const TextField *field, GString *text)
{
    gsize from = text->len;
    bool is_ascii = format->unit_size == 1;
    for (gsize i = 0; i < field->size && is_ascii; i++) {
        is_ascii = (guint8)field->data[i] < 0x80 && field->data[i] != '\0';
    }
    if (is_ascii || (format->is_utf8 && g_utf8_validate(field->data, (gssize)field->size, NULL))) {
        g_string_append_len(text, field->data, (gssize)field->size);
    } else {
        gsize read_size, size;
        g_autofree char *decoded = g_convert_with_iconv(field->data, (gssize)field->size, decoder,
                                                        &read_size, &size, NULL);
        if (decoded == NULL || read_size != field->size ||
            !g_utf8_validate(decoded, (gssize)size, NULL)) {
            append_undecodable(format, field, text);
        } else {
            g_string_append_len(text, decoded, (gssize)size);
        }
    }
    if (field->is_quoted && text->str[from] == '"') { /* else it could not be decoded */
        unquote(text, from);
    }
}

/* "8.41E+11", "8,41E+11": what a spreadsheet program makes of a long number when it saves text. A
 * seller's own "1E5" has no sign. */
static bool
is_destroyed_number(const char *text)
{
    const char *p = text + (*text == '-');
    if (!g_ascii_isdigit(*p++)) {
        return false;
    }
    if (*p == '.' || *p == ',') {
        for (p++; g_ascii_isdigit(*p); p++) {
        }
    }
    if (*p != 'E' || (p[1] != '+' && p[1] != '-') || !g_ascii_isdigit(p[2])) {
        return false;
    }
    for (p += 2; g_ascii_isdigit(*p); p++) {
    }
    return *p == '\0';
}

typedef struct {
    const TextFile *text;
    GIConv decoder;
    SheetRowFunc func;
    gpointer user_data;
    GArray *cells; /* of SheetCell; TEXT holds an offset into TEXTS until the row is complete */
    GString *texts;
} RowReader;

static bool
take_line(guint32 row, const TextLine *line, gpointer user_data, bool *stop, GError **error)
{
    RowReader *reader = user_data;
    g_array_set_size(reader->cells, 0);
    g_string_truncate(reader->texts, 0);
    for (gsize i = 0; i < line->num_fields; i++) {
        gsize offset = reader->texts->len;
        text_decode_field(&reader->text->format, reader->decoder, &line->fields[i], reader->texts);
        if (reader->texts->len == offset) {
            continue;
        }
        SheetCell cell = { .row = row, .column = (guint32)i + 1 };
        cell.text = GSIZE_TO_POINTER(offset);
        if (is_destroyed_number(reader->texts->str + offset)) {
            cell.flags = SHEET_CELL_DESTROYED;
        }
        g_string_append_len(reader->texts, "", 1);
        g_array_append_val(reader->cells, cell);
    }
    if (reader->cells->len == 0) {
        return true;
    }
    for (guint i = 0; i < reader->cells->len; i++) {
        SheetCell *cell = &g_array_index(reader->cells, SheetCell, i);
        cell->text = reader->texts->str + GPOINTER_TO_SIZE(cell->text);
    }
    return reader->func(row, (const SheetCell *)reader->cells->data, reader->cells->len,
                        reader->user_data, stop, error);
}

bool
text_read_rows(const TextFile *text, SheetRowFunc func, gpointer user_data, GError **error)
{
    RowReader reader = { .text = text, .func = func, .user_data = user_data };
    reader.decoder = g_iconv_open("UTF-8", text->format.encoding);
    if (reader.decoder == (GIConv)-1) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s cannot be decoded here",
                    text->format.encoding);
    }
    reader.cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
    reader.texts = g_string_new(NULL);
    bool done = text_each_line(text, take_line, &reader, error);
    g_iconv_close(reader.decoder);
    g_array_free(reader.cells, TRUE);
    g_string_free(reader.texts, TRUE);
    return done;
}

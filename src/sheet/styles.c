#include "sheet/styles.h"

#include "base/error.h"
#include "sheet/pieces.h"
#include "sheet/worksheet.h"

enum {
    MAX_CELL_FORMATS = 1024 * 1024, /* Excel has at most 65,490 */
    MAX_NUMBER_FORMATS = 64 * 1024, /* Excel has some hundreds */
    MAX_TOKEN = 1024 * 1024,
};

struct Styles {
    GByteArray *is_date; /* one byte for each of <cellXfs> */
};

typedef struct {
    Pieces pieces;
    Styles *styles;
    GHashTable *formats; /* id -> whether it is a date, plus 1 */
    bool is_in_root;
    bool is_root_closed;
    bool is_in_number_formats; /* <numFmts>; conditional formats have <numFmt> of their own */
    bool is_in_cell_formats;   /* <cellXfs>; named styles have <xf> of their own */
} Reader;

/* Those that need not be written down (18.8.30), in all languages. */
static bool
built_in_is_date(guint32 id)
{
    return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
           (id >= 50 && id <= 58);
}

/* [h], [mm], [ss] count hours, minutes, seconds; all else in brackets is a colour, a condition, a
 * currency or a language. */
static bool
bracket_is_duration(const char *inside, gsize size)
{
    gsize letters = 0;
    while (letters < size && strchr("hmsHMS", inside[letters]) != NULL) {
        letters++;
    }
    return size > 0 && letters == size;
}

bool
styles_format_is_date(const char *format)
{
    bool has_digits = false; /* of this section: "0 USD" is no date, "ss.00" is one */
    for (const char *p = format; *p != '\0'; p++) {
        const char *close;
        switch (*p) {
        case '"':
            close = strchr(p + 1, '"');
            if (close == NULL) {
                return false;
            }
            p = close;
            break;
        case '[':
            close = strchr(p + 1, ']');
            if (close == NULL) {
                return false;
            }
            if (bracket_is_duration(p + 1, (gsize)(close - p - 1))) {
                return true;
            }
            p = close;
            break;
        case '\\': /* the next character stands for itself, */
        case '_':  /* is as wide as a space, */
        case '*':  /* or fills the cell */
            p += p[1] != '\0';
            break;
        case ';':
            has_digits = false;
            break;
        case '0':
        case '#':
        case '?':
        case '@':
            has_digits = true;
            break;
        default:
            if (g_ascii_strncasecmp(p, "General", strlen("General")) == 0) {
                p += strlen("General") - 1;
                has_digits = true;
            } else if (!has_digits && *p > ' ' && strchr("ymdhsegYMDHSEG", *p) != NULL) {
                return true; /* e and g: years and eras of Japan */
            }
        }
    }
    return false;
}

static bool
take_number_format(Reader *reader, XmlSpan attributes, GError **error)
{
    XmlSpan id_text;
    guint32 id;
    g_autofree char *format = xml_attribute_text(attributes, "formatCode");
    if (format == NULL || !xml_attribute(attributes, "numFmtId", &id_text) ||
        !xml_parse_number(id_text, &id)) {
        return fail(error, APP_ERROR_INVALID, "a number format of the styles has no id or no code");
    }
    if (g_hash_table_size(reader->formats) >= MAX_NUMBER_FORMATS) {
        return fail(error, APP_ERROR_TOO_LARGE, "the styles have more than %d number formats",
                    MAX_NUMBER_FORMATS);
    }
    g_hash_table_insert(reader->formats, GUINT_TO_POINTER(id),
                        GUINT_TO_POINTER(1u + styles_format_is_date(format)));
    return true;
}

static bool
take_cell_format(Reader *reader, XmlSpan attributes, GError **error)
{
    XmlSpan id_text;
    guint32 id = 0; /* what the standard says for none */
    if (xml_attribute(attributes, "numFmtId", &id_text) && !xml_parse_number(id_text, &id)) {
        return fail(error, APP_ERROR_INVALID, "cell format %u of the styles is not well formed",
                    reader->styles->is_date->len);
    }
    if (reader->styles->is_date->len >= MAX_CELL_FORMATS) {
        return fail(error, APP_ERROR_TOO_LARGE, "the styles have more than %d cell formats",
                    MAX_CELL_FORMATS);
    }
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(reader->formats, GUINT_TO_POINTER(id)));
    guint8 is_date = known > 0 ? known - 1 : built_in_is_date(id);
    g_byte_array_append(reader->styles->is_date, &is_date, 1);
    return true;
}

static bool
take_token(Reader *reader, const XmlToken *token, GError **error)
{
    if (token->kind != XML_START && token->kind != XML_EMPTY && token->kind != XML_END) {
        return true;
    }
    XmlSpan local = xml_local_name(token->name);
    bool is_start = token->kind == XML_START;
    if (!reader->is_in_root && !xml_span_is(local, "styleSheet")) {
        return fail(error, APP_ERROR_INVALID, "the styles are something else");
    }
    reader->is_in_root = true;
    if (xml_span_is(local, "styleSheet")) {
        reader->is_root_closed = !is_start;
    } else if (xml_span_is(local, "numFmts")) {
        reader->is_in_number_formats = is_start;
    } else if (xml_span_is(local, "cellXfs")) {
        reader->is_in_cell_formats = is_start;
    } else if (token->kind == XML_END) {
        return true;
    } else if (reader->is_in_number_formats && xml_span_is(local, "numFmt")) {
        return take_number_format(reader, token->body, error);
    } else if (reader->is_in_cell_formats && xml_span_is(local, "xf")) {
        return take_cell_format(reader, token->body, error);
    }
    return true;
}

static bool
use_pieces(const char *data, gsize size, bool is_last, gpointer user_data, gsize *used,
           GError **error)
{
    Reader *reader = user_data;
    if (!reader->is_in_root && !worksheet_check_encoding(data, size, error)) {
        return false;
    }
    for (;;) {
        XmlToken token;
        XmlResult result = xml_next(data + *used, data + size, &token);
        if (result == XML_BAD) {
            return fail(error, APP_ERROR_INVALID, "the styles are not well formed");
        }
        if (result == XML_MORE) {
            return true;
        }
        if (!take_token(reader, &token, error)) {
            return false;
        }
        *used += token.whole.size;
    }
}

static bool
feed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Reader *reader = user_data;
    return pieces_feed(&reader->pieces, (const char *)data, size, false, use_pieces, reader, error);
}

Styles *
styles_read(const ZipReader *zip, const ZipMember *member, GError **error)
{
    g_autoptr(Styles) styles = g_new0(Styles, 1);
    styles->is_date = g_byte_array_new();
    Reader reader = { .styles = styles, .formats = g_hash_table_new(NULL, NULL) };
    pieces_init(&reader.pieces, MAX_TOKEN, "cell format");
    bool done = zip_read_chunks(zip, member, feed, &reader, error) &&
                pieces_feed(&reader.pieces, "", 0, true, use_pieces, &reader, error);
    if (done && !reader.is_root_closed) {
        done = fail(error, APP_ERROR_INVALID, "the styles end after cell format %u",
                    styles->is_date->len);
    }
    pieces_clear(&reader.pieces);
    g_hash_table_unref(reader.formats);
    return done ? g_steal_pointer(&styles) : NULL;
}

void
styles_free(Styles *styles)
{
    if (styles != NULL) {
        g_byte_array_unref(styles->is_date);
        g_free(styles);
    }
}

bool
styles_is_date(const Styles *styles, guint32 style)
{
    return style < styles->is_date->len && styles->is_date->data[style] != 0;
}

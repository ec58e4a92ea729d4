#include "sheet/shared_strings.h"

#include "base/error.h"
#include "sheet/cell.h"
#include "sheet/pieces.h"
#include "sheet/worksheet.h"

/* A cell holds 32,767 characters; runs of rich text describe a font for each few of them. */
static const gsize max_item = 16 * 1024 * 1024;

struct SharedStrings {
    GString *text;   /* each ends with a zero byte */
    GArray *offsets; /* guint64 */
};

typedef struct {
    Pieces pieces;
    SharedStringFunc func;
    gpointer user_data;
    GString *prefix;
    GString *text;
    bool is_in_root;
    bool is_root_closed;
    guint32 num_strings;
} Reader;

static bool
pass_item(Reader *reader, XmlSpan inside, GError **error)
{
    g_string_truncate(reader->text, 0);
    if (!cell_append_string(inside, reader->text)) {
        return fail(error, APP_ERROR_INVALID, "shared string %u is not well formed",
                    reader->num_strings);
    }
    return reader->func(reader->num_strings++, reader->text->str, reader->user_data, error);
}

static bool
use_pieces(const char *data, gsize size, bool is_last, gpointer user_data, gsize *used,
           GError **error)
{
    Reader *reader = user_data;
    if (!reader->is_in_root && !worksheet_check_encoding(data, size, error)) {
        return false;
    }
    const char *end = data + size;
    for (;;) {
        const char *at = data + *used;
        XmlToken token;
        XmlResult result = xml_next(at, end, &token);
        if (result == XML_BAD) {
            return fail(error, APP_ERROR_INVALID, "the shared strings are not well formed");
        }
        if (result == XML_MORE) {
            return true;
        }
        XmlPrefix prefix = { reader->prefix->str, reader->prefix->len };
        gsize token_size = token.whole.size;
        if (token.kind == XML_START || token.kind == XML_EMPTY) {
            XmlSpan local = xml_local_name(token.name), inside = { at, 0 };
            if (!reader->is_in_root) {
                if (!xml_span_is(local, "sst")) {
                    return fail(error, APP_ERROR_INVALID, "the shared strings are something else");
                }
                g_string_append_len(reader->prefix, token.name.data,
                                    (gssize)(token.name.size - local.size));
                reader->is_in_root = true;
                reader->is_root_closed = token.kind == XML_EMPTY;
            } else if (xml_is_element(token.name, prefix, "si")) {
                if (token.kind == XML_START) {
                    const char *item_end = xml_find_end(&token, end, &inside);
                    if (item_end == NULL) {
                        return true;
                    }
                    token_size = (gsize)(item_end - at);
                }
                if (!pass_item(reader, inside, error)) {
                    return false;
                }
            }
        } else if (token.kind == XML_END && xml_is_element(token.name, prefix, "sst")) {
            reader->is_root_closed = true;
        }
        *used += token_size;
    }
}

static bool
feed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Reader *reader = user_data;
    return pieces_feed(&reader->pieces, (const char *)data, size, false, use_pieces, reader, error);
}

bool
shared_strings_each(const ZipReader *zip, const ZipMember *member, SharedStringFunc func,
                    gpointer user_data, GError **error)
{
    Reader reader = { .func = func, .user_data = user_data };
    reader.prefix = g_string_new(NULL);
    reader.text = g_string_new(NULL);
    pieces_init(&reader.pieces, max_item, "shared string");
    bool done = zip_read_chunks(zip, member, feed, &reader, error) &&
                pieces_feed(&reader.pieces, "", 0, true, use_pieces, &reader, error);
    if (done && !reader.is_root_closed) {
        done = fail(error, APP_ERROR_INVALID, "the shared strings end after number %u",
                    reader.num_strings);
    }
    pieces_clear(&reader.pieces);
    g_string_free(reader.prefix, TRUE);
    g_string_free(reader.text, TRUE);
    return done;
}

static bool
keep(guint32 index, const char *text, gpointer user_data, GError **error)
{
    SharedStrings *strings = user_data;
    guint64 offset = strings->text->len;
    g_array_append_val(strings->offsets, offset);
    g_string_append_len(strings->text, text, (gssize)strlen(text) + 1);
    return true;
}

SharedStrings *
shared_strings_read(const ZipReader *zip, const ZipMember *member, GError **error)
{
    g_autoptr(SharedStrings) strings = g_new0(SharedStrings, 1);
    strings->text = g_string_new(NULL);
    strings->offsets = g_array_new(FALSE, FALSE, sizeof(guint64));
    if (!shared_strings_each(zip, member, keep, strings, error)) {
        return NULL;
    }
    return g_steal_pointer(&strings);
}

void
shared_strings_free(SharedStrings *strings)
{
    if (strings != NULL) {
        g_string_free(strings->text, TRUE);
        g_array_free(strings->offsets, TRUE);
        g_free(strings);
    }
}

const char *
shared_strings_get(const SharedStrings *strings, guint32 index)
{
    return index < strings->offsets->len
               ? strings->text->str + g_array_index(strings->offsets, guint64, index)
               : NULL;
}

#include "base/json_writer.h"

#include <math.h>
#include <string.h>

typedef struct {
    char close; /* '}' or ']' */
    bool has_members;
} Level;

struct JsonWriter {
    GString *text;
    GArray *levels; /* of Level */
    bool indent;
};

JsonWriter *
json_writer_new(bool indent)
{
    JsonWriter *writer = g_new0(JsonWriter, 1);
    writer->text = g_string_new(NULL);
    writer->levels = g_array_new(FALSE, FALSE, sizeof(Level));
    writer->indent = indent;
    return writer;
}

void
json_writer_free(JsonWriter *writer)
{
    if (writer != NULL) {
        g_free(json_writer_finish(writer));
    }
}

char *
json_writer_finish(JsonWriter *writer)
{
    char *text = g_string_free(writer->text, FALSE);
    g_array_unref(writer->levels);
    g_free(writer);
    return text;
}

static Level *
innermost(JsonWriter *writer)
{
    guint depth = writer->levels->len;
    return depth == 0 ? NULL : &g_array_index(writer->levels, Level, depth - 1);
}

static void
new_line(JsonWriter *writer)
{
    if (writer->indent) {
        g_string_append_c(writer->text, '\n');
        for (guint i = 0; i < writer->levels->len; i++) {
            g_string_append(writer->text, "  ");
        }
    }
}

/* As g_string_append_len, without a call where there is room: documents are made of short pieces.
 */
static void
append(GString *text, const char *piece, gsize size)
{
    if (text->len + size >= text->allocated_len) {
        g_string_append_len(text, piece, (gssize)size);
        return;
    }
    memcpy(text->str + text->len, piece, size);
    text->len += size;
    text->str[text->len] = '\0';
}

/* '<' does not, so that a document may stand inside an HTML script element. */
static bool
stands_for_itself(guchar c)
{
    return c >= 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '<';
}

static void
append_escaped(GString *text, guchar c)
{
    if (c == '"' || c == '\\') {
        g_string_append_c(text, '\\');
        g_string_append_c(text, (char)c);
    } else if (c == '\n') {
        g_string_append(text, "\\n");
    } else {
        g_string_append_printf(text, "\\u%04x", c);
    }
}

/* How far VALUE is of ASCII that stands for itself. */
static gsize
plain_length(const char *value)
{
    gsize length = 0;
    while (stands_for_itself((guchar)value[length]) && (guchar)value[length] < 0x80) {
        length++;
    }
    return length;
}

static void
append_quoted(GString *text, const char *value)
{
    gsize num_plain = plain_length(value);
    append(text, "\"", 1);
    append(text, value, num_plain);
    value += num_plain;
    g_autofree char *valid = NULL;
    if (value[0] != '\0' && !g_utf8_validate(value, -1, NULL)) {
        valid = g_utf8_make_valid(value, -1);
        value = valid;
    }
    const char *run = value; /* of characters that stand for themselves */
    const char *p = value;
    for (; *p != '\0'; p++) {
        if (!stands_for_itself((guchar)*p)) {
            append(text, run, (gsize)(p - run));
            append_escaped(text, (guchar)*p);
            run = p + 1;
        }
    }
    append(text, run, (gsize)(p - run));
    append(text, "\"", 1);
}

static void
begin_value(JsonWriter *writer, const char *name)
{
    Level *level = innermost(writer);
    g_assert(level != NULL || writer->text->len == 0);
    if (level == NULL) {
        g_assert(name == NULL);
        return;
    }
    g_assert((name != NULL) == (level->close == '}'));
    if (level->has_members) {
        append(writer->text, ",", 1);
    }
    level->has_members = true;
    new_line(writer);
    if (name != NULL) {
        append_quoted(writer->text, name);
        append(writer->text, ": ", writer->indent ? 2 : 1);
    }
}

static void
begin_level(JsonWriter *writer, const char *name, char open, char close)
{
    begin_value(writer, name);
    g_string_append_c(writer->text, open);
    Level level = { .close = close };
    g_array_append_val(writer->levels, level);
}

static void
end_level(JsonWriter *writer, char close)
{
    Level *level = innermost(writer);
    g_assert(level != NULL && level->close == close);
    bool has_members = level->has_members;
    g_array_set_size(writer->levels, writer->levels->len - 1);
    if (has_members) {
        new_line(writer);
    }
    g_string_append_c(writer->text, close);
}

void
json_begin_object(JsonWriter *writer, const char *name)
{
    begin_level(writer, name, '{', '}');
}

void
json_end_object(JsonWriter *writer)
{
    end_level(writer, '}');
}

void
json_begin_array(JsonWriter *writer, const char *name)
{
    begin_level(writer, name, '[', ']');
}

void
json_end_array(JsonWriter *writer)
{
    end_level(writer, ']');
}

void
json_string(JsonWriter *writer, const char *name, const char *value)
{
    if (value == NULL) {
        json_null(writer, name);
        return;
    }
    begin_value(writer, name);
    append_quoted(writer->text, value);
}

void
json_int(JsonWriter *writer, const char *name, gint64 value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    guint64 rest = value < 0 ? -(guint64)value : (guint64)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *--at = '-';
    }
    begin_value(writer, name);
    append(writer->text, at, (gsize)(digits + sizeof digits - at));
}

void
json_double(JsonWriter *writer, const char *name, double value, int num_decimals)
{
    if (!isfinite(value)) {
        json_null(writer, name);
        return;
    }
    char format[16];
    char digits[G_ASCII_DTOSTR_BUF_SIZE + 320];
    begin_value(writer, name);
    g_snprintf(format, sizeof format, "%%.%df", num_decimals);
    g_string_append(writer->text, g_ascii_formatd(digits, sizeof digits, format, value));
}

void
json_bool(JsonWriter *writer, const char *name, bool value)
{
    begin_value(writer, name);
    g_string_append(writer->text, value ? "true" : "false");
}

void
json_null(JsonWriter *writer, const char *name)
{
    begin_value(writer, name);
    g_string_append(writer->text, "null");
}

const GString *
json_writer_text(const JsonWriter *writer)
{
    return writer->text;
}

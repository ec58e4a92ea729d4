#include "base/json_reader.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

struct JsonReader {
    const char *start, *at, *end;
    guint depth;
    bool is_first;      /* nothing was read yet in the object or array just opened */
    char *problem;      /* NULL: all well */
    gsize problem_line; /* from 0 */
    GString *string;
};

/* 10^i is exact in a double up to here. */
static const double powers_of_ten[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

JsonReader *
json_reader_new(void)
{
    JsonReader *reader = g_new0(JsonReader, 1);
    reader->string = g_string_new(NULL);
    return reader;
}

void
json_reader_free(JsonReader *reader)
{
    if (reader == NULL) {
        return;
    }
    g_free(reader->problem);
    g_string_free(reader->string, TRUE);
    g_free(reader);
}

void
json_reader_start(JsonReader *reader, const char *text, gsize size)
{
    reader->start = reader->at = text;
    reader->end = text + size;
    reader->depth = 0;
    reader->is_first = false;
    g_clear_pointer(&reader->problem, g_free);
}

void
json_reader_start_bytes(JsonReader *reader, GBytes *bytes)
{
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    json_reader_start(reader, text == NULL ? "" : text, size);
}

bool
json_reader_is_wrong(const JsonReader *reader)
{
    return reader->problem != NULL;
}

void
json_read_wrong(JsonReader *reader, const char *format, ...)
{
    if (reader->problem != NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    reader->problem = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reader->problem_line = 0;
    for (const char *p = reader->start; p < reader->at; p++) {
        reader->problem_line += *p == '\n';
    }
    /* From now on there is nothing left to read. */
    reader->at = reader->end;
}

static void
skip_space(JsonReader *reader)
{
    const char *p = reader->at;
    while (p < reader->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    reader->at = p;
}

static bool
next_is(JsonReader *reader, char c)
{
    skip_space(reader);
    return reader->at < reader->end && *reader->at == c;
}

static void
expected(JsonReader *reader, const char *what)
{
    skip_space(reader);
    if (reader->at >= reader->end) {
        json_read_wrong(reader, "the text ends where %s should be", what);
    } else if (g_ascii_isgraph(*reader->at)) {
        json_read_wrong(reader, "'%c' stands where %s should be", *reader->at, what);
    } else {
        json_read_wrong(reader, "byte 0x%02x stands where %s should be", (guchar)*reader->at, what);
    }
}

JsonKind
json_peek(JsonReader *reader)
{
    skip_space(reader);
    char c = reader->at < reader->end ? *reader->at : '\0';
    switch (c) {
    case 'n':
        return JSON_NULL;
    case 't':
    case 'f':
        return JSON_BOOL;
    case '"':
        return JSON_STRING;
    case '[':
        return JSON_ARRAY;
    case '{':
        return JSON_OBJECT;
    default:
        return c == '-' || g_ascii_isdigit(c) ? JSON_NUMBER : JSON_NOTHING;
    }
}

static bool
take(JsonReader *reader, char c, const char *what)
{
    if (!next_is(reader, c)) {
        expected(reader, what);
        return false;
    }
    reader->at++;
    return true;
}

static void
descend(JsonReader *reader)
{
    if (++reader->depth > JSON_READER_MAX_DEPTH) {
        json_read_wrong(reader, "nested deeper than %d levels", JSON_READER_MAX_DEPTH);
    }
    reader->is_first = true;
}

/* After the members of an object or array: a comma and another, or the end. */
static bool
has_another(JsonReader *reader, char close)
{
    if (reader->problem != NULL) {
        return false;
    }
    bool is_first = reader->is_first;
    reader->is_first = false;
    if (next_is(reader, close)) {
        reader->at++;
        reader->depth--;
        return false;
    }
    return is_first || take(reader, ',', close == '}' ? "',' or '}'" : "',' or ']'");
}

guint64
json_read_object(JsonReader *reader)
{
    if (take(reader, '{', "an object")) {
        descend(reader);
    }
    return 0;
}

static bool
read_hex4(JsonReader *reader, gunichar *ret_unit)
{
    gunichar unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = reader->at < reader->end ? g_ascii_xdigit_value(*reader->at) : -1;
        if (digit < 0) {
            json_read_wrong(reader, "\\u without four hexadecimal digits");
            return false;
        }
        unit = unit << 4 | (gunichar)digit;
        reader->at++;
    }
    *ret_unit = unit;
    return true;
}

static void
read_unicode_escape(JsonReader *reader, GString *text)
{
    gunichar unit;
    if (!read_hex4(reader, &unit)) {
        return;
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
        gunichar low;
        if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u') {
            json_read_wrong(reader, "half a surrogate pair");
            return;
        }
        reader->at += 2;
        if (!read_hex4(reader, &low)) {
            return;
        }
        if (low < 0xdc00 || low > 0xdfff) {
            json_read_wrong(reader, "half a surrogate pair");
            return;
        }
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit < 0xe000) {
        json_read_wrong(reader, "half a surrogate pair");
        return;
    }
    if (unit == 0) {
        json_read_wrong(reader, "a NUL in a string");
        return;
    }
    g_string_append_unichar(text, unit);
}

static void
read_escape(JsonReader *reader, GString *text)
{
    static const char codes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = reader->at < reader->end ? *reader->at : '\0';
    const char *code = c == '\0' ? NULL : strchr(codes, c);
    if (code != NULL) {
        g_string_append_c(text, meanings[code - codes]);
        reader->at++;
    } else if (c == 'u') {
        reader->at++;
        read_unicode_escape(reader, text);
    } else {
        json_read_wrong(reader, "an unknown escape in a string");
    }
}

const char *
json_read_string(JsonReader *reader)
{
    GString *text = reader->string;
    g_string_truncate(text, 0);
    if (!take(reader, '"', "a string")) {
        return "";
    }
    while (reader->problem == NULL) {
        const char *from = reader->at;
        const char *p = from;
        while (p < reader->end && *p != '"' && *p != '\\' && (guchar)*p >= 0x20) {
            p++;
        }
        g_string_append_len(text, from, p - from);
        reader->at = p;
        if (p >= reader->end) {
            json_read_wrong(reader, "a string has no end");
        } else if (*p == '"') {
            reader->at++;
            break;
        } else if (*p == '\\') {
            reader->at++;
            read_escape(reader, text);
        } else {
            json_read_wrong(reader, "control character 0x%02x in a string", (guchar)*p);
        }
    }
    if (reader->problem == NULL && !g_utf8_validate(text->str, (gssize)text->len, NULL)) {
        json_read_wrong(reader, "a string is not UTF-8");
    }
    return reader->problem == NULL ? text->str : "";
}

int
json_read_key(JsonReader *reader, const char *const *keys, guint num_keys, guint64 *seen)
{
    while (has_another(reader, '}')) {
        const char *name = json_read_string(reader);
        int key = -1;
        for (guint i = 0; i < num_keys && key < 0; i++) {
            key = strcmp(name, keys[i]) == 0 ? (int)i : -1;
        }
        take(reader, ':', "':'");
        if (key >= 0 && (*seen & G_GUINT64_CONSTANT(1) << key) != 0) {
            json_read_wrong(reader, "\"%s\" comes twice", keys[key]);
        }
        if (reader->problem != NULL) {
            return -1;
        }
        if (key >= 0) {
            *seen |= G_GUINT64_CONSTANT(1) << key;
            return key;
        }
        json_read_skip(reader);
    }
    return -1;
}

void
json_read_require(JsonReader *reader, const char *const *keys, guint64 seen, guint64 required)
{
    guint64 missing = required & ~seen;
    if (missing != 0) {
        json_read_wrong(reader, "\"%s\" is missing", keys[__builtin_ctzll(missing)]);
    }
}

void
json_read_array(JsonReader *reader)
{
    if (take(reader, '[', "an array")) {
        descend(reader);
    }
}

bool
json_read_element(JsonReader *reader)
{
    return has_another(reader, ']');
}

/* A number at P: the end of it and its value, or NULL if there is none that JSON allows. */
static const char *
parse_number(const char *p, const char *end, double *ret_value)
{
    const char *start = p;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    guint64 mantissa = 0;
    const char *digits = p;
    while (p < end && *p >= '0' && *p <= '9') {
        mantissa = mantissa * 10 + (guint64)(*p++ - '0');
    }
    gsize num_digits = (gsize)(p - digits);
    if (num_digits == 0 || (*digits == '0' && num_digits > 1)) {
        return NULL;
    }
    gsize num_decimals = 0;
    if (p < end && *p == '.') {
        const char *decimals = ++p;
        while (p < end && *p >= '0' && *p <= '9') {
            mantissa = mantissa * 10 + (guint64)(*p++ - '0');
        }
        num_decimals = (gsize)(p - decimals);
        if (num_decimals == 0) {
            return NULL;
        }
    }
    bool has_exponent = p < end && (*p == 'e' || *p == 'E');
    if (has_exponent) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const char *exponent = p;
        while (p < end && g_ascii_isdigit(*p)) {
            p++;
        }
        if (p == exponent) {
            return NULL;
        }
    }
    /* Both factors exact in a double: one division rounds once, and is therefore right. */
    if (!has_exponent && num_digits + num_decimals <= 19 && mantissa <= (1ull << 53) &&
        num_decimals < G_N_ELEMENTS(powers_of_ten)) {
        double value = (double)mantissa / powers_of_ten[num_decimals];
        *ret_value = is_negative ? -value : value;
    } else {
        g_autofree char *copy = g_strndup(start, (gsize)(p - start));
        *ret_value = g_ascii_strtod(copy, NULL);
    }
    return p;
}

double
json_read_double(JsonReader *reader)
{
    skip_space(reader);
    double value;
    const char *after = parse_number(reader->at, reader->end, &value);
    if (after == NULL) {
        expected(reader, "a number");
        return 0;
    }
    if (!isfinite(value)) {
        json_read_wrong(reader, "a number is too large");
        return 0;
    }
    reader->at = after;
    return value;
}

gint64
json_read_int(JsonReader *reader, gint64 minimum, gint64 maximum)
{
    double value = json_read_double(reader);
    if (reader->problem == NULL &&
        (value != floor(value) || value < (double)minimum || value > (double)maximum)) {
        json_read_wrong(reader,
                        "%.15g is no whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                        value, minimum, maximum);
    }
    return reader->problem == NULL ? (gint64)value : minimum;
}

static bool
take_word(JsonReader *reader, const char *word)
{
    gsize size = strlen(word);
    skip_space(reader);
    if ((gsize)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0) {
        return false;
    }
    reader->at += size;
    return true;
}

bool
json_read_bool(JsonReader *reader)
{
    if (take_word(reader, "true")) {
        return true;
    }
    if (!take_word(reader, "false")) {
        expected(reader, "true or false");
    }
    return false;
}

bool
json_read_null(JsonReader *reader)
{
    return take_word(reader, "null");
}

char *
json_read_nullable_string(JsonReader *reader)
{
    return json_read_null(reader) ? NULL : g_strdup(json_read_string(reader));
}

/* Bounded by JSON_READER_MAX_DEPTH. */
void
json_read_skip(JsonReader *reader)
{
    skip_space(reader);
    char c = reader->at < reader->end ? *reader->at : '\0';
    if (c == '{') {
        guint64 seen = json_read_object(reader);
        while (json_read_key(reader, NULL, 0, &seen) >= 0) {
        }
    } else if (c == '[') {
        json_read_array(reader);
        while (json_read_element(reader)) {
            json_read_skip(reader);
        }
    } else if (c == '"') {
        json_read_string(reader);
    } else if (c == 't' || c == 'f') {
        json_read_bool(reader);
    } else if (!json_read_null(reader)) {
        json_read_double(reader);
    }
}

void
json_read_doubles(JsonReader *reader, const char *what, double *values, guint count)
{
    json_read_array(reader);
    guint found = 0;
    while (json_read_element(reader)) {
        double value = json_read_double(reader);
        if (found < count) {
            values[found] = value;
        }
        found++;
    }
    if (found != count) {
        json_read_wrong(reader, "%s has %u numbers instead of %u", what, found, count);
    }
}

void
json_read_floats(JsonReader *reader, GArray *values, guint max_count)
{
    json_read_array(reader);
    guint found = 0;
    while (json_read_element(reader)) {
        if (found++ >= max_count) {
            json_read_wrong(reader, "more than %u numbers in a row", max_count);
            return;
        }
        float value = NAN;
        if (!next_is(reader, 'n') || !json_read_null(reader)) {
            value = (float)json_read_double(reader);
            if (isinf(value)) {
                json_read_wrong(reader, "a number is too large");
            }
        }
        g_array_append_val(values, value);
    }
}

bool
json_reader_finish(JsonReader *reader, const char *name, guint64 first_line, GError **error)
{
    skip_space(reader);
    if (reader->problem == NULL && reader->at < reader->end) {
        expected(reader, "the end of the text");
    }
    if (reader->problem == NULL) {
        return true;
    }
    return fail(error, APP_ERROR_INVALID, "%s:%" G_GUINT64_FORMAT ": %s", name,
                first_line + reader->problem_line, reader->problem);
}

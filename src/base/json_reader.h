/* Reads JSON (RFC 8259) by pulling: the caller asks for what it expects, in the order of the text.
 * Nothing is built in memory, and the first thing that is wrong is remembered with its line; from
 * then on every call answers at once with nothing (0, "", the end of the array), so that a caller
 * reads to its end and asks once whether all was well.
 *
 *     static const char *const keys[] = { "t", "id" };
 *     guint64 seen = json_read_object(reader);
 *     for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;)
 *         switch (key) { case 0: t = json_read_double(reader); ... }
 *     json_read_require(reader, keys, seen, 1 << 0 | 1 << 1);
 *     return json_reader_finish(reader, "targets.jsonl", first_line, error);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define JSON_READER_MAX_DEPTH 64

typedef struct JsonReader JsonReader;

JsonReader *json_reader_new(void);
void json_reader_free(JsonReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonReader, json_reader_free)

/* Starts over with SIZE bytes of TEXT, which must stay until finish. One reader serves many texts.
 */
void json_reader_start(JsonReader *reader, const char *text, gsize size);
void json_reader_start_bytes(JsonReader *reader, GBytes *bytes);

/* Opens an object; returns the empty set of keys seen. */
guint64 json_read_object(JsonReader *reader);

/* The next member whose name is in KEYS (at most 64): its index, and its value is to be read next.
 * Members of other names are passed over. -1 after the last one. A name that comes twice is wrong.
 */
int json_read_key(JsonReader *reader, const char *const *keys, guint num_keys, guint64 *seen);

/* Wrong, naming the first missing key, unless all of REQUIRED (bits by index) were seen. */
void json_read_require(JsonReader *reader, const char *const *keys, guint64 seen, guint64 required);

/* Opens an array; then json_read_element before each element, until it says false. */
void json_read_array(JsonReader *reader);
bool json_read_element(JsonReader *reader);

/* Finite numbers only. */
double json_read_double(JsonReader *reader);
/* A whole number from MINIMUM to MAXIMUM; MINIMUM when something is wrong. */
gint64 json_read_int(JsonReader *reader, gint64 minimum, gint64 maximum);
bool json_read_bool(JsonReader *reader);
/* Valid UTF-8 without NUL, never NULL; stays until the next string is read. */
const char *json_read_string(JsonReader *reader);
/* A copy of a string, NULL for a null. */
char *json_read_nullable_string(JsonReader *reader);
/* Takes a null if there is one here. */
bool json_read_null(JsonReader *reader);
/* What the next value is by its first character, without taking it; JSON_NOTHING where none is. */
typedef enum {
    JSON_NOTHING,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} JsonKind;
JsonKind json_peek(JsonReader *reader);
/* Passes over any value. */
void json_read_skip(JsonReader *reader);

/* An array of exactly COUNT numbers into VALUES. WHAT names it in the text of an error. */
void json_read_doubles(JsonReader *reader, const char *what, double *values, guint count);

/* Appends an array of numbers, null becoming NAN, to VALUES (GArray of float); at most MAX_COUNT.
 * Made for long ones: about 5 ns a number. */
void json_read_floats(JsonReader *reader, GArray *values, guint max_count);

/* The caller found the value just read wrong. Only the first problem counts. */
void json_read_wrong(JsonReader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool json_reader_is_wrong(const JsonReader *reader);

/* True when the whole text was read and nothing was wrong. Else INVALID: "NAME:LINE: what", the
 * text's first line being FIRST_LINE. */
bool json_reader_finish(JsonReader *reader, const char *name, guint64 first_line, GError **error);

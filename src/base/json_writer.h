/* Writes JSON (RFC 8259) piece by piece into a growing string: nothing is held but the output.
 * The caller's order of calls is the document's; a member outside an object, or a value without a
 * name inside one, is a bug of ours and stops the program. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct JsonWriter JsonWriter;

/* With INDENT, one member to a line, two spaces a level; without, one line. */
JsonWriter *json_writer_new(bool indent);
void json_writer_free(JsonWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonWriter, json_writer_free)

/* NAME is the member's name inside an object, NULL inside an array and at the top. */
void json_begin_object(JsonWriter *writer, const char *name);
void json_end_object(JsonWriter *writer);
void json_begin_array(JsonWriter *writer, const char *name);
void json_end_array(JsonWriter *writer);

/* NULL writes null. Bytes that are not UTF-8 become U+FFFD: a document is always valid. */
void json_string(JsonWriter *writer, const char *name, const char *value);
void json_int(JsonWriter *writer, const char *name, gint64 value);
/* NUM_DECIMALS fixed digits after the point; a value that is not finite writes null. */
void json_double(JsonWriter *writer, const char *name, double value, int num_decimals);
void json_bool(JsonWriter *writer, const char *name, bool value);
void json_null(JsonWriter *writer, const char *name);

/* What has been written so far, owned by the writer. */
const GString *json_writer_text(const JsonWriter *writer);
/* The document, to be freed with g_free, without a copy; frees the writer. */
char *json_writer_finish(JsonWriter *writer);

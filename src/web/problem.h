/* Errors as clients see them: an HTTP status and a body of application/problem+json (RFC 9457). */
#pragma once

#include "base/json_writer.h"

#include <glib.h>

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* The one table from error codes to statuses. */
guint problem_status(const GError *error);

/* What may be told about ERROR: its text where the caller can do something about it, a fixed one
 * where the text speaks of our insides. */
const char *problem_detail(const GError *error);

/* "Not Found" */
const char *problem_title(guint status);

/* The body. DETAIL may be NULL. */
char *problem_text(guint status, const char *detail);
/* The same for a problem that tells more: the members so far, in an object that is left open. */
void problem_begin(JsonWriter *writer, guint status, const char *detail);

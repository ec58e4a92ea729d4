/* Header cells brought into one form, so that spelling, case, accents and punctuation do not
 * matter. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lower case without accents or width variants; "[marketplace_id=...]" selectors dropped;
 * everything but letters and digits is one space between words. "" for a text that is no header
 * (too long). */
char *header_normalise(const char *text);

/* Does NORMAL fit PATTERN ('%' a number, a final '*' anything)? RET_NUMBER: the number that '%'
 * stood for, 0 without one. */
bool header_matches(const char *normal, const char *pattern, guint32 *ret_number);

/* The value of [NAME=...] in a key as it stands, or NULL. */
char *header_selector(const char *key, const char *name);

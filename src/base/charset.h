/* Which encoding bytes without a mark are in. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The encoding, by its iconv name, of text that is not UTF-8: "CP932" (Windows-31J, Japanese),
 * "GBK" (Chinese) or "CP1252" (Western Europe), by what such text is mostly made of. A guess: a
 * caller lets the user overrule it. */
const char *charset_guess_legacy(const guint8 *data, gsize size);

/* Decodes into UTF-8; NULL without an error where DATA is not text of ENCODING. */
char *charset_decode(const guint8 *data, gsize size, const char *encoding);

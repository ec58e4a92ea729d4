/* Dates of HTTP (RFC 9110 5.6.7). Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
char *http_date_format(gint64 unix_seconds);
/* Of now; the calling thread's, until it calls again. */
const char *http_date_now(void);

/* All three forms. */
bool http_date_parse(const char *text, gint64 *ret_unix_seconds);

#pragma once

#include <glib.h>

/* "Not Found" for 404 (RFC 9110 15, RFC 6585). */
const char *http_status_reason(guint status);

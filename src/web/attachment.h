/* The name under which a browser saves a download. */
#pragma once

/* Content-Disposition (RFC 6266): a plain name for all, and NAME itself, any UTF-8, in the encoding
 * of RFC 8187. Slashes, quotes and control characters become '_'. */
char *attachment_disposition(const char *name);

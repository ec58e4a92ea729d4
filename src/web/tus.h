/* The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and checked apart from
 * any upload: pure functions over texts from outside. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define TUS_VERSION "1.0.0"
#define TUS_EXTENSIONS "creation,creation-with-upload,expiration,checksum,termination"
#define TUS_CHECKSUM_ALGORITHMS "sha1,sha256"

/* Metadata of an upload is a few names; a path has at most a few KB. */
#define TUS_MAX_METADATA_BYTES 8192
#define TUS_MAX_METADATA_KEYS 16

/* An offset or a length: decimal digits and nothing else, at most G_MAXINT64. */
bool tus_parse_number(const char *text, gint64 *ret_number);

/* "name cGF0aA==,batch MDEy": key -> value (UTF-8 without control characters other than what a
 * name may hold, "" where a key has none). NULL and INVALID for a key that comes twice, a value
 * that is not base64 of such text, or too many. NULL text: an empty table. */
GHashTable *tus_parse_metadata(const char *text, GError **error);

typedef enum { TUS_CHECKSUM_NONE, TUS_CHECKSUM_SHA1, TUS_CHECKSUM_SHA256 } TusChecksumKind;

typedef struct {
    TusChecksumKind kind;
    guint8 bytes[32];
    gsize size; /* 20 or 32 */
} TusChecksum;

/* "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". UNSUPPORTED for another algorithm, INVALID for what is no
 * checksum. NULL text: none. */
bool tus_parse_checksum(const char *text, TusChecksum *ret_checksum, GError **error);

/* An RFC 9110 date ("Sun, 06 Nov 1994 08:49:37 GMT") of microseconds since 1970. */
char *tus_format_expiry(gint64 microseconds);

/* SHA-256 (FIPS 180-4), by OpenSSL, which uses the processor's own instructions for it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define DIGEST_SIZE 32

typedef struct {
    guint8 bytes[DIGEST_SIZE];
} Digest;

Digest digest_of(const void *data, gsize size);

/* Digest of all that can be read from FD, from its start; the file offset is left alone. */
bool digest_of_fd(int fd, const char *name, Digest *ret_digest, GError **error);

/* The first NUM_CHARS (at most 64) characters of the lower-case hexadecimal form. */
char *digest_to_hex(const Digest *digest, guint num_chars);

/* Reads 64 hexadecimal characters. */
bool digest_from_hex(const char *hex, Digest *ret_digest);

bool digest_equal(const Digest *a, const Digest *b);

/* For GHashTable keys that point to a Digest. */
guint digest_hash(gconstpointer digest);
gboolean digest_equal_func(gconstpointer a, gconstpointer b);

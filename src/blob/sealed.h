/* The form in which objects are stored (LST-16): AES-256-GCM in chunks, so that any range can be
 * read and checked alone, and a stream can be written without knowing its length.
 *
 *     header   "CPSEAL", version 1, 16 (chunks of 2^16 bytes), id of the account's key (8 bytes),
 *              salt (16 random bytes)                                                 32 bytes
 *     chunk    ciphertext of 65,536 bytes, tag of 16; the last chunk has 0 to 65,536 bytes, and
 *              0 only when the object is empty
 *
 * An object's key is HKDF-SHA256 (RFC 5869) of the account's key with the salt, and with the header
 * and the object's id as info; the nonce of a chunk is its number (8 bytes, big-endian), three
 * zeros, and 1 for the last chunk or 0. So no nonce ever repeats under a key, and a byte changed in
 * the header, a chunk moved, exchanged with another object's, left out or cut off at the end does
 * not open. (The construction is STREAM: Hoang, Reyhanitabar, Rogaway, Vizar, 2015.) */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SEALED_HEADER_SIZE 32
#define SEALED_CHUNK_SIZE 65536
#define SEALED_TAG_SIZE 16

/* The key of an account. */
typedef struct {
    guint8 bytes[32];
} SealKey;

/* How many bytes PLAIN_SIZE bytes become. */
guint64 sealed_size(guint64 plain_size);
/* How many chunks they make: at least one. */
guint64 sealed_num_chunks(guint64 plain_size);

typedef struct Seal Seal;

/* For a new object; OBJECT is its id. */
Seal *seal_new(const SealKey *key, const char *object, guint8 ret_header[SEALED_HEADER_SIZE]);
/* For one that was written. INVALID for a header that is none of ours, or of another key. */
Seal *seal_open(const SealKey *key, const char *object, const guint8 header[SEALED_HEADER_SIZE],
                GError **error);
void seal_free(Seal *seal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Seal, seal_free)

/* Writes SIZE + SEALED_TAG_SIZE bytes to RET_SEALED. Each chunk once. */
void seal_chunk(Seal *seal, guint64 index, bool is_last, const void *plain, gsize size,
                guint8 *ret_sealed);
/* Writes SIZE bytes to RET_PLAIN from SIZE + SEALED_TAG_SIZE of SEALED. False, and RET_PLAIN is
 * wiped, when they are not chunk INDEX of this object as it was written. */
bool unseal_chunk(Seal *seal, guint64 index, bool is_last, const guint8 *sealed, gsize size,
                  guint8 *ret_plain);

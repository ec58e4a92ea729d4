/* Random bytes, comparison in constant time, base64url (RFC 4648 section 5), HMAC. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Bytes of the system's generator; the program stops when it has none. */
void secret_random(void *buffer, gsize size);

/* 256 random bits as 43 characters of base64url. */
char *secret_token(void);

/* Takes the same time wherever the two differ. */
bool secret_equal(const void *a, const void *b, gsize size);

/* Wipes; the compiler does not leave it out. */
void secret_clear(void *buffer, gsize size);

/* Without padding. */
char *base64url_encode(const void *data, gsize size);

/* LENGTH characters of TEXT, or all of it with -1. NULL for anything that base64url_encode would
 * not have written: padding, other characters, bits left over. */
GBytes *base64url_decode(const char *text, gssize length);

#define HMAC_SHA256_SIZE 32
void hmac_sha256(const void *key, gsize key_size, const void *data, gsize size,
                 guint8 ret_mac[HMAC_SHA256_SIZE]);

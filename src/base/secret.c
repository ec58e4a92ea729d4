#include "base/secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

enum { token_bytes = 32 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
secret_random(void *buffer, gsize size)
{
    for (gsize filled = 0; filled < size;) {
        gssize count = getrandom((guint8 *)buffer + filled, size - filled, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            g_error("the system gives no random bytes: %s", g_strerror(errno));
        }
        filled += (gsize)count;
    }
}

bool
secret_equal(const void *a, const void *b, gsize size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void
secret_clear(void *buffer, gsize size)
{
    OPENSSL_cleanse(buffer, size);
}

char *
base64url_encode(const void *data, gsize size)
{
    const guint8 *bytes = data;
    GString *text = g_string_sized_new((size * 4 + 2) / 3);
    guint32 bits = 0;
    guint num_bits = 0;
    for (gsize i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (num_bits += 8; num_bits >= 6; num_bits -= 6) {
            g_string_append_c(text, alphabet[bits >> (num_bits - 6) & 63]);
        }
    }
    if (num_bits > 0) {
        g_string_append_c(text, alphabet[bits << (6 - num_bits) & 63]);
    }
    return g_string_free(text, FALSE);
}

static int
digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == '-' ? 62 : digit == '_' ? 63 : -1;
}

GBytes *
base64url_decode(const char *text, gssize length)
{
    gsize num_chars = length < 0 ? strlen(text) : (gsize)length;
    if (num_chars % 4 == 1) {
        return NULL;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)(num_chars / 4 * 3 + 2));
    guint32 bits = 0;
    guint num_bits = 0;
    for (gsize i = 0; i < num_chars; i++) {
        int value = digit_value(text[i]);
        if (value < 0) {
            return NULL;
        }
        bits = bits << 6 | (guint32)value;
        num_bits += 6;
        if (num_bits >= 8) {
            num_bits -= 8;
            g_byte_array_append(bytes, &(guint8){ (guint8)(bits >> num_bits) }, 1);
        }
    }
    /* Two spellings of the same bytes would make two tokens of one. */
    if ((bits & ((1U << num_bits) - 1)) != 0) {
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

char *
secret_token(void)
{
    guint8 bytes[token_bytes];
    secret_random(bytes, sizeof bytes);
    char *token = base64url_encode(bytes, sizeof bytes);
    secret_clear(bytes, sizeof bytes);
    return token;
}

void
hmac_sha256(const void *key, gsize key_size, const void *data, gsize size,
            guint8 ret_mac[HMAC_SHA256_SIZE])
{
    g_assert(key_size <= G_MAXINT);
    guint length = 0;
    if (HMAC(EVP_sha256(), key, (int)key_size, data, size, ret_mac, &length) == NULL ||
        length != HMAC_SHA256_SIZE) {
        g_error("OpenSSL computes no HMAC-SHA-256");
    }
}

#include "blob/sealed.h"

#include "base/error.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <string.h>

static const guint8 magic[] = { 'C', 'P', 'S', 'E', 'A', 'L', 1, 16 };
enum { KEY_ID_AT = sizeof magic, KEY_ID_SIZE = 8, SALT_AT = KEY_ID_AT + KEY_ID_SIZE };
G_STATIC_ASSERT(SALT_AT + 16 == SEALED_HEADER_SIZE);
G_STATIC_ASSERT(SEALED_CHUNK_SIZE == 1 << 16);

struct Seal {
    EVP_CIPHER_CTX *context;
    bool is_for_writing;
};

guint64
sealed_num_chunks(guint64 plain_size)
{
    return plain_size == 0 ? 1 : (plain_size - 1) / SEALED_CHUNK_SIZE + 1;
}

guint64
sealed_size(guint64 plain_size)
{
    return SEALED_HEADER_SIZE + plain_size + sealed_num_chunks(plain_size) * SEALED_TAG_SIZE;
}

/* Looked up once: the look-up takes longer than sealing a small chunk. */
static const EVP_CIPHER *
cipher(void)
{
    static gsize fetched;
    if (g_once_init_enter(&fetched)) {
        EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
        g_assert(gcm != NULL);
        g_once_init_leave(&fetched, (gsize)gcm);
    }
    return (const EVP_CIPHER *)fetched;
}

static void
make_key_id(const SealKey *key, guint8 ret_id[KEY_ID_SIZE])
{
    static const char label[] = "cloudpick account key id";
    guint8 mac[HMAC_SHA256_SIZE];
    hmac_sha256(key->bytes, sizeof key->bytes, label, strlen(label), mac);
    memcpy(ret_id, mac, KEY_ID_SIZE);
}

/* HKDF-SHA256, one block of output being enough. */
static void
derive_object_key(const SealKey *key, const char *object, const guint8 *header,
                  guint8 ret_key[HMAC_SHA256_SIZE])
{
    guint8 extracted[HMAC_SHA256_SIZE];
    hmac_sha256(header + SALT_AT, SEALED_HEADER_SIZE - SALT_AT, key->bytes, sizeof key->bytes,
                extracted);
    g_autoptr(GByteArray) info = g_byte_array_new();
    g_byte_array_append(info, header, SEALED_HEADER_SIZE);
    g_byte_array_append(info, (const guint8 *)object, (guint)strlen(object));
    g_byte_array_append(info, (const guint8 *)"\1", 1);
    hmac_sha256(extracted, sizeof extracted, info->data, info->len, ret_key);
    secret_clear(extracted, sizeof extracted);
}

static Seal *
seal_with(const SealKey *key, const char *object, const guint8 *header, bool is_for_writing)
{
    guint8 object_key[HMAC_SHA256_SIZE];
    derive_object_key(key, object, header, object_key);
    Seal *seal = g_new0(Seal, 1);
    seal->is_for_writing = is_for_writing;
    seal->context = EVP_CIPHER_CTX_new();
    int done = EVP_CipherInit_ex2(seal->context, cipher(), object_key, NULL, is_for_writing, NULL);
    g_assert(done == 1);
    secret_clear(object_key, sizeof object_key);
    return seal;
}

Seal *
seal_new(const SealKey *key, const char *object, guint8 ret_header[SEALED_HEADER_SIZE])
{
    memcpy(ret_header, magic, sizeof magic);
    make_key_id(key, ret_header + KEY_ID_AT);
    secret_random(ret_header + SALT_AT, SEALED_HEADER_SIZE - SALT_AT);
    return seal_with(key, object, ret_header, true);
}

Seal *
seal_open(const SealKey *key, const char *object, const guint8 header[SEALED_HEADER_SIZE],
          GError **error)
{
    if (memcmp(header, magic, sizeof magic) != 0) {
        return fail_null(error, APP_ERROR_INVALID, "object %s: not a sealed object", object);
    }
    guint8 key_id[KEY_ID_SIZE];
    make_key_id(key, key_id);
    if (!secret_equal(header + KEY_ID_AT, key_id, KEY_ID_SIZE)) {
        return fail_null(error, APP_ERROR_INVALID, "object %s: sealed under another key", object);
    }
    return seal_with(key, object, header, false);
}

void
seal_free(Seal *seal)
{
    if (seal != NULL) {
        EVP_CIPHER_CTX_free(seal->context);
        g_free(seal);
    }
}

/* The key stays in the context; only the nonce changes from chunk to chunk. */
static void
set_nonce(Seal *seal, guint64 index, bool is_last)
{
    guint8 nonce[12] = { 0 };
    guint64 big_endian = GUINT64_TO_BE(index);
    memcpy(nonce, &big_endian, sizeof big_endian);
    nonce[11] = is_last;
    int done = EVP_CipherInit_ex2(seal->context, NULL, NULL, nonce, -1, NULL);
    g_assert(done == 1);
}

void
seal_chunk(Seal *seal, guint64 index, bool is_last, const void *plain, gsize size,
           guint8 *ret_sealed)
{
    g_assert(seal->is_for_writing && size <= SEALED_CHUNK_SIZE &&
             (is_last || size == SEALED_CHUNK_SIZE));
    set_nonce(seal, index, is_last);
    int length = 0, rest = 0;
    int done = size == 0 || EVP_EncryptUpdate(seal->context, ret_sealed, &length, plain, (int)size);
    g_assert(done == 1 && (gsize)length == size);
    done = EVP_EncryptFinal_ex(seal->context, ret_sealed + size, &rest);
    g_assert(done == 1 && rest == 0);
    done = EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_GET_TAG, SEALED_TAG_SIZE,
                               ret_sealed + size);
    g_assert(done == 1);
}

bool
unseal_chunk(Seal *seal, guint64 index, bool is_last, const guint8 *sealed, gsize size,
             guint8 *ret_plain)
{
    g_assert(!seal->is_for_writing && size <= SEALED_CHUNK_SIZE);
    set_nonce(seal, index, is_last);
    int length = 0, rest = 0;
    guint8 tag[SEALED_TAG_SIZE];
    memcpy(tag, sealed + size, SEALED_TAG_SIZE);
    int done = EVP_CIPHER_CTX_ctrl(seal->context, EVP_CTRL_AEAD_SET_TAG, SEALED_TAG_SIZE, tag);
    g_assert(done == 1);
    done = size == 0 || EVP_DecryptUpdate(seal->context, ret_plain, &length, sealed, (int)size);
    g_assert(done == 1 && (gsize)length == size);
    if (EVP_DecryptFinal_ex(seal->context, ret_plain + size, &rest) != 1) {
        secret_clear(ret_plain, size);
        return false;
    }
    return true;
}

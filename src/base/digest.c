#include "base/digest.h"

#include "base/error.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

static const gsize read_size = 256 * 1024;

/* Looked up once: EVP_sha256() has OpenSSL look it up at every use, which takes longer than the
 * digest of a short text. */
static const EVP_MD *
sha256(void)
{
    static gsize fetched;
    if (g_once_init_enter(&fetched)) {
        EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
        g_assert(md != NULL);
        g_once_init_leave(&fetched, (gsize)md);
    }
    return (const EVP_MD *)fetched; /* for as long as the program lives */
}

Digest
digest_of(const void *data, gsize size)
{
    Digest digest;
    int done = EVP_Digest(data, size, digest.bytes, NULL, sha256(), NULL);
    g_assert(done == 1);
    return digest;
}

bool
digest_of_fd(int fd, const char *name, Digest *ret_digest, GError **error)
{
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    g_autofree guint8 *buffer = g_malloc(read_size);
    off_t offset = 0;
    int done = EVP_DigestInit_ex(context, sha256(), NULL);
    g_assert(done == 1);
    for (;;) {
        ssize_t got = pread(fd, buffer, read_size, offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(error, errno, name);
        }
        if (got == 0) {
            break;
        }
        done = EVP_DigestUpdate(context, buffer, (size_t)got);
        g_assert(done == 1);
        offset += got;
    }
    done = EVP_DigestFinal_ex(context, ret_digest->bytes, NULL);
    g_assert(done == 1);
    return true;
}

char *
digest_to_hex(const Digest *digest, guint num_chars)
{
    static const char digits[] = "0123456789abcdef";
    g_assert(num_chars <= 2 * DIGEST_SIZE);
    char *hex = g_malloc(num_chars + 1);
    for (guint i = 0; i < num_chars; i++) {
        guint8 byte = digest->bytes[i / 2];
        hex[i] = digits[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    hex[num_chars] = '\0';
    return hex;
}

bool
digest_from_hex(const char *hex, Digest *ret_digest)
{
    Digest digest;
    if (strlen(hex) != 2 * DIGEST_SIZE) {
        return false;
    }
    for (guint i = 0; i < DIGEST_SIZE; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = g_ascii_xdigit_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        digest.bytes[i] = (guint8)(high << 4 | low);
    }
    *ret_digest = digest;
    return true;
}

bool
digest_equal(const Digest *a, const Digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

guint
digest_hash(gconstpointer digest)
{
    guint hash;
    memcpy(&hash, ((const Digest *)digest)->bytes, sizeof hash);
    return hash;
}

gboolean
digest_equal_func(gconstpointer a, gconstpointer b)
{
    return digest_equal(a, b);
}

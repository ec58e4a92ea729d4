#include "batches/memory_file.h"

#include "base/error.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIECE_BYTES = 1024 * 1024 };

int
memory_file_new(const char *name, GError **error)
{
    int fd = memfd_create("cloudpick", MFD_CLOEXEC);
    if (fd < 0) {
        (void)fail_errno(error, errno, name);
    }
    return fd;
}

bool
memory_file_write(int fd, const void *data, gsize size, const char *name, GError **error)
{
    const guint8 *from = data;
    while (size > 0) {
        ssize_t written = write(fd, from, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail_errno(error, errno, name);
        }
        from += written;
        size -= (gsize)written;
    }
    return true;
}

bool
memory_file_fill(int fd, Vault *vault, const Id *object, const char *name, GError **error)
{
    g_autoptr(VaultReader) reader = vault_open(vault, object, error);
    if (reader == NULL) {
        return false;
    }
    g_autofree guint8 *buffer = g_malloc(PIECE_BYTES);
    guint64 size = vault_size(reader);
    for (guint64 offset = 0; offset < size; offset += PIECE_BYTES) {
        gsize piece = (gsize)MIN(size - offset, PIECE_BYTES);
        if (!vault_read(reader, offset, buffer, piece, error) ||
            !memory_file_write(fd, buffer, piece, name, error)) {
            return false;
        }
    }
    return true;
}

#include "base/memory_pages.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char name[] = "a file in memory";

struct MemoryPages {
    int fd;
    GBytes *bytes; /* the mapping */
};

typedef struct {
    void *data;
    gsize size;
} Mapping;

static void
mapping_free(gpointer data)
{
    Mapping *mapping = data;
    munmap(mapping->data, mapping->size);
    g_free(mapping);
}

static bool
fill(int fd, const void *data, gsize size, GError **error)
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

static GBytes *
map(int fd, gsize size, GError **error)
{
    /* Private, for Linux before 6.7 lets nobody map what is sealed in any other way. */
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        (void)fail_errno(error, errno, name);
        return NULL;
    }
    Mapping *mapping = g_new(Mapping, 1);
    *mapping = (Mapping){ data, size };
    return g_bytes_new_with_free_func(data, size, mapping_free, mapping);
}

static void
pages_clear(gpointer data)
{
    MemoryPages *pages = data;
    g_clear_pointer(&pages->bytes, g_bytes_unref);
    if (pages->fd >= 0) {
        close(pages->fd);
    }
}

MemoryPages *
memory_pages_new(const void *data, gsize size, GError **error)
{
    g_assert(size > 0);
    g_autoptr(MemoryPages) pages = g_atomic_rc_box_new0(MemoryPages);
    pages->fd = memfd_create("pages", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (pages->fd < 0) {
        (void)fail_errno(error, errno, name);
        return NULL;
    }
    if (!fill(pages->fd, data, size, error)) {
        return NULL;
    }
    if (fcntl(pages->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) !=
        0) {
        (void)fail_errno(error, errno, name);
        return NULL;
    }
    pages->bytes = map(pages->fd, size, error);
    return pages->bytes == NULL ? NULL : g_steal_pointer(&pages);
}

MemoryPages *
memory_pages_ref(MemoryPages *pages)
{
    return g_atomic_rc_box_acquire(pages);
}

void
memory_pages_unref(MemoryPages *pages)
{
    g_atomic_rc_box_release_full(pages, pages_clear);
}

int
memory_pages_fd(const MemoryPages *pages)
{
    return pages->fd;
}

GBytes *
memory_pages_bytes(const MemoryPages *pages)
{
    return pages->bytes;
}

/* A ZIP file of any bytes: opened, every member read, and copied member by member; what could be
 * read before must read the same in the copy. */
#include "archive/zip.h"
#include "base/error.h"

#include <glib/gstdio.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const gsize max_member = 1024 * 1024;

static char *
copy_path(void)
{
    const char *dir = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    return g_strdup_printf("%s/zip-fuzz-%d.zip", dir, (int)getpid());
}

static void
compare(const ZipReader *reader, const ZipReader *copy)
{
    g_assert_cmpuint(zip_num_members(reader), ==, zip_num_members(copy));
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        const ZipMember *member = zip_member(reader, i), *copied = zip_member(copy, i);
        g_assert_cmpstr(member->name, ==, copied->name);
        g_autoptr(GBytes) before = zip_read_member(reader, member, max_member, NULL);
        g_autoptr(GBytes) after = zip_read_member(copy, copied, max_member, NULL);
        g_assert_true((before == NULL) == (after == NULL));
        g_assert_true(before == NULL || g_bytes_equal(before, after));
    }
}

static void
copy_all(const ZipReader *reader, const ZipLimits *limits)
{
    g_autofree char *path = copy_path();
    g_autoptr(ZipWriter) writer = zip_writer_new(path, NULL);
    g_assert_nonnull(writer);
    bool copied = true;
    for (gsize i = 0; i < zip_num_members(reader) && copied; i++) {
        const ZipMember *member = zip_member(reader, i);
        copied = zip_writer_copy(writer, reader, member, NULL);
    }
    if (copied) {
        g_autoptr(GError) error = NULL;
        (void)zip_writer_finish(writer, reader, &error);
        g_assert_no_error(error);
        g_autoptr(ZipReader) copy = zip_open(path, limits, &error);
        g_assert_no_error(error);
        compare(reader, copy);
        (void)g_unlink(path);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ZipLimits limits = { 1000, 1100, 1024, 1 << 24 };
    int fd = memfd_create("zip", MFD_CLOEXEC);
    g_assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipReader) reader = zip_open(path, &limits, &error);
    g_assert_true((reader == NULL) == (error != NULL));
    if (reader != NULL) {
        copy_all(reader, &limits);
    }
    close(fd);
    return 0;
}

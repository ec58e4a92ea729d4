#include "base/file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
write_all(int fd, const guint8 *data, gsize size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        data += written;
        size -= (gsize)written;
    }
    return true;
}

char *
file_partial_path(const char *path)
{
    /* The numbers keep programs and threads apart that write the same file. */
    return g_strdup_printf("%s.%d.%d.partial", path, (int)getpid(), (int)gettid());
}

/* Whether NAME ends as file_partial_path makes it. */
static bool
is_partial_name(const char *name)
{
    return g_regex_match_simple("\\.[0-9]+\\.[0-9]+\\.partial$", name, 0, 0);
}

void
file_remove_partials(const char *dir)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
        if (g_str_has_suffix(name, ".partial") && is_partial_name(name)) {
            g_autofree char *path = g_build_filename(dir, name, NULL);
            (void)g_unlink(path);
        }
    }
}

/* A rename is on the disk only when the directory that holds the name is. */
static bool
sync_directory_of(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    int result = fsync(fd);
    close(fd);
    /* Some file systems cannot sync a directory and say EINVAL; there is nothing to gain there. */
    return result == 0 || errno == EINVAL;
}

/* A rename over a device or a pipe would take its place: whoever writes to /dev/null as root would
 * leave the machine without it. */
static bool
may_be_replaced(const char *path, GError **error)
{
    struct stat info;
    return stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) ||
           fail(error, APP_ERROR_INVALID, "%s: is a device or a pipe, not a file", path);
}

bool
file_put_in_place(const char *partial_path, const char *path, GError **error)
{
    if (!may_be_replaced(path, error)) {
        return false;
    }
    int fd = open(partial_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(error, errno, partial_path);
    }
    int result = fsync(fd);
    int saved_errno = errno;
    close(fd);
    if (result != 0) {
        return fail_errno(error, saved_errno, path);
    }
    if (g_rename(partial_path, path) != 0 || !sync_directory_of(path)) {
        return fail_errno(error, errno, path);
    }
    return true;
}

/* Writes PATH's partial file; on failure nothing is left of it. */
static char *
write_partial(const char *path, const void *data, gsize size, GError **error)
{
    if (!may_be_replaced(path, error)) {
        return NULL;
    }
    g_autofree char *partial_path = file_partial_path(path);
    int fd = open(partial_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    bool written = write_all(fd, data, size);
    int saved_errno = errno;
    /* Some file systems report a full disk only at close. */
    if (close(fd) != 0 && written) {
        written = false;
        saved_errno = errno;
    }
    if (!written) {
        (void)g_unlink(partial_path);
        (void)fail_errno(error, saved_errno, path);
        return NULL;
    }
    return g_steal_pointer(&partial_path);
}

bool
file_write_whole(const char *path, const void *data, gsize size, GError **error)
{
    g_autofree char *partial_path = write_partial(path, data, size, error);
    if (partial_path == NULL) {
        return false;
    }
    if (!file_put_in_place(partial_path, path, error)) {
        (void)g_unlink(partial_path);
        return false;
    }
    return true;
}

bool
file_write_quickly(const char *path, const void *data, gsize size, GError **error)
{
    g_autofree char *partial_path = write_partial(path, data, size, error);
    if (partial_path == NULL) {
        return false;
    }
    if (g_rename(partial_path, path) != 0) {
        int saved_errno = errno;
        (void)g_unlink(partial_path);
        return fail_errno(error, saved_errno, path);
    }
    return true;
}

GBytes *
file_read_whole(const char *path, gsize max_size, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    struct stat info;
    GBytes *bytes = NULL;
    if (fstat(fd, &info) != 0) {
        (void)fail_errno(error, errno, path);
    } else if (S_ISDIR(info.st_mode)) {
        (void)fail_errno(error, EISDIR, path);
    } else if ((guint64)info.st_size > max_size) {
        (void)fail(error, APP_ERROR_TOO_LARGE,
                   "%s: %" G_GINT64_FORMAT " bytes, the limit is %" G_GSIZE_FORMAT, path,
                   (gint64)info.st_size, max_size);
    } else {
        gsize size = 0;
        guint8 *data = g_malloc((gsize)info.st_size + 1);
        ssize_t got = 0;
        /* A file that grows while it is read is cut at the size it had. */
        while (size < (gsize)info.st_size &&
               ((got = read(fd, data + size, (gsize)info.st_size - size)) > 0 ||
                (got < 0 && errno == EINTR))) {
            size += got > 0 ? (gsize)got : 0;
        }
        if (got < 0) {
            (void)fail_errno(error, errno, path);
            g_free(data);
        } else {
            bytes = g_bytes_new_take(data, size);
        }
    }
    close(fd);
    return bytes;
}

bool
file_is_same(const char *path_a, const char *path_b)
{
    struct stat a, b;
    return stat(path_a, &a) == 0 && stat(path_b, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

bool
file_make_directories(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) != 0) {
        return fail_errno(error, errno, path);
    }
    return true;
}

#include "blob/directory.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The disk begins with what is there while more comes; otherwise it would do nothing until the end,
 * and then everybody would wait for it. */
static const gsize write_out_bytes = 1024 * 1024;

/* What is being written has this at the end of its name, so that it is found by its key. */
static const char partial_suffix[] = ".partial";

typedef struct {
    BlobStore base;
    char *path;
    int fd; /* of the directory */
} DirectoryStore;

typedef struct {
    BlobWriter base;
    char *key;
    char *partial;
    int fd;                  /* -1 once closed */
    guint64 size, size_sent; /* written, and of that on its way to the disk */
    bool is_linked;          /* the object has its name */
    bool is_committed;       /* and that is on the disk */
} DirectoryWriter;

/* Writes bind to a name only when the directory that holds it is on the disk, too. */
static bool
sync_directory(const DirectoryStore *store, const char *directory, GError **error)
{
    int fd = openat(store->fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        /* Nothing was ever written there. */
        return errno == ENOENT || fail_errno(error, errno, directory);
    }
    int result = fsync(fd);
    int saved_errno = errno;
    close(fd);
    /* Some file systems cannot sync a directory and say EINVAL; there is nothing to gain there. */
    return result == 0 || saved_errno == EINVAL || fail_errno(error, saved_errno, directory);
}

/* Makes the directories above KEY, each name synced before anything is put into it. */
static bool
make_directories(const DirectoryStore *store, const char *key, GError **error)
{
    for (const char *slash = strchr(key, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *directory = g_strndup(key, (gsize)(slash - key));
        if (mkdirat(store->fd, directory, 0700) == 0) {
            g_autofree char *parent = g_path_get_dirname(directory);
            if (!sync_directory(store, parent, error)) {
                return false;
            }
        } else if (errno != EEXIST) {
            return fail_errno(error, errno, directory);
        }
    }
    return true;
}

static BlobWriter *
directory_create(BlobStore *base, const char *key, GError **error)
{
    DirectoryStore *store = (DirectoryStore *)base;
    g_autofree char *partial = g_strconcat(key, partial_suffix, NULL);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(store->fd, partial, flags, 0600);
    if (fd < 0 && errno == ENOENT) {
        if (!make_directories(store, key, error)) {
            return NULL;
        }
        fd = openat(store->fd, partial, flags, 0600);
    }
    if (fd < 0) {
        (void)fail_errno(error, errno, partial);
        return NULL;
    }
    DirectoryWriter *writer = g_new0(DirectoryWriter, 1);
    writer->base.store = base;
    writer->key = g_strdup(key);
    writer->partial = g_steal_pointer(&partial);
    writer->fd = fd;
    return &writer->base;
}

static bool
directory_write(BlobWriter *base, const void *data, gsize size, GError **error)
{
    DirectoryWriter *writer = (DirectoryWriter *)base;
    const guint8 *at = data;
    while (size > 0) {
        ssize_t written = write(writer->fd, at, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail_errno(error, errno, writer->key);
        }
        at += written;
        size -= (gsize)written;
        writer->size += (guint64)written;
    }
    if (writer->size - writer->size_sent >= write_out_bytes) {
        /* Only to be early: what fails here fails in the fsync at the end, too. */
        (void)sync_file_range(writer->fd, (off_t)writer->size_sent,
                              (off_t)(writer->size - writer->size_sent), SYNC_FILE_RANGE_WRITE);
        writer->size_sent = writer->size;
    }
    return true;
}

static bool
directory_commit(BlobWriter *base, GError **error)
{
    DirectoryWriter *writer = (DirectoryWriter *)base;
    const DirectoryStore *store = (DirectoryStore *)base->store;
    /* A link, unlike a rename, refuses a name that exists. The name comes before the sync, so that
     * a journal takes both at once: nobody is told of the object yet, and after a power cut its
     * bytes are found by its key, whole or not. */
    writer->is_linked = linkat(store->fd, writer->partial, store->fd, writer->key, 0) == 0;
    if (!writer->is_linked || unlinkat(store->fd, writer->partial, 0) != 0 ||
        fsync(writer->fd) != 0) {
        return fail_errno(error, errno, writer->key);
    }
    /* Some file systems report a full disk only here. */
    int result = close(writer->fd);
    writer->fd = -1;
    if (result != 0) {
        return fail_errno(error, errno, writer->key);
    }
    g_autofree char *directory = g_path_get_dirname(writer->key);
    writer->is_committed = sync_directory(store, directory, error);
    return writer->is_committed;
}

static void
directory_writer_free(BlobWriter *base)
{
    DirectoryWriter *writer = (DirectoryWriter *)base;
    const DirectoryStore *store = (DirectoryStore *)base->store;
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (!writer->is_committed) {
        (void)unlinkat(store->fd, writer->partial, 0);
    }
    if (writer->is_linked && !writer->is_committed) {
        (void)unlinkat(store->fd, writer->key, 0);
    }
    g_free(writer->partial);
    g_free(writer->key);
    g_free(writer);
}

static bool
directory_read(BlobStore *base, const char *key, guint64 offset, void *buffer, gsize size,
               GError **error)
{
    const DirectoryStore *store = (DirectoryStore *)base;
    int fd = openat(store->fd, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return fail_errno(error, errno, key);
    }
    guint8 *at = buffer;
    ssize_t got = 0;
    while (size > 0 &&
           ((got = pread(fd, at, size, (off_t)offset)) > 0 || (got < 0 && errno == EINTR))) {
        if (got > 0) {
            at += got;
            offset += (guint64)got;
            size -= (gsize)got;
        }
    }
    int saved_errno = errno;
    close(fd);
    if (got < 0) {
        return fail_errno(error, saved_errno, key);
    }
    return size == 0 || fail(error, APP_ERROR_INVALID, "%s: ends too early", key);
}

static bool
unlink_key(const DirectoryStore *store, const char *name, GError **error)
{
    return unlinkat(store->fd, name, 0) == 0 || errno == ENOENT || fail_errno(error, errno, name);
}

static bool
directory_remove(BlobStore *base, GPtrArray *keys, GError **error)
{
    const DirectoryStore *store = (DirectoryStore *)base;
    g_autoptr(GHashTable) directories =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < keys->len; i++) {
        if (!unlink_key(store, keys->pdata[i], error)) {
            return false;
        }
        g_hash_table_add(directories, g_path_get_dirname(keys->pdata[i]));
    }
    GHashTableIter iter;
    gpointer directory;
    g_hash_table_iter_init(&iter, directories);
    while (g_hash_table_iter_next(&iter, &directory, NULL)) {
        if (!sync_directory(store, directory, error)) {
            return false;
        }
    }
    return true;
}

static bool
directory_remove_unfinished(BlobStore *base, const char *key, GError **error)
{
    const DirectoryStore *store = (DirectoryStore *)base;
    g_autofree char *partial = g_strconcat(key, partial_suffix, NULL);
    g_autofree char *directory = g_path_get_dirname(key);
    return unlink_key(store, partial, error) && unlink_key(store, key, error) &&
           sync_directory(store, directory, error);
}

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sort_uniquely(GPtrArray *names)
{
    g_ptr_array_sort(names, compare_strings);
    for (guint i = names->len; i > 1; i--) {
        if (strcmp(names->pdata[i - 1], names->pdata[i - 2]) == 0) {
            g_ptr_array_remove_index(names, i - 1);
        }
    }
}

/* Adds the keys below DIRECTORY ("" for all), which sort after AFTER, until there are MAX_KEYS. */
static bool
list_below(const DirectoryStore *store, const char *directory, const char *after, guint max_keys,
           GPtrArray *keys, GError **error)
{
    g_autofree char *path = g_build_filename(store->path, directory, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *key =
            directory[0] == '\0' ? g_strdup(name) : g_strdup_printf("%s/%s", directory, name);
        if (g_str_has_suffix(key, partial_suffix)) {
            key[strlen(key) - strlen(partial_suffix)] = '\0';
        }
        /* A directory may hold later keys though its own name is a prefix of AFTER. */
        if (strcmp(key, after) > 0 || g_str_has_prefix(after, key)) {
            g_ptr_array_add(names, g_steal_pointer(&key));
        }
    }
    sort_uniquely(names);
    for (guint i = 0; i < names->len && keys->len < max_keys; i++) {
        const char *key = names->pdata[i];
        struct stat info;
        if (fstatat(store->fd, key, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode)) {
            if (!list_below(store, key, after, max_keys, keys, error)) {
                return false;
            }
        } else if (strcmp(key, after) > 0) {
            g_ptr_array_add(keys, g_strdup(key));
        }
    }
    return true;
}

static GPtrArray *
directory_list(BlobStore *base, const char *after, guint max_keys, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    if (!list_below((DirectoryStore *)base, "", after, max_keys, keys, error)) {
        return NULL;
    }
    return g_steal_pointer(&keys);
}

static void
directory_free(BlobStore *base)
{
    DirectoryStore *store = (DirectoryStore *)base;
    close(store->fd);
    g_free(store->path);
    g_free(store);
}

static const BlobBackend directory_backend = {
    .create = directory_create,
    .write = directory_write,
    .commit = directory_commit,
    .writer_free = directory_writer_free,
    .read = directory_read,
    .remove = directory_remove,
    .remove_unfinished = directory_remove_unfinished,
    .list = directory_list,
    .free = directory_free,
    .read_ahead = 256 * 1024,
};

BlobStore *
directory_store_new(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0700) != 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    DirectoryStore *store = g_new0(DirectoryStore, 1);
    store->base.backend = &directory_backend;
    store->path = g_strdup(path);
    store->fd = fd;
    return &store->base;
}

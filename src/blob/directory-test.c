#include "blob/directory.h"

#include "base/error.h"
#include "blob/store_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *root; /* of the whole test */
static guint num_stores;

static char *
next_path(void)
{
    return g_strdup_printf("%s/%u", root, num_stores++);
}

static BlobStore *
make_store(void)
{
    g_autofree char *path = next_path();
    g_autoptr(GError) error = NULL;
    BlobStore *store = directory_store_new(path, &error);
    g_assert_no_error(error);
    return store;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    (void)g_remove(path);
}

static void
test_only_the_owner_can_look(void)
{
    g_autofree char *path = next_path();
    g_autoptr(BlobStore) store = directory_store_new(path, NULL);
    put_text(store, "pictures/aa/one", "text");
    static const struct {
        const char *name;
        mode_t mode;
    } expected[] = {
        { "", 0700 }, { "pictures", 0700 }, { "pictures/aa", 0700 }, { "pictures/aa/one", 0600 }
    };
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autofree char *full = g_build_filename(path, expected[i].name, NULL);
        struct stat info;
        g_assert_cmpint(stat(full, &info), ==, 0);
        g_assert_cmpuint(info.st_mode & 0777, ==, expected[i].mode);
    }
}

/* What a killed process was writing is found by the key. */
static void
test_leavings_of_a_killed_writer(void)
{
    g_autoptr(BlobStore) store = make_store();
    pid_t child = fork();
    if (child == 0) {
        BlobWriter *writer = blob_create(store, "pictures/aa/one", NULL);
        (void)blob_write(writer, "half", 4, NULL);
        (void)raise(SIGKILL);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) keys = blob_list(store, "", 10, &error);
    g_assert_cmpuint(keys->len, ==, 1);
    g_assert_cmpstr(keys->pdata[0], ==, "pictures/aa/one");
    blob_remove_unfinished(store, "pictures/aa/one", &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) none = blob_list(store, "", 10, &error);
    g_assert_cmpuint(none->len, ==, 0);
}

static void
test_a_link_is_not_followed(void)
{
    g_autofree char *path = next_path();
    g_autoptr(BlobStore) store = directory_store_new(path, NULL);
    put_text(store, "pictures/aa/one", "text");
    g_autofree char *link = g_build_filename(path, "pictures/aa/two", NULL);
    g_assert_cmpint(symlink("one", link), ==, 0);
    g_assert_false(has_text(store, "pictures/aa/two", "text"));
}

/* Mounts 256 KiB at PATH in a namespace of this process; false where that is not allowed. */
static bool
mount_small_disk(const char *path)
{
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0) {
        return false;
    }
    if (uid != 0) {
        g_autofree char *uids = g_strdup_printf("0 %u 1", uid);
        g_autofree char *gids = g_strdup_printf("0 %u 1", gid);
        if (!g_file_set_contents_full("/proc/self/uid_map", uids, -1, G_FILE_SET_CONTENTS_NONE, 0,
                                      NULL) ||
            !g_file_set_contents_full("/proc/self/setgroups", "deny", -1, G_FILE_SET_CONTENTS_NONE,
                                      0, NULL) ||
            !g_file_set_contents_full("/proc/self/gid_map", gids, -1, G_FILE_SET_CONTENTS_NONE, 0,
                                      NULL)) {
            return false;
        }
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("small", path, "tmpfs", 0, "size=256k") == 0;
}

enum { FULL_DISK_OK = 0, FULL_DISK_NOT_ALLOWED = 1, FULL_DISK_WRONG = 2 };

/* In a process of its own. */
static int
fill_small_disk(const char *path)
{
    if (!mount_small_disk(path)) {
        return FULL_DISK_NOT_ALLOWED;
    }
    g_autoptr(BlobStore) store = directory_store_new(path, NULL);
    put_text(store, "pictures/aa/before", "text");
    g_autofree char *large = g_strnfill(1024 * 1024, 'x');
    g_autoptr(GError) error = NULL;
    BlobWriter *writer = blob_create(store, "pictures/aa/large", &error);
    bool written = blob_write(writer, large, 1024 * 1024, &error) && blob_commit(writer, &error);
    blob_writer_free(writer);
    g_autoptr(GPtrArray) keys = blob_list(store, "", 10, NULL);
    bool is_right = !written && g_error_matches(error, APP_ERROR, APP_ERROR_NO_SPACE) &&
                    strstr(error->message, g_strerror(ENOSPC)) != NULL && keys->len == 1 &&
                    has_text(store, "pictures/aa/before", "text");
    if (is_right) {
        put_text(store, "pictures/aa/after", "text"); /* and the disk is usable again */
    }
    return is_right ? FULL_DISK_OK : FULL_DISK_WRONG;
}

static void
test_full_disk_leaves_nothing(void)
{
    g_autofree char *path = next_path();
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(fill_small_disk(path));
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == FULL_DISK_NOT_ALLOWED) {
        g_test_skip("this user may not mount a small disk");
        return;
    }
    g_assert_cmpint(WEXITSTATUS(status), ==, FULL_DISK_OK);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    root = g_dir_make_tmp("cloudpick-blob-XXXXXX", NULL);
    g_assert_nonnull(root);
    add_store_cases("/directory", make_store);
    g_test_add_func("/directory/only-the-owner-can-look", test_only_the_owner_can_look);
    g_test_add_func("/directory/leavings-of-a-killed-writer", test_leavings_of_a_killed_writer);
    g_test_add_func("/directory/a-link-is-not-followed", test_a_link_is_not_followed);
    g_test_add_func("/directory/full-disk-leaves-nothing", test_full_disk_leaves_nothing);
    int status = g_test_run();
    remove_tree(root);
    g_free(root);
    return status;
}

#include "web/master_keys.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *dir, *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("cloudpick-keys-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->dir, "master-key", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_unlink(fixture->path);
    g_rmdir(fixture->dir);
    g_free(fixture->path);
    g_free(fixture->dir);
}

static void
write_keys(const Fixture *fixture, const char *text, int mode)
{
    g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
    g_assert_cmpint(g_chmod(fixture->path, mode), ==, 0);
}

static void
test_new_key_is_kept_and_private(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GArray) first = master_keys_read(fixture->path, true, NULL);
    g_autoptr(GArray) second = master_keys_read(fixture->path, true, NULL);
    g_assert_cmpuint(first->len, ==, 1);
    g_assert_cmpmem(first->data, sizeof(MasterKey), second->data, sizeof(MasterKey));
    struct stat status;
    g_assert_cmpint(stat(fixture->path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

static void
test_key_that_should_be_there_is_not_made(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(master_keys_read(fixture->path, false, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

static void
test_order_is_the_files(Fixture *fixture, gconstpointer data)
{
    g_autofree char *newest = g_strnfill(64, 'a');
    g_autofree char *oldest = g_strnfill(64, 'b');
    g_autofree char *text = g_strconcat("# two\n\n", newest, "\n ", oldest, " \n", NULL);
    write_keys(fixture, text, 0600);
    g_autoptr(GArray) keys = master_keys_read(fixture->path, false, NULL);
    g_assert_cmpuint(keys->len, ==, 2);
    g_assert_cmpint(g_array_index(keys, MasterKey, 0).bytes[0], ==, 0xaa);
    g_assert_cmpint(g_array_index(keys, MasterKey, 1).bytes[31], ==, 0xbb);
}

static void
test_wrong_files_are_refused(Fixture *fixture, gconstpointer data)
{
    g_autofree char *key = g_strnfill(64, 'a');
    const struct {
        const char *text;
        int mode;
        const char *message;
    } cases[] = {
        { "", 0600, "holds no key" },
        { "abc\n", 0600, ":1: not a key" },
        { key, 0644, "everybody may read it" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        write_keys(fixture, cases[i].text, cases[i].mode);
        g_assert_null(master_keys_read(fixture->path, true, &error));
        g_assert_nonnull(strstr(error->message, cases[i].message));
        g_assert_null(strstr(error->message, key));
    }
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/master-keys/new", test_new_key_is_kept_and_private);
    ADD("/master-keys/absent", test_key_that_should_be_there_is_not_made);
    ADD("/master-keys/order", test_order_is_the_files);
    ADD("/master-keys/wrong", test_wrong_files_are_refused);
    return g_test_run();
}

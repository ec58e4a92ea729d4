#include "base/file.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
test_written_file_is_whole_and_leaves_nothing_beside_it(void)
{
    g_autofree char *directory = g_dir_make_tmp("file-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "a", NULL);
    g_assert_true(file_write_whole(path, "one", 3, NULL));
    g_assert_true(file_write_whole(path, "second", 6, NULL));
    g_autoptr(GBytes) bytes = file_read_whole(path, 100, NULL);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "second", 6);
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(dir), ==, "a");
    g_assert_null(g_dir_read_name(dir));
    g_unlink(path);
    g_rmdir(directory);
}

static void
test_failure_names_the_path_and_the_reason(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(file_write_whole("/nonexistent/x", "a", 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "/nonexistent/x: No such file"));
}

/* "--out /dev/null" as root. */
static void
test_what_is_no_file_is_not_replaced(void)
{
    g_autofree char *directory = g_dir_make_tmp("file-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "pipe", NULL);
    g_autofree char *partial = g_build_filename(directory, "partial", NULL);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    g_assert_true(file_write_whole(partial, "x", 1, NULL));
    g_autoptr(GError) error = NULL;
    g_assert_false(file_write_whole(path, "x", 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_false(file_write_quickly(path, "x", 1, NULL));
    g_assert_false(file_put_in_place(partial, path, NULL));
    GStatBuf info;
    g_assert_cmpint(g_stat(path, &info), ==, 0);
    g_assert_true(S_ISFIFO(info.st_mode));
    g_unlink(partial);
    g_unlink(path);
    g_assert_cmpint(g_rmdir(directory), ==, 0); /* nothing else was left in it */
}

static void
test_file_above_the_limit_is_refused(void)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    g_close(g_file_open_tmp("file-XXXXXX", &path, NULL), NULL);
    g_assert_true(file_write_whole(path, "12345", 5, NULL));
    g_assert_null(file_read_whole(path, 4, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_unlink(path);
}

static void
test_directory_is_not_read_as_a_file(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(file_read_whole("/", 4, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_left_overs_are_removed_and_nothing_else(void)
{
    g_autofree char *directory = g_dir_make_tmp("file-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "report.csv", NULL);
    g_autofree char *partial = file_partial_path(path);
    g_autofree char *own = g_build_filename(directory, "my.partial", NULL);
    g_assert_true(g_file_set_contents(partial, "x", 1, NULL));
    g_assert_true(g_file_set_contents(own, "x", 1, NULL));
    file_remove_partials(directory);
    g_assert_false(g_file_test(partial, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(own, G_FILE_TEST_EXISTS));
    g_unlink(own);
    g_rmdir(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/file/written-file-is-whole",
                    test_written_file_is_whole_and_leaves_nothing_beside_it);
    g_test_add_func("/file/failure-names-path-and-reason",
                    test_failure_names_the_path_and_the_reason);
    g_test_add_func("/file/no-file", test_what_is_no_file_is_not_replaced);
    g_test_add_func("/file/above-the-limit-is-refused", test_file_above_the_limit_is_refused);
    g_test_add_func("/file/directory-is-refused", test_directory_is_not_read_as_a_file);
    g_test_add_func("/file/left-overs", test_left_overs_are_removed_and_nothing_else);
    return g_test_run();
}

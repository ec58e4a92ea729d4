#include "listing/intake.h"

#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *dir;
    Intake *intake;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    const IntakeLimits limits = { .zip = { .max_entries = 100,
                                           .max_ratio = 100,
                                           .max_name_bytes = 1000,
                                           .max_total_bytes = 1000000 },
                                  .max_photos = 20,
                                  .max_photo_bytes = 100000 };
    fixture->dir = g_dir_make_tmp("intake-XXXXXX", NULL);
    fixture->intake = intake_new(&limits);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK)) {
            remove_tree(child);
        } else {
            g_unlink(child);
        }
    }
    g_rmdir(path);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    intake_free(fixture->intake);
    remove_tree(fixture->dir);
    g_free(fixture->dir);
}

/* Returns the path. */
static char *
put(Fixture *fixture, const char *name, const char *text)
{
    char *path = g_build_filename(fixture->dir, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_true(file_make_directories(folder, NULL));
    g_assert_true(file_write_quickly(path, text, strlen(text), NULL));
    return path;
}

static void
add(Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->dir, name, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(intake_add(fixture->intake, path, &error));
    g_assert_no_error(error);
}

/* The names of all photos, in order, a blank between them. */
static char *
names(Fixture *fixture)
{
    intake_finish(fixture->intake);
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < intake_num_photos(fixture->intake); i++) {
        g_string_append_printf(text, "%s%s", i == 0 ? "" : " ",
                               intake_photo(fixture->intake, i)->name);
    }
    return g_strdup(text->str);
}

static void
test_folder_is_listed_with_all_below_it(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/b.jpg", "b"));
    g_free(put(fixture, "p/a/x.jpg", "x"));
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a/x.jpg b.jpg");
}

static void
test_loops_of_links_end(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/a.jpg", "a"));
    g_autofree char *up = g_build_filename(fixture->dir, "p", "up", NULL);
    g_autofree char *itself = g_build_filename(fixture->dir, "p", "itself", NULL);
    g_assert_cmpint(symlink("../p", up), ==, 0);
    g_assert_cmpint(symlink("itself", itself), ==, 0);
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg itself");
}

/* Its pictures would match the SKUs a second time. */
static void
test_the_output_of_another_run_is_left_out(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/a.jpg", "a"));
    g_free(put(fixture, "p/may/out/pictures/0123/a_MAIN.jpg", "a"));
    g_free(put(fixture, "p/may/out/.cloudpick/journal", "R"));
    g_free(put(fixture, "p/may/b.jpg", "b"));
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg may/b.jpg");
    const GPtrArray *remarks = intake_remarks(fixture->intake);
    g_assert_cmpuint(remarks->len, ==, 1);
    g_assert_nonnull(strstr(remarks->pdata[0], "p/may/out: left out"));
}

/* Who names it means it. */
static void
test_an_output_that_is_given_itself_is_listed(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "out/a.jpg", "a"));
    g_free(put(fixture, "out/.cloudpick/journal", "R"));
    add(fixture, "out");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg");
    g_assert_cmpuint(intake_remarks(fixture->intake)->len, ==, 0);
}

static void
test_what_is_left_out_is_not_listed(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *sheet = put(fixture, "p/sheet.csv", "sku");
    g_free(put(fixture, "p/out/old.jpg", "old"));
    g_free(put(fixture, "p/a.jpg", "a"));
    g_autofree char *out = g_build_filename(fixture->dir, "p", "out", NULL);
    intake_leave_out(fixture->intake, sheet);
    intake_leave_out(fixture->intake, out);
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg");
}

/* `listing clean` leaves its journal in the folder that `listing build` then takes as photos. */
static void
test_state_of_an_earlier_run_is_no_photo(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/.cloudpick/journal", "R"));
    g_free(put(fixture, "p/below/.cloudpick/thumbnails/0.jpg", "t"));
    g_free(put(fixture, "p/.cloudpick.jpg", "a"));
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, ".cloudpick.jpg");
}

static void
test_bytes_behind_a_zip_are_remarked(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(fixture->dir, "p.zip", NULL);
    g_autoptr(ZipWriter) writer = zip_writer_new(path, NULL);
    g_assert_true(zip_writer_add(writer, "a.jpg", "a", 1, 0, NULL));
    g_assert_true(zip_writer_finish(writer, NULL, NULL));
    FILE *file = g_fopen(path, "ab");
    g_assert_cmpint(fputs("\r\n", file), >=, 0);
    fclose(file);
    add(fixture, "p.zip");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg");
    const GPtrArray *remarks = intake_remarks(fixture->intake);
    g_assert_cmpuint(remarks->len, ==, 1);
    g_assert_nonnull(strstr(remarks->pdata[0], "p.zip: 2 bytes behind its end"));
}

static void
test_a_photo_and_its_folder_are_one_photo(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = put(fixture, "p/AB-1/AB-1.jpg", "a");
    g_autofree char *other = g_build_filename(fixture->dir, "p", "CD-2.jpg", NULL);
    g_assert_cmpint(link(path, other), ==, 0); /* the same chart for two SKUs */
    add(fixture, "p/AB-1/AB-1.jpg");
    add(fixture, "p");
    add(fixture, "p/AB-1/../AB-1");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "p/AB-1/AB-1.jpg p/CD-2.jpg");
}

static void
test_several_folders_lead_their_names(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "may/a.jpg", "a"));
    g_free(put(fixture, "june/a.jpg", "b"));
    add(fixture, "may");
    add(fixture, "june");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "june/a.jpg may/a.jpg");
}

static void
test_folders_of_one_name_are_told_apart_by_those_above(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "x/photos/a.jpg", "a"));
    g_free(put(fixture, "y/photos/a.jpg", "b"));
    g_free(put(fixture, "z/a.jpg", "c"));
    add(fixture, "x/photos");
    add(fixture, "y/photos");
    add(fixture, "z");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "x/photos/a.jpg y/photos/a.jpg z/a.jpg");
}

static void
test_single_files_need_no_folder_unless_names_are_equal(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "x/a.jpg", "a"));
    g_free(put(fixture, "y/a.jpg", "b"));
    g_free(put(fixture, "y/c.jpg", "c"));
    add(fixture, "x/a.jpg");
    add(fixture, "y/a.jpg");
    add(fixture, "y/c.jpg");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "c.jpg x/a.jpg y/a.jpg");
}

static void
test_path_given_twice_is_taken_once(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "x/a.jpg", "a"));
    add(fixture, "x/a.jpg");
    add(fixture, "x/a.jpg");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "a.jpg");
}

static void
test_name_in_windows_1252_becomes_utf8(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = put(fixture, "p/th\xe9 caf\xe9.jpg", "a");
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "th\u00e9 caf\u00e9.jpg");
    int fd = intake_open(fixture->intake, 0, NULL);
    g_assert_cmpint(fd, >=, 0);
    close(fd);
}

static void
test_names_in_gbk_become_utf8(Fixture *fixture, gconstpointer unused)
{
    /* 茶壶主图, 茶壶副图 */
    g_free(put(fixture, "p/\xb2\xe8\xba\xf8\xd6\xf7\xcd\xbc.jpg", "a"));
    g_free(put(fixture, "p/\xb2\xe8\xba\xf8\xb8\xb1\xcd\xbc.jpg", "b"));
    add(fixture, "p");
    g_autofree char *found = names(fixture);
    g_assert_cmpstr(found, ==, "\u8336\u58f6\u4e3b\u56fe.jpg \u8336\u58f6\u526f\u56fe.jpg");
}

static void
test_pipe_is_refused(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(fixture->dir, "pipe", NULL);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(intake_add(fixture->intake, path, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_more_photos_than_the_limit_are_refused(Fixture *fixture, gconstpointer unused)
{
    for (guint i = 0; i < 21; i++) {
        g_autofree char *name = g_strdup_printf("p/%u.jpg", i);
        g_free(put(fixture, name, "x"));
    }
    g_autofree char *path = g_build_filename(fixture->dir, "p", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(intake_add(fixture->intake, path, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_photo_that_grew_is_not_the_one_that_was_listed(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = put(fixture, "a.jpg", "a");
    add(fixture, "a.jpg");
    intake_finish(fixture->intake);
    int fd = intake_open(fixture->intake, 0, NULL);
    g_assert_true(intake_is_unchanged(fixture->intake, 0, fd));
    int writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    g_assert_cmpint(write(writer, "b", 1), ==, 1);
    close(writer);
    g_assert_false(intake_is_unchanged(fixture->intake, 0, fd));
    close(fd);
}

static void
test_photo_that_vanished_fails_when_it_is_opened(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *path = put(fixture, "a.jpg", "a");
    add(fixture, "a.jpg");
    intake_finish(fixture->intake);
    g_unlink(path);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(intake_open(fixture->intake, 0, &error), ==, -1);
    g_assert_cmpstr(error->message, ==, "a.jpg: No such file or directory");
}

static void
test_twins_are_found_by_their_bytes(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/a.jpg", "one"));
    g_free(put(fixture, "p/b.jpg", "two"));
    g_free(put(fixture, "p/c.jpg", "one"));
    g_free(put(fixture, "p/d.jpg", "four"));
    add(fixture, "p");
    intake_finish(fixture->intake);
    const gint go_on = 0;
    g_autofree gsize *firsts = NULL;
    g_assert_true(intake_find_duplicates(fixture->intake, &go_on, &firsts, NULL));
    g_assert_cmpuint(firsts[0], ==, 0);
    g_assert_cmpuint(firsts[1], ==, 1);
    g_assert_cmpuint(firsts[2], ==, 0);
    g_assert_cmpuint(firsts[3], ==, 3);
}

static void
test_search_for_twins_can_be_stopped(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/a.jpg", "one"));
    g_free(put(fixture, "p/b.jpg", "two"));
    add(fixture, "p");
    intake_finish(fixture->intake);
    const gint stop = 1;
    gsize *firsts = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(intake_find_duplicates(fixture->intake, &stop, &firsts, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CANCELLED);
}

static void
test_pictures_are_known_by_their_first_bytes(Fixture *fixture, gconstpointer unused)
{
    g_free(put(fixture, "p/a.txt", "\xff\xd8\xff\xe0 not much of a JPEG, but it begins as one"));
    g_free(put(fixture, "p/b.jpg", "a text with a picture's name"));
    add(fixture, "p");
    intake_finish(fixture->intake);
    g_assert_true(intake_looks_like_picture(fixture->intake, 0));
    g_assert_false(intake_looks_like_picture(fixture->intake, 1));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/intake/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("folder", test_folder_is_listed_with_all_below_it);
    ADD("links", test_loops_of_links_end);
    ADD("left-out", test_what_is_left_out_is_not_listed);
    ADD("state", test_state_of_an_earlier_run_is_no_photo);
    ADD("other-output", test_the_output_of_another_run_is_left_out);
    ADD("given-output", test_an_output_that_is_given_itself_is_listed);
    ADD("bytes-behind-zip", test_bytes_behind_a_zip_are_remarked);
    ADD("photo-and-folder", test_a_photo_and_its_folder_are_one_photo);
    ADD("labels", test_several_folders_lead_their_names);
    ADD("equal-labels", test_folders_of_one_name_are_told_apart_by_those_above);
    ADD("single-files", test_single_files_need_no_folder_unless_names_are_equal);
    ADD("twice", test_path_given_twice_is_taken_once);
    ADD("windows-1252", test_name_in_windows_1252_becomes_utf8);
    ADD("gbk", test_names_in_gbk_become_utf8);
    ADD("pipe", test_pipe_is_refused);
    ADD("limit", test_more_photos_than_the_limit_are_refused);
    ADD("changed", test_photo_that_grew_is_not_the_one_that_was_listed);
    ADD("vanished", test_photo_that_vanished_fails_when_it_is_opened);
    ADD("twins", test_twins_are_found_by_their_bytes);
    ADD("stopped", test_search_for_twins_can_be_stopped);
    ADD("first-bytes", test_pictures_are_known_by_their_first_bytes);
    return g_test_run();
}

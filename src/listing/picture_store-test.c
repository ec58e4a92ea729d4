#include "listing/picture_store.h"

#include "base/error.h"
#include "base/file.h"

#include <glib/gstdio.h>
#include <string.h>

static Digest
digest_of_text(const char *text)
{
    return digest_of(text, strlen(text));
}

static void
test_path_holds_the_digest_and_a_safe_name(void)
{
    static const struct {
        const char *name, *file;
    } cases[] = {
        { "AB-12_MAIN", "AB-12_MAIN.jpg" },
        { "a b/c#d%e", "a-b-c-d-e.jpg" },
        { "..", "picture.jpg" },
        { "\xe4\xb8\xad\xe6\x96\x87", "picture.jpg" },
        { "", "picture.jpg" },
    };
    Digest digest = digest_of_text("abc");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = picture_path(&digest, cases[i].name);
        g_autofree char *expected =
            g_strconcat("pictures/ba7816bf8f01cfea414140de5dae2223/", cases[i].file, NULL);
        g_assert_cmpstr(path, ==, expected);
    }
}

static void
test_long_name_is_cut(void)
{
    Digest digest = digest_of_text("abc");
    g_autofree char *name = g_strnfill(500, 'x');
    g_autofree char *path = picture_path(&digest, name);
    g_assert_cmpuint(strlen(path), <, 140);
}

static void
test_url_has_one_slash_between(void)
{
    g_autofree char *with = picture_url("https://x.example/", "pictures/a/b.jpg");
    g_autofree char *without = picture_url("https://x.example", "pictures/a/b.jpg");
    g_assert_cmpstr(with, ==, "https://x.example/pictures/a/b.jpg");
    g_assert_cmpstr(without, ==, with);
}

static void
test_base_urls_that_marketplaces_refuse(void)
{
    static const char *const wrong[] = { "",
                                         "pictures.example.com",
                                         "ftp://x.example",
                                         "https://",
                                         "https://x.example?a=1",
                                         "https://u@x.example",
                                         "https://x y",
                                         "https://x.example/a;b",
                                         "https://x/#f" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(picture_check_base_url(wrong[i], &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
    g_assert_true(picture_check_base_url("https://x.example:8443/a/b", NULL));
}

typedef struct {
    char *dir;
    Digest digest;
    char *path;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->dir = g_dir_make_tmp("store-XXXXXX", NULL);
    fixture->digest = digest_of_text("jpeg");
    fixture->path = picture_path(&fixture->digest, "one");
    g_autoptr(GBytes) jpeg = g_bytes_new_static("jpeg", 4);
    g_assert_true(picture_put(fixture->dir, fixture->path, jpeg, NULL));
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GHashTable) nothing = g_hash_table_new(g_str_hash, g_str_equal);
    picture_prune(fixture->dir, nothing, true);
    g_autofree char *pictures = g_build_filename(fixture->dir, "pictures", NULL);
    g_rmdir(pictures);
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
    g_free(fixture->path);
    g_free(fixture->dir);
}

static void
test_picture_is_found_again(Fixture *fixture, gconstpointer unused)
{
    g_assert_true(picture_has(fixture->dir, fixture->path, &fixture->digest));
}

static void
test_damaged_picture_does_not_count(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *full = g_build_filename(fixture->dir, fixture->path, NULL);
    g_assert_true(g_file_set_contents(full, "jpe", 3, NULL));
    g_assert_false(picture_has(fixture->dir, fixture->path, &fixture->digest));
}

static void
test_picture_under_another_name_is_given_this_one(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *other = picture_path(&fixture->digest, "two");
    g_assert_true(picture_has(fixture->dir, other, &fixture->digest));
    g_autofree char *full = g_build_filename(fixture->dir, other, NULL);
    g_autoptr(GBytes) bytes = file_read_whole(full, 100, NULL);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "jpeg", 4);
}

static void
test_prune_keeps_what_is_used(Fixture *fixture, gconstpointer unused)
{
    g_autofree char *other = picture_path(&fixture->digest, "two");
    g_autofree char *partial = g_strconcat(fixture->dir, "/", fixture->path, ".7.7.partial", NULL);
    g_assert_true(picture_has(fixture->dir, other, &fixture->digest));
    g_assert_true(g_file_set_contents(partial, "x", 1, NULL));
    g_autoptr(GHashTable) keep = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(keep, fixture->path);

    g_assert_cmpuint(picture_prune(fixture->dir, keep, false), ==, 1);
    g_assert_false(g_file_test(partial, G_FILE_TEST_EXISTS));
    g_autofree char *other_full = g_build_filename(fixture->dir, other, NULL);
    g_assert_true(g_file_test(other_full, G_FILE_TEST_EXISTS));

    g_assert_cmpuint(picture_prune(fixture->dir, keep, true), ==, 1);
    g_assert_false(g_file_test(other_full, G_FILE_TEST_EXISTS));
    g_assert_true(picture_has(fixture->dir, fixture->path, &fixture->digest));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/picture-store/path", test_path_holds_the_digest_and_a_safe_name);
    g_test_add_func("/picture-store/long-name", test_long_name_is_cut);
    g_test_add_func("/picture-store/url", test_url_has_one_slash_between);
    g_test_add_func("/picture-store/base-url", test_base_urls_that_marketplaces_refuse);
#define ADD(name, func) g_test_add("/picture-store/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("found-again", test_picture_is_found_again);
    ADD("damaged", test_damaged_picture_does_not_count);
    ADD("another-name", test_picture_under_another_name_is_given_this_one);
    ADD("prune", test_prune_keeps_what_is_used);
    return g_test_run();
}

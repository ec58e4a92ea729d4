#include "blob/vault.h"

#include "base/error.h"
#include "base/file.h"
#include "blob/directory.h"
#include "blob/test_vault.h"

#include <glib/gstdio.h>
#include <string.h>

static VaultWriter *
begin(TestVault *test, const Id *account)
{
    g_autoptr(GError) error = NULL;
    VaultWriter *writer = vault_create(test->vault, account, OBJECT_PICTURE, test->time, &error);
    g_assert_no_error(error);
    g_assert_true(vault_write(writer, "text", 4, &error));
    return writer;
}

static Id
finish(VaultWriter *writer)
{
    g_autoptr(GError) error = NULL;
    Id object;
    vault_finish(writer, &object, &error);
    g_assert_no_error(error);
    vault_writer_free(writer);
    return object;
}

static void
remove_abandoned(TestVault *test)
{
    g_autoptr(GError) error = NULL;
    vault_remove_abandoned(test->vault, &error);
    g_assert_no_error(error);
    test_vault_sweep(test);
}

static void
assert_empty(TestVault *test)
{
    g_assert_cmpint(test_vault_num_rows(test), ==, 0);
    g_assert_cmpuint(test_vault_num_files(test, "us"), ==, 0);
    g_assert_cmpuint(test_vault_num_files(test, "eu"), ==, 0);
}

static void
test_life_of_an_object(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "a picture");
    g_assert_true(test_vault_has(test->vault, &object, "a picture"));
    g_autoptr(GError) error = NULL;
    g_autoptr(VaultReader) reader = vault_open(test->vault, &object, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(vault_size(reader), ==, 9);
    char part[4];
    vault_read(reader, 2, part, 4, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(part, 4, "pict", 4);
    test_vault_mark(test, &object);
    g_assert_null(vault_open(test->vault, &object, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    test_vault_mark(test, &object);
    test_vault_sweep(test);
    assert_empty(test);
}

/* LST-16 */
static void
test_nothing_is_stored_in_the_clear(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "us");
    Id object = test_vault_put(test, &account, "a very private picture of a very private thing");
    g_autofree char *path = test_vault_path(test, "us", &object);
    g_autoptr(GBytes) bytes = file_read_whole(path, 10000, NULL);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_assert_null(memmem(data, size, "private", 7));
    g_assert_null(memmem(data, size, account.text, ID_LENGTH));
    g_assert_null(strstr(path, account.text));
}

/* LST-13, LST-28: where an account's objects lie is decided by its region alone. */
static void
test_regions_do_not_mix(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id european = test_vault_account(test, "eu");
    Id objects[10];
    for (guint i = 0; i < 10; i++) {
        objects[i] = test_vault_put(test, &european, "text");
    }
    VaultWriter *unfinished = begin(test, &european);
    g_assert_cmpuint(test_vault_num_files(test, "us"), ==, 0);
    g_assert_cmpuint(test_vault_num_files(test, "eu"), ==, 11);
    vault_writer_free(unfinished);
    Id american = test_vault_account(test, "us");
    (void)test_vault_put(test, &american, "text");
    g_assert_cmpuint(test_vault_num_files(test, "us"), ==, 1);
    /* Not even the directory of the other region is written to. */
    g_autofree char *us = g_build_filename(test->directory, "us", NULL);
    g_assert_cmpint(g_chmod(us, 0500), ==, 0);
    for (guint i = 0; i < 10; i++) {
        g_assert_true(test_vault_has(test->vault, &objects[i], "text"));
        test_vault_mark(test, &objects[i]);
    }
    test_vault_sweep(test);
    g_assert_cmpint(g_chmod(us, 0700), ==, 0);
    g_assert_cmpuint(test_vault_num_files(test, "us"), ==, 1);
    g_assert_cmpuint(test_vault_num_files(test, "eu"), ==, 0);
}

static void
test_a_region_without_a_store(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    g_autoptr(Vault) bare = vault_new(test->db, test->keyring, &test->clock);
    g_autoptr(GError) error = NULL;
    g_assert_null(vault_create(bare, &account, OBJECT_PICTURE, 0, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    assert_empty(test);
}

static void
test_no_account_no_object(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id nobody = id_new(&system_clock);
    g_autoptr(GError) error = NULL;
    g_assert_null(vault_create(test->vault, &nobody, OBJECT_PICTURE, 0, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    assert_empty(test);
}

static void
test_a_writer_that_is_dropped_leaves_nothing(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    VaultWriter *writer = begin(test, &account);
    g_assert_cmpint(test_vault_num_rows(test), ==, 1);
    vault_writer_free(writer);
    assert_empty(test);
}

static void
test_adopted_once(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "text");
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->db, DB_WRITE, &error);
    g_assert_false(vault_adopt(tx, &object, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_abandoned_after_a_day(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id adopted = test_vault_put(test, &account, "text");
    Id waiting = finish(begin(test, &account));
    g_assert_true(test_vault_has(test->vault, &waiting, "text"));
    test->time += DAYS(1) - 1;
    remove_abandoned(test);
    g_assert_true(test_vault_has(test->vault, &waiting, "text"));
    test->time += 2;
    remove_abandoned(test);
    g_assert_false(test_vault_has(test->vault, &waiting, "text"));
    g_assert_true(test_vault_has(test->vault, &adopted, "text"));
    g_assert_cmpint(test_vault_num_rows(test), ==, 1);
    g_assert_cmpuint(test_vault_num_files(test, "eu"), ==, 1);
}

/* Bytes cannot come after their row is gone. */
static void
test_a_writer_of_yesterday_cannot_finish(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    VaultWriter *writer = begin(test, &account);
    test->time += DAYS(1) + 1;
    remove_abandoned(test);
    assert_empty(test);
    Id object;
    g_autoptr(GError) error = NULL;
    g_assert_false(vault_finish(writer, &object, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    vault_writer_free(writer);
    assert_empty(test);
}

static Id
only_object(TestVault *test)
{
    g_autoptr(DbTx) tx = db_begin(test->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(tx, NULL, "SELECT id FROM object", "");
    Id object;
    g_assert_true(db_next(rows));
    g_assert_true(id_parse(db_text(rows, "id"), &object));
    g_assert_false(db_next(rows));
    return object;
}

static void
test_removed_while_it_is_written(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    VaultWriter *writer = begin(test, &account);
    Id object = only_object(test);
    test_vault_mark(test, &object);
    test_vault_sweep(test);
    /* The row stays: somebody is still writing. */
    g_assert_cmpint(test_vault_num_rows(test), ==, 1);
    g_autoptr(GError) error = NULL;
    g_assert_false(vault_finish(writer, &object, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    vault_writer_free(writer);
    assert_empty(test);
}

static void
test_a_destroyed_key_makes_objects_unreadable(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu"), other = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "text");
    Id of_other = test_vault_put(test, &other, "text");
    g_autoptr(GError) error = NULL;
    g_assert_true(keyring_destroy(test->keyring, &account, &error));
    g_assert_null(vault_open(test->vault, &object, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_true(test_vault_has(test->vault, &of_other, "text"));
    /* Nor does a new key of the same account open them. */
    SealKey key;
    g_assert_true(keyring_make_key(test->keyring, &account, "eu", &key, &error));
    g_assert_null(vault_read_whole(test->vault, &object, 100, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
}

/* Keys are wrapped anew; the objects stay as they lie. */
static void
test_a_new_master_key_touches_no_object(TestDatabase *database)
{
    const MasterKey masters[] = { { { 77 } }, test_vault_master };
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "text");
    g_autofree char *path = test_vault_path(test, "eu", &object);
    GStatBuf before, after;
    g_assert_cmpint(g_stat(path, &before), ==, 0);
    g_autoptr(GError) error = NULL;
    guint64 num_rewrapped;
    {
        g_autoptr(Keyring) both = keyring_open(test->keyring_db, &test->clock, masters, 2, &error);
        g_assert_no_error(error);
        keyring_rewrap(both, &num_rewrapped, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(num_rewrapped, ==, 1);
    }
    g_assert_cmpint(g_stat(path, &after), ==, 0);
    g_assert_cmpuint(after.st_ino, ==, before.st_ino);
    g_assert_cmpint(after.st_mtim.tv_nsec, ==, before.st_mtim.tv_nsec);
    keyring_close(test->keyring);
    test->keyring = keyring_open(test->keyring_db, &test->clock, masters, 1, &error);
    g_assert_no_error(error);
    g_autoptr(Vault) vault = vault_new(test->db, test->keyring, &test->clock);
    g_autofree char *eu = g_build_filename(test->directory, "eu", NULL);
    vault_add_store(vault, "eu", directory_store_new(eu, NULL));
    g_assert_true(test_vault_has(vault, &object, "text"));
}

static void
test_exchanged_files_are_found(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id one = test_vault_put(test, &account, "one");
    Id two = test_vault_put(test, &account, "two");
    g_autofree char *path_one = test_vault_path(test, "eu", &one);
    g_autofree char *path_two = test_vault_path(test, "eu", &two);
    g_autoptr(GBytes) bytes = file_read_whole(path_one, 1000, NULL);
    g_assert_true(
        file_write_whole(path_two, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(vault_read_whole(test->vault, &two, 100, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_assert_true(test_vault_has(test->vault, &one, "one"));
}

/* A job that took a lost photo for a deleted one would end as if all were well. */
static void
test_a_lost_file_is_no_deleted_object(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "text");
    g_autofree char *path = test_vault_path(test, "eu", &object);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(vault_read_whole(test->vault, &object, 100, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
}

static void
test_an_object_may_be_removed_while_it_is_read(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "text");
    g_autoptr(GError) error = NULL;
    g_autoptr(VaultReader) reader = vault_open(test->vault, &object, &error);
    g_assert_no_error(error);
    test_vault_mark(test, &object);
    test_vault_sweep(test);
    char text[4];
    g_assert_false(vault_read(reader, 0, text, sizeof text, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

static void
test_too_large_to_read_whole(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id account = test_vault_account(test, "eu");
    Id object = test_vault_put(test, &account, "12345");
    g_autoptr(GError) error = NULL;
    g_assert_null(vault_read_whole(test->vault, &object, 4, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

/* A store that fails does not keep the other region from being swept. */
static void
test_a_failing_region_does_not_stop_the_other(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Id european = test_vault_account(test, "eu"), american = test_vault_account(test, "us");
    Id objects[] = { test_vault_put(test, &european, "text"),
                     test_vault_put(test, &american, "text") };
    test_vault_mark(test, &objects[0]);
    test_vault_mark(test, &objects[1]);
    /* A directory where the file was cannot be removed as a file. */
    g_autofree char *path = test_vault_path(test, "us", &objects[1]);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    guint num_removed;
    g_autoptr(GError) error = NULL;
    g_assert_false(vault_remove_marked(test->vault, 10, &num_removed, &error));
    g_assert_nonnull(error);
    g_assert_cmpuint(num_removed, ==, 1);
    g_assert_cmpuint(test_vault_num_files(test, "eu"), ==, 0);
    g_assert_cmpint(g_rmdir(path), ==, 0);
    test_vault_sweep(test);
    assert_empty(test);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/vault/life-of-an-object", test_life_of_an_object);
    test_each_database("/vault/nothing-in-the-clear-LST-16", test_nothing_is_stored_in_the_clear);
    test_each_database("/vault/regions-do-not-mix-LST-13-LST-28", test_regions_do_not_mix);
    test_each_database("/vault/region-without-a-store", test_a_region_without_a_store);
    test_each_database("/vault/no-account-no-object", test_no_account_no_object);
    test_each_database("/vault/dropped-writer", test_a_writer_that_is_dropped_leaves_nothing);
    test_each_database("/vault/adopted-once", test_adopted_once);
    test_each_database("/vault/abandoned-after-a-day", test_abandoned_after_a_day);
    test_each_database("/vault/writer-of-yesterday", test_a_writer_of_yesterday_cannot_finish);
    test_each_database("/vault/removed-while-written", test_removed_while_it_is_written);
    test_each_database("/vault/destroyed-key", test_a_destroyed_key_makes_objects_unreadable);
    test_each_database("/vault/new-master-key", test_a_new_master_key_touches_no_object);
    test_each_database("/vault/exchanged-files", test_exchanged_files_are_found);
    test_each_database("/vault/lost-file", test_a_lost_file_is_no_deleted_object);
    test_each_database("/vault/removed-while-read", test_an_object_may_be_removed_while_it_is_read);
    test_each_database("/vault/too-large", test_too_large_to_read_whole);
    test_each_database("/vault/failing-region", test_a_failing_region_does_not_stop_the_other);
    return g_test_run();
}

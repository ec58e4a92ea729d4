/* cloudpick keys rewrap, by the steps that its help gives. */
#include "blob/keyring.h"
#include "tests/support.h"
#include "web/master_keys.h"

#include <glib/gstdio.h>
#include <string.h>

enum { NUM_ACCOUNTS = 3 };

/* Opens the keyring in DIR with the master keys that are in its file, as the service does. */
static Keyring *
open_keyring(const char *dir, Db **ret_db)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *url = g_strdup_printf("sqlite:%s/keyring/keyring.db", dir);
    g_autofree char *path = g_build_filename(dir, "keyring", "master-key", NULL);
    g_autoptr(GArray) keys = master_keys_read(path, false, &error);
    g_assert_no_error(error);
    *ret_db = db_open(url, 1, &error);
    g_assert_no_error(error);
    Keyring *keyring = keyring_open(*ret_db, &system_clock, (const MasterKey *)(void *)keys->data,
                                    keys->len, &error);
    g_assert_no_error(error);
    return keyring;
}

static void
read_keys(const char *dir, const Id *accounts, SealKey *ret_keys)
{
    g_autoptr(Db) db = NULL;
    g_autoptr(Keyring) keyring = open_keyring(dir, &db);
    for (guint i = 0; i < NUM_ACCOUNTS; i++) {
        g_autoptr(GError) error = NULL;
        keyring_make_key(keyring, &accounts[i], "eu", &ret_keys[i], &error);
        g_assert_no_error(error);
    }
    g_clear_pointer(&keyring, keyring_close); /* before its database */
}

static void
write_key_file(const char *dir, const char *text)
{
    g_autofree char *path = g_build_filename(dir, "keyring", "master-key", NULL);
    write_file(dir, "keyring/master-key", text, strlen(text));
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
}

static void
assert_rewrap(const char *dir, const char *expected)
{
    g_auto(CommandResult) result = run_cloudpick("keys", "rewrap", "--data", dir, NULL);
    assert_status(&result, 0);
    g_assert_true(g_str_has_prefix(result.out, expected));
}

static void
test_change_the_master_key(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    Id accounts[NUM_ACCOUNTS];
    SealKey before[NUM_ACCOUNTS], after[NUM_ACCOUNTS];
    for (guint i = 0; i < NUM_ACCOUNTS; i++) {
        accounts[i] = id_new(&system_clock);
    }
    assert_rewrap(dir, "0 keys");
    read_keys(dir, accounts, before);

    static const char new_key[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    g_autofree char *old_file = read_file(dir, "keyring/master-key");
    g_autofree char *both = g_strconcat(new_key, old_file, NULL);
    write_key_file(dir, both);
    assert_rewrap(dir, "3 keys");
    assert_rewrap(dir, "0 keys");

    write_key_file(dir, new_key);
    assert_rewrap(dir, "0 keys");
    read_keys(dir, accounts, after);
    g_assert_cmpmem(before, sizeof before, after, sizeof after);

    /* The old key alone opens nothing any more, and the program says so before it starts. */
    write_key_file(dir, old_file);
    g_auto(CommandResult) result = run_cloudpick("keys", "rewrap", "--data", dir, NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "not configured"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keys/change-the-master-key", test_change_the_master_key);
    return g_test_run();
}

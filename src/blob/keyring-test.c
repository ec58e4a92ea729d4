#include "blob/keyring.h"

#include "base/error.h"
#include "blob/test_vault.h"

#include <string.h>

static const MasterKey first_master = { { 1 } };
static const MasterKey second_master = { { 2 } };

static Keyring *
open_keyring(Db *db, const MasterKey *masters, gsize num_masters)
{
    g_autoptr(GError) error = NULL;
    Keyring *keyring = keyring_open(db, &system_clock, masters, num_masters, &error);
    g_assert_no_error(error);
    return keyring;
}

static SealKey
make_key(Keyring *keyring, const Id *account)
{
    SealKey key;
    g_autoptr(GError) error = NULL;
    keyring_make_key(keyring, account, "eu", &key, &error);
    g_assert_no_error(error);
    return key;
}

static void
assert_key(Keyring *keyring, const Id *account, const SealKey *expected)
{
    SealKey key;
    g_autoptr(GError) error = NULL;
    keyring_find_key(keyring, account, &key, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(key.bytes, sizeof key, expected->bytes, sizeof key);
}

static void
test_a_key_is_made_once(TestDatabase *database)
{
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    Id account = id_new(&system_clock), other = id_new(&system_clock);
    SealKey key;
    g_autoptr(GError) error = NULL;
    g_assert_false(keyring_find_key(keyring, &account, &key, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    SealKey made = make_key(keyring, &account);
    SealKey again = make_key(keyring, &account);
    SealKey of_other = make_key(keyring, &other);
    g_assert_cmpmem(made.bytes, sizeof made, again.bytes, sizeof again);
    g_assert_cmpint(memcmp(made.bytes, of_other.bytes, sizeof made), !=, 0);
    assert_key(keyring, &account, &made);
}

typedef struct {
    Keyring *keyring;
    Id account;
    SealKey key;
} Maker;

static gpointer
make_in_thread(gpointer data)
{
    Maker *maker = data;
    maker->key = make_key(maker->keyring, &maker->account);
    return NULL;
}

static void
test_makers_at_once_get_one_key(TestDatabase *database)
{
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    for (int round = 0; round < 10; round++) {
        Id account = id_new(&system_clock);
        Maker makers[4];
        GThread *threads[G_N_ELEMENTS(makers)];
        for (guint i = 0; i < G_N_ELEMENTS(makers); i++) {
            makers[i] = (Maker){ keyring, account, { { 0 } } };
            threads[i] = g_thread_new("maker", make_in_thread, &makers[i]);
        }
        for (guint i = 0; i < G_N_ELEMENTS(makers); i++) {
            g_thread_join(threads[i]);
            g_assert_cmpmem(makers[i].key.bytes, sizeof(SealKey), makers[0].key.bytes,
                            sizeof(SealKey));
        }
    }
}

/* Runs SQL, which has one parameter. */
static void
change(Db *db, const char *sql, const char *parameter)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, sql, "t", parameter);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

static void
test_a_row_of_another_account_does_not_open(TestDatabase *database)
{
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    Id account = id_new(&system_clock), other = id_new(&system_clock);
    (void)make_key(keyring, &account);
    change(database->db, "UPDATE account_key SET account_id = $1", other.text);
    SealKey key;
    g_autoptr(GError) error = NULL;
    g_assert_false(keyring_find_key(keyring, &other, &key, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_a_row_of_another_region_does_not_open(TestDatabase *database)
{
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    Id account = id_new(&system_clock);
    (void)make_key(keyring, &account);
    change(database->db, "UPDATE account_key SET region = $1", "us");
    SealKey key;
    g_assert_false(keyring_find_key(keyring, &account, &key, NULL));
}

static void
test_another_master_key_is_refused_at_the_start(TestDatabase *database)
{
    Id account = id_new(&system_clock);
    {
        g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
        (void)make_key(keyring, &account);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(keyring_open(database->db, &system_clock, &second_master, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_rewrap_changes_the_master_key_and_nothing_else(TestDatabase *database)
{
    const MasterKey both[] = { second_master, first_master };
    const guint num_accounts = 1203; /* more than two batches */
    g_autofree Id *accounts = g_new(Id, num_accounts);
    g_autofree SealKey *keys = g_new(SealKey, num_accounts);
    g_autoptr(GError) error = NULL;
    guint64 num_rewrapped;
    {
        g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
        for (guint i = 0; i < num_accounts; i++) {
            accounts[i] = id_new(&system_clock);
            keys[i] = make_key(keyring, &accounts[i]);
        }
        keyring_rewrap(keyring, &num_rewrapped, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(num_rewrapped, ==, 0);
    }
    {
        g_autoptr(Keyring) keyring = open_keyring(database->db, both, 2);
        assert_key(keyring, &accounts[7], &keys[7]);
        keyring_rewrap(keyring, &num_rewrapped, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(num_rewrapped, ==, num_accounts);
    }
    g_autoptr(Keyring) keyring = open_keyring(database->db, &second_master, 1);
    for (guint i = 0; i < num_accounts; i++) {
        assert_key(keyring, &accounts[i], &keys[i]);
    }
}

static void
test_a_destroyed_key_is_gone(TestDatabase *database)
{
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    Id account = id_new(&system_clock), other = id_new(&system_clock);
    SealKey of_other = make_key(keyring, &other);
    (void)make_key(keyring, &account);
    SealKey key;
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 2; i++) {
        keyring_destroy(keyring, &account, &error);
        g_assert_no_error(error);
    }
    g_assert_false(keyring_find_key(keyring, &account, &key, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    assert_key(keyring, &other, &of_other);
}

/* Neither the database nor its log of writes holds the wrapped key afterwards. */
static void
test_a_destroyed_key_is_in_no_file(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("PostgreSQL keeps dead rows until its vacuum");
        return;
    }
    g_autoptr(Keyring) keyring = open_keyring(database->db, &first_master, 1);
    Id account = id_new(&system_clock);
    (void)make_key(keyring, &account);
    const char *path = database->url + strlen("sqlite:");
    g_assert_true(file_and_log_contain(path, account.text, ID_LENGTH));
    guint8 wrapped[56];
    read_wrapped_key(database->db, &account, wrapped);
    g_assert_true(file_and_log_contain(path, wrapped, sizeof wrapped));
    g_assert_true(keyring_destroy(keyring, &account, NULL));
    g_assert_false(file_and_log_contain(path, account.text, ID_LENGTH));
    g_assert_false(file_and_log_contain(path, wrapped, sizeof wrapped));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_empty_database("/keyring/a-key-is-made-once", test_a_key_is_made_once);
    test_each_empty_database("/keyring/makers-at-once", test_makers_at_once_get_one_key);
    test_each_empty_database("/keyring/row-of-another-account",
                             test_a_row_of_another_account_does_not_open);
    test_each_empty_database("/keyring/row-of-another-region",
                             test_a_row_of_another_region_does_not_open);
    test_each_empty_database("/keyring/another-master-key",
                             test_another_master_key_is_refused_at_the_start);
    test_each_empty_database("/keyring/rewrap",
                             test_rewrap_changes_the_master_key_and_nothing_else);
    test_each_empty_database("/keyring/destroyed-is-gone", test_a_destroyed_key_is_gone);
    test_each_empty_database("/keyring/destroyed-is-in-no-file",
                             test_a_destroyed_key_is_in_no_file);
    return g_test_run();
}

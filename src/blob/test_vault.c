#include "blob/test_vault.h"

#include "blob/directory.h"

#include <glib/gstdio.h>
#include <string.h>

const MasterKey test_vault_master = { { 42 } };
static const char *const regions[] = { "us", "eu" };

static void
open_vault(const TestVault *test, Keyring **ret_keyring, Vault **ret_vault)
{
    g_autoptr(GError) error = NULL;
    *ret_keyring = keyring_open(test->keyring_db, &test->clock, &test_vault_master, 1, &error);
    g_assert_no_error(error);
    *ret_vault = vault_new(test->db, *ret_keyring, &test->clock);
    for (gsize i = 0; i < G_N_ELEMENTS(regions); i++) {
        g_autofree char *path = g_build_filename(test->directory, regions[i], NULL);
        BlobStore *store = directory_store_new(path, &error);
        g_assert_no_error(error);
        vault_add_store(*ret_vault, regions[i], store);
    }
}

TestVault *
test_vault_new(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    TestVault *test = g_new0(TestVault, 1);
    test->db = database->db;
    test->time = clock_now(&system_clock);
    test->clock = clock_showing(&test->time);
    test->directory = g_dir_make_tmp("cloudpick-vault-XXXXXX", &error);
    g_assert_no_error(error);
    test->keyring_url = test_database_create(db_kind(database->db));
    test->keyring_db = db_open(test->keyring_url, 4, &error);
    g_assert_no_error(error);
    open_vault(test, &test->keyring, &test->vault);
    return test;
}

TestVault *
test_vault_join(const char *database_url, const char *keyring_url, const char *directory,
                const Clock *clock)
{
    g_autoptr(GError) error = NULL;
    TestVault *test = g_new0(TestVault, 1);
    test->clock = *clock;
    test->directory = g_strdup(directory);
    test->keyring_url = g_strdup(keyring_url);
    test->db = db_open(database_url, 4, &error);
    g_assert_no_error(error);
    test->keyring_db = db_open(keyring_url, 4, &error);
    g_assert_no_error(error);
    open_vault(test, &test->keyring, &test->vault);
    return test;
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

void
test_vault_free(TestVault *test)
{
    vault_free(test->vault);
    keyring_close(test->keyring);
    db_close(test->keyring_db);
    test_database_destroy(test->keyring_url);
    remove_tree(test->directory);
    g_free(test->directory);
    g_free(test);
}

Vault *
test_vault_again(const TestVault *test, Keyring **ret_keyring)
{
    Vault *vault;
    open_vault(test, ret_keyring, &vault);
    return vault;
}

/* Runs SQL, which has one parameter, in a transaction of its own. */
static void
change(TestVault *test, const char *sql, const char *parameter)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, sql, "t", parameter);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

Id
test_vault_account(TestVault *test, const char *region)
{
    Id account = id_new(&system_clock);
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO account (id, region, display_name, created_at)\n"
                        "VALUES ($1, '%s', 'Somebody', 0)",
                        region);
    change(test, sql, account.text);
    return account;
}

void
test_vault_adopt(TestVault *test, const Id *object)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->db, DB_WRITE, &error);
    g_assert_no_error(error);
    vault_adopt(tx, object, &error);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

void
test_vault_mark(TestVault *test, const Id *object)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->db, DB_WRITE, &error);
    g_assert_no_error(error);
    vault_mark_removed(tx, object, &error);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

Id
test_vault_put(TestVault *test, const Id *account, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    Id object;
    vault_put_whole(test->vault, account, OBJECT_PICTURE, test->time, bytes, &object, &error);
    g_assert_no_error(error);
    test_vault_adopt(test, &object);
    return object;
}

void
test_vault_sweep(TestVault *test)
{
    g_autoptr(GError) error = NULL;
    guint num_removed;
    vault_remove_marked(test->vault, 10000, &num_removed, &error);
    g_assert_no_error(error);
    vault_remove_marked(test->vault, 10000, &num_removed, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(num_removed, ==, 0);
}

bool
test_vault_has(Vault *vault, const Id *object, const char *text)
{
    g_autoptr(GBytes) bytes = vault_read_whole(vault, object, 1 << 20, NULL);
    return bytes != NULL && g_bytes_get_size(bytes) == strlen(text) &&
           memcmp(g_bytes_get_data(bytes, NULL), text, strlen(text)) == 0;
}

gint64
test_vault_num_rows(TestVault *test)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->db, DB_READ, &error);
    g_assert_no_error(error);
    g_autoptr(DbRows) rows = db_query(tx, &error, "SELECT count(*) AS num FROM object", "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "num");
}

static guint
count_files(const char *path)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        return 1;
    }
    guint count = 0;
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        count += count_files(child);
    }
    return count;
}

guint
test_vault_num_files(const TestVault *test, const char *region)
{
    g_autofree char *path = g_build_filename(test->directory, region, NULL);
    return count_files(path);
}

char *
test_vault_path(const TestVault *test, const char *region, const Id *object)
{
    return g_build_filename(test->directory, region, "pictures", object->text + ID_LENGTH - 2,
                            object->text, NULL);
}

void
read_wrapped_key(Db *keyring_db, const Id *account, guint8 ret_wrapped[56])
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(keyring_db, DB_READ, &error);
    g_assert_no_error(error);
    g_autoptr(DbRows) rows = db_query(
        tx, &error, "SELECT wrapped FROM account_key WHERE account_id = $1", "t", account->text);
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    gsize size;
    const void *wrapped = db_blob(rows, "wrapped", &size);
    g_assert_cmpuint(size, ==, 56);
    memcpy(ret_wrapped, wrapped, size);
}

bool
file_and_log_contain(const char *path, const void *data, gsize size)
{
    static const char *const suffixes[] = { "", "-wal" };
    bool found = false;
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = g_strconcat(path, suffixes[i], NULL);
        g_autofree char *text = NULL;
        gsize length;
        if (g_file_get_contents(file, &text, &length, NULL)) {
            found = found || memmem(text, length, data, size) != NULL;
        }
    }
    return found;
}

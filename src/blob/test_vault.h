/* For tests: a vault with all that it stands on, in a directory that goes with it. */
#pragma once

#include "blob/vault.h"
#include "db/test_database.h"

typedef struct {
    Db *db;         /* borrowed from the TestDatabase */
    Timestamp time; /* what CLOCK shows */
    Clock clock;
    char *directory; /* has "us" and "eu", the stores */
    char *keyring_url;
    Db *keyring_db;
    Keyring *keyring;
    Vault *vault;
} TestVault;

TestVault *test_vault_new(TestDatabase *database);
void test_vault_free(TestVault *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestVault, test_vault_free)

extern const MasterKey test_vault_master;

/* A second vault on the same databases and stores, as another process has it. Free the keyring
 * after the vault. */
Vault *test_vault_again(const TestVault *test, Keyring **ret_keyring);

/* The same in another process, with a clock of its own. Never freed: its process is killed. */
TestVault *test_vault_join(const char *database_url, const char *keyring_url, const char *directory,
                           const Clock *clock);

/* A new account in REGION. */
Id test_vault_account(TestVault *test, const char *region);
/* Stores TEXT as a picture of ACCOUNT and adopts it. */
Id test_vault_put(TestVault *test, const Id *account, const char *text);
void test_vault_adopt(TestVault *test, const Id *object);
void test_vault_mark(TestVault *test, const Id *object);
/* vault_remove_marked, of which nothing is left to do. */
void test_vault_sweep(TestVault *test);
bool test_vault_has(Vault *vault, const Id *object, const char *text);
/* How many rows `object` has. */
gint64 test_vault_num_rows(TestVault *test);
/* How many files, whatever they are called, the store of REGION has. */
guint test_vault_num_files(const TestVault *test, const char *region);
/* The path of an object's only file. */
char *test_vault_path(const TestVault *test, const char *region, const Id *object);

void read_wrapped_key(Db *keyring_db, const Id *account, guint8 ret_wrapped[56]);
/* Whether the SQLite database PATH, or the log beside it, has these bytes. */
bool file_and_log_contain(const char *path, const void *data, gsize size);

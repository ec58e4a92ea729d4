/* Processes that write and remove objects are killed, over and over: nothing acknowledged is lost,
 * and after a day nothing is left over. The processes are this program again, with --write. */
#include "base/error.h"
#include "blob/directory.h"
#include "blob/test_vault.h"
#include "db/schema_table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { num_kills = 25, max_size = 300000 };

/* What object number SEED holds. */
static GBytes *
make_content(guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    gsize size = (gsize)g_rand_int_range(random, 0, max_size);
    guint8 *data = g_malloc(size + 1);
    for (gsize i = 0; i < size; i++) {
        data[i] = (guint8)(seed + i * 31 + i / 4093);
    }
    return g_bytes_new_take(data, size);
}

typedef struct {
    Db *db;
    Vault *vault;
    Id account;
    Id last;
    bool has_last;
} Writer;

/* For the process that kills this one to know. */
static void
tell(char sign, const Id *object, guint32 seed)
{
    g_autofree char *line = g_strdup_printf("%c %s %u\n", sign, object->text, seed);
    if (write(STDOUT_FILENO, line, strlen(line)) < 0) {
        _exit(1);
    }
}

static bool
change(Writer *writer, const Id *object, bool (*func)(DbTx *, const Id *, GError **))
{
    g_autoptr(DbTx) tx = db_begin(writer->db, DB_WRITE, NULL);
    return tx != NULL && func(tx, object, NULL) && db_commit(g_steal_pointer(&tx), NULL);
}

static void
do_something(Writer *writer, guint32 seed)
{
    g_autoptr(GBytes) content = make_content(seed);
    if (seed % 5 == 0 && writer->has_last) {
        guint num_removed;
        tell('-', &writer->last, 0);
        writer->has_last = false;
        (void)change(writer, &writer->last, vault_mark_removed);
        (void)vault_remove_marked(writer->vault, 100, &num_removed, NULL);
        return;
    }
    Id object;
    if (!vault_put_whole(writer->vault, &writer->account, OBJECT_PICTURE, 0, content, &object,
                         NULL)) {
        return;
    }
    if (seed % 7 != 0 && change(writer, &object, vault_adopt)) {
        tell('+', &object, seed);
        writer->last = object;
        writer->has_last = true;
    }
}

/* --write DATABASE KEYRING DIRECTORY ACCOUNT SEED: until it is killed. */
static void G_GNUC_NORETURN
write_for_ever(char **arguments)
{
    Db *db = db_open(arguments[0], 4, NULL);
    Db *keyring_db = db_open(arguments[1], 4, NULL);
    Keyring *keyring = keyring_open(keyring_db, &system_clock, &test_vault_master, 1, NULL);
    Writer writer = { .db = db, .vault = vault_new(db, keyring, &system_clock) };
    vault_add_store(writer.vault, "eu", directory_store_new(arguments[2], NULL));
    if (!id_parse(arguments[3], &writer.account)) {
        _exit(1);
    }
    for (guint32 seed = (guint32)strtoul(arguments[4], NULL, 10);; seed++) {
        do_something(&writer, seed);
    }
}

typedef struct {
    TestDatabase *database;
    TestVault *test;
    char *store;
    Id account;
    GHashTable *acknowledged; /* id -> seed */
} Crashes;

/* Takes down one line that the process told; false at the end. */
static bool
read_told(Crashes *crashes, FILE *output)
{
    char sign, id[ID_LENGTH + 1];
    guint seed;
    if (fscanf(output, "%c %26s %u\n", &sign, id, &seed) != 3) {
        return false;
    }
    if (sign == '+') {
        g_hash_table_insert(crashes->acknowledged, g_strdup(id), GUINT_TO_POINTER(seed));
    } else {
        g_hash_table_remove(crashes->acknowledged, id);
    }
    return true;
}

/* Lets a process tell NUM_LINES and goes on for a moment before the kill: any step may be cut. */
static void
run_and_kill(Crashes *crashes, guint32 first_seed, guint num_lines, gulong microseconds)
{
    g_autofree char *seed = g_strdup_printf("%u", first_seed);
    const char *argv[] = { "/proc/self/exe",
                           "--write",
                           crashes->database->url,
                           crashes->test->keyring_url,
                           crashes->store,
                           crashes->account.text,
                           seed,
                           NULL };
    g_autoptr(GError) error = NULL;
    GPid pid;
    int output;
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                             G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                             &pid, NULL, &output, NULL, &error);
    g_assert_no_error(error);
    FILE *stream = fdopen(output, "r");
    for (guint i = 0; i < num_lines && read_told(crashes, stream); i++) {
    }
    g_usleep(microseconds);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    while (read_told(crashes, stream)) {
    }
    fclose(stream);
}

static void
assert_all_there(Crashes *crashes)
{
    GHashTableIter iter;
    gpointer id, seed;
    g_hash_table_iter_init(&iter, crashes->acknowledged);
    while (g_hash_table_iter_next(&iter, &id, &seed)) {
        Id object;
        g_assert_true(id_parse(id, &object));
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) expected = make_content(GPOINTER_TO_UINT(seed));
        g_autoptr(GBytes) bytes = vault_read_whole(crashes->test->vault, &object, max_size, &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(bytes, expected));
    }
}

/* A day later there is a file for each row, and a row for each object that was acknowledged, or was
 * about to be. */
static void
assert_nothing_left_over(Crashes *crashes)
{
    TestVault *test = crashes->test;
    test->time = clock_now(&system_clock) + DAYS(2);
    g_autoptr(GError) error = NULL;
    vault_remove_abandoned(test->vault, &error);
    g_assert_no_error(error);
    test_vault_sweep(test);
    assert_all_there(crashes);
    guint num_acknowledged = g_hash_table_size(crashes->acknowledged);
    g_assert_cmpint(test_vault_num_rows(test), ==, test_vault_num_files(test, "eu"));
    g_assert_cmpint(test_vault_num_rows(test), >=, num_acknowledged);
    g_assert_cmpint(test_vault_num_rows(test), <=, num_acknowledged + num_kills);
}

static void
test_kill_writers(TestDatabase *database)
{
    g_autoptr(TestVault) test = test_vault_new(database);
    Crashes crashes = { .database = database, .test = test };
    crashes.store = g_build_filename(test->directory, "eu", NULL);
    crashes.account = test_vault_account(test, "eu");
    crashes.acknowledged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GRand) random = g_rand_new_with_seed(4);
    for (guint i = 0; i < num_kills; i++) {
        guint num_lines = (guint)g_rand_int_range(random, 0, 6);
        run_and_kill(&crashes, i * 10007, num_lines, (gulong)g_rand_int_range(random, 0, 30000));
    }
    g_test_message("%u objects were acknowledged", g_hash_table_size(crashes.acknowledged));
    g_assert_cmpuint(g_hash_table_size(crashes.acknowledged), >, num_kills / 2);
    assert_all_there(&crashes);

    assert_nothing_left_over(&crashes);
    g_hash_table_unref(crashes.acknowledged);
    g_free(crashes.store);
}

typedef struct {
    TestVault *test;
    Id account;
    GHashTable *acknowledged; /* id -> seed */
    guint num_failed;
    gint is_stopping; /* atomic */
} Restarts;

static gpointer
write_until_told(gpointer data)
{
    Restarts *restarts = data;
    Writer writer = { .db = restarts->test->db };
    for (guint32 seed = 1; !g_atomic_int_get(&restarts->is_stopping); seed++) {
        g_autoptr(GBytes) content = make_content(seed % 50);
        g_autoptr(GError) error = NULL;
        Id object;
        if (!vault_put_whole(restarts->test->vault, &restarts->account, OBJECT_PICTURE, 0, content,
                             &object, &error)) {
            g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
            restarts->num_failed++;
        } else if (change(&writer, &object, vault_adopt)) {
            g_hash_table_insert(restarts->acknowledged, g_strdup(object.text),
                                GUINT_TO_POINTER(seed % 50));
        }
    }
    return NULL;
}

/* Objects are written while PostgreSQL crashes and comes back, again and again. */
static void
test_restart_postgresql(void)
{
    TestPostgresql *server = test_postgresql_start();
    if (server == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    g_autoptr(GError) error = NULL;
    TestDatabase database = { .url = (char *)test_postgresql_url(server) };
    database.db = db_open(database.url, 4, &error);
    g_assert_no_error(error);
    db_migrate(database.db, schema_migrations, num_schema_migrations, &system_clock, &error);
    g_assert_no_error(error);
    TestVault *test = test_vault_new(&database);
    Restarts restarts = { .test = test, .account = test_vault_account(test, "eu") };
    restarts.acknowledged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GThread *thread = g_thread_new("writer", write_until_told, &restarts);
    for (guint i = 0; i < 3; i++) {
        g_usleep(200000);
        test_postgresql_restart(server);
    }
    g_usleep(200000);
    g_atomic_int_set(&restarts.is_stopping, 1);
    g_thread_join(thread);
    g_test_message("%u acknowledged, %u failed", g_hash_table_size(restarts.acknowledged),
                   restarts.num_failed);
    g_assert_cmpuint(g_hash_table_size(restarts.acknowledged), >, 0);
    Crashes crashes = { .test = test, .acknowledged = restarts.acknowledged };
    assert_all_there(&crashes);
    assert_nothing_left_over(&crashes);
    test_vault_free(test);
    db_close(database.db);
    test_postgresql_stop(server);
    g_hash_table_unref(restarts.acknowledged);
}

int
main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "--write") == 0) {
        write_for_ever(argv + 2);
    }
    g_test_init(&argc, &argv, NULL);
    test_each_database("/vault/kill-writers", test_kill_writers);
    g_test_add_func("/vault/restart-postgresql", test_restart_postgresql);
    return g_test_run();
}

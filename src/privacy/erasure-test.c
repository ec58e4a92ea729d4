/* LST-24, LST-27: an account is deleted with all that hangs on it, whatever is interrupted when. */
#include "privacy/erasure.h"

#include "base/error.h"
#include "privacy/privacy_jobs.h"
#include "privacy/test_life.h"

#include <string.h>

typedef struct {
    TestLife *life;
    Jobs *jobs;
} World;

static World
world_new(TestDatabase *database)
{
    World world = { .life = test_life_new(database) };
    JobKind kinds[PRIVACY_NUM_JOB_KINDS];
    privacy_job_kinds(&world.life->privacy, kinds);
    world.jobs =
        jobs_new(world.life->vault->db, &world.life->vault->clock, kinds, PRIVACY_NUM_JOB_KINDS);
    return world;
}

static void
world_clear(World *world)
{
    jobs_free(world->jobs);
    test_life_free(world->life);
}

static Id
request(TestLife *life, const Id *account)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(life->vault->db, DB_WRITE, &error);
    Id receipt;
    erasure_request(tx, &life->vault->clock, account, &receipt, &error);
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    return receipt;
}

static void
run_jobs(World *world)
{
    bool ran = true;
    g_autoptr(GError) error = NULL;
    for (guint i = 0; ran && i < 100; i++) {
        jobs_run_one(world->jobs, &ran, &error);
        g_assert_no_error(error);
    }
}

static void
assert_only(TestLife *life, const Id *account)
{
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        if (entry->held_in != HELD_IN_DATABASE || entry->subject == NULL) {
            continue;
        }
        g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) AS n FROM %s WHERE %s <> $1",
                                               entry->name, entry->subject);
        g_autoptr(DbTx) tx = db_begin(life->vault->db, DB_READ, NULL);
        g_autoptr(DbRows) rows = db_query(tx, NULL, sql, "t", account->text);
        g_assert_true(db_next(rows));
        g_assert_cmpint(db_int(rows, "n"), ==, 0);
    }
}

static void
test_everything_goes_and_others_stay(TestDatabase *database)
{
    World world = world_new(database);
    TestLife *life = world.life;
    Id leaver = test_life_account(life, "eu"), other = test_life_account(life, "eu");
    g_autofree char *gone = test_life_batch(life, &leaver);
    g_autofree char *stays = test_life_batch(life, &other);
    Id receipt = request(life, &leaver);
    run_jobs(&world);
    assert_only(life, &other);
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 1);
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_KEYRING, "account_key")), ==, 1);
    g_assert_cmpuint(test_vault_num_files(life->vault, "eu"), ==, 4);
    g_autofree char *text = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(text, "\"done_at\":\"20"));
    g_assert_nonnull(strstr(text, "Facts about your photos"));
    g_assert_null(strstr(text, leaver.text));
    world_clear(&world);
}

/* Neither the database's file nor its log has a word of the person. */
static void
test_no_word_is_left(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("PostgreSQL's files are its own: dead rows go with its vacuum");
        return;
    }
    const char *path = database->url + strlen("sqlite:");
    World world = world_new(database);
    Id leaver = test_life_account(world.life, "us");
    g_autofree char *marker = test_life_batch(world.life, &leaver);
    g_assert_true(file_and_log_contain(path, marker, strlen(marker)));
    g_assert_true(file_and_log_contain(path, leaver.text, ID_LENGTH));
    (void)request(world.life, &leaver);
    run_jobs(&world);
    g_assert_false(file_and_log_contain(path, marker, strlen(marker)));
    g_assert_false(file_and_log_contain(path, leaver.text, ID_LENGTH));
    world_clear(&world);
}

/* While a reader keeps the deleted rows in the log, nobody is told that they are gone. */
static void
test_a_receipt_waits_for_the_log(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("PostgreSQL's files are its own: dead rows go with its vacuum");
        return;
    }
    const char *path = database->url + strlen("sqlite:");
    World world = world_new(database);
    TestLife *life = world.life;
    Id leaver = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &leaver);
    Id receipt = request(life, &leaver);
    g_autoptr(DbTx) reader = db_begin(life->vault->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(reader, NULL, "SELECT COUNT(*) AS n FROM account", "");
    g_assert_nonnull(rows);
    run_jobs(&world);
    g_assert_true(file_and_log_contain(path, marker, strlen(marker)));
    g_autofree char *open = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(open, "\"done_at\":null"));
    db_rollback(g_steal_pointer(&reader));
    life->vault->time += SECONDS(3600);
    run_jobs(&world);
    g_assert_false(file_and_log_contain(path, marker, strlen(marker)));
    g_autofree char *done = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(done, "\"done_at\":\"20"));
    world_clear(&world);
}

static void
test_a_second_request_is_refused(TestDatabase *database)
{
    World world = world_new(database);
    Id leaver = test_life_account(world.life, "us");
    (void)request(world.life, &leaver);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(world.life->vault->db, DB_WRITE, &error);
    Id receipt;
    g_assert_false(erasure_request(tx, &world.life->vault->clock, &leaver, &receipt, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    db_rollback(g_steal_pointer(&tx));
    world_clear(&world);
}

/* The storage of the region does not answer: the rest is done, the receipt is open, and a later
 * attempt finishes it. Here an object that somebody is still writing stands in the way. */
static void
test_what_is_in_the_way_is_tried_again(TestDatabase *database)
{
    World world = world_new(database);
    TestLife *life = world.life;
    Id leaver = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &leaver);
    g_autoptr(GError) error = NULL;
    VaultWriter *writer =
        vault_create(life->vault->vault, &leaver, OBJECT_PICTURE, life->vault->time, &error);
    g_assert_no_error(error);
    Id receipt = request(life, &leaver);
    run_jobs(&world);
    g_autofree char *open = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(open, "\"done_at\":null"));
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 0);
    vault_writer_free(writer);
    for (guint hours = 0; hours < 48; hours++) {
        life->vault->time += SECONDS(3600);
        run_jobs(&world);
    }
    g_autofree char *done = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(done, "\"done_at\":\"20"));
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "object")), ==, 0);
    world_clear(&world);
}

/* LST-27: work that waits is swept like everything else. An erasure that could not be done for so
 * long is not forgotten with it. */
static void
test_an_erasure_outlives_its_job(TestDatabase *database)
{
    World world = world_new(database);
    TestLife *life = world.life;
    Id leaver = test_life_account(life, "us");
    Id stayer = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &leaver);
    g_autoptr(GError) error = NULL;
    Id receipt = request(life, &leaver);
    g_autoptr(DbTx) tx = db_begin(life->vault->db, DB_WRITE, &error);
    (void)db_exec(tx, &error, NULL, "DELETE FROM job WHERE kind = $1", "t", ERASURE_JOB);
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    g_assert_true(privacy_start(&life->privacy, NULL));
    run_jobs(&world);
    g_autofree char *done = erasure_receipt(life->vault->db, &receipt, NULL);
    g_assert_nonnull(strstr(done, "\"done_at\":\"20"));
    assert_only(life, &stayer);
    world_clear(&world);
}

/* LST-17: the sweep keeps itself going. */
static void
test_the_sweep_runs_for_ever(TestDatabase *database)
{
    World world = world_new(database);
    TestLife *life = world.life;
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    g_assert_true(privacy_start(&life->privacy, NULL));
    g_assert_true(privacy_start(&life->privacy, NULL));
    for (guint hours = 0; hours < 21 * 24; hours++) {
        life->vault->time += SECONDS(3600);
        run_jobs(&world);
    }
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 0);
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "job")), ==, 1);
    world_clear(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/erasure/lst-24", test_everything_goes_and_others_stay);
    test_each_database("/erasure/no-word", test_no_word_is_left);
    test_each_database("/erasure/log", test_a_receipt_waits_for_the_log);
    test_each_database("/erasure/twice", test_a_second_request_is_refused);
    test_each_database("/erasure/in-the-way", test_what_is_in_the_way_is_tried_again);
    test_each_database("/erasure/LST-27/outlives-job", test_an_erasure_outlives_its_job);
    test_each_database("/erasure/sweep", test_the_sweep_runs_for_ever);
    return g_test_run();
}

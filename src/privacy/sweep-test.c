/* LST-17: pictures and all that comes from them are gone 21 days after the upload. */
#include "privacy/sweep.h"

#include "base/error.h"
#include "privacy/test_life.h"

#include <glib/gstdio.h>
#include <string.h>

static bool
is_about_an_upload(const InventoryEntry *entry)
{
    return entry->held_in == HELD_IN_DATABASE && strstr(entry->promises, "LST-17") != NULL;
}

static SweepCounts
sweep(TestLife *life)
{
    SweepCounts counts = { 0 };
    g_autoptr(GError) error = NULL;
    privacy_sweep(&life->privacy, &counts, &error);
    g_assert_no_error(error);
    return counts;
}

static void
pass_days(TestLife *life, gint64 days)
{
    for (gint64 i = 0; i < days; i++) { /* a day at a time: a machine that runs */
        life->vault->time += DAYS(1);
        (void)sweep(life);
    }
}

static void
test_nothing_goes_before_its_time(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "eu");
    g_autofree char *marker = test_life_batch(life, &account);
    pass_days(life, 20);
    for (gsize i = 0; i < inventory_size; i++) {
        if (is_about_an_upload(&inventory_table[i])) {
            g_assert_cmpint(test_life_count(life, &inventory_table[i]), >, 0);
        }
    }
    g_assert_cmpuint(test_vault_num_files(life->vault, "eu"), ==, 4);
}

static void
test_everything_is_gone_on_the_last_day(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "eu");
    g_autofree char *marker = test_life_batch(life, &account);
    pass_days(life, 20);
    life->vault->time += DAYS(1) - SECONDS(1); /* a second before the promised moment */
    SweepCounts counts = sweep(life);
    g_assert_cmpuint(counts.num_late, ==, 0);
    g_assert_cmpuint(counts.num_objects, ==, 4);
    for (gsize i = 0; i < inventory_size; i++) {
        if (is_about_an_upload(&inventory_table[i])) {
            g_assert_cmpint(test_life_count(life, &inventory_table[i]), ==, 0);
        }
    }
    g_assert_cmpuint(test_vault_num_files(life->vault, "eu"), ==, 0);
}

/* SQLite: the bytes are in no page of the file, and not in the write-ahead log. */
static void
test_no_trace_is_left_in_the_files(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("PostgreSQL's files are its own: dead rows go with its vacuum");
        return;
    }
    const char *path = database->url + strlen("sqlite:");
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    g_assert_true(file_and_log_contain(path, marker, strlen(marker)));
    pass_days(life, 30); /* the technical log's last day, too */
    g_assert_false(file_and_log_contain(path, marker, strlen(marker)));
}

/* A reader of an older state keeps the log from being emptied. */
static void
test_what_a_reader_kept_goes_with_the_next_sweep(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("PostgreSQL's files are its own: dead rows go with its vacuum");
        return;
    }
    const char *path = database->url + strlen("sqlite:");
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    pass_days(life, 29);
    life->vault->time += DAYS(1);
    g_autoptr(DbTx) reader = db_begin(life->vault->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(reader, NULL, "SELECT COUNT(*) AS n FROM account", "");
    g_assert_nonnull(rows);
    SweepCounts counts;
    g_autoptr(GError) error = NULL;
    g_assert_false(privacy_sweep(&life->privacy, &counts, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_true(file_and_log_contain(path, marker, strlen(marker)));
    db_rollback(g_steal_pointer(&reader));
    g_assert_cmpuint(sweep(life).num_rows, ==, 0);
    g_assert_false(file_and_log_contain(path, marker, strlen(marker)));
}

static void
test_a_late_sweep_is_counted(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    (void)sweep(life);
    life->vault->time += DAYS(22);
    SweepStatus status;
    g_assert_true(privacy_sweep_status(&life->privacy, &status, NULL));
    g_assert_cmpuint(status.num_overdue, >, 0);
    g_assert_cmpuint(sweep(life).num_late, >, 0);
    g_assert_true(privacy_sweep_status(&life->privacy, &status, NULL));
    g_assert_cmpuint(status.num_overdue, ==, 0);
    g_assert_cmpint(status.last_sweep, ==, life->vault->time);
}

/* A clock that jumps ten years must not destroy the world. */
static void
test_a_clock_that_jumps_is_not_believed(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    (void)sweep(life);
    life->clock_is_synchronised = false;
    life->vault->time += DAYS(3650);
    SweepCounts counts;
    g_autoptr(GError) error = NULL;
    g_assert_false(privacy_sweep(&life->privacy, &counts, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 1);
    g_clear_error(&error);
    g_assert_true(privacy_confirm_clock(&life->privacy, NULL));
    g_assert_true(privacy_sweep(&life->privacy, &counts, &error));
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 0);
}

static void
test_two_clocks_must_agree(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    life->vault->time += DAYS(22);
    life->database_is_ahead = -DAYS(22);
    SweepCounts counts;
    g_autoptr(GError) error = NULL;
    g_assert_false(privacy_sweep(&life->privacy, &counts, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "photo")), ==, 1);
}

/* Two months of several people's random life. At no moment is there a row or a file that is older
 * than its promise. */
static void
test_months_of_random_life(TestDatabase *database)
{
    enum { NUM_ACCOUNTS = 4, NUM_STEPS = 60 * 24 };
    g_autoptr(TestLife) life = test_life_new(database);
    const char *path = database->url + strlen("sqlite:");
    Id accounts[NUM_ACCOUNTS];
    for (guint i = 0; i < NUM_ACCOUNTS; i++) {
        accounts[i] = test_life_account(life, i % 2 == 0 ? "us" : "eu");
    }
    g_autoptr(GPtrArray) markers = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) born = g_array_new(FALSE, FALSE, sizeof(Timestamp));
    g_autoptr(GRand) random = g_rand_new_with_seed(20260101);
    for (guint step = 0; step < NUM_STEPS; step++) {
        if (g_rand_int_range(random, 0, 48) == 0) {
            g_ptr_array_add(
                markers,
                test_life_batch(life, &accounts[g_rand_int_range(random, 0, NUM_ACCOUNTS)]));
            g_array_append_val(born, life->vault->time);
        }
        life->vault->time += SECONDS(3600);
        /* The log's lines live longer than pictures, and name nothing of them but the marker that
         * this test puts into every text. */
        g_assert_cmpuint(sweep(life).num_late, ==, 0);
        if (step % 6 != 0) {
            continue;
        }
        guint num_young = 0;
        for (guint i = 0; i < born->len; i++) {
            Timestamp age = life->vault->time - g_array_index(born, Timestamp, i);
            num_young += age < DAYS(21) - SWEEP_LEAD;
            if (age >= DAYS(30) && db_kind(database->db) == DB_SQLITE) {
                const char *marker = markers->pdata[i];
                g_assert_false(file_and_log_contain(path, marker, strlen(marker)));
            }
        }
        g_assert_cmpint(test_life_count(life, inventory_find(HELD_IN_DATABASE, "batch")), ==,
                        num_young);
        g_assert_cmpuint(test_vault_num_files(life->vault, "us") +
                             test_vault_num_files(life->vault, "eu"),
                         ==, 4 * num_young);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/sweep/not-before", test_nothing_goes_before_its_time);
    test_each_database("/sweep/lst-17", test_everything_is_gone_on_the_last_day);
    test_each_database("/sweep/no-trace", test_no_trace_is_left_in_the_files);
    test_each_database("/sweep/reader", test_what_a_reader_kept_goes_with_the_next_sweep);
    test_each_database("/sweep/late", test_a_late_sweep_is_counted);
    test_each_database("/sweep/clock", test_a_clock_that_jumps_is_not_believed);
    test_each_database("/sweep/two-clocks", test_two_clocks_must_agree);
    test_each_database("/sweep/months", test_months_of_random_life);
    return g_test_run();
}

/* LST-17: when a file's days are over its name is nowhere any more, not in what was said about
 * others and not in the database's files. */
#include "batches/photos.h"
#include "batches/test_batches.h"
#include "batches/uploads.h"
#include "privacy/sweep.h"

#include <string.h>

/* In the names of what is uploaded first, and in nothing that comes later. */
#define TRACE "TRACE-OF-ANN"

static bool
same_time(gpointer data, Timestamp *ret_time, GError **error)
{
    *ret_time = ((const TestVault *)data)->time;
    return true;
}

static bool
is_synchronised(gpointer data)
{
    return true;
}

static void
sweep(TestBatches *test)
{
    TestVault *vault = test->vault;
    const Privacy privacy = { .db = vault->db,
                              .keyring_db = vault->keyring_db,
                              .keyring = vault->keyring,
                              .vault = vault->vault,
                              .clock = &vault->clock,
                              .database_time = same_time,
                              .clock_is_synchronised = is_synchronised,
                              .witness_data = vault };
    SweepCounts counts;
    g_autoptr(GError) error = NULL;
    g_assert_true(privacy_sweep(&privacy, &counts, &error));
    g_assert_no_error(error);
}

/* Days go by with sweeps and housekeeping, to half an hour before the last moment of what came at
 * START. */
static void
pass_until_last_hour(TestBatches *test, Timestamp start)
{
    const Timestamp end = start + DAYS(21) - SECONDS(1800);
    while (test->vault->time < end) {
        test->vault->time = MIN(test->vault->time + DAYS(1), end);
        sweep(test);
        test_batches_work(test);
    }
}

/* Every column of every table that holds text: where TRACE is found. */
static void
assert_no_trace_in_rows(TestBatches *test)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) columns = db_list_columns(test->vault->db, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < columns->len; i++) {
        const char *column = columns->pdata[i];
        const char *dot = strchr(column, '.');
        g_autofree char *table = g_strndup(column, (gsize)(dot - column));
        g_autofree char *sql = g_strdup_printf(
            "SELECT CAST(%s AS TEXT) AS found FROM %s WHERE CAST(%s AS TEXT) LIKE '%%" TRACE
            "%%' LIMIT 1",
            dot + 1, table, dot + 1);
        g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_READ, &error);
        g_autoptr(DbRows) rows = db_query(tx, &error, sql, "");
        g_assert_no_error(error);
        if (db_next(rows)) {
            g_error("%s still has: %s", column, db_text(rows, "found"));
        }
    }
}

static void
displace_by_hand(TestBatches *test, const Id *batch, const char *mover, const char *holder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(PhotoInfo) moved = test_batches_find(test, batch, mover);
    g_autoptr(PhotoInfo) there = test_batches_find(test, batch, holder);
    g_assert_cmpuint(there->sku_row, >, 0);
    const PhotoChange wish = {
        .has_place = true, .sku_row = there->sku_row, .slot = there->slot, .displace = true
    };
    PhotoChangeResult result;
    g_assert_true(photos_change(test->batches, &test->account, &moved->id, &wish, &result, &error));
    g_assert_no_error(error);
    photo_info_free(result.photo);
    photo_info_free(result.displaced);
}

static void
assert_note_names(TestBatches *test, const Id *batch, const char *photo, const char *text)
{
    g_autoptr(PhotoInfo) found = test_batches_find(test, batch, photo);
    g_test_message("%s: %s", photo, found->notes);
    g_assert_nonnull(strstr(found->notes, text));
}

static void
test_names_go_with_their_files(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Timestamp start = test->vault->time;
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    Id batch = test_batches_open(test);
    /* The first day: a sheet and two photos that name her. */
    test_batches_upload_text(test, &batch, TRACE ".csv",
                             "sku,name\nAB-1,One\n" TRACE "-2,Two\n" TRACE "-3,Three\n");
    test_batches_upload_photo(test, &batch, TRACE ".jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-1 " TRACE ".jpg", 2);
    test_batches_work(test);
    /* Ten days later: others, about which things are said that name the first ones. */
    test->vault->time += DAYS(10);
    test_batches_upload_photo(test, &batch, "ZZ-9.jpg", 1);           /* a twin */
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 3);           /* to be displaced */
    test_batches_upload_photo(test, &batch, "TRACE-OF-ANM-2.jpg", 4); /* like SKUs of hers */
    test_batches_work(test);
    assert_note_names(test, &batch, "TRACE-OF-ANM-2.jpg", TRACE);
    displace_by_hand(test, &batch, "AB-1.jpg", "AB-1 " TRACE ".jpg");
    displace_by_hand(test, &batch, TRACE ".jpg", "AB-1.jpg");
    test_batches_work(test);
    assert_note_names(test, &batch, "AB-1.jpg", TRACE);
    assert_note_names(test, &batch, "ZZ-9.jpg", TRACE);

    pass_until_last_hour(test, start);
    assert_no_trace_in_rows(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, 3);
    g_autoptr(PhotoInfo) kept = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpint(kept->state, ==, PHOTO_DONE);
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) history =
        batches_history(test->batches, &test->account, &batch, &kept->id, NULL, 100, &cursor, NULL);
    g_assert_cmpuint(history->len, >, 0); /* LST-03: what does not name her is still there */
    if (db_kind(test->vault->db) == DB_SQLITE) {
        g_assert_false(
            file_and_log_contain(database->url + strlen("sqlite:"), TRACE, strlen(TRACE)));
    }
}

/* What was done to a batch stays in its history as long as it has files, however old it is. */
static void
test_old_batches_keep_their_history(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    Id batch = test_batches_open(test);
    for (guint i = 1; i <= 2; i++) {
        g_autofree char *name = g_strdup_printf("%u.jpg", i);
        test_batches_upload_photo(test, &batch, name, i);
        test_batches_work(test);
        test->vault->time += DAYS(15);
        sweep(test);
        test_batches_work(test);
    }
    const BatchSettings settings = { .name = "other", .longest_side = -1, .quality = -1 };
    g_autoptr(BatchInfo) edited =
        batches_edit(test->batches, &test->account, &batch, &settings, NULL);
    g_assert_nonnull(edited);
    sweep(test);
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) history =
        batches_history(test->batches, &test->account, &batch, NULL, NULL, 100, &cursor, NULL);
    const BatchEvent *latest = history->pdata[0];
    g_assert_cmpstr(latest->what, ==, "edited");
}

static void
add_tests(void)
{
    test_each_database("/traces/LST-17/names", test_names_go_with_their_files);
    test_each_database("/traces/LST-03/old-batch", test_old_batches_keep_their_history);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

/* kill -9 at any moment, many times: what was acknowledged is there, is cleaned, and is published
 * once; nothing else is left behind. The one that is killed is this program itself, as a child. */
#include "batches/test_batches.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char child_word[] = "crash-child";

/* The child's clock is a parameter's worth ahead, so that leases of its forerunner have run out. */
static Timestamp
shifted_now(void *data)
{
    return clock_now(&system_clock) + *(const Timestamp *)data;
}

/* Uploads until it is killed; a line a photo that was acknowledged. */
static void
upload_for_ever(TestBatches *test, const Id *batch, const char *prefix)
{
    for (guint i = 0;; i++) {
        g_autofree char *name = g_strdup_printf("%s-%u.jpg", prefix, i);
        test_batches_upload_photo(test, batch, name, g_str_hash(name));
        printf("%s\n", name);
        fflush(stdout);
    }
}

/* ARGV: word, database, keyring, directory, account, batch, prefix, shift in seconds. */
static int
child_main(char **argv)
{
    Timestamp shift = SECONDS(strtoll(argv[8], NULL, 10));
    const Clock clock = { shifted_now, &shift };
    Id account, batch;
    if (!id_parse(argv[5], &account) || !id_parse(argv[6], &batch)) {
        return 2;
    }
    TestBatches *test = test_batches_join(argv[2], argv[3], argv[4], &clock, &account);
    const guint threads[JOBS_NUM_LANES] = { 1, 1, 1 };
    jobs_start(test->jobs, threads);
    upload_for_ever(test, &batch, argv[7]);
    return 0;
}

typedef struct {
    TestDatabase *database;
    TestBatches *test;
    Id batch;
    GHashTable *acknowledged;
} Crash;

static void
run_and_kill(Crash *crash, guint round, guint milliseconds)
{
    g_autofree char *prefix = g_strdup_printf("AB-%u", round);
    g_autofree char *shift = g_strdup_printf("%u", 120 * (round + 1));
    const char *const argv[] = { "/proc/self/exe",
                                 child_word,
                                 crash->database->url,
                                 crash->test->vault->keyring_url,
                                 crash->test->vault->directory,
                                 crash->test->account.text,
                                 crash->batch.text,
                                 prefix,
                                 shift,
                                 NULL };
    g_autoptr(GError) error = NULL;
    GPid pid;
    int out;
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                             NULL, &out, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    ssize_t got = read(out, buffer, sizeof buffer); /* it has begun */
    g_assert_cmpint(got, >, 0);
    g_string_append_len(text, buffer, got);
    g_usleep(milliseconds * 1000);
    kill(pid, SIGKILL);
    while ((got = read(out, buffer, sizeof buffer)) > 0) {
        g_string_append_len(text, buffer, got);
    }
    close(out);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    /* What stands behind the last line's end was cut. */
    for (guint i = 0; i + 1 < g_strv_length(lines); i++) {
        g_hash_table_add(crash->acknowledged, g_strdup(lines[i]));
    }
}

static void
assert_all_is_there(Crash *crash)
{
    TestBatches *test = crash->test;
    g_autoptr(BatchInfo) info = test_batches_info(test, &crash->batch);
    g_assert_cmpint(info->counts.photos, >=, g_hash_table_size(crash->acknowledged));
    g_assert_cmpint(info->counts.done, ==, info->counts.photos);
    g_assert_cmpint(info->state, ==, BATCH_PUBLISHED);
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) urls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *cursor = NULL;
    do {
        g_autofree char *next = NULL;
        g_autoptr(GPtrArray) photos = photos_list(test->batches, &test->account, &crash->batch,
                                                  PHOTOS_ALL, 0, cursor, 100, &next, NULL);
        for (guint i = 0; i < photos->len; i++) {
            const PhotoInfo *photo = photos->pdata[i];
            g_assert_true(g_hash_table_add(names, g_strdup(photo->name)));
            bool is_matched = photo->verdict == PHOTO_MATCHED;
            g_assert_true(is_matched == (photo->picture->url != NULL));
            g_assert_true(!is_matched || g_hash_table_add(urls, g_strdup(photo->picture->url)));
        }
        g_free(cursor);
        cursor = g_steal_pointer(&next);
    } while (cursor != NULL);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, crash->acknowledged);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_assert_true(g_hash_table_contains(names, name));
    }
    g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_READ, NULL);
    g_autoptr(DbRows) rows = db_query(tx, NULL, "SELECT COUNT(*) AS n FROM publication", "");
    g_assert_true(db_next(rows));
    g_assert_cmpint(db_int(rows, "n"), ==, g_hash_table_size(urls));
}

static void
assert_nothing_else(Crash *crash)
{
    TestBatches *test = crash->test;
    g_autoptr(BatchInfo) info = test_batches_info(test, &crash->batch);
    test->vault->time += DAYS(2); /* nobody adopts what killed writers left */
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    test_batches_work(test);
    test_vault_sweep(test->vault);
    gint64 num_objects = 1 + 3 * info->counts.photos;
    g_assert_cmpint(test_vault_num_rows(test->vault), ==, num_objects);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, num_objects);
}

/* One SKU for every third photo, so that some match and some do not. */
static char *
sheet_for(guint num_rounds)
{
    GString *text = g_string_new("sku,main_image_url\n");
    for (guint round = 0; round < num_rounds; round++) {
        for (guint i = 0; i < 60; i += 3) {
            g_string_append_printf(text, "AB-%u-%u,\n", round, i);
        }
    }
    return g_string_free(text, FALSE);
}

static void
test_killed_at_any_moment(TestDatabase *database)
{
    const char *wished = g_getenv("CRASH_ROUNDS");
    guint num_rounds = wished == NULL ? 8 : (guint)strtoul(wished, NULL, 10);
    g_autoptr(TestBatches) test = test_batches_new(database);
    g_autofree char *sheet = sheet_for(num_rounds);
    g_autoptr(GHashTable) acknowledged =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Crash crash = { .database = database, .test = test, .acknowledged = acknowledged };
    crash.batch = test_batches_open(test);
    test_batches_upload_text(test, &crash.batch, "listing.csv", sheet);
    for (guint round = 0; round < num_rounds; round++) {
        run_and_kill(&crash, round, (guint)g_test_rand_int_range(1, 400));
    }
    test->vault->time = clock_now(&system_clock) + SECONDS(120 * (num_rounds + 2));
    test_batches_work(test);
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchInfo) info =
        batches_publish(test->batches, &test->account, &crash.batch, 0, &error);
    g_assert_no_error(error);
    test_batches_work(test);
    assert_all_is_there(&crash);
    assert_nothing_else(&crash);
    g_test_message("%u photos were acknowledged", g_hash_table_size(acknowledged));
}

static void
add_tests(void)
{
    test_each_database("/crash/LST-04/killed", test_killed_at_any_moment);
}

int
main(int argc, char **argv)
{
    if (argc == 9 && strcmp(argv[1], child_word) == 0) {
        return child_main(argv);
    }
    return test_batches_main(argc, argv, add_tests);
}

/* How much an account may have: bytes, also of ZIPs that are taken apart at the same time, and rows
 * of each kind. */
#include "archive/zip.h"
#include "base/error.h"
#include "batches/photos.h"
#include "batches/test_batches.h"
#include "batches/uploads.h"

#include <string.h>

static bool
take_bytes(const void *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

enum { NUM_MEMBERS = 10, MEMBER_BYTES = 1000 * 1000 };

/* A few kilobytes that are ten megabytes when they are taken out. */
static GByteArray *
zip_of_members(void)
{
    GByteArray *bytes = g_byte_array_new();
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(take_bytes, bytes);
    g_autofree guint8 *nothing = g_malloc0(MEMBER_BYTES);
    for (guint i = 0; i < NUM_MEMBERS; i++) {
        g_autofree char *name = g_strdup_printf("%u.jpg", i);
        nothing[0] = (guint8)i;
        g_assert_true(zip_writer_add(zip, name, nothing, MEMBER_BYTES, 6, NULL));
    }
    g_assert_true(zip_writer_finish(zip, NULL, NULL));
    return bytes;
}

static gpointer
run_one_job(gpointer data)
{
    TestBatches *test = data;
    bool has_run;
    (void)jobs_run_one(test->jobs, &has_run, NULL);
    return NULL;
}

static gint64
used_bytes(TestBatches *test)
{
    AccountLimits limits;
    g_assert_true(batches_limits(test->batches, &test->account, &limits, NULL));
    return limits.used_bytes;
}

static void
test_zips_at_once_share_the_quota(TestDatabase *database)
{
    enum { NUM_ZIPS = 2 };
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_bytes = NUM_MEMBERS * MEMBER_BYTES * 3 / 2;
    g_autoptr(GByteArray) bytes = zip_of_members();
    Id uploads[NUM_ZIPS];
    GThread *threads[NUM_ZIPS];
    for (guint i = 0; i < NUM_ZIPS; i++) {
        Id batch = test_batches_open(test);
        g_autoptr(UploadInfo) upload =
            test_batches_upload(test, &batch, "photos.zip", bytes->data, bytes->len);
        uploads[i] = upload->id;
    }
    for (guint i = 0; i < NUM_ZIPS; i++) {
        threads[i] = g_thread_new("unpacks", run_one_job, test);
    }
    for (guint i = 0; i < NUM_ZIPS; i++) {
        g_thread_join(threads[i]);
    }
    test_batches_work(test);
    guint num_done = 0;
    for (guint i = 0; i < NUM_ZIPS; i++) {
        g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &uploads[i], NULL);
        num_done += after->state == UPLOAD_DONE;
        g_assert_true(after->state == UPLOAD_DONE ||
                      strstr(after->failure, "quota.account-bytes") != NULL);
    }
    g_assert_cmpuint(num_done, ==, 1);
    g_assert_cmpint(used_bytes(test), ==, NUM_MEMBERS * MEMBER_BYTES);
}

/* What is being taken out of a ZIP is spoken for: another file does not get its room. */
static void
test_room_of_a_zip_is_given_back(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(GByteArray) bytes = zip_of_members();
    g_autoptr(UploadInfo) upload =
        test_batches_upload(test, &batch, "photos.zip", bytes->data, bytes->len);
    g_assert_cmpint(used_bytes(test), ==, bytes->len);
    test_batches_work(test);
    g_assert_cmpint(used_bytes(test), ==, NUM_MEMBERS * MEMBER_BYTES);
}

static void
assert_full(GError *error, const char *setting)
{
    g_autoptr(GError) owned = error;
    g_assert_error(owned, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_test_message("%s", owned->message);
    g_assert_nonnull(strstr(owned->message, setting));
}

static UploadInfo *
announce(TestBatches *test, const Id *batch, const char *name, GError **error)
{
    const UploadRequest request = { .batch = *batch, .name = name, .size = 10 };
    return uploads_create(test->batches, &test->account, &request, error);
}

static void
test_batches_have_a_quota(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_batches = 2;
    Id first = test_batches_open(test);
    (void)test_batches_open(test);
    GError *error = NULL;
    g_assert_null(
        batches_create(test->batches, &test->account, &BATCH_SETTINGS_NONE, NULL, NULL, &error));
    assert_full(error, "quota.account-batches");
    g_assert_true(batches_delete(test->batches, &test->account, &first, NULL));
    (void)test_batches_open(test);
}

static void
test_photos_have_a_quota(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_photos = 3;
    Id first = test_batches_open(test);
    Id second = test_batches_open(test);
    test_batches_upload_photo(test, &first, "a.jpg", 1);
    test_batches_upload_photo(test, &first, "b.jpg", 2);
    test_batches_upload_photo(test, &second, "c.jpg", 3);
    GError *error = NULL;
    g_assert_null(announce(test, &second, "d.jpg", &error));
    assert_full(error, "quota.account-photos");

    g_autoptr(UploadInfo) sheet = announce(test, &second, "sheet.csv", NULL);
    g_assert_nonnull(sheet);
    g_autoptr(GByteArray) bytes = zip_of_members();
    g_autoptr(UploadInfo) zip =
        test_batches_upload(test, &second, "photos.zip", bytes->data, bytes->len);
    test_batches_work(test);
    g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &zip->id, NULL);
    g_assert_cmpint(after->state, ==, UPLOAD_FAILED);
    g_assert_nonnull(strstr(after->failure, "quota.account-photos"));
}

static void
test_skus_have_a_quota(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_skus = 3;
    Id first = test_batches_open(test);
    Id second = test_batches_open(test);
    test_batches_upload_text(test, &first, "a.csv", "sku,name\nA-1,One\nA-2,Two\n");
    test_batches_work(test);
    test_batches_upload_text(test, &second, "a.csv", "sku,name\nA-1,One\nA-2,Two\n");
    test_batches_work(test);
    g_autoptr(BatchInfo) refused = test_batches_info(test, &second);
    g_assert_nonnull(strstr(refused->sheet->problem, "quota.account-skus"));
    g_assert_cmpint(refused->counts.skus, ==, 0);
    /* One that takes the place of another needs no room beside it. */
    test_batches_upload_text(test, &first, "b.csv", "sku,name\nA-1,One\nA-2,Two\nA-3,Three\n");
    test_batches_work(test);
    g_autoptr(BatchInfo) replaced = test_batches_info(test, &first);
    g_assert_cmpint(replaced->counts.skus, ==, 3);
}

static void
test_uploads_have_a_quota(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_uploads = 2;
    Id batch = test_batches_open(test);
    GError *error = NULL;
    for (guint i = 0; i < 2; i++) { /* empty: failed at once, and a row all the same */
        const UploadRequest request = { .batch = batch, .name = "a.jpg", .size = 0 };
        g_autoptr(UploadInfo) upload =
            uploads_create(test->batches, &test->account, &request, &error);
        g_assert_no_error(error);
    }
    g_assert_null(announce(test, &batch, "b.jpg", &error));
    assert_full(error, "quota.account-uploads");
}

/* People stop adding lines; what the program does with what is there is still written down. */
static void
test_history_has_a_quota(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_photo(test, &batch, "a.jpg", 1);
    test->settings.quota_account_events = 1;
    test_batches_work(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "a.jpg");
    g_assert_cmpint(photo->state, ==, PHOTO_DONE);
    GError *error = NULL;
    const PhotoChange wish = { .has_turn = true, .turn = 90 };
    PhotoChangeResult result;
    g_assert_false(
        photos_change(test->batches, &test->account, &photo->id, &wish, &result, &error));
    assert_full(g_steal_pointer(&error), "quota.account-events");
    const BatchSettings settings = { .name = "other", .longest_side = -1, .quality = -1 };
    g_assert_null(batches_edit(test->batches, &test->account, &batch, &settings, &error));
    assert_full(g_steal_pointer(&error), "quota.account-events");
    g_assert_null(announce(test, &batch, "b.jpg", &error));
    assert_full(error, "quota.account-events");
    g_assert_true(batches_delete(test->batches, &test->account, &batch, NULL));
}

static void
add_tests(void)
{
    test_each_database("/quota/zips-at-once", test_zips_at_once_share_the_quota);
    test_each_database("/quota/zip-room", test_room_of_a_zip_is_given_back);
    test_each_database("/quota/batches", test_batches_have_a_quota);
    test_each_database("/quota/photos", test_photos_have_a_quota);
    test_each_database("/quota/skus", test_skus_have_a_quota);
    test_each_database("/quota/uploads", test_uploads_have_a_quota);
    test_each_database("/quota/history", test_history_has_a_quota);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

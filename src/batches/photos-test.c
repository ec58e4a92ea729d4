/* People's decisions, what the pages read, and the changes that they are told of. */
#include "batches/test_batches.h"

#include "base/error.h"
#include "privacy/inventory.h"

#include <string.h>

static const char sheet_text[] = "sku,asin,main_image_url,other_image_url1,other_image_url2\n"
                                 "AB-1,B000000001,,,\n"
                                 "AB-2,B000000002,,,\n"
                                 "CD-3,B000000003,https://old.example/main.jpg,,\n";

static Id
usual_batch(TestBatches *test)
{
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-2.jpg", 2);
    test_batches_upload_photo(test, &batch, "holiday.jpg", 3);
    test_batches_work(test);
    return batch;
}

static bool
change(TestBatches *test, const Id *batch, const char *name, const PhotoChange *wish,
       PhotoChangeResult *ret_result, GError **error)
{
    g_autoptr(PhotoInfo) photo = test_batches_find(test, batch, name);
    return photos_change(test->batches, &test->account, &photo->id, wish, ret_result, error);
}

static void
change_well(TestBatches *test, const Id *batch, const char *name, const PhotoChange *wish)
{
    g_autoptr(GError) error = NULL;
    g_auto(PhotoChangeResult) result = { 0 };
    (void)change(test, batch, name, wish, &result, &error);
    g_assert_no_error(error);
    g_assert_nonnull(result.photo);
}

static void
test_a_moved_photo_stays_where_it_was_put(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wish = { .has_place = true, .sku_row = 3, .slot = { SLOT_EXTRA, 1 } };
    change_well(test, &batch, "holiday.jpg", &wish);
    test_batches_assert_place(test, &batch, "holiday.jpg", "matched 3 PT01");
    test_batches_upload_photo(test, &batch, "AB-2_2.jpg", 4);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "holiday.jpg", "matched 3 PT01");
    /* The rules' own wish for that slot gives way and says so. */
    g_autoptr(PhotoInfo) late = test_batches_find(test, &batch, "AB-2_2.jpg");
    g_assert_cmpint(late->verdict, ==, PHOTO_AMBIGUOUS);
    g_assert_nonnull(strstr(late->notes, "holiday.jpg"));
}

static void
test_a_taken_slot_names_its_holder(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wish = { .has_place = true, .sku_row = 2, .slot = { SLOT_MAIN, 0 } };
    g_autoptr(GError) error = NULL;
    g_auto(PhotoChangeResult) result = { 0 };
    g_assert_false(change(test, &batch, "holiday.jpg", &wish, &result, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_cmpstr(result.rival->name, ==, "AB-1.jpg");
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 2 MAIN");
    test_batches_assert_place(test, &batch, "holiday.jpg", "unmatched");
}

static void
test_the_displaced_photo_stays_out(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wish = {
        .has_place = true, .sku_row = 2, .slot = { SLOT_MAIN, 0 }, .displace = true
    };
    g_autoptr(GError) error = NULL;
    g_auto(PhotoChangeResult) result = { 0 };
    g_assert_true(change(test, &batch, "holiday.jpg", &wish, &result, &error));
    g_assert_cmpstr(result.displaced->name, ==, "AB-1.jpg");
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "holiday.jpg", "matched 2 MAIN");
    test_batches_assert_place(test, &batch, "AB-1.jpg", "unmatched");
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.matched, ==, 2);
    g_assert_cmpint(info->counts.unmatched, ==, 1);
    g_assert_cmpint(info->counts.skus_without_main, ==, 0);
}

static void
test_two_photos_change_places_at_once(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wish = {
        .has_place = true, .sku_row = 3, .slot = { SLOT_MAIN, 0 }, .displace = true, .swap = true
    };
    g_autoptr(GError) error = NULL;
    g_auto(PhotoChangeResult) result = { 0 };
    g_assert_true(change(test, &batch, "AB-1.jpg", &wish, &result, &error));
    g_assert_cmpstr(result.displaced->name, ==, "AB-2.jpg");
    g_assert_cmpuint(result.displaced->sku_row, ==, 2);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 3 MAIN");
    test_batches_assert_place(test, &batch, "AB-2.jpg", "matched 2 MAIN");
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.matched, ==, 2);
    g_assert_cmpint(info->counts.skus_without_main, ==, 0);
}

static void
test_who_comes_from_nowhere_has_no_place_to_give(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wish = {
        .has_place = true, .sku_row = 2, .slot = { SLOT_MAIN, 0 }, .displace = true, .swap = true
    };
    change_well(test, &batch, "holiday.jpg", &wish);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "unmatched");
}

static void
test_a_reset_photo_is_the_rules_again(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange move = {
        .has_place = true, .sku_row = 3, .slot = { SLOT_EXTRA, 2 }, .has_turn = true, .turn = 180
    };
    change_well(test, &batch, "AB-1.jpg", &move);
    g_autoptr(BatchInfo) between = test_batches_info(test, &batch);
    g_assert_cmpint(between->counts.skus_without_main, ==, 1);
    const PhotoChange reset = { .reset = true };
    change_well(test, &batch, "AB-1.jpg", &reset);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 2 MAIN");
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpuint(photo->turn, ==, 0);
    g_assert_cmpint(photo->decided_by, ==, DECIDED_BY_RULE);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.skus_without_main, ==, 0);
}

static void
test_a_turned_photo_is_cleaned_again(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(PhotoInfo) before = test_batches_find(test, &batch, "AB-1.jpg");
    const PhotoChange turn = { .has_turn = true, .turn = 90 };
    change_well(test, &batch, "AB-1.jpg", &turn);
    g_autoptr(PhotoInfo) waiting = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpint(waiting->state, ==, PHOTO_WAITING);
    test_batches_work(test);
    g_autoptr(PhotoInfo) after = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpint(after->state, ==, PHOTO_DONE);
    g_assert_cmpuint(after->picture->width, ==, before->picture->height);
    g_assert_cmpuint(after->picture->height, ==, before->picture->width);
    g_assert_cmpint(after->version, >, before->version);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 2 MAIN");
    /* The pictures of before are gone. */
    test_vault_sweep(test->vault);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 1 + 3 * 3);
}

static void
test_a_photo_left_out_makes_room(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "a/AB-1.jpg", 1);
    test_batches_upload_photo(test, &batch, "b/AB-1.jpg", 2);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "a/AB-1.jpg", "ambiguous");
    const PhotoChange out = { .has_left_out = true, .left_out = true };
    change_well(test, &batch, "a/AB-1.jpg", &out);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "a/AB-1.jpg", "left_out");
    test_batches_assert_place(test, &batch, "b/AB-1.jpg", "matched 2 MAIN");
    const PhotoChange in = { .has_left_out = true, .left_out = false };
    change_well(test, &batch, "a/AB-1.jpg", &in);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "a/AB-1.jpg", "ambiguous");
    test_batches_assert_place(test, &batch, "b/AB-1.jpg", "ambiguous");
}

static void
test_a_copy_of_a_moved_photo_stays_a_copy(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "AB-1_2.jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-1_2 (copy).jpg", 1);
    test_batches_work(test);
    const PhotoChange wish = { .has_place = true, .sku_row = 2, .slot = { SLOT_MAIN, 0 } };
    g_autofree char *place = test_batches_place(test, &batch, "AB-1_2.jpg");
    bool is_first = strcmp(place, "duplicate") != 0;
    const char *moved = is_first ? "AB-1_2.jpg" : "AB-1_2 (copy).jpg";
    change_well(test, &batch, moved, &wish);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, moved, "matched 2 MAIN");
    test_batches_assert_place(test, &batch, is_first ? "AB-1_2 (copy).jpg" : "AB-1_2.jpg",
                              "duplicate");
}

/* Two browsers edit one batch: the second one is told. */
static void
test_a_stale_revision_is_a_conflict(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) seen = test_batches_info(test, &batch);
    const PhotoChange first = {
        .has_place = true, .sku_row = 3, .slot = { SLOT_EXTRA, 1 }, .revision = seen->revision
    };
    change_well(test, &batch, "holiday.jpg", &first);
    const PhotoChange second = {
        .has_place = true, .sku_row = 2, .slot = { SLOT_EXTRA, 1 }, .revision = seen->revision
    };
    g_autoptr(GError) error = NULL;
    g_auto(PhotoChangeResult) result = { 0 };
    g_assert_false(change(test, &batch, "holiday.jpg", &second, &result, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_assert_null(result.rival);
    g_clear_error(&error);
    /* Another photo's change is none of its business; publishing is for all of them. */
    change_well(test, &batch, "AB-2.jpg",
                &(const PhotoChange){ .has_turn = true, .turn = 90, .revision = seen->revision });
    g_assert_null(batches_publish(test->batches, &test->account, &batch, seen->revision, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_changes_that_make_no_sense_are_refused(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    const PhotoChange wrong[] = {
        { .displace = true },
        { .has_place = true, .sku_row = 2, .slot = { SLOT_MAIN, 0 }, .swap = true },
        { .reset = true, .has_turn = true, .turn = 90 },
        { .has_turn = true, .turn = 45 },
        { .has_turn = true, .turn = 360 },
        { .has_place = true, .sku_row = 77, .slot = { SLOT_MAIN, 0 } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(PhotoChangeResult) result = { 0 };
        g_assert_false(change(test, &batch, "AB-1.jpg", &wrong[i], &result, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

/* What is published must be what was decided: a changed photo's URL is taken back at once. */
static void
test_a_change_takes_the_url_back(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) info = batches_publish(test->batches, &test->account, &batch, 0, NULL);
    g_assert_nonnull(info);
    test_batches_work(test);
    change_well(test, &batch, "AB-1.jpg",
                &(const PhotoChange){ .has_place = true, .sku_row = 3, .slot = { SLOT_EXTRA, 1 } });
    g_autoptr(PhotoInfo) moved = test_batches_find(test, &batch, "AB-1.jpg");
    g_autoptr(PhotoInfo) other = test_batches_find(test, &batch, "AB-2.jpg");
    g_assert_null(moved->picture->url);
    g_assert_nonnull(other->picture->url);
    g_autoptr(BatchInfo) after = test_batches_info(test, &batch);
    g_assert_cmpint(after->state, ==, BATCH_OPEN);
    g_autoptr(BatchInfo) again = batches_publish(test->batches, &test->account, &batch, 0, NULL);
    g_assert_nonnull(again);
    test_batches_work(test);
    g_autoptr(PhotoInfo) published = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_true(g_str_has_suffix(published->picture->url, "/AB-2_PT01.jpg"));
}

static guint
count_filtered(TestBatches *test, const Id *batch, PhotoFilter filter, guint32 sku_row)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) photos = photos_list(test->batches, &test->account, batch, filter, sku_row,
                                              NULL, 0, &cursor, &error);
    g_assert_no_error(error);
    g_assert_null(cursor);
    return photos->len;
}

static void
test_photos_are_listed_by_what_they_need(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    change_well(test, &batch, "AB-2.jpg",
                &(const PhotoChange){ .has_left_out = true, .left_out = true });
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_ALL, 0), ==, 3);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_MATCHED, 0), ==, 1);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_UNMATCHED, 0), ==, 1);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_ATTENTION, 0), ==, 1);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_LEFT_OUT, 0), ==, 1);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_ALL, 2), ==, 1);
    g_assert_cmpuint(count_filtered(test, &batch, PHOTOS_ALL, 3), ==, 0);
}

static void
test_pages_of_photos_leave_none_out(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *cursor = NULL;
    for (guint page = 0; page < 3; page++) {
        g_autofree char *next = NULL;
        g_autoptr(GPtrArray) photos = photos_list(test->batches, &test->account, &batch, PHOTOS_ALL,
                                                  0, cursor, 1, &next, NULL);
        g_assert_cmpuint(photos->len, ==, 1);
        g_hash_table_add(seen, g_strdup(((const PhotoInfo *)photos->pdata[0])->name));
        g_free(cursor);
        cursor = g_steal_pointer(&next);
    }
    g_assert_null(cursor);
    g_assert_cmpuint(g_hash_table_size(seen), ==, 3);
}

static GPtrArray *
list_skus(TestBatches *test, const Id *batch, const SkuFilter *filter)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *cursor = NULL;
    GPtrArray *skus =
        skus_list(test->batches, &test->account, batch, filter, NULL, 0, &cursor, &error);
    g_assert_no_error(error);
    return skus;
}

static void
test_skus_have_their_photos_and_gaps(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    test_batches_upload_photo(test, &batch, "AB-1.PT02.jpg", 9);
    test_batches_work(test);
    g_autoptr(GPtrArray) skus = list_skus(test, &batch, &(const SkuFilter){ 0 });
    g_assert_cmpuint(skus->len, ==, 3);
    const SkuInfo *first = skus->pdata[0], *third = skus->pdata[2];
    g_assert_cmpstr(first->sku, ==, "AB-1");
    g_assert_cmpuint(first->photos->len, ==, 2);
    g_assert_cmpstr(((const PhotoInfo *)first->photos->pdata[0])->name, ==, "AB-1.jpg");
    g_assert_cmpstr(first->missing, ==, "PT01");
    g_assert_cmpstr(third->missing, ==, ""); /* the sheet has its main picture */
    g_assert_true(third->has_sheet_main);
    g_assert_false(third->needs_attention);
}

static void
test_skus_are_found(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    change_well(test, &batch, "AB-2.jpg",
                &(const PhotoChange){ .has_left_out = true, .left_out = true });
    g_autoptr(GPtrArray) attention =
        list_skus(test, &batch, &(const SkuFilter){ .attention_only = true });
    g_assert_cmpuint(attention->len, ==, 1);
    g_assert_cmpstr(((const SkuInfo *)attention->pdata[0])->sku, ==, "AB-2");
    g_autoptr(GPtrArray) by_sku = list_skus(test, &batch, &(const SkuFilter){ .search = "cd" });
    g_assert_cmpuint(by_sku->len, ==, 1);
    g_autoptr(GPtrArray) by_asin =
        list_skus(test, &batch, &(const SkuFilter){ .search = "b000000002" });
    g_assert_cmpuint(by_asin->len, ==, 1);
    g_autoptr(GPtrArray) by_sign = list_skus(test, &batch, &(const SkuFilter){ .search = "%" });
    g_assert_cmpuint(by_sign->len, ==, 0);
    g_autoptr(GPtrArray) from = list_skus(test, &batch, &(const SkuFilter){ .at_row = 3 });
    g_assert_cmpuint(from->len, ==, 2);
}

/* What a listener was told last. */
typedef struct {
    GMutex mutex;
    GCond told;
    gint64 revision;
    guint num_calls;
    gsize num_photos;
    bool is_gone;
    bool must_wait; /* `listen` does not return */
    bool is_over;   /* it will not be called again */
} Listener;

static void
listen(const BatchInfo *batch, const Id *photos, gsize num_photos, gpointer data)
{
    Listener *listener = data;
    g_mutex_lock(&listener->mutex);
    listener->num_calls++;
    listener->is_gone = batch == NULL;
    listener->revision = batch == NULL ? 0 : batch->revision;
    listener->num_photos = num_photos;
    g_cond_broadcast(&listener->told);
    while (listener->must_wait) {
        g_cond_wait(&listener->told, &listener->mutex);
    }
    g_mutex_unlock(&listener->mutex);
}

static void
end_listening(gpointer data)
{
    Listener *listener = data;
    g_mutex_lock(&listener->mutex);
    listener->is_over = true;
    g_cond_broadcast(&listener->told);
    g_mutex_unlock(&listener->mutex);
}

static void
wait_for_end(Listener *listener)
{
    g_mutex_lock(&listener->mutex);
    listener->must_wait = false;
    g_cond_broadcast(&listener->told);
    while (!listener->is_over) {
        g_cond_wait(&listener->told, &listener->mutex);
    }
    g_mutex_unlock(&listener->mutex);
}

static void
wait_for(Listener *listener, gint64 revision)
{
    g_mutex_lock(&listener->mutex);
    while (listener->revision < revision && !listener->is_gone) {
        g_cond_wait(&listener->told, &listener->mutex);
    }
    g_mutex_unlock(&listener->mutex);
}

static void
test_listeners_are_told_of_changes(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    Listener listener = { 0 };
    g_autoptr(GError) error = NULL;
    BatchWatch *watch = batch_watch_new(test->batches, &test->account, &batch, 0, listen, &listener,
                                        end_listening, &error);
    g_assert_no_error(error);
    change_well(test, &batch, "AB-2.jpg",
                &(const PhotoChange){ .has_left_out = true, .left_out = true });
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    wait_for(&listener, info->revision);
    g_assert_cmpuint(listener.num_photos, ==, 1);
    g_assert_true(batches_delete(test->batches, &test->account, &batch, NULL));
    wait_for(&listener, G_MAXINT64);
    g_assert_true(listener.is_gone);
    batch_watch_free(watch);
    wait_for_end(&listener);
}

/* One that was away hears of everything since. */
static void
test_a_listener_that_comes_back_catches_up(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    Listener listener = { 0 };
    BatchWatch *watch = batch_watch_new(test->batches, &test->account, &batch, 1, listen, &listener,
                                        end_listening, NULL);
    wait_for(&listener, info->revision);
    g_assert_cmpuint(listener.num_photos, ==, 3);
    batch_watch_free(watch);
    wait_for_end(&listener);
}

/* The loop of the server, which does this, has others to serve. */
static void
test_a_listener_may_leave_while_it_is_told(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    Listener listener = { .must_wait = true };
    BatchWatch *watch = batch_watch_new(test->batches, &test->account, &batch, 1, listen, &listener,
                                        end_listening, NULL);
    wait_for(&listener, info->revision);
    batch_watch_free(watch);
    g_assert_false(listener.is_over);
    wait_for_end(&listener);
    g_assert_cmpuint(listener.num_calls, ==, 1);
}

/* LST-17: three weeks after the upload nothing of it is shown or served. */
static void
test_expired_photos_are_not_shown(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) info = batches_publish(test->batches, &test->account, &batch, 0, NULL);
    g_assert_nonnull(info);
    test_batches_work(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpint(photo->expires_at, ==, photo->uploaded_at + DAYS(21));
    test->vault->time = photo->expires_at + 1;
    g_autoptr(GError) error = NULL;
    g_assert_null(photos_get(test->batches, &test->account, &photo->id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_auto(Publication) publication = { 0 };
    g_assert_false(publications_find(
        test->batches, "first.pictures.example",
        photo->picture->url + strlen("https://first.pictures.example/"), &publication, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

/* The sweep deletes rows without asking: the counts follow. */
static void
test_counts_follow_the_sweep(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    test->vault->time += inventory_lifetime("photo");
    g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_WRITE, NULL);
    g_assert_true(db_exec(tx, NULL, NULL, "DELETE FROM batch_event", ""));
    g_assert_true(db_exec(tx, NULL, NULL, "DELETE FROM photo", ""));
    g_assert_true(db_exec(tx, NULL, NULL, "DELETE FROM sku", ""));
    g_assert_true(db_commit(g_steal_pointer(&tx), NULL));
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->state, ==, BATCH_EXPIRED);
    g_assert_cmpint(info->counts.photos, ==, 0);
    g_assert_cmpint(info->counts.matched, ==, 0);
    g_assert_cmpint(info->counts.skus, ==, 0);
    g_assert_cmpint(info->bytes_in, ==, 0);
    g_assert_null(info->sheet);
}

static void
add_tests(void)
{
    test_each_database("/photos/move", test_a_moved_photo_stays_where_it_was_put);
    test_each_database("/photos/taken", test_a_taken_slot_names_its_holder);
    test_each_database("/photos/displace", test_the_displaced_photo_stays_out);
    test_each_database("/photos/swap", test_two_photos_change_places_at_once);
    test_each_database("/photos/swap-from-nowhere",
                       test_who_comes_from_nowhere_has_no_place_to_give);
    test_each_database("/photos/reset", test_a_reset_photo_is_the_rules_again);
    test_each_database("/photos/turn", test_a_turned_photo_is_cleaned_again);
    test_each_database("/photos/left-out", test_a_photo_left_out_makes_room);
    test_each_database("/photos/copy", test_a_copy_of_a_moved_photo_stays_a_copy);
    test_each_database("/photos/two-editors", test_a_stale_revision_is_a_conflict);
    test_each_database("/photos/nonsense", test_changes_that_make_no_sense_are_refused);
    test_each_database("/photos/url-taken-back", test_a_change_takes_the_url_back);
    test_each_database("/photos/filters", test_photos_are_listed_by_what_they_need);
    test_each_database("/photos/pages", test_pages_of_photos_leave_none_out);
    test_each_database("/photos/skus", test_skus_have_their_photos_and_gaps);
    test_each_database("/photos/sku-search", test_skus_are_found);
    test_each_database("/photos/watch", test_listeners_are_told_of_changes);
    test_each_database("/photos/watch-again", test_a_listener_that_comes_back_catches_up);
    test_each_database("/photos/listener-leaves", test_a_listener_may_leave_while_it_is_told);
    test_each_database("/photos/LST-17/expired", test_expired_photos_are_not_shown);
    test_each_database("/photos/LST-17/recount", test_counts_follow_the_sweep);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

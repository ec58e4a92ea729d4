/* The seller's job from the drop to the sheet with URLs, on both databases. */
#include "batches/test_batches.h"

#include "base/error.h"
#include "batches/jobs.h"
#include "sheet/test_book.h"

#include <string.h>
#include <unistd.h>

#define TEXT_CELL(reference, text)                                                                 \
    "<c r=\"" reference "\" t=\"inlineStr\"><is><t>" text "</t></is></c>"

static const char sheet_text[] = "sku,name,main_image_url,other_image_url1\n"
                                 "AB-1,One,,\n"
                                 "AB-2,Two,,\n";

/* A batch with a sheet, a main and a further photo for AB-1, one for AB-2, and one for nobody. */
static Id
usual_batch(TestBatches *test)
{
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-1_2.jpg", 2);
    test_batches_upload_photo(test, &batch, "AB-2.jpg", 3);
    test_batches_upload_photo(test, &batch, "holiday.jpg", 4);
    test_batches_work(test);
    return batch;
}

static void
publish(TestBatches *test, const Id *batch)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchInfo) info = batches_publish(test->batches, &test->account, batch, 0, &error);
    g_assert_no_error(error);
    test_batches_work(test);
    g_autoptr(BatchInfo) after = test_batches_info(test, batch);
    g_assert_cmpint(after->state, ==, BATCH_PUBLISHED);
    g_assert_null(after->publish_error);
}

/* LST-05: as the command would. */
static void
test_photos_find_their_places(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 2 MAIN");
    test_batches_assert_place(test, &batch, "AB-1_2.jpg", "matched 2 PT01");
    test_batches_assert_place(test, &batch, "AB-2.jpg", "matched 3 MAIN");
    test_batches_assert_place(test, &batch, "holiday.jpg", "unmatched");
}

static void
test_counts_tell_what_there_is(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, 4);
    g_assert_cmpint(info->counts.done, ==, 4);
    g_assert_cmpint(info->counts.waiting, ==, 0);
    g_assert_cmpint(info->counts.matched, ==, 3);
    g_assert_cmpint(info->counts.unmatched, ==, 1);
    g_assert_cmpint(info->counts.attention, ==, 1);
    g_assert_cmpint(info->counts.skus, ==, 2);
    g_assert_cmpint(info->counts.skus_complete, ==, 2);
    g_assert_cmpint(info->counts.skus_without_main, ==, 0);
    g_assert_cmpint(info->bytes_in, >, info->bytes_out);
    g_assert_cmpint(info->bytes_out, >, 0);
    g_assert_true(info->sheet->is_read);
    g_assert_null(info->sheet->problem);
    g_assert_cmpstr(info->sheet->name, ==, "listing.csv");
}

/* LST-18: no URL before the strip, and none of anything but its result. */
static void
test_urls_come_with_publishing(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(PhotoInfo) before = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_null(before->picture->url);
    publish(test, &batch);
    g_autoptr(PhotoInfo) after = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_true(g_str_has_prefix(after->picture->url, "https://first.pictures.example/"));
    g_assert_true(g_str_has_suffix(after->picture->url, "/AB-1_MAIN.jpg"));
    g_autoptr(PhotoInfo) unmatched = test_batches_find(test, &batch, "holiday.jpg");
    g_assert_null(unmatched->picture->url);

    g_auto(Publication) publication = { 0 };
    g_autoptr(GError) error = NULL;
    const char *path = after->picture->url + strlen("https://first.pictures.example/");
    (void)publications_find(test->batches, "first.pictures.example", path, &publication, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) jpeg =
        vault_read_whole(test->vault->vault, &publication.object, 1 << 20, &error);
    g_assert_no_error(error);
    g_assert_cmpint((gint64)g_bytes_get_size(jpeg), ==, publication.num_bytes);
    g_assert_null(memmem(g_bytes_get_data(jpeg, NULL), g_bytes_get_size(jpeg), "shade", 5));
}

/* LST-19: the same photo of two accounts has nothing in common in its URLs. */
static void
test_equal_photos_have_different_urls(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(PhotoInfo) first = test_batches_find(test, &batch, "AB-1.jpg");
    test->account = test_batches_account(test, "second");
    Id other = usual_batch(test);
    publish(test, &other);
    g_autoptr(PhotoInfo) second = test_batches_find(test, &other, "AB-1.jpg");
    g_assert_cmpint(first->picture->bytes, ==, second->picture->bytes);
    const char *first_path = strstr(first->picture->url, ".example/") + strlen(".example/");
    const char *second_path = strstr(second->picture->url, ".example/") + strlen(".example/");
    g_assert_cmpint(strncmp(first_path, second_path, 32), !=, 0);
}

static void
test_nothing_of_another_account_is_found(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    Id other = test_batches_account(test, "second");
    g_autoptr(GError) error = NULL;
    g_assert_null(batches_get(test->batches, &other, &batch, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(photos_get(test->batches, &other, &photo->id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_auto(PhotoChangeResult) result = { 0 };
    const PhotoChange change = { .has_left_out = true, .left_out = true };
    g_assert_false(photos_change(test->batches, &other, &photo->id, &change, &result, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(batches_delete(test->batches, &other, &batch, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

/* LST-07: the seller's sheet with the URLs in their cells and nothing else changed. */
static void
test_the_sheet_comes_back_with_urls(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(PhotoInfo) one = test_batches_find(test, &batch, "AB-1.jpg");
    g_autoptr(PhotoInfo) further = test_batches_find(test, &batch, "AB-1_2.jpg");
    g_autoptr(PhotoInfo) two = test_batches_find(test, &batch, "AB-2.jpg");
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchExport) export = exports_sheet(test->batches, &test->account, &batch, &error);
    g_assert_no_error(error);
    g_autofree char *text = g_malloc0((gsize) export->size + 1);
    g_assert_cmpint(read(export->fd, text, (gsize) export->size), ==, export->size);
    g_autofree char *expected =
        g_strdup_printf("sku,name,main_image_url,other_image_url1\n"
                        "AB-1,One,%s,%s\n"
                        "AB-2,Two,%s,\n",
                        one->picture->url, further->picture->url, two->picture->url);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpstr(export->name, ==, "listing.csv");
    g_assert_cmpstr(export->content_type, ==, "text/csv");
}

static bool
take_text(const void *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

/* AB-2's cell for the main picture is the lower half of a merged one. */
static void
upload_merged_sheet(TestBatches *test, const Id *batch)
{
    g_auto(TestFile) file = test_file_new("merged.xlsx");
    book_write(
        file.path,
        &(BookParts){
            .worksheet =
                "<worksheet "
                "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
                "<sheetData><row r=\"1\">" TEXT_CELL("A1", "sku") TEXT_CELL(
                    "B1",
                    "main_image_url") "</row>"
                                      "<row r=\"2\">" TEXT_CELL(
                                          "A2",
                                          "AB-1") "</row>"
                                                  "<row r=\"3\">" TEXT_CELL(
                                                      "A3",
                                                      "AB-2") "</row></sheetData>"
                                                              "<mergeCells count=\"1\"><mergeCell "
                                                              "ref=\"B2:B3\"/></mergeCells>"
                                                              "</worksheet>" });
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(file.path, &bytes, &size, NULL));
    g_autoptr(UploadInfo) info = test_batches_upload(test, batch, "merged.xlsx", bytes, size);
}

/* LST-07: the sheet comes with every URL that it can show, and the report says which it cannot. */
static void
test_a_cell_hidden_by_a_merge_is_told(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    upload_merged_sheet(test, &batch);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-2.jpg", 2);
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.matched, ==, 2);
    publish(test, &batch);
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchExport) sheet = exports_sheet(test->batches, &test->account, &batch, &error);
    g_assert_no_error(error);
    g_assert_cmpint(sheet->size, >, 0);
    g_autoptr(GByteArray) csv = g_byte_array_new();
    exports_report_csv(test->batches, &test->account, &batch, take_text, csv, &error);
    g_assert_no_error(error);
    g_byte_array_append(csv, (const guint8 *)"", 1);
    const char *line = strstr((const char *)csv->data, "\nAB-2.jpg,");
    g_assert_nonnull(line);
    g_autofree char *rest = g_strndup(line + 1, strcspn(line + 1, "\n"));
    g_assert_nonnull(strstr(rest, "hidden inside a merged cell"));
}

static void
test_pictures_and_report_go_out(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) zip = g_byte_array_new();
    (void)exports_pictures_zip(test->batches, &test->account, &batch, take_text, zip, &error);
    g_assert_no_error(error);
    g_assert_nonnull(memmem(zip->data, zip->len, "AB-1_MAIN.jpg", 13));
    g_assert_nonnull(memmem(zip->data, zip->len, "AB-1_PT01.jpg", 13));
    g_assert_nonnull(memmem(zip->data, zip->len, "AB-2_MAIN.jpg", 13));
    g_autoptr(GByteArray) csv = g_byte_array_new();
    (void)exports_report_csv(test->batches, &test->account, &batch, take_text, csv, &error);
    g_assert_no_error(error);
    g_byte_array_append(csv, (const guint8 *)"", 1);
    g_assert_nonnull(strstr((char *)csv->data, "AB-1.jpg,matched,AB-1,MAIN,"));
    g_assert_nonnull(strstr((char *)csv->data, "holiday.jpg,unmatched,,,"));
}

/* LST-17: whether the sweep has come or, not trusting the clock, has not. */
static void
test_what_is_overdue_goes_out_no_more(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(GByteArray) in_time = g_byte_array_new(), late = g_byte_array_new();
    (void)exports_report_csv(test->batches, &test->account, &batch, take_text, in_time, NULL);
    g_assert_nonnull(memmem(in_time->data, in_time->len, "AB-1.jpg", 8));
    test->vault->time += DAYS(21);
    (void)exports_report_csv(test->batches, &test->account, &batch, take_text, late, NULL);
    g_assert_null(memmem(late->data, late->len, "AB-1.jpg", 8));
}

/* LST-17: the same for the sheet and what it says, where photos came a day later. */
static void
test_an_overdue_sheet_goes_out_no_more(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_work(test);
    test->vault->time += DAYS(1);
    test_batches_upload_photo(test, &batch, "photo of AB-1.jpg", 1);
    test_batches_work(test);
    publish(test, &batch);
    const SkuFilter all = { 0 };
    g_autofree char *cursor = NULL;
    g_autoptr(BatchExport) in_time = exports_sheet(test->batches, &test->account, &batch, NULL);
    g_assert_nonnull(in_time);
    test->vault->time += DAYS(20);
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchExport) late = exports_sheet(test->batches, &test->account, &batch, &error);
    g_assert_null(late);
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_autoptr(GByteArray) csv = g_byte_array_new();
    (void)exports_report_csv(test->batches, &test->account, &batch, take_text, csv, NULL);
    g_byte_array_append(csv, (const guint8 *)"", 1);
    g_assert_nonnull(strstr((char *)csv->data, "photo of AB-1.jpg,matched,,MAIN,"));
    g_autoptr(GPtrArray) skus =
        skus_list(test->batches, &test->account, &batch, &all, NULL, 100, &cursor, NULL);
    g_assert_cmpuint(skus->len, ==, 0);
}

/* LST-03: every photo's way is on record. */
static void
test_history_tells_every_step(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_autoptr(GError) error = NULL;
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) events = batches_history(test->batches, &test->account, &batch, &photo->id,
                                                  NULL, 0, &cursor, &error);
    g_assert_no_error(error);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < events->len; i++) {
        const BatchEvent *event = events->pdata[i];
        g_assert_cmpstr(event->name, ==, "AB-1.jpg");
        g_hash_table_add(seen, event->what);
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, 3);
    g_assert_true(g_hash_table_contains(seen, "uploaded"));
    g_assert_true(g_hash_table_contains(seen, "matched"));
    g_assert_true(g_hash_table_contains(seen, "cleaned"));
}

static void
test_a_sheet_without_skus_says_why(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "notes.csv", "this,is\nno,sheet\n");
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_true(info->sheet->is_read);
    g_assert_nonnull(info->sheet->problem);
    g_assert_null(strstr(info->sheet->problem, "/proc/"));
    g_autoptr(GError) error = NULL;
    g_assert_null(batches_publish(test->batches, &test->account, &batch, 0, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

/* Photos first, sheet later, then a better sheet: what people see follows. */
static void
test_another_sheet_matches_anew(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_upload_photo(test, &batch, "AB-9.jpg", 2);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "pending");
    test_batches_upload_text(test, &batch, "a.csv", sheet_text);
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 2 MAIN");
    test_batches_assert_place(test, &batch, "AB-9.jpg", "unmatched");
    test_batches_upload_text(test, &batch, "b.csv", "sku,main_image_url\nAB-9,\nAB-8,\nAB-1,\n");
    test_batches_work(test);
    test_batches_assert_place(test, &batch, "AB-1.jpg", "matched 4 MAIN");
    test_batches_assert_place(test, &batch, "AB-9.jpg", "matched 2 MAIN");
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.skus, ==, 3);
    g_assert_cmpint(info->counts.skus_without_main, ==, 1);
}

static void
test_publishing_waits_for_what_is_on_its_way(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchInfo) info = batches_publish(test->batches, &test->account, &batch, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpint(info->state, ==, BATCH_PUBLISHING);
    test_batches_work(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_nonnull(photo->picture->url);
}

/* As if whoever leased it had died: other jobs come first. */
static void
delay_jobs(TestBatches *test, const char *kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_WRITE, &error);
    gint64 num_delayed = 0;
    (void)db_exec(tx, &error, &num_delayed,
                  "UPDATE job SET state = 0, run_at = $2 WHERE kind = $1 AND state <= 1", "ti",
                  kind, test->vault->time + SECONDS(5));
    g_assert_no_error(error);
    g_assert_cmpint(num_delayed, ==, 1);
    (void)db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

/* What was acknowledged before somebody published is published, whenever its job comes. */
static void
test_publishing_waits_for_what_came_in_pieces(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_text(test, &batch, "listing.csv", sheet_text);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    g_autoptr(GBytes) photo = test_batches_photo(2);
    gsize size;
    const void *data = g_bytes_get_data(photo, &size);
    test_batches_upload_in_pieces(test, &batch, "AB-2.jpg", data, size);
    delay_jobs(test, UPLOAD_UNPACK_JOB);
    publish(test, &batch);
    g_autoptr(PhotoInfo) info = test_batches_find(test, &batch, "AB-2.jpg");
    g_assert_nonnull(info->picture->url);
}

/* Nothing but pieces so far: that is no reason to refuse. */
static void
test_publishing_waits_for_a_sheet_in_pieces(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_upload_in_pieces(test, &batch, "listing.csv", sheet_text, strlen(sheet_text));
    delay_jobs(test, UPLOAD_UNPACK_JOB);
    publish(test, &batch);
}

static void
assert_publishing_fails(TestBatches *test, const Id *batch, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchInfo) info = batches_publish(test->batches, &test->account, batch, 0, &error);
    g_assert_no_error(error);
    test_batches_work(test);
    g_autoptr(BatchInfo) after = test_batches_info(test, batch);
    g_assert_cmpint(after->state, ==, BATCH_OPEN);
    g_assert_nonnull(after->publish_error);
    g_assert_nonnull(strstr(after->publish_error, reason));
}

/* What turns out to be wrong after somebody published ends the wait, with the reason. */
static void
test_publishing_ends_when_nothing_can_come_of_it(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id bad_sheet = test_batches_open(test);
    test_batches_upload_photo(test, &bad_sheet, "AB-1.jpg", 1);
    test_batches_upload_text(test, &bad_sheet, "listing.csv", "colour,size\nred,1\n");
    assert_publishing_fails(test, &bad_sheet, "the sheet cannot be used");
    Id no_place = test_batches_open(test);
    test_batches_upload_photo(test, &no_place, "holiday.jpg", 1);
    test_batches_upload_text(test, &no_place, "listing.csv", sheet_text);
    assert_publishing_fails(test, &no_place, "no photo has a place");
    Id no_zip = test_batches_open(test);
    test_batches_upload_text(test, &no_zip, "listing.csv", sheet_text);
    test_batches_upload_text(test, &no_zip, "photos.zip", "this is no ZIP");
    assert_publishing_fails(test, &no_zip, "no photos");
}

static void
test_publishing_twice_keeps_urls(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(PhotoInfo) first = test_batches_find(test, &batch, "AB-1.jpg");
    publish(test, &batch);
    g_autoptr(PhotoInfo) second = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpstr(first->picture->url, ==, second->picture->url);
}

static void
test_a_deleted_batch_leaves_nothing(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_autoptr(GError) error = NULL;
    (void)batches_delete(test->batches, &test->account, &batch, &error);
    g_assert_no_error(error);
    g_auto(Publication) publication = { 0 };
    const char *path = photo->picture->url + strlen("https://first.pictures.example/");
    g_assert_false(
        publications_find(test->batches, "first.pictures.example", path, &publication, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(batches_get(test->batches, &test->account, &batch, &error));
    test_batches_work(test);
    test_vault_sweep(test->vault);
    g_assert_cmpint(test_vault_num_rows(test->vault), ==, 0);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 0);
    static const char *const tables[] = { "batch",       "sku",         "photo",      "upload",
                                          "upload_part", "publication", "batch_event" };
    g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_READ, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) AS n FROM %s", tables[i]);
        g_autoptr(DbRows) rows = db_query(tx, NULL, sql, "");
        g_assert_true(db_next(rows));
        g_assert_cmpint(db_int(rows, "n"), ==, 0);
    }
}

/* Other pictures are wanted: they are made, and what was published is taken back. */
static void
test_other_settings_make_other_pictures(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = usual_batch(test);
    publish(test, &batch);
    g_autoptr(GError) error = NULL;
    BatchSettings settings = BATCH_SETTINGS_NONE;
    settings.longest_side = 100;
    settings.name = "Autumn";
    g_autoptr(BatchInfo) edited =
        batches_edit(test->batches, &test->account, &batch, &settings, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(edited->name, ==, "Autumn");
    g_assert_cmpint(edited->state, ==, BATCH_OPEN);
    g_assert_cmpint(edited->counts.waiting, ==, 4);
    g_autoptr(PhotoInfo) before = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_null(before->picture->url);
    test_batches_work(test);
    g_autoptr(PhotoInfo) after = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpuint(before->picture->width, ==, 240);
    g_assert_cmpuint(after->picture->width, ==, 100);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.done, ==, 4);
}

static void
test_settings_are_checked(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    const BatchSettings wrong[] = {
        { .name = "", .longest_side = -1, .quality = -1 },
        { .name = "two\nlines", .longest_side = -1, .quality = -1 },
        { .marketplace = "nowhere", .longest_side = -1, .quality = -1 },
        { .longest_side = 50, .quality = -1 },
        { .longest_side = -1, .quality = 101 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(batches_create(test->batches, &test->account, &wrong[i], NULL, NULL, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_batches_are_listed_newest_first(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    for (guint i = 0; i < 5; i++) {
        (void)test_batches_open(test);
        test->vault->time += SECONDS(1);
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *cursor = NULL;
    g_autofree char *end = NULL;
    g_autoptr(GPtrArray) first =
        batches_list(test->batches, &test->account, NULL, 3, &cursor, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) rest =
        batches_list(test->batches, &test->account, cursor, 3, &end, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(first->len, ==, 3);
    g_assert_cmpuint(rest->len, ==, 2);
    g_assert_null(end);
    const BatchInfo *newest = first->pdata[0], *oldest = rest->pdata[1];
    g_assert_cmpint(newest->created_at, >, oldest->created_at);
    g_assert_null(batches_list(test->batches, &test->account, "no cursor", 3, &end, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
add_tests(void)
{
    test_each_database("/batches/LST-05/places", test_photos_find_their_places);
    test_each_database("/batches/counts", test_counts_tell_what_there_is);
    test_each_database("/batches/LST-18/urls", test_urls_come_with_publishing);
    test_each_database("/batches/LST-19/equal-photos", test_equal_photos_have_different_urls);
    test_each_database("/batches/other-account", test_nothing_of_another_account_is_found);
    test_each_database("/batches/LST-07/sheet", test_the_sheet_comes_back_with_urls);
    test_each_database("/batches/LST-07/merged", test_a_cell_hidden_by_a_merge_is_told);
    test_each_database("/batches/LST-07/zip-and-report", test_pictures_and_report_go_out);
    test_each_database("/batches/LST-17/overdue-sheet", test_an_overdue_sheet_goes_out_no_more);
    test_each_database("/batches/overdue", test_what_is_overdue_goes_out_no_more);
    test_each_database("/batches/LST-03/history", test_history_tells_every_step);
    test_each_database("/batches/bad-sheet", test_a_sheet_without_skus_says_why);
    test_each_database("/batches/another-sheet", test_another_sheet_matches_anew);
    test_each_database("/batches/publish-early", test_publishing_waits_for_what_is_on_its_way);
    test_each_database("/batches/LST-04/publish-pieces",
                       test_publishing_waits_for_what_came_in_pieces);
    test_each_database("/batches/publish-sheet-in-pieces",
                       test_publishing_waits_for_a_sheet_in_pieces);
    test_each_database("/batches/publish-in-vain",
                       test_publishing_ends_when_nothing_can_come_of_it);
    test_each_database("/batches/publish-twice", test_publishing_twice_keeps_urls);
    test_each_database("/batches/delete", test_a_deleted_batch_leaves_nothing);
    test_each_database("/batches/other-settings", test_other_settings_make_other_pictures);
    test_each_database("/batches/settings", test_settings_are_checked);
    test_each_database("/batches/list", test_batches_are_listed_newest_first);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

/* Files on their way in: what is acknowledged stays, what is wrong is told (LST-04). */
#include "batches/test_batches.h"

#include "archive/zip.h"
#include "base/error.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* A client that sends DATA in pieces, and whose line may break. */
typedef struct {
    const guint8 *data;
    gsize left;
    gsize piece;
    gsize breaks_after; /* bytes; G_MAXSIZE: never */
    void (*before_read)(gpointer data);
    gpointer before_data;
} Client;

static gssize
client_read(void *buffer, gsize size, const gint *must_stop, gpointer data, GError **error)
{
    Client *client = data;
    if (client->before_read != NULL) {
        client->before_read(client->before_data);
    }
    if (client->breaks_after == 0) {
        (void)fail(error, APP_ERROR_CANCELLED, "the line is broken");
        return -1;
    }
    gsize piece = MIN(MIN(size, client->left), MIN(client->piece, client->breaks_after));
    memcpy(buffer, client->data, piece);
    client->data += piece;
    client->left -= piece;
    client->breaks_after -= client->breaks_after == G_MAXSIZE ? 0 : piece;
    return (gssize)piece;
}

static Client
client_for(const char *text, gsize breaks_after)
{
    return (Client){
        .data = (const guint8 *)text, .left = strlen(text), .piece = 3, .breaks_after = breaks_after
    };
}

static UploadInfo *
create(TestBatches *test, const Id *batch, const char *name, gint64 size, GError **error)
{
    const UploadRequest request = { .batch = *batch, .name = name, .size = size };
    return uploads_create(test->batches, &test->account, &request, error);
}

static Id
created(TestBatches *test, const Id *batch, const char *name, gint64 size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UploadInfo) upload = create(test, batch, name, size, &error);
    g_assert_no_error(error);
    return upload->id;
}

static AppendResult
append(TestBatches *test, const Id *upload, gint64 offset, const UploadChecksum *checksum,
       Client *client, gint64 *ret_offset)
{
    g_autoptr(UploadInfo) info = NULL;
    AppendResult result = uploads_append(test->batches, &test->account, upload, offset, checksum,
                                         client_read, client, &info, NULL);
    if (ret_offset != NULL) {
        *ret_offset = info == NULL ? -1 : info->offset;
    }
    return result;
}

static void
test_a_broken_line_keeps_what_came(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Id upload = created(test, &batch, "a.csv", 20);
    Client broken = client_for("sku,name\nA-1,One\nB-2,", 7);
    gint64 offset;
    g_assert_cmpint(append(test, &upload, 0, NULL, &broken, &offset), ==, APPEND_FAILED);
    g_assert_cmpint(offset, ==, 7);
    g_autoptr(UploadInfo) now = uploads_get(test->batches, &test->account, &upload, NULL);
    g_assert_cmpint(now->offset, ==, 7);
    Client rest = client_for("e\nA-1,One\nB-2", G_MAXSIZE);
    g_assert_cmpint(append(test, &upload, 7, NULL, &rest, &offset), ==, APPEND_OK);
    g_assert_cmpint(offset, ==, 20);
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_null(info->sheet->problem);
    g_assert_cmpint(info->counts.skus, ==, 2);
}

static void
test_photos_in_pieces_are_put_together(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(GBytes) photo = test_batches_photo(1);
    gsize size;
    const guint8 *data = g_bytes_get_data(photo, &size);
    Id upload = created(test, &batch, "a.jpg", (gint64)size);
    for (gsize at = 0; at < size; at += 1000) {
        Client client = {
            .data = data + at, .left = MIN(1000, size - at), .piece = 400, .breaks_after = G_MAXSIZE
        };
        g_assert_cmpint(append(test, &upload, (gint64)at, NULL, &client, NULL), ==, APPEND_OK);
    }
    test_batches_work(test);
    g_autoptr(PhotoInfo) info = test_batches_find(test, &batch, "a.jpg");
    g_assert_cmpint(info->state, ==, PHOTO_DONE);
    g_assert_cmpint(info->size, ==, (gint64)size);
    Id original;
    g_assert_true(
        photos_object(test->batches, &test->account, &info->id, PHOTO_ORIGINAL, &original, NULL));
    g_autoptr(GBytes) stored = vault_read_whole(test->vault->vault, &original, 1 << 20, NULL);
    g_assert_true(g_bytes_equal(photo, stored));
    g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &upload, NULL);
    g_assert_cmpint(after->state, ==, UPLOAD_DONE);
}

static void
test_an_offset_that_is_not_the_end_is_refused(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Id upload = created(test, &batch, "a.csv", 10);
    Client client = client_for("12345", G_MAXSIZE);
    gint64 offset;
    g_assert_cmpint(append(test, &upload, 3, NULL, &client, &offset), ==, APPEND_BAD_OFFSET);
    g_assert_cmpint(offset, ==, 0);
    g_assert_cmpuint(client.left, ==, 5);
}

static UploadChecksum
checksum_of(ChecksumKind kind, const char *text)
{
    UploadChecksum checksum = { .kind = kind };
    const EVP_MD *digest = kind == CHECKSUM_SHA1 ? EVP_sha1() : EVP_sha256();
    g_assert_cmpint(EVP_Digest(text, strlen(text), checksum.bytes, NULL, digest, NULL), ==, 1);
    return checksum;
}

static void
test_a_wrong_checksum_discards_the_piece(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    static const ChecksumKind kinds[] = { CHECKSUM_SHA1, CHECKSUM_SHA256 };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        Id upload = created(test, &batch, "a.csv", 10);
        const UploadChecksum right = checksum_of(kinds[i], "12345");
        Client wrong = client_for("12346", G_MAXSIZE);
        gint64 offset;
        g_assert_cmpint(append(test, &upload, 0, &right, &wrong, &offset), ==, APPEND_BAD_CHECKSUM);
        g_assert_cmpint(offset, ==, 0);
        Client cut = client_for("12345", 4);
        g_assert_cmpint(append(test, &upload, 0, &right, &cut, &offset), ==, APPEND_FAILED);
        g_assert_cmpint(offset, ==, 0);
        Client good = client_for("12345", G_MAXSIZE);
        g_assert_cmpint(append(test, &upload, 0, &right, &good, &offset), ==, APPEND_OK);
        g_assert_cmpint(offset, ==, 5);
    }
}

static void
test_more_than_was_announced_is_refused(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Id upload = created(test, &batch, "a.csv", 4);
    Client client = client_for("123456", G_MAXSIZE);
    gint64 offset;
    g_assert_cmpint(append(test, &upload, 0, NULL, &client, &offset), ==, APPEND_FAILED);
    g_assert_cmpint(offset, ==, 0);
}

/* The tests run in one thread: another one asks while this one reads. */
typedef struct {
    TestBatches *test;
    Id upload;
    AppendResult other;
    bool has_asked;
    GThread *asking;
} Rival;

static gpointer
append_too(gpointer data)
{
    Rival *rival = data;
    Client client = client_for("zzz", G_MAXSIZE);
    rival->other = append(rival->test, &rival->upload, 0, NULL, &client, NULL);
    return NULL;
}

static void
start_rival(gpointer data)
{
    Rival *rival = data;
    if (!rival->has_asked) {
        rival->has_asked = true;
        g_thread_unref(g_thread_new("rival", append_too, rival));
        g_usleep(50 * 1000);
    }
}

/* A client that comes back takes over from its own dead line. */
static void
test_a_second_append_stops_the_first(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Rival rival = { .test = test, .upload = created(test, &batch, "a.csv", 9), .other = -1 };
    Client client = client_for("123456789", G_MAXSIZE);
    client.before_read = start_rival;
    client.before_data = &rival;
    gint64 offset;
    g_assert_cmpint(append(test, &rival.upload, 0, NULL, &client, &offset), ==, APPEND_FAILED);
    g_assert_cmpint(offset, <, 9);
    while ((int)rival.other == -1) {
        g_usleep(1000);
    }
    /* It wanted to begin at 0, and something had come. */
    g_assert_cmpint(rival.other, ==, offset == 0 ? APPEND_OK : APPEND_BAD_OFFSET);
}

static gpointer
ask_where_it_ends(gpointer data)
{
    Rival *rival = data;
    g_autoptr(UploadInfo) info =
        uploads_get(rival->test->batches, &rival->test->account, &rival->upload, NULL);
    g_assert_nonnull(info);
    return NULL;
}

/* A line that is silent until it is told to stop. */
static gssize
silent_read(void *buffer, gsize size, const gint *must_stop, gpointer data, GError **error)
{
    Rival *rival = data;
    if (!rival->has_asked) {
        rival->has_asked = true;
        memcpy(buffer, "123", 3);
        return 3;
    }
    rival->asking = g_thread_new("ask", ask_where_it_ends, rival);
    while (!g_atomic_int_get(must_stop)) {
        g_usleep(1000);
    }
    (void)fail(error, APP_ERROR_CANCELLED, "stopped");
    return -1;
}

static void
test_a_silent_line_is_given_up_when_its_client_asks(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Rival rival = { .test = test, .upload = created(test, &batch, "a.csv", 9) };
    g_assert_cmpint(uploads_append(test->batches, &test->account, &rival.upload, 0, NULL,
                                   silent_read, &rival, NULL, NULL),
                    ==, APPEND_FAILED);
    g_thread_join(rival.asking);
}

static void
ask_as_stranger(gpointer data)
{
    Rival *rival = data;
    if (rival->has_asked) {
        return;
    }
    rival->has_asked = true;
    Id stranger = test_batches_account(rival->test, "stranger");
    g_assert_null(uploads_get(rival->test->batches, &stranger, &rival->upload, NULL));
    g_assert_false(uploads_terminate(rival->test->batches, &stranger, &rival->upload, NULL));
    Client client = client_for("zzz", G_MAXSIZE);
    rival->other = uploads_append(rival->test->batches, &stranger, &rival->upload, 0, NULL,
                                  client_read, &client, NULL, NULL);
}

static void
test_a_stranger_does_not_stop_an_append(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Rival rival = { .test = test, .upload = created(test, &batch, "a.csv", 9) };
    Client client = client_for("123456789", G_MAXSIZE);
    client.before_read = ask_as_stranger;
    client.before_data = &rival;
    gint64 offset;
    g_assert_cmpint(append(test, &rival.upload, 0, NULL, &client, &offset), ==, APPEND_OK);
    g_assert_cmpint(offset, ==, 9);
    g_assert_cmpint(rival.other, ==, APPEND_FAILED); /* as for one that is not there */
}

static void
test_sizes_and_names_have_limits(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test->settings.quota_account_bytes = 1000000000;
    const struct {
        const char *name;
        gint64 size;
        int code;
    } cases[] = {
        { "", 5, APP_ERROR_INVALID },
        { "a\nb.jpg", 5, APP_ERROR_INVALID },
        { "../a.jpg", 5, APP_ERROR_INVALID },
        { "a//b.jpg", 5, APP_ERROR_INVALID },
        { "/etc/passwd", 5, APP_ERROR_INVALID },
        { "bad \xff.jpg", 5, APP_ERROR_INVALID },
        { "a.jpg", -1, APP_ERROR_INVALID },
        { "a.jpg", 300 * 1024 * 1024, APP_ERROR_TOO_LARGE },
        { "a.xlsx", 2000000000, APP_ERROR_TOO_LARGE }, /* a 2 GB "spreadsheet" */
        { "a.zip", 2000000000, APP_ERROR_TOO_LARGE },  /* the quota */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(create(test, &batch, cases[i].name, cases[i].size, &error));
        g_assert_error(error, APP_ERROR, cases[i].code);
    }
}

static void
test_the_quota_counts_what_is_announced(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test->settings.quota_account_bytes = 10000;
    (void)created(test, &batch, "a.jpg", 9000);
    g_autoptr(GError) error = NULL;
    g_assert_null(create(test, &batch, "b.jpg", 1001, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    AccountLimits limits;
    g_assert_true(batches_limits(test->batches, &test->account, &limits, NULL));
    g_assert_cmpint(limits.used_bytes, ==, 9000);
}

static void
test_the_quota_counts_sheets(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    const char *sheet = "sku,name\nA-1,One\n";
    gint64 size = (gint64)strlen(sheet);
    test->settings.quota_account_bytes = 2 * size;
    for (guint i = 0; i < 2; i++) {
        Id batch = test_batches_open(test);
        test_batches_upload_text(test, &batch, "a.csv", sheet);
    }
    AccountLimits limits;
    g_assert_true(batches_limits(test->batches, &test->account, &limits, NULL));
    g_assert_cmpint(limits.used_bytes, ==, 2 * size);
    Id third = test_batches_open(test);
    g_autoptr(GError) error = NULL;
    g_assert_null(create(test, &third, "a.csv", size, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_a_full_batch_takes_no_more_photos(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test->settings.quota_batch_photos = 2;
    test_batches_upload_photo(test, &batch, "a.jpg", 1);
    test_batches_upload_photo(test, &batch, "b.jpg", 2);
    g_autoptr(GError) error = NULL;
    g_assert_null(create(test, &batch, "c.jpg", 10, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_autoptr(UploadInfo) sheet = create(test, &batch, "c.csv", 10, &error);
    g_assert_nonnull(sheet);
}

static void
test_the_same_file_again_adds_nothing(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    test_batches_upload_photo(test, &batch, "a.jpg", 1);
    test_batches_upload_photo(test, &batch, "a.jpg", 1);
    test_batches_upload_photo(test, &batch, "a.jpg", 2);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, 2);
}

static void
test_a_terminated_upload_is_gone(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Id upload = created(test, &batch, "a.csv", 10);
    Client client = client_for("12345", G_MAXSIZE);
    g_assert_cmpint(append(test, &upload, 0, NULL, &client, NULL), ==, APPEND_OK);
    g_autoptr(GError) error = NULL;
    g_assert_true(uploads_terminate(test->batches, &test->account, &upload, &error));
    g_assert_null(uploads_get(test->batches, &test->account, &upload, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    test_vault_sweep(test->vault);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 0);
}

static void
test_an_upload_that_nobody_goes_on_with_expires(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    Id upload = created(test, &batch, "a.csv", 10);
    Client client = client_for("12345", G_MAXSIZE);
    g_assert_cmpint(append(test, &upload, 0, NULL, &client, NULL), ==, APPEND_OK);
    test->vault->time += SECONDS(test->settings.upload_expiry_hours * 3600 + 1);
    g_autoptr(GError) error = NULL;
    g_assert_null(uploads_get(test->batches, &test->account, &upload, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    test_batches_work(test);
    test_vault_sweep(test->vault);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 0);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.uploading, ==, 0);
}

/* Bytes that arrive between the look for expired uploads and the deletion of one. Here a trigger
 * brings them: with the deletion of the first upload the rest of the other one comes. */
static void
test_an_upload_that_goes_on_meanwhile_does_not_expire(TestDatabase *database)
{
    if (db_kind(database->db) != DB_SQLITE) {
        g_test_skip("triggers are written differently");
        return;
    }
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    (void)created(test, &batch, "a.csv", 10);
    (void)created(test, &batch, "b.csv", 10);
    g_autoptr(GError) error = NULL;
    DbTx *tx = db_begin(database->db, DB_WRITE, &error);
    g_assert_true(db_exec(tx, &error, NULL,
                          "CREATE TRIGGER goes_on AFTER DELETE ON upload BEGIN"
                          " UPDATE upload SET expires_at = expires_at + 999999999999; END",
                          ""));
    g_assert_true(db_commit(tx, &error));
    test->vault->time += SECONDS(test->settings.upload_expiry_hours * 3600 + 1);
    g_assert_true(batches_plan_housekeeping(test->batches, NULL));
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.uploading, ==, 1);
}

static bool
take_bytes(const void *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

static void
add_member(ZipWriter *zip, const char *name, const void *data, gsize size)
{
    g_assert_true(zip_writer_add(zip, name, data, size, 6, NULL));
}

static void
test_a_zip_becomes_its_photos(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(take_bytes, bytes);
    for (guint i = 1; i <= 3; i++) {
        g_autoptr(GBytes) photo = test_batches_photo(i);
        g_autofree char *name = g_strdup_printf("shoes/AB-%u.jpg", i);
        add_member(zip, name, g_bytes_get_data(photo, NULL), g_bytes_get_size(photo));
    }
    add_member(zip, "__MACOSX/shoes/._AB-1.jpg", "junk", 4);
    add_member(zip, "empty.jpg", "", 0);
    add_member(zip, "read me.txt", "hello", 5);
    g_assert_true(zip_writer_finish(zip, NULL, NULL));
    g_autoptr(UploadInfo) upload =
        test_batches_upload(test, &batch, "shoes.zip", bytes->data, bytes->len);
    g_assert_cmpint(upload->kind, ==, UPLOAD_ZIP);
    test_batches_work(test);
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, 4);
    g_assert_cmpint(info->counts.done, ==, 3);
    g_assert_cmpint(info->counts.failed, ==, 1);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "shoes/AB-2.jpg");
    g_assert_cmpint(photo->state, ==, PHOTO_DONE);
    g_autoptr(PhotoInfo) text = test_batches_find(test, &batch, "read me.txt");
    g_assert_cmpint(text->verdict, ==, PHOTO_REJECTED);
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) failed =
        uploads_list(test->batches, &test->account, &batch, UPLOAD_FAILED, NULL, 0, &cursor, NULL);
    g_assert_cmpuint(failed->len, ==, 1);
    g_assert_cmpstr(((const UploadInfo *)failed->pdata[0])->name, ==, "empty.jpg");
    /* The ZIP itself is not kept. */
    g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &upload->id, NULL);
    g_assert_cmpint(after->state, ==, UPLOAD_DONE);
    test_vault_sweep(test->vault);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 4 + 3 + 3);
}

/* A hundred kilobytes that would be a hundred megabytes. */
/* The only file in the store of the US. */
static char *
only_file(const TestBatches *test)
{
    const char *const argv[] = { "find", test->vault->directory, "-type", "f", "-path", "*/us/*",
                                 NULL };
    char *found = NULL;
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &found,
                               NULL, NULL, NULL));
    g_strchomp(found);
    g_assert_null(strchr(found, '\n'));
    return found;
}

/* A job that does not get to its end, as one that is killed, is done again. */
static void
test_a_zip_tells_of_a_bad_member_once(TestDatabase *database)
{
    enum { SIZE = 300 * 1000 };
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autofree guint8 *noise = g_malloc(SIZE);
    for (guint i = 0; i < SIZE; i++) {
        noise[i] = (guint8)g_rand_int(random);
    }
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(take_bytes, bytes);
    add_member(zip, "empty.jpg", "", 0);
    add_member(zip, "noise.jpg", noise, SIZE);
    g_assert_true(zip_writer_finish(zip, NULL, NULL));
    g_autoptr(UploadInfo) upload =
        test_batches_upload(test, &batch, "shoes.zip", bytes->data, bytes->len);
    g_autofree char *path = only_file(test);
    FILE *stored = fopen(path, "r+");
    g_assert_cmpint(fseek(stored, SIZE / 2, SEEK_SET), ==, 0);
    g_assert_cmpuint(fwrite("spoilt", 6, 1, stored), ==, 1);
    g_assert_cmpint(fclose(stored), ==, 0);
    g_assert_cmpuint(test_batches_work(test), >, 1); /* again and again */
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) failed =
        uploads_list(test->batches, &test->account, &batch, UPLOAD_FAILED, NULL, 0, &cursor, NULL);
    g_assert_cmpuint(failed->len, ==, 1);
    g_assert_cmpstr(((const UploadInfo *)failed->pdata[0])->name, ==, "empty.jpg");
}

static void
test_a_zip_bomb_is_refused(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.quota_account_bytes = 50 * 1000 * 1000;
    Id batch = test_batches_open(test);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(take_bytes, bytes);
    gsize size = 10 * 1000 * 1000;
    g_autofree guint8 *nothing = g_malloc0(size);
    for (guint i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("%u.jpg", i);
        add_member(zip, name, nothing, size);
    }
    g_assert_true(zip_writer_finish(zip, NULL, NULL));
    g_assert_cmpuint(bytes->len, <, 1000 * 1000);
    g_autoptr(UploadInfo) upload =
        test_batches_upload(test, &batch, "bomb.zip", bytes->data, bytes->len);
    test_batches_work(test);
    g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &upload->id, NULL);
    g_assert_cmpint(after->state, ==, UPLOAD_FAILED);
    g_assert_nonnull(strstr(after->failure, "quota.account-bytes"));
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, 0);
    test_vault_sweep(test->vault);
    g_assert_cmpuint(test_vault_num_files(test->vault, "us"), ==, 0);
}

static void
test_a_damaged_zip_says_so(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(UploadInfo) upload = test_batches_upload(test, &batch, "a.zip", "PK no zip", 9);
    test_batches_work(test);
    g_autoptr(UploadInfo) after = uploads_get(test->batches, &test->account, &upload->id, NULL);
    g_assert_cmpint(after->state, ==, UPLOAD_FAILED);
    g_assert_nonnull(strstr(after->failure, "not a ZIP file"));
}

/* The rest goes on. */
static void
test_what_is_no_picture_is_told_on_that_file(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = test_batches_open(test);
    g_autoptr(UploadInfo) pdf =
        test_batches_upload(test, &batch, "AB-1.jpg", "%PDF-1.7 not a photo", 20);
    /* A picture by its first bytes only. */
    g_autoptr(UploadInfo) cut =
        test_batches_upload(test, &batch, "AB-2.jpg", "\xff\xd8\xff\xe0\0\x10JFIF", 10);
    test_batches_upload_photo(test, &batch, "AB-3.jpg", 1);
    test_batches_work(test);
    static const char *const bad[] = { "AB-1.jpg", "AB-2.jpg" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, bad[i]);
        g_assert_cmpint(photo->state, ==, PHOTO_FAILED);
        g_assert_cmpint(photo->verdict, ==, PHOTO_REJECTED);
        g_assert_nonnull(photo->failure);
        g_assert_true(photo->needs_attention);
    }
    g_autoptr(PhotoInfo) good = test_batches_find(test, &batch, "AB-3.jpg");
    g_assert_cmpint(good->state, ==, PHOTO_DONE);
}

/* A small file that says it has more pixels than anybody may decode. */
static void
test_a_pixel_bomb_is_refused(TestDatabase *database)
{
    g_autoptr(TestBatches) test = test_batches_new(database);
    test->settings.image_max_pixels = 10000;
    Id batch = test_batches_open(test);
    test_batches_upload_photo(test, &batch, "AB-1.jpg", 1);
    test_batches_work(test);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, &batch, "AB-1.jpg");
    g_assert_cmpint(photo->state, ==, PHOTO_FAILED);
    g_assert_nonnull(strstr(photo->failure, "image.max-pixels"));
}

static void
add_tests(void)
{
    test_each_database("/uploads/LST-04/broken-line", test_a_broken_line_keeps_what_came);
    test_each_database("/uploads/pieces", test_photos_in_pieces_are_put_together);
    test_each_database("/uploads/offset", test_an_offset_that_is_not_the_end_is_refused);
    test_each_database("/uploads/checksum", test_a_wrong_checksum_discards_the_piece);
    test_each_database("/uploads/too-much", test_more_than_was_announced_is_refused);
    test_each_database("/uploads/take-over", test_a_second_append_stops_the_first);
    test_each_database("/uploads/limits", test_sizes_and_names_have_limits);
    test_each_database("/uploads/silent", test_a_silent_line_is_given_up_when_its_client_asks);
    test_each_database("/uploads/stranger", test_a_stranger_does_not_stop_an_append);
    test_each_database("/uploads/quota", test_the_quota_counts_what_is_announced);
    test_each_database("/uploads/quota-sheets", test_the_quota_counts_sheets);
    test_each_database("/uploads/full-batch", test_a_full_batch_takes_no_more_photos);
    test_each_database("/uploads/again", test_the_same_file_again_adds_nothing);
    test_each_database("/uploads/terminate", test_a_terminated_upload_is_gone);
    test_each_database("/uploads/expire", test_an_upload_that_nobody_goes_on_with_expires);
    test_each_database("/uploads/expire-meanwhile",
                       test_an_upload_that_goes_on_meanwhile_does_not_expire);
    test_each_database("/uploads/zip", test_a_zip_becomes_its_photos);
    test_each_database("/uploads/zip-again", test_a_zip_tells_of_a_bad_member_once);
    test_each_database("/uploads/zip-bomb", test_a_zip_bomb_is_refused);
    test_each_database("/uploads/damaged-zip", test_a_damaged_zip_says_so);
    test_each_database("/uploads/no-picture", test_what_is_no_picture_is_told_on_that_file);
    test_each_database("/uploads/pixel-bomb", test_a_pixel_bomb_is_refused);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

#include "batches/test_batches.h"

#include "image/jpeg_fixture.h"
#include "image/pool.h"

#include <string.h>

static Id
insert_account(TestBatches *test)
{
    return test_vault_account(test->vault, "us");
}

/* Everything on top of the vault. */
static void
set_up(TestBatches *test, const Clock *clock)
{
    settings_init(&test->settings);
    test->settings.jobs_photo_workers = 1;
    const BatchesOptions options = {
        .db = test->vault->db,
        .vault = test->vault->vault,
        .clock = clock,
        .settings = &test->settings,
        .picture_scheme = "https",
        .allow_no_sandbox = true,
    };
    test->batches = batches_new(&options);
    gsize num_kinds;
    const JobKind *kinds = batches_job_kinds(test->batches, &num_kinds);
    test->jobs = jobs_new(test->vault->db, clock, kinds, num_kinds);
    batches_set_jobs(test->batches, test->jobs);
}

TestBatches *
test_batches_new(TestDatabase *database)
{
    TestBatches *test = g_new0(TestBatches, 1);
    test->vault = test_vault_new(database);
    set_up(test, &test->vault->clock);
    test->account = test_batches_account(test, "first");
    return test;
}

TestBatches *
test_batches_join(const char *database_url, const char *keyring_url, const char *directory,
                  const Clock *clock, const Id *account)
{
    TestBatches *test = g_new0(TestBatches, 1);
    test->vault = test_vault_join(database_url, keyring_url, directory, clock);
    set_up(test, clock);
    test->account = *account;
    return test;
}

void
test_batches_free(TestBatches *test)
{
    jobs_free(test->jobs);
    batches_free(test->batches);
    test_vault_free(test->vault);
    g_free(test);
}

guint
test_batches_work(TestBatches *test)
{
    guint num_run = 0;
    for (guint idle = 0; idle < 20;) {
        g_autoptr(GError) error = NULL;
        bool has_run = false;
        (void)jobs_run_one(test->jobs, &has_run, &error);
        g_assert_no_error(error);
        num_run += has_run ? 1 : 0;
        idle = has_run ? 0 : idle + 1;
        if (!has_run) {
            test->vault->time += SECONDS(1) / 2;
        }
    }
    return num_run;
}

Id
test_batches_account(TestBatches *test, const char *label)
{
    g_autoptr(GError) error = NULL;
    Id account = insert_account(test);
    g_autofree char *host = g_strconcat(label, ".pictures.example", NULL);
    g_autoptr(DbTx) tx = db_begin(test->vault->db, DB_WRITE, &error);
    (void)db_exec(tx, &error, NULL,
                  "INSERT INTO host (name, account_id, created_at) VALUES ($1, $2, $3)", "tti",
                  host, account.text, test->vault->time);
    g_assert_no_error(error);
    (void)db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
    return account;
}

Id
test_batches_open(TestBatches *test)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BatchInfo) batch =
        batches_create(test->batches, &test->account, &BATCH_SETTINGS_NONE, NULL, NULL, &error);
    g_assert_no_error(error);
    return batch->id;
}

BatchInfo *
test_batches_info(TestBatches *test, const Id *batch)
{
    g_autoptr(GError) error = NULL;
    BatchInfo *info = batches_get(test->batches, &test->account, batch, &error);
    g_assert_no_error(error);
    return info;
}

typedef struct {
    const guint8 *data;
    gsize left;
} Source;

static gssize
read_source(void *buffer, gsize size, const gint *must_stop, gpointer data, GError **error)
{
    Source *source = data;
    gsize piece = MIN(size, source->left);
    if (piece > 0) {
        memcpy(buffer, source->data, piece);
    }
    source->data += piece;
    source->left -= piece;
    return (gssize)piece;
}

static UploadInfo *
create_upload(TestBatches *test, const Id *batch, const char *name, gsize size)
{
    g_autoptr(GError) error = NULL;
    const UploadRequest request = { .batch = *batch, .name = name, .size = (gint64)size };
    UploadInfo *created = uploads_create(test->batches, &test->account, &request, &error);
    g_assert_no_error(error);
    return created;
}

static UploadInfo *
append(TestBatches *test, const UploadInfo *to, const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    Source source = { data, size };
    UploadInfo *upload = NULL;
    AppendResult result = uploads_append(test->batches, &test->account, &to->id, to->offset, NULL,
                                         read_source, &source, &upload, &error);
    g_assert_no_error(error);
    g_assert_cmpint(result, ==, APPEND_OK);
    g_assert_cmpint(upload->offset, ==, to->offset + (gint64)size);
    return upload;
}

UploadInfo *
test_batches_upload(TestBatches *test, const Id *batch, const char *name, const void *data,
                    gsize size)
{
    g_autoptr(UploadInfo) created = create_upload(test, batch, name, size);
    return append(test, created, data, size);
}

void
test_batches_upload_in_pieces(TestBatches *test, const Id *batch, const char *name,
                              const void *data, gsize size)
{
    g_autoptr(UploadInfo) created = create_upload(test, batch, name, size);
    g_autoptr(UploadInfo) half = append(test, created, data, size / 2);
    g_autoptr(UploadInfo) full =
        append(test, half, (const guint8 *)data + size / 2, size - size / 2);
    g_assert_cmpint(full->state, ==, UPLOAD_OPEN);
}

void
test_batches_upload_text(TestBatches *test, const Id *batch, const char *name, const char *text)
{
    g_autoptr(UploadInfo) upload = test_batches_upload(test, batch, name, text, strlen(text));
    g_assert_nonnull(upload);
}

GBytes *
test_batches_photo(guint shade)
{
    const Fixture fixture = { .width = 240, .height = 160, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
    g_autofree char *comment = g_strdup_printf("shade %u", shade);
    return fixture_insert(jpeg, 2, 0xfe, comment, strlen(comment));
}

void
test_batches_upload_photo(TestBatches *test, const Id *batch, const char *name, guint shade)
{
    g_autoptr(GBytes) photo = test_batches_photo(shade);
    gsize size;
    const void *data = g_bytes_get_data(photo, &size);
    g_autoptr(UploadInfo) upload = test_batches_upload(test, batch, name, data, size);
    g_assert_cmpint(upload->state, ==, UPLOAD_DONE);
}

PhotoInfo *
test_batches_find(TestBatches *test, const Id *batch, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *cursor = NULL;
    g_autoptr(GPtrArray) photos = photos_list(test->batches, &test->account, batch, PHOTOS_ALL, 0,
                                              NULL, 500, &cursor, &error);
    g_assert_no_error(error);
    PhotoInfo *found = NULL;
    for (guint i = 0; i < photos->len; i++) {
        PhotoInfo *photo = photos->pdata[i];
        if (strcmp(photo->name, name) == 0) {
            g_assert_null(found);
            found = photos_get(test->batches, &test->account, &photo->id, &error);
            g_assert_no_error(error);
        }
    }
    g_assert_nonnull(found);
    return found;
}

char *
test_batches_place(TestBatches *test, const Id *batch, const char *name)
{
    g_autoptr(PhotoInfo) photo = test_batches_find(test, batch, name);
    if (photo->sku_row == 0) {
        return g_strdup(photo_verdict_to_string(photo->verdict));
    }
    g_autofree char *slot = slot_to_string(photo->slot);
    return g_strdup_printf("%s %u %s", photo_verdict_to_string(photo->verdict), photo->sku_row,
                           slot);
}

void
test_batches_assert_place(TestBatches *test, const Id *batch, const char *name,
                          const char *expected)
{
    g_autofree char *place = test_batches_place(test, batch, name);
    g_assert_cmpstr(place, ==, expected);
}

int
test_batches_main(int argc, char **argv, void (*add_tests)(void))
{
    if (argc > 1 && strcmp(argv[1], "image-worker") == 0) {
        return image_worker_main(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
    add_tests();
    return g_test_run();
}

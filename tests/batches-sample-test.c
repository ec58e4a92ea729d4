/* The service on the sample that is in the repository, beside the command: both must decide the
 * same and make the same pictures, byte for byte. */
#include "batches/test_batches.h"
#include "tests/support.h"

#include <string.h>

static const char base_url[] = "https://pictures.example.com";

static char *
sample(const char *name)
{
    return g_build_filename(SOURCE_ROOT, "samples", "listing", name, NULL);
}

static void
build_by_command(const char *out)
{
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 1); /* one photo of the sample belongs to nobody */
}

static Id
build_by_service(TestBatches *test)
{
    g_autoptr(GError) error = NULL;
    BatchSettings settings = BATCH_SETTINGS_NONE;
    settings.quality = 85;
    g_autoptr(BatchInfo) batch =
        batches_create(test->batches, &test->account, &settings, NULL, NULL, &error);
    g_assert_no_error(error);
    Id id = batch->id;
    g_autofree char *folder = sample("photos");
    g_autoptr(GPtrArray) names = list_files(folder);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GBytes) bytes = read_bytes(path);
        g_autoptr(UploadInfo) upload = test_batches_upload(
            test, &id, name, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_assert_cmpint(upload->state, ==, UPLOAD_DONE);
    }
    g_autofree char *sheet_path = sample("sheet.csv");
    g_autoptr(GBytes) sheet = read_bytes(sheet_path);
    g_autoptr(UploadInfo) upload = test_batches_upload(
        test, &id, "sheet.csv", g_bytes_get_data(sheet, NULL), g_bytes_get_size(sheet));
    g_assert_cmpint(upload->kind, ==, UPLOAD_SHEET);
    test_batches_work(test);
    g_autoptr(BatchInfo) publishing =
        batches_publish(test->batches, &test->account, &id, 0, &error);
    g_assert_no_error(error);
    test_batches_work(test);
    return id;
}

/* photo,verdict,sku,slot,rule,url,width,height,... of the command's report. No field of the
 * sample's before those has a comma in it. */
static void
assert_same(TestBatches *test, const Id *batch, const char *out, const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, ",", 11);
    g_autoptr(PhotoInfo) photo = test_batches_find(test, batch, fields[0]);
    g_assert_cmpstr(photo_verdict_to_string(photo->verdict), ==, fields[1]);
    g_assert_cmpstr(photo->sku == NULL ? "" : photo->sku, ==, fields[2]);
    g_assert_cmpstr(photo->rule, ==, fields[4]);
    g_assert_true((photo->picture->url != NULL) == (fields[5][0] != '\0'));
    if (fields[5][0] == '\0') {
        return;
    }
    g_autofree char *slot = slot_to_string(photo->slot);
    g_assert_cmpstr(slot, ==, fields[3]);
    Id object;
    g_assert_true(
        photos_object(test->batches, &test->account, &photo->id, PHOTO_PICTURE, &object, NULL));
    g_autoptr(GBytes) picture = vault_read_whole(test->vault->vault, &object, 1 << 26, NULL);
    g_autofree char *path = g_build_filename(out, fields[5] + strlen(base_url) + 1, NULL);
    g_autoptr(GBytes) expected = read_bytes(path);
    g_assert_true(g_bytes_equal(picture, expected));
}

/* LST-05, LST-06, LST-07 */
static void
test_service_and_command_agree(TestDatabase *database)
{
    g_auto(TempDir) out = temp_dir_new();
    build_by_command(out);
    g_autoptr(TestBatches) test = test_batches_new(database);
    Id batch = build_by_service(test);
    g_autofree char *report = read_file(out, "report.csv");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(report), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >, 5);
    for (char **line = lines + 1; *line != NULL; line++) {
        assert_same(test, &batch, out, *line);
    }
    g_autoptr(BatchInfo) info = test_batches_info(test, &batch);
    g_assert_cmpint(info->counts.photos, ==, g_strv_length(lines) - 1);
}

static void
add_tests(void)
{
    test_each_database("/batches-sample/as-the-command", test_service_and_command_agree);
}

int
main(int argc, char **argv)
{
    return test_batches_main(argc, argv, add_tests);
}

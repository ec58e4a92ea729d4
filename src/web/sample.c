#include "web/sample.h"

#include "accounts/session.h"
#include "accounts/sign_in.h"
#include "base/error.h"
#include "base/file.h"
#include "batches/uploads.h"

#include <string.h>

#define MAX_FILE_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH 8

typedef struct {
    App *app;
    Id account, batch;
    const char *folder;
} Sample;

typedef struct {
    const char *data;
    gsize size, offset;
} Source;

static gssize
read_source(void *buffer, gsize size, const gint *must_stop, gpointer data, GError **error)
{
    Source *source = data;
    gsize count = MIN(size, source->size - source->offset);
    memcpy(buffer, source->data + source->offset, count);
    source->offset += count;
    return (gssize)count;
}

/* NAME: the path below the folder. */
static bool
upload_file(const Sample *sample, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(sample->folder, name, NULL);
    g_autoptr(GBytes) bytes = file_read_whole(path, MAX_FILE_BYTES, error);
    if (bytes == NULL) {
        return false;
    }
    Source source = { 0 };
    source.data = g_bytes_get_data(bytes, &source.size);
    const UploadRequest request = {
        .batch = sample->batch,
        .kind = UPLOAD_AUTO,
        .name = name,
        .size = (gint64)source.size,
    };
    const UploadChecksum no_checksum = { .kind = CHECKSUM_NONE };
    g_autoptr(UploadInfo) upload =
        uploads_create(sample->app->batches, &sample->account, &request, error);
    return upload != NULL &&
           uploads_append(sample->app->batches, &sample->account, &upload->id, 0, &no_checksum,
                          read_source, &source, NULL, error) == APPEND_OK;
}

/* Files that are neither photo nor sheet (how the sample was made) are passed over. */
static bool
is_wanted(const char *name)
{
    static const char *const endings[] = { ".csv", ".jpg", ".png", ".webp", ".heic" };
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        if (g_str_has_suffix(name, endings[i])) {
            return true;
        }
    }
    return false;
}

/* BELOW: a path below the folder, or "". */
static bool
upload_folder(const Sample *sample, const char *below, guint depth, GError **error)
{
    g_autofree char *path = g_build_filename(sample->folder, below, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, error);
    const char *entry;
    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        g_autofree char *name =
            below[0] == '\0' ? g_strdup(entry) : g_build_filename(below, entry, NULL);
        g_autofree char *full = g_build_filename(sample->folder, name, NULL);
        bool is_folder = g_file_test(full, G_FILE_TEST_IS_DIR);
        bool is_done = true;
        if (is_folder && depth < MAX_DEPTH) {
            is_done = upload_folder(sample, name, depth + 1, error);
        } else if (!is_folder && is_wanted(name)) {
            is_done = upload_file(sample, name, error);
        }
        if (!is_done) {
            return false;
        }
    }
    return dir != NULL;
}

static bool
find_account(App *app, Id *ret_account, GError **error)
{
    g_auto(SignInDone) done = { 0 };
    if (!sign_in_test(app->accounts, SAMPLE_NAME, SAMPLE_EMAIL, "eu", NULL, &done, error)) {
        return false;
    }
    *ret_account = done.account.id;
    g_auto(Session) session = { 0 };
    /* Nobody holds this one. */
    return session_find(app->accounts, done.session_token, &session, NULL, error) &&
           session_end(app->accounts, ret_account, &session.id, error);
}

bool
sample_load(App *app, const char *folder, GError **error)
{
    Sample sample = { .app = app, .folder = folder };
    if (!app->is_test_mode) {
        return fail(error, APP_ERROR_INVALID, "the sample is for test mode only");
    }
    if (!find_account(app, &sample.account, error)) {
        return false;
    }
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) batches =
        batches_list(app->batches, &sample.account, NULL, 1, &next, error);
    if (batches == NULL || batches->len > 0) {
        return batches != NULL;
    }
    BatchSettings settings = BATCH_SETTINGS_NONE;
    settings.name = "Sample batch";
    g_autoptr(BatchInfo) batch =
        batches_create(app->batches, &sample.account, &settings, NULL, NULL, error);
    if (batch == NULL) {
        return false;
    }
    sample.batch = batch->id;
    return upload_folder(&sample, "", 0, error);
}

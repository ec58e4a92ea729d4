#include "listing/build.h"

#include "base/error.h"
#include "base/file.h"
#include "listing/bulk_zip.h"
#include "listing/compliance.h"
#include "listing/decide.h"
#include "listing/job_limits.h"
#include "listing/naming.h"
#include "listing/outputs.h"
#include "listing/picture_store.h"
#include "listing/publish.h"
#include "listing/report.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A million SKUs of 64 characters. */
static const gsize max_sku_list_bytes = 64 * 1024 * 1024;

/* What the folder of --out gets beside the sheet, which keeps its own name there. */
static const char *const own_names[] = { "report.csv",  "skus.csv", "report.json",
                                         "report.html", "pictures", "bulk-upload.zip" };

static bool
check_photo_paths(const BuildOptions *options, GError **error)
{
    g_autofree char *pictures = g_build_filename(options->out_dir, "pictures", NULL);
    for (const char *const *path = options->photo_paths; *path != NULL; path++) {
        if (file_is_same(*path, options->out_dir) || file_is_same(*path, pictures)) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: holds the photos; choose another folder for --out", *path);
        }
    }
    return true;
}

/* Where no build has been at work, files of the names that it writes are somebody else's. */
static bool
check_nothing_is_replaced(const BuildOptions *options, const char *sheet_name, GError **error)
{
    g_autofree char *state_dir = g_build_filename(options->out_dir, STATE_FOLDER, NULL);
    if (options->dry_run || g_file_test(state_dir, G_FILE_TEST_IS_DIR)) {
        return true;
    }
    for (gsize i = 0; i <= G_N_ELEMENTS(own_names); i++) {
        const char *name = i < G_N_ELEMENTS(own_names) ? own_names[i] : sheet_name;
        g_autofree char *path = g_build_filename(options->out_dir, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: was not made by an earlier build and would be replaced; choose "
                        "another folder for --out",
                        path);
        }
    }
    return true;
}

static bool
check_options(const BuildOptions *options, GError **error)
{
    g_autofree char *name = g_path_get_basename(options->sheet_path);
    g_autofree char *out_sheet = g_build_filename(options->out_dir, name, NULL);
    if (!picture_check_base_url(options->base_url, error)) {
        return false;
    }
    if (file_is_same(options->sheet_path, out_sheet)) {
        return fail(error, APP_ERROR_INVALID,
                    "%s: the filled sheet would replace your own; choose another folder for --out",
                    options->sheet_path);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(own_names); i++) {
        if (g_ascii_strcasecmp(name, own_names[i]) == 0) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: --out will hold another file with the name %s; give the sheet another "
                        "one",
                        options->sheet_path, own_names[i]);
        }
    }
    if (!check_photo_paths(options, error) || !check_nothing_is_replaced(options, name, error)) {
        return false;
    }
    if (!options->dry_run && !g_file_test(options->out_dir, G_FILE_TEST_IS_DIR) &&
        g_file_test(options->out_dir, G_FILE_TEST_EXISTS)) {
        return fail(error, APP_ERROR_INVALID, "%s: is a file, not a folder", options->out_dir);
    }
    return true;
}

/* A text file with a SKU a line; blank lines do not count. */
static bool
add_skus(Batch *batch, const BuildOptions *options, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(options->skus_path, max_sku_list_bytes, error);
    if (bytes == NULL) {
        return false;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    const char *bad = NULL;
    if (!g_utf8_validate_len(data, size, &bad)) {
        return fail(error, APP_ERROR_INVALID, "%s: is not UTF-8 text (byte %" G_GSIZE_FORMAT ")",
                    options->skus_path, (gsize)(bad - data));
    }
    bool has_bom = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0;
    g_autofree char *text = g_strndup(has_bom ? data + 3 : data, has_bom ? size - 3 : size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) skus = g_ptr_array_new();
    for (char **line = lines; *line != NULL; line++) {
        if (g_strstrip(*line)[0] != '\0') {
            g_ptr_array_add(skus, *line);
        }
    }
    return layout_add_skus(batch->layout, batch->listed_skus, (const char *const *)skus->pdata,
                           skus->len, batch->edits, error);
}

static bool
read_sheet(Batch *batch, const BuildOptions *options, GError **error)
{
    const Settings *settings = options->settings;
    SheetLimits limits = limits_for_sheet(settings);
    batch->sheet_name = g_path_get_basename(options->sheet_path);
    batch->base_url = g_strdup(options->base_url);
    batch->sheet = sheet_open(options->sheet_path, options->encoding, &limits, error);
    if (batch->sheet == NULL) {
        return false;
    }
    batch->layout = layout_detect(batch->sheet, options->marketplace, options->worksheet, error);
    if (batch->layout == NULL) {
        return false;
    }
    batch->marketplace = marketplace_by_id(batch->layout->marketplace);
    batch->listed_skus =
        layout_read_skus(batch->sheet, batch->layout, (guint64)settings->sheet_max_skus, error);
    if (batch->listed_skus == NULL ||
        !layout_note_hidden(batch->sheet, batch->layout, batch->listed_skus, error)) {
        return false;
    }
    batch->edits = sheet_edit_array_new();
    if (options->skus_path != NULL && !add_skus(batch, options, error)) {
        return false;
    }
    if (batch->listed_skus->len == 0) {
        return fail(error, APP_ERROR_INVALID,
                    "%s: there is no SKU in it (column %u, from row %u on)", options->sheet_path,
                    batch->layout->sku_column, batch->layout->data_row);
    }
    return true;
}

/* What would be refused when the sheet is written must not cost the work on the photos first. */
static bool
check_urls(const Batch *batch, GError **error)
{
    static const Digest any_digest;
    g_autofree char *longest_name = g_strnfill(PICTURE_NAME_CHARS, 'x');
    g_autofree char *path = picture_path(&any_digest, longest_name);
    g_autofree char *url = picture_url(batch->base_url, path);
    return compliance_check_url(batch->marketplace, batch->base_url, error) &&
           compliance_check_url(batch->marketplace, url, error);
}

static bool
take_in_photos(Batch *batch, const BuildOptions *options, GError **error)
{
    IntakeLimits limits = limits_for_intake(options->settings);
    batch->intake = intake_new(&limits);
    intake_leave_out(batch->intake, options->out_dir);
    intake_leave_out(batch->intake, options->sheet_path);
    if (options->skus_path != NULL) {
        intake_leave_out(batch->intake, options->skus_path);
    }
    for (const char *const *path = options->photo_paths; *path != NULL; path++) {
        if (!intake_add(batch->intake, *path, error)) {
            return false;
        }
    }
    intake_finish(batch->intake);
    const GPtrArray *remarks = intake_remarks(batch->intake);
    for (guint i = 0; i < remarks->len; i++) {
        g_ptr_array_add(batch->remarks, g_strdup(remarks->pdata[i]));
    }
    return true;
}

static void
note_decisions(Batch *batch)
{
    for (gsize i = 0; i < intake_num_photos(batch->intake); i++) {
        const Photo *photo = intake_photo(batch->intake, i);
        const Decision *decision = decisions_get(batch->decisions, i);
        BatchPhoto entry = { .photo = photo,
                             .verdict = decision->verdict,
                             .is_junk = photo->is_junk,
                             .sku = decision->sku,
                             .slot = decision->slot,
                             .rule = decision->rule,
                             .notes = g_string_new(decision->notes) };
        g_array_append_val(batch->photos, entry);
    }
}

static bool
match_batch(Batch *batch, const BuildOptions *options, GError **error)
{
    g_autofree gsize *firsts = NULL;
    if (!intake_find_duplicates(batch->intake, options->cancel, &firsts, error)) {
        return false;
    }
    gsize num_photos = intake_num_photos(batch->intake);
    g_autofree NamedPhoto *photos = g_new0(NamedPhoto, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        const Photo *photo = intake_photo(batch->intake, i);
        photos[i] = (NamedPhoto){
            .name = photo->name,
            .first = firsts[i],
            .is_junk = photo->is_junk,
            .is_picture = photo->is_junk || intake_looks_like_picture(batch->intake, i),
        };
    }
    g_autoptr(GArray) skus = match_skus_of_sheet(batch->layout, batch->listed_skus);
    batch->decisions = decide(skus, photos, num_photos);
    note_decisions(batch);
    return true;
}

/* The sink of a build: OUT_DIR/pictures. */
typedef struct {
    const char *out_dir;
    const Batch *batch;
    const ProcessingTask *tasks;
} BuildSink;

static char *
task_path(const BuildSink *sink, gsize task, const Digest *picture)
{
    const BatchPhoto *photo = batch_photo(sink->batch, sink->tasks[task].photo);
    g_autofree char *name = publish_picture_name(sink->batch, photo);
    return picture_path(picture, name);
}

static bool
sink_put(gsize task, const Digest *picture, GBytes *jpeg, gpointer user_data, GError **error)
{
    const BuildSink *sink = user_data;
    g_autofree char *path = task_path(sink, task, picture);
    return picture_put(sink->out_dir, path, jpeg, error);
}

static bool
sink_has(gsize task, const JournalRecord *record, gpointer user_data)
{
    const BuildSink *sink = user_data;
    g_autofree char *path = task_path(sink, task, &record->picture);
    return picture_has(sink->out_dir, path, &record->picture);
}

static void
note_outcomes(Batch *batch, const ProcessingTask *tasks, const ProcessingOutcome *outcomes,
              gsize num_tasks)
{
    for (gsize i = 0; i < num_tasks; i++) {
        BatchPhoto *photo = batch_photo(batch, tasks[i].photo);
        const ProcessingOutcome *outcome = &outcomes[i];
        photo->record = outcome->record;
        batch->num_known += outcome->was_known && outcome->record->is_from_before ? 1 : 0;
        const char *rejection =
            outcome->failure != NULL ? outcome->failure : outcome->record->rejection;
        if (rejection != NULL) {
            photo->verdict = VERDICT_REJECTED;
            batch_note(photo->notes, "%s", rejection);
        }
    }
}

static bool
process_batch(Batch *batch, const BuildOptions *options, GError **error)
{
    g_autofree char *state_dir = g_build_filename(options->out_dir, STATE_FOLDER, NULL);
    batch->thumbnail_dir = g_build_filename(state_dir, "thumbnails", NULL);
    if (!file_make_directories(batch->thumbnail_dir, error)) {
        return false;
    }
    batch->journal = journal_open(state_dir, error);
    if (batch->journal == NULL) {
        return false;
    }
    /* The journal's lock says that nobody else is at work here. */
    file_remove_partials(options->out_dir);
    file_remove_partials(batch->thumbnail_dir);
    g_autoptr(GArray) tasks = g_array_new(FALSE, TRUE, sizeof(ProcessingTask));
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        ProcessingTask task = { .photo = i, .wants_picture = photo->verdict == VERDICT_MATCHED };
        if (!photo->is_junk && photo->verdict != VERDICT_DUPLICATE) {
            g_array_append_val(tasks, task);
        }
    }
    ImagePoolOptions pool_options = limits_for_pool(options->settings, options->num_jobs);
    pool_options.allow_no_sandbox = options->allow_no_sandbox;
    g_autoptr(ImagePool) pool = image_pool_new(&pool_options, error);
    if (pool == NULL) {
        return false;
    }
    BuildSink sink = { options->out_dir, batch, (const ProcessingTask *)(void *)tasks->data };
    Processing processing = {
        .intake = batch->intake,
        .journal = batch->journal,
        .pool = pool,
        .num_threads = pool_options.num_workers,
        .limits = limits_for_image(options->settings),
        .picture =
            picture_output(&batch->marketplace->rules, options->longest_side, options->quality),
        .thumbnail_dir = batch->thumbnail_dir,
        .sink = { sink_put, sink_has, &sink },
        .cancel = options->cancel,
        .progress = options->progress,
        .progress_data = options->progress_data,
    };
    ProcessingOutcome *outcomes = NULL;
    if (options->pool_started != NULL) {
        options->pool_started(pool, options->progress_data);
    }
    bool done = processing_run(&processing, sink.tasks, tasks->len, &outcomes, error);
    if (options->pool_started != NULL) {
        options->pool_started(NULL, options->progress_data);
    }
    if (done) {
        note_outcomes(batch, sink.tasks, outcomes, tasks->len);
        processing_outcomes_free(outcomes, tasks->len);
    }
    return done;
}

/* Pictures are written without waiting for the disk; before anything names them, they are on it. */
static bool
sync_pictures(const char *out_dir, GError **error)
{
    int fd = open(out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(error, errno, out_dir);
    }
    int result = syncfs(fd);
    int saved_errno = errno;
    close(fd);
    return result == 0 || fail_errno(error, saved_errno, out_dir);
}

static void
prune_pictures(Batch *batch, const BuildOptions *options)
{
    g_autoptr(GHashTable) keep = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < batch->photos->len; i++) {
        char *path = batch_photo(batch, i)->path;
        if (path != NULL) {
            g_hash_table_add(keep, path);
        }
    }
    gsize num_others = picture_prune(options->out_dir, keep, options->prune);
    batch->num_other_pictures = options->prune ? 0 : num_others;
}

Batch *
build_run(const BuildOptions *options, GError **error)
{
    g_autoptr(Batch) batch = batch_new();
    if (!check_options(options, error) || !read_sheet(batch, options, error) ||
        !check_urls(batch, error) || !take_in_photos(batch, options, error) ||
        !match_batch(batch, options, error)) {
        return NULL;
    }
    if (options->dry_run) {
        publish_summarise(batch);
        return g_steal_pointer(&batch);
    }
    if (!file_make_directories(options->out_dir, error) || !process_batch(batch, options, error)) {
        return NULL;
    }
    publish_pictures(batch);
    publish_summarise(batch);
    if (!sync_pictures(options->out_dir, error) || !publish_sheet(batch, options->out_dir, error) ||
        (options->make_bulk_zip && !bulk_zip_write(batch, options->out_dir, error)) ||
        !report_write(batch, options->out_dir, error)) {
        return NULL;
    }
    prune_pictures(batch, options); /* not before nothing names them any more */
    return g_steal_pointer(&batch);
}

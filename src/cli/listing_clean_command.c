/* cloudpick listing clean: only the photos, no sheet. */
#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/listing_options.h"
#include "cli/progress.h"
#include "listing/job_limits.h"
#include "listing/processing.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char *out, *quality;
    gint longest_side, jobs;
    gboolean json, allow_no_sandbox;
    Settings settings;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->out);
    g_free(arguments->quality);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

/* The photos and where each one's picture goes. */
typedef struct {
    Intake *intake;
    GArray *tasks;    /* of ProcessingTask */
    GPtrArray *paths; /* of the task's picture, relative to the output folder */
    const char *out_dir;
    Journal *journal; /* borrowed, while photos are processed */
} CleanBatch;

static void
clean_batch_clear(CleanBatch *batch)
{
    intake_free(batch->intake);
    g_clear_pointer(&batch->tasks, g_array_unref);
    g_clear_pointer(&batch->paths, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CleanBatch, clean_batch_clear)

static bool
parse_arguments(Arguments *arguments, int *argc, char ***argv, GError **error)
{
    settings_init(&arguments->settings);
    const GOptionEntry entries[] = {
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &arguments->out, "The folder to write into", "DIR" },
        { "longest-side", 0, 0, G_OPTION_ARG_INT, &arguments->longest_side,
          "Longest side of a picture; never scaled up (default: as it is)", "PX" },
        { "quality", 0, 0, G_OPTION_ARG_STRING, &arguments->quality,
          "1..100, or auto: the smallest file that looks the same (default)", "Q" },
        { "jobs", 0, 0, G_OPTION_ARG_INT, &arguments->jobs,
          "Photos at a time (default: one for each processor)", "N" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "Print JSON, a photo an entry", NULL },
        { "set", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer)command_option_set,
          "Change a setting (cloudpick settings lists them)", "NAME=VALUE" },
        { "allow-no-sandbox", 0, 0, G_OPTION_ARG_NONE, &arguments->allow_no_sandbox,
          "Decode photos even where the system offers no sandbox: only photos you trust", NULL },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(
            argc, argv, "PHOTO|DIR|ZIP ... - clean and compress photos",
            "Takes everything out of photos that is not needed to see them (place, camera, time,\n"
            "thumbnails, profiles), turns them upright, converts them to sRGB JPEG and makes them "
            "as\n"
            "small as they can be without visible loss. Folders keep their tree below DIR.",
            "Exit status: 0 every photo was cleaned; 1 some were not, with the reasons; 2 the "
            "call\n"
            "was wrong; 3 it could not finish. The same command again does only what is left.",
            entries, &arguments->settings, error)) {
        return false;
    }
    if (arguments->out == NULL) {
        return fail(error, APP_ERROR_INVALID, "--out is missing (listing clean --help)");
    }
    if (*argc < 2) {
        return fail(error, APP_ERROR_INVALID, "no photo and no folder was named");
    }
    if (arguments->jobs < 0 || arguments->jobs > 256) {
        return fail(error, APP_ERROR_INVALID, "--jobs %d is not 1 to 256", arguments->jobs);
    }
    return true;
}

/* "a/b.heic" -> "a/b.jpg"; where two photos of a folder differ only in their extension, the later
 * one keeps it: "a/b-heic.jpg". */
static char *
picture_path_for(const char *photo_name, GHashTable *taken)
{
    const char *slash = strrchr(photo_name, '/');
    const char *base = slash == NULL ? photo_name : slash + 1;
    const char *dot = strrchr(base, '.');
    gsize stem_length = dot == NULL || dot == base ? strlen(photo_name) : (gsize)(dot - photo_name);
    char *path = g_strdup_printf("%.*s.jpg", (int)stem_length, photo_name);
    if (g_hash_table_contains(taken, path) && dot != NULL && dot != base) {
        g_free(path);
        path = g_strdup_printf("%.*s-%s.jpg", (int)stem_length, photo_name, dot + 1);
    }
    for (guint number = 2; g_hash_table_contains(taken, path); number++) {
        g_free(path);
        path = g_strdup_printf("%.*s-%u.jpg", (int)stem_length, photo_name, number);
    }
    g_hash_table_add(taken, path);
    return path;
}

static bool
take_in(CleanBatch *batch, const Arguments *arguments, int argc, char **argv, GError **error)
{
    IntakeLimits limits = limits_for_intake(&arguments->settings);
    batch->out_dir = arguments->out;
    batch->intake = intake_new(&limits);
    batch->tasks = g_array_new(FALSE, TRUE, sizeof(ProcessingTask));
    batch->paths = g_ptr_array_new_with_free_func(g_free);
    intake_leave_out(batch->intake, arguments->out);
    for (int i = 1; i < argc; i++) {
        if (file_is_same(argv[i], arguments->out)) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: holds the photos; choose another folder for --out", argv[i]);
        }
        if (!intake_add(batch->intake, argv[i], error)) {
            return false;
        }
    }
    intake_finish(batch->intake);
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (gsize i = 0; i < intake_num_photos(batch->intake); i++) {
        const Photo *photo = intake_photo(batch->intake, i);
        if (!photo->is_junk) {
            ProcessingTask task = { .photo = i, .wants_picture = true };
            g_array_append_val(batch->tasks, task);
            g_ptr_array_add(batch->paths, picture_path_for(photo->name, taken));
        }
    }
    return true;
}

static bool
find_digest(const char *path, Digest *ret_digest)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, G_MAXINT32, NULL);
    if (bytes == NULL) {
        return false;
    }
    *ret_digest = digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return true;
}

/* The pictures have the photos' own names: a folder of other files, the originals above all, has
 * them as well, and a file that is replaced is lost. */
static bool
check_is_ours(const CleanBatch *batch, const char *path, const Digest *picture, GError **error)
{
    Digest digest;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return true;
    }
    if (find_digest(path, &digest) &&
        (digest_equal(&digest, picture) || journal_has_picture(batch->journal, &digest))) {
        return true;
    }
    return fail(error, APP_ERROR_CONFLICT,
                "%s is another file, which was there before: choose another folder for --out",
                path);
}

static bool
sink_put(gsize task, const Digest *picture, GBytes *jpeg, gpointer user_data, GError **error)
{
    const CleanBatch *batch = user_data;
    g_autofree char *path = g_build_filename(batch->out_dir, batch->paths->pdata[task], NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    return check_is_ours(batch, path, picture, error) && file_make_directories(folder, error) &&
           file_write_quickly(path, g_bytes_get_data(jpeg, NULL), g_bytes_get_size(jpeg), error);
}

static bool
sink_has(gsize task, const JournalRecord *record, gpointer user_data)
{
    const CleanBatch *batch = user_data;
    g_autofree char *path = g_build_filename(batch->out_dir, batch->paths->pdata[task], NULL);
    Digest digest;
    return find_digest(path, &digest) && digest_equal(&digest, &record->picture);
}

static const char *
reason_of(const ProcessingOutcome *outcome)
{
    return outcome->failure != NULL ? outcome->failure : outcome->record->rejection;
}

static void
print_json(const CleanBatch *batch, const ProcessingOutcome *outcomes)
{
    g_autoptr(JsonWriter) json = json_writer_new(true);
    json_begin_array(json, NULL);
    for (guint i = 0; i < batch->tasks->len; i++) {
        gsize photo = g_array_index(batch->tasks, ProcessingTask, i).photo;
        const JournalRecord *record = outcomes[i].record;
        const char *reason = reason_of(&outcomes[i]);
        json_begin_object(json, NULL);
        json_string(json, "photo", intake_photo(batch->intake, photo)->name);
        json_string(json, "picture", reason == NULL ? batch->paths->pdata[i] : NULL);
        json_string(json, "reason", reason);
        json_int(json, "bytes_in", (gint64)intake_photo(batch->intake, photo)->size);
        if (reason == NULL) {
            json_string(json, "format", image_format_name(record->facts.format));
            json_int(json, "bytes_out", (gint64)record->picture_bytes);
            json_int(json, "width", record->width);
            json_int(json, "height", record->height);
            json_string(json, "method",
                        record->method == IMAGE_CARRIED_OVER ? "carried over" : "encoded");
            json_int(json, "quality", record->quality);
            json_bool(json, "is_444", record->is_444);
            json_double(json, "score", record->score, 2);
            json_bool(json, "had_location", record->facts.had_location);
            json_bool(json, "was_truncated", record->facts.was_truncated);
        }
        json_end_object(json);
    }
    json_end_array(json);
    puts(json_writer_text(json)->str);
}

/* Returns how many photos came to nothing. */
static gsize
print_result(const CleanBatch *batch, const ProcessingOutcome *outcomes, FILE *file)
{
    gsize num_failed = 0;
    guint64 bytes_in = 0, bytes_out = 0;
    for (guint i = 0; i < batch->tasks->len; i++) {
        gsize photo = g_array_index(batch->tasks, ProcessingTask, i).photo;
        const char *reason = reason_of(&outcomes[i]);
        if (reason != NULL) {
            fprintf(stderr, "%s: %s\n", intake_photo(batch->intake, photo)->name, reason);
            num_failed++;
        } else {
            bytes_in += outcomes[i].record->bytes_in;
            bytes_out += outcomes[i].record->picture_bytes;
        }
    }
    const GPtrArray *remarks = intake_remarks(batch->intake);
    for (guint i = 0; i < remarks->len; i++) {
        fprintf(file, "%s\n", (const char *)remarks->pdata[i]);
    }
    g_autofree char *size_in = g_format_size(bytes_in);
    g_autofree char *size_out = g_format_size(bytes_out);
    fprintf(file, "%" G_GSIZE_FORMAT " of %u photos cleaned, %s became %s\n",
            batch->tasks->len - num_failed, batch->tasks->len, size_in, size_out);
    return num_failed;
}

static bool
process(CleanBatch *batch, const Arguments *arguments, gint32 quality,
        ProcessingOutcome **ret_outcomes, Journal **ret_journal, GError **error)
{
    g_autofree char *state_dir = g_build_filename(arguments->out, STATE_FOLDER, NULL);
    g_autoptr(Journal) journal = journal_open(state_dir, error);
    if (journal == NULL) {
        return false;
    }
    batch->journal = journal;
    ImagePoolOptions pool_options = limits_for_pool(&arguments->settings, (guint)arguments->jobs);
    pool_options.allow_no_sandbox = arguments->allow_no_sandbox;
    g_autoptr(ImagePool) pool = image_pool_new(&pool_options, error);
    if (pool == NULL) {
        return false;
    }
    g_autoptr(ProgressBar) bar = progress_bar_new(arguments->json);
    Processing processing = {
        .intake = batch->intake,
        .journal = journal,
        .pool = pool,
        .num_threads = pool_options.num_workers,
        .limits = limits_for_image(&arguments->settings),
        .picture = { .longest_side = (guint32)arguments->longest_side,
                     .quality = quality,
                     .allow_carry_over = true },
        .sink = { sink_put, sink_has, batch },
        .cancel = interrupt_flag(),
        .progress = progress_bar_update,
        .progress_data = bar,
    };
    interrupt_watch_pool(pool);
    bool done = processing_run(&processing, (const ProcessingTask *)(void *)batch->tasks->data,
                               batch->tasks->len, ret_outcomes, error);
    interrupt_watch_pool(NULL);
    if (done) {
        *ret_journal = g_steal_pointer(&journal);
    }
    return done;
}

ExitStatus
listing_clean_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { 0 };
    g_auto(CleanBatch) batch = { 0 };
    g_autoptr(Journal) journal = NULL;
    ProcessingOutcome *outcomes = NULL;
    gint32 quality;
    GError *error = NULL;
    if (!parse_arguments(&arguments, &argc, &argv, &error) ||
        !listing_parse_quality(arguments.quality, &quality, &error) ||
        !listing_check_side(arguments.longest_side, &error)) {
        return command_fail(error);
    }
    interrupt_start();
    if (!take_in(&batch, &arguments, argc, argv, &error) ||
        !process(&batch, &arguments, quality, &outcomes, &journal, &error)) {
        return command_fail(error);
    }
    if (arguments.json) {
        print_json(&batch, outcomes);
    }
    gsize num_failed = print_result(&batch, outcomes, arguments.json ? stderr : stdout);
    processing_outcomes_free(outcomes, batch.tasks->len);
    return num_failed > 0 ? EXIT_NEEDS_ATTENTION : EXIT_DONE;
}

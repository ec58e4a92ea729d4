#include "listing/processing.h"

#include "base/error.h"
#include "base/file.h"
#include "listing/outputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const gsize max_thumbnail_bytes = 256 * 1024;

/* Part of every settings digest: raise it when the same settings give other pixels. */
static const guint pipeline_version = 1;

static const char changed_text[] =
    "it changed while it was being read; call again when it is whole";

typedef struct {
    const Processing *processing;
    const ProcessingTask *tasks;
    ProcessingOutcome *outcomes;
    Digest picture_settings;   /* picture and thumbnail */
    Digest thumbnail_settings; /* thumbnail only */
    gsize next_task;           /* under the mutex, as is all below */
    GMutex mutex;
    ProcessingProgress progress;
    GError *error; /* the first one that stopped the run */
} Run;

static Digest
settings_digest(const ImageOutputSpec *spec, bool has_thumbnail)
{
    g_autofree char *text = g_strdup_printf(
        "%u side=%u quality=%d bytes=%" G_GUINT64_FORMAT " carry=%d/%u thumbnail=%d",
        pipeline_version, spec->longest_side, spec->quality, spec->max_bytes,
        spec->allow_carry_over, spec->carry_over_side, has_thumbnail);
    return digest_of(text, strlen(text));
}

static char *
thumbnail_path(const char *dir, const Digest *thumbnail)
{
    g_autofree char *hex = digest_to_hex(thumbnail, 32);
    g_autofree char *name = g_strconcat(hex, ".jpg", NULL);
    return g_build_filename(dir, name, NULL);
}

GBytes *
processing_read_thumbnail(const char *thumbnail_dir, const JournalRecord *record)
{
    g_autofree char *path = thumbnail_path(thumbnail_dir, &record->thumbnail);
    g_autoptr(GBytes) bytes = file_read_whole(path, max_thumbnail_bytes, NULL);
    if (bytes == NULL) {
        return NULL;
    }
    Digest digest = digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return digest_equal(&digest, &record->thumbnail) ? g_steal_pointer(&bytes) : NULL;
}

/* Whether what RECORD tells of is still there. */
static bool
is_still_there(const Run *run, gsize task, const JournalRecord *record)
{
    const Processing *processing = run->processing;
    if (record->rejection != NULL) {
        return true;
    }
    if (processing->thumbnail_dir != NULL) {
        g_autoptr(GBytes) thumbnail = processing_read_thumbnail(processing->thumbnail_dir, record);
        if (thumbnail == NULL) {
            return false;
        }
    }
    return !run->tasks[task].wants_picture ||
           processing->sink.has(task, record, processing->sink.user_data);
}

static void
fill_record(const Run *run, gsize task, const ImageResult *result, JournalRecord *record)
{
    record->facts = result->facts;
    guint32 next = 0;
    if (run->tasks[task].wants_picture) {
        const ImageOutput *output = &result->outputs[next++];
        gsize size;
        const void *data = g_bytes_get_data(output->jpeg, &size);
        record->has_picture = true;
        record->picture = digest_of(data, size);
        record->picture_bytes = size;
        record->width = output->width;
        record->height = output->height;
        record->method = output->method;
        record->quality = output->quality;
        record->is_444 = output->is_444;
        record->score = output->score;
    }
    if (run->processing->thumbnail_dir != NULL) {
        const ImageOutput *output = &result->outputs[next];
        record->thumbnail =
            digest_of(g_bytes_get_data(output->jpeg, NULL), g_bytes_get_size(output->jpeg));
    }
}

/* LST-18: what is stored here came out of the strip; nothing else ever gets a path. */
static bool
store_outputs(const Run *run, gsize task, const ImageResult *result, const JournalRecord *record,
              GError **error)
{
    const Processing *processing = run->processing;
    if (record->has_picture &&
        !processing->sink.put(task, &record->picture, result->outputs[0].jpeg,
                              processing->sink.user_data, error)) {
        return false;
    }
    if (processing->thumbnail_dir == NULL) {
        return true;
    }
    GBytes *thumbnail = result->outputs[record->has_picture ? 1 : 0].jpeg;
    g_autofree char *path = thumbnail_path(processing->thumbnail_dir, &record->thumbnail);
    return file_write_quickly(path, g_bytes_get_data(thumbnail, NULL), g_bytes_get_size(thumbnail),
                              error);
}

/* The same bytes always give this error. A worker that died of them may live the next time, and
 * what is above a limit is tried again, because somebody may have raised the limit. */
static bool
is_lasting(const GError *error)
{
    return g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
}

static bool
decode_photo(const Run *run, gsize task, int fd, JournalRecord *record, ProcessingOutcome *outcome,
             GError **error)
{
    const Processing *processing = run->processing;
    ImageRequest request = { .limits = processing->limits };
    if (run->tasks[task].wants_picture) {
        request.outputs[request.num_outputs++] = processing->picture;
    }
    if (processing->thumbnail_dir != NULL) {
        request.outputs[request.num_outputs++] = thumbnail_output();
    }
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) image_error = NULL;
    bool is_decoded = image_pool_run(processing->pool, fd, &request, &result, &image_error);
    if (!intake_is_unchanged(processing->intake, run->tasks[task].photo, fd)) {
        outcome->failure = g_strdup(changed_text);
        return true;
    }
    if (is_decoded) {
        g_autoptr(GError) store_error = NULL;
        fill_record(run, task, &result, record);
        if (!store_outputs(run, task, &result, record, &store_error)) {
            if (g_error_matches(store_error, APP_ERROR, APP_ERROR_CONFLICT)) {
                outcome->failure = g_strdup(store_error->message);
                return true;
            }
            g_propagate_error(error, g_steal_pointer(&store_error));
            return false;
        }
    } else if (g_error_matches(image_error, APP_ERROR, APP_ERROR_CANCELLED) ||
               g_error_matches(image_error, APP_ERROR, APP_ERROR_UNAVAILABLE) ||
               g_error_matches(image_error, APP_ERROR, APP_ERROR_NO_SPACE)) {
        g_propagate_error(error, g_steal_pointer(&image_error));
        return false;
    } else if (is_lasting(image_error)) {
        record->rejection = g_strdup(image_error->message);
    } else {
        outcome->failure = g_strdup(image_error->message);
        return true;
    }
    outcome->record = journal_add(processing->journal, record, error);
    g_free(record->rejection);
    return outcome->record != NULL;
}

static bool
process_opened_photo(const Run *run, gsize task, const Photo *photo, int fd,
                     ProcessingOutcome *outcome, GError **error)
{
    const Processing *processing = run->processing;
    g_autoptr(GError) read_error = NULL;
    JournalRecord record = { .bytes_in = photo->size,
                             .settings = run->tasks[task].wants_picture ? run->picture_settings
                                                                        : run->thumbnail_settings };
    if (!digest_of_fd(fd, photo->name, &record.input, &read_error)) {
        outcome->failure = g_strdup(read_error->message);
        return true;
    }
    if (!intake_is_unchanged(processing->intake, run->tasks[task].photo, fd)) {
        outcome->failure = g_strdup(changed_text);
        return true;
    }
    if (!journal_add_identity(processing->journal, photo->identity, &record.input, error)) {
        return false;
    }
    const JournalRecord *known = journal_find(processing->journal, &record.input, &record.settings);
    if (known != NULL && is_still_there(run, task, known)) {
        outcome->record = known;
        outcome->was_known = true;
        return true;
    }
    return decode_photo(run, task, fd, &record, outcome, error);
}

static bool
process_photo(const Run *run, gsize task, ProcessingOutcome *outcome, GError **error)
{
    const Processing *processing = run->processing;
    gsize index = run->tasks[task].photo;
    const Photo *photo = intake_photo(processing->intake, index);
    const Digest *digest = journal_digest_of(processing->journal, photo->identity);
    if (digest != NULL) {
        const Digest *settings =
            run->tasks[task].wants_picture ? &run->picture_settings : &run->thumbnail_settings;
        const JournalRecord *known = journal_find(processing->journal, digest, settings);
        if (known != NULL && is_still_there(run, task, known)) {
            outcome->record = known;
            outcome->was_known = true;
            return true;
        }
    }
    g_autoptr(GError) open_error = NULL;
    int fd = intake_open(processing->intake, index, &open_error);
    if (fd < 0) {
        outcome->failure = g_strdup(open_error->message);
        return true;
    }
    bool done = process_opened_photo(run, task, photo, fd, outcome, error);
    close(fd);
    return done;
}

static void
note_progress(Run *run, gsize task)
{
    const ProcessingOutcome *outcome = &run->outcomes[task];
    guint64 size = intake_photo(run->processing->intake, run->tasks[task].photo)->size;
    run->progress.num_done++;
    run->progress.bytes_done += size;
    if (outcome->was_known) {
        run->progress.num_known++;
        run->progress.bytes_known += size;
    }
    if (run->processing->progress != NULL) {
        run->processing->progress(&run->progress, run->processing->progress_data);
    }
}

static gpointer
work(gpointer data)
{
    Run *run = data;
    for (;;) {
        g_mutex_lock(&run->mutex);
        gsize task = run->next_task;
        if (run->error == NULL && g_atomic_int_get(run->processing->cancel)) {
            (void)fail(&run->error, APP_ERROR_CANCELLED, "interrupted");
        }
        bool is_over = run->error != NULL || task >= run->progress.num_tasks;
        if (!is_over) {
            run->next_task++;
        }
        g_mutex_unlock(&run->mutex);
        if (is_over) {
            return NULL;
        }
        GError *error = NULL;
        bool done = process_photo(run, task, &run->outcomes[task], &error);
        g_mutex_lock(&run->mutex);
        if (done) {
            note_progress(run, task);
        } else if (run->error == NULL) {
            run->error = error;
        } else {
            g_error_free(error);
        }
        g_mutex_unlock(&run->mutex);
    }
}

bool
processing_run(const Processing *processing, const ProcessingTask *tasks, gsize num_tasks,
               ProcessingOutcome **ret_outcomes, GError **error)
{
    ImageOutputSpec no_picture = { 0 };
    bool has_thumbnail = processing->thumbnail_dir != NULL;
    Run run = {
        .processing = processing,
        .tasks = tasks,
        .outcomes = g_new0(ProcessingOutcome, num_tasks + 1),
        .picture_settings = settings_digest(&processing->picture, has_thumbnail),
        .thumbnail_settings = settings_digest(&no_picture, has_thumbnail),
        .progress = { .num_tasks = num_tasks },
    };
    g_mutex_init(&run.mutex);
    for (gsize i = 0; i < num_tasks; i++) {
        run.progress.bytes += intake_photo(processing->intake, tasks[i].photo)->size;
    }
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    for (guint i = 0; i < processing->num_threads; i++) {
        g_ptr_array_add(threads, g_thread_new("photos", work, &run));
    }
    for (guint i = 0; i < threads->len; i++) {
        g_thread_join(threads->pdata[i]);
    }
    g_mutex_clear(&run.mutex);
    if (run.error != NULL) {
        processing_outcomes_free(run.outcomes, num_tasks);
        g_propagate_error(error, run.error);
        return false;
    }
    *ret_outcomes = run.outcomes;
    return true;
}

void
processing_outcomes_free(ProcessingOutcome *outcomes, gsize num_tasks)
{
    for (gsize i = 0; outcomes != NULL && i < num_tasks; i++) {
        g_free(outcomes[i].failure);
    }
    g_free(outcomes);
}

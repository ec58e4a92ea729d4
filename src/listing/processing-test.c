/* Real photos, a real pool (this program is its worker too), and a sink that keeps what it gets. */
#include "listing/processing.h"

#include "base/error.h"
#include "base/file.h"
#include "image/jpeg_fixture.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *dir, *photo_dir, *state_dir, *thumbnail_dir;
    Intake *intake;
    Journal *journal;
    ImagePool *pool;
    GMutex mutex;
    guint num_puts;
    bool is_full; /* the sink takes nothing */
    bool is_lost; /* the sink has nothing of what it took */
    gint cancel;
    Processing processing;
} Job;

static bool
sink_put(gsize task, const Digest *picture, GBytes *jpeg, gpointer user_data, GError **error)
{
    Job *job = user_data;
    Digest digest = digest_of(g_bytes_get_data(jpeg, NULL), g_bytes_get_size(jpeg));
    g_assert_true(digest_equal(&digest, picture));
    g_mutex_lock(&job->mutex);
    job->num_puts++;
    g_mutex_unlock(&job->mutex);
    return !job->is_full || fail(error, APP_ERROR_UNAVAILABLE, "the disk is full");
}

static bool
sink_has(gsize task, const JournalRecord *record, gpointer user_data)
{
    const Job *job = user_data;
    return !job->is_lost;
}

static void
set_up(Job *job, gconstpointer unused)
{
    const ImagePoolOptions options = { .num_workers = 2,
                                       .max_memory_bytes = 512 * 1024 * 1024,
                                       .max_seconds = 60 };
    g_autoptr(GError) error = NULL;
    g_mutex_init(&job->mutex);
    job->dir = g_dir_make_tmp("processing-XXXXXX", NULL);
    job->photo_dir = g_build_filename(job->dir, "photos", NULL);
    job->state_dir = g_build_filename(job->dir, "state", NULL);
    job->thumbnail_dir = g_build_filename(job->dir, "thumbnails", NULL);
    g_assert_true(file_make_directories(job->photo_dir, NULL));
    g_assert_true(file_make_directories(job->thumbnail_dir, NULL));
    job->journal = journal_open(job->state_dir, &error);
    g_assert_no_error(error);
    job->pool = image_pool_new(&options, &error);
    g_assert_no_error(error);
    job->processing = (Processing){
        .journal = job->journal,
        .pool = job->pool,
        .num_threads = 2,
        .limits = fixture_limits(),
        .picture = { .longest_side = 60, .quality = 80 },
        .thumbnail_dir = job->thumbnail_dir,
        .sink = { sink_put, sink_has, job },
        .cancel = &job->cancel,
    };
}

static void
empty_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        g_unlink(child);
    }
}

static void
tear_down(Job *job, gconstpointer unused)
{
    image_pool_free(job->pool);
    journal_close(job->journal);
    intake_free(job->intake);
    char *const folders[] = { job->photo_dir, job->state_dir, job->thumbnail_dir };
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        empty_folder(folders[i]);
        g_rmdir(folders[i]);
        g_free(folders[i]);
    }
    g_rmdir(job->dir);
    g_free(job->dir);
    g_mutex_clear(&job->mutex);
}

static void
put_bytes(Job *job, const char *name, const void *data, gsize size)
{
    g_autofree char *path = g_build_filename(job->photo_dir, name, NULL);
    g_assert_true(file_write_quickly(path, data, size, NULL));
}

/* Photos of one WIDTH have the same bytes. */
static void
put_photo(Job *job, const char *name, guint32 width)
{
    const Fixture photo = { .width = width, .height = 48, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&photo);
    put_bytes(job, name, g_bytes_get_data(jpeg, NULL), g_bytes_get_size(jpeg));
}

static void
list_photos(Job *job)
{
    const IntakeLimits limits = { .max_photos = 100, .max_photo_bytes = 1000000 };
    g_clear_pointer(&job->intake, intake_free);
    job->intake = intake_new(&limits);
    g_assert_true(intake_add(job->intake, job->photo_dir, NULL));
    intake_finish(job->intake);
    job->processing.intake = job->intake;
}

/* A task for each photo that was listed. */
static ProcessingOutcome *
run(Job *job, GError **error)
{
    gsize num_tasks = intake_num_photos(job->intake);
    g_autofree ProcessingTask *tasks = g_new0(ProcessingTask, num_tasks);
    for (gsize i = 0; i < num_tasks; i++) {
        tasks[i] = (ProcessingTask){ .photo = i, .wants_picture = true };
    }
    ProcessingOutcome *outcomes = NULL;
    bool done = processing_run(&job->processing, tasks, num_tasks, &outcomes, error);
    g_assert_true(done == (outcomes != NULL));
    return outcomes;
}

static ProcessingOutcome *
run_well(Job *job)
{
    g_autoptr(GError) error = NULL;
    ProcessingOutcome *outcomes = run(job, &error);
    g_assert_no_error(error);
    return outcomes;
}

static void
free_outcomes(Job *job, ProcessingOutcome *outcomes)
{
    processing_outcomes_free(outcomes, intake_num_photos(job->intake));
}

static void
test_picture_and_thumbnail_come_out(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    ProcessingOutcome *outcomes = run_well(job);
    const JournalRecord *record = outcomes[0].record;
    g_assert_cmpuint(job->num_puts, ==, 1);
    g_assert_cmpuint(record->width, ==, 60);
    g_assert_cmpuint(record->facts.width, ==, 80);
    g_autoptr(GBytes) thumbnail = processing_read_thumbnail(job->thumbnail_dir, record);
    g_assert_nonnull(thumbnail);
    free_outcomes(job, outcomes);
}

static void
test_second_run_knows_what_is_done(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    free_outcomes(job, run_well(job));
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_true(outcomes[0].was_known);
    g_assert_cmpuint(job->num_puts, ==, 1);
    free_outcomes(job, outcomes);
}

static void
test_renamed_photo_is_known_by_its_bytes(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    free_outcomes(job, run_well(job));
    empty_folder(job->photo_dir);
    put_photo(job, "b.jpg", 80);
    list_photos(job);
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_true(outcomes[0].was_known);
    free_outcomes(job, outcomes);
}

static void
test_lost_picture_is_made_again(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    free_outcomes(job, run_well(job));
    job->is_lost = true;
    free_outcomes(job, run_well(job));
    g_assert_cmpuint(job->num_puts, ==, 2);
}

static void
test_lost_thumbnail_is_made_again(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    free_outcomes(job, run_well(job));
    empty_folder(job->thumbnail_dir);
    ProcessingOutcome *outcomes = run_well(job);
    g_autoptr(GBytes) thumbnail = processing_read_thumbnail(job->thumbnail_dir, outcomes[0].record);
    g_assert_nonnull(thumbnail);
    free_outcomes(job, outcomes);
}

static void
test_other_settings_make_another_picture(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    free_outcomes(job, run_well(job));
    job->processing.picture.longest_side = 40;
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_false(outcomes[0].was_known);
    g_assert_cmpuint(outcomes[0].record->width, ==, 40);
    free_outcomes(job, outcomes);
}

/* LST-04 */
static void
test_bad_photo_costs_only_itself(Job *job, gconstpointer unused)
{
    put_bytes(job, "a.jpg", "\xff\xd8\xff\xdb", 4);
    put_photo(job, "b.jpg", 80);
    list_photos(job);
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_nonnull(outcomes[0].record->rejection);
    g_assert_null(outcomes[1].record->rejection);
    free_outcomes(job, outcomes);
}

static void
test_photo_above_a_limit_is_tried_again(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    job->processing.limits.max_side = 50;
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_nonnull(strstr(outcomes[0].failure, "image.max-side"));
    free_outcomes(job, outcomes);
    job->processing.limits.max_side = 100;
    outcomes = run_well(job);
    g_assert_null(outcomes[0].failure);
    free_outcomes(job, outcomes);
}

static void
test_photo_that_vanished_is_a_failure_of_its_own(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    empty_folder(job->photo_dir);
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_null(outcomes[0].record);
    g_assert_cmpstr(outcomes[0].failure, ==, "a.jpg: No such file or directory");
    free_outcomes(job, outcomes);
}

static void
test_photo_that_changed_after_listing_is_not_remembered(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    put_photo(job, "a.jpg", 96);
    ProcessingOutcome *outcomes = run_well(job);
    g_assert_null(outcomes[0].record);
    g_assert_nonnull(strstr(outcomes[0].failure, "it changed"));
    g_assert_null(journal_digest_of(job->journal, intake_photo(job->intake, 0)->identity));
    free_outcomes(job, outcomes);
}

static void
test_full_disk_stops_the_run(Job *job, gconstpointer unused)
{
    for (guint i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("%u.jpg", i);
        put_photo(job, name, 80 + 8 * i);
    }
    list_photos(job);
    job->is_full = true;
    g_autoptr(GError) error = NULL;
    g_assert_null(run(job, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_cmpuint(job->num_puts, <=, 2); /* one a thread */
}

static void
test_cancelled_run_does_nothing_more(Job *job, gconstpointer unused)
{
    put_photo(job, "a.jpg", 80);
    list_photos(job);
    job->cancel = 1;
    g_autoptr(GError) error = NULL;
    g_assert_null(run(job, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CANCELLED);
    g_assert_cmpuint(job->num_puts, ==, 0);
}

static void
count_call(const ProcessingProgress *progress, gpointer user_data)
{
    guint *num_calls = user_data;
    g_assert_cmpuint(progress->num_done, ==, ++*num_calls);
    g_assert_cmpuint(progress->bytes_done, <=, progress->bytes);
}

static void
test_progress_is_told_after_each_photo(Job *job, gconstpointer unused)
{
    guint num_calls = 0;
    put_photo(job, "a.jpg", 80);
    put_photo(job, "b.jpg", 96);
    put_photo(job, "c.jpg", 80);
    list_photos(job);
    job->processing.progress = count_call;
    job->processing.progress_data = &num_calls;
    free_outcomes(job, run_well(job));
    g_assert_cmpuint(num_calls, ==, 3);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "image-worker") == 0) {
        return image_worker_main(argc - 1, argv + 1);
    }
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/processing/" name, Job, NULL, set_up, func, tear_down)
    ADD("outputs", test_picture_and_thumbnail_come_out);
    ADD("second-run", test_second_run_knows_what_is_done);
    ADD("renamed", test_renamed_photo_is_known_by_its_bytes);
    ADD("lost-picture", test_lost_picture_is_made_again);
    ADD("lost-thumbnail", test_lost_thumbnail_is_made_again);
    ADD("settings", test_other_settings_make_another_picture);
    ADD("LST-04/bad-photo", test_bad_photo_costs_only_itself);
    ADD("raised-limit", test_photo_above_a_limit_is_tried_again);
    ADD("vanished", test_photo_that_vanished_is_a_failure_of_its_own);
    ADD("changed", test_photo_that_changed_after_listing_is_not_remembered);
    ADD("full-disk", test_full_disk_stops_the_run);
    ADD("cancelled", test_cancelled_run_does_nothing_more);
    ADD("progress", test_progress_is_told_after_each_photo);
    return g_test_run();
}

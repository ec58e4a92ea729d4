#include "listing/journal.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *dir;
    char *path;
    JournalRecord record;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->dir = g_dir_make_tmp("journal-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->dir, "journal", NULL);
    fixture->record = (JournalRecord){
        .input = digest_of("in", 2),
        .settings = digest_of("s", 1),
        .facts = { .format = IMAGE_FORMAT_HEIC,
                   .width = 4032,
                   .height = 3024,
                   .num_frames = 2,
                   .had_location = true,
                   .border_white_share = 0.25,
                   .frame_fill = 0.875 },
        .bytes_in = 5000000000,
        .has_picture = true,
        .picture = digest_of("out", 3),
        .picture_bytes = 300000,
        .width = 2000,
        .height = 1500,
        .method = IMAGE_ENCODED,
        .quality = 91,
        .is_444 = true,
        .score = 90.5,
        .thumbnail = digest_of("thumb", 5),
    };
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    g_unlink(fixture->path);
    g_rmdir(fixture->dir);
    g_free(fixture->path);
    g_free(fixture->dir);
}

static void
test_record_is_there_after_reopening(Fixture *fixture, gconstpointer unused)
{
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    journal_close(journal);

    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    const JournalRecord *found =
        journal_find(again, &fixture->record.input, &fixture->record.settings);
    g_assert_nonnull(found);
    g_assert_cmpmem(&found->facts, sizeof found->facts, &fixture->record.facts,
                    sizeof found->facts);
    g_assert_cmpuint(found->bytes_in, ==, 5000000000);
    g_assert_true(found->has_picture);
    g_assert_true(digest_equal(&found->picture, &fixture->record.picture));
    g_assert_true(digest_equal(&found->thumbnail, &fixture->record.thumbnail));
    g_assert_cmpuint(found->picture_bytes, ==, 300000);
    g_assert_cmpuint(found->width, ==, 2000);
    g_assert_cmpuint(found->height, ==, 1500);
    g_assert_cmpint(found->method, ==, IMAGE_ENCODED);
    g_assert_cmpint(found->quality, ==, 91);
    g_assert_true(found->is_444);
    g_assert_cmpfloat(found->score, ==, 90.5);
    g_assert_null(found->rejection);
}

static void
test_rejection_keeps_its_text(Fixture *fixture, gconstpointer unused)
{
    fixture->record.rejection = (char *)"tab\there, line\nthere, \xc3\xa9";
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    journal_close(journal);
    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    g_assert_cmpstr(
        journal_find(again, &fixture->record.input, &fixture->record.settings)->rejection, ==,
        fixture->record.rejection);
}

static void
test_other_settings_are_another_record(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Journal) journal = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    Digest other = digest_of("other", 5);
    g_assert_null(journal_find(journal, &fixture->record.input, &other));
    g_assert_null(journal_find(journal, &other, &fixture->record.settings));
}

/* Cut at any byte, a journal tells of whole records only and can be continued. */
static void
test_torn_line_is_not_believed(Fixture *fixture, gconstpointer unused)
{
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_true(journal_add_identity(journal, "f1", &fixture->record.input, NULL));
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    journal_close(journal);
    g_autofree char *text = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->path, &text, &size, NULL));
    for (gsize cut = 0; cut < size; cut += 7) {
        g_assert_true(g_file_set_contents(fixture->path, text, (gssize)cut, NULL));
        Journal *torn = journal_open(fixture->dir, NULL);
        g_assert_null(journal_find(torn, &fixture->record.input, &fixture->record.settings));
        g_assert_nonnull(journal_add(torn, &fixture->record, NULL));
        journal_close(torn);
        g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
        g_assert_nonnull(journal_find(again, &fixture->record.input, &fixture->record.settings));
    }
}

static void
test_changed_byte_is_not_believed(Fixture *fixture, gconstpointer unused)
{
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    journal_close(journal);
    g_autofree char *text = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->path, &text, &size, NULL));
    text[size / 2] ^= 1;
    g_assert_true(g_file_set_contents(fixture->path, text, (gssize)size, NULL));
    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    g_assert_null(journal_find(again, &fixture->record.input, &fixture->record.settings));
}

static void
test_two_builds_do_not_share_a_journal(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(Journal) journal = journal_open(fixture->dir, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(journal_open(fixture->dir, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_identity_leads_to_the_digest(Fixture *fixture, gconstpointer unused)
{
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_null(journal_digest_of(journal, "f1"));
    g_assert_true(journal_add_identity(journal, "f1", &fixture->record.input, NULL));
    journal_close(journal);
    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    g_assert_true(digest_equal(journal_digest_of(again, "f1"), &fixture->record.input));
}

/* A file system that had no time to write the data may leave zeros for them. */
static void
test_zeros_of_a_power_cut_hide_nothing_after_them(Fixture *fixture, gconstpointer unused)
{
    static const char zeros[64];
    g_assert_true(g_file_set_contents(fixture->path, zeros, sizeof zeros, NULL));
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_add(journal, &fixture->record, NULL));
    journal_close(journal);
    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    g_assert_nonnull(journal_find(again, &fixture->record.input, &fixture->record.settings));
}

static void
test_record_tells_whether_it_is_from_before(Fixture *fixture, gconstpointer unused)
{
    Journal *journal = journal_open(fixture->dir, NULL);
    g_assert_false(journal_add(journal, &fixture->record, NULL)->is_from_before);
    journal_close(journal);
    g_autoptr(Journal) again = journal_open(fixture->dir, NULL);
    g_assert_true(
        journal_find(again, &fixture->record.input, &fixture->record.settings)->is_from_before);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/journal/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("reopened", test_record_is_there_after_reopening);
    ADD("rejection", test_rejection_keeps_its_text);
    ADD("other-settings", test_other_settings_are_another_record);
    ADD("torn-line", test_torn_line_is_not_believed);
    ADD("changed-byte", test_changed_byte_is_not_believed);
    ADD("one-process", test_two_builds_do_not_share_a_journal);
    ADD("zeros", test_zeros_of_a_power_cut_hide_nothing_after_them);
    ADD("from-before", test_record_tells_whether_it_is_from_before);
    ADD("identity", test_identity_leads_to_the_digest);
    return g_test_run();
}

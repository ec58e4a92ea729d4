#include "archive/zip.h"

#include "archive/zip_format.h"
#include "base/error.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const ZipLimits generous = { 100000, 1100, 1024, G_GINT64_CONSTANT(1) << 40 };

typedef struct {
    char *dir, *first, *second;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->dir = g_dir_make_tmp("zip-test-XXXXXX", NULL);
    fixture->first = g_build_filename(fixture->dir, "first.zip", NULL);
    fixture->second = g_build_filename(fixture->dir, "second.zip", NULL);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    (void)g_unlink(fixture->first);
    (void)g_unlink(fixture->second);
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0); /* nothing else was left behind */
    g_free(fixture->first);
    g_free(fixture->second);
    g_free(fixture->dir);
}

static void
write_zip(const char *path, const char *const *names_and_texts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipWriter) writer = zip_writer_new(path, &error);
    g_assert_no_error(error);
    for (; names_and_texts[0] != NULL; names_and_texts += 2) {
        (void)zip_writer_add(writer, names_and_texts[0], names_and_texts[1],
                             strlen(names_and_texts[1]), 6, &error);
        g_assert_no_error(error);
    }
    (void)zip_writer_finish(writer, NULL, &error);
    g_assert_no_error(error);
}

static ZipReader *
open_zip(const char *path)
{
    g_autoptr(GError) error = NULL;
    ZipReader *reader = zip_open(path, &generous, &error);
    g_assert_no_error(error);
    return reader;
}

static GBytes *
read_named(const ZipReader *reader, const char *name)
{
    g_autoptr(GError) error = NULL;
    const ZipMember *member = zip_find(reader, name);
    g_assert_nonnull(member);
    GBytes *bytes = zip_read_member(reader, member, 1u << 30, &error);
    g_assert_no_error(error);
    return bytes;
}

static void
assert_text(const ZipReader *reader, const char *name, const char *text)
{
    g_autoptr(GBytes) bytes = read_named(reader, name);
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_assert_cmpmem(data, size, text, strlen(text));
}

static void
test_what_is_added_is_read_back(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = {
        "a.txt", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "фото/b.txt", "b", "empty", "", NULL
    };
    write_zip(fixture->first, members);
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_assert_cmpuint(zip_num_members(reader), ==, 3);
    for (guint i = 0; members[i] != NULL; i += 2) {
        assert_text(reader, members[i], members[i + 1]);
    }
    g_assert_cmpuint(zip_member(reader, 0)->method, ==, ZIP_DEFLATE);
    g_assert_cmpuint(zip_member(reader, 1)->method, ==, ZIP_STORED);
    g_assert_null(zip_find(reader, "c.txt"));
}

static void
test_a_writer_given_up_leaves_nothing(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(ZipWriter) writer = zip_writer_new(fixture->first, NULL);
    g_assert_true(zip_writer_add(writer, "a", "a", 1, 0, NULL));
    g_clear_pointer(&writer, zip_writer_free);
    g_assert_false(g_file_test(fixture->first, G_FILE_TEST_EXISTS));
}

static bool
take_bytes(const void *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

static bool
refuse_bytes(const void *data, gsize size, gpointer user_data, GError **error)
{
    return fail(error, APP_ERROR_CANCELLED, "gone");
}

static void
test_a_sink_gets_what_a_file_would(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b", "second",
                                    NULL };
    write_zip(fixture->first, members);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_autoptr(ZipWriter) writer = zip_writer_new_to_sink(take_bytes, bytes);
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        g_assert_true(zip_writer_copy(writer, reader, zip_member(reader, i), NULL));
    }
    g_assert_true(zip_writer_finish(writer, NULL, NULL));
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    g_assert_cmpmem(bytes->data, bytes->len, data, size);
}

static void
test_a_sink_may_refuse(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(ZipWriter) writer = zip_writer_new_to_sink(refuse_bytes, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(zip_writer_add(writer, "a", "a", 1, 0, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CANCELLED);
}

static bool
read_bytes(guint64 offset, void *buffer, gsize size, gpointer user_data, GError **error)
{
    const GByteArray *bytes = user_data;
    g_assert_cmpuint(offset + size, <=, bytes->len);
    memcpy(buffer, bytes->data + offset, size);
    return true;
}

static void
test_an_archive_that_is_no_file(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(ZipWriter) writer = zip_writer_new_to_sink(take_bytes, bytes);
    g_assert_true(zip_writer_add(writer, "a", "some text", 9, 6, NULL));
    g_assert_true(zip_writer_finish(writer, NULL, NULL));
    g_autoptr(ZipReader) reader =
        zip_open_source("upload", bytes->len, read_bytes, bytes, &generous, NULL);
    assert_text(reader, "a", "some text");
    for (guint size = 0; size < bytes->len; size++) {
        g_autoptr(ZipReader) cut =
            zip_open_source("upload", size, read_bytes, bytes, &generous, NULL);
        g_assert_null(cut);
    }
}

/* Pseudo-random text that deflates, but not to nothing. */
static GByteArray *
long_text(gsize size)
{
    GByteArray *text = g_byte_array_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    while (text->len < size) {
        g_autofree char *word = g_strdup_printf("<v>%u</v>", g_rand_int(random) % 100000);
        g_byte_array_append(text, (const guint8 *)word, (guint)strlen(word));
    }
    return text;
}

static void
replace_member(const char *from, const char *name, const GByteArray *text, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipReader) reader = open_zip(from);
    g_autoptr(ZipWriter) writer = zip_writer_new(to, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        const ZipMember *member = zip_member(reader, i);
        if (!g_str_equal(member->name, name)) {
            g_assert_true(zip_writer_copy(writer, reader, member, &error));
            continue;
        }
        (void)zip_writer_begin_replacement(writer, reader, member, 5, &error);
        g_assert_no_error(error);
        /* In pieces of odd sizes. */
        for (guint at = 0; at < text->len; at += 70001) {
            (void)zip_writer_append(writer, text->data + at, MIN(70001, text->len - at), &error);
            g_assert_no_error(error);
        }
        (void)zip_writer_end_replacement(writer, &error);
        g_assert_no_error(error);
    }
    (void)zip_writer_finish(writer, reader, &error);
    g_assert_no_error(error);
}

/* LST-07: what is not replaced is carried over as it is. */
static void
test_replacing_leaves_the_others_alone(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = {
        "a", "first first first first first first first", "b", "second", "c", "third", NULL
    };
    write_zip(fixture->first, members);
    const guint sizes[] = { 0, 1, 256 * 1024, 256 * 1024 + 1, 3000000 };
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GByteArray) text = long_text(sizes[i]);
        replace_member(fixture->first, "b", text, fixture->second);
        g_autoptr(ZipReader) reader = open_zip(fixture->second);
        assert_text(reader, "a", members[1]);
        assert_text(reader, "c", members[5]);
        g_autoptr(GBytes) replaced = read_named(reader, "b");
        gsize size;
        const void *data = g_bytes_get_data(replaced, &size);
        g_assert_cmpmem(data, size, text->data, text->len);
    }
}

static void
test_replacing_onto_itself(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", "b", "second", NULL };
    write_zip(fixture->first, members);
    g_autoptr(GByteArray) text = long_text(100);
    replace_member(fixture->first, "a", text, fixture->first);
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    assert_text(reader, "b", "second");
}

static void
test_more_members_than_16_bits_count(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(ZipWriter) writer = zip_writer_new(fixture->first, NULL);
    for (guint i = 0; i < 70000; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "%u", i);
        g_assert_true(zip_writer_add(writer, name, name, strlen(name), 0, NULL));
    }
    g_assert_true(zip_writer_finish(writer, NULL, NULL));
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_assert_cmpuint(zip_num_members(reader), ==, 70000);
    assert_text(reader, "69999", "69999");
}

/* Opens a file of these bytes and expects a refusal that names REASON. */
static void
assert_refused(Fixture *fixture, const void *data, gsize size, const ZipLimits *limits, int code,
               const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(fixture->second, data, (gssize)size, NULL));
    g_autoptr(ZipReader) reader = zip_open(fixture->second, limits, &error);
    g_assert_null(reader);
    g_assert_error(error, APP_ERROR, code);
    g_assert_nonnull(strstr(error->message, reason));
}

static void
test_names_that_climb_are_refused(Fixture *fixture, gconstpointer unused)
{
    const char *const names[] = { "../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", NULL };
    for (guint i = 0; names[i] != NULL; i++) {
        const char *const members[] = { names[i], "x", NULL };
        write_zip(fixture->first, members);
        g_autofree char *data = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
        assert_refused(fixture, data, size, &generous, APP_ERROR_INVALID, "leads outside");
    }
}

static void
test_limits(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GByteArray) zeros = g_byte_array_new();
    g_byte_array_set_size(zeros, 100000);
    memset(zeros->data, 'x', zeros->len);
    g_byte_array_append(zeros, (const guint8 *)"", 1);
    const char *const members[] = { "long name", (const char *)zeros->data, "b", "b", NULL };
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    const struct {
        ZipLimits limits;
        const char *reason;
    } cases[] = {
        { { 1, 1100, 1024, 1 << 20 }, "2 entries" },
        { { 9, 100, 1024, 1 << 20 }, "more than 100 times" },
        { { 9, 1100, 4, 1 << 20 }, "has 9 bytes" },
        { { 9, 1100, 1024, 50000 }, "more than 50000 bytes" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(fixture, data, size, &cases[i].limits, APP_ERROR_TOO_LARGE, cases[i].reason);
    }
}

/* Two directory entries for one local header: the seed of a quoted-overlap bomb. */
static void
test_overlapping_members_are_refused(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", "a", "first", NULL };
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    guint8 *second = (guint8 *)data + size - ZIP_END_SIZE - (ZIP_CENTRAL_SIZE + 1);
    g_assert_cmpuint(zip_get32(second), ==, ZIP_CENTRAL_SIGNATURE);
    zip_put32(second + 42, 0);
    assert_refused(fixture, data, size, &generous, APP_ERROR_INVALID, "overlaps");
}

static void
test_every_cut_is_refused(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", "b", "second", NULL };
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    for (gsize cut = 0; cut < size; cut++) {
        assert_refused(fixture, data, cut, &generous, APP_ERROR_INVALID, "");
    }
}

/* As Info-ZIP does, with a warning. */
static void
test_bytes_behind_the_end_are_passed_over(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", "b", "second", NULL };
    static const char behind[] = "\r\n--boundary--\r\n";
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    {
        g_autoptr(ZipReader) reader = open_zip(fixture->first);
        g_assert_cmpuint(zip_num_bytes_behind(reader), ==, 0);
    }
    g_autoptr(GString) longer = g_string_new_len(data, (gssize)size);
    g_string_append(longer, behind);
    g_assert_true(g_file_set_contents(fixture->first, longer->str, (gssize)longer->len, NULL));
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_assert_cmpuint(zip_num_bytes_behind(reader), ==, strlen(behind));
    assert_text(reader, "a", "first");
    assert_text(reader, "b", "second");

    g_autofree char *many = g_strnfill(70000, 'x');
    g_string_append(longer, many);
    assert_refused(fixture, longer->str, longer->len, &generous, APP_ERROR_INVALID, "its end");
    g_string_truncate(longer, size + 1);
    g_string_prepend(longer, "before");
    assert_refused(fixture, longer->str, longer->len, &generous, APP_ERROR_INVALID, "its end");
}

static void
test_changed_bytes_are_noticed(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", NULL };
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    data[ZIP_LOCAL_SIZE + 1] ^= 1;
    g_assert_true(g_file_set_contents(fixture->first, data, (gssize)size, NULL));
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_autoptr(GError) error = NULL;
    g_assert_null(zip_read_member(reader, zip_member(reader, 0), 100, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_an_encrypted_member_is_copied_but_not_read(Fixture *fixture, gconstpointer unused)
{
    const char *const members[] = { "a", "first", NULL };
    write_zip(fixture->first, members);
    g_autofree char *data = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
    data[6] |= ZIP_FLAG_ENCRYPTED;
    data[size - ZIP_END_SIZE - (ZIP_CENTRAL_SIZE + 1) + 8] |= ZIP_FLAG_ENCRYPTED;
    g_assert_true(g_file_set_contents(fixture->first, data, (gssize)size, NULL));
    g_autoptr(ZipReader) reader = open_zip(fixture->first);
    g_autoptr(GError) error = NULL;
    g_assert_null(zip_read_member(reader, zip_member(reader, 0), 100, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
    g_autoptr(ZipWriter) writer = zip_writer_new(fixture->second, NULL);
    g_assert_true(zip_writer_copy(writer, reader, zip_member(reader, 0), NULL));
    g_assert_true(zip_writer_finish(writer, reader, NULL));
    g_autofree char *copy = NULL;
    gsize copy_size;
    g_assert_true(g_file_get_contents(fixture->second, &copy, &copy_size, NULL));
    g_assert_cmpmem(copy, copy_size, data, size);
}

/* Renames member "ab.." (of the same length) without setting the UTF-8 flag. */
static void
test_legacy_names(Fixture *fixture, gconstpointer unused)
{
    const struct {
        const char *name, *encoding;
    } cases[] = { { "靴のサイズ/写真.jpg", "CP932" },
                  { "连衣裙红色/主图.jpg", "GBK" },
                  { "Größe/Straße.jpg", "IBM437" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize raw_size;
        g_autofree char *raw =
            g_convert(cases[i].name, -1, cases[i].encoding, "UTF-8", NULL, &raw_size, NULL);
        g_autofree char *placeholder = g_strnfill(raw_size, 'a');
        const char *const members[] = { placeholder, "x", NULL };
        write_zip(fixture->first, members);
        g_autofree char *data = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(fixture->first, &data, &size, NULL));
        memcpy(data + ZIP_LOCAL_SIZE, raw, raw_size);
        memcpy(data + size - ZIP_END_SIZE - raw_size, raw, raw_size);
        g_assert_true(g_file_set_contents(fixture->first, data, (gssize)size, NULL));
        g_autoptr(ZipReader) reader = open_zip(fixture->first);
        g_assert_cmpstr(zip_member(reader, 0)->name, ==, cases[i].name);
        assert_text(reader, cases[i].name, "x");
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "/zip/read-back", test_what_is_added_is_read_back },
        { "/zip/given-up", test_a_writer_given_up_leaves_nothing },
        { "/zip/sink", test_a_sink_gets_what_a_file_would },
        { "/zip/sink-refuses", test_a_sink_may_refuse },
        { "/zip/source", test_an_archive_that_is_no_file },
        { "/zip/replace", test_replacing_leaves_the_others_alone },
        { "/zip/replace-itself", test_replacing_onto_itself },
        { "/zip/many-members", test_more_members_than_16_bits_count },
        { "/zip/climbing-names", test_names_that_climb_are_refused },
        { "/zip/limits", test_limits },
        { "/zip/overlap", test_overlapping_members_are_refused },
        { "/zip/cut", test_every_cut_is_refused },
        { "/zip/behind-the-end", test_bytes_behind_the_end_are_passed_over },
        { "/zip/changed-bytes", test_changed_bytes_are_noticed },
        { "/zip/encrypted", test_an_encrypted_member_is_copied_but_not_read },
        { "/zip/legacy-names", test_legacy_names },
    };
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
    return g_test_run();
}

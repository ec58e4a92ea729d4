/* LST-23, LST-26: what is held about a person, to take home. */
#include "privacy/account_export.h"

#include "base/error.h"
#include "privacy/test_life.h"

#include <string.h>

static const ZipLimits limits = {
    .max_entries = 1000, .max_ratio = 1100, .max_name_bytes = 1024, .max_total_bytes = 1 << 30
};

static bool
take(const void *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

/* The archive, opened. */
static ZipReader *export(TestLife *life, const Id *account, ExportScope scope, const char *path)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    account_export(&life->privacy, account, scope, take, bytes, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
    ZipReader *reader = zip_open(path, &limits, &error);
    g_assert_no_error(error);
    return reader;
}

static char *
member_text(const ZipReader *reader, const char *name)
{
    const ZipMember *member = zip_find(reader, name);
    if (member == NULL) {
        return NULL;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = zip_read_member(reader, member, 1 << 24, &error);
    g_assert_no_error(error);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return g_strndup(data, size);
}

static char *
archive_path(const TestLife *life)
{
    return g_build_filename(life->vault->directory, "export.zip", NULL);
}

static void
test_everything_that_is_held_is_in_it(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    g_autofree char *path = archive_path(life);
    Id account = test_life_account(life, "eu"), other = test_life_account(life, "eu");
    g_autofree char *mine = test_life_batch(life, &account);
    g_autofree char *not_mine = test_life_batch(life, &other);
    g_autoptr(ZipReader) reader = export(life, &account, EXPORT_EVERYTHING, path);
    guint num_files = 0;
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        g_autofree char *text = member_text(reader, zip_member(reader, i)->name);
        g_assert_null(strstr(text, not_mine));
        g_assert_null(strstr(text, other.text));
        num_files += g_str_has_prefix(zip_member(reader, i)->name, "files/");
    }
    g_assert_cmpuint(num_files, ==, 4);
    static const char *const tables[] = { "account", "identity", "session", "batch",      "photo",
                                          "sku",     "upload",   "host",    "batch_event" };
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *name = g_strdup_printf("data/%s.json", tables[i]);
        g_autofree char *text = member_text(reader, name);
        g_assert_nonnull(text);
        g_assert_nonnull(strstr(text, "\": "));
    }
    g_autofree char *manifest = member_text(reader, "manifest.json");
    g_assert_nonnull(strstr(manifest, "\"missing\": []"));
}

/* Two rights, two archives: one has what was found out, the other only what was given. */
static void
test_what_was_given_is_less(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    g_autofree char *path = archive_path(life);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    g_autoptr(ZipReader) all = export(life, &account, EXPORT_EVERYTHING, path);
    g_autofree char *photo = member_text(all, "data/photo.json");
    g_assert_nonnull(strstr(photo, "\"rule\""));
    g_assert_nonnull(zip_find(all, "data/session.json"));
    g_autoptr(ZipReader) given = export(life, &account, EXPORT_GIVEN, path);
    g_autofree char *given_photo = member_text(given, "data/photo.json");
    g_assert_null(strstr(given_photo, "\"rule\""));
    g_assert_nonnull(strstr(given_photo, "\"name\""));
    g_assert_null(zip_find(given, "data/session.json"));
}

static void
test_secrets_are_in_neither(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    g_autofree char *path = archive_path(life);
    Id account = test_life_account(life, "us");
    g_autoptr(ZipReader) reader = export(life, &account, EXPORT_EVERYTHING, path);
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        g_autofree char *text = member_text(reader, zip_member(reader, i)->name);
        g_assert_null(strstr(text, "token_hash"));
        g_assert_null(strstr(text, "wrapped"));
    }
}

/* Never a silent hole. */
static void
test_what_is_missing_is_listed(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    g_autofree char *path = archive_path(life);
    Id account = test_life_account(life, "us");
    g_autofree char *marker = test_life_batch(life, &account);
    g_assert_true(keyring_destroy(life->vault->keyring, &account, NULL));
    g_autoptr(ZipReader) reader = export(life, &account, EXPORT_EVERYTHING, path);
    g_autofree char *manifest = member_text(reader, "manifest.json");
    g_assert_null(strstr(manifest, "\"missing\": []"));
    g_assert_nonnull(strstr(manifest, "files/original/"));
}

static bool
refuse(const void *data, gsize size, gpointer user_data, GError **error)
{
    return fail(error, APP_ERROR_CANCELLED, "gone");
}

static void
test_a_reader_that_goes_away_ends_it(TestDatabase *database)
{
    g_autoptr(TestLife) life = test_life_new(database);
    Id account = test_life_account(life, "us");
    g_autoptr(GError) error = NULL;
    g_assert_false(
        account_export(&life->privacy, &account, EXPORT_EVERYTHING, refuse, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CANCELLED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/account-export/lst-23", test_everything_that_is_held_is_in_it);
    test_each_database("/account-export/given", test_what_was_given_is_less);
    test_each_database("/account-export/secrets", test_secrets_are_in_neither);
    test_each_database("/account-export/missing", test_what_is_missing_is_listed);
    test_each_database("/account-export/gone", test_a_reader_that_goes_away_ends_it);
    return g_test_run();
}

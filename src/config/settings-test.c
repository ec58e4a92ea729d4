#include "config/settings.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The path of a new file with TEXT in it. */
static char *
write_config(const char *text, int mode)
{
    char *path = NULL;
    int fd = g_file_open_tmp("cloudpick-config-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
    close(fd);
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
    return path;
}

static void
test_defaults_lie_within_their_ranges(void)
{
    Settings settings;
    settings_init(&settings);
    for (gsize i = 0; i < settings_count(); i++) {
        const SettingInfo *info = settings_info(i);
        g_assert_cmpint(info->default_value, >=, info->minimum);
        g_assert_cmpint(info->default_value, <=, info->maximum);
    }
}

static void
test_copy_of_the_defaults_reads_back(void)
{
    Settings settings, copy;
    settings_init(&settings);
    settings_init(&copy);
    g_assert_true(settings_set(&settings, "server.listen=[::1]:9000", NULL));
    g_assert_true(settings_set(&settings, "server.workers=3", NULL));
    g_autofree char *text = settings_to_file(&settings);
    g_autofree char *path = write_config(text, 0600);
    g_autoptr(GError) error = NULL;
    settings_read_file(&copy, path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(copy.server_listen, ==, "[::1]:9000");
    g_assert_cmpint(copy.server_workers, ==, 3);
    for (gsize i = 0; i < settings_count(); i++) {
        g_autofree char *a = settings_value_to_string(&settings, i);
        g_autofree char *b = settings_value_to_string(&copy, i);
        g_assert_cmpstr(a, ==, b);
    }
    g_unlink(path);
}

static void
test_secret_is_shown_nowhere(void)
{
    Settings settings;
    settings_init(&settings);
    g_assert_true(settings_set(&settings, "storage.us.secret-key=hunter2", NULL));
    g_assert_cmpstr(settings.storage_us_secret_key, ==, "hunter2");
    g_autofree char *text = settings_to_file(&settings);
    g_assert_null(strstr(text, "hunter2"));
    g_assert_nonnull(strstr(text, "\n#storage.us.secret-key = (set)\n"));
}

static void
test_secret_comes_from_a_file(void)
{
    Settings settings;
    settings_init(&settings);
    g_autofree char *secret_path = write_config("hunter2\n", 0600);
    g_autofree char *text = g_strdup_printf("storage.us.secret-key = @%s\n", secret_path);
    g_autofree char *path = write_config(text, 0644);
    g_autoptr(GError) error = NULL;
    settings_read_file(&settings, path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(settings.storage_us_secret_key, ==, "hunter2");
    g_unlink(path);
    g_unlink(secret_path);
}

static void
test_wrong_files_say_where_and_why(void)
{
    static const struct {
        const char *text;
        int mode;
        const char *message;
    } cases[] = {
        { "# fine\n\nserver.wrokers = 3\n", 0600, ":3: there is no setting \"server.wrokers\"" },
        { "server.workers = 3\nserver.workers = 4\n", 0600,
          ":2: setting server.workers comes twice" },
        { "server.workers\n", 0600, ":1: not of the form name = value" },
        { "server.workers = none\n", 0600, ":1: setting server.workers: \"none\" is not a number" },
        { "server.listen = a\001b\n", 0600, "has a control character" },
        { "server.listen = \xff\n", 0600, "not a text in UTF-8" },
        { "storage.us.secret-key = hunter2\n", 0644, "everybody may read it" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Settings settings;
        settings_init(&settings);
        g_autofree char *path = write_config(cases[i].text, cases[i].mode);
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_read_file(&settings, path, &error));
        if (strstr(error->message, cases[i].message) == NULL) {
            g_error("\"%s\" does not say \"%s\"", error->message, cases[i].message);
        }
        g_assert_null(strstr(error->message, "hunter2"));
        g_unlink(path);
    }
}

static void
test_value_with_suffix_is_set(void)
{
    Settings settings;
    settings_init(&settings);
    g_assert_true(settings_set(&settings, "image.max-memory=3G", NULL));
    g_assert_cmpint(settings.image_max_memory, ==, 3LL << 30);
}

static void
test_wrong_assignments_say_why(void)
{
    static const struct {
        const char *assignment, *message;
    } cases[] = {
        { "image.max-scans", "not of the form" },
        { "image.max-scans=", "not a number from 1 to 1000 scans" },
        { "image.max-scans=0", "not a number from 1 to 1000 scans" },
        { "image.max-scans=5x", "not a number from 1 to 1000 scans" },
        { "image.max-memory=99999999999G", "not a number" },
        { "colour=3", "there is no setting \"colour\"" },
    };
    Settings settings;
    settings_init(&settings);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(settings_set(&settings, cases[i].assignment, &error));
        g_assert_nonnull(g_strstr_len(error->message, -1, cases[i].message));
    }
    g_assert_cmpint(settings.image_max_scans, ==, 100);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/defaults-in-range", test_defaults_lie_within_their_ranges);
    g_test_add_func("/settings/suffix", test_value_with_suffix_is_set);
    g_test_add_func("/settings/wrong-assignments", test_wrong_assignments_say_why);
    g_test_add_func("/settings/file/reads-back", test_copy_of_the_defaults_reads_back);
    g_test_add_func("/settings/file/secret-not-shown", test_secret_is_shown_nowhere);
    g_test_add_func("/settings/file/secret-from-file", test_secret_comes_from_a_file);
    g_test_add_func("/settings/file/wrong", test_wrong_files_say_where_and_why);
    return g_test_run();
}

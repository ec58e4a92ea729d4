#include "config/settings.h"

#include "base/error.h"

static void
test_defaults_lie_within_their_ranges(void)
{
    Settings settings;
    settings_init(&settings);
    for (gsize i = 0; i < settings_count(); i++) {
        const SettingInfo *info = settings_info(i);
        g_assert_cmpint(info->default_value, >=, info->minimum);
        g_assert_cmpint(info->default_value, <=, info->maximum);
        g_assert_cmpint(settings_value(&settings, i), ==, info->default_value);
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
    return g_test_run();
}

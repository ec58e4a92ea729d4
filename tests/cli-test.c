#include "tests/support.h"

#include <string.h>

static void
test_help_lists_every_command(void)
{
    g_auto(CommandResult) result = run_cloudpick("--help", NULL);
    assert_status(&result, 0);
    g_assert_nonnull(strstr(result.out, "settings"));
}

static void
test_unknown_command_is_a_wrong_call(void)
{
    g_auto(CommandResult) result = run_cloudpick("listing", "fly", NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "there is no command \"listing fly\""));
}

static void
test_group_lists_its_commands(void)
{
    static const char *const groups[] = { "listing", "store", "track", "privacy", "keys" };
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autofree char *usage = g_strdup_printf("usage: cloudpick %s COMMAND", groups[i]);
        g_auto(CommandResult) help = run_cloudpick(groups[i], "--help", NULL);
        assert_status(&help, 0);
        g_assert_nonnull(strstr(help.out, usage));
        g_assert_null(strstr(help.out, "serve"));
        g_auto(CommandResult) alone = run_cloudpick(groups[i], NULL);
        assert_status(&alone, 2);
        g_assert_nonnull(strstr(alone.err, usage));
    }
    g_auto(CommandResult) listing = run_cloudpick("listing", "--help", NULL);
    g_assert_nonnull(strstr(listing.out, "listing inspect"));
}

static void
test_settings_tell_reasons(void)
{
    g_auto(CommandResult) result = run_cloudpick("settings", "--set", "image.max-scans=7", NULL);
    assert_status(&result, 0);
    g_assert_nonnull(strstr(result.out, "image.max-scans = 7 scans (1 to 1000)"));
}

static void
test_wrong_setting_is_a_wrong_call(void)
{
    g_auto(CommandResult) result = run_cloudpick("settings", "--set", "image.max-scans=x", NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "image.max-scans"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/help", test_help_lists_every_command);
    g_test_add_func("/cli/unknown-command", test_unknown_command_is_a_wrong_call);
    g_test_add_func("/cli/group", test_group_lists_its_commands);
    g_test_add_func("/cli/settings", test_settings_tell_reasons);
    g_test_add_func("/cli/wrong-setting", test_wrong_setting_is_a_wrong_call);
    return g_test_run();
}

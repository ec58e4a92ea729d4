/* cloudpick settings: prints the table of settings. */
#include "cli/command.h"
#include "config/settings.h"

#include <stdio.h>

ExitStatus
settings_command(int argc, char **argv)
{
    Settings settings;
    settings_init(&settings);
    const GOptionEntry entries[] = {
        { "set", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer)command_option_set,
          "Show the table with this value changed", "NAME=VALUE" },
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    if (!command_parse_options(&argc, &argv, NULL,
                               "Lists the settings, their defaults and the reasons.\n"
                               "Commands that use them take --set NAME=VALUE.",
                               NULL, entries, &settings, &error)) {
        return command_fail(error);
    }
    for (gsize i = 0; i < settings_count(); i++) {
        const SettingInfo *info = settings_info(i);
        g_autofree char *value = settings_value_to_string(&settings, i);
        if (info->type == SETTING_INTEGER) {
            printf("%s = %s (%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ")\n    %s\n", info->name,
                   value, info->minimum, info->maximum, info->reason);
        } else {
            printf("%s = %s (%s)\n    %s\n", info->name, value, info->form, info->reason);
        }
    }
    return EXIT_DONE;
}

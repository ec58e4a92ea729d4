/* cloudpick config: prints a configuration file that explains itself. */
#include "cli/command.h"
#include "config/settings.h"

#include <stdio.h>

ExitStatus
config_command(int argc, char **argv)
{
    Settings settings;
    settings_init(&settings);
    g_autofree char *file = NULL;
    g_auto(GStrv) assignments = NULL;
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &file, "Check FILE and show what it sets",
          "FILE" },
        { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &assignments, "Write this value into it",
          "NAME=VALUE" },
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Prints a configuration file: every setting with its reason, range and default.\n"
            "Keep it (cloudpick config > cloudpick.conf), change what should differ, and name it "
            "to\n"
            "cloudpick serve --config and cloudpick work --config.",
            "With --config FILE the file is checked first and its values are shown; secrets are\n"
            "left out. Exit status: 0, or 2 when FILE is wrong.",
            entries, &settings, &error) ||
        !command_read_settings(&settings, file, assignments, &error)) {
        return command_fail(error);
    }
    g_autofree char *text = settings_to_file(&settings);
    fputs(text, stdout);
    return EXIT_DONE;
}

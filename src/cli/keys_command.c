/* cloudpick keys: the master key that wraps the keys of accounts. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/service_options.h"
#include "web/app.h"

#include <stdio.h>

static bool
rewrap(const Settings *settings, const char *data_dir, GError **error)
{
    const AppOptions options = {
        .settings = settings,
        .clock = &system_clock,
        .data_dir = data_dir,
    };
    g_autoptr(App) app = app_open(&options, error);
    guint64 num_rewrapped;
    if (app == NULL || !keyring_rewrap(app->keyring, &num_rewrapped, error)) {
        return false;
    }
    printf("%" G_GUINT64_FORMAT " keys were wrapped anew; all are under the first master key now\n",
           num_rewrapped);
    return true;
}

ExitStatus
keys_rewrap_command(int argc, char **argv)
{
    g_auto(ServiceOptions) options = { 0 };
    const GOptionEntry extra[] = { G_OPTION_ENTRY_NULL };
    g_autofree GOptionEntry *entries = service_option_entries(&options, extra);
    Settings settings;
    GError *error = NULL;
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Changes the master key: wraps the keys of all accounts under the first key of the\n"
            "master key file. Stored objects are not touched, so it takes seconds.",
            "How to change it:\n"
            "  1. write a new key (openssl rand -hex 32) as the first line of keyring/master-key\n"
            "     in the data directory, or of the file that keyring.master-key-file names\n"
            "  2. restart every cloudpick serve and cloudpick work, so that they know both\n"
            "  3. run this command\n"
            "  4. take the old key out of the file; backups of the keyring from before still\n"
            "     need it\n"
            "It may be interrupted and run again.\n"
            "Exit status: 0 when done, 2 when the call or a setting is wrong, 3 when it could not\n"
            "be done.",
            entries, NULL, &error) ||
        !service_options_finish(&options, &settings, &error) ||
        !rewrap(&settings, options.data_dir, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}

#include "cli/service_options.h"

#include "cli/command.h"

#include <string.h>

void
service_options_clear(ServiceOptions *options)
{
    g_free(options->config);
    g_free(options->data_dir);
    g_strfreev(options->assignments);
}

GOptionEntry *
service_option_entries(ServiceOptions *options, const GOptionEntry *extra)
{
    const GOptionEntry own[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
          "Read settings from FILE (cloudpick config prints one)", "FILE" },
        { "data", 'd', 0, G_OPTION_ARG_FILENAME, &options->data_dir,
          "Keep database, keys and pictures in DIR", "DIR" },
        { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->assignments,
          "Set a setting; counts more than the file", "NAME=VALUE" },
    };
    gsize num_extra = 0;
    while (extra[num_extra].long_name != NULL) {
        num_extra++;
    }
    GOptionEntry *entries = g_new0(GOptionEntry, G_N_ELEMENTS(own) + num_extra + 1);
    memcpy(entries, own, sizeof own);
    memcpy(entries + G_N_ELEMENTS(own), extra, num_extra * sizeof *extra);
    return entries;
}

bool
service_options_finish(ServiceOptions *options, Settings *ret_settings, GError **error)
{
    if (!command_read_settings(ret_settings, options->config, options->assignments, error)) {
        return false;
    }
    if (options->data_dir == NULL) {
        const char *state = g_getenv("STATE_DIRECTORY");
        options->data_dir = state != NULL
                                ? g_strdup(state)
                                : g_build_filename(g_get_user_data_dir(), "cloudpick", NULL);
    }
    return true;
}

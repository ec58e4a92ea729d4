/* Options that the commands of the service share. */
#pragma once

#include "config/settings.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *config, *data_dir;
    char **assignments;
} ServiceOptions;

void service_options_clear(ServiceOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ServiceOptions, service_options_clear)

/* Entries of GOption for --config, --data and --set; write EXTRA (ended by a NULL name) behind
 * them. Free with g_free. */
GOptionEntry *service_option_entries(ServiceOptions *options, const GOptionEntry *extra);

/* Reads the settings and chooses the data directory: --data, else systemd's STATE_DIRECTORY, else
 * cloudpick in the user's data directory. */
bool service_options_finish(ServiceOptions *options, Settings *ret_settings, GError **error);

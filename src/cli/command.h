/* The subcommands. main.c holds the one table of them; each lives in a file of its own. */
#pragma once

#include "config/settings.h"

#include <glib.h>
#include <stdbool.h>

/* What the process's exit status tells (documented in every command's --help). */
typedef enum {
    EXIT_DONE = 0,            /* all done */
    EXIT_NEEDS_ATTENTION = 1, /* finished; something needs a person */
    EXIT_WRONG_CALL = 2,      /* the call was wrong; nothing was done */
    EXIT_NOT_FINISHED = 3,    /* it could not finish */
} ExitStatus;

typedef struct {
    const char *group; /* "listing"; NULL for a command of one word */
    const char *name;
    /* ARGV[0] is the command's name as typed. */
    ExitStatus (*run)(int argc, char **argv);
    const char *synopsis; /* one line, what it does; NULL: --help does not list it */
} Command;

/* Prints "cloudpick: MESSAGE" to standard error and returns the status that the error's code calls
 * for. Frees ERROR. */
ExitStatus command_fail(GError *error);

/* Parses the options of a command (what is left in ARGV behind ARGV[0] are its arguments) and
 * answers
 * --help. PARAMETERS follows the options in the usage line; SETTINGS, for --set, may be NULL. */
bool command_parse_options(int *argc, char ***argv, const char *parameters, const char *summary,
                           const char *description, const GOptionEntry *entries, Settings *settings,
                           GError **error);

/* GOptionArgFunc for --set NAME=VALUE; DATA is the Settings. */
gboolean command_option_set(const gchar *option, const gchar *value, gpointer data, GError **error);

/* The settings of a command that has --config FILE and --set NAME=VALUE: what the call says counts
 * more than what the file says. Both may be NULL. */
bool command_read_settings(Settings *settings, const char *file, char *const *assignments,
                           GError **error);

ExitStatus serve_command(int argc, char **argv);
ExitStatus work_command(int argc, char **argv);
ExitStatus keys_rewrap_command(int argc, char **argv);
ExitStatus settings_command(int argc, char **argv);
ExitStatus config_command(int argc, char **argv);
ExitStatus track_run_command(int argc, char **argv);
ExitStatus track_score_command(int argc, char **argv);
ExitStatus image_worker_command(int argc, char **argv);
ExitStatus store_convert_command(int argc, char **argv);
ExitStatus store_score_command(int argc, char **argv);
ExitStatus store_simulate_command(int argc, char **argv);
ExitStatus store_replay_command(int argc, char **argv);
ExitStatus privacy_inventory_command(int argc, char **argv);
ExitStatus privacy_policy_command(int argc, char **argv);
ExitStatus privacy_check_command(int argc, char **argv);
ExitStatus privacy_sweep_command(int argc, char **argv);
ExitStatus listing_build_command(int argc, char **argv);
ExitStatus listing_inspect_command(int argc, char **argv);
ExitStatus listing_clean_command(int argc, char **argv);

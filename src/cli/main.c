/* cloudpick: finds the subcommand and runs it. */
#include "base/error.h"
#include "cli/command.h"
#include "config/settings.h"

#include <locale.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static const Command commands[] = {
    { NULL, "serve", serve_command, "the service: pages, API, pictures, and the work behind them" },
    { NULL, "work", work_command, "only the work behind them, on the same queue" },
    { "listing", "build", listing_build_command,
      "sheet and photos in, clean pictures and the sheet with their URLs out" },
    { "listing", "inspect", listing_inspect_command,
      "what kind of sheet it is, and what it lacks" },
    { "listing", "clean", listing_clean_command, "only clean and compress photos" },
    { "store", "replay", store_replay_command, "recording -> receipts, events and doubts" },
    { "store", "simulate", store_simulate_command, "a simulated store -> recording and truth" },
    { "store", "score", store_score_command, "receipts against the truth" },
    { "store", "convert", store_convert_command, "the research store's data -> layout, scripts" },
    { "track", "run", track_run_command, "boxes of cameras -> tracks of people" },
    { "track", "score", track_score_command, "compare tracks with the truth: IDF1, MOTA, HOTA" },
    { NULL, "config", config_command, "print a configuration file that explains itself" },
    { "privacy", "inventory", privacy_inventory_command, "all that is held about anybody" },
    { "privacy", "policy", privacy_policy_command, "the privacy policy, from the inventory" },
    { "privacy", "check", privacy_check_command, "contradictions in the inventory" },
    { "privacy", "sweep", privacy_sweep_command, "delete now what has had its time" },
    { "keys", "rewrap", keys_rewrap_command, "change the master key of the accounts' keys" },
    { NULL, "settings", settings_command, "list the settings, their defaults and the reasons" },
    { NULL, "image-worker", image_worker_command, NULL }, /* started by the program itself */
};

ExitStatus
command_fail(GError *error)
{
    fprintf(stderr, "cloudpick: %s\n", error->message);
    ExitStatus status = EXIT_NOT_FINISHED;
    if (error->domain == G_OPTION_ERROR || g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
        g_error_matches(error, APP_ERROR, APP_ERROR_NOT_FOUND) ||
        g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED)) {
        status = EXIT_WRONG_CALL;
    }
    g_error_free(error);
    return status;
}

bool
command_parse_options(int *argc, char ***argv, const char *parameters, const char *summary,
                      const char *description, const GOptionEntry *entries, Settings *settings,
                      GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    GOptionGroup *group = g_option_group_new("main", "Options", "Options", settings, NULL);
    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group); /* takes the group */
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    return g_option_context_parse(context, argc, argv, error);
}

gboolean
command_option_set(const gchar *option, const gchar *value, gpointer data, GError **error)
{
    return settings_set(data, value, error);
}

bool
command_read_settings(Settings *settings, const char *file, char *const *assignments,
                      GError **error)
{
    settings_init(settings);
    if (file != NULL && !settings_read_file(settings, file, error)) {
        return false;
    }
    for (gsize i = 0; assignments != NULL && assignments[i] != NULL; i++) {
        if (!settings_set(settings, assignments[i], error)) {
            return false;
        }
    }
    return true;
}

/* "listing build". */
static char *
command_words(const Command *command)
{
    return command->group == NULL ? g_strdup(command->name)
                                  : g_strconcat(command->group, " ", command->name, NULL);
}

/* GROUP: NULL for all commands. */
static void
print_help(FILE *file, const char *group)
{
    const char *group_words = group == NULL ? "" : group;
    const char *space = group == NULL ? "" : " ";
    fprintf(file, "usage: cloudpick %s%sCOMMAND [OPTION ...]\n\n", group_words, space);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        bool is_wanted = group == NULL || g_strcmp0(commands[i].group, group) == 0;
        if (!is_wanted || commands[i].synopsis == NULL) {
            continue;
        }
        g_autofree char *words = command_words(&commands[i]);
        fprintf(file, "  %-18s %s\n", words, commands[i].synopsis);
    }
    fprintf(file, "\ncloudpick %s%sCOMMAND --help tells the rest.\n", group_words, space);
}

/* NAME, if commands go by it. */
static const char *
find_group(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_strcmp0(commands[i].group, name) == 0) {
            return commands[i].group;
        }
    }
    return NULL;
}

static bool
asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* The command that ARGV calls, and how many words name it. */
static const Command *
find_command(int argc, char **argv, int *ret_num_words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        const Command *command = &commands[i];
        bool is_grouped = command->group != NULL;
        const char *first = is_grouped ? command->group : command->name;
        if (strcmp(argv[1], first) == 0 &&
            (!is_grouped || (argc > 2 && strcmp(argv[2], command->name) == 0))) {
            *ret_num_words = is_grouped ? 2 : 1;
            return command;
        }
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    /* Threads of GLib's pools end by themselves, perhaps only while main's end is being cleaned up:
     * OpenSSL must not take away then what they give back to it. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    if (argc < 2) {
        print_help(stderr, NULL);
        return EXIT_WRONG_CALL;
    }
    const char *group = find_group(argv[1]);
    if (asks_for_help(argv[1]) || (group != NULL && argc > 2 && asks_for_help(argv[2]))) {
        print_help(stdout, group);
        return EXIT_DONE;
    }
    if (group != NULL && argc == 2) {
        fprintf(stderr, "cloudpick: \"%s\" is the first word of several commands\n\n", group);
        print_help(stderr, group);
        return EXIT_WRONG_CALL;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("cloudpick %s\n", CLOUDPICK_VERSION);
        return EXIT_DONE;
    }
    int num_words = 0;
    const Command *command = find_command(argc, argv, &num_words);
    if (command == NULL) {
        fprintf(stderr, "cloudpick: there is no command \"%s%s%s\"\n\n", argv[1],
                argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
        print_help(stderr, group);
        return EXIT_WRONG_CALL;
    }
    /* What --help says the usage is. */
    g_autofree char *words = command_words(command);
    g_autofree char *usage_name = g_strconcat("cloudpick ", words, NULL);
    g_set_prgname(usage_name);
    return (int)command->run(argc - num_words, argv + num_words);
}

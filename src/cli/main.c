/* cloudpick: finds the subcommand and runs it. */
#include "base/error.h"
#include "cli/command.h"
#include "config/settings.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const Command commands[] = {
    { NULL, "settings", settings_command, "list the settings, their defaults and the reasons" },
    { "track", "score", track_score_command, "compare tracks with the truth: IDF1, MOTA, HOTA" },
};

ExitStatus
command_fail(GError *error)
{
    fprintf(stderr, "cloudpick: %s\n", error->message);
    ExitStatus status = EXIT_NOT_FINISHED;
    if (error->domain == G_OPTION_ERROR || g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
        g_error_matches(error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        status = EXIT_WRONG_CALL;
    }
    g_error_free(error);
    return status;
}

gboolean
command_option_set(const gchar *option, const gchar *value, gpointer data, GError **error)
{
    return settings_set(data, value, error);
}

static void
print_help(FILE *file)
{
    fputs("usage: cloudpick COMMAND [OPTION ...]\n\n", file);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *words = commands[i].group == NULL
                                     ? g_strdup(commands[i].name)
                                     : g_strconcat(commands[i].group, " ", commands[i].name, NULL);
        fprintf(file, "  %-18s %s\n", words, commands[i].synopsis);
    }
    fputs("\ncloudpick COMMAND --help tells the rest.\n", file);
}

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    if (argc < 2) {
        print_help(stderr);
        return EXIT_WRONG_CALL;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("cloudpick %s\n", CLOUDPICK_VERSION);
        return EXIT_DONE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        const Command *command = &commands[i];
        if (command->group == NULL && strcmp(argv[1], command->name) == 0) {
            return (int)command->run(argc - 1, argv + 1);
        }
        if (command->group != NULL && argc > 2 && strcmp(argv[1], command->group) == 0 &&
            strcmp(argv[2], command->name) == 0) {
            return (int)command->run(argc - 2, argv + 2);
        }
    }
    fprintf(stderr, "cloudpick: there is no command \"%s%s%s\"\n\n", argv[1], argc > 2 ? " " : "",
            argc > 2 ? argv[2] : "");
    print_help(stderr);
    return EXIT_WRONG_CALL;
}

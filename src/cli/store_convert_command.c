/* cloudpick store convert: the research store's archive as a layout, the contest's cases as
 * scripts. */
#include "base/error.h"
#include "base/file.h"
#include "cli/command.h"
#include "store/convert_nanostore.h"

#include <stdio.h>

typedef struct {
    char *nanostore, *contest, *case_name, *layout, *out;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->nanostore);
    g_free(arguments->contest);
    g_free(arguments->case_name);
    g_free(arguments->layout);
    g_free(arguments->out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
parse(int argc, char **argv, Arguments *arguments, GError **error)
{
    const GOptionEntry entries[] = {
        { "nanostore", 0, 0, G_OPTION_ARG_FILENAME, &arguments->nanostore,
          "Folder with Gondolas.json, Shelves.json, Plates.json, calibration.json", "DIR" },
        { "contest", 0, 0, G_OPTION_ARG_FILENAME, &arguments->contest,
          "The labelled cases: products and planogram, or scripts", "FILE" },
        { "case", 0, 0, G_OPTION_ARG_STRING, &arguments->case_name,
          "With --nanostore: the planogram of this case's month (default: of the newest)", "NAME" },
        { "layout", 0, 0, G_OPTION_ARG_FILENAME, &arguments->layout,
          "The layout that the scripts are for", "FILE" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &arguments->out,
          "The layout to write; with --layout, the folder for the scripts", "FILE" },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(&argc, &argv, NULL,
                               "The research store's geometry as a layout (--nanostore), or the "
                               "contest's cases as scripts for a layout (--contest, --layout).",
                               NULL, entries, NULL, error)) {
        return false;
    }
    bool makes_layout = arguments->nanostore != NULL && arguments->layout == NULL;
    bool makes_scripts =
        arguments->nanostore == NULL && arguments->layout != NULL && arguments->contest != NULL;
    bool names_case = arguments->case_name != NULL;
    if (argc > 1 || arguments->out == NULL || !(makes_layout || makes_scripts) ||
        (names_case && (!makes_layout || arguments->contest == NULL))) {
        return fail(error, APP_ERROR_INVALID,
                    "store convert needs --out, and --nanostore or --contest with --layout");
    }
    return true;
}

static bool
write_layout(const Arguments *arguments, const Contest *contest, GError **error)
{
    g_autoptr(StoreLayout) layout =
        convert_nanostore(arguments->nanostore, contest, arguments->case_name, error);
    if (layout == NULL || !store_layout_write(layout, arguments->out, error)) {
        return false;
    }
    printf("%s: %u gondolas, %u shelves, %u plates, %u products, %u cameras\n", arguments->out,
           layout->num_gondolas, layout->num_shelves, layout->num_plates, layout->num_products,
           layout->num_cameras);
    return true;
}

static bool
write_scripts(const Arguments *arguments, const Contest *contest, GError **error)
{
    g_autoptr(StoreLayout) layout = store_layout_read(arguments->layout, error);
    if (layout == NULL || !file_make_directories(arguments->out, error)) {
        return false;
    }
    for (guint i = 0; i < contest->cases->len; i++) {
        const ContestCase *one = contest->cases->pdata[i];
        g_autoptr(SimScript) script = contest_script(contest, one, layout, error);
        if (script == NULL) {
            return false;
        }
        if (script->visitors->len == 0) {
            printf("%s: has no labelled events, left out\n", one->name);
            continue;
        }
        g_autofree char *name = g_strconcat(one->name, ".json", NULL);
        g_autofree char *path = g_build_filename(arguments->out, name, NULL);
        if (!sim_script_write(script, layout, path, error)) {
            return false;
        }
        printf("%s: %u shoppers, %u events\n", path, script->visitors->len, one->events->len);
    }
    if (contest->num_unknown > 0) {
        printf("%u labels name no known product and were left out\n", contest->num_unknown);
    }
    return true;
}

ExitStatus
store_convert_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { NULL };
    GError *error = NULL;
    if (!parse(argc, argv, &arguments, &error)) {
        return command_fail(error);
    }
    g_autoptr(Contest) contest = NULL;
    if (arguments.contest != NULL) {
        contest = contest_read(arguments.contest, &error);
        if (contest == NULL) {
            return command_fail(error);
        }
    }
    bool written = arguments.nanostore != NULL ? write_layout(&arguments, contest, &error)
                                               : write_scripts(&arguments, contest, &error);
    return written ? EXIT_DONE : command_fail(error);
}

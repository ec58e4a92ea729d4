/* cloudpick store simulate: plays a script or random shopping and records it. */
#include "base/error.h"
#include "cli/command.h"
#include "store/simulate.h"

#include <stdio.h>

typedef struct {
    char *layout, *script, *out, *truth, *faults;
    int num_shoppers, seed;
    double minutes, hz;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->layout);
    g_free(arguments->script);
    g_free(arguments->out);
    g_free(arguments->truth);
    g_free(arguments->faults);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static bool
parse(int argc, char **argv, Arguments *arguments, GError **error)
{
    const GOptionEntry entries[] = {
        { "layout", 0, 0, G_OPTION_ARG_FILENAME, &arguments->layout, "The store", "FILE" },
        { "script", 0, 0, G_OPTION_ARG_FILENAME, &arguments->script,
          "Play this (docs/simulator.md)", "FILE" },
        { "shoppers", 0, 0, G_OPTION_ARG_INT, &arguments->num_shoppers,
          "Random shopping, so many at once", "N" },
        { "minutes", 0, 0, G_OPTION_ARG_DOUBLE, &arguments->minutes, "The door is open for so long",
          "M" },
        { "seed", 0, 0, G_OPTION_ARG_INT, &arguments->seed, "Same seed, same bytes (default 1)",
          "S" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &arguments->out, "Folder of the recording", "DIR" },
        { "truth", 0, 0, G_OPTION_ARG_FILENAME, &arguments->truth,
          "Where the truth goes (default DIR-truth.json, beside the folder)", "FILE" },
        { "faults", 0, 0, G_OPTION_ARG_STRING, &arguments->faults,
          "dead-plate, spikes, lost-batches, clock-skew, drift, track-swaps, track-breaks, "
          "occlusion, wrong-weight",
          "LIST" },
        { "hz", 0, 0, G_OPTION_ARG_DOUBLE, &arguments->hz,
          "Of the weights: 60, or at most 1 for a gateway of settled weights", "HZ" },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Simulates a checkout-free store and writes what its sensors would have recorded.",
            "It exists to test and to size: accuracy on it is not accuracy in the field.", entries,
            NULL, error)) {
        return false;
    }
    if (argc > 1 || arguments->layout == NULL || arguments->out == NULL) {
        return fail(error, APP_ERROR_INVALID, "store simulate needs --layout and --out");
    }
    if ((arguments->script != NULL) == (arguments->num_shoppers > 0 || arguments->minutes > 0)) {
        return fail(error, APP_ERROR_INVALID,
                    "store simulate needs --script, or --shoppers and --minutes");
    }
    return true;
}

ExitStatus
store_simulate_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { .seed = 1, .hz = 60 };
    GError *error = NULL;
    if (!parse(argc, argv, &arguments, &error)) {
        return command_fail(error);
    }
    SimOptions options = { .seed = (guint64)arguments.seed,
                           .start_t = 1700000000,
                           .hz = arguments.hz,
                           .minutes = arguments.minutes,
                           .num_shoppers = (guint)MAX(arguments.num_shoppers, 0) };
    g_autoptr(StoreLayout) layout = store_layout_read(arguments.layout, &error);
    if (layout == NULL) {
        return command_fail(error);
    }
    g_autoptr(SimScript) script = NULL;
    if (arguments.script != NULL) {
        script = sim_script_read(arguments.script, layout, &error);
        if (script == NULL) {
            return command_fail(error);
        }
        options.script = script;
    }
    if (arguments.faults != NULL && !sim_faults_parse(arguments.faults, &options.faults, &error)) {
        return command_fail(error);
    }
    g_autofree char *bare = g_canonicalize_filename(arguments.out, NULL);
    g_autofree char *truth = arguments.truth != NULL ? g_strdup(arguments.truth)
                                                     : g_strconcat(bare, "-truth.json", NULL);
    SimResult result;
    if (!simulate(layout, &options, arguments.out, truth, &result, &error)) {
        return command_fail(error);
    }
    printf("%s: %.1f s, %u people, %u events, %u receipts; truth in %s\n", arguments.out,
           result.seconds, result.num_people, result.num_events, result.num_receipts, truth);
    if (result.num_skipped > 0) {
        printf("%u acts could not be played (nothing there to take, or no way there)\n",
               result.num_skipped);
    }
    return EXIT_DONE;
}

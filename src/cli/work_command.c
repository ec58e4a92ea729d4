/* cloudpick work: the work on photos without the service, on the same queue. */
#include "base/log.h"
#include "cli/command.h"
#include "cli/service_options.h"
#include "cli/stop_signal.h"
#include "web/app.h"

#include <unistd.h>

typedef struct {
    GMutex mutex;
    GCond changed;
    bool is_stopping;
} Stop;

static void
stop_work(gpointer data)
{
    Stop *stop = data;
    g_mutex_lock(&stop->mutex);
    stop->is_stopping = true;
    g_cond_signal(&stop->changed);
    g_mutex_unlock(&stop->mutex);
}

static bool
work(const Settings *settings, const char *data_dir, GError **error)
{
    const AppOptions options = {
        .settings = settings,
        .clock = &system_clock,
        .data_dir = data_dir,
    };
    g_autoptr(App) app = app_open(&options, error);
    if (app == NULL || !app_start_jobs(app, error)) {
        return false;
    }
    static Stop stop; /* the thread of signals may still use it when this returns */
    stop_signal_watch(stop_work, NULL, &stop);
    log_line(LOG_INFO_LEVEL, "started", LOG_VERSION, CLOUDPICK_VERSION, LOG_END);
    g_mutex_lock(&stop.mutex);
    while (!stop.is_stopping) {
        g_cond_wait(&stop.changed, &stop.mutex);
    }
    g_mutex_unlock(&stop.mutex);
    if (!app_stop_jobs(app)) {
        _exit(EXIT_DONE);
    }
    return true;
}

ExitStatus
work_command(int argc, char **argv)
{
    g_auto(ServiceOptions) options = { 0 };
    const GOptionEntry extra[] = { G_OPTION_ENTRY_NULL };
    g_autofree GOptionEntry *entries = service_option_entries(&options, extra);
    Settings settings;
    GError *error = NULL;
    stop_signal_block();
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Does the work of the service (reading sheets, matching, cleaning photos, publishing,\n"
            "deleting what is too old) without its pages. Any number of these may run beside\n"
            "cloudpick serve, on any number of machines, on one PostgreSQL and one storage.",
            "Give it the configuration of cloudpick serve. SIGTERM ends it in good order, SIGHUP\n"
            "changes nothing.\n"
            "Exit status: 0 when told to end, 2 when the call or a setting is wrong, 3 when it\n"
            "could not run.",
            entries, NULL, &error) ||
        !service_options_finish(&options, &settings, &error) ||
        !work(&settings, options.data_dir, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}

#include "cli/stop_signal.h"

#include "base/log.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static sigset_t signals;

/* Who started us may have wished that a signal does nothing: nohup, a shell's background job. */
static bool
is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void
stop_signal_block(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    sigemptyset(&signals);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (!is_ignored(numbers[i])) {
            sigaddset(&signals, numbers[i]);
        }
    }
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

typedef struct {
    void (*stop)(gpointer data);
    gpointer data;
} Watch;

static gpointer
wait_for_signals(gpointer data)
{
    g_autofree Watch *watch = data;
    for (bool is_first = true;;) {
        int number;
        if (sigwait(&signals, &number) != 0) {
            continue;
        }
        if (!is_first) {
            _exit(128 + number);
        }
        is_first = false;
        log_line(LOG_INFO_LEVEL, "stopping", LOG_SIGNAL, sigabbrev_np(number), LOG_END);
        watch->stop(watch->data);
    }
    return NULL;
}

void
stop_signal_watch(void (*stop)(gpointer data), gpointer data)
{
    Watch *watch = g_new0(Watch, 1);
    watch->stop = stop;
    watch->data = data;
    g_thread_unref(g_thread_new("signals", wait_for_signals, watch));
}

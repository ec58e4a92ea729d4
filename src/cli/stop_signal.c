#include "cli/stop_signal.h"

#include "base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static sigset_t signals;
static bool had_terminal;

/* Who started us may have wished that a signal does nothing: nohup, a shell's background job. */
static bool
is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Of this session. */
static bool
has_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

void
stop_signal_block(void)
{
    had_terminal = has_terminal();
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
    void (*reload)(gpointer data);
    gpointer data;
} Watch;

static bool
asks_to_reload(int number)
{
    return number == SIGHUP && (!had_terminal || has_terminal());
}

static void
obey(const Watch *watch, int number, bool *is_stopping)
{
    if (asks_to_reload(number)) {
        log_line(LOG_INFO_LEVEL, "reloading", LOG_SIGNAL, sigabbrev_np(number), LOG_END);
        if (watch->reload != NULL) {
            watch->reload(watch->data);
        }
        return;
    }
    if (*is_stopping) {
        _exit(128 + number);
    }
    *is_stopping = true;
    log_line(LOG_INFO_LEVEL, "stopping", LOG_SIGNAL, sigabbrev_np(number), LOG_END);
    watch->stop(watch->data);
}

static gpointer
wait_for_signals(gpointer data)
{
    g_autofree Watch *watch = data;
    for (bool is_stopping = false;;) {
        int number;
        if (sigwait(&signals, &number) == 0) {
            obey(watch, number, &is_stopping);
        }
    }
    return NULL;
}

void
stop_signal_watch(void (*stop)(gpointer data), void (*reload)(gpointer data), gpointer data)
{
    Watch *watch = g_new(Watch, 1);
    *watch = (Watch){ stop, reload, data };
    g_thread_unref(g_thread_new("signals", wait_for_signals, watch));
}

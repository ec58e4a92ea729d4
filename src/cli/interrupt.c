#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

static gint was_interrupted;
static GMutex mutex;
static ImagePool *watched_pool; /* under the mutex */

static gpointer
wait_for_signals(gpointer data)
{
    const sigset_t *signals = data;
    for (;;) {
        int number;
        if (sigwait(signals, &number) != 0) {
            continue;
        }
        if (g_atomic_int_get(&was_interrupted)) {
            _exit(128 + number);
        }
        g_atomic_int_set(&was_interrupted, 1);
        g_mutex_lock(&mutex);
        if (watched_pool != NULL) {
            image_pool_cancel(watched_pool);
        }
        g_mutex_unlock(&mutex);
    }
    return NULL;
}

/* Who started us may have wished that a signal does nothing: nohup, a shell's background job. A
 * blocked signal would come all the same. */
static bool
is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void
interrupt_start(void)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    static sigset_t signals;
    sigemptyset(&signals);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (!is_ignored(numbers[i])) {
            sigaddset(&signals, numbers[i]);
        }
    }
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    g_thread_unref(g_thread_new("signals", wait_for_signals, &signals));
}

gint *
interrupt_flag(void)
{
    return &was_interrupted;
}

void
interrupt_watch_pool(ImagePool *pool)
{
    g_mutex_lock(&mutex);
    watched_pool = pool;
    if (pool != NULL && g_atomic_int_get(&was_interrupted)) {
        image_pool_cancel(pool);
    }
    g_mutex_unlock(&mutex);
}

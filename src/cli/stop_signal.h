/* SIGTERM, SIGINT (and SIGHUP unless ignored) end a service in good order; a second one ends the
 * process at once. */
#pragma once

#include <glib.h>

/* Call before any thread is started: they inherit that these signals are not theirs. */
void stop_signal_block(void);

/* From now on the first signal calls STOP, on a thread of its own. */
void stop_signal_watch(void (*stop)(gpointer data), gpointer data);

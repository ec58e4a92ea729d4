/* SIGTERM and SIGINT end a service in good order; a second one ends the process at once. SIGHUP has
 * it read its certificates again, but ends it like those when the terminal that it was started from
 * is gone. A signal that was ignored when the program started stays ignored (nohup). */
#pragma once

#include <glib.h>

/* Call before any thread is started: they inherit that these signals are not theirs. */
void stop_signal_block(void);

/* From now on signals call these, on a thread of its own: STOP at most once, RELOAD (may be NULL)
 * as often as it is asked for. */
void stop_signal_watch(void (*stop)(gpointer data), void (*reload)(gpointer data), gpointer data);

/* Ctrl-C and SIGTERM end work in good order: what is done stays done, and the command says how far
 * it came. A second one ends the process at once. */
#pragma once

#include "image/pool.h"

/* Call before any thread or process is started: they inherit that these signals are not theirs. */
void interrupt_start(void);

/* Becomes non-zero when a signal came. */
gint *interrupt_flag(void);

/* The pool to cancel when a signal comes; NULL: none. Takes no ownership. */
void interrupt_watch_pool(ImagePool *pool);

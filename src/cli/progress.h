/* Progress on standard error: a bar with rate and time left on a terminal, a line now and then
 * elsewhere. */
#pragma once

#include "listing/processing.h"

typedef struct ProgressBar ProgressBar;

/* IS_QUIET: prints nothing (for --json). */
ProgressBar *progress_bar_new(bool is_quiet);
/* Clears the bar. */
void progress_bar_free(ProgressBar *bar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProgressBar, progress_bar_free)

/* For Processing.progress; BAR is a ProgressBar. */
void progress_bar_update(const ProcessingProgress *progress, gpointer bar);

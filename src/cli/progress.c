#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

static const gint64 bar_interval_us = 100 * 1000;
static const gint64 line_interval_us = 10 * G_USEC_PER_SEC;
enum { BAR_CHARS = 30 };

struct ProgressBar {
    bool is_quiet;
    bool is_terminal;
    bool is_drawn;
    gint64 start_us;
    gint64 last_us;
};

ProgressBar *
progress_bar_new(bool is_quiet)
{
    ProgressBar *bar = g_new0(ProgressBar, 1);
    bar->is_quiet = is_quiet;
    bar->is_terminal = isatty(STDERR_FILENO) != 0;
    bar->start_us = bar->last_us = g_get_monotonic_time();
    return bar;
}

static void
clear_line(ProgressBar *bar)
{
    if (bar->is_drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        bar->is_drawn = false;
    }
}

void
progress_bar_free(ProgressBar *bar)
{
    if (bar != NULL) {
        clear_line(bar);
        g_free(bar);
    }
}

static char *
format_seconds(double seconds)
{
    if (seconds < 90) {
        return g_strdup_printf("%.0f s", seconds);
    }
    if (seconds < 90 * 60) {
        return g_strdup_printf("%.0f min", seconds / 60);
    }
    return g_strdup_printf("%.1f h", seconds / 3600);
}

/* By bytes, since photos differ more in cost than in number; what was known already cost nothing.
 */
static char *
format_time_left(const ProcessingProgress *progress, double seconds)
{
    guint64 bytes_worked = progress->bytes_done - progress->bytes_known;
    if (bytes_worked == 0 || seconds < 1) {
        return g_strdup("");
    }
    double left = seconds * (double)(progress->bytes - progress->bytes_done) / (double)bytes_worked;
    g_autofree char *text = format_seconds(left);
    return g_strdup_printf(", %s left", text);
}

static void
draw(ProgressBar *bar, const ProcessingProgress *progress, double seconds)
{
    double rate = seconds > 0 ? (double)(progress->num_done - progress->num_known) / seconds : 0;
    g_autofree char *left = format_time_left(progress, seconds);
    if (!bar->is_terminal) {
        fprintf(stderr, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " photos, %.1f photos/s%s\n",
                progress->num_done, progress->num_tasks, rate, left);
        return;
    }
    char cells[BAR_CHARS + 1];
    gsize filled =
        progress->bytes == 0
            ? BAR_CHARS
            : (gsize)((double)BAR_CHARS * (double)progress->bytes_done / (double)progress->bytes);
    for (gsize i = 0; i < BAR_CHARS; i++) {
        cells[i] = i < filled ? '#' : '.';
    }
    cells[BAR_CHARS] = '\0';
    fprintf(stderr, "\r\033[K[%s] %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " photos, %.1f/s%s",
            cells, progress->num_done, progress->num_tasks, rate, left);
    fflush(stderr);
    bar->is_drawn = true;
}

void
progress_bar_update(const ProcessingProgress *progress, gpointer data)
{
    ProgressBar *bar = data;
    gint64 now_us = g_get_monotonic_time();
    gint64 interval_us = bar->is_terminal ? bar_interval_us : line_interval_us;
    bool is_last = progress->num_done == progress->num_tasks;
    if (bar->is_quiet || (now_us - bar->last_us < interval_us && !(is_last && bar->is_terminal))) {
        return;
    }
    bar->last_us = now_us;
    draw(bar, progress, (double)(now_us - bar->start_us) / G_USEC_PER_SEC);
}

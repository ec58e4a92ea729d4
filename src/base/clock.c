#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

static Timestamp
system_now(void *data)
{
    return g_get_real_time();
}

const Clock system_clock = { system_now, NULL };

static Timestamp
read_time(void *data)
{
    return *(const Timestamp *)data;
}

Clock
clock_showing(Timestamp *time)
{
    return (Clock){ read_time, time };
}

Timestamp
clock_now(const Clock *clock)
{
    return clock->now(clock->data);
}

/* NUM_DIGITS of NUMBER at TEXT, and SEPARATOR after them; returns what follows. */
static char *
put(char *text, int number, int num_digits, char separator)
{
    for (int i = num_digits - 1; i >= 0; i--, number /= 10) {
        text[i] = (char)('0' + number % 10);
    }
    text[num_digits] = separator;
    return text + num_digits + 1;
}

/* Lists have hundreds of them: printf would take a tenth of such an answer's time. */
char *
timestamp_to_string(Timestamp timestamp)
{
    gint64 seconds = timestamp / G_USEC_PER_SEC - (timestamp % G_USEC_PER_SEC < 0);
    struct tm time;
    bool is_valid = gmtime_r(&(time_t){ seconds }, &time) != NULL;
    int year = time.tm_year + 1900;
    g_assert(is_valid && year >= 1 && year <= 9999); /* our own timestamps never leave them */
    char *text = g_malloc(sizeof "2026-11-22T07:12:59Z");
    char *at = put(text, year, 4, '-');
    at = put(at, time.tm_mon + 1, 2, '-');
    at = put(at, time.tm_mday, 2, 'T');
    at = put(at, time.tm_hour, 2, ':');
    at = put(at, time.tm_min, 2, ':');
    at = put(at, time.tm_sec, 2, 'Z');
    *at = '\0';
    return text;
}

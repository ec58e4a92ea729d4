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

char *
timestamp_to_string(Timestamp timestamp)
{
    gint64 seconds = timestamp / G_USEC_PER_SEC - (timestamp % G_USEC_PER_SEC < 0);
    struct tm time;
    bool is_valid = gmtime_r(&(time_t){ seconds }, &time) != NULL;
    int year = time.tm_year + 1900;
    g_assert(is_valid && year >= 1 && year <= 9999); /* our own timestamps never leave them */
    return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, time.tm_mon + 1, time.tm_mday,
                           time.tm_hour, time.tm_min, time.tm_sec);
}

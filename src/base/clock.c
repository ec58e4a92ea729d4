#include "base/clock.h"

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
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    g_assert(time != NULL); /* years 1 to 9999: our own timestamps never leave them */
    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

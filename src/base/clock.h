/* Time as a parameter, so that a test can live through months in a second. */
#pragma once

#include <glib.h>

/* Microseconds since 1970-01-01 UTC; the one unit of time in the database and between rooms. */
typedef gint64 Timestamp;

#define SECONDS(n) ((Timestamp)(n)*G_USEC_PER_SEC)
#define DAYS(n) SECONDS((gint64)(n)*86400)

typedef struct {
    Timestamp (*now)(void *data);
    void *data;
} Clock;

Timestamp clock_now(const Clock *clock);

extern const Clock system_clock;

/* A clock that shows what *TIME holds, for tests. */
Clock clock_showing(Timestamp *time);

/* RFC 3339 in UTC with seconds, "2026-11-22T07:12:59Z", as the API shows it. */
char *timestamp_to_string(Timestamp timestamp);

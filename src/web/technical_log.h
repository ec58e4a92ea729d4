/* The technical log (LST-08): which route, how it ended and how long it took, from which network
 * and kind of browser. Apart from all content, with a retention of its own; the address is cut to
 * its network before it is written anywhere. */
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "db/db.h"

#include <stdbool.h>

typedef struct TechnicalLog TechnicalLog;

TechnicalLog *technical_log_new(Db *db, const Clock *clock);
void technical_log_free(TechnicalLog *log);

/* Notes a request in memory; from any thread, never blocks. ACCOUNT (NULL: nobody known). What
 * comes faster than it is written away is dropped and counted. */
void technical_log_add(TechnicalLog *log, const Id *account, const char *route, guint status,
                       gint64 microseconds, const char *address, const char *user_agent);

/* Writes what was noted, in one transaction. To be called every few seconds, and at the end. On
 * failure the lines are kept for the next time. */
bool technical_log_flush(TechnicalLog *log, GError **error);

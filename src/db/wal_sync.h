/* Waits until SQLite's write-ahead log is on the disk. Commits that wait at the same time share one
 * sync: with a sync of 7 ms one writer after the other makes 140 commits a second, together they
 * make as many as there are writers times that. Private to this room. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct WalSync WalSync;

/* DATABASE_PATH without the "-wal". */
WalSync *wal_sync_new(const char *database_path);
/* NULL is fine. */
void wal_sync_free(WalSync *sync);

/* After `true` all that was written to the log before the call survives a power cut. UNAVAILABLE
 * when the disk fails, and from then on for every call: what it has lost nobody can tell (the
 * kernel reports such a failure once). */
bool wal_sync_wait(WalSync *sync, GError **error);

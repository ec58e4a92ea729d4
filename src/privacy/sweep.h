/* The retention sweep: deletes what the inventory says has had its time (LST-17, LST-27). It knows
 * no table by name but the objects', whose bytes the vault removes.
 *
 * A clock that is wrong must not destroy the world: the sweep deletes only when the program's clock
 * and the database's agree, and when no more time has passed since the last sweep than a machine is
 * switched off for, unless the kernel says that its clock is synchronised. */
#pragma once

#include "blob/vault.h"
#include "db/db.h"
#include "privacy/inventory.h"

/* What the privacy rooms work on. Owned by the caller. */
typedef struct {
    Db *db;
    Db *keyring_db;
    Keyring *keyring;
    Vault *vault;
    const Clock *clock;
    /* The witnesses for the clock; NULL: db_server_time, and the kernel (adjtimex), which knows
     * whether it is synchronised. A test lives in a time of its own and brings its own. */
    bool (*database_time)(gpointer data, Timestamp *ret_time, GError **error);
    bool (*clock_is_synchronised)(gpointer data);
    gpointer witness_data;
} Privacy;

/* Things go this much before their last moment, so that a sweep that runs every few minutes is
 * never late. */
#define SWEEP_LEAD SECONDS(3600)
/* How often it runs. */
#define SWEEP_INTERVAL SECONDS(600)

typedef struct {
    guint64 num_rows;
    guint64 num_objects;
    guint64 num_late; /* of both: were still there after the promised moment */
} SweepCounts;

/* Deletes everything that is due, in transactions of at most some hundred rows, bytes of objects
 * included, and leaves no trace of it in the database's files. Its cost grows with what is due.
 * CONFLICT, nothing deleted: the clock cannot be believed; the text says why and what to do. */
bool privacy_sweep(const Privacy *privacy, SweepCounts *ret_counts, GError **error);

/* Somebody has looked at the clock and says that it is right: the next sweep believes it. */
bool privacy_confirm_clock(const Privacy *privacy, GError **error);

/* For the status page and the metrics. */
typedef struct {
    Timestamp last_sweep; /* 0: never */
    guint64 num_overdue;  /* rows and objects that should be gone by now */
} SweepStatus;
bool privacy_sweep_status(const Privacy *privacy, SweepStatus *ret_status, GError **error);

/* Inside the room only: a transaction that changes one batch. It holds the batch's row from its
 * begin on, so that changes of one batch come one after the other and its counters stay right; all
 * writers take the batch first and what belongs to it after that. */
#pragma once

#include "batches/batch_row.h"
#include "batches/batch_state.h"
#include "batches/service.h"

typedef struct {
    Batches *batches;
    DbTx *tx;
    BatchRow *batch; /* as it was, but for its new revision */
    gint64 revision;
    Timestamp now;
    gint64 deltas[NUM_COUNTERS];
    GHashTable *mains; /* row of a SKU -> whether a photo has its main slot now */
    bool adds_jobs;    /* wake somebody after the commit */
} BatchChange;

/* ACCOUNT NULL: whoever's (jobs). NOT_FOUND. */
bool change_begin(BatchChange *ret_change, Batches *batches, const Id *account, const Id *batch,
                  GError **error);
/* The same, but its commit does not wait for the disk (DB_WRITE_QUICKLY): for what a change that
 * comes after it makes durable as well, before anybody is told. */
bool change_begin_quickly(BatchChange *ret_change, Batches *batches, const Id *account,
                          const Id *batch, GError **error);
/* Writes the counters, commits, tells those who watch and those who work. */
bool change_commit(BatchChange *change, GError **error);
/* Undoes what was not committed. */
void change_clear(BatchChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BatchChange, change_clear)

void change_count(BatchChange *change, BatchCounter counter, gint64 delta);

/* Moves the batch where EVENT leads; nothing else writes batch.state. */
bool change_state(BatchChange *change, BatchStateEvent event, GError **error);

/* Adds a job to the transaction. */
bool change_add_job(BatchChange *change, const char *kind, const char *subject, Timestamp run_at,
                    GError **error);

/* What matching depends on has changed: it runs again, a moment later, so that one run serves many
 * files. STOPS: one that is under way must not go on. */
bool change_wants_matching(BatchChange *change, bool stops, GError **error);

/* Something that publishing waits for is done. */
bool change_resume_publishing(BatchChange *change, GError **error);

/* LST-03. PHOTO NULL: about the batch. UPLOADED_AT: of what the event tells of; its retention
 * counts from there. DETAILS may name nothing that was uploaded earlier (LST-17). */
bool change_add_event(BatchChange *change, const Id *photo, Timestamp uploaded_at,
                      DecidedBy decided_by, const char *what, const char *details, GError **error);

/* UPLOADED_AT, or that of the batch's oldest file if that is older: for what may name any of its
 * files. And that of its latest file, or when it was made: for what names none. */
Timestamp change_oldest(const BatchChange *change, Timestamp uploaded_at);
Timestamp change_latest(const BatchChange *change);

/* A file of this time came in. */
bool change_uploaded_at(BatchChange *change, Timestamp uploaded_at, GError **error);

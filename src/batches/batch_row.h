/* Inside the room only: a row of `batch`. */
#pragma once

#include "batches/batches.h"

/* The counters of a batch and their columns. */
#define BATCH_COUNTERS(X)                                                                          \
    X(PHOTOS, num_photos)                                                                          \
    X(WAITING, num_waiting)                                                                        \
    X(DONE, num_done)                                                                              \
    X(FAILED, num_failed)                                                                          \
    X(MATCHED, num_matched)                                                                        \
    X(UNMATCHED, num_unmatched)                                                                    \
    X(AMBIGUOUS, num_ambiguous)                                                                    \
    X(DUPLICATE, num_duplicate)                                                                    \
    X(REJECTED, num_rejected)                                                                      \
    X(LEFT_OUT, num_left_out)                                                                      \
    X(ATTENTION, num_attention)                                                                    \
    X(SKUS, num_skus)                                                                              \
    X(SKUS_WITHOUT_MAIN, num_skus_without_main)                                                    \
    X(SKUS_ATTENTION, num_skus_attention)                                                          \
    X(BYTES_IN, bytes_in)                                                                          \
    X(BYTES_OUT, bytes_out)                                                                        \
    X(UPLOADS, num_uploads)                                                                        \
    X(EVENTS, num_events)

typedef enum {
#define X(id, column) COUNTER_##id,
    BATCH_COUNTERS(X)
#undef X
        NUM_COUNTERS
} BatchCounter;

typedef struct {
    BatchInfo *info;
    Id account;
    Id sheet_object; /* where info->sheet is not NULL */
    Timestamp sheet_uploaded_at;
    gint64 match_wanted, match_done, match_run;
    Timestamp first_photo_at, last_photo_at; /* 0: none */
    gint64 counters[NUM_COUNTERS];
} BatchRow;

void batch_row_free(BatchRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BatchRow, batch_row_free)

#define BATCH_COLUMNS                                                                              \
    "batch.id, batch.account_id, batch.name, batch.state, batch.marketplace, batch.longest_side, " \
    "batch.quality, batch.sheet_object, batch.sheet_name, batch.sheet_uploaded_at, "               \
    "batch.sheet_is_read, batch.sheet_description, batch.sheet_marketplace, "                      \
    "batch.sheet_worksheet, batch.sheet_notes, batch.sheet_problem, batch.revision, "              \
    "batch.match_wanted, batch.match_done, batch.match_run, batch.created_at, batch.changed_at, "  \
    "batch.published_at, batch.publish_error, batch.first_photo_at, batch.last_photo_at, "         \
    "batch.num_photos, batch.num_waiting, batch.num_done, batch.num_failed, batch.num_matched, "   \
    "batch.num_unmatched, batch.num_ambiguous, batch.num_duplicate, batch.num_rejected, "          \
    "batch.num_left_out, batch.num_attention, batch.num_skus, batch.num_skus_without_main, "       \
    "batch.num_skus_attention, batch.bytes_in, batch.bytes_out, batch.num_uploads, "               \
    "batch.num_events"

/* The row that ROWS stands on. */
BatchRow *batch_row_read(DbRows *rows);

/* NOT_FOUND. ACCOUNT NULL: whoever's (jobs). */
BatchRow *batch_row_load(DbTx *tx, const Id *account, const Id *batch, GError **error);

/* Whose rules hold: chosen, else found in the sheet, else the plain sheet's. */
const Marketplace *marketplace_of(const char *chosen, const char *found);

/* Uploads of photos that are under way. */
bool batch_count_uploading(DbTx *tx, const Id *batch, gint64 *ret_count, GError **error);

/* Uploads that have come in full and that a job makes photos or the sheet of. */
bool batch_count_unpacking(DbTx *tx, const Id *batch, gint64 *ret_count, GError **error);

/* The INFO of the batch as it is now, with all counts. */
BatchInfo *batch_info_load(DbTx *tx, const Id *account, const Id *batch, GError **error);

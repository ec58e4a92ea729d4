/* receipts.json, what a replay puts out (docs/store-files.md): receipts, events, and what could not
 * be attributed. Written record by record, so that a replay of a day needs no more memory than one
 * of a minute; read whole, for scoring and drawing. */
#pragma once

#include "store/store_layout.h"

typedef struct {
    const char *sku;
    guint quantity;
    gint64 unit_price;
    double confidence;
} ReceiptLine;

/* Why a receipt needs a review, or what a reader should know. */
typedef struct {
    const char *kind; /* a word, "close-call" */
    const char *text; /* "did v12 or v13 take the water at 10:31:07?" */
    double t;
} ReceiptReason;

typedef struct {
    const char *visit;
    guint num_lines;
    const ReceiptLine *lines;
    gint64 total;
    const char *currency;
    double confidence; /* that all of it is right */
    bool needs_review;
    guint num_reasons;
    const ReceiptReason *reasons;
    double exited_at;
    double closed_at; /* stream time */
} Receipt;

typedef struct {
    double t;
    bool is_put;
    const char *visit;
    const char *sku;
    guint quantity;
    double delta_grams;
    double confidence;
    bool has_runner_up;
    const char *runner_up_sku;
    const char *runner_up_visit; /* NULL: nobody */
    double runner_up_confidence;
} ReceiptEvent;

typedef enum { UNATTRIBUTED_PICK, UNATTRIBUTED_PUT, UNATTRIBUTED_FOREIGN } UnattributedKind;

typedef struct {
    double t;
    UnattributedKind kind;
    const char *sku; /* NULL: unknown */
    guint quantity;
    double delta_grams;
    guint num_plates;
    const int (*plates)[3]; /* gondola, shelf, plate: ids */
    const char *reason;
} Unattributed;

typedef struct ReceiptsWriter ReceiptsWriter;

/* The file appears at PATH, whole, when finish succeeds. */
ReceiptsWriter *receipts_writer_new(const char *path, GError **error);
void receipts_writer_free(ReceiptsWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReceiptsWriter, receipts_writer_free)

/* In any order among the three. A failure to write is told by finish. */
void receipts_write_receipt(ReceiptsWriter *writer, const Receipt *receipt);
void receipts_write_event(ReceiptsWriter *writer, const ReceiptEvent *event);
void receipts_write_unattributed(ReceiptsWriter *writer, const Unattributed *unattributed);
bool receipts_writer_finish(ReceiptsWriter *writer, GError **error);

typedef struct {
    GArray *receipts;     /* of Receipt */
    GArray *events;       /* of ReceiptEvent */
    GArray *unattributed; /* of Unattributed */
    GStringChunk *strings;
    GPtrArray *blocks; /* the inner arrays */
} Receipts;

Receipts *receipts_read(const char *path, GError **error);
/* The same from memory; FILE_NAME stands for the file in errors. */
Receipts *receipts_parse(GBytes *bytes, const char *file_name, GError **error);
void receipts_free(Receipts *receipts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Receipts, receipts_free)

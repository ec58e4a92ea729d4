/* What really happened (truth.json): for scoring only. The simulator writes it beside the
 * recording's folder, never into it, and no function of the engine reads it. */
#pragma once

#include "store/store_layout.h"

typedef struct {
    const char *sku;
    guint quantity;
} TruthLine;

typedef struct {
    const char *visit;
    guint num_lines;
    TruthLine *lines;
} TruthReceipt;

typedef struct {
    double t; /* the moment the weight changes */
    bool is_put;
    const char *visit; /* NULL: nobody's (staff, a person without a visit) */
    const char *sku;
    guint quantity;
    guint num_plates;
    int (*plates)[3]; /* gondola, shelf, plate: ids */
} TruthEvent;

typedef struct {
    GArray *receipts; /* of TruthReceipt */
    GArray *events;   /* of TruthEvent, by t */
    GStringChunk *strings;
} Truth;

Truth *truth_new(void);
void truth_free(Truth *truth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Truth, truth_free)

/* Copies what it is given. */
void truth_add_receipt(Truth *truth, const char *visit, const TruthLine *lines, guint num_lines);
void truth_add_event(Truth *truth, const TruthEvent *event);

Truth *truth_read(const char *path, GError **error);
/* The same from memory; FILE_NAME stands for the file in errors. */
Truth *truth_parse(GBytes *bytes, const char *file_name, GError **error);
bool truth_write(const Truth *truth, const char *path, GError **error);

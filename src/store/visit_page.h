/* One self-contained HTML page of a replay: for every visit its walk and shelf events over the
 * floor plan, the weights of the shelves it touched below, and the receipt. For operators and for
 * documentation; nothing in it is loaded from anywhere.
 *
 * Keeps walks and weights in memory, thinned out, up to the limits below: a page is for minutes,
 * not for a day. */
#pragma once

#include "store/receipts.h"
#include "store/recording.h"

#define VISIT_PAGE_MAX_VISITS 60u
#define VISIT_PAGE_MAX_WALK 6000u     /* points of one visit */
#define VISIT_PAGE_MAX_WEIGHTS 36000u /* points of one shelf: two hours */

typedef struct VisitPage VisitPage;

/* LAYOUT must live as long. */
VisitPage *visit_page_new(const StoreLayout *layout);
void visit_page_free(VisitPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VisitPage, visit_page_free)

void visit_page_add_step(VisitPage *page, const char *visit, double t, double x, double y);
void visit_page_add_weights(VisitPage *page, const WeightBatch *batch);
/* PLATE: index in the layout. Events of nobody's visit are left out. */
void visit_page_add_event(VisitPage *page, const ReceiptEvent *event, guint plate);
void visit_page_add_receipt(VisitPage *page, const Receipt *receipt);

/* Writes the page to PATH; the file appears whole. */
bool visit_page_write(const VisitPage *page, const char *path, GError **error);

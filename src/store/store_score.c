#include "store/store_score.h"

#include <math.h>
#include <string.h>

static const double match_s = 3;
static const double bin_edges[STORE_SCORE_NUM_BINS + 1] = { 0,    0.5,  0.7,   0.8, 0.9,
                                                            0.95, 0.98, 0.995, 1 };

/* One unit of an event, of the truth or of the engine's. */
typedef struct {
    double t;
    bool is_put;
    const char *sku;
    const char *visit; /* NULL: nobody's */
    guint event;       /* index of the reported event; G_MAXUINT for the others */
    bool is_doubt;     /* the engine reported it as unattributed */
    bool is_matched;
} Unit;

StoreScore *
store_score_new(void)
{
    StoreScore *score = g_new0(StoreScore, 1);
    score->waits = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        score->bins[i].low = bin_edges[i];
        score->bins[i].high = bin_edges[i + 1];
        score->receipt_bins[i].low = bin_edges[i];
        score->receipt_bins[i].high = bin_edges[i + 1];
    }
    return score;
}

void
store_score_free(StoreScore *score)
{
    if (score == NULL) {
        return;
    }
    g_array_unref(score->waits);
    g_free(score);
}

static guint
quantity_in_truth(const TruthReceipt *receipt, const char *sku)
{
    guint quantity = 0;
    for (guint i = 0; i < receipt->num_lines; i++) {
        quantity += strcmp(receipt->lines[i].sku, sku) == 0 ? receipt->lines[i].quantity : 0;
    }
    return quantity;
}

static guint
quantity_charged(const Receipt *receipt, const char *sku)
{
    guint quantity = 0;
    for (guint i = 0; i < receipt->num_lines; i++) {
        quantity += strcmp(receipt->lines[i].sku, sku) == 0 ? receipt->lines[i].quantity : 0;
    }
    return quantity;
}

static const Receipt *
find_receipt(const Receipts *receipts, const char *visit)
{
    for (guint i = 0; i < receipts->receipts->len; i++) {
        const Receipt *receipt = &g_array_index(receipts->receipts, Receipt, i);
        if (strcmp(receipt->visit, visit) == 0) {
            return receipt;
        }
    }
    return NULL;
}

static int
bin_of(double confidence)
{
    int bin = STORE_SCORE_NUM_BINS - 1;
    while (bin > 0 && confidence < bin_edges[bin]) {
        bin--;
    }
    return bin;
}

static void
add_receipt_calibration(StoreScore *score, const Receipt *receipt, bool is_exact)
{
    StoreScoreReceiptBin *bin = &score->receipt_bins[bin_of(receipt->confidence)];
    bin->num_receipts++;
    bin->num_right += is_exact;
    bin->sum_confidence += receipt->confidence;
}

static void
add_receipt(StoreScore *score, const TruthReceipt *truth, const Receipt *receipt)
{
    static const Receipt none = { 0 };
    guint hits = 0, units_true = 0, units_charged = 0;
    const Receipt *charged = receipt == NULL ? &none : receipt;
    for (guint i = 0; i < truth->num_lines; i++) {
        units_true += truth->lines[i].quantity;
    }
    for (guint i = 0; i < charged->num_lines; i++) {
        const char *sku = charged->lines[i].sku;
        bool is_repeated = false;
        for (guint k = 0; k < i; k++) {
            is_repeated |= strcmp(charged->lines[k].sku, sku) == 0;
        }
        units_charged += charged->lines[i].quantity;
        hits +=
            is_repeated ? 0 : MIN(quantity_in_truth(truth, sku), quantity_charged(charged, sku));
    }
    bool is_exact = hits == units_true && hits == units_charged;
    score->num_receipts++;
    score->num_missing += receipt == NULL;
    score->num_exact += receipt != NULL && is_exact;
    score->num_reviews += charged->needs_review;
    score->num_wrong_reviewed += charged->needs_review && !is_exact;
    score->units_hit += hits;
    score->units_true += units_true;
    score->units_charged += units_charged;
    if (receipt == NULL) {
        return;
    }
    add_receipt_calibration(score, receipt, is_exact);
    double wait = receipt->closed_at - receipt->exited_at;
    if (isfinite(wait)) {
        g_array_append_val(score->waits, wait);
    } else {
        score->num_open++;
    }
}

static void
add_surplus(StoreScore *score, const Truth *truth, const Receipts *receipts)
{
    for (guint i = 0; i < receipts->receipts->len; i++) {
        const Receipt *receipt = &g_array_index(receipts->receipts, Receipt, i);
        bool is_known = false;
        for (guint k = 0; k < truth->receipts->len && !is_known; k++) {
            is_known =
                strcmp(g_array_index(truth->receipts, TruthReceipt, k).visit, receipt->visit) == 0;
        }
        if (is_known) {
            continue;
        }
        score->num_surplus++;
        for (guint k = 0; k < receipt->num_lines; k++) {
            score->units_charged += receipt->lines[k].quantity;
        }
    }
}

static GArray *
units_of_truth(const Truth *truth)
{
    GArray *units = g_array_new(FALSE, FALSE, sizeof(Unit));
    for (guint i = 0; i < truth->events->len; i++) {
        const TruthEvent *event = &g_array_index(truth->events, TruthEvent, i);
        Unit unit = { .t = event->t,
                      .is_put = event->is_put,
                      .sku = event->sku,
                      .visit = event->visit,
                      .event = G_MAXUINT };
        for (guint k = 0; k < event->quantity; k++) {
            g_array_append_val(units, unit);
        }
    }
    return units;
}

static GArray *
units_reported(const Receipts *receipts)
{
    GArray *units = g_array_new(FALSE, FALSE, sizeof(Unit));
    for (guint i = 0; i < receipts->events->len; i++) {
        const ReceiptEvent *event = &g_array_index(receipts->events, ReceiptEvent, i);
        Unit unit = { .t = event->t,
                      .is_put = event->is_put,
                      .sku = event->sku,
                      .visit = event->visit,
                      .event = i };
        for (guint k = 0; k < event->quantity; k++) {
            g_array_append_val(units, unit);
        }
    }
    for (guint i = 0; i < receipts->unattributed->len; i++) {
        const Unattributed *doubt = &g_array_index(receipts->unattributed, Unattributed, i);
        Unit unit = { .t = doubt->t,
                      .is_put = doubt->kind == UNATTRIBUTED_PUT,
                      .sku = doubt->sku,
                      .event = G_MAXUINT,
                      .is_doubt = true };
        for (guint k = 0;
             k < doubt->quantity && doubt->sku != NULL && doubt->kind != UNATTRIBUTED_FOREIGN;
             k++) {
            g_array_append_val(units, unit);
        }
    }
    return units;
}

static gint
compare_units(gconstpointer a, gconstpointer b)
{
    const Unit *left = a, *right = b;
    return left->t < right->t ? -1 : left->t > right->t;
}

typedef bool (*MatchFunc)(const Unit *truth, const Unit *reported);

static bool
is_same_visit(const Unit *truth, const Unit *reported)
{
    return truth->visit != NULL && g_strcmp0(truth->visit, reported->visit) == 0;
}

static bool
is_of_a_visit(const Unit *truth, const Unit *reported)
{
    return truth->visit != NULL;
}

static bool
is_nobodys(const Unit *truth, const Unit *reported)
{
    return truth->visit == NULL;
}

/* Pairs what happened with what was reported: both in order of time, each once, the earliest first.
 * RET_PARTNERS: of each reported unit, the index of its truth. */
static void
match(GArray *truths, GArray *reports, MatchFunc may_match, guint *partners)
{
    guint first = 0;
    for (guint r = 0; r < reports->len; r++) {
        Unit *report = &g_array_index(reports, Unit, r);
        while (first < truths->len && g_array_index(truths, Unit, first).t < report->t - match_s) {
            first++;
        }
        for (guint i = first; i < truths->len && !report->is_matched; i++) {
            Unit *truth = &g_array_index(truths, Unit, i);
            if (truth->t > report->t + match_s) {
                break;
            }
            if (!truth->is_matched && truth->is_put == report->is_put &&
                strcmp(truth->sku, report->sku) == 0 && may_match(truth, report)) {
                truth->is_matched = report->is_matched = true;
                partners[r] = i;
            }
        }
    }
}

static void
add_calibration(StoreScore *score, const Receipts *receipts, const guint *num_right)
{
    for (guint i = 0; i < receipts->events->len; i++) {
        const ReceiptEvent *event = &g_array_index(receipts->events, ReceiptEvent, i);
        int bin = bin_of(event->confidence);
        score->bins[bin].num_events++;
        score->bins[bin].num_right += num_right[i] == event->quantity;
        score->bins[bin].sum_confidence += event->confidence;
    }
}

static void
add_events(StoreScore *score, const Truth *truth, const Receipts *receipts)
{
    g_autoptr(GArray) truths = units_of_truth(truth);
    g_autoptr(GArray) reports = units_reported(receipts);
    g_array_sort(truths, compare_units);
    g_array_sort(reports, compare_units);
    g_autofree guint *partners = g_new(guint, reports->len + 1);
    g_autofree guint *num_right = g_new0(guint, receipts->events->len + 1);
    memset(partners, 0xff, reports->len * sizeof *partners);
    match(truths, reports, is_same_visit, partners);
    match(truths, reports, is_of_a_visit, partners);
    match(truths, reports, is_nobodys, partners);
    for (guint i = 0; i < truths->len; i++) {
        score->events_true += g_array_index(truths, Unit, i).visit != NULL;
    }
    for (guint i = 0; i < reports->len; i++) {
        const Unit *report = &g_array_index(reports, Unit, i);
        const Unit *partner =
            partners[i] == G_MAXUINT ? NULL : &g_array_index(truths, Unit, partners[i]);
        bool is_found = partner != NULL && partner->visit != NULL;
        bool is_right = is_found && g_strcmp0(partner->visit, report->visit) == 0;
        /* A doubt that matches nobody's doing (staff, a stranger) is as it should be. */
        if (!report->is_doubt || is_found) {
            score->events_reported++;
            score->events_real += partner != NULL;
        }
        score->events_found += is_found;
        score->num_attributed_right += is_right;
        /* What staff did and what is told as nobody's is right, too. */
        if (report->event != G_MAXUINT && partner != NULL) {
            num_right[report->event] += g_strcmp0(partner->visit, report->visit) == 0;
        }
    }
    add_calibration(score, receipts, num_right);
}

void
store_score_merge(StoreScore *score, const StoreScore *part)
{
    score->num_cases += part->num_cases;
    score->sum_f1 += part->sum_f1;
    score->num_receipts += part->num_receipts;
    score->num_exact += part->num_exact;
    score->num_missing += part->num_missing;
    score->num_surplus += part->num_surplus;
    score->num_reviews += part->num_reviews;
    score->num_wrong_reviewed += part->num_wrong_reviewed;
    score->units_hit += part->units_hit;
    score->units_true += part->units_true;
    score->units_charged += part->units_charged;
    score->events_true += part->events_true;
    score->events_found += part->events_found;
    score->events_reported += part->events_reported;
    score->events_real += part->events_real;
    score->num_attributed_right += part->num_attributed_right;
    score->num_open += part->num_open;
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        score->bins[i].num_events += part->bins[i].num_events;
        score->bins[i].num_right += part->bins[i].num_right;
        score->bins[i].sum_confidence += part->bins[i].sum_confidence;
        score->receipt_bins[i].num_receipts += part->receipt_bins[i].num_receipts;
        score->receipt_bins[i].num_right += part->receipt_bins[i].num_right;
        score->receipt_bins[i].sum_confidence += part->receipt_bins[i].sum_confidence;
    }
    g_array_append_vals(score->waits, part->waits->data, part->waits->len);
}

double
store_score_add(StoreScore *score, const Truth *truth, const Receipts *receipts)
{
    g_autoptr(StoreScore) one = store_score_new();
    for (guint i = 0; i < truth->receipts->len; i++) {
        const TruthReceipt *receipt = &g_array_index(truth->receipts, TruthReceipt, i);
        add_receipt(one, receipt, find_receipt(receipts, receipt->visit));
    }
    add_surplus(one, truth, receipts);
    add_events(one, truth, receipts);
    guint units = one->units_true + one->units_charged;
    one->num_cases = 1;
    one->sum_f1 = units == 0 ? 1 : 2.0 * one->units_hit / units;
    store_score_merge(score, one);
    return one->sum_f1;
}

static double
share(guint part, guint whole)
{
    return whole == 0 ? 1 : (double)part / whole;
}

double
store_score_mean_f1(const StoreScore *score)
{
    return score->num_cases == 0 ? NAN : score->sum_f1 / score->num_cases;
}

double
store_score_precision(const StoreScore *score)
{
    return share(score->events_real, score->events_reported);
}

double
store_score_recall(const StoreScore *score)
{
    return share(score->events_found, score->events_true);
}

double
store_score_attribution(const StoreScore *score)
{
    return share(score->num_attributed_right, score->events_found);
}

double
store_score_calibration_error(const StoreScore *score)
{
    double sum = 0;
    guint num_events = 0;
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreBin *bin = &score->bins[i];
        sum += fabs(bin->sum_confidence - bin->num_right);
        num_events += bin->num_events;
    }
    return num_events == 0 ? 0 : sum / num_events;
}

double
store_score_receipt_calibration_error(const StoreScore *score)
{
    double sum = 0;
    guint num_receipts = 0;
    for (int i = 0; i < STORE_SCORE_NUM_BINS; i++) {
        const StoreScoreReceiptBin *bin = &score->receipt_bins[i];
        sum += fabs(bin->sum_confidence - bin->num_right);
        num_receipts += bin->num_receipts;
    }
    return num_receipts == 0 ? 0 : sum / num_receipts;
}

static gint
compare_doubles(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

double
store_score_wait(const StoreScore *score, double wanted_share)
{
    if (score->waits->len == 0) {
        return NAN;
    }
    g_autoptr(GArray) sorted = g_array_copy(score->waits);
    g_array_sort(sorted, compare_doubles);
    guint index = (guint)ceil(wanted_share * sorted->len);
    return g_array_index(sorted, double, CLAMP(index, 1, sorted->len) - 1);
}

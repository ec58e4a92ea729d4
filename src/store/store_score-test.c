#include "store/store_score.h"

#include <math.h>

/* A truth and receipts that a test fills; what it adds borrows the test's strings. */
typedef struct {
    Truth *truth;
    Receipts receipts;
} Case;

static void
set_up(Case *one, gconstpointer data)
{
    one->truth = truth_new();
    one->receipts.receipts = g_array_new(FALSE, FALSE, sizeof(Receipt));
    one->receipts.events = g_array_new(FALSE, FALSE, sizeof(ReceiptEvent));
    one->receipts.unattributed = g_array_new(FALSE, FALSE, sizeof(Unattributed));
}

static void
tear_down(Case *one, gconstpointer data)
{
    truth_free(one->truth);
    g_array_unref(one->receipts.receipts);
    g_array_unref(one->receipts.events);
    g_array_unref(one->receipts.unattributed);
}

static void
charge(Case *one, const char *visit, const ReceiptLine *lines, guint num_lines, bool needs_review)
{
    Receipt receipt = { .visit = visit,
                        .num_lines = num_lines,
                        .lines = lines,
                        .currency = "CNY",
                        .confidence = needs_review ? 0.6 : 0.96,
                        .needs_review = needs_review,
                        .exited_at = 10,
                        .closed_at = 11.5 };
    g_array_append_val(one->receipts.receipts, receipt);
}

static void
happen(Case *one, double t, bool is_put, const char *visit, const char *sku, guint quantity)
{
    int plates[1][3] = { { 1, 1, 1 } };
    truth_add_event(one->truth, &(TruthEvent){ t, is_put, visit, sku, quantity, 1, plates });
}

static void
report(Case *one, double t, bool is_put, const char *visit, const char *sku, guint quantity,
       double confidence)
{
    ReceiptEvent event = { .t = t,
                           .is_put = is_put,
                           .visit = visit,
                           .sku = sku,
                           .quantity = quantity,
                           .confidence = confidence };
    g_array_append_val(one->receipts.events, event);
}

static void
test_f1_pools_visits_and_products(Case *one, gconstpointer data)
{
    /* v1: two teas of which one is charged, a gum too many. v2: right. Hits 2, true 3, charged 3.
     */
    truth_add_receipt(one->truth, "v1", &(TruthLine){ "tea", 2 }, 1);
    truth_add_receipt(one->truth, "v2", &(TruthLine){ "gum", 1 }, 1);
    const ReceiptLine v1[] = { { "tea", 1, 0, 1 }, { "gum", 1, 0, 1 } };
    const ReceiptLine v2[] = { { "gum", 1, 0, 1 } };
    charge(one, "v1", v1, 2, true);
    charge(one, "v2", v2, 1, false);
    g_autoptr(StoreScore) score = store_score_new();
    g_assert_cmpfloat_with_epsilon(store_score_add(score, one->truth, &one->receipts), 4.0 / 6,
                                   1e-12);
    g_assert_cmpuint(score->num_exact, ==, 1);
    g_assert_cmpuint(score->num_reviews, ==, 1);
    g_assert_cmpuint(score->num_wrong_reviewed, ==, 1);
    g_assert_cmpfloat(store_score_wait(score, 0.95), ==, 1.5);
}

static void
test_nothing_bought_and_nothing_charged_is_perfect(Case *one, gconstpointer data)
{
    truth_add_receipt(one->truth, "v1", NULL, 0);
    charge(one, "v1", NULL, 0, false);
    g_autoptr(StoreScore) score = store_score_new();
    g_assert_cmpfloat(store_score_add(score, one->truth, &one->receipts), ==, 1);
    g_assert_cmpuint(score->num_exact, ==, 1);
}

static void
test_a_missing_receipt_and_one_of_nobody_count_against(Case *one, gconstpointer data)
{
    truth_add_receipt(one->truth, "v1", &(TruthLine){ "tea", 1 }, 1);
    const ReceiptLine line = { "tea", 1, 0, 1 };
    charge(one, "v9", &line, 1, false);
    g_autoptr(StoreScore) score = store_score_new();
    g_assert_cmpfloat(store_score_add(score, one->truth, &one->receipts), ==, 0);
    g_assert_cmpuint(score->num_missing, ==, 1);
    g_assert_cmpuint(score->num_surplus, ==, 1);
    g_assert_cmpuint(score->num_exact, ==, 0);
}

static void
test_events_match_within_three_seconds(Case *one, gconstpointer data)
{
    happen(one, 100, false, "v1", "tea", 2);
    happen(one, 120, true, "v1", "tea", 1);
    report(one, 102.9, false, "v1", "tea", 1, 0.9); /* one of the two */
    report(one, 116.9, true, "v1", "tea", 1, 0.9);  /* too early */
    report(one, 120, false, "v1", "tea", 1, 0.9);   /* the wrong way round */
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpuint(score->events_true, ==, 3);
    g_assert_cmpuint(score->events_found, ==, 1);
    g_assert_cmpuint(score->events_reported, ==, 3);
    g_assert_cmpfloat_with_epsilon(store_score_precision(score), 1.0 / 3, 1e-12);
    g_assert_cmpfloat_with_epsilon(store_score_recall(score), 1.0 / 3, 1e-12);
}

static void
test_attribution_pairs_the_right_visit_first(Case *one, gconstpointer data)
{
    /* Two take the same at almost the same time; both are reported, in the other order. */
    happen(one, 100, false, "v1", "tea", 1);
    happen(one, 101, false, "v2", "tea", 1);
    report(one, 100, false, "v2", "tea", 1, 0.9);
    report(one, 101, false, "v3", "tea", 1, 0.9);
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpuint(score->events_found, ==, 2);
    g_assert_cmpuint(score->num_attributed_right, ==, 1);
}

static void
test_what_staff_do_is_nobodys(Case *one, gconstpointer data)
{
    happen(one, 100, true, NULL, "tea", 3);
    happen(one, 200, true, NULL, "gum", 1);
    /* Doubted: as it should be. Charged to somebody: it happened, but not by that one. */
    Unattributed doubt = { .t = 100, .kind = UNATTRIBUTED_PUT, .sku = "tea", .quantity = 3 };
    g_array_append_val(one->receipts.unattributed, doubt);
    report(one, 200, true, "v1", "gum", 1, 0.99);
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpuint(score->events_true, ==, 0);
    g_assert_cmpuint(score->events_reported, ==, 1);
    g_assert_cmpuint(score->events_real, ==, 1);
    g_assert_cmpuint(score->bins[5].num_events + score->bins[6].num_events, ==, 1);
    g_assert_cmpuint(score->bins[6].num_right, ==, 0);
}

static void
test_a_doubt_about_what_somebody_did_is_found_but_not_attributed(Case *one, gconstpointer data)
{
    happen(one, 100, false, "v1", "tea", 1);
    Unattributed doubt = { .t = 100, .kind = UNATTRIBUTED_PICK, .sku = "tea", .quantity = 1 };
    g_array_append_val(one->receipts.unattributed, doubt);
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpfloat(store_score_recall(score), ==, 1);
    g_assert_cmpfloat(store_score_attribution(score), ==, 0);
}

static void
test_calibration_compares_what_was_said_with_what_was_right(Case *one, gconstpointer data)
{
    for (guint i = 0; i < 10; i++) {
        happen(one, 100 * i, false, "v1", "tea", 1);
        report(one, 100 * i, false, i < 6 ? "v1" : "v2", "tea", 1, 0.6);
    }
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpuint(score->bins[1].num_events, ==, 10);
    g_assert_cmpuint(score->bins[1].num_right, ==, 6);
    g_assert_cmpfloat_with_epsilon(store_score_calibration_error(score), 0, 1e-9);
}

static void
test_receipts_are_held_against_how_sure_they_were(Case *one, gconstpointer data)
{
    const ReceiptLine line = { "tea", 1, 0, 1 };
    static const char *const visits[] = { "v1", "v2", "v3", "v4", "v5" };
    for (guint i = 0; i < G_N_ELEMENTS(visits); i++) {
        truth_add_receipt(one->truth, visits[i], &(TruthLine){ i < 3 ? "tea" : "gum", 1 }, 1);
        charge(one, visits[i], &line, 1, true); /* 0.6 sure */
    }
    charge(one, "v9", &line, 1, false); /* of nobody: counted apart */
    g_autoptr(StoreScore) score = store_score_new();
    store_score_add(score, one->truth, &one->receipts);
    g_assert_cmpuint(score->receipt_bins[1].num_receipts, ==, 5);
    g_assert_cmpuint(score->receipt_bins[1].num_right, ==, 3);
    g_assert_cmpuint(score->receipt_bins[5].num_receipts, ==, 0);
    g_assert_cmpfloat_with_epsilon(store_score_receipt_calibration_error(score), 0, 1e-9);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        void (*func)(Case *one, gconstpointer data);
    } tests[] = {
        { "/score/f1", test_f1_pools_visits_and_products },
        { "/score/nothing", test_nothing_bought_and_nothing_charged_is_perfect },
        { "/score/missing", test_a_missing_receipt_and_one_of_nobody_count_against },
        { "/score/three-seconds", test_events_match_within_three_seconds },
        { "/score/attribution", test_attribution_pairs_the_right_visit_first },
        { "/score/staff", test_what_staff_do_is_nobodys },
        { "/score/doubt", test_a_doubt_about_what_somebody_did_is_found_but_not_attributed },
        { "/score/calibration", test_calibration_compares_what_was_said_with_what_was_right },
        { "/score/receipts", test_receipts_are_held_against_how_sure_they_were },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Case, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}

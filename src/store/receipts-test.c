#include "store/receipts.h"

#include "base/error.h"
#include "store/truth.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void
test_written_receipts_read_the_same(void)
{
    g_autofree char *dir = g_dir_make_tmp("cloudpick-receipts-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "receipts.json", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(ReceiptsWriter) writer = receipts_writer_new(path, &error);
    g_assert_no_error(error);
    const ReceiptLine line = { "tea", 2, 350, 0.9876 };
    const ReceiptReason reason = { "close-call", "did v1 or v2 take the tea?", 1700000001.5 };
    const int plates[][3] = { { 1, 2, 3 } };
    receipts_write_event(writer, &(ReceiptEvent){ .t = 1700000001.5,
                                                  .visit = "v1",
                                                  .sku = "tea",
                                                  .quantity = 2,
                                                  .delta_grams = -1081.04,
                                                  .confidence = 0.9,
                                                  .has_runner_up = true,
                                                  .runner_up_sku = "tea",
                                                  .runner_up_confidence = 0.1 });
    receipts_write_receipt(writer, &(Receipt){ "v1", 1, &line, 700, "CNY", 0.625, true, 1, &reason,
                                               1700000009, 1700000010.25 });
    receipts_write_receipt(
        writer, &(Receipt){ .visit = "v2", .currency = "CNY", .exited_at = NAN, .closed_at = NAN });
    receipts_write_unattributed(writer, &(Unattributed){ 1700000003, UNATTRIBUTED_FOREIGN, NULL, 1,
                                                         98, 1, plates, "nobody took it" });
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(receipts_writer_finish(writer, &error));

    g_autoptr(Receipts) receipts = receipts_read(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(receipts->receipts->len, ==, 2);
    const Receipt *first = &g_array_index(receipts->receipts, Receipt, 0);
    g_assert_cmpstr(first->lines[0].sku, ==, "tea");
    g_assert_cmpint(first->total, ==, 700);
    g_assert_true(first->needs_review);
    g_assert_cmpfloat(first->confidence, ==, 0.625);
    g_assert_cmpstr(first->reasons[0].text, ==, reason.text);
    g_assert_cmpfloat(first->closed_at, ==, 1700000010.25);
    const Receipt *second = &g_array_index(receipts->receipts, Receipt, 1);
    g_assert_cmpuint(second->num_lines, ==, 0);
    g_assert_true(isnan(second->exited_at));
    const ReceiptEvent *event = &g_array_index(receipts->events, ReceiptEvent, 0);
    g_assert_cmpfloat(event->delta_grams, ==, -1081.0);
    g_assert_null(event->runner_up_visit);
    const Unattributed *left = &g_array_index(receipts->unattributed, Unattributed, 0);
    g_assert_cmpint(left->kind, ==, UNATTRIBUTED_FOREIGN);
    g_assert_null(left->sku);
    g_assert_cmpint(left->plates[0][2], ==, 3);
    g_unlink(path);
    g_rmdir(dir);
}

static void
test_written_truth_reads_in_order_of_time(void)
{
    g_autofree char *dir = g_dir_make_tmp("cloudpick-truth-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "truth.json", NULL);
    g_autoptr(Truth) truth = truth_new();
    int plates[][3] = { { 1, 1, 1 }, { 1, 1, 2 } };
    truth_add_receipt(truth, "v1", &(TruthLine){ "tea", 1 }, 1);
    truth_add_event(truth, &(TruthEvent){ 20, true, NULL, "gum", 1, 1, plates });
    truth_add_event(truth, &(TruthEvent){ 10, false, "v1", "tea", 1, 2, plates });
    g_autoptr(GError) error = NULL;
    g_assert_true(truth_write(truth, path, &error));
    g_autoptr(Truth) again = truth_read(path, &error);
    g_assert_no_error(error);
    const TruthEvent *events = (const TruthEvent *)(gpointer)again->events->data;
    g_assert_cmpstr(events[0].sku, ==, "tea");
    g_assert_cmpint(events[0].plates[1][2], ==, 2);
    g_assert_true(events[1].is_put);
    g_assert_null(events[1].visit);
    g_unlink(path);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/receipts/round-trip", test_written_receipts_read_the_same);
    g_test_add_func("/truth/round-trip", test_written_truth_reads_in_order_of_time);
    return g_test_run();
}

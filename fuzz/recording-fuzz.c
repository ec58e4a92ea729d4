/* The three kinds of lines of a recording; the first byte chooses. */
#include "store/recording_line.h"
#include "store/test_store.h"

#include <math.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use_weights(const StoreLayout *layout, const WeightBatch *batch)
{
    g_assert_true(batch->num_rows > 0 && batch->num_rows <= RECORDING_MAX_ROWS);
    g_assert_true(batch->shelf == LAYOUT_NONE ||
                  batch->num_columns == layout->shelves[batch->shelf].num_plates);
    for (guint i = 0; i < batch->num_rows * batch->num_columns; i++) {
        g_assert_false(isinf(batch->grams[i]));
    }
}

static void
use_targets(const TargetFrame *frame)
{
    for (guint i = 0; i < frame->num_targets; i++) {
        const Target *target = &frame->targets[i];
        float sum = 0;
        for (guint k = 0; k < target->num_appearance; k++) {
            sum += target->appearance[k];
        }
        g_assert_true(target->num_hands <= 2 && target->id[0] != '\0');
        g_assert_true(isfinite(target->x) && isfinite(target->y) && !isinf(sum));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static StoreLayout *layout;
    static RecordingParser *parser;
    if (layout == NULL) {
        layout = test_store_layout();
        parser = recording_parser_new(layout);
    }
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    WeightBatch batch;
    TargetFrame frame;
    GateLine gate;
    g_autoptr(GError) error = NULL;
    if (data[0] == 'w' &&
        recording_parse_weights(parser, text, size - 1, "fuzz", 1, &batch, &error)) {
        use_weights(layout, &batch);
    } else if (data[0] == 't' &&
               recording_parse_targets(parser, text, size - 1, "fuzz", 1, &frame, &error)) {
        use_targets(&frame);
    } else if (data[0] == 'g' &&
               recording_parse_gate(parser, text, size - 1, "fuzz", 1, &gate, &error)) {
        g_assert_true(gate.kind != GATE_ENTER || gate.visit != NULL);
    }
    return 0;
}

#include "store/sim_gateway.h"

#include <math.h>

static const float rest_grams = 6;    /* from one batch to the next: at rest */
static const float report_grams = 3;  /* less is not worth a message */
static const double rest_seconds = 1; /* at rest for so long: settled */
static const double patience_seconds = 2.8;

typedef struct {
    double rest_since, moved_at, reported_at; /* negative: never */
} ShelfState;

struct SimGateway {
    const StoreLayout *layout;
    double hz;
    ShelfState *shelves;
    float *means;    /* of each plate: its last batch */
    float *reported; /* of each plate: what was said last; NAN at first */
};

SimGateway *
sim_gateway_new(const StoreLayout *layout, double hz)
{
    SimGateway *gateway = g_new0(SimGateway, 1);
    gateway->layout = layout;
    gateway->hz = hz;
    gateway->shelves = g_new0(ShelfState, layout->num_shelves + 1);
    gateway->means = g_new0(float, layout->num_plates + 1);
    gateway->reported = g_new0(float, layout->num_plates + 1);
    for (guint i = 0; i < layout->num_shelves; i++) {
        gateway->shelves[i] = (ShelfState){ -1, -1, -1 };
    }
    for (guint i = 0; i < layout->num_plates; i++) {
        gateway->means[i] = gateway->reported[i] = NAN;
    }
    return gateway;
}

void
sim_gateway_free(SimGateway *gateway)
{
    if (gateway == NULL) {
        return;
    }
    g_free(gateway->shelves);
    g_free(gateway->means);
    g_free(gateway->reported);
    g_free(gateway);
}

static bool
differs(float a, float b, float by)
{
    return isnan(a) != isnan(b) || fabsf(a - b) >= by;
}

bool
sim_gateway_settle(SimGateway *gateway, WeightBatch *batch)
{
    const LayoutShelf *shelf = &gateway->layout->shelves[batch->shelf];
    ShelfState *state = &gateway->shelves[batch->shelf];
    float *reported = gateway->reported + shelf->first_plate;
    double now = batch->t + batch->num_rows / batch->hz;
    bool has_moved = false, has_changed = false;
    for (guint i = 0; i < batch->num_columns; i++) {
        double sum = 0;
        for (guint row = 0; row < batch->num_rows; row++) {
            sum += batch->grams[row * batch->num_columns + i];
        }
        float mean = (float)(sum / batch->num_rows);
        has_moved |= differs(gateway->means[shelf->first_plate + i], mean, rest_grams);
        has_changed |= differs(reported[i], mean, report_grams);
        gateway->means[shelf->first_plate + i] = mean;
    }
    if (has_moved || state->rest_since < 0) {
        state->moved_at = state->moved_at < 0 ? now : state->moved_at;
        state->rest_since = now;
    }
    bool is_settled = now - state->rest_since >= rest_seconds;
    bool is_late = state->moved_at >= 0 && now - state->moved_at >= patience_seconds;
    if (!has_changed || !(is_settled || is_late) || now - state->reported_at < 1 / gateway->hz) {
        state->moved_at = is_settled ? -1 : state->moved_at;
        return false;
    }
    for (guint i = 0; i < batch->num_columns; i++) {
        reported[i] = roundf(gateway->means[shelf->first_plate + i]);
    }
    state->reported_at = now;
    state->moved_at = -1;
    batch->t = now;
    batch->hz = gateway->hz;
    batch->num_rows = 1;
    batch->grams = reported;
    return true;
}

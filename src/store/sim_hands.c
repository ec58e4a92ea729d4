#include "store/sim_hands.h"

#include <string.h>

static const double body_push_grams = 25; /* median shaking by a hand in the shelf */
/* From one item to the next. */
static const double put_seconds = 0.4, restock_seconds = 1.1;

static guint
gondola_of(const SimWorld *world, guint plate)
{
    const StoreLayout *layout = world->layout;
    return layout->shelves[layout->plates[plate].shelf].gondola;
}

static void
shake(const SimWorld *world, SimHands *hands, guint plate, double t)
{
    double grams = prng_lognormal_within(hands->prng, body_push_grams, 0.6, 8, 120);
    sim_sensor_shake(world->sensor, gondola_of(world, plate), t, prng_range(hands->prng, 0.6, 1.6),
                     grams);
}

/* What the hand does to the plates before the moment itself. */
void
sim_hands_lay_on(const SimWorld *world, SimHands *hands, const SimAct *act, double t,
                 double seconds)
{
    SimSensor *sensor = world->sensor;
    Prng *prng = hands->prng;
    guint plate = act->plates[prng_below(prng, act->num_plates)];
    double grams;
    switch (act->kind) {
    case ACT_LOOK:
    case ACT_HAND:
        return;
    case ACT_REST:
        grams = prng_lognormal_within(prng, 150, 0.7, 30, 900);
        sim_sensor_press(sensor, plate, t, seconds, grams);
        break;
    case ACT_TOUCH:
        grams = prng_range(prng, 20, 120);
        sim_sensor_press(sensor, plate, t, seconds, prng_chance(prng, 0.6) ? grams : -grams);
        break;
    case ACT_PICK:
        if (seconds > 1.5) { /* half lifted, half lying, for long */
            double unit = world->layout->products[act->product].weight_grams;
            sim_sensor_press(sensor, plate, t, seconds, -prng_range(prng, 0.15, 0.6) * unit);
        } else if (prng_chance(prng, 0.6)) {
            sim_sensor_press(sensor, plate, t, seconds, prng_range(prng, -25, 60));
        }
        break;
    case ACT_PUT:
    case ACT_LEAVE:
    case ACT_RESTOCK:
        if (prng_chance(prng, 0.4)) {
            sim_sensor_press(sensor, plate, t, seconds, prng_range(prng, 10, 60));
        }
        break;
    }
    shake(world, hands, plate, t);
}

static void
tell_truth(const SimWorld *world, double t, bool is_put, const char *visit, guint product,
           const SimItem *items, guint num_items)
{
    const StoreLayout *layout = world->layout;
    g_autoptr(GArray) plates = g_array_new(FALSE, FALSE, sizeof(int[3]));
    for (guint i = 0; i < num_items; i++) {
        for (guint p = 0; p < items[i].num_plates; p++) {
            const LayoutPlate *plate = &layout->plates[items[i].plates[p]];
            const LayoutShelf *shelf = &layout->shelves[plate->shelf];
            int ids[3] = { layout->gondolas[shelf->gondola].id, shelf->id, plate->id };
            bool is_known = false;
            for (guint k = 0; k < plates->len; k++) {
                is_known |= memcmp(plates->data + k * sizeof ids, ids, sizeof ids) == 0;
            }
            if (!is_known) {
                g_array_append_val(plates, ids);
            }
        }
    }
    TruthEvent event = { t,
                         is_put,
                         visit,
                         layout->products[product].sku,
                         num_items,
                         plates->len,
                         (int(*)[3])(gpointer)plates->data };
    truth_add_event(world->truth, &event);
}

static void
move_load(const SimWorld *world, const SimItem *item, double t, double sign)
{
    for (guint i = 0; i < item->num_plates; i++) {
        sim_sensor_change(world->sensor, item->plates[i], t, sign * item->shares[i] * item->grams);
    }
}

bool
sim_hands_take(const SimWorld *world, SimHands *hands, const SimAct *act, double t)
{
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(SimItem));
    SimItem item;
    while (taken->len < act->quantity &&
           sim_stock_take(world->stock, act->product, act->plates, act->num_plates, &item)) {
        item.visit = hands->visit;
        move_load(world, &item, t + 0.03 * taken->len, -1);
        g_array_append_val(taken, item);
    }
    if (taken->len == 0) {
        return false;
    }
    if (hands->visit != NULL) {
        sim_carts_add(world->carts, hands->visit, act->product, (int)taken->len);
    }
    g_array_append_vals(hands->held, taken->data, taken->len);
    tell_truth(world, t, false, hands->visit, act->product, (const SimItem *)(gpointer)taken->data,
               taken->len);
    return true;
}

guint
sim_hands_find(const SimHands *hands, guint product)
{
    for (guint i = hands->held->len; i > 0; i--) {
        if (g_array_index(hands->held, SimItem, i - 1).product == product) {
            return i - 1;
        }
    }
    return G_MAXUINT;
}

bool
sim_hands_put(const SimWorld *world, SimHands *hands, const SimAct *act, double t)
{
    for (guint i = 0; i < act->quantity; i++) {
        guint index = sim_hands_find(hands, act->product);
        if (index == G_MAXUINT) {
            return false;
        }
        SimItem item = g_array_index(hands->held, SimItem, index);
        g_array_remove_index(hands->held, index);
        sim_stock_put(world->stock, &item, act->plates, act->num_plates, !world->puts_are_exact);
        move_load(world, &item, t + put_seconds * i, 1);
        if (item.visit != NULL) {
            sim_carts_add(world->carts, item.visit, item.product, -1);
        }
        tell_truth(world, t + put_seconds * i, true, item.visit, item.product, &item, 1);
    }
    return true;
}

void
sim_hands_restock(const SimWorld *world, const SimAct *act, double t)
{
    for (guint i = 0; i < act->quantity; i++) {
        SimItem item = sim_stock_new_item(world->stock, act->product);
        double at = t + restock_seconds * i;
        sim_stock_put(world->stock, &item, act->plates, act->num_plates, true);
        move_load(world, &item, at, 1);
        tell_truth(world, at, true, NULL, item.product, &item, 1);
    }
}

double
sim_hands_busy_seconds(const SimAct *act)
{
    switch (act->kind) {
    case ACT_RESTOCK:
        return restock_seconds * act->quantity;
    case ACT_PUT:
        return put_seconds * act->quantity;
    case ACT_PICK:
    case ACT_TOUCH:
    case ACT_REST:
    case ACT_LOOK:
    case ACT_HAND:
    case ACT_LEAVE:
        return 0.1;
    }
    g_assert_not_reached();
}

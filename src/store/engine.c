#include "store/engine.h"

#include "store/clock_offsets.h"
#include "store/receipt_certainty.h"
#include "store/verdict_text.h"

#include <math.h>
#include <string.h>

/* A receipt less likely to be right than this is looked at by a person before it is charged. */
static const double review_below = 0.78;
/* After the exit: how long changes of shelves that the person was at are waited for. */
static const double close_seconds = 1.9;
static const double near_metres = 1.1;
/* A gateway that tells settled weights does so this late. */
static const double settled_delay_seconds = 3.1;
static const double settled_hz = 2;
static const double unfinished_seconds = 15;
/* Silence of a shelf, and of the cameras, that whoever reads a receipt should know of. */
static const double hole_seconds = 1;
static const double tracks_hole_seconds = 2;
static const double retire_seconds = 1;
/* A change may be told so long after another of the same moment. */
static const double at_once_seconds = 5;
/* A decision is told at the latest after this, sure or not. */
static const double longest_doubt_seconds = 1800;
static const double forget_visit_seconds = 2000;
/* Weights are learned from what is as sure as this. */
static const double sure_probability = 0.9;
/* Crumbs, and a leaflet that slides, are not worth telling. */
static const double min_foreign_grams = 20;
static const guint max_troubles = 200;
/* An edge known so well tells of the clocks. */
static const double plain_edge_seconds = 0.4;
/* So much is worth looking after, once so many changes agree on it. */
static const double told_clock_seconds = 0.25;
static const guint told_clock_changes = 15;

typedef struct {
    ShelfWatch *watch; /* NULL until the first weights */
    double hz;
    FloorPoint middle;
    double half_metres; /* of its length */
    bool *told_health;  /* by column */
} ShelfState;

struct Engine {
    const StoreLayout *layout;
    EngineListener listener;
    double now;
    double retired_t;
    guint pushed_shelf;
    ShelfState *shelves;
    GPtrArray *changes; /* of StoreChange, told by the shelves and not decided yet */
    People *people;
    CartBook *book;
    Visits *visits;
    ProductWeights *weights;
    ClockOffsets *clocks;
    ReceiptCertainty *certainty;
    GPtrArray *troubles;
    EngineCounts counts;
};

static void
note_change(const ShelfChange *change, gpointer data)
{
    Engine *engine = data;
    g_ptr_array_add(engine->changes, store_change_new(engine->pushed_shelf, change));
}

static void
measure_shelf(const StoreLayout *layout, guint index, ShelfState *state)
{
    const LayoutShelf *shelf = &layout->shelves[index];
    for (guint i = 0; i < shelf->num_plates; i++) {
        const LayoutPlate *plate = &layout->plates[shelf->first_plate + i];
        state->middle.x += plate->center[0] / shelf->num_plates;
        state->middle.y += plate->center[1] / shelf->num_plates;
    }
    for (guint i = 0; i < shelf->num_plates; i++) {
        const LayoutPlate *plate = &layout->plates[shelf->first_plate + i];
        double d = hypot(plate->center[0] - state->middle.x, plate->center[1] - state->middle.y);
        state->half_metres = MAX(state->half_metres, d);
    }
    state->told_health = g_new0(bool, MAX(1, shelf->num_plates));
}

Engine *
engine_new(const StoreLayout *layout, const EngineListener *listener)
{
    Engine *engine = g_new0(Engine, 1);
    engine->layout = layout;
    engine->listener = *listener;
    engine->shelves = g_new0(ShelfState, MAX(1, layout->num_shelves));
    for (guint i = 0; i < layout->num_shelves; i++) {
        measure_shelf(layout, i, &engine->shelves[i]);
    }
    engine->changes = g_ptr_array_new_with_free_func((GDestroyNotify)store_change_free);
    engine->people = people_new();
    engine->book = cart_book_new((GDestroyNotify)store_change_free);
    engine->visits = visits_new(layout, engine->people, engine->book);
    if (listener->trace != NULL) {
        visits_set_trace(engine->visits, listener->trace, listener->data);
    }
    engine->weights = product_weights_new(layout);
    engine->clocks = clock_offsets_new(layout->num_gondolas);
    engine->certainty = receipt_certainty_new(layout, engine->people, engine->book);
    engine->troubles = g_ptr_array_new_with_free_func(g_free);
    return engine;
}

void
engine_free(Engine *engine)
{
    if (engine == NULL) {
        return;
    }
    for (guint i = 0; i < engine->layout->num_shelves; i++) {
        shelf_watch_free(engine->shelves[i].watch);
        g_free(engine->shelves[i].told_health);
    }
    g_free(engine->shelves);
    g_ptr_array_unref(engine->changes);
    receipt_certainty_free(engine->certainty);
    visits_free(engine->visits);
    cart_book_free(engine->book);
    people_free(engine->people);
    product_weights_free(engine->weights);
    clock_offsets_free(engine->clocks);
    g_ptr_array_unref(engine->troubles);
    g_free(engine);
}

static void G_GNUC_PRINTF(2, 3) trouble(Engine *engine, const char *format, ...)
{
    if (engine->troubles->len < max_troubles) {
        va_list args;
        va_start(args, format);
        g_ptr_array_add(engine->troubles, g_strdup_vprintf(format, args));
        va_end(args);
    }
}

static ShelfWatch *
new_watch(Engine *engine, guint index, double hz)
{
    const LayoutShelf *shelf = &engine->layout->shelves[index];
    g_autofree double *along = g_new(double, shelf->num_plates);
    g_autofree double *width = g_new(double, shelf->num_plates);
    for (guint i = 0; i < shelf->num_plates; i++) {
        const LayoutPlate *plate = &engine->layout->plates[shelf->first_plate + i];
        /* Along the shelf: across the direction towards the shopper. */
        along[i] = plate->center[0] * -shelf->front.y + plate->center[1] * shelf->front.x;
        double axis_x = cos(plate->yaw) * -shelf->front.y + sin(plate->yaw) * shelf->front.x;
        width[i] = fabs(axis_x) > 0.7 ? plate->size[0] : plate->size[1];
    }
    return shelf_watch_new(shelf->num_plates, along, width, hz, note_change, engine);
}

/* Tells it to whoever was at the shelf: what they took meanwhile may be missed. */
static void G_GNUC_PRINTF(6, 7) note_near(Engine *engine, FloorPoint point, double metres,
                                          double since, const char *kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    const GPtrArray *all = visits_all(engine->visits);
    for (guint i = 0; i < all->len; i++) {
        const Visit *visit = all->pdata[i];
        if (visit->state != VISIT_CLOSED &&
            visits_was_near(engine->visits, visit->owner, point, metres, since, engine->now)) {
            visits_note(engine->visits, visit->owner, kind, engine->now, "%s", text);
        }
    }
}

static void
look_for_hole(Engine *engine, const WeightBatch *batch)
{
    const ShelfState *state = &engine->shelves[batch->shelf];
    double known_t = shelf_watch_known_t(state->watch);
    if (state->hz > settled_hz && known_t > 0 && batch->t - known_t > hole_seconds) {
        note_near(engine, state->middle, state->half_metres + near_metres, known_t, "weights-hole",
                  "the weights of gondola %d shelf %d were missing for %.1f s", batch->gondola_id,
                  batch->shelf_id, batch->t - known_t);
    }
}

static void
push_weights(Engine *engine, const WeightBatch *batch)
{
    if (batch->num_columns == 0 || batch->num_rows == 0) {
        return;
    }
    ShelfState *state = &engine->shelves[batch->shelf];
    if (state->watch == NULL) {
        state->watch = new_watch(engine, batch->shelf, batch->hz);
        state->hz = batch->hz;
    }
    look_for_hole(engine, batch);
    engine->pushed_shelf = batch->shelf;
    shelf_watch_push(state->watch, batch->t, batch->grams, batch->num_rows);
}

/* From the gondola's clock to the cameras'; plain changes tell by how much that is off. */
static void
set_clock(Engine *engine, StoreChange *change)
{
    guint gondola = engine->layout->shelves[change->shelf].gondola;
    const ShelfChange *times = &change->change;
    if (times->late_t - times->early_t < plain_edge_seconds && !times->is_forced) {
        const LayoutPlate *plate =
            &engine->layout->plates[store_change_plate(change, engine->layout)];
        Touch touch = { .x = plate->center[0],
                        .y = plate->center[1],
                        .z = plate->center[2],
                        .half_size = { plate->size[0] / 2, plate->size[1] / 2 },
                        .yaw = plate->yaw,
                        .front = engine->layout->shelves[change->shelf].front,
                        .early_t = times->early_t,
                        .edge_t = times->edge_t,
                        .late_t = times->late_t };
        clock_offsets_learn(engine->clocks, gondola, engine->people, &touch);
    }
    store_change_shift(change, clock_offsets_seconds(engine->clocks, gondola));
}

/* STO-10: movements make the order. */
static void
decide(Engine *engine, StoreChange *change)
{
    set_clock(engine, change);
    ReadingContext context = { engine->layout, engine->people, engine->book, engine->weights };
    Alternative alternatives[CART_BOOK_MAX_ALTERNATIVES];
    guint count = readings_of_change(&context, change, alternatives);
    Conflict conflicts[READINGS_MAX_CONFLICTS];
    guint num_conflicts = readings_conflicts(&context, change, conflicts);
    engine->counts.num_changes++;
    guint64 serial =
        cart_book_decide(engine->book, change->change.edge_t, change->change.delta_grams,
                         alternatives, count, conflicts, num_conflicts, change);
    const Decision *decision = cart_book_find(engine->book, serial);
    receipt_certainty_decided(engine->certainty, decision, change);
    if (engine->listener.trace != NULL) {
        TextContext text_context = { engine->layout, engine->visits };
        g_autofree char *text = text_of_decision(&text_context, engine->book, decision, change);
        engine->listener.trace(text, engine->listener.data);
    }
}

static void
decide_all(Engine *engine)
{
    for (guint i = 0; i < engine->changes->len; i++) {
        decide(engine, g_steal_pointer(&engine->changes->pdata[i]));
    }
    g_ptr_array_set_size(engine->changes, 0);
}

static bool
was_at_shelf(const Engine *engine, Owner owner, guint shelf, double from, double to)
{
    const ShelfState *state = &engine->shelves[shelf];
    return visits_was_near(engine->visits, owner, state->middle, state->half_metres + near_metres,
                           from, to);
}

/* Whether a plate moves since before the exit of a visitor who was at it. */
static bool
awaits_plate(const Engine *engine, const Visit *visit, guint shelf, guint column)
{
    const LayoutShelf *layout_shelf = &engine->layout->shelves[shelf];
    const double *center = engine->layout->plates[layout_shelf->first_plate + column].center;
    FloorPoint point = { center[0], center[1] };
    double begin_t;
    return shelf_watch_plate_is_moving(engine->shelves[shelf].watch, column, &begin_t) &&
           begin_t <= visit->exited_t &&
           visits_was_near(engine->visits, visit->owner, point, near_metres, begin_t - 0.5,
                           visit->exited_t);
}

/* Whether a change that VISIT may have made is still on its way. */
static bool
awaits_shelf(const Engine *engine, const Visit *visit, guint shelf)
{
    const ShelfState *state = &engine->shelves[shelf];
    if (state->watch == NULL) {
        return false;
    }
    double exit_t = visit->exited_t;
    bool tells_settled = state->hz <= settled_hz;
    if (tells_settled) {
        double since = exit_t - settled_delay_seconds;
        return engine->now < exit_t + settled_delay_seconds &&
               was_at_shelf(engine, visit->owner, shelf, since, exit_t);
    }
    if (shelf_watch_known_t(state->watch) < exit_t - 0.2 && engine->now < exit_t + 1) {
        return was_at_shelf(engine, visit->owner, shelf, exit_t - 1, exit_t);
    }
    if (!shelf_watch_is_moving(state->watch, exit_t)) {
        return false;
    }
    for (guint i = 0; i < engine->layout->shelves[shelf].num_plates; i++) {
        if (awaits_plate(engine, visit, shelf, i)) {
            return true;
        }
    }
    return false;
}

/* Of the plates that the visitor was at, only what moved before the exit: somebody else may be
 * taking something from the shelf just now. */
static void
force_shelves(Engine *engine, const Visit *visit)
{
    for (guint i = 0; i < engine->layout->num_shelves; i++) {
        ShelfWatch *watch = engine->shelves[i].watch;
        engine->pushed_shelf = i;
        for (guint k = 0; watch != NULL && k < engine->layout->shelves[i].num_plates; k++) {
            if (awaits_plate(engine, visit, i, k)) {
                shelf_watch_force(watch, k, visit->exited_t);
            }
        }
    }
    decide_all(engine);
}

/* What the visit left half done on a shelf stays so. */
static void
expire_of_visit(Engine *engine, const Visit *visit)
{
    ReadingContext context = { engine->layout, engine->people, engine->book, engine->weights };
    g_autoptr(GPtrArray) unfinished = cart_book_unfinished(engine->book, 0);
    for (guint i = 0; i < unfinished->len; i++) {
        const Decision *decision = unfinished->pdata[i];
        if (decision->t > engine->now - PEOPLE_HISTORY_SECONDS + 2 &&
            readings_actor_probability(&context, decision->data, visit->owner) > 0.5) {
            cart_book_expire(engine->book, decision->serial);
        }
    }
}

static void
ask(Engine *engine, const Visit *visit)
{
    const Decision *decision;
    Verdict likely, other;
    if (!cart_book_find_doubt(engine->book, visit->owner, &decision, &likely, &other)) {
        visits_note(engine->visits, visit->owner, "unsure", engine->now,
                    "whose some of the goods are could not be settled");
        return;
    }
    TextContext context = { engine->layout, engine->visits };
    g_autofree char *question = text_of_question(&context, decision->t, &likely, &other);
    visits_note(engine->visits, visit->owner, "close-call", decision->t, "%s", question);
}

/* STO-11: products, time and amount of an order, as far as the store itself knows them. */
static void
write_receipt(Engine *engine, const Visit *visit, const GArray *cart, double confidence,
              bool needs_review)
{
    g_autofree ReceiptLine *lines = g_new(ReceiptLine, cart->len + 1);
    Receipt receipt = { .visit = visit->id,
                        .num_lines = cart->len,
                        .lines = lines,
                        .currency = engine->layout->currency,
                        .confidence = confidence,
                        .needs_review = needs_review,
                        .exited_at = visit->exited_t,
                        .closed_at = isnan(visit->exited_t) ? NAN : engine->now };
    for (guint i = 0; i < cart->len; i++) {
        const CartLine *line = &g_array_index(cart, CartLine, i);
        const LayoutProduct *product = &engine->layout->products[line->product];
        lines[i] = (ReceiptLine){ product->sku, line->quantity, product->price, line->confidence };
        receipt.total += product->price * line->quantity;
    }
    g_autofree ReceiptReason *reasons = g_new(ReceiptReason, visit->notes->len + 1);
    for (guint i = 0; i < visit->notes->len; i++) {
        const VisitNote *note = &g_array_index(visit->notes, VisitNote, i);
        reasons[i] = (ReceiptReason){ note->kind, note->text, note->t };
    }
    receipt.num_reasons = visit->notes->len;
    receipt.reasons = reasons;
    engine->counts.num_receipts++;
    engine->counts.num_reviews += needs_review;
    engine->listener.receipt(&receipt, engine->listener.data);
}

static void
close_visit(Engine *engine, const Visit *visit)
{
    force_shelves(engine, visit);
    expire_of_visit(engine, visit);
    double probability;
    g_autoptr(GArray) cart = cart_book_cart(engine->book, visit->owner, &probability);
    /* STO-13: what is in doubt goes to a person, with the question that settles it. */
    double confidence = receipt_certainty_of(engine->certainty, visit->owner, probability);
    bool needs_review = confidence < review_below;
    if (engine->listener.trace != NULL) {
        g_autofree char *text = g_strdup_printf(
            "%.2f  %s leaves, with a cart that is %.4f sure by the stories, %.4f altogether\n",
            visit->exited_t, visit->id, probability, confidence);
        engine->listener.trace(text, engine->listener.data);
    }
    if (needs_review) {
        ask(engine, visit);
    }
    write_receipt(engine, visit, cart, confidence, needs_review);
    receipt_certainty_forget(engine->certainty, visit->owner);
    cart_book_close(engine->book, visit->owner, false);
    visits_close(engine->visits, visit->owner, engine->now);
}

static void
close_who_left(Engine *engine)
{
    const GPtrArray *all = visits_all(engine->visits);
    for (guint i = 0; i < all->len; i++) {
        const Visit *visit = all->pdata[i];
        if (visit->state != VISIT_LEAVING) {
            continue;
        }
        bool awaits = false;
        for (guint k = 0; k < engine->layout->num_shelves && !awaits; k++) {
            awaits = awaits_shelf(engine, visit, k);
        }
        if (!awaits || engine->now >= visit->exited_t + close_seconds) {
            close_visit(engine, visit);
        }
    }
}

static bool
owner_is_open(Owner owner, gpointer data)
{
    const Engine *engine = data;
    const Visit *visit = visits_get(engine->visits, owner);
    return visit != NULL && visit->state != VISIT_CLOSED;
}

static void
tell_unattributed(Engine *engine, const Decision *decision, const VerdictDeed *deed,
                  const char *reason)
{
    const StoreChange *change = decision->data;
    const LayoutShelf *shelf = &engine->layout->shelves[change->shelf];
    guint num_plates = change->change.num_plates;
    g_autofree int(*plates)[3] = g_malloc(num_plates * sizeof *plates);
    for (guint i = 0; i < num_plates; i++) {
        plates[i][0] = engine->layout->gondolas[shelf->gondola].id;
        plates[i][1] = shelf->id;
        plates[i][2] = engine->layout->plates[shelf->first_plate + change->plates[i].column].id;
    }
    bool is_known = deed->product != LAYOUT_NONE;
    Unattributed unattributed = {
        .t = decision->t,
        .kind = !deed->is_put ? UNATTRIBUTED_PICK
                : is_known    ? UNATTRIBUTED_PUT
                              : UNATTRIBUTED_FOREIGN,
        .sku = is_known ? engine->layout->products[deed->product].sku : NULL,
        .quantity = deed->num_units,
        .delta_grams = deed->is_put ? deed->grams : -deed->grams,
        .num_plates = num_plates,
        .plates = (const int(*)[3])plates,
        .reason = reason,
    };
    engine->listener.unattributed(&unattributed, engine->listener.data);
}

static void
tell_deed(Engine *engine, const Decision *decision, const Verdict *verdict, guint index,
          const Verdict *runner_up)
{
    const VerdictDeed *deed = &verdict->deeds[index];
    const Visit *visit = visits_get(engine->visits, deed->actor);
    if (deed->product == LAYOUT_NONE) {
        if (deed->actor != OWNER_STAFF) {
            tell_unattributed(engine, decision, deed,
                              deed->is_put ? "nobody had taken it"
                                           : "its weight is that of no product that lies there");
        }
        return;
    }
    if (visit == NULL && deed->actor != OWNER_STAFF) {
        tell_unattributed(engine, decision, deed, "nobody with a visit was seen near");
    }
    ReceiptEvent event = { .t = verdict->t,
                           .is_put = deed->is_put,
                           .visit = visit == NULL ? NULL : visit->id,
                           .sku = engine->layout->products[deed->product].sku,
                           .quantity = deed->num_units,
                           .delta_grams = deed->is_put ? deed->grams : -deed->grams,
                           .confidence = MIN(verdict->probability, 1) };
    const VerdictDeed *other = &runner_up->deeds[MIN(index, EXPLAIN_MAX_PARTS - 1)];
    if (runner_up->probability > 0 && index < runner_up->num_deeds &&
        other->product != LAYOUT_NONE) {
        const Visit *other_visit = visits_get(engine->visits, other->actor);
        event.has_runner_up = true;
        event.runner_up_sku = engine->layout->products[other->product].sku;
        event.runner_up_visit = other_visit == NULL ? NULL : other_visit->id;
        event.runner_up_confidence = runner_up->probability;
    }
    engine->listener.event(&event, deed->plate, engine->listener.data);
}

static void
learn_weight(Engine *engine, const Decision *decision, const Verdict *verdict)
{
    const StoreChange *change = decision->data;
    const VerdictDeed *deed = &verdict->deeds[0];
    if (verdict->probability >= sure_probability && verdict->num_deeds == 1 && !deed->is_put &&
        deed->is_new && deed->is_at_home && deed->num_units == 1 && deed->product != LAYOUT_NONE &&
        !change->change.is_forced && !change->change.is_beside_dead) {
        product_weights_learn(engine->weights, deed->product, deed->grams);
    }
}

static void
tell_verdict(const Decision *decision, const Verdict *verdict, const Verdict *runner_up,
             gpointer data)
{
    Engine *engine = data;
    switch (verdict->kind) {
    case EXPLAIN_GOODS:
        learn_weight(engine, decision, verdict);
        break;
    case EXPLAIN_UNKNOWN:
    case EXPLAIN_NOTHING:
        break;
    case EXPLAIN_UNFINISHED:
        if (!verdict->is_finished_later && fabs(decision->delta_grams) > min_foreign_grams) {
            VerdictDeed deed = { .is_put = decision->delta_grams > 0,
                                 .product = LAYOUT_NONE,
                                 .num_units = 1,
                                 .grams = fabs(decision->delta_grams) };
            tell_unattributed(engine, decision, &deed,
                              "something rested on the plate or was half lifted, and stayed so");
        }
        break;
    }
    for (guint i = 0; i < verdict->num_deeds; i++) {
        tell_deed(engine, decision, verdict, i, runner_up);
    }
}

static void
look_at_plates(Engine *engine)
{
    for (guint i = 0; i < engine->layout->num_shelves; i++) {
        ShelfState *state = &engine->shelves[i];
        const LayoutShelf *shelf = &engine->layout->shelves[i];
        for (guint k = 0; state->watch != NULL && k < shelf->num_plates; k++) {
            PlateHealth health = shelf_watch_plate_health(state->watch, k);
            if (health == PLATE_WORKS) {
                continue;
            }
            const LayoutPlate *plate = &engine->layout->plates[shelf->first_plate + k];
            FloorPoint point = { plate->center[0], plate->center[1] };
            note_near(engine, point, near_metres, engine->now - retire_seconds, "plate-silent",
                      "gondola %d shelf %d plate %d %s",
                      engine->layout->gondolas[shelf->gondola].id, shelf->id, plate->id,
                      health == PLATE_SILENT ? "gives nothing" : "is stuck");
            if (!state->told_health[k]) {
                state->told_health[k] = true;
                trouble(engine,
                        "gondola %d shelf %d plate %d %s: what is taken there may be missed",
                        engine->layout->gondolas[shelf->gondola].id, shelf->id,
                        engine->layout->plates[shelf->first_plate + k].id,
                        health == PLATE_SILENT ? "gives nothing" : "is stuck");
            }
        }
    }
}

static void
retire(Engine *engine, double before_t)
{
    engine->retired_t = engine->now;
    g_autoptr(GPtrArray) unfinished = cart_book_unfinished(engine->book, 0);
    for (guint i = 0; i < unfinished->len; i++) {
        const Decision *decision = unfinished->pdata[i];
        if (decision->t < engine->now - unfinished_seconds) {
            cart_book_expire(engine->book, decision->serial);
        }
    }
    cart_book_retire(engine->book, engine->now - at_once_seconds, before_t, owner_is_open,
                     tell_verdict, engine);
    visits_forget(engine->visits, engine->now - forget_visit_seconds);
    look_at_plates(engine);
}

/* No tracks for long: whoever was inside may have been anywhere. */
static void
look_for_blindness(Engine *engine, double t)
{
    double last_t = people_time(engine->people);
    const GPtrArray *all = visits_all(engine->visits);
    for (guint i = 0; i < all->len && last_t > 0 && t - last_t > tracks_hole_seconds; i++) {
        const Visit *visit = all->pdata[i];
        if (visit->state != VISIT_CLOSED) {
            visits_note(engine->visits, visit->owner, "tracks-hole", t,
                        "the cameras told nothing for %.1f s", t - last_t);
        }
    }
}

void
engine_push(Engine *engine, const RecordingItem *item)
{
    engine->now = item->known_at;
    switch (item->kind) {
    case RECORDING_WEIGHTS:
        push_weights(engine, &item->weights);
        break;
    case RECORDING_TARGETS:
        look_for_blindness(engine, item->targets.t);
        people_push(engine->people, &item->targets);
        visits_follow(engine->visits);
        receipt_certainty_look(engine->certainty);
        break;
    case RECORDING_GATE:
        visits_gate(engine->visits, &item->gate);
        break;
    }
    decide_all(engine);
    close_who_left(engine);
    if (engine->now >= engine->retired_t + retire_seconds) {
        retire(engine, engine->now - longest_doubt_seconds);
    }
}

static void
tell_wrong_weights(Engine *engine)
{
    for (guint i = 0; i < engine->layout->num_products; i++) {
        const LayoutProduct *product = &engine->layout->products[i];
        guint count;
        double grams;
        if (product_weights_contradict(engine->weights, i, &count, &grams)) {
            trouble(engine, "product %s (%s): the master weight is %.1f g, %u units weighed %.1f g",
                    product->sku, product->name, product->weight_grams, count, grams);
        }
    }
}

static void
tell_clocks(Engine *engine)
{
    for (guint i = 0; i < engine->layout->num_gondolas; i++) {
        double seconds = clock_offsets_seconds(engine->clocks, i);
        if (fabs(seconds) >= told_clock_seconds &&
            clock_offsets_num_changes(engine->clocks, i) >= told_clock_changes) {
            trouble(engine, "gondola %d: its clock is about %.1f s %s the cameras'",
                    engine->layout->gondolas[i].id, fabs(seconds),
                    seconds > 0 ? "behind" : "ahead of");
        }
    }
}

void
engine_finish(Engine *engine)
{
    for (guint i = 0; i < engine->layout->num_shelves; i++) {
        if (engine->shelves[i].watch != NULL) {
            engine->pushed_shelf = i;
            shelf_watch_force_all(engine->shelves[i].watch);
        }
    }
    decide_all(engine);
    const GPtrArray *all = visits_all(engine->visits);
    for (guint i = 0; i < all->len; i++) {
        const Visit *visit = all->pdata[i];
        if (visit->state == VISIT_LEAVING) {
            close_visit(engine, visit);
        }
    }
    for (guint i = 0; i < all->len; i++) {
        const Visit *visit = all->pdata[i];
        if (visit->state == VISIT_INSIDE) {
            visits_note(engine->visits, visit->owner, "still-inside", engine->now,
                        "the recording ended before the visit did");
            double probability;
            g_autoptr(GArray) cart = cart_book_cart(engine->book, visit->owner, &probability);
            double confidence = receipt_certainty_of(engine->certainty, visit->owner, probability);
            write_receipt(engine, visit, cart, confidence, false);
        }
    }
    retire(engine, INFINITY);
    tell_wrong_weights(engine);
    tell_clocks(engine);
    const GPtrArray *at_gate = visits_troubles(engine->visits);
    for (guint i = 0; i < at_gate->len; i++) {
        trouble(engine, "%s", (const char *)at_gate->pdata[i]);
    }
}

const GPtrArray *
engine_troubles(const Engine *engine)
{
    return engine->troubles;
}

const char *
engine_visit_of(const Engine *engine, const char *target)
{
    guint slot = people_find(engine->people, target);
    if (slot == PEOPLE_NONE) {
        return NULL;
    }
    double probability;
    const Visit *visit =
        visits_get(engine->visits, cart_book_owner(engine->book, slot, &probability));
    return visit == NULL ? NULL : visit->id;
}

EngineCounts
engine_counts(const Engine *engine)
{
    return engine->counts;
}

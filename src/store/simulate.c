#include "store/simulate.h"

#include "base/error.h"
#include "store/recording_writer.h"
#include "store/sim_gateway.h"
#include "store/sim_people.h"
#include "store/sim_plan.h"

#include <math.h>
#include <string.h>

enum { STEPS_PER_SECOND = 30, STEPS_PER_LOOK = 2, STEPS_PER_BATCH = 6 };

static const double tail_s = 8;        /* recorded after the last has left */
static const double entry_pause_s = 3; /* mean time between two who come in */
static const double staff_every_s = 600;
static const double longest_s = 7 * 86400;
static const double stall_s = 600; /* nobody in or out for so long: something is wrong */

static const char *const fault_names[SIM_NUM_FAULTS] = {
    [SIM_FAULT_DEAD_PLATE] = "dead-plate",
    [SIM_FAULT_SPIKES] = "spikes",
    [SIM_FAULT_LOST_BATCHES] = "lost-batches",
    [SIM_FAULT_CLOCK_SKEW] = "clock-skew",
    [SIM_FAULT_DRIFT] = "drift",
    [SIM_FAULT_TRACK_SWAPS] = "track-swaps",
    [SIM_FAULT_TRACK_BREAKS] = "track-breaks",
    [SIM_FAULT_OCCLUSION] = "occlusion",
    [SIM_FAULT_WRONG_WEIGHT] = "wrong-weight",
};

typedef struct {
    const StoreLayout *layout;
    const SimOptions *options;
    SimWorld world;
    SimPeople *people;
    SimEyes *eyes;
    SimPlan *plan;
    RecordingWriter *writer;
    Prng gate_prng;
    GPtrArray *queue; /* of SimVisitor: at the door, first in */
    guint next_scripted;
    double next_entry, next_staff;
    GArray *crossings; /* of SimCrossing, not yet written */
    float *grams;
    SimGateway *gateway; /* NULL: every sample is written */
    SimResult result;
} Simulation;

bool
sim_faults_parse(const char *names, guint *ret_faults, GError **error)
{
    g_auto(GStrv) words = g_strsplit(names, ",", -1);
    guint faults = 0;
    for (char **word = words; *word != NULL; word++) {
        guint fault = 0;
        while (fault < SIM_NUM_FAULTS && strcmp(fault_names[fault], *word) != 0) {
            fault++;
        }
        if (fault == SIM_NUM_FAULTS) {
            g_autofree char *known = g_strjoinv(", ", (char **)fault_names);
            return fail(error, APP_ERROR_INVALID, "there is no fault \"%s\"; there are %s", *word,
                        known);
        }
        faults |= 1u << fault;
    }
    *ret_faults = faults;
    return true;
}

static bool
has_fault(const SimOptions *options, SimFault fault)
{
    return (options->faults & 1u << fault) != 0;
}

static SimSensorFaults
sensor_faults(const SimOptions *options)
{
    /* Without a fault on request there still is a spike a minute in the store, a lost message in
     * two thousand, and grams of drift in an hour. */
    return (SimSensorFaults){
        .spikes_per_hour = has_fault(options, SIM_FAULT_SPIKES) ? 30 : 0.2,
        .dead_share = has_fault(options, SIM_FAULT_DEAD_PLATE) ? 0.03 : 0,
        .lost_share = has_fault(options, SIM_FAULT_LOST_BATCHES) ? 0.02 : 0.0005,
        .skew_seconds = has_fault(options, SIM_FAULT_CLOCK_SKEW) ? 0.6 : 0,
        .drift_grams = has_fault(options, SIM_FAULT_DRIFT) ? 1.5 : 0.05,
    };
}

static SimEyesFaults
eyes_faults(const SimOptions *options)
{
    return (SimEyesFaults){
        .swaps_per_second = has_fault(options, SIM_FAULT_TRACK_SWAPS) ? 0.1 : 0.008,
        .breaks_per_hour = has_fault(options, SIM_FAULT_TRACK_BREAKS) ? 120 : 6,
        .occlusion = has_fault(options, SIM_FAULT_OCCLUSION) ? 0.45 : 0,
    };
}

static bool
plates_meet(const SimAct *a, const SimAct *b)
{
    for (guint i = 0; i < a->num_plates; i++) {
        for (guint k = 0; k < b->num_plates; k++) {
            if (a->plates[i] == b->plates[k]) {
                return true;
            }
        }
    }
    return false;
}

/* Whether somebody puts the product down there before it is taken. */
static bool
is_brought_before(const SimScript *script, const SimAct *pick)
{
    for (guint v = 0; v < script->visitors->len; v++) {
        const GArray *acts = ((const SimVisitor *)script->visitors->pdata[v])->acts;
        for (guint i = 0; i < acts->len; i++) {
            const SimAct *act = &g_array_index(acts, SimAct, i);
            if (act->kind == ACT_PUT && act->product == pick->product && act->t < pick->t &&
                plates_meet(act, pick)) {
                return true;
            }
        }
    }
    return false;
}

/* What a script takes must be there; what is put there before it is taken comes by itself. */
static void
stock_for_script(SimStock *stock, const SimScript *script)
{
    for (guint v = 0; v < script->visitors->len; v++) {
        const GArray *acts = ((const SimVisitor *)script->visitors->pdata[v])->acts;
        for (guint i = 0; i < acts->len; i++) {
            const SimAct *act = &g_array_index(acts, SimAct, i);
            for (guint k = 0; k < act->quantity && act->kind == ACT_PICK; k++) {
                if (!is_brought_before(script, act)) {
                    SimItem item = sim_stock_new_item(stock, act->product);
                    sim_stock_put(stock, &item, act->plates, act->num_plates, false);
                }
            }
        }
    }
}

/* Visitors that are due step up to the door. */
static void
fill_queue(Simulation *sim, double since)
{
    const SimOptions *options = sim->options;
    if (options->script != NULL) {
        const GPtrArray *visitors = options->script->visitors;
        while (sim->next_scripted < visitors->len) {
            const SimVisitor *visitor = visitors->pdata[sim->next_scripted];
            if (visitor->t > since) {
                return;
            }
            SimVisitor *copy =
                sim_visitor_new(visitor->id, visitor->visit, visitor->role, visitor->t);
            copy->party = visitor->party;
            for (guint i = 0; i < visitor->acts->len; i++) {
                SimAct act = g_array_index(visitor->acts, SimAct, i);
                act.to = g_strdup(act.to);
                g_array_append_val(copy->acts, act);
            }
            g_ptr_array_add(sim->queue, copy);
            sim->next_scripted++;
        }
        return;
    }
    if (since >= options->minutes * 60 || sim->queue->len > 0) {
        return;
    }
    if (since >= sim->next_staff) {
        sim->next_staff += staff_every_s;
        g_ptr_array_add(sim->queue, sim_plan_staff(sim->plan));
    } else if (since >= sim->next_entry &&
               sim_people_count_shoppers(sim->people) < options->num_shoppers) {
        g_autoptr(GPtrArray) group = sim_plan_next(sim->plan);
        g_ptr_array_set_free_func(group, NULL);
        g_ptr_array_extend_and_steal(sim->queue, g_steal_pointer(&group));
        sim->next_entry = since + 1 + prng_exponential(&sim->gate_prng, entry_pause_s);
    }
}

static void
let_in(Simulation *sim, double t)
{
    fill_queue(sim, t - sim->options->start_t);
    while (sim->queue->len > 0 && sim_people_admit(sim->people, sim->queue->pdata[0], t)) {
        sim->queue->pdata[0] = NULL; /* taken */
        g_ptr_array_remove_index(sim->queue, 0);
        sim->result.num_people++;
    }
}

/* What the gate says of a crossing; false: nothing. */
static bool
describe_crossing(Simulation *sim, const SimCrossing *crossing, GateLine *ret_line)
{
    const char *id = sim_eyes_id_of(sim->eyes, crossing->key);
    GateLine line = { crossing->t, crossing->kind, crossing->visit, crossing->party, id };
    switch (crossing->kind) {
    case GATE_STAFF:
        break;
    case GATE_ENTER:
        if (prng_chance(&sim->gate_prng, 0.2)) {
            line.target = NULL;
        }
        break;
    case GATE_EXIT:
        line.party = 1;
        if (prng_chance(&sim->gate_prng, 0.02)) {
            return false;
        }
        if (id != NULL && prng_chance(&sim->gate_prng, 0.3)) {
            line.visit = NULL;
        } else if (prng_chance(&sim->gate_prng, 0.2)) {
            line.target = NULL;
        }
        break;
    }
    *ret_line = line;
    return true;
}

static void
write_crossings(Simulation *sim, double t)
{
    SimCrossing crossing;
    while (sim_people_next_crossing(sim->people, &crossing)) {
        g_array_append_val(sim->crossings, crossing);
    }
    for (guint i = 0; i < sim->crossings->len;) {
        crossing = g_array_index(sim->crossings, SimCrossing, i);
        /* The gate asks the tracker who stands there; for somebody coming in it waits a little. */
        double patience_s = crossing.kind == GATE_STAFF ? 5 : crossing.kind == GATE_ENTER ? 1 : 0;
        bool is_due = t >= crossing.t && (t > crossing.t + patience_s ||
                                          sim_eyes_id_of(sim->eyes, crossing.key) != NULL);
        GateLine line;
        if (!is_due) {
            i++;
            continue;
        }
        crossing.t = t;
        if (describe_crossing(sim, &crossing, &line)) {
            recording_write_gate(sim->writer, &line);
        }
        g_array_remove_index(sim->crossings, i);
    }
}

static void
write_weights(Simulation *sim, double t)
{
    bool is_slow = sim->gateway != NULL;
    double hz = is_slow ? 60 : sim->options->hz;
    guint num_rows = (guint)lround(hz * STEPS_PER_BATCH / STEPS_PER_SECOND);
    for (guint i = 0; i < sim->layout->num_shelves; i++) {
        const LayoutShelf *shelf = &sim->layout->shelves[i];
        double stamp;
        bool arrived = sim_sensor_sample(sim->world.sensor, i, t, hz, num_rows, sim->grams, &stamp);
        if (shelf->num_plates == 0) {
            continue;
        }
        WeightBatch batch = { .t = stamp,
                              .shelf = i,
                              .gondola_id = sim->layout->gondolas[shelf->gondola].id,
                              .shelf_id = shelf->id,
                              .hz = hz,
                              .num_rows = num_rows,
                              .num_columns = shelf->num_plates,
                              .grams = sim->grams };
        if (arrived && (!is_slow || sim_gateway_settle(sim->gateway, &batch))) {
            recording_write_weights(sim->writer, &batch);
        }
    }
}

static bool
is_over(const Simulation *sim, double since)
{
    if (sim_people_count(sim->people) > 0 || sim->queue->len > 0) {
        return false;
    }
    return sim->options->script != NULL ? sim->next_scripted >= sim->options->script->visitors->len
                                        : since >= sim->options->minutes * 60;
}

static bool
run(Simulation *sim, GError **error)
{
    const double dt = 1.0 / STEPS_PER_SECOND;
    double empty_since = -1, last_change = 0;
    guint last_count = 0;
    for (guint64 step = 0;; step++) {
        double since = (double)step / STEPS_PER_SECOND;
        double t = sim->options->start_t + since;
        let_in(sim, t);
        sim_people_step(sim->people, t, dt);
        if (step % STEPS_PER_LOOK == 0) {
            guint num_bodies;
            const SimBody *bodies = sim_people_bodies(sim->people, t, &num_bodies);
            TargetFrame frame =
                sim_eyes_look(sim->eyes, t, STEPS_PER_LOOK * dt, bodies, num_bodies);
            recording_write_targets(sim->writer, &frame);
            write_crossings(sim, t);
        }
        /* All that happens within a batch's time is known when its last step is done. */
        if (step % STEPS_PER_BATCH == STEPS_PER_BATCH - 1) {
            write_weights(sim, t - (STEPS_PER_BATCH - 1) * dt);
        }
        guint count = sim_people_count(sim->people) + sim->result.num_people;
        last_change = count != last_count || sim->queue->len == 0 ? since : last_change;
        last_count = count;
        if (since - last_change > stall_s || since > longest_s) {
            return fail(error, APP_ERROR_INTERNAL,
                        "the simulation stands still: %u people inside, %u at the door",
                        sim_people_count(sim->people), sim->queue->len);
        }
        empty_since = is_over(sim, since) ? (empty_since < 0 ? since : empty_since) : -1;
        sim->result.seconds = since;
        if (empty_since >= 0 && since - empty_since > tail_s) {
            return true;
        }
    }
}

static void
sort_events(Truth *truth)
{
    /* An insertion sort: acts that take long write ahead by seconds only, and the order of equal
     * times stays. */
    TruthEvent *events = (TruthEvent *)(gpointer)truth->events->data;
    for (guint i = 1; i < truth->events->len; i++) {
        TruthEvent event = events[i];
        guint at = i;
        for (; at > 0 && events[at - 1].t > event.t; at--) {
            events[at] = events[at - 1];
        }
        events[at] = event;
    }
}

static bool
check_options(const StoreLayout *layout, const SimOptions *options, GError **error)
{
    if (options->script == NULL && (options->num_shoppers == 0 || !(options->minutes > 0))) {
        return fail(error, APP_ERROR_INVALID, "random shopping needs shoppers and minutes");
    }
    if (!(options->hz == 60 || (options->hz > 0.05 && options->hz <= 1))) {
        return fail(error, APP_ERROR_INVALID, "weights come at 60 Hz, or settled at 1 Hz or less");
    }
    bool has_entry = false, has_exit = false, has_goods = false;
    for (guint i = 0; i < layout->num_zones; i++) {
        has_entry |= layout->zones[i].kind == ZONE_ENTRY;
        has_exit |= layout->zones[i].kind == ZONE_EXIT;
    }
    for (guint i = 0; i < layout->num_products; i++) {
        has_goods |= layout->products[i].num_plates > 0;
    }
    if (!has_entry || !has_exit || !has_goods) {
        return fail(error, APP_ERROR_INVALID,
                    "a simulation needs a layout with an entry zone, an exit zone and a planogram");
    }
    return true;
}

static bool
check_floor(SimFloor *floor, guint64 seed, GError **error)
{
    Prng prng = prng_new(seed, "doors", 0);
    FloorPoint entry, exit;
    if (!sim_floor_pick_in_zone(floor, ZONE_ENTRY, &prng, &entry) ||
        !sim_floor_pick_in_zone(floor, ZONE_EXIT, &prng, &exit) ||
        !isfinite(sim_floor_distance(floor, entry, exit))) {
        return fail(error, APP_ERROR_INVALID,
                    "nobody can walk from the layout's entry zone to its exit zone");
    }
    return true;
}

bool
simulate(const StoreLayout *layout, const SimOptions *options, const char *dir,
         const char *truth_path, SimResult *ret_result, GError **error)
{
    if (!check_options(layout, options, error)) {
        return false;
    }
    const SimSensorFaults plate_faults = sensor_faults(options);
    const SimEyesFaults track_faults = eyes_faults(options);
    g_autoptr(SimFloor) floor = sim_floor_new(layout, error);
    if (floor == NULL || !check_floor(floor, options->seed, error)) {
        return false;
    }
    g_autoptr(RecordingWriter) writer = recording_writer_new(dir, layout, error);
    if (writer == NULL) {
        return false;
    }
    g_autoptr(SimStock) stock =
        sim_stock_new(layout, options->seed, has_fault(options, SIM_FAULT_WRONG_WEIGHT));
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, options->seed, &plate_faults);
    g_autoptr(SimEyes) eyes = sim_eyes_new(layout, options->seed, &track_faults);
    g_autoptr(SimPlan) plan = sim_plan_new(layout, options->seed);
    g_autoptr(Truth) truth = truth_new();
    if (options->script != NULL) {
        stock_for_script(stock, options->script);
    }
    for (guint i = 0; i < layout->num_plates; i++) {
        sim_sensor_set_load(sensor, i, sim_stock_load(stock, i));
    }
    g_autoptr(SimCarts) carts = sim_carts_new();
    SimWorld world = { .layout = layout,
                       .seed = options->seed,
                       .floor = floor,
                       .stock = stock,
                       .sensor = sensor,
                       .carts = carts,
                       .truth = truth,
                       .start_t = options->start_t,
                       .puts_are_exact = options->script != NULL };
    g_autoptr(SimPeople) people = sim_people_new(&world);
    g_autoptr(GPtrArray) queue = g_ptr_array_new_with_free_func((GDestroyNotify)sim_visitor_free);
    g_autoptr(GArray) crossings = g_array_new(FALSE, FALSE, sizeof(SimCrossing));
    g_autofree float *grams = g_new(float, 1024 * 60);
    g_autoptr(SimGateway) gateway = options->hz <= 1 ? sim_gateway_new(layout, options->hz) : NULL;
    Simulation sim = { .layout = layout,
                       .options = options,
                       .world = world,
                       .people = people,
                       .eyes = eyes,
                       .plan = plan,
                       .writer = writer,
                       .gate_prng = prng_new(options->seed, "gate", 0),
                       .queue = queue,
                       .next_staff = staff_every_s / 2,
                       .crossings = crossings,
                       .grams = grams,
                       .gateway = gateway };
    if (!run(&sim, error)) {
        return false;
    }
    sim_carts_write(carts, layout, truth);
    sort_events(truth);
    sim.result.num_events = truth->events->len;
    sim.result.num_receipts = truth->receipts->len;
    sim.result.num_skipped = sim_people_num_skipped(people);
    if (!recording_writer_finish(writer, error) || !truth_write(truth, truth_path, error)) {
        return false;
    }
    *ret_result = sim.result;
    return true;
}

#include "store/sim_people.h"

#include "store/sim_cart.h"

#include <math.h>
#include <string.h>

static const double reach_metres = 1.05; /* from the middle of the body to the plate */
static const double give_up_s = 60;      /* on getting to a shelf */
static const double bring_s = 30;        /* what somebody else is to bring is waited for */
static const double hand_over_metres = 1.1;
static const double body_push_grams = 25; /* median shaking by a hand in the shelf */

typedef enum {
    PHASE_GO,    /* on the way to the next act, or waiting for its time there */
    PHASE_REACH, /* the hand goes out */
    PHASE_STAY,  /* the hand is at the shelf, up to the moment of the event or the end of a rest */
    PHASE_BACK,  /* the hand comes back */
    PHASE_LEAVE, /* on the way out */
    PHASE_OUT,   /* through the exit: to be removed */
} Phase;

typedef struct {
    SimVisitor *visitor;
    const char *visit; /* NULL: none */
    guint key;
    SimWalker walker;
    Phase phase;
    double phase_start, phase_end;
    guint next_act;
    guint num_acts_now; /* done together in this reach */
    double act_start;
    double next_look; /* for a better place to stand */
    bool has_spot;
    GArray *held; /* of SimItem */
    double height;
    float appearance[SIM_APPEARANCE];
    double reach_to[2][3];
    bool is_reaching[2];
    Prng prng;
} Person;

struct SimPeople {
    SimWorld world;
    GPtrArray *persons; /* of Person */
    GPtrArray *walkers; /* of SimWalker, the persons' */
    GArray *bodies;     /* of SimBody */
    GArray *crossings;  /* of SimCrossing, not yet asked for */
    SimCarts *carts;
    guint next_key;
    guint num_skipped;
};

static void
person_free(gpointer data)
{
    Person *person = data;
    sim_visitor_free(person->visitor);
    g_array_unref(person->held);
    g_free(person);
}

SimPeople *
sim_people_new(const SimWorld *world)
{
    SimPeople *people = g_new0(SimPeople, 1);
    people->world = *world;
    people->persons = g_ptr_array_new_with_free_func(person_free);
    people->walkers = g_ptr_array_new();
    people->bodies = g_array_new(FALSE, TRUE, sizeof(SimBody));
    people->crossings = g_array_new(FALSE, FALSE, sizeof(SimCrossing));
    people->carts = sim_carts_new();
    return people;
}

void
sim_people_free(SimPeople *people)
{
    if (people == NULL) {
        return;
    }
    g_ptr_array_unref(people->walkers);
    g_ptr_array_unref(people->persons);
    g_array_unref(people->bodies);
    g_array_unref(people->crossings);
    sim_carts_free(people->carts);
    g_free(people);
}

guint
sim_people_count(const SimPeople *people)
{
    return people->persons->len;
}

guint
sim_people_count_shoppers(const SimPeople *people)
{
    guint count = 0;
    for (guint i = 0; i < people->persons->len; i++) {
        count += ((const Person *)people->persons->pdata[i])->visitor->role != ROLE_STAFF;
    }
    return count;
}

guint
sim_people_num_skipped(const SimPeople *people)
{
    return people->num_skipped;
}

static void
dress(Person *person)
{
    /* Three colours over a pale ground; staff wear the house's jacket. */
    Prng jacket = prng_new(0, "jacket", 0);
    Prng *prng = person->visitor->role == ROLE_STAFF ? &jacket : &person->prng;
    double sum = 0;
    for (int i = 0; i < SIM_APPEARANCE; i++) {
        person->appearance[i] = 0.1f;
    }
    for (int i = 0; i < 3; i++) {
        person->appearance[prng_below(prng, SIM_APPEARANCE)] += (float)prng_range(prng, 0.3, 1.5);
    }
    for (int i = 0; i < SIM_APPEARANCE; i++) {
        sum += person->appearance[i];
    }
    for (int i = 0; i < SIM_APPEARANCE; i++) {
        person->appearance[i] /= (float)sum;
    }
}

static void
cross(SimPeople *people, const Person *person, GateKind kind, double t)
{
    SimCrossing crossing = { kind, person->key, person->visit, MAX(person->visitor->party, 1), t };
    g_array_append_val(people->crossings, crossing);
}

bool
sim_people_next_crossing(SimPeople *people, SimCrossing *ret_crossing)
{
    if (people->crossings->len == 0) {
        return false;
    }
    *ret_crossing = g_array_index(people->crossings, SimCrossing, 0);
    g_array_remove_index(people->crossings, 0);
    return true;
}

bool
sim_people_admit(SimPeople *people, SimVisitor *visitor, double t)
{
    Prng prng = prng_new(people->world.seed, "person", people->next_key);
    FloorPoint at = { 0, 0 };
    bool found = false;
    for (int i = 0; i < 8 && !found; i++) {
        found = sim_floor_pick_in_zone(people->world.floor, ZONE_ENTRY, &prng, &at) &&
                sim_walk_is_free((SimWalker *const *)people->walkers->pdata, people->walkers->len,
                                 NULL, at);
    }
    if (!found) {
        return false;
    }
    Person *person = g_new0(Person, 1);
    person->visitor = visitor;
    person->key = people->next_key++;
    person->visit = visitor->visit == NULL ? NULL : sim_carts_open(people->carts, visitor->visit);
    person->walker = sim_walker_new(prng_new(people->world.seed, "walker", person->key), at);
    person->held = g_array_new(FALSE, FALSE, sizeof(SimItem));
    person->prng = prng;
    person->height = prng_normal_within(&person->prng, 1.68, 0.09, 1.45, 1.95);
    person->phase_start = person->act_start = t;
    dress(person);
    g_ptr_array_add(people->persons, person);
    g_ptr_array_add(people->walkers, &person->walker);
    if (visitor->role == ROLE_STAFF) {
        cross(people, person, GATE_STAFF, t);
    } else if (visitor->role == ROLE_SHOPPER && visitor->party > 0) {
        cross(people, person, GATE_ENTER, t + prng_range(&person->prng, 0.2, 0.8));
    }
    return true;
}

static const SimAct *
act_of(const Person *person, guint offset)
{
    guint index = person->next_act + offset;
    return index < person->visitor->acts->len ? &g_array_index(person->visitor->acts, SimAct, index)
                                              : NULL;
}

static void
middle_of(const StoreLayout *layout, const SimAct *act, double ret_middle[3])
{
    memset(ret_middle, 0, 3 * sizeof *ret_middle);
    for (guint i = 0; i < act->num_plates; i++) {
        for (int k = 0; k < 3; k++) {
            ret_middle[k] += layout->plates[act->plates[i]].center[k] / act->num_plates;
        }
    }
}

/* A place before the plates from which they can be reached, where nobody stands. */
static bool
choose_spot(SimPeople *people, Person *person, const SimAct *act)
{
    static const double asides[] = { 0, 0.2, -0.2, 0.4, -0.4, 0.55, -0.55 };
    static const double offs[] = { 0.3, 0.42, 0.54 };
    const StoreLayout *layout = people->world.layout;
    const LayoutPlate *plate = &layout->plates[act->plates[0]];
    FloorPoint front = layout->shelves[plate->shelf].front;
    double middle[3];
    middle_of(layout, act, middle);
    double depth =
        MAX(fabs(front.x * cos(plate->yaw) + front.y * sin(plate->yaw)) * plate->size[0],
            fabs(front.y * cos(plate->yaw) - front.x * sin(plate->yaw)) * plate->size[1]);
    double best_cost = INFINITY;
    for (gsize i = 0; i < G_N_ELEMENTS(asides) * G_N_ELEMENTS(offs); i++) {
        double aside = asides[i % G_N_ELEMENTS(asides)];
        double off = depth / 2 + offs[i / G_N_ELEMENTS(asides)];
        FloorPoint spot = { middle[0] + off * front.x - aside * front.y,
                            middle[1] + off * front.y + aside * front.x };
        double cost = fabs(aside) + 0.7 * off + prng_range(&person->prng, 0, 0.1);
        if (cost < best_cost && hypot(spot.x - middle[0], spot.y - middle[1]) < reach_metres &&
            sim_floor_has_room(people->world.floor, spot) &&
            sim_walk_is_free((SimWalker *const *)people->walkers->pdata, people->walkers->len,
                             &person->walker, spot) &&
            isfinite(sim_floor_distance(people->world.floor, person->walker.at, spot))) {
            best_cost = cost;
            person->walker.goal = spot;
        }
    }
    return best_cost < INFINITY;
}

static Person *
find_person(const SimPeople *people, const char *id)
{
    for (guint i = 0; i < people->persons->len && id != NULL; i++) {
        Person *person = people->persons->pdata[i];
        if (strcmp(person->visitor->id, id) == 0 && person->phase != PHASE_OUT) {
            return person;
        }
    }
    return NULL;
}

static double
distance_to(const Person *person, double x, double y)
{
    return hypot(person->walker.at.x - x, person->walker.at.y - y);
}

/* Also when the goal itself stays taken, but the hand reaches. */
static bool
has_arrived(const SimPeople *people, const Person *person, const SimAct *act, double t)
{
    if (act->kind == ACT_HAND) {
        const Person *other = find_person(people, act->to);
        return other != NULL &&
               distance_to(person, other->walker.at.x, other->walker.at.y) < hand_over_metres;
    }
    if (person->has_spot &&
        distance_to(person, person->walker.goal.x, person->walker.goal.y) < 0.08) {
        return true;
    }
    double middle[3];
    middle_of(people->world.layout, act, middle);
    return t - person->act_start > 12 && distance_to(person, middle[0], middle[1]) < reach_metres;
}

static void
next_act(Person *person, guint count, double t)
{
    person->next_act += count;
    person->phase = PHASE_GO;
    person->phase_start = person->act_start = t;
    person->has_spot = false;
    person->next_look = t;
    person->is_reaching[0] = person->is_reaching[1] = false;
}

static void
skip_act(SimPeople *people, Person *person, double t)
{
    people->num_skipped++;
    next_act(person, 1, t);
}

static double
usual_stay(Person *person, const SimAct *act)
{
    switch (act->kind) {
    case ACT_LOOK:
    case ACT_REST:
        return act->seconds > 0 ? act->seconds : prng_range(&person->prng, 1, 4);
    case ACT_PICK:
    case ACT_PUT:
    case ACT_TOUCH:
    case ACT_HAND:
    case ACT_LEAVE:
    case ACT_RESTOCK:
        return act->seconds > 0 ? act->seconds : prng_range(&person->prng, 0.2, 0.9);
    }
    g_assert_not_reached();
}

static void
begin_reach(SimPeople *people, Person *person, double t)
{
    const SimAct *act = act_of(person, 0);
    person->num_acts_now = 1;
    while (act_of(person, person->num_acts_now) != NULL &&
           act_of(person, person->num_acts_now)->is_together && person->num_acts_now < 2) {
        person->num_acts_now++;
    }
    person->walker.is_walking = false;
    guint first_hand = prng_below(&person->prng, 2);
    for (guint i = 0; i < person->num_acts_now && act->kind != ACT_LOOK; i++) {
        guint hand = (first_hand + i) % 2;
        person->is_reaching[hand] = act->kind != ACT_HAND;
        if (act->kind != ACT_HAND) {
            middle_of(people->world.layout, act_of(person, i), person->reach_to[hand]);
            person->reach_to[hand][2] += 0.08;
        }
    }
    if (act->num_plates > 0) {
        const LayoutPlate *plate = &people->world.layout->plates[act->plates[0]];
        FloorPoint front = people->world.layout->shelves[plate->shelf].front;
        person->walker.heading = (FloorPoint){ -front.x, -front.y };
    }
    person->phase = PHASE_REACH;
    person->phase_start = t;
    person->phase_end = t + prng_range(&person->prng, 0.45, 0.9);
}

static guint
gondola_of(const SimPeople *people, guint plate)
{
    const StoreLayout *layout = people->world.layout;
    return layout->shelves[layout->plates[plate].shelf].gondola;
}

static void
shake(SimPeople *people, Person *person, guint plate, double t)
{
    double grams = prng_lognormal_within(&person->prng, body_push_grams, 0.6, 8, 120);
    sim_sensor_shake(people->world.sensor, gondola_of(people, plate), t,
                     prng_range(&person->prng, 0.6, 1.6), grams);
}

/* What the hand does to the plates before the moment itself. */
static void
lay_hand_on(SimPeople *people, Person *person, const SimAct *act, double t, double seconds)
{
    SimSensor *sensor = people->world.sensor;
    Prng *prng = &person->prng;
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
            double unit = people->world.layout->products[act->product].weight_grams;
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
    shake(people, person, plate, t);
}

static void
begin_stay(SimPeople *people, Person *person, double t)
{
    double longest = 0;
    for (guint i = 0; i < person->num_acts_now; i++) {
        double seconds = usual_stay(person, act_of(person, i));
        longest = MAX(longest, seconds);
        lay_hand_on(people, person, act_of(person, i), t, seconds);
    }
    person->phase = PHASE_STAY;
    person->phase_start = t;
    person->phase_end = t + longest;
}

static void
tell_truth(SimPeople *people, double t, bool is_put, const char *visit, guint product,
           const SimItem *items, guint num_items)
{
    const StoreLayout *layout = people->world.layout;
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
    truth_add_event(people->world.truth, &event);
}

static void
move_load(SimPeople *people, const SimItem *item, double t, double sign)
{
    for (guint i = 0; i < item->num_plates; i++) {
        sim_sensor_change(people->world.sensor, item->plates[i], t,
                          sign * item->shares[i] * item->grams);
    }
}

static void
take_items(SimPeople *people, Person *person, const SimAct *act, double t)
{
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(SimItem));
    SimItem item;
    while (taken->len < act->quantity &&
           sim_stock_take(people->world.stock, act->product, act->plates, act->num_plates, &item)) {
        item.visit = person->visit;
        move_load(people, &item, t + 0.03 * taken->len, -1);
        g_array_append_val(taken, item);
    }
    if (taken->len == 0) {
        people->num_skipped++;
        return;
    }
    if (person->visit != NULL) {
        sim_carts_add(people->carts, person->visit, act->product, (int)taken->len);
    }
    g_array_append_vals(person->held, taken->data, taken->len);
    tell_truth(people, t, false, person->visit, act->product,
               (const SimItem *)(gpointer)taken->data, taken->len);
}

static guint
find_held(const Person *person, guint product)
{
    for (guint i = person->held->len; i > 0; i--) {
        if (g_array_index(person->held, SimItem, i - 1).product == product) {
            return i - 1;
        }
    }
    return G_MAXUINT;
}

static void
put_items(SimPeople *people, Person *person, const SimAct *act, double t)
{
    for (guint i = 0; i < act->quantity; i++) {
        guint index = find_held(person, act->product);
        if (index == G_MAXUINT) {
            people->num_skipped++;
            return;
        }
        SimItem item = g_array_index(person->held, SimItem, index);
        g_array_remove_index(person->held, index);
        sim_stock_put(people->world.stock, &item, act->plates, act->num_plates,
                      !people->world.puts_are_exact);
        move_load(people, &item, t + 0.4 * i, 1);
        if (item.visit != NULL) {
            sim_carts_add(people->carts, item.visit, item.product, -1);
        }
        tell_truth(people, t + 0.4 * i, true, item.visit, item.product, &item, 1);
    }
}

static void
restock(SimPeople *people, Person *person, const SimAct *act, double t)
{
    for (guint i = 0; i < act->quantity; i++) {
        SimItem item = sim_stock_new_item(people->world.stock, act->product);
        double at = t + 1.1 * i;
        sim_stock_put(people->world.stock, &item, act->plates, act->num_plates, true);
        move_load(people, &item, at, 1);
        tell_truth(people, at, true, NULL, item.product, &item, 1);
    }
}

static void
hand_over(SimPeople *people, Person *person, const SimAct *act)
{
    Person *other = find_person(people, act->to);
    guint index = find_held(person, act->product);
    if (other == NULL || index == G_MAXUINT) {
        people->num_skipped++;
        return;
    }
    SimItem item = g_array_index(person->held, SimItem, index);
    g_array_remove_index(person->held, index);
    g_array_append_val(other->held, item);
}

static void
do_act(SimPeople *people, Person *person, const SimAct *act, double t)
{
    switch (act->kind) {
    case ACT_PICK:
        take_items(people, person, act, t);
        return;
    case ACT_PUT:
        put_items(people, person, act, t);
        return;
    case ACT_HAND:
        hand_over(people, person, act);
        return;
    case ACT_LEAVE:
        sim_sensor_change(people->world.sensor, act->plates[0], t, act->grams);
        return;
    case ACT_RESTOCK:
        restock(people, person, act, t);
        return;
    case ACT_TOUCH:
    case ACT_REST:
    case ACT_LOOK:
        return;
    }
    g_assert_not_reached();
}

static void
finish_stay(SimPeople *people, Person *person, double t)
{
    double moment = t;
    for (guint i = 0; i < person->num_acts_now; i++) {
        do_act(people, person, act_of(person, i), moment);
        moment += prng_range(&person->prng, 0, 0.25);
    }
    const SimAct *act = act_of(person, 0);
    double busy = act->kind == ACT_RESTOCK ? 1.1 * act->quantity
                  : act->kind == ACT_PUT   ? 0.4 * act->quantity
                                           : 0.1;
    person->phase = PHASE_BACK;
    person->phase_start = t;
    person->phase_end = t + busy + prng_range(&person->prng, 0.35, 0.7);
}

static void
walk_out(SimPeople *people, Person *person, double t)
{
    FloorPoint exit;
    if (!sim_floor_pick_in_zone(people->world.floor, ZONE_EXIT, &person->prng, &exit)) {
        person->phase = PHASE_OUT;
        return;
    }
    person->walker.goal = exit;
    person->walker.is_walking = true;
    person->phase = PHASE_LEAVE;
    person->phase_start = t;
}

/* Time left before the act's own moment: the reach and the stay come first. What a script says that
 * somebody else brings is waited for. */
static bool
is_time(const SimPeople *people, const SimAct *act, double t)
{
    double lead = 0.7 + (act->seconds > 0 ? act->seconds : 0.5);
    double due = people->world.start_t + act->t - lead;
    bool is_awaited =
        people->world.puts_are_exact && act->kind == ACT_PICK &&
        !sim_stock_has(people->world.stock, act->product, act->plates, act->num_plates);
    return t >= due + (is_awaited ? bring_s : 0);
}

static void
go(SimPeople *people, Person *person, double t)
{
    const SimAct *act = act_of(person, 0);
    if (act == NULL) {
        walk_out(people, person, t);
        return;
    }
    if (t - person->act_start > give_up_s && is_time(people, act, t - give_up_s)) {
        skip_act(people, person, t);
        return;
    }
    if (act->kind == ACT_HAND) {
        const Person *other = find_person(people, act->to);
        if (other == NULL || find_held(person, act->product) == G_MAXUINT) {
            skip_act(people, person, t);
            return;
        }
        person->walker.goal = other->walker.at;
        person->walker.is_walking = true;
    } else if (t >= person->next_look && !has_arrived(people, person, act, t)) {
        person->has_spot = choose_spot(people, person, act);
        person->walker.is_walking = person->has_spot;
        person->next_look = t + 1;
    }
    if (has_arrived(people, person, act, t)) {
        person->walker.is_walking = false;
        if (is_time(people, act, t)) {
            begin_reach(people, person, t);
        }
    }
}

static bool
is_last_of_visit(const SimPeople *people, const Person *self)
{
    for (guint i = 0; i < people->persons->len; i++) {
        const Person *person = people->persons->pdata[i];
        if (person != self && person->visit == self->visit && person->phase != PHASE_OUT) {
            return false;
        }
    }
    return true;
}

static void
leave(SimPeople *people, Person *person, double t)
{
    bool is_there = distance_to(person, person->walker.goal.x, person->walker.goal.y) < 0.1;
    bool is_in_zone = store_layout_in_zone(people->world.layout, ZONE_EXIT, person->walker.at);
    if (!is_there && !(is_in_zone && person->walker.stuck_seconds > 0.5)) {
        if (person->walker.stuck_seconds > 6) {
            walk_out(people, person, t); /* another spot of the zone */
            person->walker.stuck_seconds = 0;
        }
        return;
    }
    if (person->visit != NULL && is_last_of_visit(people, person)) {
        cross(people, person, GATE_EXIT, t);
    }
    person->phase = PHASE_OUT;
    person->phase_end = t + prng_range(&person->prng, 0.3, 1);
    person->walker.is_walking = false;
}

static void
live(SimPeople *people, Person *person, double t)
{
    switch (person->phase) {
    case PHASE_GO:
        go(people, person, t);
        return;
    case PHASE_REACH:
        if (t >= person->phase_end) {
            begin_stay(people, person, t);
        }
        return;
    case PHASE_STAY:
        if (t >= person->phase_end) {
            finish_stay(people, person, t);
        }
        return;
    case PHASE_BACK:
        if (t >= person->phase_end) {
            next_act(person, person->num_acts_now, t);
        }
        return;
    case PHASE_LEAVE:
        leave(people, person, t);
        return;
    case PHASE_OUT:
        return;
    }
    g_assert_not_reached();
}

static void
count_people_at_gondolas(SimPeople *people)
{
    const StoreLayout *layout = people->world.layout;
    for (guint g = 0; g < layout->num_gondolas; g++) {
        guint count = 0;
        for (guint i = 0; i < people->persons->len; i++) {
            const Person *person = people->persons->pdata[i];
            count += polygon_distance(&layout->gondolas[g].body, person->walker.at, NULL) < 0.8;
        }
        sim_sensor_set_people(people->world.sensor, g, count);
    }
}

void
sim_people_step(SimPeople *people, double t, double dt)
{
    for (guint i = 0; i < people->persons->len; i++) {
        live(people, people->persons->pdata[i], t);
    }
    sim_walk_step(people->world.floor, (SimWalker **)people->walkers->pdata, people->walkers->len,
                  dt);
    for (guint i = 0; i < people->persons->len;) {
        const Person *person = people->persons->pdata[i];
        if (person->phase == PHASE_OUT && t >= person->phase_end) {
            g_ptr_array_remove_index(people->walkers, i);
            g_ptr_array_remove_index(people->persons, i);
        } else {
            i++;
        }
    }
    count_people_at_gondolas(people);
}

/* How far out the hand is: 0 at the body, 1 at the shelf. */
static double
reach_progress(const Person *person, double t)
{
    double along =
        CLAMP((t - person->phase_start) / MAX(person->phase_end - person->phase_start, 1e-3), 0, 1);
    double smooth = along * along * (3 - 2 * along);
    switch (person->phase) {
    case PHASE_REACH:
        return smooth;
    case PHASE_STAY:
        return 1;
    case PHASE_BACK:
        return 1 - smooth;
    case PHASE_GO:
    case PHASE_LEAVE:
    case PHASE_OUT:
        return 0;
    }
    g_assert_not_reached();
}

static SimBody
body_of(const Person *person, double t)
{
    FloorPoint at = person->walker.at, heading = person->walker.heading;
    SimBody body = { .key = person->key, .at = at, .heading = heading };
    double out = reach_progress(person, t), lean = 0;
    for (int i = 0; i < 2; i++) {
        double aside = i == 0 ? 0.2 : -0.2;
        double swing = person->walker.speed * 0.12 * sin(7 * t + person->key + i * G_PI);
        double rest[3] = { at.x + (0.18 + swing) * heading.x - aside * heading.y,
                           at.y + (0.18 + swing) * heading.y + aside * heading.x,
                           (person->held->len > 0 ? 0.6 : 0.5) * person->height };
        for (int k = 0; k < 3; k++) {
            double share = person->is_reaching[i] ? out : 0;
            body.hands[i][k] = rest[k] + share * (person->reach_to[i][k] - rest[k]);
        }
        body.is_hand_covered[i] = person->is_reaching[i] && out > 0.8;
        if (person->is_reaching[i]) {
            /* For the low shelves one bends down. */
            lean = MAX(lean, out * CLAMP(0.9 - person->reach_to[i][2], 0, 0.6));
        }
    }
    body.head[0] = at.x + (0.06 + 0.5 * lean) * heading.x;
    body.head[1] = at.y + (0.06 + 0.5 * lean) * heading.y;
    body.head[2] = person->height - lean;
    memcpy(body.appearance, person->appearance, sizeof body.appearance);
    return body;
}

const SimBody *
sim_people_bodies(SimPeople *people, double t, guint *ret_num)
{
    g_array_set_size(people->bodies, 0);
    for (guint i = 0; i < people->persons->len; i++) {
        SimBody body = body_of(people->persons->pdata[i], t);
        g_array_append_val(people->bodies, body);
    }
    *ret_num = people->bodies->len;
    return (const SimBody *)(gpointer)people->bodies->data;
}

void
sim_people_close(SimPeople *people)
{
    sim_carts_write(people->carts, people->world.layout, people->world.truth);
}

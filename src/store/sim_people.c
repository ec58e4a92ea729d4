#include "store/sim_people.h"

#include <math.h>
#include <string.h>

static const double reach_metres = 1.05; /* from the middle of the body to the plate */
static const double give_up_s = 60;      /* on getting to a shelf */
static const double snatch_s = 2.5;
static const double bring_s = 30; /* what somebody else is to bring is waited for */
static const double hand_over_metres = 1.1;

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
    SimHands hands;
    guint key;
    SimWalker walker;
    Phase phase;
    double phase_start, phase_end;
    guint next_act;
    guint num_acts_now; /* done together in this reach */
    double act_start;
    double next_look;  /* for a better place to stand */
    double gate_until; /* shows the code, standing */
    double missed_at;  /* when what is to be taken was last not there */
    bool has_spot;
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
    guint next_key;
    guint num_skipped;
};

static void
person_free(gpointer data)
{
    Person *person = data;
    sim_visitor_free(person->visitor);
    g_array_unref(person->hands.held);
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
    SimCrossing crossing = { kind, person->key, person->hands.visit, MAX(person->visitor->party, 1),
                             t };
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
    person->hands.visit =
        visitor->visit == NULL ? NULL : sim_carts_open(people->world.carts, visitor->visit);
    person->walker = sim_walker_new(prng_new(people->world.seed, "walker", person->key), at);
    person->hands.held = g_array_new(FALSE, FALSE, sizeof(SimItem));
    person->prng = prng;
    person->hands.prng = &person->prng;
    person->height = prng_normal_within(&person->prng, 1.68, 0.09, 1.45, 1.95);
    person->phase_start = person->act_start = t;
    dress(person);
    g_ptr_array_add(people->persons, person);
    g_ptr_array_add(people->walkers, &person->walker);
    if (visitor->role == ROLE_STAFF) {
        cross(people, person, GATE_STAFF, t);
    } else if (visitor->role == ROLE_SHOPPER && visitor->party > 0) {
        double scanned_at = t + prng_range(&person->prng, 0.4, 1.2);
        cross(people, person, GATE_ENTER, scanned_at);
        person->gate_until = scanned_at + 0.2;
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

static void
begin_stay(SimPeople *people, Person *person, double t)
{
    double longest = 0;
    for (guint i = 0; i < person->num_acts_now; i++) {
        double seconds = usual_stay(person, act_of(person, i));
        longest = MAX(longest, seconds);
        sim_hands_lay_on(&people->world, &person->hands, act_of(person, i), t, seconds);
    }
    person->phase = PHASE_STAY;
    person->phase_start = t;
    person->phase_end = t + longest;
}

static void
hand_over(SimPeople *people, Person *person, const SimAct *act)
{
    Person *other = find_person(people, act->to);
    guint index = sim_hands_find(&person->hands, act->product);
    if (other == NULL || index == G_MAXUINT) {
        people->num_skipped++;
        return;
    }
    SimItem item = g_array_index(person->hands.held, SimItem, index);
    g_array_remove_index(person->hands.held, index);
    g_array_append_val(other->hands.held, item);
}

static void
do_act(SimPeople *people, Person *person, const SimAct *act, double t)
{
    switch (act->kind) {
    case ACT_PICK:
        people->num_skipped += !sim_hands_take(&people->world, &person->hands, act, t);
        return;
    case ACT_PUT:
        people->num_skipped += !sim_hands_put(&people->world, &person->hands, act, t);
        return;
    case ACT_HAND:
        hand_over(people, person, act);
        return;
    case ACT_LEAVE:
        sim_sensor_change(people->world.sensor, act->plates[0], t, act->grams);
        return;
    case ACT_RESTOCK:
        sim_hands_restock(&people->world, act, t);
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
    person->phase = PHASE_BACK;
    person->phase_start = t;
    person->phase_end = t + sim_hands_busy_seconds(act) + prng_range(&person->prng, 0.35, 0.7);
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
 * somebody else brings is waited for, and not snatched from the hand. */
static bool
is_time(const SimPeople *people, Person *person, const SimAct *act, double t)
{
    double lead = 0.7 + (act->seconds > 0 ? act->seconds : 0.5);
    double due = people->world.start_t + act->t - lead;
    if (people->world.puts_are_exact && act->kind == ACT_PICK && t < due + bring_s) {
        if (!sim_stock_has(people->world.stock, act->product, act->plates, act->num_plates)) {
            person->missed_at = t;
        }
        due = MAX(due, person->missed_at + snatch_s);
    }
    return t >= due;
}

/* A script's act that is still far off: nobody stands before a shelf for it yet. */
static bool
is_far_off(const SimPeople *people, const Person *person, const SimAct *act, double t)
{
    double middle[3];
    if (act->t <= 0 || act->num_plates == 0) {
        return false;
    }
    middle_of(people->world.layout, act, middle);
    double way_s = 1.6 * distance_to(person, middle[0], middle[1]) / person->walker.free_speed;
    return t < people->world.start_t + act->t - 3 - act->seconds - way_s;
}

/* Seen before the hand goes out: the plate is empty, or there is nothing to put back. */
static bool
is_pointless(const SimPeople *people, const Person *person, const SimAct *act)
{
    switch (act->kind) {
    case ACT_PICK:
        return !sim_stock_has(people->world.stock, act->product, act->plates, act->num_plates);
    case ACT_PUT:
    case ACT_HAND:
        return sim_hands_find(&person->hands, act->product) == G_MAXUINT;
    case ACT_TOUCH:
    case ACT_REST:
    case ACT_LOOK:
    case ACT_LEAVE:
    case ACT_RESTOCK:
        return false;
    }
    g_assert_not_reached();
}

static void
go(SimPeople *people, Person *person, double t)
{
    const SimAct *act = act_of(person, 0);
    if (act == NULL) {
        walk_out(people, person, t);
        return;
    }
    if (!people->world.puts_are_exact && is_pointless(people, person, act)) {
        skip_act(people, person, t);
        return;
    }
    if (is_far_off(people, person, act, t)) {
        person->walker.is_walking = false;
        person->act_start = t;
        return;
    }
    if (t - person->act_start > give_up_s && is_time(people, person, act, t - give_up_s)) {
        skip_act(people, person, t);
        return;
    }
    if (act->kind == ACT_HAND) {
        const Person *other = find_person(people, act->to);
        if (other == NULL || sim_hands_find(&person->hands, act->product) == G_MAXUINT) {
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
        if (is_time(people, person, act, t)) {
            begin_reach(people, person, t);
        }
    }
}

static bool
is_last_of_visit(const SimPeople *people, const Person *self)
{
    for (guint i = 0; i < people->persons->len; i++) {
        const Person *person = people->persons->pdata[i];
        if (person != self && person->hands.visit == self->hands.visit &&
            person->phase != PHASE_OUT) {
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
    if (person->hands.visit != NULL && is_last_of_visit(people, person)) {
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
        if (t >= person->gate_until) {
            go(people, person, t);
        }
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
                           (person->hands.held->len > 0 ? 0.6 : 0.5) * person->height };
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

#include "store/sim_plan.h"

#include <math.h>

/* Shares of what people do. Nobody has published them for such a store: they are guesses, made so
 * that every kind of trouble of the labelled cases occurs often (docs/simulator.md). */
static const double mean_picks = 2.6;
static const double party_share = 0.1, stranger_share = 0.005;
static const double look_share = 0.7, touch_share = 0.12, rest_share = 0.05;
static const double two_at_once_share = 0.08, two_hands_share = 0.04, slow_share = 0.05;
static const double put_back_share = 0.13; /* of what was taken */
static const double put_near_share = 0.25, put_anywhere_share = 0.15;
static const double hand_over_share = 0.3; /* of the goods' takers in a party */
static const double leave_share = 0.005;
static const guint acts_of_staff = 12;

struct SimPlan {
    const StoreLayout *layout;
    Prng prng;
    guint64 next_visit, next_staff;
    GArray *products;   /* of guint: those on some plate */
    double *popularity; /* running sum over them */
};

SimPlan *
sim_plan_new(const StoreLayout *layout, guint64 seed)
{
    SimPlan *plan = g_new0(SimPlan, 1);
    plan->layout = layout;
    plan->prng = prng_new(seed, "plan", 0);
    plan->next_visit = plan->next_staff = 1;
    plan->products = g_array_new(FALSE, FALSE, sizeof(guint));
    plan->popularity = g_new0(double, layout->num_products + 1);
    double sum = 0;
    for (guint i = 0; i < layout->num_products; i++) {
        if (layout->products[i].num_plates > 0) {
            /* A few sell often, most seldom. */
            sum += exp(prng_normal(&plan->prng, 0, 0.6));
            plan->popularity[plan->products->len] = sum;
            g_array_append_val(plan->products, i);
        }
    }
    return plan;
}

void
sim_plan_free(SimPlan *plan)
{
    if (plan == NULL) {
        return;
    }
    g_array_unref(plan->products);
    g_free(plan->popularity);
    g_free(plan);
}

static guint
wanted_product(SimPlan *plan)
{
    guint count = plan->products->len;
    double at = prng_uniform(&plan->prng) * plan->popularity[count - 1];
    guint i = 0;
    while (i + 1 < count && plan->popularity[i] < at) {
        i++;
    }
    return g_array_index(plan->products, guint, i);
}

static void
add(SimVisitor *visitor, ActKind kind, guint product, guint quantity, guint plate, double seconds)
{
    SimAct act = { .kind = kind,
                   .product = product,
                   .quantity = quantity,
                   .seconds = seconds,
                   .num_plates = 1,
                   .plates = { plate },
                   .grams = 100 };
    g_array_append_val(visitor->acts, act);
}

static guint
plate_of(SimPlan *plan, guint product)
{
    const LayoutProduct *info = &plan->layout->products[product];
    return info->plates[prng_below(&plan->prng, info->num_plates)];
}

/* Where somebody puts back what was taken from PLATE. */
static guint
plate_for_return(SimPlan *plan, guint plate)
{
    double kind = prng_uniform(&plan->prng);
    if (kind < put_anywhere_share) {
        return prng_below(&plan->prng, plan->layout->num_plates);
    }
    const LayoutShelf *shelf = &plan->layout->shelves[plan->layout->plates[plate].shelf];
    if (kind < put_anywhere_share + put_near_share) {
        return shelf->first_plate + prng_below(&plan->prng, shelf->num_plates);
    }
    return plate;
}

static void
want_one(SimPlan *plan, SimVisitor *visitor)
{
    Prng *prng = &plan->prng;
    guint product = wanted_product(plan), plate = plate_of(plan, product);
    if (prng_chance(prng, look_share)) {
        add(visitor, ACT_LOOK, LAYOUT_NONE, 1, plate, 1 + prng_exponential(prng, 5));
    }
    if (prng_chance(prng, touch_share)) {
        add(visitor, ACT_TOUCH, LAYOUT_NONE, 1, plate, 0);
    }
    if (prng_chance(prng, rest_share)) {
        add(visitor, ACT_REST, LAYOUT_NONE, 1, plate, prng_range(prng, 1, 5));
    }
    guint quantity = prng_chance(prng, two_at_once_share) ? 2 : 1;
    add(visitor, ACT_PICK, product, quantity, plate,
        prng_chance(prng, slow_share) ? prng_range(prng, 2, 7) : 0);
    if (prng_chance(prng, two_hands_share)) {
        /* Something from beside it with the other hand. */
        const LayoutShelf *shelf = &plan->layout->shelves[plan->layout->plates[plate].shelf];
        guint other = shelf->first_plate + prng_below(prng, shelf->num_plates);
        const LayoutPlate *info = &plan->layout->plates[other];
        if (info->num_products > 0) {
            add(visitor, ACT_PICK, info->products[0], 1, other, 0);
            g_array_index(visitor->acts, SimAct, visitor->acts->len - 1).is_together = true;
        }
    }
    if (prng_chance(prng, put_back_share)) {
        if (prng_chance(prng, 0.5)) {
            add(visitor, ACT_LOOK, LAYOUT_NONE, 1, plate, prng_range(prng, 0.5, 6));
        }
        add(visitor, ACT_PUT, product, 1, plate_for_return(plan, plate), 0);
    }
}

static void
want_things(SimPlan *plan, SimVisitor *visitor)
{
    guint num_wants = prng_poisson(&plan->prng, mean_picks);
    for (guint i = 0; i < num_wants; i++) {
        want_one(plan, visitor);
    }
    if (num_wants == 0) { /* only looks */
        guint plate = prng_below(&plan->prng, plan->layout->num_plates);
        add(visitor, ACT_LOOK, LAYOUT_NONE, 1, plate, 2 + prng_exponential(&plan->prng, 8));
    }
    if (prng_chance(&plan->prng, leave_share)) {
        add(visitor, ACT_LEAVE, LAYOUT_NONE, 1, prng_below(&plan->prng, plan->layout->num_plates),
            0);
        g_array_index(visitor->acts, SimAct, visitor->acts->len - 1).grams =
            prng_range(&plan->prng, 30, 600);
    }
}

/* One gives the other what was just taken. The other may put it back later: whose it is stays. */
static void
plan_hand_over(SimPlan *plan, SimVisitor *giver, SimVisitor *taker)
{
    for (guint i = 0; i < giver->acts->len; i++) {
        const SimAct *act = &g_array_index(giver->acts, SimAct, i);
        if (act->kind != ACT_PICK || !prng_chance(&plan->prng, hand_over_share)) {
            continue;
        }
        SimAct hand = {
            .kind = ACT_HAND, .product = act->product, .quantity = 1, .to = g_strdup(taker->id)
        };
        guint product = act->product, plate = act->plates[0];
        g_array_insert_val(giver->acts, i + 1, hand);
        if (prng_chance(&plan->prng, 0.3)) {
            add(taker, ACT_PUT, product, 1, plate_for_return(plan, plate), 0);
        }
        return;
    }
}

GPtrArray *
sim_plan_next(SimPlan *plan)
{
    GPtrArray *group = g_ptr_array_new_with_free_func((GDestroyNotify)sim_visitor_free);
    guint64 number = plan->next_visit++;
    g_autofree char *visit = g_strdup_printf("v%" G_GUINT64_FORMAT, number);
    bool is_stranger = prng_chance(&plan->prng, stranger_share);
    guint size = !is_stranger && prng_chance(&plan->prng, party_share)
                     ? 2 + prng_chance(&plan->prng, 0.3)
                     : 1;
    for (guint i = 0; i < size; i++) {
        g_autofree char *id = size == 1 ? g_strdup(visit) : g_strdup_printf("%s.%u", visit, i + 1);
        SimVisitor *visitor = sim_visitor_new(id, is_stranger ? NULL : visit,
                                              is_stranger ? ROLE_STRANGER : ROLE_SHOPPER, 0);
        visitor->party = is_stranger || i > 0 ? 0 : size;
        want_things(plan, visitor);
        g_ptr_array_add(group, visitor);
    }
    if (size > 1) {
        plan_hand_over(plan, group->pdata[0], group->pdata[1]);
    }
    return group;
}

SimVisitor *
sim_plan_staff(SimPlan *plan)
{
    g_autofree char *id = g_strdup_printf("staff%" G_GUINT64_FORMAT, plan->next_staff++);
    SimVisitor *visitor = sim_visitor_new(id, NULL, ROLE_STAFF, 0);
    for (guint i = 0; i < acts_of_staff; i++) {
        guint product = wanted_product(plan);
        add(visitor, ACT_RESTOCK, product, 1 + prng_below(&plan->prng, 5), plate_of(plan, product),
            0);
    }
    return visitor;
}

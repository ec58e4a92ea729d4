#include "store/sim_stock.h"

#include <math.h>
#include <string.h>

static const double misplaced_share = 0.01; /* of the items at opening time */
static const double wrong_weight_share = 0.03;

struct SimStock {
    const StoreLayout *layout;
    Prng prng;
    double *true_grams; /* mean of each product */
    double *widths;     /* metres, of each product */
    GArray **shelves;   /* of SimItem, on each shelf */
};

void
sim_stock_free(SimStock *stock)
{
    if (stock == NULL) {
        return;
    }
    for (guint i = 0; i < stock->layout->num_shelves; i++) {
        g_array_unref(stock->shelves[i]);
    }
    g_free(stock->shelves);
    g_free(stock->true_grams);
    g_free(stock->widths);
    g_free(stock);
}

SimItem
sim_stock_new_item(SimStock *stock, guint product)
{
    const LayoutProduct *info = &stock->layout->products[product];
    double grams = prng_normal(&stock->prng, stock->true_grams[product], info->weight_sd_grams);
    return (SimItem){ .product = product, .grams = MAX(grams, 1) };
}

/* Where a plate lies along its shelf: middle and half its width. */
static void
plate_interval(const StoreLayout *layout, const LayoutPlate *plate, double *ret_middle,
               double *ret_half)
{
    FloorPoint front = layout->shelves[plate->shelf].front;
    double along_x = -front.y, along_y = front.x;
    double own = fabs(along_x * cos(plate->yaw) + along_y * sin(plate->yaw));
    double other = fabs(-along_x * sin(plate->yaw) + along_y * cos(plate->yaw));
    *ret_middle = plate->center[0] * along_x + plate->center[1] * along_y;
    *ret_half = (plate->size[0] * own + plate->size[1] * other) / 2;
}

/* The plates under an item of WIDTH whose middle lies at ALONG, as its weight rests on them. */
static void
lay(const SimStock *stock, guint shelf_index, double along, double width, SimItem *item)
{
    const LayoutShelf *shelf = &stock->layout->shelves[shelf_index];
    double sum = 0;
    item->num_plates = 0;
    for (guint i = 0; i < shelf->num_plates && item->num_plates < SIM_MAX_PLATES_OF_ITEM; i++) {
        double middle, half;
        plate_interval(stock->layout, &stock->layout->plates[shelf->first_plate + i], &middle,
                       &half);
        double overlap =
            MIN(along + width / 2, middle + half) - MAX(along - width / 2, middle - half);
        if (overlap > 0.02 * width) {
            item->plates[item->num_plates] = shelf->first_plate + i;
            item->shares[item->num_plates++] = overlap;
            sum += overlap;
        }
    }
    for (guint i = 0; i < item->num_plates; i++) {
        item->shares[i] /= sum;
    }
}

/* The plate beside PLATE on its shelf where PRODUCT lies as well, or any beside it; LAYOUT_NONE if
 * it stands alone. */
static guint
plate_beside(SimStock *stock, guint plate_index, guint product)
{
    const StoreLayout *layout = stock->layout;
    const LayoutPlate *plate = &layout->plates[plate_index];
    const LayoutShelf *shelf = &layout->shelves[plate->shelf];
    double middle, half;
    plate_interval(layout, plate, &middle, &half);
    guint found = LAYOUT_NONE, num_found = 0;
    bool is_home_found = false;
    for (guint i = 0; i < shelf->num_plates; i++) {
        const LayoutPlate *other = &layout->plates[shelf->first_plate + i];
        double other_middle, other_half;
        plate_interval(layout, other, &other_middle, &other_half);
        if (other == plate || fabs(other_middle - middle) > 1.2 * (half + other_half)) {
            continue;
        }
        bool is_home = false;
        for (guint k = 0; k < other->num_products; k++) {
            is_home |= other->products[k] == product;
        }
        if (is_home_found && !is_home) {
            continue;
        }
        num_found = is_home && !is_home_found ? 1 : num_found + 1;
        is_home_found |= is_home;
        if (prng_below(&stock->prng, num_found) == 0) {
            found = shelf->first_plate + i;
        }
    }
    return found;
}

/* From where to where these plates reach along their shelf. */
static void
span_of(const StoreLayout *layout, const guint *plates, guint num_plates, double *ret_low,
        double *ret_high)
{
    *ret_low = INFINITY;
    *ret_high = -INFINITY;
    for (guint i = 0; i < num_plates; i++) {
        double middle, half;
        plate_interval(layout, &layout->plates[plates[i]], &middle, &half);
        *ret_low = MIN(*ret_low, middle - half);
        *ret_high = MAX(*ret_high, middle + half);
    }
}

void
sim_stock_put(SimStock *stock, SimItem *item, const guint *plates, guint num_plates, bool spread)
{
    const StoreLayout *layout = stock->layout;
    guint shelf = layout->plates[plates[0]].shelf;
    double low, high, width = stock->widths[item->product];
    span_of(layout, plates, num_plates, &low, &high);
    if (spread && num_plates == 1 && width > high - low) {
        /* Wide goods lie where two plates meet. */
        guint pair[2] = { plates[0], plate_beside(stock, plates[0], item->product) };
        span_of(layout, pair, pair[1] == LAYOUT_NONE ? 1 : 2, &low, &high);
    }
    if (!spread) {
        /* On all of them: the item reaches well onto the outer ones. */
        width = (high - low) * (1 - prng_range(&stock->prng, 0.1, 0.9) / num_plates);
    }
    double play = MAX(high - low - width, 0) / 2;
    lay(stock, shelf, (low + high) / 2 + 0.9 * prng_range(&stock->prng, -play, play), width, item);
    if (item->num_plates == 0) { /* nothing under its middle: a hole in the shelf */
        item->num_plates = 1;
        item->plates[0] = plates[0];
        item->shares[0] = 1;
    }
    g_array_append_val(stock->shelves[shelf], *item);
}

/* The item of PRODUCT that lies best on these plates; G_MAXUINT: none. */
static guint
find_item(const SimStock *stock, guint product, const guint *plates, guint num_plates)
{
    const GArray *items = stock->shelves[stock->layout->plates[plates[0]].shelf];
    double best_share = 0.15;
    guint best = G_MAXUINT;
    for (guint i = 0; i < items->len; i++) {
        const SimItem *item = &g_array_index(items, SimItem, i);
        double share = 0;
        for (guint p = 0; p < item->num_plates && item->product == product; p++) {
            for (guint k = 0; k < num_plates; k++) {
                share += item->plates[p] == plates[k] ? item->shares[p] : 0;
            }
        }
        /* Of two that lie equally well, the one put down last stands in front. */
        if (share >= best_share) {
            best_share = share;
            best = i;
        }
    }
    return best;
}

bool
sim_stock_has(const SimStock *stock, guint product, const guint *plates, guint num_plates)
{
    return find_item(stock, product, plates, num_plates) != G_MAXUINT;
}

bool
sim_stock_take(SimStock *stock, guint product, const guint *plates, guint num_plates,
               SimItem *ret_item)
{
    GArray *items = stock->shelves[stock->layout->plates[plates[0]].shelf];
    guint found = find_item(stock, product, plates, num_plates);
    if (found == G_MAXUINT) {
        return false;
    }
    *ret_item = g_array_index(items, SimItem, found);
    g_array_remove_index(items, found);
    return true;
}

double
sim_stock_load(const SimStock *stock, guint plate)
{
    const GArray *items = stock->shelves[stock->layout->plates[plate].shelf];
    double load = 0;
    for (guint i = 0; i < items->len; i++) {
        const SimItem *item = &g_array_index(items, SimItem, i);
        for (guint p = 0; p < item->num_plates; p++) {
            load += item->plates[p] == plate ? item->shares[p] * item->grams : 0;
        }
    }
    return load;
}

static void
describe_products(SimStock *stock, guint64 seed, bool wrong_weights)
{
    const StoreLayout *layout = stock->layout;
    for (guint i = 0; i < layout->num_products; i++) {
        Prng prng = prng_new(seed, "product", i);
        double master = layout->products[i].weight_grams;
        /* A batch of goods is never quite what was once weighed. */
        double factor = prng_normal_within(&prng, 1, 0.005, 0.98, 1.02);
        if (wrong_weights && prng_chance(&prng, wrong_weight_share)) {
            factor = prng_chance(&prng, 0.5) ? prng_range(&prng, 0.7, 0.9)
                                             : prng_range(&prng, 1.1, 1.35);
        }
        stock->true_grams[i] = master * factor;
        /* Cans and bottles stand on a plate, bags and boxes on two: in the labelled cases about as
         * many events touch two plates and more as touch one. */
        bool is_wide = layout->products[i].num_plates > 1 && prng_chance(&prng, 0.85);
        stock->widths[i] = !is_wide                   ? prng_range(&prng, 0.06, 0.09)
                           : prng_chance(&prng, 0.95) ? prng_range(&prng, 0.11, 0.18)
                                                      : prng_range(&prng, 0.2, 0.3);
    }
}

static void
fill_plate(SimStock *stock, guint plate_index)
{
    const StoreLayout *layout = stock->layout;
    const LayoutPlate *plate = &layout->plates[plate_index];
    for (guint k = 0; k < plate->num_products; k++) {
        guint num_items = 3 + prng_below(&stock->prng, 5);
        for (guint i = 0; i < num_items; i++) {
            SimItem item = sim_stock_new_item(stock, plate->products[k]);
            guint at = plate_index;
            if (prng_chance(&stock->prng, misplaced_share)) {
                at = prng_below(&stock->prng, layout->num_plates);
            }
            sim_stock_put(stock, &item, &at, 1, true);
        }
    }
}

SimStock *
sim_stock_new(const StoreLayout *layout, guint64 seed, bool wrong_weights)
{
    SimStock *stock = g_new0(SimStock, 1);
    stock->layout = layout;
    stock->prng = prng_new(seed, "stock", 0);
    stock->true_grams = g_new0(double, layout->num_products + 1);
    stock->widths = g_new0(double, layout->num_products + 1);
    stock->shelves = g_new0(GArray *, layout->num_shelves + 1);
    for (guint i = 0; i < layout->num_shelves; i++) {
        stock->shelves[i] = g_array_new(FALSE, FALSE, sizeof(SimItem));
    }
    describe_products(stock, seed, wrong_weights);
    for (guint i = 0; i < layout->num_plates; i++) {
        fill_plate(stock, i);
    }
    return stock;
}

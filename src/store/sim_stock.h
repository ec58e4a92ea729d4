/* The goods of a simulated store: every single item with its own weight, where it lies and which
 * plates carry how much of it. */
#pragma once

#include "store/prng.h"
#include "store/store_layout.h"

#define SIM_MAX_PLATES_OF_ITEM 4

typedef struct {
    guint product;
    double grams;
    guint num_plates;
    guint plates[SIM_MAX_PLATES_OF_ITEM];  /* indices */
    double shares[SIM_MAX_PLATES_OF_ITEM]; /* of its weight; the sum is 1 */
    const char *visit;                     /* whose cart holds it; NULL: nobody's. Borrowed */
} SimItem;

typedef struct SimStock SimStock;

/* Fills the shelves by the planogram, save for the few items that lie where they should not.
 * WRONG_WEIGHTS: some products' master weight is far off. */
SimStock *sim_stock_new(const StoreLayout *layout, guint64 seed, bool wrong_weights);
void sim_stock_free(SimStock *stock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimStock, sim_stock_free)

/* An item fresh from the store room, lying nowhere. */
SimItem sim_stock_new_item(SimStock *stock, guint product);

/* Puts ITEM down on exactly these plates, or, if SPREAD says so, about there as its width has it.
 */
void sim_stock_put(SimStock *stock, SimItem *item, const guint *plates, guint num_plates,
                   bool spread);

/* Takes the item of PRODUCT that lies best on these plates. False if there is none. */
bool sim_stock_take(SimStock *stock, guint product, const guint *plates, guint num_plates,
                    SimItem *ret_item);

/* Whether there is one to take. */
bool sim_stock_has(const SimStock *stock, guint product, const guint *plates, guint num_plates);

/* The load of a plate from all that lies on it. */
double sim_stock_load(const SimStock *stock, guint plate);

/* Who owes what in a simulated store: what a visit took and nobody put back. */
#pragma once

#include "store/store_layout.h"
#include "store/truth.h"

typedef struct SimCarts SimCarts;

SimCarts *sim_carts_new(void);
void sim_carts_free(SimCarts *carts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimCarts, sim_carts_free)

/* Opens the cart of VISIT, if there is none. Returns the visit's name, as long-lived as the carts.
 */
const char *sim_carts_open(SimCarts *carts, const char *visit);
void sim_carts_add(SimCarts *carts, const char *visit, guint product, int count);
/* A receipt for every cart, in the order in which they were opened. */
void sim_carts_write(const SimCarts *carts, const StoreLayout *layout, Truth *truth);

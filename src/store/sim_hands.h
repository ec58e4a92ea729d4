/* What the hands of a simulated person do to the shelves: every taking and putting moves the goods,
 * the plates, the carts and the truth together, here and nowhere else. */
#pragma once

#include "store/sim_cart.h"
#include "store/sim_script.h"
#include "store/sim_sensor.h"
#include "store/sim_stock.h"
#include "store/sim_walk.h"

typedef struct {
    const StoreLayout *layout;
    guint64 seed;
    SimFloor *floor;
    SimStock *stock;
    SimSensor *sensor;
    SimCarts *carts;
    Truth *truth;
    double start_t;      /* the script's second 0 */
    bool puts_are_exact; /* onto just the plates that the script names */
} SimWorld;

typedef struct {
    const char *visit; /* who pays for what they take; NULL: nobody */
    GArray *held;      /* of SimItem */
    Prng *prng;
} SimHands;

/* The last taken item of PRODUCT among those held, or G_MAXUINT. */
guint sim_hands_find(const SimHands *hands, guint product);

/* What a hand does to the plates in the SECONDS before the moment itself. */
void sim_hands_lay_on(const SimWorld *world, SimHands *hands, const SimAct *act, double t,
                      double seconds);
/* False when there is nothing to take, or to put. */
bool sim_hands_take(const SimWorld *world, SimHands *hands, const SimAct *act, double t);
bool sim_hands_put(const SimWorld *world, SimHands *hands, const SimAct *act, double t);
void sim_hands_restock(const SimWorld *world, const SimAct *act, double t);
/* How long the hands are at it from the moment on. */
double sim_hands_busy_seconds(const SimAct *act);

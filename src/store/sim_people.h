/* The people of a simulated store: they come in, walk to shelves, take and put back, and leave.
 * What they do moves the plates (SimSensor), the goods (SimStock) and the truth. */
#pragma once

#include "store/sim_eyes.h"
#include "store/sim_hands.h"

typedef struct SimPeople SimPeople;

SimPeople *sim_people_new(const SimWorld *world);
void sim_people_free(SimPeople *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimPeople, sim_people_free)

/* Lets VISITOR, which is taken, in at time T. False, with nothing taken, while nobody fits into the
 * entry zone. */
bool sim_people_admit(SimPeople *people, SimVisitor *visitor, double t);

/* Lets everybody live from T for DT seconds. */
void sim_people_step(SimPeople *people, double t, double dt);

guint sim_people_count(const SimPeople *people);
guint sim_people_count_shoppers(const SimPeople *people);
/* Acts that could not be played: nothing left on the plate, no way there. */
guint sim_people_num_skipped(const SimPeople *people);

/* Everybody as they are at T, the time of the last step; valid until the next call. */
const SimBody *sim_people_bodies(SimPeople *people, double t, guint *ret_num);

/* What the gate notices: somebody crossed it since the last call. */
typedef struct {
    GateKind kind;
    guint key;         /* of the person, as in SimBody */
    const char *visit; /* NULL for staff */
    guint party;
    double t;
} SimCrossing;
bool sim_people_next_crossing(SimPeople *people, SimCrossing *ret_crossing);

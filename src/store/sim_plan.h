/* Random shopping: who comes next and what they want, without end (docs/simulator.md has the
 * shares). */
#pragma once

#include "store/prng.h"
#include "store/sim_script.h"

typedef struct SimPlan SimPlan;

SimPlan *sim_plan_new(const StoreLayout *layout, guint64 seed);
void sim_plan_free(SimPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimPlan, sim_plan_free)

/* The next to come, of SimVisitor: one, or a party with its first member first. */
GPtrArray *sim_plan_next(SimPlan *plan);
/* Somebody of the staff with a trolley of goods. */
SimVisitor *sim_plan_staff(SimPlan *plan);

/* How people move in a simulated store: a collision-free speed model (Tordeux, Chraibi and
 * Seyfried, 2016) fitted to real trajectories (docs/simulator.md), over fields of walking distance.
 */
#pragma once

#include "store/prng.h"
#include "store/store_layout.h"

/* Nobody's middle comes closer than this to somebody else's, nor half of it to a gondola or wall.
 */
#define SIM_BODY_METRES 0.35

typedef struct {
    FloorPoint at;
    FloorPoint heading; /* unit vector, where the body faces */
    double speed;       /* now */
    double free_speed;  /* what this person walks at when nothing is in the way */
    bool is_walking;
    FloorPoint goal;
    double stuck_seconds;
    double side; /* +1 or -1: where this one tends to give way to */
    Prng prng;
} SimWalker;

typedef struct SimFloor SimFloor;

/* TOO_LARGE above some 200 by 200 metres. */
SimFloor *sim_floor_new(const StoreLayout *layout, GError **error);
void sim_floor_free(SimFloor *floor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimFloor, sim_floor_free)

/* Whether a body fits there. */
bool sim_floor_has_room(const SimFloor *floor, FloorPoint point);
/* Metres to walk, INFINITY when there is no way. */
double sim_floor_distance(SimFloor *floor, FloorPoint from, FloorPoint to);
/* A point with room near POINT; false if there is none within RADIUS. */
bool sim_floor_nearest(const SimFloor *floor, FloorPoint point, double radius,
                       FloorPoint *ret_point);
/* A point with room in a zone of KIND; false if there is none. */
bool sim_floor_pick_in_zone(const SimFloor *floor, ZoneKind kind, Prng *prng,
                            FloorPoint *ret_point);

/* A person's speed and habits. */
SimWalker sim_walker_new(Prng prng, FloorPoint at);

/* Moves everybody by DT seconds, one after the other. */
void sim_walk_step(SimFloor *floor, SimWalker **walkers, guint num_walkers, double dt);

/* Whether nobody but SELF stands too near to POINT. */
bool sim_walk_is_free(SimWalker *const *walkers, guint num_walkers, const SimWalker *self,
                      FloorPoint point);

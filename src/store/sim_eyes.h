/* What cameras and a tracker make of the people in a simulated store: positions that waver, hands
 * that come and go, gaps, ids that break and swap, things taken for people. */
#pragma once

#include "store/recording.h"
#include "store/sim_walk.h"

#define SIM_APPEARANCE 12

/* One person as he or she really is. */
typedef struct {
    guint key; /* of this person for as long as the simulation runs; never reused */
    FloorPoint at;
    FloorPoint heading;
    double head[3];
    double hands[2][3];
    bool is_hand_covered[2]; /* deep in a shelf */
    float appearance[SIM_APPEARANCE];
} SimBody;

typedef struct {
    double swaps_per_second; /* of two who stand within half a metre */
    double breaks_per_hour;  /* of an id, for no reason */
    double occlusion;        /* 0: as measured; 1: nobody is seen any more */
} SimEyesFaults;

typedef struct SimEyes SimEyes;

SimEyes *sim_eyes_new(const StoreLayout *layout, guint64 seed, const SimEyesFaults *faults);
void sim_eyes_free(SimEyes *eyes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimEyes, sim_eyes_free)

/* One frame, DT after the one before; stays valid until the next. */
TargetFrame sim_eyes_look(SimEyes *eyes, double t, double dt, const SimBody *bodies,
                          guint num_bodies);

/* The tracker's id of that person right now, or NULL while it is not seen. */
const char *sim_eyes_id_of(const SimEyes *eyes, guint key);

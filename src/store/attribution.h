/* Who did it: how well what is known of a person's hands, head and place fits with having touched a
 * place on a shelf at a moment. */
#pragma once

#include "store/people.h"

/* Logarithm of the likelihood that nobody who is seen did it. */
#define ATTRIBUTION_LOG_NOBODY (-8.0)
/* Below this it was not that person. */
#define ATTRIBUTION_LOG_HOPELESS (-12.0)

/* What was touched lies on a plate: a box over it, as high as goods are. */
typedef struct {
    double x, y, z;      /* metres; z of the plate's surface */
    double half_size[2]; /* of the box, along its own axes */
    double yaw;
    double early_t, edge_t, late_t;
} Touch;

/* For the person in SLOT; 0 is a hand on the spot, ATTRIBUTION_LOG_HOPELESS somebody elsewhere. */
double attribution_log_likelihood(const People *people, guint slot, const Touch *touch);

/* Who did it: how well what is known of a person's hands, head and place fits with having touched a
 * place on a shelf at a moment. */
#pragma once

#include "store/people.h"

/* Logarithm of the likelihood that nobody who is seen did it. */
#define ATTRIBUTION_LOG_NOBODY (-5.0)
/* Below this it was not that person. */
#define ATTRIBUTION_LOG_HOPELESS (-16.0)

/* What was touched lies on a plate: a box over it, as high as goods are. */
typedef struct {
    double x, y, z;      /* metres; z of the plate's surface */
    double half_size[2]; /* of the box, along its own axes */
    double yaw;
    FloorPoint front; /* unit vector towards the shopper */
    double early_t, edge_t, late_t;
} Touch;

/* For the person in SLOT: the logarithm of how much better what was seen of them fits with having
 * done it than with being in the store and doing something else. */
double attribution_log_likelihood(const People *people, guint slot, const Touch *touch);

/* The logarithm of how much less the same says for a person of whom it is known that they did
 * OTHER, a second or so before or after: hands that were there for that say little for this.
 * 0 or below. */
double attribution_log_again(const People *people, guint slot, const Touch *touch,
                             const Touch *other);

/* The filter that all sizes are made with: Lanczos with three lobes. */
#pragma once

#include <glib.h>
#include <math.h>

#define LANCZOS_LOBES 3

/* At X, of which 1 is the distance of two samples of the smaller picture. */
static inline double
lanczos(double x)
{
    x = fabs(x);
    if (x < 1e-9) {
        return 1;
    }
    return x < LANCZOS_LOBES ? LANCZOS_LOBES * sin(G_PI * x) * sin(G_PI * x / LANCZOS_LOBES) /
                                   (G_PI * G_PI * x * x)
                             : 0;
}

/* The weight of the sample INDEX + 1/2 away from the middle, when FACTOR become one. */
static inline double
lanczos_tap(guint factor, guint index)
{
    double sum = 0;
    for (guint i = 0; i < LANCZOS_LOBES * factor; i++) {
        sum += 2 * lanczos((i + 0.5) / factor);
    }
    return lanczos((index + 0.5) / factor) / sum;
}

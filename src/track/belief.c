#include "track/belief.h"

#include <glib.h>
#include <math.h>

/* A detector errs for several frames in a row: it has a new look about ten times a second. */
static const double look_seconds = 0.1;
/* A person in sight is found in half of the looks; a miss speaks against by that much. */
static const double miss_log_odds = -0.693;
/* 20 to 1: just more than a single look can give. */
static const double certain_log_odds = 2.996;
/* What does not move looks the same every time, and a poster or a coat is taken for a person again
 * and again: more looks from one spot add nothing. People come walking, and each step is a new
 * picture before another background. */
static const double looks_from_one_spot = 3;
static const double new_look_m = 0.4;
static const double recent_seconds = 2;

static void
look(Belief *belief, double odds, double seconds)
{
    double part = MIN(1, seconds / look_seconds);
    belief->looks += part;
    belief->odds_sum += part * odds;
    belief->recent_odds += (1 - exp(-seconds / recent_seconds)) * (odds - belief->recent_odds);
}

double
belief_log_odds(double confidence)
{
    /* No detector is surer than that, whatever it says. */
    double bounded = CLAMP(confidence, 0.05, 0.95);
    return log(bounded / (1 - bounded));
}

void
belief_found(Belief *belief, double confidence, double seconds)
{
    look(belief, belief_log_odds(confidence), seconds);
}

void
belief_missed(Belief *belief, double seconds)
{
    look(belief, miss_log_odds, seconds);
}

bool
belief_is_person(const Belief *belief, double way_m)
{
    if (belief->looks <= 0) {
        return false;
    }
    double independent_looks = MIN(belief->looks, looks_from_one_spot) + way_m / new_look_m;
    return belief->odds_sum / belief->looks * independent_looks >= certain_log_odds;
}

bool
belief_is_likely(const Belief *belief)
{
    return belief->odds_sum > 0;
}

bool
belief_bridges_gaps(const Belief *belief)
{
    return belief->recent_odds >= 0;
}

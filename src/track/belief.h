/* Whether a track is a person, from what the detector said about it over time. */
#pragma once

#include <stdbool.h>

/* Looks of the detector at one track. Zeroed: none yet. */
typedef struct {
    double looks;       /* how many, frames weighted by their length */
    double odds_sum;    /* of their log-odds, by the same weights */
    double recent_odds; /* mean over the last seconds */
} Belief;

/* The detector found it with CONFIDENCE, SECONDS after the frame before. */
void belief_found(Belief *belief, double confidence, double seconds);
/* It should have found it and did not. */
void belief_missed(Belief *belief, double seconds);

/* Certain enough to give it an id. WAY_M is how far it has come since it was first seen. */
bool belief_is_person(const Belief *belief, double way_m);

/* Rather a person than not. */
bool belief_is_likely(const Belief *belief);

/* Whether it is still likely there in a frame in which it was not found. */
bool belief_bridges_gaps(const Belief *belief);

/* Log-odds that a box of CONFIDENCE shows a person. */
double belief_log_odds(double confidence);

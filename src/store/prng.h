/* Random numbers that are the same on every machine: xoshiro256++ (Blackman and Vigna, "Scrambled
 * linear pseudorandom number generators", 2021), seeded through SplitMix64 (Steele, Lea and Flood,
 * 2014). Each purpose has a stream of its own, so that one more draw here changes nothing there. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint64 state[4];
} Prng;

/* The stream called STREAM (and INDEX) of SEED. */
Prng prng_new(guint64 seed, const char *stream, guint64 index);

guint64 prng_next(Prng *prng);
/* From 0 up to but not including 1. */
double prng_uniform(Prng *prng);
double prng_range(Prng *prng, double low, double high);
/* From 0 to COUNT - 1. */
guint prng_below(Prng *prng, guint count);
bool prng_chance(Prng *prng, double probability);
double prng_normal(Prng *prng, double mean, double sd);
/* The same, what falls outside becomes the bound. (GLib's CLAMP would draw twice.) */
double prng_normal_within(Prng *prng, double mean, double sd, double low, double high);
/* MEDIAN times e to a normal value of that SD, within bounds. */
double prng_lognormal_within(Prng *prng, double median, double sd, double low, double high);
/* Waiting time of a Poisson process. */
double prng_exponential(Prng *prng, double mean);
guint prng_poisson(Prng *prng, double mean);

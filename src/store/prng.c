#include "store/prng.h"

#include <math.h>

static guint64
split_mix(guint64 *state)
{
    guint64 z = *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return z ^ z >> 31;
}

Prng
prng_new(guint64 seed, const char *stream, guint64 index)
{
    guint64 state = seed;
    (void)split_mix(&state);
    for (const char *p = stream; *p != '\0'; p++) {
        state ^= (guint64)(guchar)*p;
        (void)split_mix(&state);
        state *= G_GUINT64_CONSTANT(0x100000001b3);
    }
    state ^= index * G_GUINT64_CONSTANT(0xd1342543de82ef95);
    Prng prng;
    for (int i = 0; i < 4; i++) {
        prng.state[i] = split_mix(&state);
    }
    return prng;
}

static guint64
rotate_left(guint64 x, int count)
{
    return x << count | x >> (64 - count);
}

guint64
prng_next(Prng *prng)
{
    guint64 *s = prng->state;
    guint64 result = rotate_left(s[0] + s[3], 23) + s[0];
    guint64 t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double
prng_uniform(Prng *prng)
{
    return (double)(prng_next(prng) >> 11) * 0x1p-53;
}

double
prng_range(Prng *prng, double low, double high)
{
    return low + (high - low) * prng_uniform(prng);
}

guint
prng_below(Prng *prng, guint count)
{
    return (guint)((prng_next(prng) >> 32) * count >> 32);
}

bool
prng_chance(Prng *prng, double probability)
{
    return prng_uniform(prng) < probability;
}

double
prng_normal(Prng *prng, double mean, double sd)
{
    double u = 1 - prng_uniform(prng), v = prng_uniform(prng);
    return mean + sd * sqrt(-2 * log(u)) * cos(2 * G_PI * v);
}

double
prng_normal_within(Prng *prng, double mean, double sd, double low, double high)
{
    double value = prng_normal(prng, mean, sd);
    return CLAMP(value, low, high);
}

double
prng_lognormal_within(Prng *prng, double median, double sd, double low, double high)
{
    double value = median * exp(prng_normal(prng, 0, sd));
    return CLAMP(value, low, high);
}

double
prng_exponential(Prng *prng, double mean)
{
    return -mean * log(1 - prng_uniform(prng));
}

guint
prng_poisson(Prng *prng, double mean)
{
    double limit = exp(-mean), product = prng_uniform(prng);
    guint count = 0;
    for (; product > limit; count++) {
        product *= prng_uniform(prng);
    }
    return count;
}

/* Token buckets: how often one caller may do one kind of thing. In memory and bounded: each process
 * counts for itself, and who has not called for long is forgotten. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>

typedef enum {
    RATE_NONE,
    RATE_READ,    /* reads of the API, by account */
    RATE_WRITE,   /* changes, by account */
    RATE_UPLOAD,  /* requests of the upload protocol, by account: a photo is one or two */
    RATE_SIGN_IN, /* by network */
    RATE_PAGE,    /* pages, assets and what else anybody may have, by network */
    RATE_HEAVY,   /* whole archives, by account */
    RATE_CLASS_COUNT,
} RateClass;

/* For the API reference. */
const char *rate_class_name(RateClass rate);
void rate_class_bounds(RateClass rate, guint *ret_burst, guint *ret_per_minute);

typedef struct RateLimiter RateLimiter;

RateLimiter *rate_limiter_new(const Clock *clock);
void rate_limiter_free(RateLimiter *limiter);

/* Takes a token of WHO ("account:...", a network). False when there is none: RET_WAIT_SECONDS is
 * when there will be. From any thread. */
bool rate_limiter_take(RateLimiter *limiter, RateClass rate, const char *who,
                       guint *ret_wait_seconds);

/* The network of an address, as callers are told apart: a /24 of IPv4, a /56 of IPv6. Anything else
 * is a network of its own. */
char *rate_limit_network(const char *address);

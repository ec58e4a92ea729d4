#include "web/rate_limit.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

/* Beyond this many callers the ones longest unseen are forgotten: who fills the table gains no more
 * than a fresh bucket. */
#define MAX_CALLERS 50000

typedef struct {
    const char *name;
    guint burst, per_minute;
} Bounds;

/* Generous for people and for a page that shows thousands of photos, narrow for who guesses. */
static const Bounds bounds[RATE_CLASS_COUNT] = {
    [RATE_NONE] = { "none", 0, 0 },         [RATE_READ] = { "read", 2000, 60000 },
    [RATE_WRITE] = { "write", 500, 6000 },  [RATE_UPLOAD] = { "upload", 5000, 60000 },
    [RATE_SIGN_IN] = { "sign-in", 60, 60 }, [RATE_PAGE] = { "page", 2000, 60000 },
    [RATE_HEAVY] = { "heavy", 20, 20 },
};

typedef struct {
    char *key;
    double tokens;
    Timestamp seen_at;
    GList link; /* in RateLimiter.by_age, data: the bucket */
} Bucket;

struct RateLimiter {
    const Clock *clock;
    GMutex mutex;
    GHashTable *buckets; /* key -> Bucket, which it owns */
    GQueue by_age;       /* the one seen longest ago first */
};

const char *
rate_class_name(RateClass rate)
{
    return bounds[rate].name;
}

void
rate_class_bounds(RateClass rate, guint *ret_burst, guint *ret_per_minute)
{
    *ret_burst = bounds[rate].burst;
    *ret_per_minute = bounds[rate].per_minute;
}

static void
bucket_free(gpointer data)
{
    Bucket *bucket = data;
    g_free(bucket->key);
    g_free(bucket);
}

RateLimiter *
rate_limiter_new(const Clock *clock)
{
    RateLimiter *limiter = g_new0(RateLimiter, 1);
    limiter->clock = clock;
    g_mutex_init(&limiter->mutex);
    limiter->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, bucket_free);
    g_queue_init(&limiter->by_age);
    return limiter;
}

void
rate_limiter_free(RateLimiter *limiter)
{
    if (limiter == NULL) {
        return;
    }
    g_hash_table_unref(limiter->buckets);
    g_mutex_clear(&limiter->mutex);
    g_free(limiter);
}

/* Under the mutex. Takes KEY. */
static Bucket *
find_bucket(RateLimiter *limiter, const Bounds *bound, char *key, Timestamp now)
{
    Bucket *bucket = g_hash_table_lookup(limiter->buckets, key);
    if (bucket != NULL) {
        g_free(key);
        g_queue_unlink(&limiter->by_age, &bucket->link);
    } else {
        if (g_hash_table_size(limiter->buckets) >= MAX_CALLERS) {
            Bucket *oldest = g_queue_pop_head_link(&limiter->by_age)->data;
            g_hash_table_remove(limiter->buckets, oldest->key);
        }
        bucket = g_new0(Bucket, 1);
        bucket->key = key;
        bucket->tokens = bound->burst;
        bucket->seen_at = now;
        bucket->link.data = bucket;
        g_hash_table_insert(limiter->buckets, bucket->key, bucket);
    }
    g_queue_push_tail_link(&limiter->by_age, &bucket->link);
    return bucket;
}

bool
rate_limiter_take(RateLimiter *limiter, RateClass rate, const char *who, guint *ret_wait_seconds)
{
    const Bounds *bound = &bounds[rate];
    if (bound->burst == 0) {
        return true;
    }
    Timestamp now = clock_now(limiter->clock);
    double per_second = bound->per_minute / 60.0;
    g_mutex_lock(&limiter->mutex);
    Bucket *bucket = find_bucket(limiter, bound, g_strdup_printf("%s %s", bound->name, who), now);
    double seconds = (double)MAX(now - bucket->seen_at, 0) / G_USEC_PER_SEC;
    bucket->tokens = MIN(bucket->tokens + seconds * per_second, bound->burst);
    bucket->seen_at = now;
    bool may = bucket->tokens >= 1;
    if (may) {
        bucket->tokens -= 1;
    } else {
        *ret_wait_seconds = (guint)ceil((1 - bucket->tokens) / per_second);
    }
    g_mutex_unlock(&limiter->mutex);
    return may;
}

char *
rate_limit_network(const char *address)
{
    guint8 bytes[16];
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET, address, bytes) == 1) {
        bytes[3] = 0;
        return g_strdup_printf("%s/24", inet_ntop(AF_INET, bytes, text, sizeof text));
    }
    if (inet_pton(AF_INET6, address, bytes) == 1) {
        memset(bytes + 7, 0, 9);
        return g_strdup_printf("%s/56", inet_ntop(AF_INET6, bytes, text, sizeof text));
    }
    return g_strdup(address);
}

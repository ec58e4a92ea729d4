/* For tests: what lies between the service and its storage, and what may happen there. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    STORAGE_PASSES,
    STORAGE_SLOW,         /* answers come in small pieces */
    STORAGE_STUCK,        /* nothing goes on until this ends */
    STORAGE_FAILS,        /* says 503 to everything */
    STORAGE_ANSWERS_HALF, /* the line breaks in the middle of an answer */
    STORAGE_TAKES_HALF,   /* ... of a request */
} StorageMood;

typedef struct StorageProxy StorageProxy;

/* To ENDPOINT ("http://127.0.0.1:PORT"). */
StorageProxy *storage_proxy_new(const char *endpoint);
/* The service must have ended. */
void storage_proxy_free(StorageProxy *proxy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StorageProxy, storage_proxy_free)

/* In place of ENDPOINT. */
const char *storage_proxy_endpoint(const StorageProxy *proxy);
/* From the next piece of any connection on. */
void storage_proxy_set(StorageProxy *proxy, StorageMood mood);
/* How many pieces met a mood other than STORAGE_PASSES. */
guint storage_proxy_num_met(const StorageProxy *proxy);

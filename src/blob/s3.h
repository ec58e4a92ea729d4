/* A BlobStore in a bucket of an S3 server (AWS, R2, Ceph, MinIO). Requests are signed with the
 * digest of their body. What fails for reasons of the server or the way there is tried again, five
 * times in all, with growing pauses. Objects above 8 MiB go up in parts of that size. */
#pragma once

#include "base/clock.h"
#include "blob/store.h"
#include "net/net.h"

typedef struct {
    const char *endpoint; /* an origin: "https://ACCOUNT.r2.cloudflarestorage.com" */
    const char *region;   /* as the server signs: "auto", "us-east-1" */
    const char *bucket;
    const char *access_key, *secret_key;
    bool is_virtual_host;  /* the bucket is called by host name instead of by path */
    NetReach reach;        /* NET_PRIVATE: a server of the operator's own */
    guint pause_ms;        /* before the first repetition; 0: 200 */
    guint timeout_seconds; /* of one request; 0: 60 */
} S3Settings;

/* Registers the bucket's origin with NET for NET_STORAGE; NET and CLOCK must outlive the store. No
 * request is sent. INVALID for settings that cannot be. */
BlobStore *s3_store_new(Net *net, const Clock *clock, const S3Settings *settings, GError **error);

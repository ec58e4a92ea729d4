/* One request to a bucket: signed, sent, tried again, its failure told apart. For s3.c. */
#pragma once

#include "blob/s3.h"
#include "blob/sigv4.h"

typedef struct S3Client S3Client;

S3Client *s3_client_new(Net *net, const Clock *clock, const S3Settings *settings, GError **error);
void s3_client_free(S3Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Client, s3_client_free)

typedef struct {
    const char *method;
    const char *key; /* NULL: the bucket itself */
    const SigV4Pair *query;
    gsize num_query;
    const SigV4Pair *headers;
    gsize num_headers;
    GBytes *body;       /* NULL: none */
    gsize max_response; /* 0: 1 MiB, for documents */
} S3Request;

/* True for an answer of status 2xx. Else by what the server calls the error: NOT_FOUND (the object
 * or the upload), CONFLICT (a condition of the request), INVALID (a range that is not there);
 * anything else, when it stays so over the repetitions, is UNAVAILABLE or TIMEOUT. */
bool s3_send(S3Client *client, const S3Request *request, NetResponse *ret_response, GError **error);

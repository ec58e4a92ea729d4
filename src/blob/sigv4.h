/* Signature Version 4 of AWS, as S3 reads it (path encoded once and not normalised):
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. libcurl 7.88 has
 * one of its own that S3 servers refuse for many requests. */
#pragma once

#include "base/clock.h"

#include <glib.h>

typedef struct {
    const char *access_key, *secret_key;
    const char *region; /* "us-east-1"; "auto" for R2 */
} SigV4Credentials;

typedef struct {
    const char *name, *value;
} SigV4Pair;

typedef struct {
    const char *method;
    const char *host;       /* with the port, unless it is the scheme's own */
    const char *path;       /* begins with '/'; not encoded */
    const SigV4Pair *query; /* not encoded, in any order */
    gsize num_query;
    const SigV4Pair
        *headers; /* names in lower case, in any order; besides those that signing adds */
    gsize num_headers;
    const char *payload_sha256; /* 64 hexadecimal digits */
} SigV4Request;

typedef struct {
    char *target;   /* path and query as they must be sent */
    char **headers; /* lines, "Name: value", as they must be sent: all of them */
} SigV4Signed;

void sigv4_sign(const SigV4Credentials *credentials, const SigV4Request *request, Timestamp now,
                SigV4Signed *ret_signed);
void sigv4_signed_clear(SigV4Signed *sent);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SigV4Signed, sigv4_signed_clear)

/* The pages of the service as they stand in the program: what ui/bundle.mjs made of ui/. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *path; /* "/index.html", "/assets/app-HASH.js" */
    const char *content_type;
    const char *etag;  /* quoted, of the bytes before compression */
    bool is_immutable; /* the path carries a digest of the bytes: may be cached for ever */
    const guint8 *data;
    gsize size;
    const guint8 *gzip; /* the same, compressed; NULL where that saves nothing */
    gsize gzip_size;
    const guint8 *brotli;
    gsize brotli_size;
} WebAsset;

/* Ended by a row whose path is NULL. Empty in a build without Node.js: there are no pages then. */
extern const WebAsset web_assets[];

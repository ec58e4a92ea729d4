/* What a public URL serves: http(s)://HOST/DIGEST/NAME.jpg (LST-18, LST-19). */
#pragma once

#include "batches/batches.h"

typedef struct {
    Id object;    /* for vault_open */
    char *digest; /* 32 hexadecimal characters, as in the path: fit for an ETag. Of the photo and of
                   * the picture's bytes, so that equal pictures of two sellers share nothing */
    gint64 num_bytes;
    Timestamp uploaded_at, published_at;
    Timestamp expires_at; /* gone from then on: NOT_FOUND */
} Publication;

void publication_clear(Publication *publication);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Publication, publication_clear)

/* HOST: a picture host in lower case without port; PATH: "DIGEST/NAME.jpg". NOT_FOUND for whatever
 * is not published there now. */
bool publications_find(Batches *batches, const char *host, const char *path,
                       Publication *ret_publication, GError **error);

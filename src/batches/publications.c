#include "batches/publications.h"

#include "batches/service.h"

#include <string.h>

void
publication_clear(Publication *publication)
{
    g_clear_pointer(&publication->digest, g_free);
}

bool
publications_find(Batches *batches, const char *host, const char *path,
                  Publication *ret_publication, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error,
                              "SELECT object_id, bytes, uploaded_at, published_at, expires_at"
                              " FROM publication WHERE host = $1 AND path = $2 AND expires_at > $3",
                              "tti", host, path, clock_now(batches->clock));
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        (void)fail_no_such(error, "picture");
        return false;
    }
    Publication publication = {
        .digest = g_strndup(path, strcspn(path, "/")),
        .num_bytes = db_int(rows, "bytes"),
        .uploaded_at = db_int(rows, "uploaded_at"),
        .published_at = db_int(rows, "published_at"),
        .expires_at = db_int(rows, "expires_at"),
    };
    (void)row_id(rows, "object_id", &publication.object);
    *ret_publication = publication;
    return true;
}

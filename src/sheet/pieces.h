/* Puts a stream together that arrives in pieces, for a reader that needs whole things (a row, a
 * string, a line): what is not used up yet is kept, within a limit. Where a thing is longer than
 * what has come, the reader is asked again only when twice as much is there, so that the work stays
 * proportional to the stream. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Uses what it can of DATA and says how much. IS_LAST: nothing follows. */
typedef bool (*PiecesFunc)(const char *data, gsize size, bool is_last, gpointer user_data,
                           gsize *ret_used, GError **error);

typedef struct {
    GByteArray *kept;
    gsize retry_at;
    gsize limit;      /* of what may be kept */
    const char *what; /* "row", for the error */
} Pieces;

void pieces_init(Pieces *pieces, gsize limit, const char *what);
void pieces_clear(Pieces *pieces);

bool pieces_feed(Pieces *pieces, const char *data, gsize size, bool is_last, PiecesFunc func,
                 gpointer user_data, GError **error);

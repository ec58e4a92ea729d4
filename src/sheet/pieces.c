#include "sheet/pieces.h"

#include "base/error.h"

void
pieces_init(Pieces *pieces, gsize limit, const char *what)
{
    *pieces = (Pieces){ .kept = g_byte_array_new(), .limit = limit, .what = what };
}

void
pieces_clear(Pieces *pieces)
{
    g_clear_pointer(&pieces->kept, g_byte_array_unref);
}

bool
pieces_feed(Pieces *pieces, const char *data, gsize size, bool is_last, PiecesFunc func,
            gpointer user_data, GError **error)
{
    GByteArray *kept = pieces->kept;
    g_byte_array_append(kept, (const guint8 *)data, (guint)size);
    if (kept->len < pieces->retry_at && !is_last) {
        return true;
    }
    gsize used = 0;
    if (!func((const char *)kept->data, kept->len, is_last, user_data, &used, error)) {
        return false;
    }
    g_assert(used <= kept->len);
    gsize left = kept->len - used;
    if (used > 0) {
        g_byte_array_remove_range(kept, 0, (guint)used);
    }
    pieces->retry_at = 2 * left;
    if (left > pieces->limit) {
        return fail(error, APP_ERROR_TOO_LARGE, "a %s has more than %" G_GSIZE_FORMAT " bytes",
                    pieces->what, pieces->limit);
    }
    return true;
}

/* Inside the room only: pages of lists whose items begin with an Id, by which they are ordered. */
#pragma once

#include "base/id.h"

typedef struct {
    const char *after; /* the next item's id comes after this one (before it, going down) */
    guint limit;       /* items to give; ask the database for one more */
} Page;

/* INVALID for a CURSOR that no page gave. LIMIT 0: a usual number. */
bool page_begin(const char *cursor, guint limit, bool is_descending, Page *ret_page,
                GError **error);

/* Takes the one too many from ITEMS, if it is there: then RET_CURSOR leads on, else it is NULL. */
void page_end(const Page *page, GPtrArray *items, char **ret_cursor);

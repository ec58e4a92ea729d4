#include "batches/page.h"

#include "base/error.h"

enum { MAX_PAGE = 500, USUAL_PAGE = 100 };

bool
page_begin(const char *cursor, guint limit, bool is_descending, Page *ret_page, GError **error)
{
    Id id;
    if (cursor != NULL && !id_parse(cursor, &id)) {
        return fail(error, APP_ERROR_INVALID, "cursor: not one that a list gave");
    }
    /* Ids are digits and capital letters. */
    const char *start = is_descending ? "~" : "";
    *ret_page = (Page){ .after = cursor != NULL ? cursor : start,
                        .limit = limit == 0 ? USUAL_PAGE : MIN(limit, MAX_PAGE) };
    return true;
}

void
page_end(const Page *page, GPtrArray *items, char **ret_cursor)
{
    bool goes_on = items->len > page->limit;
    if (goes_on) {
        g_ptr_array_set_size(items, (gint)page->limit);
    }
    const Id *last = goes_on ? items->pdata[items->len - 1] : NULL;
    *ret_cursor = last == NULL ? NULL : g_strdup(last->text);
}

#include "sheet/edits.h"

#include "base/error.h"
#include "sheet/cell.h"

char *
edit_reference(const SheetEdit *edit)
{
    GString *text = g_string_new(NULL);
    cell_append_reference(text, edit->row, edit->column);
    return g_string_free(text, FALSE);
}

static int
compare(gconstpointer a, gconstpointer b)
{
    const SheetEdit *left = *(const SheetEdit *const *)a, *right = *(const SheetEdit *const *)b;
    if (left->row != right->row) {
        return left->row < right->row ? -1 : 1;
    }
    return left->column < right->column ? -1 : left->column > right->column;
}

static bool
refuse(const SheetEdit *edit, const char *reason, GError **error)
{
    g_autofree char *reference = edit_reference(edit);
    return fail(error, APP_ERROR_INVALID, "%s: the text to write %s", reference, reason);
}

static bool
check(const SheetEdit *edit, GError **error)
{
    if (edit->row < 1 || edit->row > CELL_MAX_ROW || edit->column < 1 ||
        edit->column > CELL_MAX_COLUMN) {
        return fail(error, APP_ERROR_INVALID, "row %u, column %u: no sheet has such a cell",
                    edit->row, edit->column);
    }
    const char *p = edit->text;
    while (*p >= 0x20 && *p < 0x7f) { /* nearly all: URLs */
        p++;
    }
    gsize length = (gsize)(p - edit->text);
    if (!g_utf8_validate(p, -1, NULL)) {
        return refuse(edit, "is not UTF-8", error);
    }
    for (; *p != '\0'; p = g_utf8_next_char(p), length++) {
        gunichar c = g_utf8_get_char(p);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff) {
            return refuse(edit, "has a control character", error);
        }
    }
    return length <= CELL_MAX_CHARACTERS ||
           refuse(edit, "is longer than the 32,767 characters of a cell", error);
}

GPtrArray *
edits_sort(const SheetEdit *edits, gsize num_edits, GError **error)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new((guint)num_edits);
    for (gsize i = 0; i < num_edits; i++) {
        if (!check(&edits[i], error)) {
            return NULL;
        }
        g_ptr_array_add(sorted, (gpointer)&edits[i]);
    }
    g_ptr_array_sort(sorted, compare);
    for (guint i = 1; i < sorted->len; i++) {
        if (compare(&sorted->pdata[i - 1], &sorted->pdata[i]) == 0) {
            g_autofree char *reference = edit_reference(sorted->pdata[i]);
            return fail_null(error, APP_ERROR_INVALID, "%s is to be written twice", reference);
        }
    }
    return g_steal_pointer(&sorted);
}

guint
edits_find_row(const GPtrArray *edits, guint32 row)
{
    guint low = 0, high = edits->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (((const SheetEdit *)edits->pdata[middle])->row < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

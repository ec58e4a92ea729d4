#include "listing/layout.h"

#include "base/error.h"
#include "listing/layout_detect.h"

#include <string.h>

static char *
list_worksheets(const Sheet *sheet)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < sheet_num_worksheets(sheet); i++) {
        g_string_append_printf(names, "%s\"%s\"", i == 0 ? "" : ", ",
                               sheet_worksheet_name(sheet, i));
    }
    return g_strdup(names->str);
}

static GPtrArray *
read_grids(Sheet *sheet, const char *worksheet, GError **error)
{
    g_autoptr(GPtrArray) grids = g_ptr_array_new_with_free_func((GDestroyNotify)grid_free);
    for (guint i = 0; i < sheet_num_worksheets(sheet); i++) {
        const char *name = sheet_worksheet_name(sheet, i);
        if (worksheet != NULL && strcmp(name, worksheet) != 0) {
            continue;
        }
        Grid *grid = grid_new(i, name, sheet_worksheet_is_hidden(sheet, i));
        g_ptr_array_add(grids, grid);
        if (!sheet_read_rows(sheet, i, grid_add_row, grid, error)) {
            return NULL;
        }
    }
    if (grids->len == 0) {
        g_autofree char *names = list_worksheets(sheet);
        return fail_null(error, APP_ERROR_NOT_FOUND, "no worksheet \"%s\"; there are %s",
                         worksheet == NULL ? "" : worksheet, names);
    }
    return g_steal_pointer(&grids);
}

/* LST-02: the sheet is recognised by what stands in it. */
Layout *
layout_detect(Sheet *sheet, const Marketplace *marketplace, const char *worksheet, GError **error)
{
    g_autoptr(GPtrArray) grids = read_grids(sheet, worksheet, error);
    if (grids == NULL) {
        return NULL;
    }
    return layout_detect_in_grids(grids, marketplace, error);
}

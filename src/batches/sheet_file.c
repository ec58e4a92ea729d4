#include "batches/sheet_file.h"

#include "base/error.h"
#include "batches/memory_file.h"
#include "batches/service.h"
#include "listing/job_limits.h"

#include <string.h>
#include <unistd.h>

void
sheet_file_free(SheetFile *file)
{
    if (file == NULL) {
        return;
    }
    g_clear_pointer(&file->skus, g_ptr_array_unref);
    layout_free(file->layout);
    sheet_close(file->sheet);
    if (file->fd >= 0) {
        close(file->fd);
    }
    g_free(file);
}

/* Errors about the file must name the seller's, not the descriptor that stands for it. */
static void
name_file(GError **error, const char *path, const char *name)
{
    if (error != NULL && *error != NULL) {
        g_auto(GStrv) parts = g_strsplit((*error)->message, path, -1);
        g_free((*error)->message);
        (*error)->message = g_strjoinv(name, parts);
    }
}

static bool
open_parts(SheetFile *file, Batches *batches, const BatchRow *batch, const char *path,
           GError **error)
{
    const Settings *settings = batches->settings;
    SheetLimits limits = limits_for_sheet(settings);
    const char *chosen = batch->info->marketplace;
    file->sheet = sheet_open(path, NULL, &limits, error);
    if (file->sheet == NULL) {
        return false;
    }
    file->layout = layout_detect(
        file->sheet, chosen[0] == '\0' ? NULL : marketplace_by_name(chosen), NULL, error);
    if (file->layout == NULL) {
        return false;
    }
    file->skus =
        layout_read_skus(file->sheet, file->layout, (guint64)settings->sheet_max_skus, error);
    if (file->skus == NULL) {
        return false;
    }
    return file->skus->len > 0 ||
           fail(error, APP_ERROR_INVALID, "%s: there is no SKU in it (column %u, from row %u on)",
                path, file->layout->sku_column, file->layout->data_row);
}

SheetFile *
sheet_file_open(Batches *batches, const BatchRow *batch, GError **error)
{
    /* LST-17: whether the sweep has come for it or not. */
    if (batch->info->sheet == NULL || batch->sheet_uploaded_at <= service_overdue(batches)) {
        return fail_no_such(error, "sheet");
    }
    const char *name = batch->info->sheet->name;
    g_autoptr(SheetFile) file = g_new0(SheetFile, 1);
    file->fd = memory_file_new(name, error);
    if (file->fd < 0 ||
        !memory_file_fill(file->fd, batches->vault, &batch->sheet_object, name, error)) {
        return NULL;
    }
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file->fd);
    if (!open_parts(file, batches, batch, path, error)) {
        name_file(error, path, name);
        return NULL;
    }
    return g_steal_pointer(&file);
}

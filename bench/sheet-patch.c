/* Fills cells of a workbook with URLs through the sheet room, and prints what it took:
 *
 *     sheet-patch IN OUT FIRST-ROW NUM-ROWS FIRST-COLUMN NUM-COLUMNS [WORKSHEET] */
#include "sheet/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void
clear_edit(gpointer edit)
{
    g_free(((SheetEdit *)edit)->text);
}

int
main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr,
                "usage: %s IN OUT FIRST-ROW NUM-ROWS FIRST-COLUMN NUM-COLUMNS "
                "[WORKSHEET]\n",
                argv[0]);
        return 2;
    }
    guint32 first_row = (guint32)strtoul(argv[3], NULL, 10);
    guint32 num_rows = (guint32)strtoul(argv[4], NULL, 10);
    guint32 first_column = (guint32)strtoul(argv[5], NULL, 10);
    guint32 num_columns = (guint32)strtoul(argv[6], NULL, 10);
    g_autoptr(GArray) edits = g_array_new(FALSE, FALSE, sizeof(SheetEdit));
    g_array_set_clear_func(edits, clear_edit);
    for (guint32 i = 0; i < num_rows; i++) {
        for (guint32 c = 0; c < num_columns; c++) {
            SheetEdit edit = { first_row + i, first_column + c, NULL };
            edit.text =
                g_strdup_printf("https://pictures.example.com/pictures/%08x%08x/SKU-%u.%u.jpg",
                                i * 2654435761u, c * 40503u + i, i, c);
            g_array_append_val(edits, edit);
        }
    }
    struct rusage before;
    getrusage(RUSAGE_SELF, &before);
    gint64 start = g_get_monotonic_time();
    static const SheetLimits limits = { G_GINT64_CONSTANT(1) << 32, 100000, 1100 };
    g_autoptr(GError) error = NULL;
    g_autoptr(Sheet) sheet = sheet_open(argv[1], NULL, &limits, &error);
    guint worksheet = 0;
    while (sheet != NULL && argc > 7 && worksheet + 1 < sheet_num_worksheets(sheet) &&
           !g_str_equal(sheet_worksheet_name(sheet, worksheet), argv[7])) {
        worksheet++;
    }
    SheetPatchStats stats;
    if (sheet == NULL || !sheet_patch(sheet, worksheet, (SheetEdit *)edits->data, edits->len, NULL,
                                      0, argv[2], &stats, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    struct rusage after;
    getrusage(RUSAGE_SELF, &after);
    printf("seconds %.3f\ncpu_seconds %.3f\nrss_mib_edits %.1f\nrss_mib %.1f\n"
           "changed %u\nequal %u\nrows_inserted %u\nformulas %u\n",
           seconds,
           (double)(after.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_utime.tv_sec -
                    before.ru_stime.tv_sec) +
               (double)(after.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_utime.tv_usec -
                        before.ru_stime.tv_usec) /
                   1e6,
           (double)before.ru_maxrss / 1024, (double)after.ru_maxrss / 1024, stats.num_cells_changed,
           stats.num_cells_equal, stats.num_rows_inserted, stats.num_formulas_replaced);
    return 0;
}

/* Writes a workbook of ROWS x COLUMNS as a spreadsheet program would (shared strings), in a
 * temporary folder of the caller's: sheet-book OUT [ROWS [COLUMNS]] */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <xlsxwriter.h>

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s OUT [ROWS [COLUMNS]]\n", argv[0]);
        return 2;
    }
    lxw_row_t num_rows = argc > 2 ? (lxw_row_t)strtoul(argv[2], NULL, 10) : 100000;
    lxw_col_t num_columns = argc > 3 ? (lxw_col_t)strtoul(argv[3], NULL, 10) : 30;
    lxw_workbook *workbook = workbook_new(argv[1]);
    lxw_worksheet *worksheet = workbook_add_worksheet(workbook, "Products");
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (lxw_row_t row = 0; row < num_rows; row++) {
        for (lxw_col_t column = 0; column < num_columns; column++) {
            g_autofree char *text = NULL;
            if (row == 0) {
                text = g_strdup_printf("column_%u", column);
            } else if (column == 0) {
                text = g_strdup_printf("SKU-%06u", row);
            } else if (column % 3 == 0) {
                worksheet_write_number(worksheet, row, column,
                                       g_rand_int_range(random, 0, 1000000) / 100.0, NULL);
                continue;
            } else {
                text = g_strdup_printf("value %d of many", g_rand_int_range(random, 0, 200000));
            }
            worksheet_write_string(worksheet, row, column, text, NULL);
        }
    }
    lxw_error result = workbook_close(workbook);
    if (result != LXW_NO_ERROR) {
        fprintf(stderr, "%s: %s\n", argv[1], lxw_strerror(result));
        return 1;
    }
    return 0;
}

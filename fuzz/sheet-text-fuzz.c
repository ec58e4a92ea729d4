/* Any bytes as a text sheet: recognised, read, patched with nothing (which must change nothing) and
 * with something. The first byte chooses whether the encoding is named. */
#include "sheet/test_book.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
check_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
          GError **error)
{
    guint32 *last_row = user_data;
    g_assert_cmpuint(row, >, *last_row);
    *last_row = row;
    for (gsize i = 0; i < num_cells; i++) {
        g_assert_true(g_utf8_validate(cells[i].text, -1, NULL));
        g_assert_cmpstr(cells[i].text, !=, "");
        g_assert_true(i == 0 || cells[i].column > cells[i - 1].column);
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = { NULL,     NULL,  NULL,    "UTF-8",   "UTF-16",
                                             "CP1252", "GBK", "CP932", "GB18030", "EUC-JP" };
    if (size < 2) {
        return 0;
    }
    const char *encoding = encodings[data[0] % G_N_ELEMENTS(encodings)];
    g_auto(TestFile) file = test_file_new("fuzz.csv");
    g_autoptr(GError) error = NULL;
    const char *text = (const char *)data + 1;
    g_assert_true(g_file_set_contents(file.path, text, (gssize)size - 1, NULL));
    g_autoptr(Sheet) sheet = sheet_open(file.path, encoding, &test_limits, &error);
    g_assert_true((sheet == NULL) == (error != NULL));
    if (sheet == NULL || sheet_kind(sheet) != SHEET_TEXT) {
        return 0;
    }
    guint32 last_row = 0;
    bool readable = sheet_read_rows(sheet, 0, check_row, &last_row, NULL);
    bool patched = sheet_patch(sheet, 0, NULL, 0, NULL, 0, file.path, NULL, NULL);
    g_assert_true(readable == patched);
    if (patched) {
        g_autofree char *after = NULL;
        gsize after_size;
        g_assert_true(g_file_get_contents(file.path, &after, &after_size, NULL));
        g_assert_cmpmem(after, after_size, text, size - 1);
        char *texts[] = { (char *)"new", (char *)"a\"b", NULL };
        const SheetInsertedLine inserted = { 1, texts };
        const SheetEdit edits[] = { { 1, 2, (char *)"https://a/b" }, { 3, 9, (char *)"c,d;e" } };
        (void)sheet_patch(sheet, 0, edits, G_N_ELEMENTS(edits), &inserted, 1, file.path, NULL,
                          NULL);
    }
    return 0;
}

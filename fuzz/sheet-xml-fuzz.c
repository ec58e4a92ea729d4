/* Any bytes as a worksheet's XML: read, and patched. Where the patch succeeds, the edits read back
 * and all other cells say what they said. */
#include "sheet/test_book.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const SheetEdit edits[] = {
    { 1, 1, (char *)"one" },  { 2, 3, (char *)"two & <more>" },   { 2, 4, (char *)"" },
    { 5, 2, (char *)"five" }, { 1048576, 16384, (char *)"last" },
};

static bool
collect(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
        GError **error)
{
    for (gsize i = 0; i < num_cells; i++) {
        g_assert_true(g_utf8_validate(cells[i].text, -1, NULL));
        g_hash_table_insert(user_data, g_strdup_printf("%u,%u", row, cells[i].column),
                            g_strdup(cells[i].text));
    }
    return true;
}

static GHashTable *
read_cells(Sheet *sheet, GError **error)
{
    g_autoptr(GHashTable) texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return sheet_read_rows(sheet, 0, collect, texts, error) ? g_steal_pointer(&texts) : NULL;
}

static void
apply_edits(GHashTable *texts)
{
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autofree char *key = g_strdup_printf("%u,%u", edits[i].row, edits[i].column);
        if (edits[i].text[0] == '\0') {
            g_hash_table_remove(texts, key);
        } else {
            g_hash_table_replace(texts, g_steal_pointer(&key), g_strdup(edits[i].text));
        }
    }
}

static void
assert_same(GHashTable *left, GHashTable *right)
{
    g_assert_cmpuint(g_hash_table_size(left), ==, g_hash_table_size(right));
    GHashTableIter iter;
    gpointer key, text;
    g_hash_table_iter_init(&iter, left);
    while (g_hash_table_iter_next(&iter, &key, &text)) {
        g_assert_cmpstr(text, ==, g_hash_table_lookup(right, key));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(TestFile) file = test_file_new("fuzz.xlsx");
    g_autoptr(GError) error = NULL;
    static const char shared[] = "<sst><si><t>one</t></si><si><t>other</t></si></sst>";
    book_write(file.path, &(BookParts){ .worksheet = size == 0 ? " " : (const char *)data,
                                        .worksheet_size = size,
                                        .shared_strings = shared });
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, &error);
    g_assert_no_error(error);
    g_autoptr(GHashTable) before = read_cells(sheet, &error);
    g_assert_true((before == NULL) == (error != NULL));
    g_clear_error(&error);
    bool patched =
        sheet_patch(sheet, 0, edits, G_N_ELEMENTS(edits), NULL, 0, file.path, NULL, &error);
    g_assert_true(patched == (error == NULL));
    if (patched && before != NULL) {
        g_autoptr(Sheet) again = sheet_open(file.path, NULL, &test_limits, &error);
        g_assert_no_error(error);
        g_autoptr(GHashTable) after = read_cells(again, &error);
        g_assert_no_error(error);
        apply_edits(before);
        assert_same(before, after);
    }
    return 0;
}

/* Real templates of both of Amazon's grammars (LST-02): recognised among their companion
 * worksheets, given SKUs and pictures, and read back. */
#include "listing/layout.h"

#include "tests/support.h"

#include <string.h>

static const SheetLimits limits = { 1 << 30, 10000, 1100 };

static Sheet *
open_sheet(const char *path)
{
    g_autoptr(GError) error = NULL;
    Sheet *sheet = sheet_open(path, NULL, &limits, &error);
    g_assert_no_error(error);
    return sheet;
}

static Layout *
detect(Sheet *sheet)
{
    g_autoptr(GError) error = NULL;
    Layout *layout = layout_detect(sheet, NULL, NULL, &error);
    g_assert_no_error(error);
    return layout;
}

static GPtrArray *
read_skus(Sheet *sheet, Layout *layout)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *skus = layout_read_skus(sheet, layout, 100, &error);
    g_assert_no_error(error);
    return skus;
}

static char *
sample_path(const char *name)
{
    const char *dir = sample_data_dir();
    if (dir == NULL) {
        g_test_skip("sample data not present");
        return NULL;
    }
    return g_build_filename(dir, "sheets", name, NULL);
}

static void
assert_slot_column(const Layout *layout, const char *code, guint32 column)
{
    for (guint i = 0; i < layout->pictures->len; i++) {
        const PictureColumn *picture = &g_array_index(layout->pictures, PictureColumn, i);
        g_autofree char *found = slot_to_string(picture->slot);
        if (strcmp(found, code) == 0) {
            g_assert_cmpuint(picture->column, ==, column);
            return;
        }
    }
    g_error("no column for %s", code);
}

static void
test_current_template_is_recognised(void)
{
    g_autofree char *path = sample_path("amazon-new-grammar-de.xlsm");
    if (path == NULL) {
        return;
    }
    g_autoptr(Sheet) sheet = open_sheet(path);
    g_autoptr(Layout) layout = detect(sheet);
    g_autoptr(GPtrArray) skus = read_skus(sheet, layout);
    g_assert_cmpstr(layout->grammar, ==, "amazon, current");
    g_assert_cmpstr(sheet_worksheet_name(sheet, layout->worksheet), ==, "Vorlage");
    g_assert_cmpuint(layout->key_row, ==, 5);
    g_assert_cmpuint(layout->data_row, ==, 7);
    g_assert_cmpuint(layout->num_columns, ==, 366);
    g_assert_cmpuint(layout->sku_column, ==, 1);
    g_assert_cmpuint(layout->pictures->len, ==, 16);
    assert_slot_column(layout, "MAIN", 297);
    assert_slot_column(layout, "PT08", 305);
    assert_slot_column(layout, "SWCH", 306);
    assert_slot_column(layout, "PS06", 312);
    g_assert_cmpuint(skus->len, ==, 0);
}

static void
test_old_template_is_recognised(void)
{
    g_autofree char *path = sample_path("amazon-old-grammar-de.xlsm");
    if (path == NULL) {
        return;
    }
    g_autoptr(Sheet) sheet = open_sheet(path);
    g_autoptr(Layout) layout = detect(sheet);
    g_autoptr(GPtrArray) skus = read_skus(sheet, layout);
    g_assert_cmpstr(layout->grammar, ==, "amazon, fptcustom");
    g_assert_cmpstr(sheet_worksheet_name(sheet, layout->worksheet), ==, "Vorlage");
    g_assert_cmpuint(layout->key_row, ==, 3);
    g_assert_cmpuint(layout->data_row, ==, 4);
    g_assert_cmpuint(layout->sku_column, ==, 2);
    g_assert_cmpuint(layout->pictures->len, ==, 16);
    assert_slot_column(layout, "MAIN", 25);
    assert_slot_column(layout, "PS01", 35);
    g_assert_cmpuint(skus->len, ==, 0);
}

static void
fill_and_read_back(const char *name, guint32 first_row)
{
    g_autofree char *path = sample_path(name);
    if (path == NULL) {
        return;
    }
    g_autoptr(GError) error = NULL;
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, name, NULL);
    g_autoptr(Sheet) sheet = open_sheet(path);
    g_autoptr(Layout) layout = detect(sheet);
    g_autoptr(GPtrArray) skus = read_skus(sheet, layout);

    const char *new_skus[] = { "TEST-1", "00042" };
    g_autoptr(GArray) edits = sheet_edit_array_new();
    g_assert_true(layout_add_skus(layout, skus, new_skus, 2, edits, &error));
    PublishedPicture pictures[] = {
        { 0, { .kind = SLOT_MAIN }, "https://pictures.example/0a1b/TEST-1.jpg" },
        { 1, { SLOT_EXTRA, 8 }, "https://pictures.example/2c3d/00042.jpg" },
    };
    g_autoptr(GArray) planned = NULL;
    g_autoptr(GArray) inserted = NULL;
    g_autoptr(GArray) no_place = NULL;
    g_assert_true(layout_plan_edits(sheet, layout, skus, pictures, 2, &planned, &inserted,
                                    &no_place, &error));
    g_assert_cmpuint(no_place->len, ==, 0);
    sheet_edit_array_take(edits, g_steal_pointer(&planned));
    SheetPatchStats stats;
    sheet_patch(sheet, layout->worksheet, (SheetEdit *)edits->data, edits->len, NULL, 0, out,
                &stats, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(stats.num_cells_changed, ==, 4);

    g_autoptr(Sheet) filled = open_sheet(out);
    g_autoptr(Layout) filled_layout = detect(filled);
    g_autoptr(GPtrArray) found = read_skus(filled, filled_layout);
    g_assert_cmpuint(found->len, ==, 2);
    const ListedSku *first = found->pdata[0], *second = found->pdata[1];
    g_assert_cmpuint(first->row, ==, first_row);
    g_assert_cmpstr(second->sku, ==, "00042");
    g_assert_cmpstr(listed_sku_picture(filled_layout, first, pictures[0].slot), ==,
                    pictures[0].url);
    g_assert_cmpstr(listed_sku_picture(filled_layout, second, pictures[1].slot), ==,
                    pictures[1].url);
    g_assert_cmpstr(listed_sku_picture(filled_layout, second, pictures[0].slot), ==, "");
}

static void
test_current_template_is_filled(void)
{
    fill_and_read_back("amazon-new-grammar-de.xlsm", 7);
}

static void
test_old_template_is_filled(void)
{
    fill_and_read_back("amazon-old-grammar-de.xlsm", 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout-samples/current", test_current_template_is_recognised);
    g_test_add_func("/layout-samples/old", test_old_template_is_recognised);
    g_test_add_func("/layout-samples/current-filled", test_current_template_is_filled);
    g_test_add_func("/layout-samples/old-filled", test_old_template_is_filled);
    return g_test_run();
}

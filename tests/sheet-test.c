/* Patched workbooks before independent eyes: openpyxl reads every cell, LibreOffice opens the file,
 * and the ZIP records are compared byte for byte. */
#include "tests/support.h"

#include "archive/zip.h"
#include "base/error.h"
#include "sheet/sheet.h"

#include <glib/gstdio.h>
#include <string.h>

static const SheetLimits limits = { 1 << 30, 10000, 1100 };
static const ZipLimits zip_limits = { 10000, 1100, 1024, G_GINT64_CONSTANT(1) << 40 };

static const struct {
    const char *name;
    guint32 sku_column, first_column, first_row; /* where nothing stands yet */
} templates[] = {
    { "amazon-new-grammar-de.xlsm", 1, 30, 7 },
    { "amazon-old-grammar-de.xlsm", 2, 20, 4 },
};

enum { NUM_PRODUCTS = 25, NUM_PICTURES = 6 };

static char *
template_path(guint which)
{
    return sample_data_dir() == NULL
               ? NULL
               : g_build_filename(sample_data_dir(), "sheets", templates[which].name, NULL);
}

static void
clear_edit(gpointer edit)
{
    g_free(((SheetEdit *)edit)->text);
}

static void
add_edit(GArray *edits, guint32 row, guint32 column, char *text)
{
    SheetEdit edit = { row, column, text };
    g_array_append_val(edits, edit);
}

/* A SKU and six URLs in each of 25 rows. */
static GArray *
template_edits(guint which)
{
    GArray *edits = g_array_new(FALSE, FALSE, sizeof(SheetEdit));
    g_array_set_clear_func(edits, clear_edit);
    for (guint32 i = 0; i < NUM_PRODUCTS; i++) {
        guint32 row = templates[which].first_row + i;
        add_edit(edits, row, templates[which].sku_column, g_strdup_printf("SKU-%u", i));
        for (guint32 picture = 0; picture < NUM_PICTURES; picture++) {
            add_edit(edits, row, templates[which].first_column + picture,
                     g_strdup_printf("https://p.example/%u/%u.jpg", i, picture));
        }
    }
    return edits;
}

static guint
find_worksheet(const Sheet *sheet, const char *name)
{
    for (guint i = 0; i < sheet_num_worksheets(sheet); i++) {
        if (g_str_equal(sheet_worksheet_name(sheet, i), name)) {
            return i;
        }
    }
    g_error("there is no worksheet %s", name);
}

static void
patch_template(guint which, const char *path, const char *out_path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Sheet) sheet = sheet_open(path, NULL, &limits, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(sheet_description(sheet), ==, "xlsm");
    g_autoptr(GArray) edits = template_edits(which);
    SheetPatchStats stats;
    (void)sheet_patch(sheet, find_worksheet(sheet, "Vorlage"), (const SheetEdit *)edits->data,
                      edits->len, NULL, 0, out_path, &stats, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(stats.num_cells_changed, ==, edits->len);
}

/* The records of a ZIP file, from each local header to the next, by name. */
static GHashTable *
records(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipReader) reader = zip_open(path, &zip_limits, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) bytes = read_bytes(path);
    const char *data = g_bytes_get_data(bytes, NULL);
    GHashTable *by_name =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    for (gsize i = 0; i < zip_num_members(reader); i++) {
        gsize from = (gsize)zip_member(reader, i)->local_offset;
        gsize to = i + 1 < zip_num_members(reader) ? (gsize)zip_member(reader, i + 1)->local_offset
                                                   : from + zip_member(reader, i)->compressed_size;
        g_assert_cmpuint(to, >, from);
        g_hash_table_insert(by_name, g_strdup(zip_member(reader, i)->name),
                            g_bytes_new(data + from, to - from));
    }
    return by_name;
}

/* LST-07: every member but one is byte for byte what it was, headers and descriptors too. */
static void
test_other_members_keep_every_byte(void)
{
    for (guint which = 0; which < G_N_ELEMENTS(templates); which++) {
        g_autofree char *path = template_path(which);
        if (path == NULL) {
            g_test_skip("sample data not present");
            return;
        }
        g_auto(TempDir) dir = temp_dir_new();
        g_autofree char *out_path = g_build_filename(dir, "out.xlsm", NULL);
        patch_template(which, path, out_path);
        g_autoptr(GHashTable) before = records(path), after = records(out_path);
        g_assert_cmpuint(g_hash_table_size(before), ==, g_hash_table_size(after));
        guint num_changed = 0;
        GHashTableIter iter;
        gpointer name, bytes;
        g_hash_table_iter_init(&iter, before);
        while (g_hash_table_iter_next(&iter, &name, &bytes)) {
            GBytes *copied = g_hash_table_lookup(after, name);
            g_assert_nonnull(copied);
            if (!g_bytes_equal(bytes, copied)) {
                g_test_message("%s changed", (const char *)name);
                num_changed++;
            }
        }
        g_assert_cmpuint(num_changed, ==, 1);
    }
}

/* Python with Debian's openpyxl; another one on PATH may lack it. */
static CommandResult
run_python(const char *script, const char *first, const char *second)
{
    const char *const argv[] = {
        "/usr/bin/python3", "-W", "ignore", "-c", script, first, second, NULL
    };
    return run_command(NULL, argv);
}

static const char compare_script[] =
    "import sys, openpyxl\n"
    "a, b = (openpyxl.load_workbook(p) for p in sys.argv[1:3])\n"
    "assert a.sheetnames == b.sheetnames\n"
    "for s in a:\n"
    "    t = b[s.title]\n"
    "    old = {c.coordinate: (c.value, c.style_id) for r in s.iter_rows() for c in r\n"
    "           if c.value is not None or c.has_style}\n"
    "    new = {c.coordinate: (c.value, c.style_id) for r in t.iter_rows() for c in r\n"
    "           if c.value is not None or c.has_style}\n"
    "    for k in sorted(old.keys() | new.keys()):\n"
    "        if old.get(k, (None,))[0] != new.get(k, (None,))[0]:\n"
    "            print(s.title, k, new[k][0])\n"
    "        elif k in old and old[k][1] != new[k][1]:\n"
    "            print('STYLE', s.title, k)\n";

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "Vorlage B7 text" for each edit, sorted. */
static char *
list_edits(const GArray *edits)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < edits->len; i++) {
        const SheetEdit *edit = &g_array_index(edits, SheetEdit, i);
        char first = edit->column > 26 ? (char)('A' + (edit->column - 1) / 26 - 1) : '\0';
        char letters[3] = { first, (char)('A' + (edit->column - 1) % 26), '\0' };
        g_ptr_array_add(lines,
                        g_strdup_printf("Vorlage %s%u %s", first == '\0' ? letters + 1 : letters,
                                        edit->row, edit->text));
    }
    g_ptr_array_sort(lines, compare_strings);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static char *
sort_lines(const char *text)
{
    g_autofree char *copy = g_strchomp(g_strdup(text));
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    qsort(lines, g_strv_length(lines), sizeof *lines, compare_strings);
    return g_strjoinv("\n", lines);
}

/* LST-07 */
static void
test_openpyxl_sees_the_edits_and_nothing_else(void)
{
    g_auto(CommandResult) has_it = run_python("import openpyxl", "", "");
    if (has_it.status != 0) {
        g_test_skip("openpyxl is not installed");
        return;
    }
    for (guint which = 0; which < G_N_ELEMENTS(templates); which++) {
        g_autofree char *path = template_path(which);
        if (path == NULL) {
            g_test_skip("sample data not present");
            return;
        }
        g_auto(TempDir) dir = temp_dir_new();
        g_autofree char *out_path = g_build_filename(dir, "out.xlsm", NULL);
        patch_template(which, path, out_path);
        g_auto(CommandResult) result = run_python(compare_script, path, out_path);
        assert_status(&result, 0);
        g_autoptr(GArray) edits = template_edits(which);
        g_autofree char *expected = list_edits(edits), *seen = sort_lines(result.out);
        g_assert_cmpstr(seen, ==, expected);
    }
}

/* LST-07 */
static void
test_libreoffice_shows_the_urls(void)
{
    g_autofree char *soffice = g_find_program_in_path("soffice");
    if (soffice == NULL) {
        g_test_skip("LibreOffice is not installed");
        return;
    }
    for (guint which = 0; which < G_N_ELEMENTS(templates); which++) {
        g_autofree char *path = template_path(which);
        if (path == NULL) {
            g_test_skip("sample data not present");
            return;
        }
        g_auto(TempDir) dir = temp_dir_new();
        g_autofree char *out_path = g_build_filename(dir, "out.xlsm", NULL);
        g_autofree char *profile = g_strdup_printf("-env:UserInstallation=file://%s/profile", dir);
        patch_template(which, path, out_path);
        /* Every worksheet into a file of its own: the last parameter, -1. */
        const char *const argv[] = { soffice,
                                     profile,
                                     "--headless",
                                     "--convert-to",
                                     "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,"
                                     "false,false,false,-1",
                                     "--outdir",
                                     dir,
                                     out_path,
                                     NULL };
        g_auto(CommandResult) result = run_command(NULL, argv);
        assert_status(&result, 0);
        g_autofree char *csv = read_file(dir, "out-Vorlage.csv");
        g_autoptr(GArray) edits = template_edits(which);
        for (guint i = 0; i < edits->len; i++) {
            g_assert_nonnull(strstr(csv, g_array_index(edits, SheetEdit, i).text));
        }
    }
}

/* A workbook that openpyxl wrote, its strings shared or not, read as openpyxl means it. */
static void
test_a_workbook_of_openpyxl(void)
{
    static const char script[] =
        "import sys, openpyxl\n"
        "b = openpyxl.Workbook(); s = b.active\n"
        "s.append(['SKU', 'EAN', 'ok', 'when']); s.append(['Ä-1', 841100000010, True, '=1+1'])\n"
        "s['C5'] = 0.1; s.column_dimensions['D'].width = 30; b.save(sys.argv[1])\n";
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, "book.xlsx", NULL);
    g_auto(CommandResult) made = run_python(script, path, "");
    if (made.status != 0) {
        g_test_skip("openpyxl is not installed");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Sheet) sheet = sheet_open(path, NULL, &limits, &error);
    g_assert_no_error(error);
    const SheetEdit edits[] = { { 2, 1, (char *)"B-1" },
                                { 2, 4, (char *)"now" },
                                { 3, 2, (char *)"x" } };
    SheetPatchStats stats;
    (void)sheet_patch(sheet, 0, edits, G_N_ELEMENTS(edits), NULL, 0, path, &stats, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(stats.num_formulas_replaced, ==, 1);
    g_auto(CommandResult) read = run_python(
        "import sys, openpyxl\n"
        "for r in openpyxl.load_workbook(sys.argv[1]).active.iter_rows(values_only=True):\n"
        "    print(*r, sep='|')\n",
        path, "");
    assert_status(&read, 0);
    g_assert_cmpstr(read.out, ==,
                    "SKU|EAN|ok|when\nB-1|841100000010|True|now\nNone|x|None|None\n"
                    "None|None|None|None\nNone|None|0.1|None\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sheet/other-members", test_other_members_keep_every_byte);
    g_test_add_func("/sheet/openpyxl", test_openpyxl_sees_the_edits_and_nothing_else);
    g_test_add_func("/sheet/libreoffice", test_libreoffice_shows_the_urls);
    g_test_add_func("/sheet/openpyxl-book", test_a_workbook_of_openpyxl);
    return g_test_run();
}

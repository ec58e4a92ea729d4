#include "sheet/test_book.h"

#include "archive/zip.h"
#include "sheet/cell.h"

#include <glib/gstdio.h>

#define NAMESPACE "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELATIONSHIP "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

const SheetLimits test_limits = { 1 << 30, 1000, 1100 };

TestFile
test_file_new(const char *name)
{
    /* In memory where the system has it: every patch is synced, and a disk takes its time. */
    g_autofree char *in_memory = g_strdup("/dev/shm/sheet-test-XXXXXX");
    TestFile file = { 0 };
    if (g_mkdtemp(in_memory) != NULL) {
        file.dir = g_steal_pointer(&in_memory);
    } else {
        file.dir = g_dir_make_tmp("sheet-test-XXXXXX", NULL);
    }
    g_assert_nonnull(file.dir);
    file.path = g_build_filename(file.dir, name, NULL);
    return file;
}

void
test_file_clear(TestFile *file)
{
    if (file->dir != NULL) {
        (void)g_unlink(file->path);
        g_assert_cmpint(g_rmdir(file->dir), ==, 0); /* nothing else was left behind */
    }
    g_clear_pointer(&file->dir, g_free);
    g_clear_pointer(&file->path, g_free);
}

char *
book_worksheet(const char *rows)
{
    return g_strconcat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<worksheet xmlns=\"" NAMESPACE
                       "\"><sheetData>",
                       rows, "</sheetData></worksheet>", NULL);
}

static void
add(ZipWriter *writer, const char *name, const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    (void)zip_writer_add(writer, name, text, size == 0 ? strlen(text) : size,
                         g_str_has_suffix(name, "sheet1.xml") ? 6 : 0, &error);
    g_assert_no_error(error);
}

void
book_write(const char *path, const BookParts *parts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipWriter) writer = zip_writer_new(path, &error);
    g_assert_no_error(error);
    add(writer, "[Content_Types].xml",
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Override PartName=\"/xl/calcChain.xml\" ContentType=\"calcChain+xml\"/></Types>",
        0);
    add(writer, "_rels/.rels",
        "<Relationships><Relationship Id=\"a\" Type=\"" RELATIONSHIP "/officeDocument\" "
        "Target=\"xl/workbook.xml\"/></Relationships>",
        0);
    add(writer, "xl/workbook.xml",
        parts->workbook != NULL
            ? parts->workbook
            : "<workbook xmlns=\"" NAMESPACE "\" xmlns:r=\"" RELATIONSHIP "\"><sheets>"
              "<sheet name=\"First\" sheetId=\"7\" r:id=\"s1\"/></sheets></workbook>",
        0);
    add(writer, "xl/_rels/workbook.xml.rels",
        parts->relationships != NULL
            ? parts->relationships
            : "<Relationships>"
              "<Relationship Id=\"s1\" Type=\"" RELATIONSHIP "/worksheet\" "
              "Target=\"worksheets/sheet1.xml\"/>"
              "<Relationship Id=\"s2\" Type=\"" RELATIONSHIP "/sharedStrings\" "
              "Target=\"sharedStrings.xml\"/>"
              "<Relationship Id=\"s3\" Type=\"" RELATIONSHIP "/calcChain\" "
              "Target=\"calcChain.xml\"/>"
              "<Relationship Id=\"s4\" Type=\"" RELATIONSHIP "/styles\" "
              "Target=\"styles.xml\"/></Relationships>",
        0);
    add(writer, "xl/worksheets/sheet1.xml", parts->worksheet, parts->worksheet_size);
    if (parts->shared_strings != NULL) {
        add(writer, "xl/sharedStrings.xml", parts->shared_strings, 0);
    }
    if (parts->styles != NULL) {
        add(writer, "xl/styles.xml", parts->styles, parts->styles_size);
    }
    if (parts->calc_chain != NULL) {
        add(writer, "xl/calcChain.xml", parts->calc_chain, 0);
    }
    add(writer, "xl/vbaProject.bin", "macros, not to be touched", 0);
    (void)zip_writer_finish(writer, NULL, &error);
    g_assert_no_error(error);
}

char *
zip_text(const char *path, const char *name)
{
    static const ZipLimits limits = { 1000, 1100, 1000, 1 << 30 };
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipReader) reader = zip_open(path, &limits, &error);
    g_assert_no_error(error);
    const ZipMember *member = zip_find(reader, name);
    if (member == NULL) {
        return NULL;
    }
    g_autoptr(GBytes) bytes = zip_read_member(reader, member, 1 << 30, &error);
    g_assert_no_error(error);
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

char *
book_patch(const BookParts *parts, const SheetEdit *edits, gsize num_edits,
           SheetPatchStats *ret_stats, GError **ret_error)
{
    g_auto(TestFile) file = test_file_new("book.xlsx");
    g_autoptr(GError) error = NULL;
    book_write(file.path, parts);
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, &error);
    g_assert_no_error(error);
    if (!sheet_patch(sheet, 0, edits, num_edits, NULL, 0, file.path, ret_stats, &error)) {
        g_assert_nonnull(error);
        if (ret_error == NULL) {
            g_assert_no_error(error);
        }
        g_propagate_error(ret_error, g_steal_pointer(&error));
        return NULL;
    }
    return zip_text(file.path, "xl/worksheets/sheet1.xml");
}

static bool
dump_row(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
         GError **error)
{
    static const struct {
        SheetCellFlags flag;
        const char *name;
    } flags[] = {
        { SHEET_CELL_NUMBER, "(number)" },       { SHEET_CELL_FORMULA, "(formula)" },
        { SHEET_CELL_ERROR, "(error)" },         { SHEET_CELL_NOT_CALCULATED, "(not calculated)" },
        { SHEET_CELL_DESTROYED, "(destroyed)" }, { SHEET_CELL_DATE, "(date)" }
    };
    GString *text = user_data;
    g_assert_cmpuint(num_cells, >, 0);
    g_string_append_printf(text, "%u:", row);
    for (gsize i = 0; i < num_cells; i++) {
        g_assert_cmpuint(cells[i].row, ==, row);
        g_autoptr(GString) reference = g_string_new(NULL);
        cell_append_reference(reference, row, cells[i].column);
        while (g_ascii_isdigit(reference->str[reference->len - 1])) {
            g_string_truncate(reference, reference->len - 1);
        }
        g_string_append_printf(text, " %s=%s", reference->str, cells[i].text);
        for (guint f = 0; f < G_N_ELEMENTS(flags); f++) {
            if (cells[i].flags & flags[f].flag) {
                g_string_append(text, flags[f].name);
            }
        }
    }
    g_string_append_c(text, '\n');
    return true;
}

char *
sheet_dump(Sheet *sheet, guint worksheet, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (!sheet_read_rows(sheet, worksheet, dump_row, text, error)) {
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
book_dump(const BookParts *parts, GError **error)
{
    g_auto(TestFile) file = test_file_new("book.xlsx");
    g_autoptr(GError) open_error = NULL;
    book_write(file.path, parts);
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, &open_error);
    g_assert_no_error(open_error);
    return sheet_dump(sheet, 0, error);
}

#include "sheet/test_book.h"

#include "base/error.h"

#include <string.h>

/* What the rows become when EDITS are done. */
static void
assert_rows(const char *rows, const SheetEdit *edits, gsize num_edits, const char *expected)
{
    g_autofree char *before = book_worksheet(rows), *wanted = book_worksheet(expected);
    g_autofree char *after =
        book_patch(&(BookParts){ .worksheet = before }, edits, num_edits, NULL, NULL);
    g_assert_cmpstr(after, ==, wanted);
}

static void
assert_refused(const BookParts *parts, const SheetEdit *edits, gsize num_edits, int code,
               const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *after = book_patch(parts, edits, num_edits, NULL, &error);
    g_assert_null(after);
    g_assert_error(error, APP_ERROR, code);
    if (strstr(error->message, reason) == NULL) {
        g_test_message("%s", error->message);
        g_test_fail();
    }
}

static void
assert_rows_refused(const char *rows, const SheetEdit *edits, gsize num_edits, int code,
                    const char *reason)
{
    g_autofree char *worksheet = book_worksheet(rows);
    assert_refused(&(BookParts){ .worksheet = worksheet }, edits, num_edits, code, reason);
}

/* LST-07: the cell changes, what surrounds it does not, however oddly it is written. */
static void
test_a_cell_is_replaced(void)
{
    const SheetEdit edit = { 2, 2, (char *)"https://a/b?c&d" };
    assert_rows("<row  r='2' spans=\"1:3\" ><c r='A2' t='s'><v>0</v></c> <c  s='5' r='B2' t=\"s\">"
                "<v>1</v></c><!-- > </row> --><c r=\"C2\"/></row >",
                &edit, 1,
                "<row  r='2' spans=\"1:3\" ><c r='A2' t='s'><v>0</v></c> <c r='B2' s='5' "
                "t=\"inlineStr\"><is><t>https://a/b?c&amp;d</t></is></c>"
                "<!-- > </row> --><c r=\"C2\"/></row >");
}

static void
test_cells_are_inserted_in_order(void)
{
    const SheetEdit edits[] = { { 1, 5, (char *)"e" },
                                { 1, 1, (char *)"a" },
                                { 1, 3, (char *)"c" } };
    assert_rows("<row r=\"1\"><c r=\"B1\"><v>2</v></c><c r=\"D1\"><v>4</v></c></row>", edits, 3,
                "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c>"
                "<c r=\"B1\"><v>2</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>c</t></is></c>"
                "<c r=\"D1\"><v>4</v></c><c r=\"E1\" t=\"inlineStr\"><is><t>e</t></is></c></row>");
}

static void
test_rows_are_inserted_in_order(void)
{
    const SheetEdit edits[] = { { 1, 1, (char *)"first" },
                                { 4, 2, (char *)"between" },
                                { 9, 1, (char *)"last" } };
    SheetPatchStats stats;
    g_autofree char *before = book_worksheet("<row r=\"3\"/><row r=\"5\"></row>\n");
    g_autofree char *after =
        book_patch(&(BookParts){ .worksheet = before }, edits, 3, &stats, NULL);
    g_autofree char *wanted = book_worksheet(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>first</t></is></c></row><row r=\"3\"/>"
        "<row r=\"4\"><c r=\"B4\" t=\"inlineStr\"><is><t>between</t></is></c></row>"
        "<row r=\"5\"></row>\n"
        "<row r=\"9\"><c r=\"A9\" t=\"inlineStr\"><is><t>last</t></is></c></row>");
    g_assert_cmpstr(after, ==, wanted);
    g_assert_cmpuint(stats.num_rows_inserted, ==, 3);
    g_assert_cmpuint(stats.num_cells_changed, ==, 3);
}

static void
test_an_empty_row_is_opened(void)
{
    const SheetEdit edit = { 7, 1, (char *)"a" };
    assert_rows("<row r=\"7\" ht=\"15\"/>", &edit, 1,
                "<row r=\"7\" ht=\"15\"><c r=\"A7\" t=\"inlineStr\"><is><t>a</t></is></c></row>");
}

static void
test_rows_and_cells_without_numbers_are_counted(void)
{
    const SheetEdit edits[] = { { 2, 2, (char *)"x" }, { 2, 4, (char *)"y" } };
    assert_rows("<row><c><v>1</v></c></row><row><c><v>1</v></c><c><v>2</v></c><c/></row>", edits, 2,
                "<row><c><v>1</v></c></row><row><c><v>1</v></c>"
                "<c r=\"B2\" t=\"inlineStr\"><is><t>x</t></is></c><c/>"
                "<c r=\"D2\" t=\"inlineStr\"><is><t>y</t></is></c></row>");
}

static void
test_an_empty_sheet_is_opened(void)
{
    const SheetEdit edit = { 1, 1, (char *)"a" };
    g_autofree char *after = book_patch(
        &(BookParts){ .worksheet = "<x:worksheet xmlns:x=\"n\"><x:sheetData/></x:worksheet>" },
        &edit, 1, NULL, NULL);
    g_assert_cmpstr(after, ==,
                    "<x:worksheet xmlns:x=\"n\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" "
                    "t=\"inlineStr\"><x:is><x:t>a</x:t></x:is></x:c></x:row></x:sheetData>"
                    "</x:worksheet>");
}

static void
test_prefixed_elements(void)
{
    const SheetEdit edit = { 1, 2, (char *)"b" };
    g_autofree char *after = book_patch(
        &(BookParts){ .worksheet =
                          "<x:worksheet xmlns:x=\"n\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\">"
                          "<x:v>1</x:v></x:c><x:c r=\"B1\"/></x:row></x:sheetData></x:worksheet>" },
        &edit, 1, NULL, NULL);
    g_assert_nonnull(after);
    g_assert_nonnull(strstr(after, "<x:v>1</x:v></x:c><x:c r=\"B1\" t=\"inlineStr\"><x:is>"));
}

static void
test_new_cells_take_the_column_style(void)
{
    const SheetEdit edits[] = { { 1, 2, (char *)"b" }, { 2, 2, (char *)"c" } };
    const char *const format =
        "<worksheet><cols><col min=\"1\" max=\"1\" style=\"3\"/><col min=\"2\" max=\"9\" "
        "width=\"4\" style=\"12\"/></cols><sheetData><row r=\"1\" s=\"8\" "
        "customFormat=\"1\">%s</row>%s</sheetData></worksheet>";
    g_autofree char *before = g_strdup_printf(format, "", "");
    g_autofree char *wanted = g_strdup_printf(
        format, "<c r=\"B1\" s=\"8\" t=\"inlineStr\"><is><t>b</t></is></c>",
        "<row r=\"2\"><c r=\"B2\" s=\"12\" t=\"inlineStr\"><is><t>c</t></is></c></row>");
    g_autofree char *after = book_patch(&(BookParts){ .worksheet = before }, edits, 2, NULL, NULL);
    g_assert_cmpstr(after, ==, wanted);
}

static void
test_the_dimension_grows_only_for_what_is_outside(void)
{
    const char *const format = "<worksheet><dimension ref=\"%s\"/><sheetData>%s</sheetData>"
                               "</worksheet>";
    const struct {
        const char *before, *after;
    } cases[] = { { "B2:D9", "B2:D9" },
                  { "B4:B5", "B3:C5" },
                  { "A1", "A1:C3" },
                  { "nonsense", "nonsense" },
                  { "A1:XFD1048576", "A1:XFD1048576" } };
    const SheetEdit edit = { 3, 3, (char *)"x" };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *before = g_strdup_printf(format, cases[i].before, "");
        g_autofree char *wanted =
            g_strdup_printf(format, cases[i].after,
                            "<row r=\"3\"><c r=\"C3\" t=\"inlineStr\"><is><t>x</t></is></c></row>");
        g_autofree char *after =
            book_patch(&(BookParts){ .worksheet = before }, &edit, 1, NULL, NULL);
        g_assert_cmpstr(after, ==, wanted);
    }
}

static void
test_equal_cells_are_not_touched(void)
{
    static const char shared[] = "<sst><si><t>no</t></si><si><r><t>y</t></r><r><t>es</t></r>"
                                 "<rPh><t>phonetic</t></rPh></si></sst>";
    g_autofree char *rows = book_worksheet(
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c>"
        "<c r=\"B1\" t=\"inlineStr\"><is><t>yes</t></is></c>"
        "<c r=\"C1\" t=\"str\"><f>\"y\"&amp;\"es\"</f><v>yes</v></c><c r=\"D1\"><v>1E2</v></c>"
        "</row>");
    const SheetEdit edits[] = { { 1, 1, (char *)"yes" }, { 1, 2, (char *)"yes" },
                                { 1, 3, (char *)"yes" }, { 1, 4, (char *)"100" },
                                { 1, 5, (char *)"" },    { 2, 1, (char *)"" } };
    SheetPatchStats stats;
    g_autofree char *after = book_patch(&(BookParts){ .worksheet = rows, .shared_strings = shared },
                                        edits, 6, &stats, NULL);
    g_assert_cmpstr(after, ==, rows);
    g_assert_cmpuint(stats.num_cells_equal, ==, 6);
    g_assert_cmpuint(stats.num_cells_changed, ==, 0);
    g_assert_cmpuint(stats.num_rows_inserted, ==, 0);
}

static void
test_text_is_escaped(void)
{
    const SheetEdit edits[] = { { 1, 1, (char *)" <a> & b " }, { 1, 2, (char *)"_x0041_" } };
    assert_rows("", edits, 2,
                "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t xml:space=\"preserve\"> &lt;a&gt; "
                "&amp; b </t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>_x005F_x0041_</t></is></c>"
                "</row>");
}

static const char formula_rows[] = "<row r=\"1\"><c r=\"A1\"><f>1+1</f><v>2</v></c>"
                                   "<c r=\"B1\"><f>A1</f><v>2</v></c></row>";

static void
test_a_replaced_formula_leaves_the_calculation_chain(void)
{
    g_autofree char *worksheet = book_worksheet(formula_rows);
    const SheetEdit edit = { 1, 1, (char *)"x" };
    const SheetPatchStats expected = { .num_cells_changed = 1, .num_formulas_replaced = 1 };
    SheetPatchStats stats;
    g_auto(TestFile) file = test_file_new("book.xlsx");
    book_write(file.path,
               &(BookParts){ .worksheet = worksheet,
                             .calc_chain = "<calcChain><c r=\"A1\" i=\"7\" l=\"1\"/><c r=\"B1\"/>"
                                           "<c r=\"A1\" i=\"8\"/></calcChain>" });
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, NULL);
    g_assert_true(sheet_patch(sheet, 0, &edit, 1, NULL, 0, file.path, &stats, NULL));
    g_autofree char *chain = zip_text(file.path, "xl/calcChain.xml");
    g_assert_cmpstr(chain, ==, "<calcChain><c r=\"B1\" i=\"7\"/><c r=\"A1\" i=\"8\"/></calcChain>");
    g_assert_cmpmem(&stats, sizeof stats, &expected, sizeof expected);
}

static void
test_a_chain_without_entries_goes_with_all_mentions(void)
{
    g_autofree char *worksheet = book_worksheet(formula_rows);
    const SheetEdit edits[] = { { 1, 1, (char *)"x" }, { 1, 2, (char *)"y" } };
    g_auto(TestFile) file = test_file_new("book.xlsx");
    book_write(file.path, &(BookParts){ .worksheet = worksheet,
                                        .calc_chain = "<calcChain><c r=\"A1\" i=\"7\"/>"
                                                      "<c r=\"B1\"/></calcChain>" });
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, NULL);
    g_assert_true(sheet_patch(sheet, 0, edits, 2, NULL, 0, file.path, NULL, NULL));
    g_autofree char *chain = zip_text(file.path, "xl/calcChain.xml");
    g_autofree char *types = zip_text(file.path, "[Content_Types].xml");
    g_autofree char *relationships = zip_text(file.path, "xl/_rels/workbook.xml.rels");
    g_assert_null(chain);
    g_assert_null(strstr(types, "calcChain"));
    g_assert_null(strstr(relationships, "calcChain"));
    g_assert_nonnull(strstr(relationships, "sharedStrings"));
}

static void
test_a_shared_formula_is_not_cut_off(void)
{
    static const char rows[] =
        "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:A2\" si=\"0\">B1</f><v>1</v></c></row>"
        "<row r=\"2\"><c r=\"A2\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row>";
    const SheetEdit edits[] = { { 1, 1, (char *)"x" }, { 2, 1, (char *)"y" } };
    assert_rows_refused(rows, edits, 1, APP_ERROR_CONFLICT, "A1 holds a formula");
    assert_rows(rows, edits, 2,
                "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c></row>"
                "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>y</t></is></c></row>");
    assert_rows(rows, edits + 1, 1,
                "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:A2\" si=\"0\">B1</f><v>1</v></c>"
                "</row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>y</t></is></c></row>");
}

static void
test_a_part_of_an_array_formula_is_not_overwritten(void)
{
    const SheetEdit edit = { 2, 1, (char *)"x" };
    assert_rows_refused("<row r=\"1\"><c r=\"A1\"><f t=\"array\" ref=\"A1:A3\">B1:B3</f><v>1</v>"
                        "</c></row><row r=\"2\"><c r=\"A2\"><v>1</v></c></row>",
                        &edit, 1, APP_ERROR_CONFLICT, "A1:A3");
}

static void
test_a_cell_hidden_by_a_merge_is_refused(void)
{
    const BookParts parts = { .worksheet =
                                  "<worksheet><sheetData></sheetData><mergeCells count=\"1\">"
                                  "<mergeCell ref=\"B2:C3\"/></mergeCells></worksheet>" };
    const SheetEdit hidden = { 3, 2, (char *)"x" }, corner = { 2, 2, (char *)"x" };
    assert_refused(&parts, &hidden, 1, APP_ERROR_CONFLICT, "B3 is hidden");
    g_autofree char *after = book_patch(&parts, &corner, 1, NULL, NULL);
    g_assert_nonnull(strstr(after, "B2"));
}

static void
test_edits_that_cannot_be_are_refused(void)
{
    const struct {
        SheetEdit edits[2];
        gsize num_edits;
        const char *reason;
    } cases[] = {
        { { { 0, 1, (char *)"x" } }, 1, "no sheet has" },
        { { { 1, 0, (char *)"x" } }, 1, "no sheet has" },
        { { { 1048577, 1, (char *)"x" } }, 1, "no sheet has" },
        { { { 1, 16385, (char *)"x" } }, 1, "no sheet has" },
        { { { 1, 1, (char *)"x\ny" } }, 1, "control character" },
        { { { 1, 1, (char *)"\xff" } }, 1, "not UTF-8" },
        { { { 3, 28, (char *)"x" }, { 3, 28, (char *)"x" } }, 2, "AB3 is to be written twice" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_rows_refused("", cases[i].edits, cases[i].num_edits, APP_ERROR_INVALID,
                            cases[i].reason);
    }
}

static void
test_broken_worksheets_are_refused(void)
{
    const SheetEdit edit = { 9, 9, (char *)"x" };
    const struct {
        const char *worksheet;
        int code;
        const char *reason;
    } cases[] = {
        { "<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet><sheetData/></worksheet>", APP_ERROR_INVALID,
          "document type" },
        { "<worksheet><sheetData><row r=\"2\"/><row r=\"1\"/></sheetData></worksheet>",
          APP_ERROR_INVALID, "row 1 comes after row 2" },
        { "<worksheet><sheetData><row r=\"1048577\"/></sheetData></worksheet>", APP_ERROR_INVALID,
          "1048577" },
        { "<worksheet><sheetData><row r=\"9\"><c r=\"B9\"/><c r=\"A9\"/></row></sheetData>"
          "</worksheet>",
          APP_ERROR_INVALID, "row 9" },
        { "<worksheet><sheetData><row r=\"9\"><c r=\"A8\"/></row></sheetData></worksheet>",
          APP_ERROR_INVALID, "row 9" },
        { "<worksheet><sheetData><row r=\"1\"/>", APP_ERROR_INVALID, "ends after row 1" },
        { "<worksheet><sheetData>text<row r=\"1\"/></sheetData></worksheet>", APP_ERROR_INVALID,
          "text stands between rows" },
        { "<worksheet><sheetData><other/></sheetData></worksheet>", APP_ERROR_UNSUPPORTED,
          "not a row" },
        { "<chartsheet/>", APP_ERROR_INVALID, "not a worksheet" },
        { "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><worksheet><sheetData/></worksheet>",
          APP_ERROR_UNSUPPORTED, "ISO-8859-1" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(&(BookParts){ .worksheet = cases[i].worksheet }, &edit, 1, cases[i].code,
                       cases[i].reason);
    }
    static const char utf16[] = "\xff\xfe<\0w\0";
    assert_refused(&(BookParts){ .worksheet = utf16, .worksheet_size = sizeof utf16 - 1 }, &edit, 1,
                   APP_ERROR_UNSUPPORTED, "UTF-16");
}

/* Whatever row number a file claims, only what it holds is held. */
static void
test_hostile_numbers_cost_nothing(void)
{
    const SheetEdit edit = { 1, 1, (char *)"x" };
    assert_rows("<row r=\"1048576\"><c r=\"XFD1048576\"/></row>", &edit, 1,
                "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c></row>"
                "<row r=\"1048576\"><c r=\"XFD1048576\"/></row>");
}

static void
test_a_worksheet_of_many_pieces(void)
{
    g_autoptr(GString) rows = g_string_new(NULL), expected = g_string_new(NULL);
    for (guint i = 1; i <= 20000; i++) {
        g_string_append_printf(rows, "<row r=\"%u\"><c r=\"A%u\"><v>%u</v></c></row>", i, i, i);
        if (i == 15000) {
            g_string_append(expected, "<row r=\"15000\"><c r=\"A15000\" t=\"inlineStr\"><is><t>x"
                                      "</t></is></c></row>");
        } else {
            g_string_append_printf(expected, "<row r=\"%u\"><c r=\"A%u\"><v>%u</v></c></row>", i, i,
                                   i);
        }
    }
    const SheetEdit edit = { 15000, 1, (char *)"x" };
    assert_rows(rows->str, &edit, 1, expected->str);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workbook-patch/replace", test_a_cell_is_replaced);
    g_test_add_func("/workbook-patch/insert-cells", test_cells_are_inserted_in_order);
    g_test_add_func("/workbook-patch/insert-rows", test_rows_are_inserted_in_order);
    g_test_add_func("/workbook-patch/empty-row", test_an_empty_row_is_opened);
    g_test_add_func("/workbook-patch/no-numbers", test_rows_and_cells_without_numbers_are_counted);
    g_test_add_func("/workbook-patch/empty-sheet", test_an_empty_sheet_is_opened);
    g_test_add_func("/workbook-patch/prefix", test_prefixed_elements);
    g_test_add_func("/workbook-patch/style", test_new_cells_take_the_column_style);
    g_test_add_func("/workbook-patch/dimension", test_the_dimension_grows_only_for_what_is_outside);
    g_test_add_func("/workbook-patch/equal", test_equal_cells_are_not_touched);
    g_test_add_func("/workbook-patch/escape", test_text_is_escaped);
    g_test_add_func("/workbook-patch/calc-chain",
                    test_a_replaced_formula_leaves_the_calculation_chain);
    g_test_add_func("/workbook-patch/empty-calc-chain",
                    test_a_chain_without_entries_goes_with_all_mentions);
    g_test_add_func("/workbook-patch/shared-formula", test_a_shared_formula_is_not_cut_off);
    g_test_add_func("/workbook-patch/array-formula",
                    test_a_part_of_an_array_formula_is_not_overwritten);
    g_test_add_func("/workbook-patch/merged", test_a_cell_hidden_by_a_merge_is_refused);
    g_test_add_func("/workbook-patch/bad-edits", test_edits_that_cannot_be_are_refused);
    g_test_add_func("/workbook-patch/bad-worksheets", test_broken_worksheets_are_refused);
    g_test_add_func("/workbook-patch/hostile-numbers", test_hostile_numbers_cost_nothing);
    g_test_add_func("/workbook-patch/many-pieces", test_a_worksheet_of_many_pieces);
    return g_test_run();
}

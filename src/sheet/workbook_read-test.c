#include "sheet/test_book.h"

#include "base/error.h"
#include "sheet/cell.h"

#include <string.h>

static void
assert_dump(const BookParts *parts, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = book_dump(parts, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(dump, ==, expected);
}

static void
assert_rows(const char *rows, const char *expected)
{
    g_autofree char *worksheet = book_worksheet(rows);
    assert_dump(&(BookParts){ .worksheet = worksheet }, expected);
}

/* LST-02 */
static void
test_every_kind_of_cell(void)
{
    g_autofree char *worksheet = book_worksheet(
        "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c><c r=\"B2\"><v>12.50</v></c>"
        "<c r=\"C2\" t=\"b\"><v>1</v></c><c r=\"D2\" t=\"e\"><v>#N/A</v></c>"
        "<c r=\"E2\" t=\"str\"><f>A1</f><v>a&lt;b</v></c>"
        "<c r=\"F2\" t=\"inlineStr\"><is><t>in</t><r><t>line</t></r></is></c>"
        "<c r=\"G2\"/><c r=\"H2\" t=\"s\"><v>0</v></c><c r=\"I2\"><f>1+1</f><v>2</v></c></row>");
    assert_dump(&(BookParts){ .worksheet = worksheet,
                              .shared_strings =
                                  "<sst><si><t/></si><si><r><rPr><b/></rPr><t>S</t></r><r><t "
                                  "xml:space=\"preserve\">KU </t></r><rPh sb=\"0\" "
                                  "eb=\"1\"><t>no</t></rPh><phoneticPr/></si></sst>" },
                "2: A=SKU  B=12.5(number) C=TRUE D=#N/A(error) E=a<b(formula) F=inline "
                "I=2(number)(formula)\n");
}

/* What programs write that do not calculate (openpyxl). A result that is an empty text is one. */
static void
test_a_formula_without_its_result_is_told_of(void)
{
    assert_rows("<row r=\"1\"><c r=\"A1\"><f>\"A\"&amp;1</f></c><c r=\"B1\"><f>C1</f><v/></c>"
                "<c r=\"C1\" t=\"n\"><f>C2</f><v></v></c>"
                "<c r=\"D1\" t=\"str\"><f>IF(1,\"\")</f><v></v></c></row>",
                "1: A=?(formula)(not calculated) B=?(formula)(not calculated) "
                "C=?(formula)(not calculated)\n");
}

/* Writers that lay their XML out for reading, or wrap every text. */
static void
test_values_with_spaces_comments_and_cdata(void)
{
    g_autofree char *worksheet =
        book_worksheet("<row r=\"2\"><c r=\"A2\" t=\"s\"><v>\n 0 </v></c>"
                       "<c r=\"B2\" t=\"str\"><v> a&amp;<![CDATA[<b>&]]><!-- c --> </v></c>"
                       "<c r=\"C2\" t=\"b\"><v>\n1</v></c></row>");
    assert_dump(
        &(BookParts){ .worksheet = worksheet, .shared_strings = "<sst><si><t>SKU</t></si></sst>" },
        "2: A=SKU B= a&<b>&  C=TRUE\n");
}

static void
test_empty_rows_are_left_out(void)
{
    assert_rows("<row r=\"1\"/><row r=\"2\"><c r=\"A2\" s=\"1\"/></row>\n"
                "<row><c><v>3</v></c><c/><c><v>5</v></c></row>",
                "3: A=3(number) C=5(number)\n");
}

static void
test_numbers_have_no_exponent(void)
{
    const struct {
        const char *stored, *shown;
        bool is_exact;
    } cases[] = {
        { "8.4110000001E11", "841100000010", true },
        { "841100000010", "841100000010", true },
        { "1E2", "100", true },
        { "4.9900000000000002", "4.99", true },
        { "0.30000000000000004", "0.3", true },
        { "-0.5", "-0.5", true },
        { "1.5E-3", "0.0015", true },
        { "0", "0", true },
        { "-0.0", "0", true },
        { "007", "7", true },
        { "999999999999999", "999999999999999", true },
        { "0.99999999999999999", "1", true },
        { "123456789012345.99", "123456789012346", true },
        { "1.2345678901234568E+18", "1234567890123456800", false },
        { "1e15", "1000000000000000", false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        bool is_exact;
        XmlSpan value = { cases[i].stored, strlen(cases[i].stored) };
        g_assert_true(cell_append_number(value, text, &is_exact));
        g_assert_cmpstr(text->str, ==, cases[i].shown);
        g_assert_cmpint(is_exact, ==, cases[i].is_exact);
    }
    const char *const bad[] = { "", "1.2.3", "abc", "1e", "1e9999", "--1", "0x10" };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        bool is_exact;
        g_assert_false(cell_append_number((XmlSpan){ bad[i], strlen(bad[i]) }, text, &is_exact));
    }
}

static void
test_a_number_with_lost_digits_is_flagged(void)
{
    assert_rows("<row><c><v>1.2345678901234568E+18</v></c></row>",
                "1: A=1234567890123456800(number)(destroyed)\n");
}

static void
test_excel_escapes_are_resolved(void)
{
    assert_rows("<row><c t=\"inlineStr\"><is><t>a_x0041_b_x005F_x0042_&#65;</t></is></c></row>",
                "1: A=aAb_x0042_A\n");
}

static void
test_references(void)
{
    const struct {
        const char *text;
        guint32 row, column;
    } cases[] = { { "A1", 1, 1 },     { "Z9", 9, 26 },
                  { "AA10", 10, 27 }, { "XFD1048576", 1048576, 16384 },
                  { "$B$3", 3, 2 },   { "c4", 4, 3 } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 row = 0, column = 0;
        g_assert_true(
            cell_parse_reference((XmlSpan){ cases[i].text, strlen(cases[i].text) }, &row, &column));
        g_assert_cmpuint(row, ==, cases[i].row);
        g_assert_cmpuint(column, ==, cases[i].column);
    }
    const char *const bad[] = { "", "1A", "A0", "XFE1", "A1048577", "A1B", "A-1", "AAAAAAAAAA1" };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        guint32 row, column;
        g_assert_false(cell_parse_reference((XmlSpan){ bad[i], strlen(bad[i]) }, &row, &column));
    }
}

static void
test_worksheets_are_found_through_relationships(void)
{
    g_autofree char *worksheet = book_worksheet("<row><c><v>1</v></c></row>");
    g_auto(TestFile) file = test_file_new("book.xlsx");
    book_write(
        file.path,
        &(BookParts){
            .worksheet = worksheet,
            .workbook = "<w:workbook xmlns:w=\"n\"><w:sheets><w:sheet name=\"A &amp; B\" "
                        "rel:id=\"one\"/><w:sheet name=\"Chart\" rel:id=\"two\"/><w:sheet "
                        "name=\"Hidden\" state=\"veryHidden\" rel:id=\"three\"/></w:sheets>"
                        "<w:definedNames><w:definedName name=\"x\">1</w:definedName>",
            .relationships =
                "<r><Relationship Id=\"one\" Type=\"http://any/worksheet\" "
                "Target=\"/xl/worksheets/sheet1.xml\"/><Relationship Id=\"two\" "
                "Type=\"http://any/chartsheet\" Target=\"nowhere.xml\"/><Relationship Id=\"three\" "
                "Type=\"http://any/worksheet\" Target=\"../XL/Worksheets/./Sheet1.xml\"/></r>" });
    g_autoptr(GError) error = NULL;
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sheet_num_worksheets(sheet), ==, 2);
    g_assert_cmpstr(sheet_worksheet_name(sheet, 0), ==, "A & B");
    g_assert_false(sheet_worksheet_is_hidden(sheet, 0));
    g_assert_cmpstr(sheet_worksheet_name(sheet, 1), ==, "Hidden");
    g_assert_true(sheet_worksheet_is_hidden(sheet, 1));
    g_autofree char *dump = sheet_dump(sheet, 1, &error);
    g_assert_cmpstr(dump, ==, "1: A=1(number)\n");
    g_assert_cmpint(sheet_kind(sheet), ==, SHEET_WORKBOOK);
    g_assert_cmpstr(sheet_description(sheet), ==, "xlsx");
}

static bool
stop_at_once(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
             GError **error)
{
    ++*(guint *)user_data;
    *stop = true;
    return true;
}

static bool
refuse(guint32 row, const SheetCell *cells, gsize num_cells, gpointer user_data, bool *stop,
       GError **error)
{
    return fail(error, APP_ERROR_CONFLICT, "not this one");
}

static void
test_reading_stops_when_told(void)
{
    g_autofree char *worksheet =
        book_worksheet("<row><c><v>1</v></c></row><row><c><v>2</v></c></row>");
    g_auto(TestFile) file = test_file_new("book.xlsx");
    book_write(file.path, &(BookParts){ .worksheet = worksheet });
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, NULL);
    guint num_rows = 0;
    g_assert_true(sheet_read_rows(sheet, 0, stop_at_once, &num_rows, NULL));
    g_assert_cmpuint(num_rows, ==, 1);
    g_autoptr(GError) error = NULL;
    g_assert_false(sheet_read_rows(sheet, 0, refuse, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
}

static void
test_broken_cells_are_named(void)
{
    const struct {
        const char *rows, *reason;
    } cases[] = {
        { "<row><c t=\"s\"><v>9</v></c></row>", "no shared string" },
        { "<row r=\"3\"><c r=\"B3\"><v>abc</v></c></row>", "cell B3 is not well formed" },
        { "<row><c t=\"str\"><v>&unknown;</v></c></row>", "cell A1 is not well formed" },
        { "<row><c t=\"inlineStr\"><is><t>\xff</t></is></c></row>", "cell A1 is not well formed" },
        { "<row><c><v>1</c></row>", "cell A1 is not well formed" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *worksheet = book_worksheet(cases[i].rows);
        g_autoptr(GError) error = NULL;
        g_autofree char *dump = book_dump(
            &(BookParts){ .worksheet = worksheet, .shared_strings = "<sst></sst>" }, &error);
        g_assert_null(dump);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, cases[i].reason));
    }
}

static void
assert_not_opened(const char *data, gsize size, int code)
{
    g_auto(TestFile) file = test_file_new("file");
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(file.path, data, (gssize)size, NULL));
    g_autoptr(Sheet) sheet = sheet_open(file.path, NULL, &test_limits, &error);
    g_assert_null(sheet);
    g_assert_error(error, APP_ERROR, code);
}

static void
test_other_files_are_refused_by_kind(void)
{
    assert_not_opened("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", 12, APP_ERROR_UNSUPPORTED);
    assert_not_opened("%PDF-1.7\nSKU,Image\n", 19, APP_ERROR_UNSUPPORTED);
    assert_not_opened("\xef\xbb\xbf\r\n <HTML><table><tr><td>SKU", 29, APP_ERROR_UNSUPPORTED);
    assert_not_opened("<table><tr><td>SKU", 18, APP_ERROR_UNSUPPORTED);
    assert_not_opened("<?xml version=\"1.0\"?><Workbook>", 31, APP_ERROR_UNSUPPORTED);
    assert_not_opened("", 0, APP_ERROR_INVALID);
    assert_not_opened("PK\3\4 and nothing", 16, APP_ERROR_INVALID);
    assert_not_opened("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", 20, APP_ERROR_INVALID);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workbook-read/kinds", test_every_kind_of_cell);
    g_test_add_func("/workbook-read/not-calculated", test_a_formula_without_its_result_is_told_of);
    g_test_add_func("/workbook-read/spaces-and-cdata", test_values_with_spaces_comments_and_cdata);
    g_test_add_func("/workbook-read/empty-rows", test_empty_rows_are_left_out);
    g_test_add_func("/workbook-read/numbers", test_numbers_have_no_exponent);
    g_test_add_func("/workbook-read/lost-digits", test_a_number_with_lost_digits_is_flagged);
    g_test_add_func("/workbook-read/escapes", test_excel_escapes_are_resolved);
    g_test_add_func("/workbook-read/references", test_references);
    g_test_add_func("/workbook-read/relationships",
                    test_worksheets_are_found_through_relationships);
    g_test_add_func("/workbook-read/stop", test_reading_stops_when_told);
    g_test_add_func("/workbook-read/broken-cells", test_broken_cells_are_named);
    g_test_add_func("/workbook-read/other-files", test_other_files_are_refused_by_kind);
    return g_test_run();
}

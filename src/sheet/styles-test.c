/* LST-02: which number formats make a date of a number. */
#include "sheet/styles.h"

#include "base/error.h"
#include "sheet/test_book.h"

#include <string.h>

static void
test_formats(void)
{
    const struct {
        const char *format;
        bool is_date;
    } cases[] = {
        { "yyyy\\-mm\\-dd", true },
        { "dd/mm/yyyy;@", true },
        { "d. mmm", true },
        { "[$-407]mmm\\-yy", true },
        { "[$-F400]h:mm:ss\\ AM/PM", true },
        { "[h]", true },
        { "[mm]:ss", true },
        { "ss.000", true },
        { "ggge\"年\"m\"月\"", true },
        { "[$-411]e", true },
        { "yyyy\"年\"m\"月\"d\"日\"", true },
        { "0;dd", true },
        { "General", false },
        { "[Red]General", false },
        { "general;-General", false },
        { "0", false },
        { "@", false },
        { "0.00E+00", false },
        { "##0.0e+0", false },
        { "#,##0.00\\ \"days\"", false },
        { "[$USD]\\ #,##0", false },
        { "#,##0\\ [$SEK];[Red]\\-#,##0\\ [$SEK]", false },
        { "_(* #,##0_);_(* \\(#,##0\\)", false },
        { "0_d", false },
        { "\\d0", false },
        { "\"SKU-\"0000", false },
        { "#,##0 USD", false },
        { "[>=100]0;[Black]0", false },
        { "# ?/?", false },
        { "\"never closed yyyy", false },
        { "[never closed yyyy", false },
        { "0\\", false },
        { "", false },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (styles_format_is_date(cases[i].format) != cases[i].is_date) {
            g_error("%s is %sa date", cases[i].format, cases[i].is_date ? "" : "not ");
        }
    }
}

/* The dump of a row with a number in each of the styles 0, 1, 2, ..., and one without a style. */
static char *
dump(const char *styles, guint num_styles, GError **error)
{
    g_autoptr(GString) row = g_string_new("<row r=\"1\"><c><v>1</v></c>");
    for (guint i = 0; i < num_styles; i++) {
        g_string_append_printf(row, "<c s=\"%u\"><v>45352</v></c>", i);
    }
    g_string_append(row, "</row>");
    g_autofree char *worksheet = book_worksheet(row->str);
    return book_dump(&(BookParts){ .worksheet = worksheet, .styles = styles }, error);
}

static void
assert_dump(const char *styles, guint num_styles, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = dump(styles, num_styles, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

/* A format that is written down counts, whatever its number; those of conditional formats and of
 * named styles are no cell's. */
static void
test_cells_by_their_style(void)
{
    assert_dump("<?xml version=\"1.0\"?>\n<x:styleSheet xmlns:x=\"u\"><x:numFmts count=\"3\">"
                "<x:numFmt numFmtId=\"164\" formatCode=\"dd&quot;.&quot;mm\"/>"
                "<x:numFmt numFmtId=\"165\" formatCode=\"0.00E+00\"></x:numFmt>"
                "<x:numFmt numFmtId=\"15\" formatCode=\"0.0\"/></x:numFmts>"
                "<x:cellStyleXfs><x:xf numFmtId=\"14\"/></x:cellStyleXfs>"
                "<x:cellXfs><x:xf numFmtId=\"0\"/><x:xf numFmtId=\"14\"><x:alignment/></x:xf>"
                "<x:xf numFmtId=\"164\"/><x:xf numFmtId=\"165\"/><x:xf numFmtId=\"15\"/>"
                "<x:xf numFmtId=\"49\"/><x:xf numFmtId=\"57\"/><x:xf/></x:cellXfs>"
                "<x:dxfs><x:dxf><x:numFmt numFmtId=\"165\" formatCode=\"yyyy\"/></x:dxf></x:dxfs>"
                "</x:styleSheet>\n",
                9,
                "1: A=1(number) B=45352(number) C=45352(number)(date) D=45352(number)(date) "
                "E=45352(number) F=45352(number) G=45352(number) H=45352(number)(date) "
                "I=45352(number) J=45352(number)\n");
}

static void
test_numbers_of_workbooks_without_styles(void)
{
    assert_dump(NULL, 2, "1: A=1(number) B=45352(number) C=45352(number)\n");
    assert_dump("<styleSheet/>", 2, "1: A=1(number) B=45352(number) C=45352(number)\n");
}

/* A text in a column of dates is a text; a date need not be a number. */
static void
test_only_numbers_become_dates(void)
{
    g_autofree char *worksheet =
        book_worksheet("<row r=\"1\"><c s=\"0\" t=\"inlineStr\"><is><t>1-2</t></is></c>"
                       "<c s=\"0\" t=\"str\"><f>A1</f><v>1-2</v></c>"
                       "<c s=\"0\"><f>TODAY()</f><v>45352</v></c>"
                       "<c t=\"d\"><v>2024-03-01</v></c></row>");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = book_dump(
        &(BookParts){ .worksheet = worksheet,
                      .styles =
                          "<styleSheet><cellXfs><xf numFmtId=\"22\"/></cellXfs></styleSheet>" },
        &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==,
                    "1: A=1-2 B=1-2(formula) C=45352(number)(formula)(date) D=2024-03-01(date)\n");
}

/* More than 15 digits are lost whatever the format; 15 are there even if it does not show them. */
static void
test_digits_are_lost_or_not_by_their_number(void)
{
    g_autofree char *worksheet = book_worksheet(
        "<row r=\"1\"><c s=\"0\"><v>8.41110000001234E+14</v></c><c s=\"0\"><v>841110000001</v></c>"
        "<c s=\"0\"><v>1.23456789012346E+17</v></c></row>");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = book_dump(
        &(BookParts){ .worksheet = worksheet,
                      .styles =
                          "<styleSheet><cellXfs><xf numFmtId=\"11\"/></cellXfs></styleSheet>" },
        &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==,
                    "1: A=841110000001234(number) B=841110000001(number) "
                    "C=123456789012346000(number)(destroyed)\n");
}

static void
test_damaged_styles_are_refused(void)
{
    const char *const damaged[] = {
        "<styleSheet><cellXfs><xf numFmtId=\"14\"/>",
        "<styleSheet><cellXfs><xf numFmtId=\"x\"/></cellXfs></styleSheet>",
        "<styleSheet><numFmts><numFmt numFmtId=\"164\"/></numFmts></styleSheet>",
        "<!DOCTYPE a><styleSheet/>",
        "<worksheet/>",
        "text",
    };
    for (guint i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(dump(damaged[i], 1, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, "styles"));
    }
}

static void
test_too_many_formats_are_refused(void)
{
    g_autoptr(GString) styles = g_string_new("<styleSheet><cellXfs>");
    for (guint i = 0; i <= 1024 * 1024; i++) {
        g_string_append(styles, "<xf/>");
    }
    g_string_append(styles, "</cellXfs></styleSheet>");
    g_autoptr(GError) error = NULL;
    g_assert_null(dump(styles->str, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/styles/formats", test_formats);
    g_test_add_func("/styles/cells", test_cells_by_their_style);
    g_test_add_func("/styles/none", test_numbers_of_workbooks_without_styles);
    g_test_add_func("/styles/only-numbers", test_only_numbers_become_dates);
    g_test_add_func("/styles/lost-digits", test_digits_are_lost_or_not_by_their_number);
    g_test_add_func("/styles/damaged", test_damaged_styles_are_refused);
    g_test_add_func("/styles/too-many", test_too_many_formats_are_refused);
    return g_test_run();
}

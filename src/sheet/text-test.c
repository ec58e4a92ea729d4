#include "sheet/test_book.h"

#include "base/error.h"

#include <string.h>

/* UTF-8 as ENCODING has it, behind MARK. */
static GBytes *
encode(const char *utf8, const char *encoding, const char *mark)
{
    gsize size;
    g_autofree char *text = g_convert(utf8, -1, encoding, "UTF-8", NULL, &size, NULL);
    g_assert_nonnull(text);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)mark, (guint)strlen(mark));
    g_byte_array_append(bytes, (const guint8 *)text, (guint)size);
    return g_byte_array_free_to_bytes(bytes);
}

static Sheet *
open_bytes(const TestFile *file, GBytes *bytes, const char *encoding)
{
    g_autoptr(GError) error = NULL;
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_assert_true(g_file_set_contents(file->path, data, (gssize)size, NULL));
    Sheet *sheet = sheet_open(file->path, encoding, &test_limits, &error);
    g_assert_no_error(error);
    return sheet;
}

static void
assert_dump(const char *text, const char *expected)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = sheet_dump(sheet, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(dump, ==, expected);
}

static void
test_quotes(void)
{
    assert_dump("a,\"b,\"\"c\"\"\nd\",e\r\n\"\",\"x\"y\"z,\"w\"\"\"\n",
                "1: A=a B=b,\"c\"\nd C=e\n2: B=xy\"z C=w\"\n");
}

static void
test_line_ends_may_be_mixed(void)
{
    assert_dump("a,1\rb,2\r\nc,3\n\n\rd,4", "1: A=a B=1\n2: A=b B=2\n3: A=c B=3\n6: A=d B=4\n");
}

static void
test_delimiters_are_recognised(void)
{
    const struct {
        const char *text, *dump, *description;
    } cases[] = {
        { "a,b;c\nd,e\n", "1: A=a B=b;c\n2: A=d B=e\n", "csv, UTF-8, commas, LF" },
        { "sku;preis\r\nA;12,50\r\nB;7,00\r\n", "1: A=sku B=preis\n2: A=A B=12,50\n3: A=B B=7,00\n",
          "csv, UTF-8, semicolons, CRLF" },
        { "a\tb, c, d\ne\tf\n", "1: A=a B=b, c, d\n2: A=e B=f\n", "tsv, UTF-8, tabs, LF" },
        { "a|b\rc|d\r", "1: A=a B=b\n2: A=c B=d\n", "csv, UTF-8, bars, CR" },
        /* More lines hold one semicolon than agree on their tabs, but it would break the quotes. */
        { "a\tb\tc\nd\t\"x;y\"\ne\tf\tg\t\"x;y\"\nh\ti\tj\tk\t\"x;y\"\n",
          "1: A=a B=b C=c\n2: A=d B=x;y\n3: A=e B=f C=g D=x;y\n4: A=h B=i C=j D=k E=x;y\n",
          "tsv, UTF-8, tabs, LF" },
        { "one", "1: A=one\n", "csv, UTF-8, commas, one line" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestFile) file = test_file_new("sheet.csv");
        g_autoptr(GBytes) bytes = g_bytes_new(cases[i].text, strlen(cases[i].text));
        g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
        g_autofree char *dump = sheet_dump(sheet, 0, NULL);
        g_assert_cmpstr(dump, ==, cases[i].dump);
        g_assert_cmpstr(sheet_description(sheet), ==, cases[i].description);
        g_assert_cmpint(sheet_kind(sheet), ==, SHEET_TEXT);
    }
}

static void
test_a_line_of_excel_names_the_delimiter(void)
{
    assert_dump("sep=;\na,b;c\n", "1: A=sep=\n2: A=a,b B=c\n");
}

/* LST-02: the encodings that spreadsheet programs and marketplaces write. */
static void
test_encodings(void)
{
    const struct {
        const char *text, *encoding, *mark, *description;
    } cases[] = {
        { "sku,größe\nA1,42\n", "UTF-8", "", "csv, UTF-8, commas, LF" },
        { "sku,größe\nA1,42\n", "UTF-8", "\xef\xbb\xbf", "csv, UTF-8 with mark, commas, LF" },
        { "sku\tgröße\nA1\t42\n", "UTF-16LE", "\xff\xfe", "tsv, UTF-16LE, tabs, LF" },
        { "sku\tgröße\nA1\t42\n", "UTF-16BE", "\xfe\xff", "tsv, UTF-16BE, tabs, LF" },
        { "sku\tgröße\nA1\t42\n", "UTF-16LE", "", "tsv, UTF-16LE, tabs, LF" },
        { "sku;größe\nA1;42 €\n", "CP1252", "", "csv, Windows-1252, semicolons, LF" },
        { "出品者SKU,商品名\nA1,レディース ワンピース\n", "CP932", "",
          "csv, Windows-31J, commas, LF" },
        { "卖家编号,商品名称\nA1,连衣裙 红色 大号\n", "GBK", "", "csv, GBK, commas, LF" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestFile) file = test_file_new("sheet.csv");
        g_autoptr(GBytes) bytes = encode(cases[i].text, cases[i].encoding, cases[i].mark);
        g_autoptr(GBytes) utf8 = encode(cases[i].text, "UTF-8", "");
        g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
        g_assert_cmpstr(sheet_description(sheet), ==, cases[i].description);
        g_autofree char *dump = sheet_dump(sheet, 0, NULL);
        g_auto(TestFile) plain = test_file_new("plain.csv");
        g_autoptr(Sheet) expected = open_bytes(&plain, utf8, "UTF-8");
        g_autofree char *expected_dump = sheet_dump(expected, 0, NULL);
        g_assert_cmpstr(dump, ==, expected_dump);
    }
}

/* The second byte of ポ, 弓 and 芸 in Windows-31J is 0x7C, that of 十 and 表 is 0x5C. */
static void
test_a_delimiter_inside_a_character_is_none(void)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(GBytes) bytes = encode("表十ポ|弓芸|ん\nあい|弓う|え\n", "CP932", "");
    const char *data = g_bytes_get_data(bytes, NULL);
    g_assert_cmpint(data[5], ==, '|');
    g_assert_cmpint(data[6], ==, '|');
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    g_autofree char *dump = sheet_dump(sheet, 0, NULL);
    g_assert_cmpstr(dump, ==, "1: A=表十ポ B=弓芸 C=ん\n2: A=あい B=弓う C=え\n");
}

static void
test_the_caller_may_name_the_encoding(void)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(GBytes) bytes = encode("sku,łódź\n", "ISO-8859-2", "");
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, "iso-8859-2");
    g_autofree char *dump = sheet_dump(sheet, 0, NULL);
    g_assert_cmpstr(dump, ==, "1: A=sku B=łódź\n");
    const char *const refused[] = { "no-such-encoding", "UTF-32", "UTF-7", "EBCDIC-US" };
    for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Sheet) none = sheet_open(file.path, refused[i], &test_limits, &error);
        g_assert_null(none);
        g_assert_nonnull(error);
        g_assert_true(error->code == APP_ERROR_INVALID || error->code == APP_ERROR_UNSUPPORTED);
    }
}

static void
test_destroyed_numbers_are_flagged(void)
{
    assert_dump("8.41E+11;\"8,41E+11\";1E5;1.E+05x;E+11;-1E+09\n",
                "1: A=8.41E+11(destroyed) B=8,41E+11(destroyed) C=1E5 D=1.E+05x E=E+11 "
                "F=-1E+09(destroyed)\n");
}

/* What a patch makes of TEXT. */
static GBytes *
patch(GBytes *bytes, const SheetEdit *edits, gsize num_edits, const SheetInsertedLine *inserted,
      gsize num_inserted, SheetPatchStats *ret_stats, GError **error)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    if (!sheet_patch(sheet, 0, edits, num_edits, inserted, num_inserted, file.path, ret_stats,
                     error)) {
        return NULL;
    }
    char *data;
    gsize size;
    g_assert_true(g_file_get_contents(file.path, &data, &size, NULL));
    return g_bytes_new_take(data, size);
}

static void
assert_patched(const char *before, const SheetEdit *edits, gsize num_edits,
               const SheetInsertedLine *inserted, gsize num_inserted, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(before, strlen(before));
    g_autoptr(GBytes) after = patch(bytes, edits, num_edits, inserted, num_inserted, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *text = g_strndup(g_bytes_get_data(after, NULL), g_bytes_get_size(after));
    g_assert_cmpstr(text, ==, expected);
}

/* LST-07: encoding, mark, line ends, delimiter and quotes stay. */
static void
test_only_the_edited_field_changes(void)
{
    const SheetEdit edits[] = { { 2, 2, (char *)"new" }, { 3, 1, (char *)"c" } };
    assert_patched("\xef\xbb\xbf\"a\", b ,c\r\n\"x\",\"y\",z\n, \"q\" ,\r\"end\"", edits, 2, NULL,
                   0, "\xef\xbb\xbf\"a\", b ,c\r\n\"x\",\"new\",z\nc, \"q\" ,\r\"end\"");
}

static void
test_short_lines_are_padded(void)
{
    const SheetEdit edits[] = { { 2, 6, (char *)"f" }, { 2, 9, (char *)"i" } };
    assert_patched("a\tb\tc\tb\te\tf\tg\th\ti\na\tb\n", edits, 2, NULL, 0,
                   "a\tb\tc\tb\te\tf\tg\th\ti\na\tb\t\t\t\tf\t\t\ti\n");
}

static void
test_quotes_where_needed_or_usual(void)
{
    const SheetEdit edits[] = { { 1, 2, (char *)"x,y" },
                                { 2, 3, (char *)"z" },
                                { 3, 1, (char *)"say \"hi\"" } };
    assert_patched("a,b\n\"c\",\"d\"\n,e\n", edits, 3, NULL, 0,
                   "a,\"x,y\"\n\"c\",\"d\",\"z\"\n\"say \"\"hi\"\"\",e\n");
}

static void
test_rows_are_appended(void)
{
    const SheetEdit edits[] = { { 2, 2, (char *)"x" }, { 4, 1, (char *)"y" } };
    assert_patched("a,b\r\n", edits, 2, NULL, 0, "a,b\r\n,x\r\n\r\ny,\r\n");
    assert_patched("a,b\nc,d", &edits[1], 1, NULL, 0, "a,b\nc,d\n\ny,");
}

static void
test_lines_are_inserted(void)
{
    char *first[] = { (char *)"h", (char *)"", (char *)"1", NULL };
    char *second[] = { (char *)"h", (char *)"a,b", NULL };
    const SheetInsertedLine inserted[] = { { 2, first }, { 1, second }, { 2, second } };
    const SheetEdit edit = { 3, 1, (char *)"z" };
    assert_patched("a,b,c\r\nd,e,f\r\ng,h,i", &edit, 1, inserted, 3,
                   "a,b,c\r\nh,\"a,b\"\r\nd,e,f\r\nh,,1\r\nh,\"a,b\"\r\nz,h,i");
    const SheetInsertedLine last = { 2, first };
    assert_patched("a,b\nc,d", NULL, 0, &last, 1, "a,b\nc,d\nh,,1");
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_static("a,b\n", 4);
    g_autoptr(GBytes) none = patch(bytes, NULL, 0, &last, 1, NULL, &error);
    g_assert_null(none);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_other_encodings_are_written_back(void)
{
    const struct {
        const char *encoding, *mark;
    } cases[] = { { "UTF-16LE", "\xff\xfe" }, { "UTF-16BE", "\xfe\xff" }, { "CP932", "" } };
    const SheetEdit edits[] = { { 1, 2, (char *)"画像" }, { 2, 3, (char *)"https://a/b" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) before =
            encode("商品名\tメイン画像\nこれはワンピース\n", cases[i].encoding, cases[i].mark);
        g_autoptr(GBytes) expected = encode("商品名\t画像\nこれはワンピース\t\thttps://a/b\n",
                                            cases[i].encoding, cases[i].mark);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) after = patch(before, edits, 2, NULL, 0, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(after, NULL), g_bytes_get_size(after),
                        g_bytes_get_data(expected, NULL), g_bytes_get_size(expected));
    }
}

/* 0xED40 and 0xFA5C are the same character of Windows-31J (NEC's and IBM's): decoding and encoding
 * would make one of the other. */
static void
test_characters_with_two_codes_stay(void)
{
    static const char before[] = "\x82\xa0\x82\xa2\x82\xa4,\xed\x40\xed\x40,a\n";
    static const char expected[] = "\x82\xa0\x82\xa2\x82\xa4,\xed\x40\xed\x40,b\n";
    const SheetEdit edit = { 1, 3, (char *)"b" };
    assert_patched(before, &edit, 1, NULL, 0, expected);
}

static void
test_what_the_encoding_cannot_hold_is_refused(void)
{
    const SheetEdit edit = { 1, 1, (char *)"→" };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = encode("größe,b\n", "CP1252", "");
    g_autoptr(GBytes) after = patch(bytes, &edit, 1, NULL, 0, NULL, &error);
    g_assert_null(after);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "Windows-1252"));
}

static void
test_statistics(void)
{
    const SheetEdit edits[] = {
        { 1, 1, (char *)"a" }, { 1, 2, (char *)"x" }, { 1, 9, (char *)"" }, { 3, 1, (char *)"y" }
    };
    char *line[] = { (char *)"z", NULL };
    const SheetInsertedLine inserted = { 1, line };
    const SheetPatchStats expected = { .num_cells_changed = 2,
                                       .num_cells_equal = 2,
                                       .num_rows_inserted = 2 };
    SheetPatchStats stats;
    g_autoptr(GBytes) bytes = g_bytes_new_static("\"a\",b\n", 6);
    g_autoptr(GBytes) after = patch(bytes, edits, 4, &inserted, 1, &stats, NULL);
    g_assert_nonnull(after);
    g_assert_cmpmem(&stats, sizeof stats, &expected, sizeof expected);
}

/* DOS and CP/M end texts with 0x1A; some programs still write it, some fill a block with it. */
static void
test_an_end_mark_of_dos_is_no_cell_and_stays(void)
{
    static const struct {
        const char *text, *dump, *patched;
    } cases[] = {
        { "SKU,B\r\n1,2\r\n\x1a", "1: A=SKU B=B\n2: A=1 B=2\n", "SKU,B\r\n1,x\r\nnew,\r\n\x1a" },
        { "SKU,B\r\n1,2\x1a", "1: A=SKU B=B\n2: A=1 B=2\n", "SKU,B\r\n1,x\r\nnew,\x1a" },
        { "SKU,B\n1,2\n\x1a\x1a\x1a", "1: A=SKU B=B\n2: A=1 B=2\n",
          "SKU,B\n1,x\nnew,\n\x1a\x1a\x1a" },
        { "SKU,\x1a\r\n1,2\r\n", "1: A=SKU B=\x1a\n2: A=1 B=2\n", "SKU,\x1a\r\n1,x\r\nnew,\r\n" },
    };
    const SheetEdit edits[] = { { 2, 2, (char *)"x" }, { 3, 1, (char *)"new" } };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_dump(cases[i].text, cases[i].dump);
        assert_patched(cases[i].text, edits, 2, NULL, 0, cases[i].patched);
    }
}

/* The last byte of U+041A is that mark's. */
static void
test_a_letter_is_no_end_mark(void)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(GBytes) bytes = g_bytes_new_static("\xfe\xff\0S\0K\0U\0\n\x04\x1a", 12);
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    g_autofree char *dump = sheet_dump(sheet, 0, NULL);
    g_assert_cmpstr(dump, ==, "1: A=SKU\n2: A=К\n");
}

static void
test_a_quote_that_is_never_closed_is_refused(void)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autoptr(GBytes) bytes = g_bytes_new_static("a,b\nc,\"d\ne,f\n", 13);
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = sheet_dump(sheet, 0, &error);
    g_assert_null(dump);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "line 2 opens a quote"));
}

static void
test_too_many_columns_are_refused(void)
{
    g_auto(TestFile) file = test_file_new("sheet.csv");
    g_autofree char *commas = g_strnfill(20000, ',');
    g_autoptr(GBytes) bytes = g_bytes_new(commas, 20000);
    g_autoptr(Sheet) sheet = open_bytes(&file, bytes, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *dump = sheet_dump(sheet, 0, &error);
    g_assert_null(dump);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/quotes", test_quotes);
    g_test_add_func("/text/line-ends", test_line_ends_may_be_mixed);
    g_test_add_func("/text/delimiters", test_delimiters_are_recognised);
    g_test_add_func("/text/sep", test_a_line_of_excel_names_the_delimiter);
    g_test_add_func("/text/encodings", test_encodings);
    g_test_add_func("/text/delimiter-in-character", test_a_delimiter_inside_a_character_is_none);
    g_test_add_func("/text/named-encoding", test_the_caller_may_name_the_encoding);
    g_test_add_func("/text/end-mark", test_an_end_mark_of_dos_is_no_cell_and_stays);
    g_test_add_func("/text/no-end-mark", test_a_letter_is_no_end_mark);
    g_test_add_func("/text/destroyed", test_destroyed_numbers_are_flagged);
    g_test_add_func("/text/edit", test_only_the_edited_field_changes);
    g_test_add_func("/text/pad", test_short_lines_are_padded);
    g_test_add_func("/text/quoting", test_quotes_where_needed_or_usual);
    g_test_add_func("/text/append", test_rows_are_appended);
    g_test_add_func("/text/insert", test_lines_are_inserted);
    g_test_add_func("/text/write-encodings", test_other_encodings_are_written_back);
    g_test_add_func("/text/two-codes", test_characters_with_two_codes_stay);
    g_test_add_func("/text/cannot-hold", test_what_the_encoding_cannot_hold_is_refused);
    g_test_add_func("/text/statistics", test_statistics);
    g_test_add_func("/text/open-quote", test_a_quote_that_is_never_closed_is_refused);
    g_test_add_func("/text/columns", test_too_many_columns_are_refused);
    return g_test_run();
}

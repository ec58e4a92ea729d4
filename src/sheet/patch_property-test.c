/* Random edits of random grids. The grid knows the bytes of each of its pieces, so what must come
 * out is put together here by the simplest means, and compared byte for byte; then it is read back.
 */
#include "sheet/test_book.h"

#include "sheet/cell.h"

#include <string.h>

enum { NUM_ROUNDS = 300, MAX_ROWS = 12, MAX_COLUMNS = 7 };

typedef struct {
    bool exists;
    char *bytes; /* as it stands in the file */
    char *text;  /* what it says */
} GridCell;

typedef struct {
    bool exists[MAX_ROWS + 1];
    GridCell cells[MAX_ROWS + 1][MAX_COLUMNS + 1]; /* from 1 */
    char *edits[MAX_ROWS + 1][MAX_COLUMNS + 1];    /* NULL: none */
    GArray *edit_list;                             /* of SheetEdit, in random order */
} Grid;

static int
chance(int one_in)
{
    return g_test_rand_int_range(0, one_in) == 0;
}

static void
add_random_edits(Grid *grid, guint32 max_row)
{
    grid->edit_list = g_array_new(FALSE, FALSE, sizeof(SheetEdit));
    for (guint32 i = (guint32)g_test_rand_int_range(0, 20); i > 0; i--) {
        guint32 row = (guint32)g_test_rand_int_range(1, (gint32)max_row + 1);
        guint32 column = (guint32)g_test_rand_int_range(1, MAX_COLUMNS + 1);
        if (grid->edits[row][column] == NULL) {
            grid->edits[row][column] =
                g_strdup_printf("https://a.example/%u?x=%u&y", row, g_test_rand_int() & 0xff);
            SheetEdit edit = { row, column, grid->edits[row][column] };
            g_array_append_val(grid->edit_list, edit);
        }
    }
}

static void
grid_clear(Grid *grid)
{
    for (guint row = 0; row <= MAX_ROWS; row++) {
        for (guint column = 0; column <= MAX_COLUMNS; column++) {
            g_free(grid->cells[row][column].bytes);
            g_free(grid->cells[row][column].text);
            g_free(grid->edits[row][column]);
        }
    }
    g_array_free(grid->edit_list, TRUE);
}

/* What sheet_dump must say when the edits are done. */
static char *
expected_dump(const Grid *grid)
{
    g_autoptr(GString) dump = g_string_new(NULL);
    for (guint row = 1; row <= MAX_ROWS; row++) {
        g_autoptr(GString) line = g_string_new(NULL);
        for (guint column = 1; column <= MAX_COLUMNS; column++) {
            const char *text = grid->edits[row][column] != NULL ? grid->edits[row][column]
                                                                : grid->cells[row][column].text;
            if (text != NULL && text[0] != '\0') {
                g_string_append_printf(line, " %c=%s", 'A' + (int)column - 1, text);
            }
        }
        if (line->len > 0) {
            g_string_append_printf(dump, "%u:%s\n", row, line->str);
        }
    }
    return g_string_free(g_steal_pointer(&dump), FALSE);
}

static void
make_workbook_cell(Grid *grid, guint32 row, guint32 column, bool follows_its_neighbour)
{
    GridCell *cell = &grid->cells[row][column];
    g_autoptr(GString) reference = g_string_new(NULL);
    cell_append_reference(reference, row, column);
    cell->exists = true;
    switch (g_test_rand_int_range(0, 5)) {
    case 0: /* where the one to the left is there, the number may be left out */
        cell->bytes = follows_its_neighbour
                          ? g_strdup("<c s=\"2\"/>")
                          : g_strdup_printf("<c s=\"2\" r='%s'/>", reference->str);
        cell->text = g_strdup("");
        break;
    case 1:
        cell->bytes = g_strdup_printf("<c r=\"%s\" t=\"inlineStr\"><is><t>a%u</t></is></c >",
                                      reference->str, row);
        cell->text = g_strdup_printf("a%u", row);
        break;
    case 2:
        cell->bytes =
            g_strdup_printf("<c r=\"%s\" t=\"s\" s=\"1\"><v>%u</v></c>", reference->str, row % 2);
        cell->text = g_strdup(row % 2 == 0 ? "even" : "odd");
        break;
    case 3:
        cell->bytes = g_strdup_printf("<c r=\"%s\"><v>%u</v></c>", reference->str, row);
        cell->text = g_strdup_printf("%u(number)", row);
        break;
    default:
        cell->bytes =
            g_strdup_printf("<c r=\"%s\" t=\"str\"><f>A1</f><v>f</v></c>", reference->str);
        cell->text = g_strdup("f(formula)");
    }
}

static void
append_new_cell(GString *xml, guint32 row, guint32 column, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(xml, "<c r=\"");
    cell_append_reference(xml, row, column);
    g_string_append_printf(xml, "\" t=\"inlineStr\"><is><t>%s</t></is></c>", escaped);
}

/* The cell's own r= and s=, the rest new. */
static void
append_replaced_cell(GString *xml, const char *old, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(xml, "<c");
    const char *const patterns[] = { "^<c[^>]* (r=[\"'][^\"']*[\"'])",
                                     "^<c[^>]* (s=[\"'][^\"']*[\"'])" };
    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autoptr(GRegex) regex = g_regex_new(patterns[i], 0, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        if (g_regex_match(regex, old, 0, &match)) {
            g_autofree char *found = g_match_info_fetch(match, 1);
            g_string_append_printf(xml, " %s", found);
        }
    }
    g_string_append_printf(xml, " t=\"inlineStr\"><is><t>%s</t></is></c>", escaped);
}

static bool
has_edit(const Grid *grid, guint32 row)
{
    for (guint column = 1; column <= MAX_COLUMNS; column++) {
        if (grid->edits[row][column] != NULL) {
            return true;
        }
    }
    return false;
}

/* The rows as XML, before or after the edits. */
static char *
workbook_rows(const Grid *grid, bool after)
{
    g_autoptr(GString) xml = g_string_new(NULL);
    for (guint32 row = 1; row <= MAX_ROWS; row++) {
        if (!grid->exists[row] && !(after && has_edit(grid, row))) {
            continue;
        }
        g_string_append_printf(xml, grid->exists[row] ? "<row ht='1' r=\"%u\" >" : "<row r=\"%u\">",
                               row);
        for (guint32 column = 1; column <= MAX_COLUMNS; column++) {
            const GridCell *cell = &grid->cells[row][column];
            const char *edit = after ? grid->edits[row][column] : NULL;
            if (edit != NULL && cell->exists) {
                append_replaced_cell(xml, cell->bytes, edit);
            } else if (edit != NULL) {
                append_new_cell(xml, row, column, edit);
            } else if (cell->exists) {
                g_string_append(xml, cell->bytes);
            }
        }
        g_string_append(xml, "</row>");
    }
    return g_string_free(g_steal_pointer(&xml), FALSE);
}

static void
test_workbooks(void)
{
    for (guint round = 0; round < NUM_ROUNDS; round++) {
        Grid grid = { 0 };
        for (guint32 row = 1; row <= MAX_ROWS; row++) {
            grid.exists[row] = !chance(3);
            for (guint32 column = 1; column <= MAX_COLUMNS && grid.exists[row]; column++) {
                if (!chance(2)) {
                    make_workbook_cell(&grid, row, column,
                                       column > 1 && grid.cells[row][column - 1].exists);
                }
            }
        }
        add_random_edits(&grid, MAX_ROWS);
        g_autofree char *rows = workbook_rows(&grid, false), *new_rows = workbook_rows(&grid, true);
        g_autofree char *before = book_worksheet(rows), *expected = book_worksheet(new_rows);
        const char *const shared = "<sst><si><t>even</t></si><si><t>odd</t></si></sst>";
        g_autofree char *after =
            book_patch(&(BookParts){ .worksheet = before, .shared_strings = shared },
                       (const SheetEdit *)grid.edit_list->data, grid.edit_list->len, NULL, NULL);
        g_assert_cmpstr(after, ==, expected);
        g_autofree char *dump =
            book_dump(&(BookParts){ .worksheet = after, .shared_strings = shared }, NULL);
        g_autofree char *wanted_dump = expected_dump(&grid);
        g_assert_cmpstr(dump, ==, wanted_dump);
        grid_clear(&grid);
    }
}

/* One way to write text sheets. */
typedef struct {
    const char *encoding, *mark, *delimiter, *line_end;
} TextStyle;

static void
make_text_cell(GridCell *cell, guint32 row)
{
    static const char *const contents[][2] = { { "", "" },
                                               { "\"\"", "" },
                                               { "größe", "größe" },
                                               { " a b ", " a b " },
                                               { "\"x,;\t\"\"y\"\"\"", "x,;\t\"y\"" },
                                               { "\"plain\"", "plain" } };
    guint which = (guint)g_test_rand_int_range(0, G_N_ELEMENTS(contents));
    cell->exists = true;
    cell->bytes = g_strdup(contents[which][0]);
    cell->text = g_strdup(contents[which][1]);
}

static bool
quotes_everything(const Grid *grid, guint32 row)
{
    bool has_quotes = false;
    for (guint32 column = 1; column <= MAX_COLUMNS && grid->cells[row][column].exists; column++) {
        const char *bytes = grid->cells[row][column].bytes;
        if (bytes[0] != '\0' && bytes[0] != '"') {
            return false;
        }
        has_quotes = has_quotes || bytes[0] == '"';
    }
    return has_quotes;
}

/* How many fields the last line of the file has that is not empty: new rows get as many. */
static guint32
usual_columns(const Grid *grid, guint32 num_rows)
{
    for (guint32 row = num_rows; row >= 1; row--) {
        guint32 num_columns = 1;
        bool is_empty = !grid->cells[row][1].exists || grid->cells[row][1].bytes[0] == '\0';
        for (guint32 column = 2; column <= MAX_COLUMNS; column++) {
            num_columns = grid->cells[row][column].exists ? column : num_columns;
        }
        if (!is_empty || num_columns > 1) {
            return num_columns;
        }
    }
    return 1;
}

static void
append_text_row(GString *text, const Grid *grid, guint32 row, bool after, guint32 min_columns,
                const TextStyle *style)
{
    guint32 num_columns = min_columns;
    for (guint32 column = 1; column <= MAX_COLUMNS; column++) {
        if (grid->cells[row][column].exists || (after && grid->edits[row][column] != NULL)) {
            num_columns = MAX(num_columns, column);
        }
    }
    for (guint32 column = 1; column <= num_columns; column++) {
        const GridCell *cell = &grid->cells[row][column];
        const char *edit = after ? grid->edits[row][column] : NULL;
        if (column > 1) {
            g_string_append(text, style->delimiter);
        }
        if (edit == NULL) {
            g_string_append(text, cell->exists ? cell->bytes : "");
        } else {
            bool in_quotes = cell->exists && cell->bytes[0] != '\0' ? cell->bytes[0] == '"'
                                                                    : quotes_everything(grid, row);
            g_string_append_printf(text, in_quotes ? "\"%s\"" : "%s", edit);
        }
    }
}

/* The whole file in its encoding, before or after the edits. The first line makes sure of the
 * delimiter. */
static GBytes *
text_file(const Grid *grid, guint32 num_rows, bool after, const TextStyle *style)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint32 last_row = num_rows;
    for (guint32 row = num_rows + 1; after && row <= MAX_ROWS; row++) {
        last_row = has_edit(grid, row) ? row : last_row;
    }
    for (guint32 row = 1; row <= last_row; row++) {
        bool is_new = row > num_rows && has_edit(grid, row);
        append_text_row(text, grid, row, after, is_new ? usual_columns(grid, num_rows) : 1, style);
        g_string_append(text, style->line_end);
    }
    gsize size;
    g_autofree char *encoded =
        g_convert(text->str, (gssize)text->len, style->encoding, "UTF-8", NULL, &size, NULL);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)style->mark, (guint)strlen(style->mark));
    g_byte_array_append(bytes, (const guint8 *)encoded, (guint)size);
    return g_byte_array_free_to_bytes(bytes);
}

static void
check_text_round(const Grid *grid, guint32 num_rows, const TextStyle *style)
{
    g_auto(TestFile) file = test_file_new("sheet.txt");
    g_autoptr(GBytes) before = text_file(grid, num_rows, false, style);
    g_autoptr(GBytes) expected = text_file(grid, num_rows, true, style);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(file.path, g_bytes_get_data(before, NULL),
                                      (gssize)g_bytes_get_size(before), NULL));
    g_autoptr(Sheet) sheet = sheet_open(file.path, style->encoding, &test_limits, &error);
    g_assert_no_error(error);
    (void)sheet_patch(sheet, 0, (const SheetEdit *)grid->edit_list->data, grid->edit_list->len,
                      NULL, 0, file.path, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *after = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(file.path, &after, &size, NULL));
    g_assert_cmpmem(after, size, g_bytes_get_data(expected, NULL), g_bytes_get_size(expected));
    g_autoptr(Sheet) patched = sheet_open(file.path, style->encoding, &test_limits, &error);
    g_assert_no_error(error);
    g_autofree char *dump = sheet_dump(patched, 0, &error);
    g_autofree char *wanted_dump = expected_dump(grid);
    g_assert_cmpstr(dump, ==, wanted_dump);
}

static void
test_texts(void)
{
    static const TextStyle styles[] = {
        { "UTF-8", "", ",", "\n" },
        { "UTF-8", "\xef\xbb\xbf", ";", "\r\n" },
        { "UTF-16LE", "\xff\xfe", "\t", "\r\n" },
        { "UTF-16BE", "\xfe\xff", "\t", "\n" },
        { "CP1252", "", ";", "\r" },
    };
    for (guint round = 0; round < NUM_ROUNDS; round++) {
        const TextStyle *style = &styles[round % G_N_ELEMENTS(styles)];
        Grid grid = { 0 };
        guint32 num_rows = (guint32)g_test_rand_int_range(1, MAX_ROWS + 1);
        for (guint32 column = 1; column <= MAX_COLUMNS; column++) { /* tells the delimiter */
            grid.cells[1][column] = (GridCell){ true, g_strdup("h"), g_strdup("h") };
        }
        for (guint32 row = 2; row <= num_rows; row++) {
            guint32 num_columns =
                chance(3) ? (guint32)g_test_rand_int_range(1, MAX_COLUMNS) : MAX_COLUMNS;
            for (guint32 column = 1; column <= num_columns; column++) {
                make_text_cell(&grid.cells[row][column], row);
            }
        }
        add_random_edits(&grid, MAX_ROWS);
        check_text_round(&grid, num_rows, style);
        grid_clear(&grid);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/patch-property/workbooks", test_workbooks);
    g_test_add_func("/patch-property/texts", test_texts);
    return g_test_run();
}

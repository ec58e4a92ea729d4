#include "sheet/sheet.h"

#include "base/error.h"
#include "base/file.h"
#include "sheet/edits.h"
#include "sheet/text.h"
#include "sheet/workbook.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Sheet {
    SheetKind kind;
    SheetLimits limits;
    char *path;
    char *description;
    Workbook *workbook; /* one of the two */
    TextFile *text;
};

static char *
describe_text(const TextFormat *format)
{
    static const struct {
        char delimiter;
        const char *kind, *plural;
    } delimiters[] = { { ',', "csv", "commas" },
                       { ';', "csv", "semicolons" },
                       { '\t', "tsv", "tabs" },
                       { '|', "csv", "bars" } };
    guint i = 0;
    while (delimiters[i].delimiter != format->delimiter) {
        i++;
    }
    const char *line_end = format->line_end[0] == '\0'             ? "one line"
                           : g_str_equal(format->line_end, "\r\n") ? "CRLF"
                           : g_str_equal(format->line_end, "\n")   ? "LF"
                                                                   : "CR";
    return g_strdup_printf("%s, %s%s, %s, %s", delimiters[i].kind, format->label,
                           format->is_utf8 && format->bom_size > 0 ? " with mark" : "",
                           delimiters[i].plural, line_end);
}

static bool
open_workbook(Sheet *sheet, GError **error)
{
    const ZipLimits limits = {
        .max_entries = sheet->limits.max_entries,
        .max_ratio = sheet->limits.max_ratio,
        .max_name_bytes = 1024,
        .max_total_bytes = G_MAXINT64, /* each part has its own limit where it is read */
    };
    g_autoptr(ZipReader) zip = zip_open(sheet->path, &limits, error);
    if (zip == NULL) {
        return false;
    }
    sheet->kind = SHEET_WORKBOOK;
    sheet->workbook = workbook_open(g_steal_pointer(&zip), error);
    if (sheet->workbook == NULL) {
        g_prefix_error(error, "%s: ", sheet->path);
        return false;
    }
    sheet->description = g_strdup(sheet->workbook->is_for_macros ? "xlsm" : "xlsx");
    return true;
}

/* NULL, or what a file is that passes for text and has cells for people alone. Shops and ERP
 * systems export web pages and XML with the ending .xls, which Excel opens after a warning. */
static const char *
kind_of_markup(const char *head)
{
    static const struct {
        const char *start, *kind;
    } kinds[] = {
        { "%PDF-", "a PDF" },           { "<!DOCTYPE", "a web page" }, { "<html", "a web page" },
        { "<head", "a web page" },      { "<meta", "a web page" },     { "<body", "a web page" },
        { "<table", "a web page" },     { "<style", "a web page" },    { "<?xml", "an XML file" },
        { "<Workbook", "an XML file" },
    };
    if (g_str_has_prefix(head, "\xef\xbb\xbf")) {
        head += 3;
    }
    while (g_ascii_isspace(*head)) {
        head++;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_ascii_strncasecmp(head, kinds[i].start, strlen(kinds[i].start)) == 0) {
            return kinds[i].kind;
        }
    }
    return NULL;
}

static bool
open_by_content(Sheet *sheet, int fd, const char *encoding, GError **error)
{
    static const guint8 ole[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
    char head[64 + 1] = { 0 };
    ssize_t size = pread(fd, head, sizeof head - 1, 0);
    if (size < 0) {
        return fail_errno(error, errno, sheet->path);
    }
    if (size == 0) {
        return fail(error, APP_ERROR_INVALID, "%s: the file is empty", sheet->path);
    }
    if (memcmp(head, ole, sizeof ole) == 0) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "%s: an old .xls workbook, or one with a password: save it as .xlsx or .xlsm "
                    "without one",
                    sheet->path);
    }
    if (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0) {
        return open_workbook(sheet, error);
    }
    const char *markup = kind_of_markup(head);
    if (markup != NULL) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "%s: %s, not a sheet: open it in a spreadsheet program and save it as .xlsx",
                    sheet->path, markup);
    }
    sheet->kind = SHEET_TEXT;
    sheet->text = text_open(sheet->path, dup(fd), encoding, sheet->limits.max_sheet_bytes, error);
    if (sheet->text == NULL) {
        return false;
    }
    sheet->description = describe_text(&sheet->text->format);
    return true;
}

Sheet *
sheet_open(const char *path, const char *encoding, const SheetLimits *limits, GError **error)
{
    g_autoptr(Sheet) sheet = g_new0(Sheet, 1);
    sheet->path = g_strdup(path);
    sheet->limits = *limits;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        (void)fail_errno(error, errno, path);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    bool opened = S_ISREG(info.st_mode) ? open_by_content(sheet, fd, encoding, error)
                                        : fail(error, APP_ERROR_INVALID, "%s: not a file", path);
    close(fd);
    return opened ? g_steal_pointer(&sheet) : NULL;
}

void
sheet_close(Sheet *sheet)
{
    if (sheet != NULL) {
        workbook_free(sheet->workbook);
        text_close(sheet->text);
        g_free(sheet->path);
        g_free(sheet->description);
        g_free(sheet);
    }
}

SheetKind
sheet_kind(const Sheet *sheet)
{
    return sheet->kind;
}

const char *
sheet_description(const Sheet *sheet)
{
    return sheet->description;
}

static const Worksheet *
worksheet_at(const Sheet *sheet, guint index)
{
    g_assert(index < sheet->workbook->worksheets->len);
    return &g_array_index(sheet->workbook->worksheets, Worksheet, index);
}

guint
sheet_num_worksheets(const Sheet *sheet)
{
    return sheet->kind == SHEET_TEXT ? 1 : sheet->workbook->worksheets->len;
}

const char *
sheet_worksheet_name(const Sheet *sheet, guint worksheet)
{
    return sheet->kind == SHEET_TEXT ? "" : worksheet_at(sheet, worksheet)->name;
}

bool
sheet_worksheet_is_hidden(const Sheet *sheet, guint worksheet)
{
    return sheet->kind == SHEET_WORKBOOK && worksheet_at(sheet, worksheet)->is_hidden;
}

static bool
check_size(const Sheet *sheet, const Worksheet *worksheet, GError **error)
{
    if (worksheet->part->size > sheet->limits.max_sheet_bytes) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%s: worksheet %s has %" G_GUINT64_FORMAT
                    " bytes, the limit is %" G_GUINT64_FORMAT " (sheet.max-bytes)",
                    sheet->path, worksheet->name, worksheet->part->size,
                    sheet->limits.max_sheet_bytes);
    }
    return true;
}

bool
sheet_read_rows(Sheet *sheet, guint worksheet, SheetRowFunc func, gpointer user_data,
                GError **error)
{
    if (sheet->kind == SHEET_TEXT) {
        return text_read_rows(sheet->text, func, user_data, error);
    }
    const Worksheet *found = worksheet_at(sheet, worksheet);
    return check_size(sheet, found, error) &&
           workbook_read_rows(sheet->workbook, found, func, user_data, error);
}

static int
compare_indices(gconstpointer a, gconstpointer b)
{
    gsize left = *(const gsize *)a, right = *(const gsize *)b;
    return left < right ? -1 : left > right;
}

GArray *
sheet_find_hidden(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
                  GError **error)
{
    g_autoptr(GArray) hidden = g_array_new(FALSE, FALSE, sizeof(gsize));
    if (sheet->kind == SHEET_TEXT || num_edits == 0) {
        return g_steal_pointer(&hidden);
    }
    const Worksheet *found = worksheet_at(sheet, worksheet);
    g_autoptr(GPtrArray) sorted = edits_sort(edits, num_edits, error);
    g_autofree bool *is_hidden = g_new(bool, num_edits);
    if (sorted == NULL || !check_size(sheet, found, error) ||
        !workbook_find_hidden(sheet->workbook, found, sorted, is_hidden, error)) {
        return NULL;
    }
    for (guint i = 0; i < sorted->len; i++) {
        if (is_hidden[i]) {
            gsize index = (gsize)((const SheetEdit *)sorted->pdata[i] - edits);
            g_array_append_val(hidden, index);
        }
    }
    g_array_sort(hidden, compare_indices);
    return g_steal_pointer(&hidden);
}

bool
sheet_patch_to_fd(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
                  const SheetInsertedLine *inserted, gsize num_inserted, int out_fd,
                  const char *out_name, SheetPatchStats *ret_stats, GError **error)
{
    g_assert(sheet->kind == SHEET_TEXT || num_inserted == 0);
    g_autoptr(GPtrArray) sorted = edits_sort(edits, num_edits, error);
    if (sorted == NULL) {
        return false;
    }
    if (sheet->kind == SHEET_TEXT) {
        return text_patch(sheet->text, sorted, inserted, num_inserted, out_fd, out_name, ret_stats,
                          error);
    }
    const Worksheet *found = worksheet_at(sheet, worksheet);
    return check_size(sheet, found, error) &&
           workbook_patch(sheet->workbook, found, sorted, out_fd, out_name, ret_stats, error);
}

bool
sheet_patch(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
            const SheetInsertedLine *inserted, gsize num_inserted, const char *out_path,
            SheetPatchStats *ret_stats, GError **error)
{
    g_autofree char *partial_path = file_partial_path(out_path);
    int fd = open(partial_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        return fail_errno(error, errno, out_path);
    }
    bool done = sheet_patch_to_fd(sheet, worksheet, edits, num_edits, inserted, num_inserted, fd,
                                  out_path, ret_stats, error);
    if (close(fd) != 0 && done) { /* some file systems report a full disk only here */
        done = fail_errno(error, errno, out_path);
    }
    done = done && file_put_in_place(partial_path, out_path, error);
    if (!done) {
        (void)g_unlink(partial_path);
    }
    return done;
}

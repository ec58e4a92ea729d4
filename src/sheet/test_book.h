/* For tests: workbooks of a few lines of XML, patched and read back. Fails the test itself. */
#pragma once

#include "sheet/sheet.h"

typedef struct {
    const char *worksheet;      /* the whole part */
    gsize worksheet_size;       /* 0: strlen */
    const char *shared_strings; /* NULL: none; the same below */
    const char *calc_chain;
    const char *styles;
    gsize styles_size;         /* 0: strlen */
    const char *workbook;      /* the whole part, where the usual one will not do */
    const char *relationships; /* of the workbook, the same */
} BookParts;

/* The shell around ROWS: a worksheet with nothing but these in it. */
char *book_worksheet(const char *rows);

void book_write(const char *path, const BookParts *parts);

/* What a patch makes of the worksheet; or, with RET_ERROR, why it is refused (NULL is returned). */
char *book_patch(const BookParts *parts, const SheetEdit *edits, gsize num_edits,
                 SheetPatchStats *ret_stats, GError **ret_error);

/* All that sheet_read_rows says, one row to a line: "3: A=text B=12(number)\n". */
char *sheet_dump(Sheet *sheet, guint worksheet, GError **error);

/* The same of a workbook of these parts. */
char *book_dump(const BookParts *parts, GError **error);

/* A member of a ZIP file as text, NULL if it is not there; free it. */
char *zip_text(const char *path, const char *name);

/* A path in a folder of its own, which is gone when the scope ends. */
typedef struct {
    char *dir;
    char *path;
} TestFile;
TestFile test_file_new(const char *name);
void test_file_clear(TestFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestFile, test_file_clear)

extern const SheetLimits test_limits;

/* Spreadsheets: read cells, write back only the cells that change (LST-02, LST-07).
 *
 * One vocabulary for workbooks (.xlsx, .xlsm) and text (.csv, .tsv, .txt). The kind is recognised
 * by content. What a row means (grammar, SKU column) is not this room's business: see
 * listing/layout.h.
 *
 * Reading and patching stream: memory does not grow with the number of rows (a workbook's shared
 * strings excepted, which are kept in one block and only when cells are read). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SHEET_WORKBOOK, /* .xlsx, .xlsm */
    SHEET_TEXT,     /* .csv, .tsv, .txt */
} SheetKind;

typedef struct {
    guint64 max_sheet_bytes;
    guint64 max_entries;
    guint64 max_ratio;
} SheetLimits;

typedef struct Sheet Sheet;

/* ENCODING: NULL to detect (BOM; UTF-8 if every byte fits; else a guess between Windows-1252,
 * Windows-31J and GBK), or an iconv name that overrules. Workbooks ignore it. */
Sheet *sheet_open(const char *path, const char *encoding, const SheetLimits *limits,
                  GError **error);
void sheet_close(Sheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sheet, sheet_close)

SheetKind sheet_kind(const Sheet *sheet);

/* What a person is told of the file: "xlsm", "csv, Windows-1252, semicolons, CRLF", ... */
const char *sheet_description(const Sheet *sheet);

/* A text file has one worksheet, whose name is the empty string. */
guint sheet_num_worksheets(const Sheet *sheet);
const char *sheet_worksheet_name(const Sheet *sheet, guint worksheet);
bool sheet_worksheet_is_hidden(const Sheet *sheet, guint worksheet);

typedef enum {
    SHEET_CELL_NUMBER = 1 << 0,    /* stored as a number; TEXT has it in full, without exponent */
    SHEET_CELL_FORMULA = 1 << 1,   /* TEXT is the cached result */
    SHEET_CELL_ERROR = 1 << 2,     /* #N/A and the like */
    SHEET_CELL_DESTROYED = 1 << 3, /* digits are lost for good ("8.41E+11" in a text file; a number
                                    * of more than 15 digits in a workbook) */
    SHEET_CELL_NOT_CALCULATED = 1 << 4, /* a formula without its result in the file; TEXT is "?" */
    SHEET_CELL_DATE = 1 << 5, /* shown as a date or time; TEXT is the number that is stored */
} SheetCellFlags;

typedef struct {
    guint32 row;    /* from 1, as the spreadsheet program counts */
    guint32 column; /* from 1 */
    SheetCellFlags flags;
    const char *text; /* UTF-8, never NULL; valid during the call only */
} SheetCell;

/* Called for each row that has a cell that is not empty, in order; cells in order of columns, the
 * empty ones left out. Return false, with ERROR set, to stop with that error; set *STOP to stop
 * without one. */
typedef bool (*SheetRowFunc)(guint32 row, const SheetCell *cells, gsize num_cells,
                             gpointer user_data, bool *stop, GError **error);

bool sheet_read_rows(Sheet *sheet, guint worksheet, SheetRowFunc func, gpointer user_data,
                     GError **error);

/* A cell to write. Rows that do not exist yet are inserted in their place, below or between. In a
 * text file a row number above the last one appends a line with as many fields as the last one. */
typedef struct {
    guint32 row;
    guint32 column;
    char *text; /* UTF-8 without control characters */
} SheetEdit;

/* Text files only: a whole new line after AFTER_ROW (Shopify's further pictures). Several with the
 * same AFTER_ROW keep their order. TEXTS: num_columns strings, "" for empty. */
typedef struct {
    guint32 after_row;
    GStrv texts;
} SheetInsertedLine;

typedef struct {
    guint num_cells_changed; /* had another value, or none */
    guint num_cells_equal;   /* had this value already: not touched */
    guint num_rows_inserted;
    guint num_formulas_replaced;
} SheetPatchStats;

/* Which of EDITS lie inside a merged cell but not in its first one, where nobody would see them and
 * sheet_patch refuses them: their indices, ascending (gsize). Text files have none. */
GArray *sheet_find_hidden(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
                          GError **error);

/* Writes a copy of the sheet to OUT_PATH with EDITS (any order; two for one cell are refused) done
 * in WORKSHEET and everything else as it was: in a workbook every other ZIP member byte for byte,
 * in the worksheet every byte outside the changed cells; in a text file every other byte. OUT_PATH
 * may be the sheet's own path. INSERTED must be empty for a workbook.
 *
 * What else may change in a workbook: <dimension> grows when an edit lies outside it, and a formula
 * that is overwritten leaves the calculation chain (spreadsheet programs call the file damaged
 * otherwise); a chain that is empty then goes, with its mention in [Content_Types].xml and in the
 * workbook's relationships. CONFLICT, and nothing is written: an edit inside a merged cell but not
 * in its first one, in a part of an array formula, or of the first cell of a shared formula whose
 * others stay. Cached results of formulas that refer to the edited cells are left as they are. */
bool sheet_patch(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
                 const SheetInsertedLine *inserted, gsize num_inserted, const char *out_path,
                 SheetPatchStats *ret_stats, GError **error);

/* The same into OUT_FD, from its start: an empty file that can be read and written, which stays
 * open and the caller's. OUT_NAME is for errors. On failure a part may have been written. */
bool sheet_patch_to_fd(Sheet *sheet, guint worksheet, const SheetEdit *edits, gsize num_edits,
                       const SheetInsertedLine *inserted, gsize num_inserted, int out_fd,
                       const char *out_name, SheetPatchStats *ret_stats, GError **error);

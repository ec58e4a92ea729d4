/* A workbook (.xlsx, .xlsm): its worksheets and the parts that matter, found through the
 * relationships as ISO/IEC 29500-2 has it, never by their names. */
#pragma once

#include "archive/zip.h"
#include "sheet/cell.h"
#include "sheet/sheet.h"

typedef struct {
    char *name;
    bool is_hidden;
    guint32 sheet_id; /* by which the calculation chain calls it */
    const ZipMember *part;
} Worksheet;

typedef struct {
    ZipReader *zip;
    GArray *worksheets; /* of Worksheet */
    const ZipMember *content_types;
    const ZipMember *relationships;  /* of the workbook part */
    const ZipMember *shared_strings; /* NULL: none; the same below */
    const ZipMember *calc_chain;
    const ZipMember *styles;
    bool is_for_macros;
} Workbook;

/* Takes ZIP. UNSUPPORTED for other office files in a ZIP (xlsb, ods). */
Workbook *workbook_open(ZipReader *zip, GError **error);
void workbook_free(Workbook *workbook);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workbook, workbook_free)

bool workbook_read_rows(const Workbook *workbook, const Worksheet *worksheet, SheetRowFunc func,
                        gpointer user_data, GError **error);

/* See sheet_find_hidden. EDITS: sorted (edits.h); IS_HIDDEN has as many. */
bool workbook_find_hidden(const Workbook *workbook, const Worksheet *worksheet,
                          const GPtrArray *edits, bool *is_hidden, GError **error);

/* See sheet_patch. EDITS: sorted (edits.h). */
bool workbook_patch(const Workbook *workbook, const Worksheet *worksheet, const GPtrArray *edits,
                    int out_fd, const char *out_name, SheetPatchStats *ret_stats, GError **error);

#include "sheet/workbook.h"

#include "base/error.h"
#include "sheet/edits.h"
#include "sheet/worksheet.h"

#include <string.h>

/* A hostile file has so many merged ranges that looking them all up would take hours. */
static const guint64 max_lookups = 200 * 1000 * 1000;

typedef struct {
    WorksheetStream *stream;
    const GPtrArray *edits;
    bool *is_hidden; /* as many as EDITS */
    guint64 num_lookups;
} Search;

static bool
take_merged(const CellRange *range, gpointer user_data, GError **error)
{
    Search *search = user_data;
    const GPtrArray *edits = search->edits;
    for (guint i = edits_find_row(edits, range->first_row); i < edits->len; i++) {
        const SheetEdit *edit = edits->pdata[i];
        if (edit->row > range->last_row) {
            break;
        }
        if (++search->num_lookups > max_lookups) {
            return fail(error, APP_ERROR_TOO_LARGE, "too many merged ranges");
        }
        bool is_first = edit->row == range->first_row && edit->column == range->first_column;
        if (!is_first && cell_range_contains(range, edit->row, edit->column)) {
            search->is_hidden[i] = true;
        }
    }
    return true;
}

static bool
feed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Search *search = user_data;
    return worksheet_stream_feed(search->stream, (const char *)data, size, error);
}

bool
workbook_find_hidden(const Workbook *workbook, const Worksheet *worksheet, const GPtrArray *edits,
                     bool *is_hidden, GError **error)
{
    static const WorksheetEvents events = { .merged = take_merged };
    memset(is_hidden, 0, edits->len * sizeof *is_hidden);
    Search search = { .edits = edits, .is_hidden = is_hidden };
    search.stream = worksheet_stream_new(&events, &search);
    bool done = zip_read_chunks(workbook->zip, worksheet->part, feed, &search, error) &&
                worksheet_stream_finish(search.stream, error);
    worksheet_stream_free(search.stream);
    if (!done) {
        g_prefix_error(error, "worksheet %s: ", worksheet->name);
    }
    return done;
}

/* A worksheet part (ISO/IEC 29500-1, 18.3.1.99) as a stream of rows: the XML goes in as it is
 * inflated, and comes out in three stretches, each byte exactly once and in order. Memory does not
 * depend on the number of rows. */
#pragma once

#include "sheet/cell.h"

typedef struct {
    guint32 first, last;
    guint32 style;
} ColumnStyle;

/* All up to and with <sheetData>. */
typedef struct {
    XmlSpan whole;
    XmlPrefix prefix;
    XmlSpan dimension;          /* value of <dimension ref>, inside WHOLE; data NULL for none */
    const ColumnStyle *columns; /* of <cols>, those with a style */
    gsize num_columns;
    bool is_empty; /* <sheetData/>: no rows will come */
} WorksheetHead;

typedef struct {
    guint32 row;
    XmlSpan whole;
    XmlSpan attributes;
    XmlSpan inside; /* between <row> and </row>; data NULL for <row/> */
} WorksheetRow;

/* Each may be NULL. Spans are valid during the call only. */
typedef struct {
    bool (*head)(const WorksheetHead *head, gpointer user_data, GError **error);
    bool (*row)(const WorksheetRow *row, gpointer user_data, GError **error);
    bool (*between)(XmlSpan bytes, gpointer user_data, GError **error); /* spaces, comments */
    bool (*end_of_rows)(gpointer user_data, GError **error);
    bool (*merged)(const CellRange *range, gpointer user_data, GError **error); /* in the tail */
    bool (*tail)(XmlSpan bytes, gpointer user_data, GError **error); /* </sheetData> and the rest */
} WorksheetEvents;

typedef struct WorksheetStream WorksheetStream;

WorksheetStream *worksheet_stream_new(const WorksheetEvents *events, gpointer user_data);
void worksheet_stream_free(WorksheetStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorksheetStream, worksheet_stream_free)

/* What is refused: another encoding than UTF-8, document type declarations, rows that are not in
 * ascending order or outside Excel's bounds, other elements among the rows. */
bool worksheet_stream_feed(WorksheetStream *stream, const char *data, gsize size, GError **error);
bool worksheet_stream_finish(WorksheetStream *stream, GError **error);

/* Refuses a part whose first bytes say that it is not in UTF-8. */
bool worksheet_check_encoding(const char *data, gsize size, GError **error);

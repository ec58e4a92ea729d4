/* What the styles part of a workbook (18.8) says of the numbers in its cells: which are shown as
 * dates or times. A SKU "1-2" or "MAR-1" that a spreadsheet program took for a date is such a
 * number, and what was typed is gone. */
#pragma once

#include "archive/zip.h"
#include "sheet/xml.h"

typedef struct Styles Styles;

/* Streams through MEMBER. INVALID where it is not well formed, TOO_LARGE for more formats than any
 * spreadsheet program writes. */
Styles *styles_read(const ZipReader *zip, const ZipMember *member, GError **error);
void styles_free(Styles *styles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Styles, styles_free)

/* STYLE: what s= of a cell says, 0 where it says nothing. False for one that does not exist. */
bool styles_is_date(const Styles *styles, guint32 style);

/* Whether a number in FORMAT (18.8.31) is shown as a date, a time or a duration. */
bool styles_format_is_date(const char *format);

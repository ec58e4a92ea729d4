/* Cells of a worksheet's XML: what stands in one, and where its bytes are. */
#pragma once

#include "sheet/xml.h"

/* Excel's own bounds (specifications and limits). */
enum {
    CELL_MAX_ROW = 1048576,
    CELL_MAX_COLUMN = 16384,
    CELL_MAX_CHARACTERS = 32767,
};

typedef struct {
    guint32 first_row, first_column, last_row, last_column;
} CellRange;

/* "BC12"; either part may be 0 in the result where it is missing ("BC", "12"). False for anything
 * else, and for what lies outside Excel's bounds. '$' is skipped. */
bool cell_parse_reference(XmlSpan text, guint32 *ret_row, guint32 *ret_column);
/* "A1:C9" or "B2". */
bool cell_parse_range(XmlSpan text, CellRange *ret_range);
bool cell_range_contains(const CellRange *range, guint32 row, guint32 column);
void cell_append_reference(GString *text, guint32 row, guint32 column);

/* One <c>. */
typedef struct {
    guint32 column;
    XmlSpan whole;      /* from <c to its end */
    XmlSpan attributes; /* of <c> */
    XmlSpan inner;      /* between <c> and </c>; empty for <c/> */
    XmlSpan type;       /* t=; empty for none */
    XmlSpan style;      /* s=; empty for none */
} Cell;

/* The cell that begins at AT, or the first one behind spaces and comments; XML_MORE when there is
 * none before END. PREVIOUS_COLUMN: of the cell before it, which gives the column where r= is
 * missing. XML_BAD too when the cell is not in ROW or not right of the previous one. */
XmlResult cell_next(const char *at, const char *end, XmlPrefix prefix, guint32 row,
                    guint32 previous_column, Cell *ret_cell);

typedef struct {
    bool has_formula;
    XmlSpan formula_attributes;
    bool has_value;
    XmlSpan value;  /* inside <v>; but for t="str" without spaces around it */
    XmlSpan string; /* inside <is> */
} CellContent;

bool cell_read_content(const Cell *cell, XmlPrefix prefix, CellContent *ret_content);

/* Appends the text that stands in <v> of a cell with t="str", "e" or "d". False, with nothing
 * appended, if it is not well formed. */
bool cell_append_value(XmlSpan value, GString *text);

/* Appends the text of a string item (<si> or <is>): its <t> and those of its runs, without the
 * phonetic hints; _xHHHH_ is resolved, as Excel writes control characters. */
bool cell_append_string(XmlSpan item, GString *text);

/* Appends a number as it stands in <v>, without an exponent, rounded to the 15 digits that Excel
 * has. *RET_IS_EXACT: whether an integer has no more than those. False if it is not a number. */
bool cell_append_number(XmlSpan value, GString *text, bool *ret_is_exact);

/* Appends <c ...> with TEXT as an inline string. ATTRIBUTES: of the cell that stood there, of which
 * r= and s= stay; or empty, then REFERENCE and STYLE (may be empty) are written. */
void cell_append_inline(GString *xml, XmlPrefix prefix, XmlSpan attributes, guint32 row,
                        guint32 column, XmlSpan style, const char *text);

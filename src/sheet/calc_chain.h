/* The calculation chain (18.6): the list of all cells with a formula. A spreadsheet program calls a
 * workbook damaged whose list names a cell that has none, so a formula that is overwritten must
 * leave it. The chain is the one other part of a workbook that a patch may change. */
#pragma once

#include "sheet/cell.h"

/* Copies CHAIN without the entries of sheet SHEET_ID for which IS_GONE says true. *RET_IS_EMPTY: no
 * entry is left, and a chain without entries is not valid: the part must go. */
typedef bool (*CalcChainFunc)(guint32 row, guint32 column, gpointer user_data);
GString *calc_chain_without(XmlSpan chain, guint32 sheet_id, CalcChainFunc is_gone,
                            gpointer user_data, bool *ret_is_empty, GError **error);

/* Copies XML without the empty element whose ATTRIBUTE ends with SUFFIX (the entry for a part in
 * [Content_Types].xml, or its relationship). */
GString *calc_chain_drop_mention(XmlSpan xml, const char *attribute, const char *suffix,
                                 GError **error);

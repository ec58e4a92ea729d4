#include "sheet/workbook.h"

#include "base/error.h"
#include "sheet/calc_chain.h"
#include "sheet/edits.h"
#include "sheet/shared_strings.h"
#include "sheet/worksheet.h"

/* libdeflate's level 5 gives fewer bytes than zlib's 6 (what spreadsheet programs use) in a third
 * of the time; levels below 5 save little time and cost 15 % of size. Measured by bench/sheet. */
static const int deflate_level = 5;

/* Merged ranges and array formulas are looked up among the edits; a hostile file has so many of
 * them that this would take hours. */
static const guint64 max_lookups = 200 * 1000 * 1000;

typedef struct {
    const Workbook *workbook;
    const Worksheet *worksheet;
    const GPtrArray *edits; /* of SheetEdit, sorted */
    GHashTable *shared;     /* index + 1 -> the text of an edit that this shared string equals */
    GHashTable *formulas;   /* cell_key of those that were replaced */
    guint64 num_lookups;

    /* Of one pass. */
    ZipWriter *writer; /* NULL: nothing is written, only looked at */
    WorksheetStream *stream;
    guint next; /* edit */
    GString *prefix;
    GArray *columns; /* of ColumnStyle */
    bool was_empty;  /* <sheetData/> */
    GString *xml;    /* what is about to be written */
    SheetPatchStats stats;
} Patch;

static gpointer
cell_key(guint32 row, guint32 column)
{
    return GSIZE_TO_POINTER((gsize)row * (CELL_MAX_COLUMN + 1) + column);
}

static const SheetEdit *
next_edit(const Patch *patch)
{
    return patch->next < patch->edits->len ? patch->edits->pdata[patch->next] : NULL;
}

static bool
emit(Patch *patch, const char *data, gsize size, GError **error)
{
    return patch->writer == NULL ||
           zip_writer_append(patch->writer, (const guint8 *)data, size, error);
}

static bool
emit_xml(Patch *patch, GError **error)
{
    bool done = emit(patch, patch->xml->str, patch->xml->len, error);
    g_string_truncate(patch->xml, 0);
    return done;
}

/* The edits inside RANGE: how many, and the first of them that is not its top left cell. */
static bool
count_edits_in(Patch *patch, const CellRange *range, guint64 *ret_count,
               const SheetEdit **ret_inner, GError **error)
{
    *ret_count = 0;
    *ret_inner = NULL;
    for (guint i = edits_find_row(patch->edits, range->first_row); i < patch->edits->len; i++) {
        const SheetEdit *edit = patch->edits->pdata[i];
        if (edit->row > range->last_row) {
            break;
        }
        if (++patch->num_lookups > max_lookups) {
            return fail(error, APP_ERROR_TOO_LARGE, "too many merged ranges and array formulas");
        }
        if (!cell_range_contains(range, edit->row, edit->column)) {
            continue;
        }
        ++*ret_count;
        bool is_corner = edit->row == range->first_row && edit->column == range->first_column;
        if (*ret_inner == NULL && !is_corner) {
            *ret_inner = edit;
        }
    }
    return true;
}

static guint64
range_size(const CellRange *range)
{
    return (guint64)(range->last_row - range->first_row + 1) *
           (range->last_column - range->first_column + 1);
}

/* The number of the dimension's cell range, grown by the edits. */
static void
append_grown_dimension(Patch *patch, XmlSpan dimension)
{
    CellRange range, old;
    bool is_range = cell_parse_range(dimension, &range);
    old = range;
    for (guint i = 0; is_range && i < patch->edits->len; i++) {
        const SheetEdit *edit = patch->edits->pdata[i];
        range.first_row = MIN(range.first_row, edit->row);
        range.last_row = MAX(range.last_row, edit->row);
        range.first_column = MIN(range.first_column, edit->column);
        range.last_column = MAX(range.last_column, edit->column);
    }
    if (!is_range || memcmp(&range, &old, sizeof range) == 0) {
        g_string_append_len(patch->xml, dimension.data, (gssize)dimension.size);
        return;
    }
    cell_append_reference(patch->xml, range.first_row, range.first_column);
    g_string_append_c(patch->xml, ':');
    cell_append_reference(patch->xml, range.last_row, range.last_column);
}

static bool
take_head(const WorksheetHead *head, gpointer user_data, GError **error)
{
    Patch *patch = user_data;
    const char *at = head->whole.data, *end = at + head->whole.size;
    g_string_append_len(patch->prefix, head->prefix.data, (gssize)head->prefix.size);
    g_array_append_vals(patch->columns, head->columns, (guint)head->num_columns);
    if (head->dimension.data != NULL) {
        g_string_append_len(patch->xml, at, head->dimension.data - at);
        append_grown_dimension(patch, head->dimension);
        at = head->dimension.data + head->dimension.size;
    }
    patch->was_empty = head->is_empty;
    if (head->is_empty) {
        g_string_append_len(patch->xml, at, end - at - 2); /* without the "/>" */
        g_string_append_c(patch->xml, '>');
    } else {
        g_string_append_len(patch->xml, at, end - at);
    }
    return emit_xml(patch, error);
}

/* A new cell looks like its row where the row has a look of its own, else like its column. */
static void
append_new_cell(Patch *patch, const SheetEdit *edit, XmlSpan row_attributes)
{
    char number[16];
    XmlSpan style = XML_NOTHING, custom;
    bool has_row_style = xml_attribute(row_attributes, "customFormat", &custom) &&
                         (xml_span_is(custom, "1") || xml_span_is(custom, "true"));
    if (!has_row_style || !xml_attribute(row_attributes, "s", &style)) {
        for (guint i = 0; i < patch->columns->len; i++) {
            const ColumnStyle *column = &g_array_index(patch->columns, ColumnStyle, i);
            if (column->style != 0 && edit->column >= column->first &&
                edit->column <= column->last) {
                style.data = number;
                style.size = (gsize)g_snprintf(number, sizeof number, "%u", column->style);
                break;
            }
        }
    }
    XmlPrefix prefix = { patch->prefix->str, patch->prefix->len };
    cell_append_inline(patch->xml, prefix, XML_NOTHING, edit->row, edit->column, style, edit->text);
    patch->stats.num_cells_changed++;
}

/* Appends the cells of the edits for ROW whose column is left of BEFORE. */
static void
append_new_cells(Patch *patch, guint32 row, guint32 before, XmlSpan row_attributes)
{
    const SheetEdit *edit;
    while ((edit = next_edit(patch)) != NULL && edit->row == row && edit->column < before) {
        if (edit->text[0] == '\0') { /* empty it is already */
            patch->stats.num_cells_equal++;
        } else {
            append_new_cell(patch, edit, row_attributes);
        }
        patch->next++;
    }
}

/* Writes the rows that do not exist yet of the edits above row BEFORE. */
static bool
emit_new_rows(Patch *patch, guint32 before, GError **error)
{
    const SheetEdit *edit;
    while ((edit = next_edit(patch)) != NULL && edit->row < before) {
        g_string_append_printf(patch->xml, "<%srow r=\"%u\">", patch->prefix->str, edit->row);
        guint num_changed = patch->stats.num_cells_changed;
        append_new_cells(patch, edit->row, CELL_MAX_COLUMN + 1, XML_NOTHING);
        g_string_append_printf(patch->xml, "</%srow>", patch->prefix->str);
        if (patch->stats.num_cells_changed == num_changed) {
            g_string_truncate(patch->xml, 0);
        } else {
            patch->stats.num_rows_inserted++;
        }
        if (!emit_xml(patch, error)) {
            return false;
        }
    }
    return true;
}

static bool
note_shared(guint32 index, const char *text, gpointer user_data, GError **error)
{
    GHashTable **texts_and_shared = user_data;
    gpointer found = g_hash_table_lookup(texts_and_shared[0], text);
    if (found != NULL) {
        g_hash_table_insert(texts_and_shared[1], GSIZE_TO_POINTER((gsize)index + 1), found);
    }
    return true;
}

/* Which shared strings equal an edit's text: memory grows with the edits, not with the workbook. */
static bool
find_shared(Patch *patch, GError **error)
{
    if (patch->shared != NULL) {
        return true;
    }
    patch->shared = g_hash_table_new(g_direct_hash, g_direct_equal);
    if (patch->workbook->shared_strings == NULL) {
        return true;
    }
    g_autoptr(GHashTable) texts = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < patch->edits->len; i++) {
        g_hash_table_add(texts, ((const SheetEdit *)patch->edits->pdata[i])->text);
    }
    GHashTable *tables[] = { texts, patch->shared };
    return shared_strings_each(patch->workbook->zip, patch->workbook->shared_strings, note_shared,
                               tables, error);
}

static bool
has_text_already(Patch *patch, const Cell *cell, const CellContent *content, const char *text,
                 bool *ret_has, GError **error)
{
    g_autoptr(GString) old = g_string_new(NULL);
    bool is_exact;
    *ret_has = false;
    if (xml_span_is(cell->type, "s")) {
        guint32 index;
        if (!content->has_value || !xml_parse_number(content->value, &index)) {
            return true;
        }
        if (!find_shared(patch, error)) {
            return false;
        }
        const char *same = g_hash_table_lookup(patch->shared, GSIZE_TO_POINTER((gsize)index + 1));
        *ret_has = same != NULL && g_str_equal(same, text);
        return true;
    }
    if (xml_span_is(cell->type, "inlineStr")) {
        *ret_has = cell_append_string(content->string, old) && g_str_equal(old->str, text);
    } else if (cell->type.size == 0 || xml_span_is(cell->type, "n")) {
        *ret_has =
            (content->value.size == 0 || cell_append_number(content->value, old, &is_exact)) &&
            g_str_equal(old->str, text);
    } else if (!xml_span_is(cell->type, "b") && !xml_span_is(cell->type, "e")) {
        *ret_has = cell_append_value(content->value, old) && g_str_equal(old->str, text);
    }
    return true;
}

/* The cells that follow a shared formula have only its number: without the first one they are
 * nothing. */
static bool
check_shared_formula(Patch *patch, const SheetEdit *edit, const CellContent *content,
                     GError **error)
{
    XmlSpan type, reference;
    CellRange range;
    guint64 num_edits;
    const SheetEdit *inner;
    if (!xml_attribute(content->formula_attributes, "t", &type) || !xml_span_is(type, "shared") ||
        !xml_attribute(content->formula_attributes, "ref", &reference) ||
        !cell_parse_range(reference, &range)) {
        return true;
    }
    if (!count_edits_in(patch, &range, &num_edits, &inner, error)) {
        return false;
    }
    if (num_edits < range_size(&range)) {
        g_autofree char *name = edit_reference(edit);
        return fail(error, APP_ERROR_CONFLICT,
                    "%s holds a formula that the cells %.*s share: it cannot be overwritten alone",
                    name, (int)reference.size, reference.data);
    }
    return true;
}

/* Appends what is to stand in place of CELL. */
static bool
append_replacement(Patch *patch, const Cell *cell, const SheetEdit *edit, GError **error)
{
    XmlPrefix prefix = { patch->prefix->str, patch->prefix->len };
    CellContent content;
    bool is_equal;
    if (!cell_read_content(cell, prefix, &content)) {
        g_autofree char *name = edit_reference(edit);
        return fail(error, APP_ERROR_INVALID, "cell %s is not well formed", name);
    }
    if (!has_text_already(patch, cell, &content, edit->text, &is_equal, error)) {
        return false;
    }
    if (is_equal) {
        patch->stats.num_cells_equal++;
        g_string_append_len(patch->xml, cell->whole.data, (gssize)cell->whole.size);
        return true;
    }
    if (content.has_formula) {
        if (!check_shared_formula(patch, edit, &content, error)) {
            return false;
        }
        patch->stats.num_formulas_replaced++;
        g_hash_table_add(patch->formulas, cell_key(edit->row, edit->column));
    }
    patch->stats.num_cells_changed++;
    cell_append_inline(patch->xml, prefix, cell->attributes, edit->row, edit->column, XML_NOTHING,
                       edit->text);
    return true;
}

static bool
bad_row(guint32 row, GError **error)
{
    return fail(error, APP_ERROR_INVALID, "row %u has something that is not a proper cell", row);
}

/* An array formula, or a data table, gives all cells of a range their values; a value that is
 * written into one of them would be lost at the next calculation. */
static bool
check_array_formulas(Patch *patch, const WorksheetRow *row, GError **error)
{
    static const char mark[] = "ref="; /* no cell has it but as an attribute of <f> */
    if (row->inside.size == 0 ||
        memmem(row->inside.data, row->inside.size, mark, sizeof mark - 1) == NULL) {
        return true;
    }
    XmlPrefix prefix = { patch->prefix->str, patch->prefix->len };
    const char *at = row->inside.data, *end = at + row->inside.size;
    XmlResult result;
    Cell cell = { 0 };
    while ((result = cell_next(at, end, prefix, row->row, cell.column, &cell)) == XML_FOUND) {
        at = cell.whole.data + cell.whole.size;
        CellContent content;
        XmlSpan type, reference;
        CellRange range;
        guint64 num_edits;
        const SheetEdit *inner;
        if (!cell_read_content(&cell, prefix, &content)) {
            return bad_row(row->row, error);
        }
        if (!content.has_formula || !xml_attribute(content.formula_attributes, "t", &type) ||
            (!xml_span_is(type, "array") && !xml_span_is(type, "dataTable")) ||
            !xml_attribute(content.formula_attributes, "ref", &reference) ||
            !cell_parse_range(reference, &range)) {
            continue;
        }
        if (!count_edits_in(patch, &range, &num_edits, &inner, error)) {
            return false;
        }
        if (num_edits > 0 && num_edits < range_size(&range)) {
            return fail(error, APP_ERROR_CONFLICT,
                        "the cells %.*s get their values from one array formula: they cannot be "
                        "overwritten one by one",
                        (int)reference.size, reference.data);
        }
    }
    return result != XML_BAD || bad_row(row->row, error);
}

/* Writes a row some cells of which change. */
static bool
emit_changed_row(Patch *patch, const WorksheetRow *row, GError **error)
{
    XmlPrefix prefix = { patch->prefix->str, patch->prefix->len };
    const char *written = row->whole.data; /* up to here */
    if (row->inside.data == NULL) {        /* <row/> becomes <row></row> */
        const char *attributes_end = row->attributes.data + row->attributes.size;
        g_string_append_len(patch->xml, written, attributes_end - written);
        g_string_append_c(patch->xml, '>');
        gsize size_before = patch->xml->len;
        append_new_cells(patch, row->row, CELL_MAX_COLUMN + 1, row->attributes);
        if (patch->xml->len == size_before) {
            g_string_truncate(patch->xml, 0);
            return emit(patch, row->whole.data, row->whole.size, error);
        }
        g_string_append_printf(patch->xml, "</%srow>", patch->prefix->str);
        return emit_xml(patch, error);
    }
    const char *at = row->inside.data, *end = at + row->inside.size;
    const SheetEdit *edit = next_edit(patch);
    Cell cell = { 0 };
    XmlResult result;
    while ((result = cell_next(at, end, prefix, row->row, cell.column, &cell)) == XML_FOUND) {
        at = cell.whole.data + cell.whole.size;
        if (edit == NULL || edit->row != row->row || edit->column > cell.column) {
            continue;
        }
        g_string_append_len(patch->xml, written, cell.whole.data - written);
        written = cell.whole.data;
        append_new_cells(patch, row->row, cell.column, row->attributes);
        edit = next_edit(patch);
        if (edit != NULL && edit->row == row->row && edit->column == cell.column) {
            if (!append_replacement(patch, &cell, edit, error)) {
                return false;
            }
            written = at;
            patch->next++;
            edit = next_edit(patch);
        }
    }
    if (result == XML_BAD) {
        return bad_row(row->row, error);
    }
    g_string_append_len(patch->xml, written, at - written);
    append_new_cells(patch, row->row, CELL_MAX_COLUMN + 1, row->attributes);
    g_string_append_len(patch->xml, at, row->whole.data + row->whole.size - at);
    return emit_xml(patch, error);
}

static bool
take_row(const WorksheetRow *row, gpointer user_data, GError **error)
{
    Patch *patch = user_data;
    if (!emit_new_rows(patch, row->row, error) || !check_array_formulas(patch, row, error)) {
        return false;
    }
    const SheetEdit *edit = next_edit(patch);
    if (edit == NULL || edit->row != row->row) {
        return emit(patch, row->whole.data, row->whole.size, error);
    }
    return emit_changed_row(patch, row, error);
}

static bool
take_bytes(XmlSpan bytes, gpointer user_data, GError **error)
{
    return emit(user_data, bytes.data, bytes.size, error);
}

static bool
take_end_of_rows(gpointer user_data, GError **error)
{
    Patch *patch = user_data;
    if (!emit_new_rows(patch, CELL_MAX_ROW + 1, error)) {
        return false;
    }
    if (patch->was_empty) {
        g_string_append_printf(patch->xml, "</%ssheetData>", patch->prefix->str);
    }
    return emit_xml(patch, error);
}

/* What stands in a merged range but in its first cell is never shown, and deleted at a chance. */
static bool
take_merged(const CellRange *range, gpointer user_data, GError **error)
{
    guint64 num_edits;
    const SheetEdit *inner;
    if (!count_edits_in(user_data, range, &num_edits, &inner, error)) {
        return false;
    }
    if (inner != NULL) {
        g_autofree char *name = edit_reference(inner);
        return fail(error, APP_ERROR_CONFLICT,
                    "%s is hidden inside a merged cell: a value written there would not be seen",
                    name);
    }
    return true;
}

static bool
feed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Patch *patch = user_data;
    return worksheet_stream_feed(patch->stream, (const char *)data, size, error);
}

/* Goes through the worksheet once; with WRITER, writes it as it shall be. */
static bool
run_pass(Patch *patch, ZipWriter *writer, GError **error)
{
    static const WorksheetEvents events = {
        .head = take_head,
        .row = take_row,
        .between = take_bytes,
        .end_of_rows = take_end_of_rows,
        .merged = take_merged,
        .tail = take_bytes,
    };
    patch->writer = writer;
    patch->next = 0;
    patch->stats = (SheetPatchStats){ 0 };
    g_string_truncate(patch->prefix, 0);
    g_string_truncate(patch->xml, 0);
    g_array_set_size(patch->columns, 0);
    patch->stream = worksheet_stream_new(&events, patch);
    bool done = zip_read_chunks(patch->workbook->zip, patch->worksheet->part, feed, patch, error) &&
                worksheet_stream_finish(patch->stream, error);
    g_clear_pointer(&patch->stream, worksheet_stream_free);
    if (!done) {
        g_prefix_error(error, "worksheet %s: ", patch->worksheet->name);
    }
    return done;
}

/* Parts that change because a formula is gone. NULL: as it was. */
typedef struct {
    GString *calc_chain;
    bool drop_calc_chain;
    GString *content_types;
    GString *relationships;
} ChainChanges;

static void
chain_changes_clear(ChainChanges *changes)
{
    GString **const parts[] = { &changes->calc_chain, &changes->content_types,
                                &changes->relationships };
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (*parts[i] != NULL) {
            g_string_free(g_steal_pointer(parts[i]), TRUE);
        }
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ChainChanges, chain_changes_clear)

static bool
is_formula_gone(guint32 row, guint32 column, gpointer user_data)
{
    Patch *patch = user_data;
    return g_hash_table_contains(patch->formulas, cell_key(row, column));
}

static bool
is_edited(guint32 row, guint32 column, gpointer user_data)
{
    Patch *patch = user_data;
    const GPtrArray *edits = patch->edits;
    for (guint i = edits_find_row(edits, row); i < edits->len; i++) {
        const SheetEdit *edit = edits->pdata[i];
        if (edit->row != row || edit->column >= column) {
            return edit->row == row && edit->column == column;
        }
    }
    return false;
}

static GString *
drop_mention(const Workbook *workbook, const ZipMember *part, const char *attribute,
             const char *suffix, GError **error)
{
    static const gsize max_part = 16 * 1024 * 1024;
    g_autoptr(GBytes) bytes = zip_read_member(workbook->zip, part, max_part, error);
    if (bytes == NULL) {
        return NULL;
    }
    XmlSpan xml;
    xml.data = g_bytes_get_data(bytes, &xml.size);
    return calc_chain_drop_mention(xml, attribute, suffix, error);
}

/* An empty chain is not valid, so the part goes, and with it whatever mentions it. */
static bool
plan_dropped_chain(const Workbook *workbook, ChainChanges *changes, GError **error)
{
    g_autofree char *part_name = g_strdup_printf("/%s", workbook->calc_chain->name);
    const char *file_name = strrchr(part_name, '/') + 1;
    changes->drop_calc_chain = true;
    changes->content_types =
        drop_mention(workbook, workbook->content_types, "PartName", part_name, error);
    if (changes->content_types == NULL) {
        return false;
    }
    changes->relationships =
        drop_mention(workbook, workbook->relationships, "Target", file_name, error);
    return changes->relationships != NULL;
}

/* When an edited cell stands in the calculation chain, a first pass without writing finds out which
 * formulas go, because the parts that change for it may come before the worksheet. */
static bool
plan_calc_chain(Patch *patch, ChainChanges *changes, GError **error)
{
    const Workbook *workbook = patch->workbook;
    static const gsize max_chain = 256 * 1024 * 1024;
    if (workbook->calc_chain == NULL) {
        return true;
    }
    g_autoptr(GBytes) bytes =
        zip_read_member(workbook->zip, workbook->calc_chain, max_chain, error);
    if (bytes == NULL) {
        return false;
    }
    XmlSpan chain;
    chain.data = g_bytes_get_data(bytes, &chain.size);
    bool is_empty;
    guint32 sheet_id = patch->worksheet->sheet_id;
    g_autoptr(GString) candidate =
        calc_chain_without(chain, sheet_id, is_edited, patch, &is_empty, error);
    if (candidate == NULL) {
        return false;
    }
    if (candidate->len == chain.size) {
        return true;
    }
    if (!run_pass(patch, NULL, error)) {
        return false;
    }
    if (g_hash_table_size(patch->formulas) == 0) {
        return true;
    }
    changes->calc_chain =
        calc_chain_without(chain, sheet_id, is_formula_gone, patch, &is_empty, error);
    return changes->calc_chain != NULL &&
           (!is_empty || plan_dropped_chain(workbook, changes, error));
}

static bool
replace_whole(ZipWriter *writer, const ZipReader *zip, const ZipMember *member,
              const GString *content, GError **error)
{
    return zip_writer_begin_replacement(writer, zip, member, deflate_level, error) &&
           zip_writer_append(writer, (const guint8 *)content->str, content->len, error) &&
           zip_writer_end_replacement(writer, error);
}

static bool
write_member(Patch *patch, const ChainChanges *changes, ZipWriter *writer, const ZipMember *member,
             GError **error)
{
    const Workbook *workbook = patch->workbook;
    if (member == patch->worksheet->part && patch->edits->len > 0) {
        return zip_writer_begin_replacement(writer, workbook->zip, member, deflate_level, error) &&
               run_pass(patch, writer, error) && zip_writer_end_replacement(writer, error);
    }
    if (member == workbook->calc_chain && changes->drop_calc_chain) {
        return true;
    }
    const GString *content = member == workbook->calc_chain      ? changes->calc_chain
                             : member == workbook->content_types ? changes->content_types
                             : member == workbook->relationships ? changes->relationships
                                                                 : NULL;
    if (content != NULL) {
        return replace_whole(writer, workbook->zip, member, content, error);
    }
    return zip_writer_copy(writer, workbook->zip, member, error);
}

static bool
write_workbook(Patch *patch, int out_fd, const char *out_name, GError **error)
{
    g_auto(ChainChanges) changes = { 0 };
    if (!plan_calc_chain(patch, &changes, error)) {
        return false;
    }
    const ZipReader *zip = patch->workbook->zip;
    g_autoptr(ZipWriter) writer = zip_writer_new_to_fd(out_fd, out_name, error);
    if (writer == NULL) {
        return false;
    }
    for (gsize i = 0; i < zip_num_members(zip); i++) {
        if (!write_member(patch, &changes, writer, zip_member(zip, i), error)) {
            return false;
        }
    }
    return zip_writer_finish(writer, zip, error);
}

bool
workbook_patch(const Workbook *workbook, const Worksheet *worksheet, const GPtrArray *edits,
               int out_fd, const char *out_name, SheetPatchStats *ret_stats, GError **error)
{
    Patch patch = { .workbook = workbook, .worksheet = worksheet, .edits = edits };
    patch.formulas = g_hash_table_new(g_direct_hash, g_direct_equal);
    patch.prefix = g_string_new(NULL);
    patch.xml = g_string_new(NULL);
    patch.columns = g_array_new(FALSE, FALSE, sizeof(ColumnStyle));
    bool done = write_workbook(&patch, out_fd, out_name, error);
    if (done && ret_stats != NULL) {
        *ret_stats = patch.stats;
    }
    g_clear_pointer(&patch.shared, g_hash_table_destroy);
    g_hash_table_destroy(patch.formulas);
    g_string_free(patch.prefix, TRUE);
    g_string_free(patch.xml, TRUE);
    g_array_free(patch.columns, TRUE);
    return done;
}

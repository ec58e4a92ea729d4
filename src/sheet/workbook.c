#include "sheet/workbook.h"

#include "base/error.h"
#include "sheet/worksheet.h"

#include <string.h>

enum {
    MAX_PART =
        64 * 1024 * 1024, /* a workbook.xml with defined names has one or two million bytes */
    MAX_WORKSHEETS = 10000,
};

typedef struct {
    char *id;
    char *type; /* what stands behind the last '/' of the type's URI */
    char *target;
    bool is_external;
} Relationship;

static void
relationship_clear(gpointer data)
{
    Relationship *relationship = data;
    g_free(relationship->id);
    g_free(relationship->type);
    g_free(relationship->target);
}

static void
worksheet_clear(gpointer data)
{
    g_free(((Worksheet *)data)->name);
}

/* Where TARGET leads from the part in FOLDER (5.2 of part 2): "/xl/a.xml", "a.xml", "../a.xml". */
static char *
resolve_target(const char *folder, const char *target)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new();
    g_auto(GStrv) folders = g_strsplit(target[0] == '/' ? "" : folder, "/", -1);
    g_auto(GStrv) parts = g_strsplit(target, "/", -1);
    GStrv lists[] = { folders, parts };
    for (guint l = 0; l < G_N_ELEMENTS(lists); l++) {
        for (char **part = lists[l]; *part != NULL; part++) {
            if (g_str_equal(*part, "..") && path->len > 0) {
                g_ptr_array_set_size(path, (gint)path->len - 1);
            } else if (!g_str_equal(*part, "") && !g_str_equal(*part, ".")) {
                g_ptr_array_add(path, *part);
            }
        }
    }
    g_ptr_array_add(path, NULL);
    return g_strjoinv("/", (char **)path->pdata);
}

/* Part names differ in no more than case from other part names (6.2.2.3 of part 2). */
static const ZipMember *
find_part(const ZipReader *zip, const char *name)
{
    const ZipMember *member = zip_find(zip, name);
    for (gsize i = 0; member == NULL && i < zip_num_members(zip); i++) {
        if (g_ascii_strcasecmp(zip_member(zip, i)->name, name) == 0) {
            member = zip_member(zip, i);
        }
    }
    return member;
}

/* Reads a part that is XML in UTF-8. */
static GBytes *
read_part(const ZipReader *zip, const ZipMember *member, XmlSpan *ret_xml, GError **error)
{
    g_autoptr(GBytes) bytes = zip_read_member(zip, member, MAX_PART, error);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    if (!worksheet_check_encoding(data, size, error)) {
        return NULL;
    }
    *ret_xml = (XmlSpan){ data, size };
    return g_steal_pointer(&bytes);
}

/* Steps to the next start tag or empty tag. False at the end; sets ERROR if the XML is bad. */
static bool
next_element(XmlSpan *rest, XmlToken *ret_token, const char *part, GError **error)
{
    const char *end = rest->data + rest->size;
    while (rest->size > 0) {
        XmlResult result = xml_next(rest->data, end, ret_token);
        if (result == XML_MORE && rest->data[0] != '<') {
            return false; /* the line end behind the root */
        }
        if (result != XML_FOUND) {
            return fail(error, APP_ERROR_INVALID,
                        "%s is not well formed, or declares a document type", part);
        }
        rest->data += ret_token->whole.size;
        rest->size -= ret_token->whole.size;
        if (ret_token->kind == XML_START || ret_token->kind == XML_EMPTY) {
            return true;
        }
    }
    return false;
}

static GArray *
read_relationships(const ZipReader *zip, const char *name, GError **error)
{
    const ZipMember *member = find_part(zip, name);
    if (member == NULL) {
        return fail_null(error, APP_ERROR_INVALID, "not a workbook: it has no %s", name);
    }
    XmlSpan xml;
    g_autoptr(GBytes) bytes = read_part(zip, member, &xml, error);
    if (bytes == NULL) {
        return NULL;
    }
    g_autoptr(GArray) relationships = g_array_new(FALSE, TRUE, sizeof(Relationship));
    g_array_set_clear_func(relationships, relationship_clear);
    g_autoptr(GError) bad = NULL;
    XmlToken token;
    while (next_element(&xml, &token, name, &bad)) {
        if (!xml_span_is(xml_local_name(token.name), "Relationship")) {
            continue;
        }
        g_autofree char *type = xml_attribute_text(token.body, "Type");
        g_autofree char *mode = xml_attribute_text(token.body, "TargetMode");
        Relationship relationship = {
            .id = xml_attribute_text(token.body, "Id"),
            .target = xml_attribute_text(token.body, "Target"),
            .is_external = g_strcmp0(mode, "External") == 0,
        };
        if (type == NULL || relationship.id == NULL || relationship.target == NULL) {
            relationship_clear(&relationship);
            return fail_null(error, APP_ERROR_INVALID, "%s has a relationship without a target",
                             name);
        }
        const char *slash = strrchr(type, '/');
        relationship.type = g_strdup(slash == NULL ? type : slash + 1);
        g_array_append_val(relationships, relationship);
    }
    if (bad != NULL) {
        g_propagate_error(error, g_steal_pointer(&bad));
        return NULL;
    }
    return g_steal_pointer(&relationships);
}

static const Relationship *
find_relationship(const GArray *relationships, const char *id, const char *type)
{
    for (guint i = 0; i < relationships->len; i++) {
        const Relationship *candidate = &g_array_index(relationships, Relationship, i);
        if (!candidate->is_external && (id == NULL || g_str_equal(candidate->id, id)) &&
            (type == NULL || g_str_equal(candidate->type, type))) {
            return candidate;
        }
    }
    return NULL;
}

static const ZipMember *
related_part(const Workbook *workbook, const GArray *relationships, const char *folder,
             const char *type)
{
    const Relationship *relationship = find_relationship(relationships, NULL, type);
    if (relationship == NULL) {
        return NULL;
    }
    g_autofree char *name = resolve_target(folder, relationship->target);
    return find_part(workbook->zip, name);
}

/* The id of a relationship, whatever prefix its namespace has. */
static char *
relationship_id(XmlSpan attributes)
{
    XmlSpan name, value;
    for (gsize at = 0; xml_next_attribute(attributes, &at, &name, &value);) {
        if (name.size > 2 && xml_span_is(xml_local_name(name), "id")) {
            return g_strndup(value.data, value.size);
        }
    }
    return NULL;
}

static bool
add_worksheet(Workbook *workbook, const GArray *relationships, const char *folder,
              XmlSpan attributes, GError **error)
{
    g_autofree char *id = relationship_id(attributes);
    g_autofree char *name = xml_attribute_text(attributes, "name");
    g_autofree char *state = xml_attribute_text(attributes, "state");
    const Relationship *relationship =
        id == NULL ? NULL : find_relationship(relationships, id, NULL);
    if (name == NULL || relationship == NULL) {
        return fail(error, APP_ERROR_INVALID, "sheet %s of the workbook leads nowhere",
                    name == NULL ? "without a name" : name);
    }
    if (!g_str_equal(relationship->type, "worksheet")) {
        return true; /* a chart or a dialogue on a sheet of its own: it has no cells */
    }
    if (workbook->worksheets->len >= MAX_WORKSHEETS) {
        return fail(error, APP_ERROR_TOO_LARGE, "more than %d worksheets", MAX_WORKSHEETS);
    }
    g_autofree char *part = resolve_target(folder, relationship->target);
    Worksheet worksheet = {
        .is_hidden = state != NULL && !g_str_equal(state, "visible"),
        .part = find_part(workbook->zip, part),
    };
    if (worksheet.part == NULL) {
        return fail(error, APP_ERROR_INVALID, "worksheet %s: the workbook has no %s", name, part);
    }
    XmlSpan sheet_id;
    if (xml_attribute(attributes, "sheetId", &sheet_id)) {
        (void)xml_parse_number(sheet_id, &worksheet.sheet_id);
    }
    worksheet.name = g_steal_pointer(&name);
    g_array_append_val(workbook->worksheets, worksheet);
    return true;
}

/* The list of sheets stands near the beginning; what follows it (over a million bytes of defined
 * names in marketplace templates) is not looked at. */
static bool
read_sheets(Workbook *workbook, const ZipMember *part, const GArray *relationships,
            const char *folder, GError **error)
{
    XmlSpan xml;
    g_autoptr(GBytes) bytes = read_part(workbook->zip, part, &xml, error);
    if (bytes == NULL) {
        return false;
    }
    g_autoptr(GError) bad = NULL;
    XmlToken token;
    bool is_in_sheets = false;
    while (next_element(&xml, &token, part->name, &bad)) {
        XmlSpan local = xml_local_name(token.name);
        if (xml_span_is(local, "sheet")) {
            if (!add_worksheet(workbook, relationships, folder, token.body, error)) {
                return false;
            }
        } else if (is_in_sheets) {
            break;
        }
        is_in_sheets = is_in_sheets || xml_span_is(local, "sheets");
    }
    if (bad != NULL) {
        g_propagate_error(error, g_steal_pointer(&bad));
        return false;
    }
    if (workbook->worksheets->len == 0) {
        return fail(error, APP_ERROR_INVALID, "the workbook has no worksheet");
    }
    return true;
}

/* A workbook may be one for macros and have none; what it is called goes by what it says of itself.
 */
static bool
read_kind(Workbook *workbook, GError **error)
{
    static const char mark[] = "macroEnabled.main+xml";
    if (workbook->content_types == NULL) {
        return fail(error, APP_ERROR_INVALID, "not a workbook: it has no [Content_Types].xml");
    }
    XmlSpan xml;
    g_autoptr(GBytes) bytes = read_part(workbook->zip, workbook->content_types, &xml, error);
    if (bytes == NULL) {
        return false;
    }
    workbook->is_for_macros = memmem(xml.data, xml.size, mark, sizeof mark - 1) != NULL;
    return true;
}

static bool
read_workbook(Workbook *workbook, GError **error)
{
    if (zip_find(workbook->zip, "mimetype") != NULL) {
        return fail(error, APP_ERROR_UNSUPPORTED, "an OpenDocument file: save it as .xlsx or .csv");
    }
    g_autoptr(GArray) root = read_relationships(workbook->zip, "_rels/.rels", error);
    if (root == NULL) {
        return false;
    }
    const Relationship *document = find_relationship(root, NULL, "officeDocument");
    if (document == NULL) {
        return fail(error, APP_ERROR_INVALID, "not a workbook: it has no main part");
    }
    g_autofree char *name = resolve_target("", document->target);
    const ZipMember *part = find_part(workbook->zip, name);
    if (part == NULL) {
        return fail(error, APP_ERROR_INVALID, "not a workbook: its main part %s is missing", name);
    }
    if (!g_str_has_suffix(part->name, ".xml")) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "a binary workbook (.xlsb): save it as .xlsx or .xlsm");
    }
    const char *slash = strrchr(name, '/');
    g_autofree char *folder = g_strndup(name, slash == NULL ? 0 : (gsize)(slash - name));
    g_autofree char *relationships_name = g_strdup_printf(
        "%s%s_rels/%s.rels", folder, slash == NULL ? "" : "/", slash == NULL ? name : slash + 1);
    g_autoptr(GArray) relationships = read_relationships(workbook->zip, relationships_name, error);
    if (relationships == NULL) {
        return false;
    }
    workbook->relationships = find_part(workbook->zip, relationships_name);
    workbook->content_types = find_part(workbook->zip, "[Content_Types].xml");
    workbook->shared_strings = related_part(workbook, relationships, folder, "sharedStrings");
    workbook->calc_chain = related_part(workbook, relationships, folder, "calcChain");
    workbook->styles = related_part(workbook, relationships, folder, "styles");
    return read_kind(workbook, error) && read_sheets(workbook, part, relationships, folder, error);
}

Workbook *
workbook_open(ZipReader *zip, GError **error)
{
    g_autoptr(Workbook) workbook = g_new0(Workbook, 1);
    workbook->zip = zip;
    workbook->worksheets = g_array_new(FALSE, FALSE, sizeof(Worksheet));
    g_array_set_clear_func(workbook->worksheets, worksheet_clear);
    if (!read_workbook(workbook, error)) {
        return NULL;
    }
    return g_steal_pointer(&workbook);
}

void
workbook_free(Workbook *workbook)
{
    if (workbook != NULL) {
        zip_close(workbook->zip);
        g_array_free(workbook->worksheets, TRUE);
        g_free(workbook);
    }
}

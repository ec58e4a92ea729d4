#include "privacy/account_export.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "base/secret.h"

#include <string.h>

enum {
    ROWS_AT_ONCE = 1000,
    ROWS_PER_FILE = 20 * 1000, /* a JSON file is made in memory */
    COMPRESSION = 6,
};

typedef struct {
    const Privacy *privacy;
    const Id *account;
    ExportScope scope;
    ZipWriter *zip;
    JsonWriter *manifest;
    GPtrArray *missing; /* "objects/...: why" */
} Export;

static bool
is_wanted(const Export *export, const InventoryField *field)
{
    return export->scope == EXPORT_EVERYTHING ? field->export != EXPORT_NEVER
                                              : field->export == EXPORT_PORTABLE;
}

static bool
add_file(Export *export, const char *name, const void *data, gsize size, gint64 num_rows,
         int compression, GError **error)
{
    if (!zip_writer_add(export->zip, name, data, size, compression, error)) {
        return false;
    }
    Digest digest = digest_of(data, size);
    g_autofree char *hex = digest_to_hex(&digest, 64);
    json_begin_object(export->manifest, NULL);
    json_string(export->manifest, "file", name);
    json_int(export->manifest, "bytes", (gint64)size);
    json_string(export->manifest, "sha256", hex);
    if (num_rows >= 0) {
        json_int(export->manifest, "rows", num_rows);
    }
    json_end_object(export->manifest);
    return true;
}

static void
write_value(JsonWriter *writer, DbRows *rows, const InventoryField *field)
{
    if (db_is_null(rows, field->name)) {
        json_null(writer, field->name);
        return;
    }
    switch (field->value) {
    case VALUE_TEXT:
        json_string(writer, field->name, db_text(rows, field->name));
        break;
    case VALUE_NUMBER:
        json_int(writer, field->name, db_int(rows, field->name));
        break;
    case VALUE_REAL:
        json_double(writer, field->name, db_real(rows, field->name), 6);
        break;
    case VALUE_BOOLEAN:
        json_bool(writer, field->name, db_bool(rows, field->name));
        break;
    case VALUE_TIME: {
        g_autofree char *text = timestamp_to_string(db_int(rows, field->name));
        json_string(writer, field->name, text);
        break;
    }
    case VALUE_BYTES: {
        gsize size;
        const void *data = db_blob(rows, field->name, &size);
        g_autofree char *text = base64url_encode(data, size);
        json_string(writer, field->name, text);
        break;
    }
    }
}

/* The key of the last row that was read: where the next page begins. */
typedef struct {
    char **columns;
    GArray *values;     /* of DbValue */
    GPtrArray *strings; /* what they point to */
} Position;

static void
position_take(Position *position, const InventoryEntry *entry, DbRows *rows)
{
    g_array_set_size(position->values, 0);
    g_ptr_array_set_size(position->strings, 0);
    for (char **column = position->columns; *column != NULL; column++) {
        const InventoryField *field = inventory_find_field(entry, *column);
        DbValue value = { .type = 'i' };
        if (field->value == VALUE_TEXT) {
            char *text = g_strdup(db_text(rows, *column));
            g_ptr_array_add(position->strings, text);
            value = (DbValue){ .type = 't', .data = text };
        } else if (field->value == VALUE_BYTES) {
            gsize size;
            const void *data = db_blob(rows, *column, &size);
            void *copy = g_memdup2(data, size);
            g_ptr_array_add(position->strings, copy);
            value = (DbValue){ .type = 'b', .data = copy, .size = size };
        } else {
            value.integer = db_int(rows, *column);
        }
        g_array_append_val(position->values, value);
    }
}

/* "SELECT a, b FROM t WHERE subject = $1 AND (k1, k2) > ($2, $3) ORDER BY k1, k2 LIMIT n". */
static char *
page_query(const Export *export, const InventoryEntry *entry, const Position *position)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (gsize i = 0; i < entry->num_fields; i++) {
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", entry->fields[i].name);
    }
    g_string_append_printf(sql, " FROM %s WHERE %s = $1", entry->name, entry->subject);
    if (position->values->len > 0) {
        g_string_append_printf(sql, " AND (%s) > (", entry->key);
        for (guint i = 0; i < position->values->len; i++) {
            g_string_append_printf(sql, "%s$%u", i > 0 ? ", " : "", i + 2);
        }
        g_string_append_c(sql, ')');
    }
    g_string_append_printf(sql, " ORDER BY %s LIMIT %d", entry->key, ROWS_AT_ONCE);
    return g_string_free(g_steal_pointer(&sql), FALSE);
}

static bool
append_page(Export *export, const InventoryEntry *entry, Position *position, JsonWriter *writer,
            gint64 *num_rows, bool *ret_at_end, GError **error)
{
    Db *db = entry->held_in == HELD_IN_KEYRING ? export->privacy->keyring_db : export->privacy->db;
    g_autofree char *sql = page_query(export, entry, position);
    g_autoptr(GArray) values = g_array_new(FALSE, TRUE, sizeof(DbValue));
    DbValue subject = { .type = 't', .data = export->account->text };
    g_array_append_val(values, subject);
    g_array_append_vals(values, position->values->data, position->values->len);
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query_values(tx, error, sql, (const DbValue *)(void *)values->data, values->len);
    if (rows == NULL) {
        return false;
    }
    int found = 0;
    for (; db_next(rows); found++) {
        json_begin_object(writer, NULL);
        for (gsize i = 0; i < entry->num_fields; i++) {
            if (is_wanted(export, &entry->fields[i])) {
                write_value(writer, rows, &entry->fields[i]);
            }
        }
        json_end_object(writer);
        position_take(position, entry, rows);
    }
    *num_rows += found;
    *ret_at_end = found < ROWS_AT_ONCE;
    return true;
}

static bool
add_table(Export *export, const InventoryEntry *entry, GError **error)
{
    g_auto(GStrv) columns = g_strsplit(entry->key, ", ", -1);
    g_autoptr(GArray) values = g_array_new(FALSE, TRUE, sizeof(DbValue));
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    Position position = { .columns = columns, .values = values, .strings = strings };
    bool at_end = false;
    for (guint part = 1; !at_end; part++) {
        g_autoptr(JsonWriter) writer = json_writer_new(true);
        gint64 num_rows = 0;
        json_begin_array(writer, NULL);
        while (!at_end && num_rows < ROWS_PER_FILE) {
            if (!append_page(export, entry, &position, writer, &num_rows, &at_end, error)) {
                return false;
            }
        }
        json_end_array(writer);
        if (num_rows == 0) {
            break;
        }
        const GString *text = json_writer_text(writer);
        g_autofree char *name = part == 1 ? g_strdup_printf("data/%s.json", entry->name)
                                          : g_strdup_printf("data/%s-%u.json", entry->name, part);
        if (!add_file(export, name, text->str, text->len, num_rows, COMPRESSION, error)) {
            return false;
        }
    }
    return true;
}

/* Names that people gave, by object: a hash table of strings. Empty where an entry has none. */
static GHashTable *
object_names(Export *export, const InventoryEntry *entry, GError **error)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (entry->key == NULL) {
        return names;
    }
    g_autoptr(DbTx) tx = db_begin(export->privacy->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL : db_query(tx, error, entry->key, "t", export->account->text);
    if (rows == NULL) {
        g_hash_table_unref(names);
        return NULL;
    }
    while (db_next(rows)) {
        if (!db_is_null(rows, "object_id") && !db_is_null(rows, "name")) {
            g_hash_table_insert(names, g_strdup(db_text(rows, "object_id")),
                                g_path_get_basename(db_text(rows, "name")));
        }
    }
    return names;
}

/* What may stand in the name of a ZIP's member on any system. */
static char *
safe_name(const char *name)
{
    char *safe = g_strdup(name);
    for (char *c = safe; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c) || strchr("/\\:*?\"<>|", *c) != NULL) {
            *c = '-';
        }
    }
    return safe;
}

static bool
add_object(Export *export, const InventoryEntry *entry, const Id *object, const char *name,
           GError **error)
{
    g_autofree char *safe = safe_name(name != NULL ? name : "file");
    bool is_jpeg = g_str_equal(entry->name, "picture") || g_str_equal(entry->name, "thumbnail");
    g_autofree char *file =
        g_strdup_printf("files/%s/%s/%s%s", entry->name, object->text, safe, is_jpeg ? ".jpg" : "");
    g_autoptr(GError) problem = NULL;
    g_autoptr(GBytes) bytes =
        vault_read_whole(export->privacy->vault, object, G_MAXUINT32 - 1, &problem);
    if (bytes == NULL) {
        g_ptr_array_add(export->missing, g_strdup_printf("%s: %s", file, problem->message));
        return true;
    }
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    return add_file(export, file, data, size, -1, 0, error);
}

static bool
add_objects(Export *export, const InventoryEntry *entry, GError **error)
{
    g_autoptr(GHashTable) names = object_names(export, entry, error);
    if (names == NULL) {
        return false;
    }
    char after[ID_LENGTH + 1] = "";
    for (int found = ROWS_AT_ONCE; found == ROWS_AT_ONCE;) {
        g_autoptr(DbTx) tx = db_begin(export->privacy->db, DB_READ, error);
        g_autoptr(DbRows) rows =
            tx == NULL
                ? NULL
                : db_query(tx, error,
                           "SELECT id FROM object WHERE account_id = $1 AND class = $2"
                           " AND state = 1 AND id > $3 ORDER BY id LIMIT $4",
                           "titi", export->account->text, (gint64)inventory_object_class(entry),
                           after, (gint64)ROWS_AT_ONCE);
        if (rows == NULL) {
            return false;
        }
        db_rollback(g_steal_pointer(&tx)); /* files are slow, the rows are in memory */
        for (found = 0; db_next(rows); found++) {
            Id object;
            if (!id_parse(db_text(rows, "id"), &object)) {
                continue;
            }
            if (!add_object(export, entry, &object, g_hash_table_lookup(names, object.text),
                            error)) {
                return false;
            }
            memcpy(after, object.text, sizeof after);
        }
    }
    return true;
}

static const char read_me[] =
    "This archive was made by Cloudpick.\n\n"
    "manifest.json  every file in here with its size and SHA-256, and what is missing\n"
    "data/          what is written down, a file a kind; times are in UTC\n"
    "files/         the files themselves: originals as you sent them, pictures as they were\n"
    "               published, your sheets\n\n"
    "Not in here: secrets that only your browser or your programs may have (they are stored as\n"
    "digests), and keys.\n";

static bool
add_entry(Export *export, const InventoryEntry *entry, GError **error)
{
    bool is_wanted_at_all = false;
    for (gsize i = 0; i < entry->num_fields; i++) {
        is_wanted_at_all = is_wanted_at_all || is_wanted(export, &entry->fields[i]);
    }
    if (!is_wanted_at_all) {
        return true;
    }
    if (entry->held_in == HELD_IN_OBJECTS) {
        return add_objects(export, entry, error);
    }
    bool is_table = entry->held_in == HELD_IN_DATABASE || entry->held_in == HELD_IN_KEYRING;
    return !is_table || entry->subject == NULL || add_table(export, entry, error);
}

static bool
add_manifest(Export *export, GError **error)
{
    json_end_array(export->manifest);
    json_begin_array(export->manifest, "missing");
    for (guint i = 0; i < export->missing->len; i++) {
        json_string(export->manifest, NULL, export->missing->pdata[i]);
    }
    json_end_array(export->manifest);
    json_end_object(export->manifest);
    const GString *text = json_writer_text(export->manifest);
    return zip_writer_add(export->zip, "manifest.json", text->str, text->len, COMPRESSION, error);
}

bool
account_export(const Privacy *privacy, const Id *account, ExportScope scope, ZipSink sink,
               gpointer user_data, GError **error)
{
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(sink, user_data);
    g_autoptr(JsonWriter) manifest = json_writer_new(true);
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *now = timestamp_to_string(clock_now(privacy->clock));
    g_autofree char *version = inventory_version();
    Export export = { privacy, account, scope, zip, manifest, missing };
    json_begin_object(manifest, NULL);
    json_string(manifest, "made_at", now);
    json_string(manifest, "scope",
                scope == EXPORT_EVERYTHING ? "everything that is held about you"
                                           : "what you gave us");
    json_string(manifest, "inventory_version", version);
    json_begin_array(manifest, "files");
    if (!add_file(&export, "README.txt", read_me, strlen(read_me), -1, COMPRESSION, error)) {
        return false;
    }
    for (gsize i = 0; i < inventory_size; i++) {
        if (!add_entry(&export, &inventory_table[i], error)) {
            return false;
        }
    }
    return add_manifest(&export, error) && zip_writer_finish(zip, NULL, error);
}

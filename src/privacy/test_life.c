#include "privacy/test_life.h"

#include <string.h>

static bool
clock_is_synchronised(gpointer data)
{
    return ((TestLife *)data)->clock_is_synchronised;
}

static bool
database_time(gpointer data, Timestamp *ret_time, GError **error)
{
    const TestLife *life = data;
    *ret_time = life->vault->time + life->database_is_ahead;
    return true;
}

TestLife *
test_life_new(TestDatabase *database)
{
    TestLife *life = g_new0(TestLife, 1);
    life->vault = test_vault_new(database);
    life->clock_is_synchronised = true;
    life->privacy = (Privacy){
        .db = life->vault->db,
        .keyring_db = life->vault->keyring_db,
        .keyring = life->vault->keyring,
        .vault = life->vault->vault,
        .clock = &life->vault->clock,
        .database_time = database_time,
        .clock_is_synchronised = clock_is_synchronised,
        .witness_data = life,
    };
    return life;
}

void
test_life_free(TestLife *life)
{
    if (life != NULL) {
        test_vault_free(life->vault);
        g_free(life);
    }
}

/* A value for a column: what GIVEN has for it (name, value, ..., NULL), else something of its kind.
 */
static DbValue
value_for(TestLife *life, const InventoryField *field, const char *marker, const char *const *given)
{
    for (const char *const *name = given; *name != NULL; name += 2) {
        if (g_str_equal(*name, field->name)) {
            return (DbValue){ .type = 't', .data = name[1] };
        }
    }
    switch (field->value) {
    case VALUE_TEXT:
        return (DbValue){ .type = 't', .data = marker };
    case VALUE_BYTES:
        return (DbValue){ .type = 'b', .data = marker, .size = strlen(marker) };
    case VALUE_TIME: {
        bool is_to_come = g_str_equal(field->name, "expires_at");
        return (DbValue){ .type = 'i', .integer = life->vault->time + (is_to_come ? DAYS(1) : 0) };
    }
    case VALUE_NUMBER:
    case VALUE_BOOLEAN:
        return (DbValue){ .type = 'i', .integer = 1 };
    case VALUE_REAL:
        return (DbValue){ .type = 'd', .real = 0.5 };
    }
    g_assert_not_reached();
}

static void
insert_row(TestLife *life, const char *table, const char *marker, const char *const *given)
{
    const InventoryEntry *entry = inventory_find(HELD_IN_DATABASE, table);
    g_autoptr(GString) sql = g_string_new(NULL), places = g_string_new(NULL);
    g_autoptr(GArray) values = g_array_new(FALSE, TRUE, sizeof(DbValue));
    g_string_append_printf(sql, "INSERT INTO %s (", table);
    for (gsize i = 0; i < entry->num_fields; i++) {
        DbValue value = value_for(life, &entry->fields[i], marker, given);
        g_array_append_val(values, value);
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", entry->fields[i].name);
        g_string_append_printf(places, "%s$%" G_GSIZE_FORMAT, i > 0 ? ", " : "", i + 1);
    }
    g_string_append_printf(sql, ") VALUES (%s)", places->str);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(life->vault->db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec_values(tx, &error, NULL, sql->str, (const DbValue *)(void *)values->data, values->len);
    g_assert_no_error(error);
    db_commit(g_steal_pointer(&tx), &error);
    g_assert_no_error(error);
}

static char *
new_marker(TestLife *life)
{
    return g_strdup_printf("MARK-%05u-of-somebody", life->num_markers++);
}

Id
test_life_account(TestLife *life, const char *region)
{
    Id account = test_vault_account(life->vault, region);
    g_autofree char *marker = new_marker(life);
    static const char *const tables[] = { "identity", "session", "api_token", "host" };
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        const char *const given[] = { "account_id", account.text, NULL };
        insert_row(life, tables[i], marker, given);
    }
    return account;
}

static Id
put_object(TestLife *life, const Id *account, ObjectClass object_class, const char *marker)
{
    g_autoptr(GBytes) bytes = g_bytes_new(marker, strlen(marker));
    g_autoptr(GError) error = NULL;
    Id object;
    vault_put_whole(life->vault->vault, account, object_class, life->vault->time, bytes, &object,
                    &error);
    g_assert_no_error(error);
    test_vault_adopt(life->vault, &object);
    return object;
}

char *
test_life_batch(TestLife *life, const Id *account)
{
    g_autofree char *marker = new_marker(life);
    Id original = put_object(life, account, OBJECT_ORIGINAL, marker);
    Id picture = put_object(life, account, OBJECT_PICTURE, marker);
    Id thumbnail = put_object(life, account, OBJECT_THUMBNAIL, marker);
    Id sheet = put_object(life, account, OBJECT_SHEET, marker);
    Id batch = id_new(&life->vault->clock), upload = id_new(&life->vault->clock);
    Id photo = id_new(&life->vault->clock);
    const char *const in_batch[] = { "id",           batch.text, "account_id", account->text,
                                     "sheet_object", sheet.text, NULL };
    insert_row(life, "batch", marker, in_batch);
    const char *const in_upload[] = { "id",       upload.text, "account_id", account->text,
                                      "batch_id", batch.text,  NULL };
    insert_row(life, "upload", marker, in_upload);
    const char *const in_photo[] = { "id",
                                     photo.text,
                                     "account_id",
                                     account->text,
                                     "batch_id",
                                     batch.text,
                                     "original_object",
                                     original.text,
                                     "picture_object",
                                     picture.text,
                                     "thumbnail_object",
                                     thumbnail.text,
                                     NULL };
    insert_row(life, "photo", marker, in_photo);
    static const char *const others[] = { "sku",         "upload_part", "batch_event",
                                          "publication", "idempotency", "technical_log" };
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        const char *const given[] = { "account_id", account->text, "batch_id", batch.text,
                                      "upload_id",  upload.text,   "photo_id", photo.text,
                                      "object_id",  picture.text,  NULL };
        insert_row(life, others[i], marker, given);
    }
    return g_steal_pointer(&marker);
}

gint64
test_life_count(TestLife *life, const InventoryEntry *entry)
{
    Db *db = entry->held_in == HELD_IN_KEYRING ? life->vault->keyring_db : life->vault->db;
    g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) AS n FROM %s", entry->name);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, &error);
    g_autoptr(DbRows) rows = db_query(tx, &error, sql, "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "n");
}

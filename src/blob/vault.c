#include "blob/vault.h"

#include "base/error.h"
#include "base/secret.h"
#include "blob/sealed_stream.h"

#include <string.h>

/* No writer lives longer than this; what is removed as abandoned is older by far, so that no bytes
 * come after their row is gone. */
static const Timestamp max_writing_time = SECONDS(12 * 3600);
static const Timestamp abandoned_after = DAYS(1);
enum { REMOVE_BATCH = 500 };

struct Vault {
    Db *db;
    Keyring *keyring;
    const Clock *clock;
    GHashTable *stores; /* region -> BlobStore */
};

const char *
object_class_prefix(ObjectClass object_class)
{
    switch (object_class) {
    case OBJECT_ORIGINAL:
        return "originals";
    case OBJECT_PICTURE:
        return "pictures";
    case OBJECT_THUMBNAIL:
        return "thumbnails";
    case OBJECT_SHEET:
        return "sheets";
    case OBJECT_EXPORT:
        return "exports";
    }
    g_assert_not_reached();
}

/* Spread over directories by the last two characters of the id, which are random. */
static char *
make_key_in_store(ObjectClass object_class, const char *id)
{
    return g_strdup_printf("%s/%s/%s", object_class_prefix(object_class), id + ID_LENGTH - 2, id);
}

Vault *
vault_new(Db *db, Keyring *keyring, const Clock *clock)
{
    Vault *vault = g_new0(Vault, 1);
    vault->db = db;
    vault->keyring = keyring;
    vault->clock = clock;
    vault->stores =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)blob_store_free);
    return vault;
}

void
vault_add_store(Vault *vault, const char *region, BlobStore *store)
{
    g_hash_table_insert(vault->stores, g_strdup(region), store);
}

void
vault_free(Vault *vault)
{
    if (vault != NULL) {
        g_hash_table_unref(vault->stores);
        g_free(vault);
    }
}

static BlobStore *
find_store(const Vault *vault, const char *region, GError **error)
{
    BlobStore *store = g_hash_table_lookup(vault->stores, region);
    return store != NULL ? store
                         : fail_null(error, APP_ERROR_UNAVAILABLE,
                                     "no store is configured for region %s", region);
}

struct VaultWriter {
    Vault *vault;
    Id object;
    BlobStore *store;
    char *key_in_store;
    SealedWriter *sealed; /* NULL before and after writing */
    Timestamp created_at;
    bool is_finished;
    bool is_in_doubt; /* the store may yet put the object in place */
};

static char *
find_region(Vault *vault, const Id *account, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error, "SELECT region FROM account WHERE id = $1", "t", account->text);
    if (rows == NULL) {
        return NULL;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error) ? fail_null(error, APP_ERROR_NOT_FOUND,
                                                       "account %s does not exist", account->text)
                                           : NULL;
    }
    return g_strdup(db_text(rows, "region"));
}

/* The row, written only while the account exists. */
static bool
insert_object(VaultWriter *writer, const Id *account, ObjectClass object_class,
              Timestamp uploaded_at, const char *region, GError **error)
{
    Vault *vault = writer->vault;
    gint64 num_inserted = 0;
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, &num_inserted,
                 "INSERT INTO object\n"
                 "    (id, account_id, class, region, size, state, uploaded_at, created_at)\n"
                 "SELECT $1, id, $3, region, 0, 0, $4, $5\n"
                 "FROM account WHERE id = $2 AND region = $6",
                 "ttiiit", writer->object.text, account->text, (gint64)object_class, uploaded_at,
                 writer->created_at, region) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    if (num_inserted == 0) {
        /* Erased since find_region: the key that was made meanwhile must not outlive it. */
        return keyring_destroy(vault->keyring, account, error) &&
               fail(error, APP_ERROR_NOT_FOUND, "account %s does not exist", account->text);
    }
    return true;
}

VaultWriter *
vault_create(Vault *vault, const Id *account, ObjectClass object_class, Timestamp uploaded_at,
             GError **error)
{
    /* LST-13, LST-28: the account's region decides, and there is no other way to choose a store. */
    g_autofree char *region = find_region(vault, account, error);
    BlobStore *store = region == NULL ? NULL : find_store(vault, region, error);
    SealKey key;
    if (store == NULL || !keyring_make_key(vault->keyring, account, region, &key, error)) {
        return NULL;
    }
    g_autoptr(VaultWriter) writer = g_new0(VaultWriter, 1);
    writer->vault = vault;
    writer->object = id_new(vault->clock);
    writer->created_at = clock_now(vault->clock);
    writer->store = store;
    if (insert_object(writer, account, object_class, uploaded_at, region, error)) {
        writer->key_in_store = make_key_in_store(object_class, writer->object.text);
        writer->sealed =
            sealed_writer_new(store, writer->key_in_store, &key, writer->object.text, error);
    }
    secret_clear(&key, sizeof key);
    return writer->sealed == NULL ? NULL : g_steal_pointer(&writer);
}

bool
vault_write(VaultWriter *writer, const void *data, gsize size, GError **error)
{
    return sealed_write(writer->sealed, data, size, error);
}

static bool
mark_finished(VaultWriter *writer, guint64 size, GError **error)
{
    gint64 num_changed = 0;
    /* Not waited for: a power cut that takes it takes the adoption that comes after it, too. */
    g_autoptr(DbTx) tx = db_begin(writer->vault->db, DB_WRITE_QUICKLY, error);
    if (tx == NULL ||
        !db_exec(tx, error, &num_changed,
                 "UPDATE object SET state = 3, size = $2 WHERE id = $1 AND state = 0", "ti",
                 writer->object.text, (gint64)size) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    return num_changed == 1 ||
           fail(error, APP_ERROR_CONFLICT, "object %s was removed while it was written",
                writer->object.text);
}

bool
vault_finish(VaultWriter *writer, Id *ret_object, GError **error)
{
    guint64 size;
    if (clock_now(writer->vault->clock) - writer->created_at > max_writing_time) {
        return fail(error, APP_ERROR_CONFLICT, "object %s took more than 12 hours to write",
                    writer->object.text);
    }
    writer->is_in_doubt = true;
    if (!sealed_finish(writer->sealed, &size, error)) {
        return false;
    }
    writer->is_in_doubt = false;
    if (!mark_finished(writer, size, error)) {
        return false;
    }
    writer->is_finished = true;
    *ret_object = writer->object;
    return true;
}

/* The row of an object of which nothing is left in its store. */
static void
delete_row(VaultWriter *writer)
{
    g_autoptr(DbTx) tx = db_begin(writer->vault->db, DB_WRITE_QUICKLY, NULL);
    if (tx != NULL &&
        db_exec(tx, NULL, NULL, "DELETE FROM object WHERE id = $1 AND state IN (0, 3, 4)", "t",
                writer->object.text)) {
        (void)db_commit(g_steal_pointer(&tx), NULL); /* or vault_remove_abandoned does it */
    }
}

void
vault_writer_free(VaultWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    sealed_writer_free(writer->sealed);
    /* Where this fails, or a request is still on its way, vault_remove_abandoned does it a day
     * later. */
    if (!writer->is_finished && writer->key_in_store != NULL &&
        blob_remove_unfinished(writer->store, writer->key_in_store, NULL) && !writer->is_in_doubt) {
        delete_row(writer);
    }
    g_free(writer->key_in_store);
    g_free(writer);
}

bool
vault_adopt(DbTx *tx, const Id *object, GError **error)
{
    gint64 num_changed = 0;
    return db_exec(tx, error, &num_changed,
                   "UPDATE object SET state = 1 WHERE id = $1 AND state = 3", "t", object->text) &&
           (num_changed == 1 || fail(error, APP_ERROR_CONFLICT,
                                     "object %s is not waiting to be adopted", object->text));
}

struct VaultReader {
    Vault *vault;
    Id object;
    SealedReader *sealed;
    guint64 size;
    char *region;
};

VaultReader *
vault_open(Vault *vault, const Id *object, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_READ, error);
    g_autoptr(DbRows) rows = tx == NULL ? NULL
                                        : db_query(tx, error,
                                                   "SELECT account_id, class, region, size\n"
                                                   "FROM object WHERE id = $1 AND state IN (1, 3)",
                                                   "t", object->text);
    if (rows == NULL) {
        return NULL;
    }
    if (!db_next(rows)) {
        return db_rows_finish(rows, error)
                   ? fail_null(error, APP_ERROR_NOT_FOUND, "object %s does not exist", object->text)
                   : NULL;
    }
    Id account;
    bool is_id = id_parse(db_text(rows, "account_id"), &account);
    g_assert(is_id);
    BlobStore *store = find_store(vault, db_text(rows, "region"), error);
    SealKey key;
    if (store == NULL || !keyring_find_key(vault->keyring, &account, &key, error)) {
        return NULL;
    }
    VaultReader *reader = g_new0(VaultReader, 1);
    reader->vault = vault;
    reader->object = *object;
    reader->size = (guint64)db_int(rows, "size");
    reader->region = g_strdup(db_text(rows, "region"));
    g_autofree char *key_in_store =
        make_key_in_store((ObjectClass)db_int(rows, "class"), object->text);
    reader->sealed = sealed_reader_new(store, key_in_store, &key, object->text, reader->size);
    secret_clear(&key, sizeof key);
    return reader;
}

guint64
vault_size(const VaultReader *reader)
{
    return reader->size;
}

const char *
vault_region(const VaultReader *reader)
{
    return reader->region;
}

/* Whether OBJECT is there for whoever asks now. */
static bool
is_readable(Vault *vault, const Id *object, bool *ret_is_readable, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error, "SELECT id FROM object WHERE id = $1 AND state IN (1, 3)",
                              "t", object->text);
    if (rows == NULL) {
        return false;
    }
    *ret_is_readable = db_next(rows);
    return true;
}

/* The bytes of an object that has a row cannot be had: it is being removed, or the store has lost
 * or spoilt them, which must not pass for the reader's mistake or for nothing at all. */
static bool
explain_loss(VaultReader *reader, GError *loss, GError **error)
{
    g_autoptr(GError) owned = loss;
    bool is_there;
    if (!is_readable(reader->vault, &reader->object, &is_there, error)) {
        return false;
    }
    return is_there
               ? fail(error, APP_ERROR_INTERNAL, "object %s is damaged: %s", reader->object.text,
                      loss->message)
               : fail(error, APP_ERROR_NOT_FOUND, "object %s does not exist", reader->object.text);
}

bool
vault_read(VaultReader *reader, guint64 offset, void *buffer, gsize size, GError **error)
{
    GError *failure = NULL;
    if (offset > reader->size || size > reader->size - offset) {
        return fail(error, APP_ERROR_INVALID, "object %s: has only %" G_GUINT64_FORMAT " bytes",
                    reader->object.text, reader->size);
    }
    if (sealed_read(reader->sealed, offset, buffer, size, &failure)) {
        return true;
    }
    if (g_error_matches(failure, APP_ERROR, APP_ERROR_INVALID) ||
        g_error_matches(failure, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        return explain_loss(reader, failure, error);
    }
    g_propagate_error(error, failure);
    return false;
}

void
vault_reader_free(VaultReader *reader)
{
    if (reader != NULL) {
        sealed_reader_free(reader->sealed);
        g_free(reader->region);
        g_free(reader);
    }
}

GBytes *
vault_read_whole(Vault *vault, const Id *object, gsize max_size, GError **error)
{
    g_autoptr(VaultReader) reader = vault_open(vault, object, error);
    if (reader == NULL) {
        return NULL;
    }
    if (reader->size > max_size) {
        return fail_null(error, APP_ERROR_TOO_LARGE,
                         "object %s: %" G_GUINT64_FORMAT " bytes, the limit is %" G_GSIZE_FORMAT,
                         object->text, reader->size, max_size);
    }
    g_autofree guint8 *buffer = g_malloc(reader->size + 1);
    if (!vault_read(reader, 0, buffer, reader->size, error)) {
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&buffer), reader->size);
}

bool
vault_put_whole(Vault *vault, const Id *account, ObjectClass object_class, Timestamp uploaded_at,
                GBytes *bytes, Id *ret_object, GError **error)
{
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(VaultWriter) writer = vault_create(vault, account, object_class, uploaded_at, error);
    return writer != NULL && vault_write(writer, data, size, error) &&
           vault_finish(writer, ret_object, error);
}

bool
vault_mark_removed(DbTx *tx, const Id *object, GError **error)
{
    return db_exec(tx, error, NULL,
                   "UPDATE object SET state = CASE state WHEN 0 THEN 4 ELSE 2 END\n"
                   "WHERE id = $1 AND state IN (0, 1, 3)",
                   "t", object->text);
}

typedef struct {
    GPtrArray *ids, *keys; /* of char *, side by side */
} ObjectList;

static void
object_list_clear(ObjectList *list)
{
    g_clear_pointer(&list->ids, g_ptr_array_unref);
    g_clear_pointer(&list->keys, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ObjectList, object_list_clear)

/* Up to MAX_OBJECTS of REGION that were created before CREATED_BEFORE and that CONDITION, a clause
 * about their state, picks. */
static bool
list_objects(Vault *vault, const char *region, const char *condition, Timestamp created_before,
             guint max_objects, ObjectList *ret_list, GError **error)
{
    /* "state <> 1" is the condition of a small index. */
    g_autofree char *sql = g_strdup_printf("SELECT id, class FROM object\n"
                                           "WHERE state <> 1 AND %s AND region = $1\n"
                                           "    AND created_at < $2\n"
                                           "ORDER BY id LIMIT $3",
                                           condition);
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error, sql, "tii", region, created_before, (gint64)max_objects);
    if (rows == NULL) {
        return false;
    }
    g_auto(ObjectList) list = { g_ptr_array_new_with_free_func(g_free),
                                g_ptr_array_new_with_free_func(g_free) };
    while (db_next(rows)) {
        const char *id = db_text(rows, "id");
        g_ptr_array_add(list.ids, g_strdup(id));
        g_ptr_array_add(list.keys, make_key_in_store((ObjectClass)db_int(rows, "class"), id));
    }
    if (!db_rows_finish(rows, error)) {
        return false;
    }
    *ret_list = (ObjectList){ g_steal_pointer(&list.ids), g_steal_pointer(&list.keys) };
    return true;
}

/* The rows, once the bytes are gone. A row that a power cut brings back is removed once more. */
static bool
delete_rows(Vault *vault, GPtrArray *ids, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_WRITE_QUICKLY, error);
    if (tx == NULL) {
        return false;
    }
    for (guint i = 0; i < ids->len; i++) {
        if (!db_exec(tx, error, NULL, "DELETE FROM object WHERE id = $1 AND state IN (0, 2, 4)",
                     "t", ids->pdata[i])) {
            return false;
        }
    }
    return db_commit(g_steal_pointer(&tx), error);
}

static bool
remove_marked_in(Vault *vault, const char *region, BlobStore *store, guint max_objects,
                 guint *num_removed, GError **error)
{
    while (max_objects > 0) {
        g_auto(ObjectList) list = { 0 };
        guint batch = MIN(max_objects, REMOVE_BATCH);
        if (!list_objects(vault, region, "state = 2", G_MAXINT64, batch, &list, error) ||
            !blob_remove(store, list.keys, error) || !delete_rows(vault, list.ids, error)) {
            return false;
        }
        *num_removed += list.ids->len;
        max_objects = list.ids->len < batch ? 0 : max_objects - batch;
    }
    return true;
}

bool
vault_remove_marked(Vault *vault, guint max_objects, guint *ret_removed, GError **error)
{
    guint num_removed = 0;
    GError *first_error = NULL;
    GHashTableIter iter;
    gpointer region, store;
    g_hash_table_iter_init(&iter, vault->stores);
    while (g_hash_table_iter_next(&iter, &region, &store)) {
        (void)remove_marked_in(vault, region, store, max_objects, &num_removed,
                               first_error == NULL ? &first_error : NULL);
    }
    *ret_removed = num_removed;
    if (first_error != NULL) {
        g_propagate_error(error, first_error);
        return false;
    }
    return true;
}

static bool
remove_unfinished_in(Vault *vault, const char *region, BlobStore *store, Timestamp created_before,
                     GError **error)
{
    for (guint num = REMOVE_BATCH; num == REMOVE_BATCH;) {
        g_auto(ObjectList) list = { 0 };
        if (!list_objects(vault, region, "state IN (0, 4)", created_before, REMOVE_BATCH, &list,
                          error)) {
            return false;
        }
        num = list.ids->len;
        for (guint i = 0; i < num; i++) {
            if (!blob_remove_unfinished(store, list.keys->pdata[i], error)) {
                return false;
            }
        }
        if (!delete_rows(vault, list.ids, error)) {
            return false;
        }
    }
    return true;
}

bool
vault_remove_abandoned(Vault *vault, GError **error)
{
    Timestamp created_before = clock_now(vault->clock) - abandoned_after;
    g_autoptr(DbTx) tx = db_begin(vault->db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, NULL,
                 "UPDATE object SET state = 2\n"
                 "WHERE state <> 1 AND state = 3 AND created_at < $1",
                 "i", created_before) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    GError *first_error = NULL;
    GHashTableIter iter;
    gpointer region, store;
    g_hash_table_iter_init(&iter, vault->stores);
    while (g_hash_table_iter_next(&iter, &region, &store)) {
        (void)remove_unfinished_in(vault, region, store, created_before,
                                   first_error == NULL ? &first_error : NULL);
    }
    if (first_error != NULL) {
        g_propagate_error(error, first_error);
        return false;
    }
    return true;
}

#include "privacy/erasure.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "blob/keyring.h"

enum { ROWS_AT_ONCE = 500 };

static bool
is_requested(DbTx *tx, const Id *account, bool *ret_is_requested, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT id FROM erasure WHERE account_id = $1", "t", account->text);
    if (rows == NULL) {
        return false;
    }
    *ret_is_requested = db_next(rows);
    return true;
}

bool
erasure_request(DbTx *tx, const Clock *clock, const Id *account, Id *ret_receipt, GError **error)
{
    bool is_there = false;
    if (!is_requested(tx, account, &is_there, error)) {
        return false;
    }
    if (is_there) {
        return fail(error, APP_ERROR_CONFLICT, "the account is being deleted already");
    }
    Id receipt = id_new(clock);
    Timestamp now = clock_now(clock);
    Digest hash = digest_of(account->text, ID_LENGTH);
    if (!db_exec(tx, error, NULL,
                 "INSERT INTO erasure (id, account_id, account_hash, requested_at, plan)"
                 " VALUES ($1, $2, $3, $4, '')",
                 "ttbi", receipt.text, account->text, hash.bytes, sizeof hash.bytes, now) ||
        !job_add(tx, clock, ERASURE_JOB, account->text, account->text, now, error)) {
        return false;
    }
    *ret_receipt = receipt;
    return true;
}

typedef struct {
    const Privacy *privacy;
    const Id *account;
    const Job *job;
} Erasure;

/* What an erasure deletes, row by row. Objects' rows go with their bytes. */
static bool
is_deleted(const InventoryEntry *entry)
{
    return (entry->held_in == HELD_IN_DATABASE || entry->held_in == HELD_IN_KEYRING) &&
           entry->subject != NULL && entry->on_erase == ERASE_DELETE;
}

/* The account itself, and the job that does this, end with the last transaction. */
static bool
is_last(const InventoryEntry *entry)
{
    return g_str_equal(entry->name, "account") || g_str_equal(entry->name, "job");
}

static Db *
db_of(const Erasure *erasure, const InventoryEntry *entry)
{
    return entry->held_in == HELD_IN_KEYRING ? erasure->privacy->keyring_db : erasure->privacy->db;
}

static bool
count_rows(const Erasure *erasure, const InventoryEntry *entry, gint64 *ret_count, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT COUNT(*) AS n FROM %s WHERE %s = $1", entry->name, entry->subject);
    g_autoptr(DbTx) tx = db_begin(db_of(erasure, entry), DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL : db_query(tx, error, sql, "t", erasure->account->text);
    if (rows == NULL) {
        return false;
    }
    *ret_count = db_next(rows) ? db_int(rows, "n") : 0;
    return true;
}

/* A line an entry: what it is, what becomes of it, and how much of it there is now. NULL after a
 * failure. */
static char *
describe(const Erasure *erasure, GError **error)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    json_begin_array(writer, NULL);
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        gint64 count = 0;
        bool is_table = entry->held_in == HELD_IN_DATABASE || entry->held_in == HELD_IN_KEYRING;
        if (!is_table || entry->subject == NULL) {
            continue;
        }
        if (!count_rows(erasure, entry, &count, error)) {
            return NULL;
        }
        json_begin_object(writer, NULL);
        json_string(writer, "what", entry->title);
        json_string(writer, "held_in", held_in_to_string(entry->held_in));
        json_string(writer, "done", erase_kind_to_string(entry->on_erase));
        json_int(writer, "count", count);
        json_end_object(writer);
    }
    json_end_array(writer);
    return g_strdup(json_writer_text(writer)->str);
}

/* Writes down what there is before anything is gone; a later attempt leaves it alone. */
static bool
write_plan(const Erasure *erasure, GError **error)
{
    g_autofree char *plan = describe(erasure, error);
    g_autoptr(DbTx) tx = plan == NULL ? NULL : db_begin(erasure->privacy->db, DB_WRITE, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "UPDATE erasure SET plan = $1 WHERE account_id = $2 AND plan = ''", "tt", plan,
                   erasure->account->text) &&
           db_commit(g_steal_pointer(&tx), error);
}

static bool
delete_rows(const Erasure *erasure, const InventoryEntry *entry, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s = $1 LIMIT %d)", entry->name,
        entry->key, entry->key, entry->name, entry->subject, ROWS_AT_ONCE);
    for (gint64 changed = ROWS_AT_ONCE; changed == ROWS_AT_ONCE;) {
        g_autoptr(DbTx) tx = db_begin(db_of(erasure, entry), DB_WRITE, error);
        if (tx == NULL || !db_exec(tx, error, &changed, sql, "t", erasure->account->text) ||
            !db_commit(g_steal_pointer(&tx), error)) {
            return false;
        }
    }
    return true;
}

static bool
remove_objects(const Erasure *erasure, GError **error)
{
    const Privacy *privacy = erasure->privacy;
    for (guint num_found = ROWS_AT_ONCE; num_found == ROWS_AT_ONCE;) {
        g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
        if (tx == NULL) {
            return false;
        }
        g_autoptr(DbRows) rows =
            db_query(tx, error,
                     "SELECT id FROM object WHERE account_id = $1 AND state NOT IN (2, 4) LIMIT $2",
                     "ti", erasure->account->text, (gint64)ROWS_AT_ONCE);
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(Id));
        for (Id id; rows != NULL && db_next(rows);) {
            if (id_parse(db_text(rows, "id"), &id)) {
                g_array_append_val(ids, id);
            }
        }
        if (rows == NULL) {
            return false;
        }
        for (guint i = 0; i < ids->len; i++) {
            if (!vault_mark_removed(tx, &g_array_index(ids, Id, i), error)) {
                return false;
            }
        }
        if (!db_commit(g_steal_pointer(&tx), error)) {
            return false;
        }
        num_found = ids->len;
    }
    for (guint num_removed = 1; num_removed > 0;) {
        if (!vault_remove_marked(privacy->vault, ROWS_AT_ONCE, &num_removed, error)) {
            return false;
        }
    }
    return true;
}

/* Jobs of the account that wait could make new things of it. */
static bool
drop_jobs(const Erasure *erasure, DbTx *tx, GError **error)
{
    return db_exec(tx, error, NULL, "DELETE FROM job WHERE account_id = $1 AND id <> $2", "tt",
                   erasure->account->text, erasure->job->id.text);
}

static bool
erase_contents(const Erasure *erasure, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(erasure->privacy->db, DB_WRITE, error);
    if (tx == NULL || !drop_jobs(erasure, tx, error) || !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    /* The key first: from here on no copy of the objects can be read, wherever it lies. A job in
     * the middle of making an object may make another one, which goes in the end. */
    if (!keyring_destroy(erasure->privacy->keyring, erasure->account, error)) {
        return false;
    }
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        if (is_deleted(entry) && !is_last(entry) && !delete_rows(erasure, entry, error)) {
            return false;
        }
    }
    return remove_objects(erasure, error);
}

/* Fails, and the whole is tried again, while something still belongs to the account: what a job
 * that was running has written since, or an object that somebody may still be writing. */
static bool
delete_account(const Erasure *erasure, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(erasure->privacy->db, DB_WRITE, error);
    return tx != NULL && drop_jobs(erasure, tx, error) &&
           db_exec(tx, error, NULL, "DELETE FROM account WHERE id = $1", "t",
                   erasure->account->text) &&
           db_commit(g_steal_pointer(&tx), error);
}

static bool
finish(const Erasure *erasure, GError **error)
{
    const Privacy *privacy = erasure->privacy;
    if (!keyring_destroy(privacy->keyring, erasure->account, error)) {
        return false;
    }
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "UPDATE erasure SET done_at = $1, account_id = NULL WHERE account_id = $2", "it",
                   clock_now(privacy->clock), erasure->account->text) &&
           job_finish(erasure->job, tx, error) && db_commit(g_steal_pointer(&tx), error);
}

bool
erasure_run(const Privacy *privacy, const Job *job, GError **error)
{
    Id account;
    if (!id_parse(job->subject, &account)) {
        return fail(error, APP_ERROR_INVALID, "\"%s\" is no account", job->subject);
    }
    Erasure erasure = { .privacy = privacy, .account = &account, .job = job };
    /* The receipt says that it is done only when the files say so, too. */
    bool is_done = write_plan(&erasure, error) && erase_contents(&erasure, error) &&
                   delete_account(&erasure, error) && db_scrub(privacy->db, error) &&
                   finish(&erasure, error);
    if (is_done) {
        /* Of the last step: the account's id. Where a reader is in the way the next sweep does it.
         */
        (void)db_scrub(privacy->db, NULL);
    }
    return is_done;
}

char *
erasure_receipt(Db *db, const Id *receipt, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error, "SELECT requested_at, done_at, plan FROM erasure WHERE id = $1",
                       "t", receipt->text);
    if (rows == NULL) {
        return NULL;
    }
    if (!db_next(rows)) {
        return fail_null(error, APP_ERROR_NOT_FOUND, "there is no receipt %s", receipt->text);
    }
    g_autofree char *requested = timestamp_to_string(db_int(rows, "requested_at"));
    g_autofree char *done =
        db_is_null(rows, "done_at") ? NULL : timestamp_to_string(db_int(rows, "done_at"));
    const char *plan = db_text(rows, "plan");
    /* The plan is JSON already; ids and times need no quoting. */
    return g_strdup_printf("{\"receipt\":\"%s\",\"requested_at\":\"%s\",\"done_at\":%s%s%s,"
                           "\"erased\":%s}",
                           receipt->text, requested, done == NULL ? "" : "\"",
                           done == NULL ? "null" : done, done == NULL ? "" : "\"",
                           plan[0] == '\0' ? "[]" : plan);
}

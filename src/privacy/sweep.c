#include "privacy/sweep.h"

#include "base/error.h"

#include <sys/timex.h>

enum { ROWS_AT_ONCE = 500 };

/* What two clocks may differ by. */
static const Timestamp clock_tolerance = SECONDS(300);
/* A machine that was off for longer must first hear from a synchronised clock. */
static const Timestamp longest_pause = DAYS(3);

static bool
kernel_clock_is_synchronised(gpointer unused)
{
    struct timex timex = { 0 };
    return adjtimex(&timex) != TIME_ERROR && (timex.status & STA_UNSYNC) == 0;
}

static bool
read_last_sweep(Db *db, Timestamp *ret_at, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL ? NULL
                   : db_query(tx, error, "SELECT at FROM sweep_state WHERE name = 'sweep'", "");
    if (rows == NULL) {
        return false;
    }
    *ret_at = db_next(rows) ? db_int(rows, "at") : 0;
    return true;
}

static bool
write_last_sweep(const Privacy *privacy, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
    return tx != NULL &&
           db_exec(tx, error, NULL,
                   "INSERT INTO sweep_state (name, at) VALUES ('sweep', $1)"
                   " ON CONFLICT (name) DO UPDATE SET at = $1",
                   "i", clock_now(privacy->clock)) &&
           db_commit(g_steal_pointer(&tx), error);
}

bool
privacy_confirm_clock(const Privacy *privacy, GError **error)
{
    return write_last_sweep(privacy, error);
}

/* PostgreSQL's clock is often another machine's. */
static bool
check_database_clock(const Privacy *privacy, GError **error)
{
    Timestamp theirs = 0;
    bool told = privacy->database_time != NULL
                    ? privacy->database_time(privacy->witness_data, &theirs, error)
                    : db_server_time(privacy->db, &theirs, error);
    if (!told) {
        return false;
    }
    Timestamp difference = theirs - clock_now(privacy->clock);
    if (ABS(difference) > clock_tolerance) {
        return fail(error, APP_ERROR_CONFLICT,
                    "the database's clock differs from this machine's by %" G_GINT64_FORMAT
                    " s: nothing is deleted until they agree",
                    difference / SECONDS(1));
    }
    return true;
}

static bool
check_clock(const Privacy *privacy, GError **error)
{
    Timestamp last = 0;
    if (!read_last_sweep(privacy->db, &last, error) || !check_database_clock(privacy, error)) {
        return false;
    }
    Timestamp now = clock_now(privacy->clock);
    if (last == 0 || now - last <= longest_pause) {
        return true;
    }
    bool is_synchronised = privacy->clock_is_synchronised != NULL
                               ? privacy->clock_is_synchronised(privacy->witness_data)
                               : kernel_clock_is_synchronised(NULL);
    if (!is_synchronised) {
        return fail(error, APP_ERROR_CONFLICT,
                    "the clock is %" G_GINT64_FORMAT " days ahead of the last sweep and not "
                    "synchronised: nothing is deleted until it is, or until `cloudpick privacy "
                    "sweep --clock-is-right`",
                    (now - last) / DAYS(1));
    }
    return true;
}

/* The moment from which on rows are due: those whose anchor is at or before it. */
static Timestamp
due_at(const InventoryEntry *entry, Timestamp now)
{
    switch (entry->retention.kind) {
    case RETAIN_FROM:
        return now - (entry->retention.maximum - SWEEP_LEAD);
    case RETAIN_UNTIL:
        return now;
    case RETAIN_FOR_ACCOUNT:
    case RETAIN_ELSEWHERE:
    case RETAIN_NOTHING:
        break;
    }
    return G_MININT64;
}

static bool
is_swept(const InventoryEntry *entry)
{
    return (entry->held_in == HELD_IN_DATABASE || entry->held_in == HELD_IN_KEYRING) &&
           entry->on_erase != ERASE_WITH_OBJECT &&
           (entry->retention.kind == RETAIN_FROM || entry->retention.kind == RETAIN_UNTIL);
}

static bool
count_before(DbTx *tx, const InventoryEntry *entry, Timestamp moment, guint64 *count,
             GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) AS n FROM %s WHERE %s <= $1",
                                           entry->name, entry->retention.anchor);
    g_autoptr(DbRows) rows = db_query(tx, error, sql, "i", moment);
    if (rows == NULL) {
        return false;
    }
    *count += db_next(rows) ? (guint64)db_int(rows, "n") : 0;
    return true;
}

/* What is late now that was promised to be gone. */
static Timestamp
late_at(const InventoryEntry *entry, Timestamp now)
{
    return entry->retention.kind == RETAIN_UNTIL ? now - SWEEP_LEAD
                                                 : now - entry->retention.maximum;
}

static bool
sweep_table(const Privacy *privacy, const InventoryEntry *entry, Timestamp now, SweepCounts *counts,
            GError **error)
{
    Db *db = entry->held_in == HELD_IN_KEYRING ? privacy->keyring_db : privacy->db;
    g_autofree char *sql = g_strdup_printf(
        "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s <= $1 ORDER BY %s LIMIT %d)",
        entry->name, entry->key, entry->key, entry->name, entry->retention.anchor,
        entry->retention.anchor, ROWS_AT_ONCE);
    for (gint64 changed = ROWS_AT_ONCE; changed == ROWS_AT_ONCE;) {
        g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
        guint64 num_late_before = 0, num_late_after = 0;
        if (tx == NULL || !count_before(tx, entry, late_at(entry, now), &num_late_before, error) ||
            !db_exec(tx, error, &changed, sql, "i", due_at(entry, now)) ||
            !count_before(tx, entry, late_at(entry, now), &num_late_after, error) ||
            !db_commit(g_steal_pointer(&tx), error)) {
            return false;
        }
        counts->num_rows += (guint64)changed;
        counts->num_late += num_late_before - num_late_after;
    }
    return true;
}

/* Marks some objects for removal; RET_MARKED: how many. */
static bool
mark_objects(const Privacy *privacy, const InventoryEntry *entry, Timestamp now, guint *ret_marked,
             SweepCounts *counts, GError **error)
{
    g_autoptr(DbTx) reading = db_begin(privacy->db, DB_READ, error);
    if (reading == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows = db_query(
        reading, error,
        "SELECT id, uploaded_at FROM object"
        " WHERE class = $1 AND state NOT IN (2, 4) AND uploaded_at <= $2"
        " ORDER BY uploaded_at LIMIT $3",
        "iii", (gint64)inventory_object_class(entry), due_at(entry, now), (gint64)ROWS_AT_ONCE);
    if (rows == NULL) {
        return false;
    }
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(Id));
    guint64 num_late = 0;
    while (db_next(rows)) {
        Id id;
        if (id_parse(db_text(rows, "id"), &id)) {
            g_array_append_val(ids, id);
        }
        num_late += db_int(rows, "uploaded_at") <= late_at(entry, now);
    }
    db_rollback(g_steal_pointer(&reading));
    *ret_marked = ids->len;
    if (ids->len == 0) {
        return true;
    }
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_WRITE, error);
    for (guint i = 0; tx != NULL && i < ids->len; i++) {
        if (!vault_mark_removed(tx, &g_array_index(ids, Id, i), error)) {
            return false;
        }
    }
    if (tx == NULL || !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    counts->num_late += num_late;
    return true;
}

static bool
sweep_objects(const Privacy *privacy, Timestamp now, SweepCounts *counts, GError **error)
{
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        guint num_marked = ROWS_AT_ONCE;
        while (entry->held_in == HELD_IN_OBJECTS && num_marked == ROWS_AT_ONCE) {
            if (!mark_objects(privacy, entry, now, &num_marked, counts, error)) {
                return false;
            }
        }
    }
    /* The bytes of these, of deleted accounts and of replaced pictures. */
    for (guint num_removed = 1; num_removed > 0; counts->num_objects += num_removed) {
        if (!vault_remove_marked(privacy->vault, ROWS_AT_ONCE, &num_removed, error)) {
            return false;
        }
    }
    return vault_remove_abandoned(privacy->vault, error);
}

/* Which entries have something due, found in one reading, so that a sweep that has nothing to do
 * writes nothing. IS_DUE has a place for each entry. */
static bool
find_due(const Privacy *privacy, Timestamp now, bool *is_due, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_READ, error);
    for (gsize i = 0; tx != NULL && i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        is_due[i] = is_swept(entry) && entry->held_in == HELD_IN_KEYRING;
        if (!is_swept(entry) || is_due[i]) {
            continue;
        }
        g_autofree char *sql = g_strdup_printf("SELECT 1 AS one FROM %s WHERE %s <= $1 LIMIT 1",
                                               entry->name, entry->retention.anchor);
        g_autoptr(DbRows) rows = db_query(tx, error, sql, "i", due_at(entry, now));
        if (rows == NULL) {
            return false;
        }
        is_due[i] = db_next(rows);
    }
    return tx != NULL;
}

bool
privacy_sweep(const Privacy *privacy, SweepCounts *ret_counts, GError **error)
{
    SweepCounts counts = { 0 };
    Timestamp now = clock_now(privacy->clock);
    g_autofree bool *is_due = g_new0(bool, inventory_size);
    if (!check_clock(privacy, error) || !find_due(privacy, now, is_due, error)) {
        return false;
    }
    /* What can be seen goes first, then what it was made of. */
    for (gsize i = 0; i < inventory_size; i++) {
        if (is_due[i] && !sweep_table(privacy, &inventory_table[i], now, &counts, error)) {
            return false;
        }
    }
    if (!sweep_objects(privacy, now, &counts, error)) {
        return false;
    }
    /* Whether anything was due or not: people delete, too, and what was deleted before may still be
     * in the log because a reader was in the way, or because whoever deleted it was killed. */
    if (!db_scrub(privacy->db, error) || !db_scrub(privacy->keyring_db, error)) {
        return false;
    }
    if (!write_last_sweep(privacy, error)) {
        return false;
    }
    *ret_counts = counts;
    return true;
}

bool
privacy_sweep_status(const Privacy *privacy, SweepStatus *ret_status, GError **error)
{
    SweepStatus status = { 0 };
    Timestamp now = clock_now(privacy->clock);
    if (!read_last_sweep(privacy->db, &status.last_sweep, error)) {
        return false;
    }
    g_autoptr(DbTx) tx = db_begin(privacy->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        bool is_counted =
            entry->held_in == HELD_IN_DATABASE && entry->retention.anchor != NULL &&
            (entry->retention.kind == RETAIN_FROM || entry->retention.kind == RETAIN_UNTIL);
        if (is_counted &&
            !count_before(tx, entry, late_at(entry, now), &status.num_overdue, error)) {
            return false;
        }
    }
    *ret_status = status;
    return true;
}

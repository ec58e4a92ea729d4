#include "base/digest.h"
#include "base/error.h"
#include "db/backend.h"

#include <string.h>

/* Programs that start at once wait here for each other on PostgreSQL; SQLite has one writer anyway.
 * The number is the program's own and has no meaning. */
static const char lock_sql[] = "SELECT pg_advisory_xact_lock(7017280570803617)";

static const char table_sql[] = "CREATE TABLE IF NOT EXISTS migration ("
                                "    name {text} PRIMARY KEY,"
                                "    place {i64} NOT NULL,"   /* from 0 */
                                "    digest {text} NOT NULL," /* SHA-256 of its text, in hex */
                                "    applied_at {i64} NOT NULL"
                                ") {strict}";

static char *
digest_text(const DbMigration *migration)
{
    Digest digest = digest_of(migration->sql, strlen(migration->sql));
    return digest_to_hex(&digest, 2 * DIGEST_SIZE);
}

/* How many of MIGRATIONS are applied already; they must be the first ones, unchanged. */
static bool
count_applied(DbTx *tx, const DbMigration *migrations, gsize num_migrations, gsize *ret_count,
              GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT name, digest FROM migration ORDER BY place", "");
    if (rows == NULL) {
        return false;
    }
    gsize count = 0;
    for (; db_next(rows); count++) {
        const char *name = db_text(rows, "name");
        if (count >= num_migrations || strcmp(name, migrations[count].name) != 0) {
            return fail(error, APP_ERROR_CONFLICT,
                        "the database was made by a newer program: it has \"%s\"", name);
        }
        g_autofree char *digest = digest_text(&migrations[count]);
        if (strcmp(digest, db_text(rows, "digest")) != 0) {
            return fail(error, APP_ERROR_CONFLICT,
                        "the database was made with another text of \"%s\"", name);
        }
    }
    *ret_count = count;
    return true;
}

static bool
apply(DbTx *tx, const DbMigration *migration, gsize place, const Clock *clock, GError **error)
{
    g_autofree char *digest = digest_text(migration);
    if (!db_run_script(tx, migration->sql, error)) {
        g_prefix_error(error, "migration \"%s\": ", migration->name);
        return false;
    }
    return db_exec(tx, error, NULL,
                   "INSERT INTO migration (name, place, digest, applied_at)"
                   " VALUES ($1, $2, $3, $4)",
                   "titi", migration->name, (gint64)place, digest, clock_now(clock));
}

/* One step in one transaction, so that a crash leaves whole migrations. */
static bool
migrate_one(Db *db, const DbMigration *migrations, gsize num_migrations, const Clock *clock,
            bool *ret_at_end, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(db, DB_WRITE, error);
    gsize num_applied = 0;
    if (tx == NULL || (db_kind(db) == DB_POSTGRESQL && !db_run_script(tx, lock_sql, error)) ||
        !db_run_script(tx, table_sql, error) ||
        !count_applied(tx, migrations, num_migrations, &num_applied, error)) {
        return false;
    }
    *ret_at_end = num_applied == num_migrations;
    if (!*ret_at_end && !apply(tx, &migrations[num_applied], num_applied, clock, error)) {
        return false;
    }
    return db_commit(g_steal_pointer(&tx), error);
}

bool
db_migrate(Db *db, const DbMigration *migrations, gsize num_migrations, const Clock *clock,
           GError **error)
{
    for (bool at_end = false; !at_end;) {
        if (!migrate_one(db, migrations, num_migrations, clock, &at_end, error)) {
            return false;
        }
    }
    return true;
}

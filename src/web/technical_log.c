#include "web/technical_log.h"

#include "accounts/browser.h"
#include "web/rate_limit.h"

/* A few seconds of a busy service; above, the log gives way, not the service. */
#define MAX_LINES 20000

typedef struct {
    Id id;
    bool has_account;
    Id account;
    Timestamp at;
    char *route;
    guint status;
    gint64 milliseconds;
    char *network;
    char *browser;
} Line;

struct TechnicalLog {
    Db *db;
    const Clock *clock;
    GMutex mutex;
    GPtrArray *lines;
};

static void
line_free(gpointer data)
{
    Line *line = data;
    g_free(line->route);
    g_free(line->network);
    g_free(line->browser);
    g_free(line);
}

TechnicalLog *
technical_log_new(Db *db, const Clock *clock)
{
    TechnicalLog *log = g_new0(TechnicalLog, 1);
    log->db = db;
    log->clock = clock;
    g_mutex_init(&log->mutex);
    log->lines = g_ptr_array_new_with_free_func(line_free);
    return log;
}

void
technical_log_free(TechnicalLog *log)
{
    if (log == NULL) {
        return;
    }
    g_ptr_array_unref(log->lines);
    g_mutex_clear(&log->mutex);
    g_free(log);
}

void
technical_log_add(TechnicalLog *log, const Id *account, const char *route, guint status,
                  gint64 microseconds, const char *address, const char *user_agent)
{
    Line *line = g_new0(Line, 1);
    line->id = id_new(log->clock);
    line->has_account = account != NULL;
    if (account != NULL) {
        line->account = *account;
    }
    line->at = clock_now(log->clock);
    line->route = g_strdup(route);
    line->status = status;
    line->milliseconds = microseconds / 1000;
    line->network = rate_limit_network(address);
    line->browser = browser_describe(user_agent);
    g_mutex_lock(&log->mutex);
    bool has_room = log->lines->len < MAX_LINES;
    if (has_room) {
        g_ptr_array_add(log->lines, line);
    }
    g_mutex_unlock(&log->mutex);
    if (!has_room) {
        line_free(line);
    }
}

static bool
write_line(DbTx *tx, const Line *line, GError **error)
{
    /* An account that was deleted meanwhile takes its lines with it. */
    return db_exec(tx, error, NULL,
                   "INSERT INTO technical_log"
                   " (id, account_id, at, route, status, milliseconds, address, browser)"
                   " SELECT $1, $2, $3, $4, $5, $6, $7, $8"
                   " WHERE CAST($2 AS TEXT) IS NULL OR EXISTS"
                   " (SELECT 1 FROM account WHERE id = CAST($2 AS TEXT))",
                   "ttitiitt", line->id.text, line->has_account ? line->account.text : NULL,
                   line->at, line->route, (gint64)line->status, line->milliseconds, line->network,
                   line->browser);
}

static bool
write_lines(TechnicalLog *log, const GPtrArray *lines, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(log->db, DB_WRITE_QUICKLY, error);
    if (tx == NULL) {
        return false;
    }
    for (guint i = 0; i < lines->len; i++) {
        if (!write_line(tx, g_ptr_array_index(lines, i), error)) {
            return false;
        }
    }
    return db_commit(g_steal_pointer(&tx), error);
}

bool
technical_log_flush(TechnicalLog *log, GError **error)
{
    g_mutex_lock(&log->mutex);
    g_autoptr(GPtrArray) lines = log->lines;
    log->lines = g_ptr_array_new_with_free_func(line_free);
    g_mutex_unlock(&log->mutex);
    if (lines->len == 0 || write_lines(log, lines, error)) {
        return true;
    }
    g_mutex_lock(&log->mutex);
    if (log->lines->len + lines->len <= MAX_LINES) {
        g_ptr_array_extend_and_steal(log->lines, g_steal_pointer(&lines));
    }
    g_mutex_unlock(&log->mutex);
    return false;
}

#include "batches/batches.h"

#include "base/error.h"
#include "batches/batch_row.h"
#include "batches/page.h"
#include "batches/service.h"

static void
event_free(gpointer data)
{
    BatchEvent *event = data;
    g_free(event->name);
    g_free(event->what);
    g_free(event->details);
    g_free(event);
}

static BatchEvent *
event_read(DbRows *rows)
{
    BatchEvent *event = g_new0(BatchEvent, 1);
    const char *name = db_text(rows, "name");
    (void)row_id(rows, "id", &event->id);
    event->has_photo = row_id(rows, "photo_id", &event->photo);
    event->at = db_int(rows, "at");
    event->name = g_strdup(name == NULL ? "" : name);
    event->by = (DecidedBy)db_int(rows, "decided_by");
    event->what = g_strdup(db_text(rows, "what"));
    event->details = g_strdup(db_text(rows, "details"));
    return event;
}

#define EVENT_SELECT                                                                               \
    "SELECT batch_event.id, batch_event.photo_id, batch_event.at, batch_event.what, "              \
    "batch_event.decided_by, batch_event.details, photo.name "                                     \
    "FROM batch_event LEFT JOIN photo ON photo.id = batch_event.photo_id "

GPtrArray *
batches_history(Batches *batches, const Id *account, const Id *batch, const Id *photo,
                const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    Page page;
    if (!page_begin(cursor, limit, true, &page, error)) {
        return NULL;
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    if (tx == NULL) {
        return NULL;
    }
    g_autoptr(BatchRow) row = batch_row_load(tx, account, batch, error);
    if (row == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows =
        photo == NULL
            ? db_query(tx, error,
                       EVENT_SELECT "WHERE batch_event.batch_id = $1 AND batch_event.id < $2"
                                    " ORDER BY batch_event.id DESC LIMIT $3",
                       "tti", batch->text, page.after, (gint64)page.limit + 1)
            : db_query(tx, error,
                       EVENT_SELECT "WHERE batch_event.photo_id = $4 AND batch_event.batch_id = $1"
                                    " AND batch_event.id < $2"
                                    " ORDER BY batch_event.id DESC LIMIT $3",
                       "ttit", batch->text, page.after, (gint64)page.limit + 1, photo->text);
    if (rows == NULL) {
        return NULL;
    }
    GPtrArray *items = g_ptr_array_new_with_free_func(event_free);
    while (db_next(rows)) {
        g_ptr_array_add(items, event_read(rows));
    }
    page_end(&page, items, ret_cursor);
    return items;
}

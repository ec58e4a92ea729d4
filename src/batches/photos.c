#include "batches/photos.h"

#include "base/error.h"
#include "batches/page.h"
#include "batches/photo_row.h"

#include <string.h>

enum { MAX_SOME = 500 };

/* Each has an index to walk along. */
static const struct {
    const char *name;
    PhotoFilter filter;
    const char *condition;
} filters[] = {
    { "all", PHOTOS_ALL, "" },
    { "attention", PHOTOS_ATTENTION, "AND photo.needs_attention = 1 " },
    { "matched", PHOTOS_MATCHED, "AND photo.verdict = 1 " },
    { "unmatched", PHOTOS_UNMATCHED, "AND photo.verdict IN (2, 3) " },
    { "left_out", PHOTOS_LEFT_OUT, "AND photo.verdict = 6 " },
    { "duplicate", PHOTOS_DUPLICATE, "AND photo.verdict = 4 " },
    { "rejected", PHOTOS_REJECTED, "AND photo.verdict = 5 " },
};
G_STATIC_ASSERT(PHOTO_MATCHED == 1 && PHOTO_UNMATCHED == 2 && PHOTO_AMBIGUOUS == 3 &&
                PHOTO_DUPLICATE == 4 && PHOTO_REJECTED == 5 && PHOTO_LEFT_OUT == 6);

bool
photo_filter_from_string(const char *text, PhotoFilter *ret_filter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (strcmp(filters[i].name, text) == 0) {
            *ret_filter = filters[i].filter;
            return true;
        }
    }
    return false;
}

static const char *
condition_of(PhotoFilter filter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (filters[i].filter == filter) {
            return filters[i].condition;
        }
    }
    g_assert_not_reached();
}

static GPtrArray *
take_infos(const Batches *batches, const Marketplace *rules, DbRows *rows)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)photo_info_free);
    while (db_next(rows)) {
        g_ptr_array_add(items, photo_info_read(batches, rows, rules));
    }
    return items;
}

static DbRows *
query_page(Batches *batches, DbTx *tx, const Id *batch, PhotoFilter filter, guint32 sku_row,
           const Page *page, GError **error)
{
    Timestamp oldest = service_overdue(batches);
    g_autofree char *sql = g_strconcat(
        PHOTO_INFO_SELECT "WHERE photo.batch_id = $1 AND photo.id > $2 AND photo.uploaded_at > $4 ",
        condition_of(filter), sku_row == 0 ? "" : "AND photo.sku_row = $5 ",
        "ORDER BY photo.id LIMIT $3", NULL);
    return sku_row == 0 ? db_query(tx, error, sql, "ttii", batch->text, page->after,
                                   (gint64)page->limit + 1, oldest)
                        : db_query(tx, error, sql, "ttiii", batch->text, page->after,
                                   (gint64)page->limit + 1, oldest, (gint64)sku_row);
}

GPtrArray *
photos_list(Batches *batches, const Id *account, const Id *batch, PhotoFilter filter,
            guint32 sku_row, const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    Page page;
    if (!page_begin(cursor, limit, false, &page, error)) {
        return NULL;
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(BatchRow) row = tx == NULL ? NULL : batch_row_load(tx, account, batch, error);
    g_autoptr(DbRows) rows =
        row == NULL ? NULL : query_page(batches, tx, batch, filter, sku_row, &page, error);
    if (rows == NULL) {
        return NULL;
    }
    GPtrArray *items = take_infos(batches, row->info->rules, rows);
    page_end(&page, items, ret_cursor);
    return items;
}

GPtrArray *
photos_list_some(Batches *batches, const Id *account, const Id *batch, const Id *photos,
                 gsize num_photos, GError **error)
{
    if (num_photos > MAX_SOME) {
        return fail_null(error, APP_ERROR_INVALID, "ids: up to %d at once", MAX_SOME);
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(BatchRow) batch_row = tx == NULL ? NULL : batch_row_load(tx, account, batch, error);
    if (batch_row == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)photo_info_free);
    for (gsize i = 0; i < num_photos; i++) {
        g_autoptr(DbRows) rows =
            db_query(tx, error, PHOTO_INFO_SELECT "WHERE photo.id = $1 AND photo.batch_id = $2",
                     "tt", photos[i].text, batch->text);
        if (rows == NULL) {
            return NULL;
        }
        if (db_next(rows)) {
            g_ptr_array_add(items, photo_info_read(batches, rows, batch_row->info->rules));
        }
    }
    return g_steal_pointer(&items);
}

static PhotoRow *
load(Batches *batches, const Id *account, const Id *photo, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(PhotoRow) row = tx == NULL ? NULL : photo_row_load(tx, account, photo, error);
    if (row == NULL) {
        return NULL;
    }
    bool is_expired = service_expiry(row->uploaded_at) <= clock_now(batches->clock);
    return is_expired ? fail_no_such(error, "photo") : g_steal_pointer(&row);
}

PhotoInfo *
photos_get(Batches *batches, const Id *account, const Id *photo, GError **error)
{
    g_autoptr(PhotoRow) row = load(batches, account, photo, error);
    return row == NULL ? NULL : photo_info_new(batches, row);
}

/* NULL without an error where ROW has none. */
static const Id *
object_of(const PhotoRow *row, PhotoObject which, const char **ret_name)
{
    switch (which) {
    case PHOTO_ORIGINAL:
        *ret_name = "original";
        return &row->original;
    case PHOTO_PICTURE:
        *ret_name = "picture";
        return row->has_picture ? &row->picture : NULL;
    case PHOTO_THUMBNAIL:
        *ret_name = "thumbnail";
        return row->has_thumbnail ? &row->thumbnail : NULL;
    }
    g_assert_not_reached();
}

bool
photos_object(Batches *batches, const Id *account, const Id *photo, PhotoObject which,
              Id *ret_object, GError **error)
{
    g_autoptr(PhotoRow) row = load(batches, account, photo, error);
    if (row == NULL) {
        return false;
    }
    const char *name;
    const Id *object = object_of(row, which, &name);
    if (object == NULL) {
        return fail(error, APP_ERROR_NOT_FOUND, "no %s of this photo", name);
    }
    *ret_object = *object;
    return true;
}

#include "batches/photos.h"

#include "base/error.h"
#include "batches/page.h"
#include "batches/photo_row.h"
#include "listing/gaps.h"

#include <string.h>

void
sku_info_free(SkuInfo *sku)
{
    if (sku != NULL) {
        g_free(sku->sku);
        g_free(sku->asin);
        g_free(sku->parent);
        g_free(sku->problem);
        g_free(sku->missing);
        g_ptr_array_unref(sku->photos);
        g_free(sku);
    }
}

static SkuInfo *
sku_info_read(DbRows *rows)
{
    SkuInfo *sku = g_new0(SkuInfo, 1);
    const char *problem = db_text(rows, "problem");
    sku->row = (guint32)db_int(rows, "row");
    sku->sku = g_strdup(db_text(rows, "sku"));
    sku->asin = g_strdup(db_text(rows, "asin"));
    sku->parent = g_strdup(db_text(rows, "parent"));
    sku->is_parent = db_bool(rows, "is_parent");
    sku->problem = problem[0] == '\0' ? NULL : g_strdup(problem);
    sku->has_sheet_main = g_str_has_prefix(db_text(rows, "sheet_slots"), "MAIN");
    sku->needs_attention = db_bool(rows, "needs_attention");
    sku->photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_info_free);
    sku->missing = g_strdup(db_text(rows, "sheet_slots")); /* until settle_missing */
    return sku;
}

static bool
is_in_list(Slot slot, gconstpointer sheet_slots)
{
    g_autofree char *code = slot_to_string(slot);
    g_auto(GStrv) slots = g_strsplit(sheet_slots, " ", -1);
    return g_strv_contains((const char *const *)slots, code);
}

static int
compare_photos(gconstpointer a, gconstpointer b)
{
    return slot_compare((*(PhotoInfo *const *)a)->slot, (*(PhotoInfo *const *)b)->slot);
}

static int
compare_slots(gconstpointer a, gconstpointer b)
{
    return slot_compare(*(const Slot *)a, *(const Slot *)b);
}

/* SLOTS in their order. */
static void
settle_missing(SkuInfo *sku, const Slot *slots, guint num_slots)
{
    g_autofree char *sheet_slots = sku->missing;
    sku->missing = slots_missing(slots, num_slots, is_in_list, sheet_slots);
}

static bool
after_of(const char *cursor, guint32 at_row, gint64 *ret_after, GError **error)
{
    guint64 row = at_row == 0 ? 0 : at_row - 1;
    if (cursor != NULL && !g_ascii_string_to_unsigned(cursor, 10, 0, G_MAXUINT32, &row, NULL)) {
        return fail(error, APP_ERROR_INVALID, "cursor: not one that a list gave");
    }
    *ret_after = (gint64)row;
    return true;
}

/* For LIKE, which gives two characters a meaning. */
static char *
like_pattern(const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    GString *pattern = g_string_new("%");
    for (const char *p = folded; *p != '\0'; p++) {
        if (strchr("%_\\", *p) != NULL) {
            g_string_append_c(pattern, '\\');
        }
        g_string_append_c(pattern, *p);
    }
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}

#define SKU_SELECT                                                                                 \
    "SELECT row, sku, asin, parent, is_parent, problem, sheet_slots, needs_attention "             \
    "FROM sku WHERE batch_id = $1 AND row > $2 AND uploaded_at > $4 "

static DbRows *
query_skus(Batches *batches, DbTx *tx, const Id *batch, const SkuFilter *filter, gint64 after,
           guint limit, GError **error)
{
    Timestamp oldest = service_overdue(batches); /* LST-17: a late sweep changes nothing */
    g_autofree char *pattern = filter->search == NULL ? NULL : like_pattern(filter->search);
    g_autofree char *sql = g_strconcat(
        SKU_SELECT, filter->attention_only ? "AND needs_attention = 1 " : "",
        pattern != NULL ? "AND search LIKE $5 ESCAPE '\\' " : "", "ORDER BY row LIMIT $3", NULL);
    return pattern != NULL
               ? db_query(tx, error, sql, "tiiit", batch->text, after, (gint64)limit + 1, oldest,
                          pattern)
               : db_query(tx, error, sql, "tiii", batch->text, after, (gint64)limit + 1, oldest);
}

/* The one of SKUS, which are in the order of their rows, that has ROW; NULL: none. *NEXT, 0 at
 * first, remembers where the look-up of a later row starts. */
static SkuInfo *
find_row(GPtrArray *skus, guint32 row, guint *next)
{
    while (*next < skus->len && ((const SkuInfo *)skus->pdata[*next])->row < row) {
        (*next)++;
    }
    SkuInfo *sku = *next < skus->len ? skus->pdata[*next] : NULL;
    return sku != NULL && sku->row == row ? sku : NULL;
}

#define PLACED_CONDITION                                                                           \
    " WHERE photo.batch_id = $1 AND photo.verdict = 1"                                             \
    " AND photo.sku_row >= $2 AND photo.sku_row <= $3 ORDER BY photo.sku_row LIMIT 20000"

/* The photos of all of SKUS, in one go. */
static bool
load_photos(Batches *batches, DbTx *tx, const BatchInfo *batch, GPtrArray *skus, GError **error)
{
    const SkuInfo *first = skus->pdata[0], *last = skus->pdata[skus->len - 1];
    g_autoptr(DbRows) rows = db_query(tx, error, PHOTO_INFO_SELECT PLACED_CONDITION, "tii",
                                      batch->id.text, (gint64)first->row, (gint64)last->row);
    if (rows == NULL) {
        return false;
    }
    guint next = 0;
    while (db_next(rows)) {
        SkuInfo *sku = find_row(skus, (guint32)db_int(rows, "sku_row"), &next);
        if (sku != NULL) {
            g_ptr_array_add(sku->photos, photo_info_read(batches, rows, batch->rules));
        }
    }
    for (guint i = 0; i < skus->len; i++) {
        SkuInfo *sku = skus->pdata[i];
        g_ptr_array_sort(sku->photos, compare_photos);
        g_autofree Slot *slots = g_new(Slot, sku->photos->len + 1);
        for (guint k = 0; k < sku->photos->len; k++) {
            slots[k] = ((const PhotoInfo *)sku->photos->pdata[k])->slot;
        }
        settle_missing(sku, slots, sku->photos->len);
    }
    return true;
}

/* The slots alone, which an index has: what is missing depends on the photos, whether they are
 * wanted or not. */
static bool
load_slots(DbTx *tx, const BatchInfo *batch, GPtrArray *skus, GError **error)
{
    const SkuInfo *first = skus->pdata[0], *last = skus->pdata[skus->len - 1];
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT photo.sku_row, photo.slot FROM photo" PLACED_CONDITION, "tii",
                 batch->id.text, (gint64)first->row, (gint64)last->row);
    if (rows == NULL) {
        return false;
    }
    g_autoptr(GArray) slots = g_array_new(FALSE, FALSE, sizeof(Slot));
    bool goes_on = db_next(rows);
    for (guint i = 0; i < skus->len; i++) {
        SkuInfo *sku = skus->pdata[i];
        g_array_set_size(slots, 0);
        for (; goes_on && db_int(rows, "sku_row") <= sku->row; goes_on = db_next(rows)) {
            const char *code = db_text(rows, "slot");
            Slot slot;
            if (db_int(rows, "sku_row") == sku->row && slot_from_code(code, strlen(code), &slot)) {
                g_array_append_val(slots, slot);
            }
        }
        g_array_sort(slots, compare_slots);
        settle_missing(sku, (const Slot *)(void *)slots->data, slots->len);
    }
    return true;
}

GPtrArray *
skus_list(Batches *batches, const Id *account, const Id *batch, const SkuFilter *filter,
          const char *cursor, guint limit, char **ret_cursor, GError **error)
{
    Page page;
    gint64 after = 0;
    if (!page_begin(NULL, limit, false, &page, error) ||
        !after_of(cursor, filter->at_row, &after, error)) {
        return NULL;
    }
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(BatchRow) row = tx == NULL ? NULL : batch_row_load(tx, account, batch, error);
    g_autoptr(DbRows) rows =
        row == NULL ? NULL : query_skus(batches, tx, batch, filter, after, page.limit, error);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)sku_info_free);
    while (db_next(rows)) {
        g_ptr_array_add(items, sku_info_read(rows));
    }
    bool goes_on = items->len > page.limit;
    if (goes_on) {
        g_ptr_array_set_size(items, (gint)page.limit);
    }
    if (items->len > 0 &&
        !(filter->without_photos ? load_slots(tx, row->info, items, error)
                                 : load_photos(batches, tx, row->info, items, error))) {
        return NULL;
    }
    const SkuInfo *last = goes_on ? items->pdata[items->len - 1] : NULL;
    *ret_cursor = last == NULL ? NULL : g_strdup_printf("%u", last->row);
    return g_steal_pointer(&items);
}
